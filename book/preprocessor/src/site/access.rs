//! What mdBook's pages lack for readers who don't see them or use no mouse. The tests of the site
//! run axe-core over them; when mdBook mends one of these, its line goes.
//!
//! The keys of the button are the loader's (`book/assets/loader.js`).

/// What stands in a page, and what is put in its place.
const MENDED: [(&str, &str); 2] = [
    // A label can't say that something is expanded, and can't be reached by keys.
    (
        "<label id=\"mdbook-sidebar-toggle\"",
        "<label id=\"mdbook-sidebar-toggle\" role=\"button\" tabindex=\"0\"",
    ),
    // The menu is in no landmark.
    ("<div id=\"mdbook-menu-bar\"", "<div id=\"mdbook-menu-bar\" role=\"banner\""),
];

/// The page, mended.
pub(super) fn mended(html: String) -> String {
    MENDED.iter().fold(html, |html, (from, to)| html.replacen(from, to, 1))
}
