//! What mdBook's pages lack for readers who don't see them or use no mouse. The tests of the site
//! run axe-core over them; when mdBook mends one of these, it goes here.
//!
//! The keys of the button are the loader's (`book/assets/loader.js`), its look is in `blocks.css`.

/// The page, mended.
pub(super) fn mended(html: &str) -> String {
    // The menu is in no landmark.
    let menu = "<div id=\"mdbook-menu-bar\"";
    let html = html.replacen(menu, &format!("{menu} role=\"banner\""), 1);
    with_roles(&with_button(&html).unwrap_or(html))
}

/// Tables are laid out as blocks on a phone (`blocks.css`, styles of pages), and what is no table by
/// its style is none to a screen reader: roles keep it one.
fn with_roles(html: &str) -> String {
    let roles = [
        ("table", "table"),
        ("thead", "rowgroup"),
        ("tbody", "rowgroup"),
        ("tr", "row"),
        ("th", "columnheader"),
        ("td", "cell"),
    ];
    let mut mended = html.to_owned();
    for (tag, role) in roles {
        // First what has attributes, for after that all have.
        for after in [" ", ">"] {
            let with = format!("<{tag} role=\"{role}\"{after}");
            mended = mended.replace(&format!("<{tag}{after}"), &with);
        }
    }
    mended
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
    fn table_gets_roles_whatever_its_style() {
        let table = "<table><thead><tr><th>h</th></tr></thead>\
                     <tbody><tr><td style=\"\">d</td></tr></tbody></table>";
        assert_eq!(
            mended(table),
            "<table role=\"table\"><thead role=\"rowgroup\"><tr role=\"row\">\
             <th role=\"columnheader\">h</th></tr></thead><tbody role=\"rowgroup\">\
             <tr role=\"row\"><td role=\"cell\" style=\"\">d</td></tr></tbody></table>"
        );
    }

    #[test]
    fn page_without_a_menu_stays() {
        assert_eq!(mended("<p>a</p>"), "<p>a</p>");
    }
}
