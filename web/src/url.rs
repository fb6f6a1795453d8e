//! A scenario in an address: `playground.html#s=…`, percent-encoded.

use gloo::utils::window;
use js_sys::{decode_uri_component, encode_uri_component};

/// Longest text read from or put into an address; browsers take more, mail programs less.
const MAX_LENGTH: usize = 16_000;

/// The full-screen page's URL with this text; `None`: the text is too long for one.
pub fn with_text(page: &str, text: &str) -> Option<String> {
    let said = String::from(encode_uri_component(text));
    (said.len() <= MAX_LENGTH).then(|| format!("{page}#s={said}"))
}

/// The text in this page's address. What can't be decoded is no text.
pub fn text() -> Option<String> {
    text_in(&window().location().hash().ok()?)
}

/// The text in a link to a playground, whoever serves it. What is no link, or can't be decoded, is
/// no text.
pub fn text_in(link: &str) -> Option<String> {
    let (_, said) = link.trim().split_once("#s=").filter(|(page, _)| {
        page.is_empty() || page.starts_with("https://") || page.starts_with("http://")
    })?;
    let said = Some(said).filter(|said| said.len() <= MAX_LENGTH)?;
    decode_uri_component(said).ok().map(String::from)
}
