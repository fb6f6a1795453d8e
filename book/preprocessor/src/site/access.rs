//! What mdBook's pages lack for readers who don't see them or use no mouse. The tests of the site
//! run axe-core over them; when mdBook mends one of these, it goes here.
//!
//! The keys of the button are the loader's (`book/assets/loader.js`), its look is in `blocks.css`.

/// The page, mended.
pub(super) fn mended(html: &str) -> String {
    // The menu is in no landmark.
    let menu = "<div id=\"mdbook-menu-bar\"";
    let html = html.replacen(menu, &format!("{menu} role=\"banner\""), 1);
    with_button(&html).unwrap_or(html)
}

/// The label that shows and hides the sidebar says whether it is expanded, which a label can't, and
/// no key reaches it: a button is put around it, which has what the label had.
fn with_button(html: &str) -> Option<String> {
    let (before, rest) = html.split_once("<label id=\"mdbook-sidebar-toggle\"")?;
    let (attributes, rest) = rest.split_once('>')?;
    let (icon, after) = rest.split_once("</label>")?;
    let for_box = " for=\"mdbook-sidebar-toggle-anchor\"";
    let attributes = attributes.replacen(for_box, "", 1);
    Some(format!(
        "{before}<span id=\"mdbook-sidebar-toggle\" role=\"button\" tabindex=\"0\"{attributes}>\
         <label{for_box}>{icon}</label></span>{after}"
    ))
}

#[cfg(test)]
mod tests {
    use super::mended;

    #[test]
    fn label_of_the_sidebar_gets_a_button_around_it() {
        let page = "a<label id=\"mdbook-sidebar-toggle\" class=\"icon-button\" \
                    for=\"mdbook-sidebar-toggle-anchor\" title=\"t\">i</label>b";
        assert_eq!(
            mended(page),
            "a<span id=\"mdbook-sidebar-toggle\" role=\"button\" tabindex=\"0\" \
             class=\"icon-button\" title=\"t\">\
             <label for=\"mdbook-sidebar-toggle-anchor\">i</label></span>b"
        );
    }

    #[test]
    fn page_without_a_menu_stays() {
        assert_eq!(mended("<p>a</p>"), "<p>a</p>");
    }
}
