//! Scripts and styles of ours without what only their readers need: comments and white space.
//!
//! Not a minifier that knows the languages: lines of scripts keep their order and their ends, and
//! what it isn't sure of it leaves. Names are left, too.

use super::{read, write};
use anyhow::Result;
use std::path::Path;

/// Makes a site's file smaller, by its suffix.
pub(super) fn make(path: &Path) -> Result<()> {
    let smaller = match path.extension().and_then(|suffix| suffix.to_str()) {
        Some("css") => style(&read(path)?),
        Some("js") => script(&read(path)?),
        _ => return Ok(()),
    };
    write(path, &smaller)
}

/// A style sheet without comments, and without white space that separates nothing.
fn style(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if rest.starts_with("/*") {
            rest = rest.split_once("*/").map_or("", |(_, after)| after);
        } else if first == '"' || first == '\'' {
            let end = rest[1..].find(first).map_or(rest.len(), |end| end + 2);
            out += &rest[..end];
            rest = &rest[end..];
        } else if first.is_whitespace() {
            rest = rest.trim_start();
            // Where a comment stood between two spaces, one is enough.
            if !out.is_empty()
                && !out.ends_with(['{', '}', ';', ',', ':', ' '])
                && !rest.starts_with(['{', '}', ';', ','])
            {
                out.push(' ');
            }
        } else {
            if first == '}' && out.ends_with(';') {
                out.pop();
            }
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out.trim_end().to_owned()
}

/// A script without lines that are comments, and without indentation. One with a text over several
/// lines stays as it is.
fn script(text: &str) -> String {
    if text.lines().any(|line| line.matches('`').count() % 2 == 1) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut comment = false;
    for line in text.lines().map(str::trim) {
        comment = comment || line.starts_with("/*");
        if !comment && !line.is_empty() && !line.starts_with("//") {
            out += line;
            out.push('\n');
        }
        comment = comment && !line.ends_with("*/");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_keeps_what_separates() {
        let text = "/* a\n b */\n.a > .b ,\n.c :hover {\n  margin: 0 calc(1px + 2px) ; /* c */\n  \
                    content: \"/* { */\";\n}\n@media (min-width: 1px) and (x) { a { b: c; } }\n";
        assert_eq!(
            style(text),
            ".a > .b,.c :hover{margin:0 calc(1px + 2px);content:\"/* { */\"}@media \
             (min-width:1px) and (x){a{b:c}}"
        );
    }

    #[test]
    fn script_keeps_its_lines() {
        let text = "// a\n/**\n * b\n */\nlet a = 1; // kept\n\n    /* one line */\n    f(`x`)\n";
        assert_eq!(script(text), "let a = 1; // kept\nf(`x`)\n");
        let several = "let a = `\n  // b\n`;\n";
        assert_eq!(script(several), several);
    }
}
