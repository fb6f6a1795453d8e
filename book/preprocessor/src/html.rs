//! A block as HTML: complete without JavaScript, and what the loader needs to make it live.
//!
//! One line, because a blank line would end raw HTML in Markdown.

use crate::block::Block;
use std::fmt::Write;
use vfio_irq_core::render::{self, SvgOptions};
use vfio_irq_core::trace::Trace;

/// The block with its runs. `root` is the way from the page to the site's root: `""` or `"../"`.
/// `label` tells it from the others of the page.
pub fn block(block: &Block, traces: &[Trace], root: &str, label: &str) -> String {
    let mut html = String::new();
    let _ = write!(
        html,
        "<div class=\"vfio-irq-block\" data-scenario=\"{}\" data-options=\"{}\">\
         <div class=\"vfio-irq-static\">\
         <pre class=\"vfio-irq-listing\"><code class=\"language-scenario nohighlight\">{}</code></pre>",
        escape(&block.text),
        escape(&options(block, root, label)),
        escape(&block.text),
    );
    // Of a text that is explored the plain run is one of many.
    let (before, after) = match block.attributes.explore.is_empty() {
        true => ("", ""),
        false => (
            "<details class=\"vfio-irq-text\"><summary>The run line by line</summary>",
            "</details>",
        ),
    };
    html.push_str(before);
    html.push_str("<div class=\"vfio-irq-runs\">");
    for trace in traces {
        html.push_str(&figure(trace, label, traces.len() > 1));
    }
    html.push_str("</div>");
    html.push_str(after);
    html.push_str("</div><div class=\"vfio-irq-live\"></div></div>");
    html
}

fn options(block: &Block, root: &str, label: &str) -> String {
    let mut options = serde_json::json!({
        "playground": format!("{root}playground.html"),
        "label": label,
    });
    match block.attributes.hosts.as_slice() {
        [] => {}
        [host] => options["host"] = host.as_str().into(),
        hosts => options["compare"] = hosts.into(),
    }
    if block.attributes.front {
        options["front"] = true.into();
    }
    if block.attributes.fails {
        options["fails"] = true.into();
    }
    options.to_string()
}

fn figure(trace: &Trace, label: &str, several: bool) -> String {
    let mut html = String::new();
    let host = escape(&trace.host);
    let (class, mark, verdict) = verdict(trace);
    // What scrolls must be reachable by keyboard.
    let _ = write!(
        html,
        "<figure class=\"vfio-irq-run\"><figcaption class=\"vfio-irq-verdict {class}\">\
         <span aria-hidden=\"true\">{mark}</span> <strong>{host}</strong>: {verdict}</figcaption>\
         <div class=\"vfio-irq-diagram\" tabindex=\"0\" role=\"region\" \
         aria-label=\"{label}, diagram on {host}\">{}</div>",
        diagrams(trace, several),
    );
    let _ = write!(
        html,
        "<details class=\"vfio-irq-text\"><summary>The same as text</summary>\
         <pre><code class=\"nohighlight\">{}</code></pre></details></figure>",
        escape(&render::text(trace)),
    );
    html
}

fn verdict(trace: &Trace) -> (&'static str, &'static str, String) {
    let checks = || trace.entries.iter().flat_map(|entry| &entry.checks);
    let all = checks().count();
    let failed = checks().filter(|check| !check.held).count();
    match (all, failed) {
        (0, _) => ("held", "·", "nothing expected".to_owned()),
        (1, 0) => ("held", "✓", "the expectation holds".to_owned()),
        (all, 0) => ("held", "✓", format!("all {all} expectations hold")),
        (all, failed) => {
            let mut text = format!("{failed} of {all} expectations did not hold:");
            for entry in &trace.entries {
                for check in entry.checks.iter().filter(|check| !check.held) {
                    let _ = write!(
                        text,
                        " line {}: expected <code>{}</code>, got <code>{}</code>.",
                        entry.line,
                        escape(&check.expected),
                        escape(&check.actual)
                    );
                }
            }
            ("failed", "✗", text)
        }
    }
}

/// The diagram twice: for a window's width and for a phone's. The style sheet shows one.
fn diagrams(trace: &Trace, several: bool) -> String {
    let narrow =
        one_line(&render::svg(trace, &SvgOptions { narrow: true, ..SvgOptions::default() }));
    if several {
        // Side by side there is no room for the wide one.
        return narrow;
    }
    let wide = one_line(&render::svg(trace, &SvgOptions::default()));
    format!(
        "<div class=\"vfio-irq-wide\">{wide}</div><div class=\"vfio-irq-narrow\">{narrow}</div>"
    )
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Text as HTML text or attribute value, on one line.
fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            // mdBook's own directives begin so; a scenario's text is no directive.
            '{' => html.push_str("&#123;"),
            '\n' => html.push_str("&#10;"),
            '\r' => {}
            '\t' => html.push_str("&#9;"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_text_is_one_line_without_markup() {
        let html = escape("a <b> \"c\" & {{#include x}}\n\nd");
        assert!(!html.contains(['\n', '<', '>', '"', '{']), "{html}");
        assert_eq!(html, "a &lt;b&gt; &quot;c&quot; &amp; &#123;&#123;#include x}}&#10;&#10;d");
    }
}
