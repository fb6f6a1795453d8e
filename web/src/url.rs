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
    let hash = window().location().hash().ok()?;
    let said = hash.strip_prefix("#s=").filter(|said| said.len() <= MAX_LENGTH)?;
    decode_uri_component(said).ok().map(String::from)
}
