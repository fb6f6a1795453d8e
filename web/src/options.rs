//! What the page may say about a block: a JSON object whose members are all optional.

use js_sys::{Array, JSON, Reflect};
use vfio_irq_core::link::View;
use wasm_bindgen::JsValue;

/// Options of one mounted playground.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// `"full"`: all panels open, as on the playground page.
    pub full: bool,
    /// `"playground"`: URL of the full-screen page, for the link that opens a block there.
    pub playground: Option<String>,
    /// `"position"`: how many events to show as happened at first; the last by default.
    pub position: Option<usize>,
    /// `"host"` or `"compare"`: the host to begin with in place of the text's, or several to
    /// choose from, the first to begin with.
    pub hosts: Vec<String>,
    /// What a link held, on the playground's own page.
    pub view: Option<View>,
    /// What was wrong with a link.
    pub notice: Option<String>,
    /// The page keeps drafts and runs. Only the playground's own page does, and it says so itself.
    pub keeps: bool,
    /// `"front"`: plays by itself once, and asks a first-time visitor to lose an interrupt.
    pub front: bool,
    /// `"label"`: what a screen reader calls this block.
    pub label: Option<String>,
}

impl Options {
    /// Reads the object. What is no JSON, or no object, gives the defaults: a block with wrong
    /// options still has to run. Without serde_json, which would cost the page 20 KB.
    pub fn parse(json: &str) -> Self {
        let Ok(object) = JSON::parse(json) else { return Self::default() };
        let member = |name: &str| {
            Reflect::get(&object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
        };
        Self {
            full: member("full").is_truthy(),
            front: member("front").is_truthy(),
            playground: member("playground").as_string().filter(|url| is_plain_url(url)),
            position: member("position").as_f64().map(|at| at as usize),
            hosts: match member("host").as_string() {
                Some(host) => vec![host],
                None => words(&member("compare")),
            },
            view: None,
            notice: None,
            keeps: false,
            label: member("label").as_string(),
        }
    }
}

impl Options {
    /// URL of a clause in the book, which has its pages beside the full-screen page.
    pub fn clause(&self, id: &str) -> String {
        let root = self.playground.as_deref().and_then(|url| Some(&url[..=url.rfind('/')?]));
        format!("{}clauses.html#{id}", root.unwrap_or(""))
    }
}

/// The strings in an array, if it is one.
fn words(value: &JsValue) -> Vec<String> {
    if !Array::is_array(value) {
        return Vec::new();
    }
    Array::from(value).iter().filter_map(|word| word.as_string()).collect()
}

/// Whether a URL stays on http(s) or is relative: `javascript:` must not become a link.
fn is_plain_url(url: &str) -> bool {
    let scheme = url.split(['/', '?', '#']).next().unwrap_or("");
    !scheme.contains(':') || matches!(scheme, "http:" | "https:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clause_lies_beside_the_playground() {
        let of = |page: Option<&str>| {
            let playground = page.map(str::to_owned);
            Options { playground, ..Options::default() }.clause("SET-RANGE")
        };
        assert_eq!(of(None), "clauses.html#SET-RANGE");
        assert_eq!(of(Some("playground.html")), "clauses.html#SET-RANGE");
        assert_eq!(of(Some("../playground.html")), "../clauses.html#SET-RANGE");
    }
}
