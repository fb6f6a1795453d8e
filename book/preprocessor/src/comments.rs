//! Comments of a chapter that stand for a table, `<!-- KIND: NAME -->`, and their replacement.

use anyhow::{Context, Result};

const CLOSE: &str = " -->";

fn open(kind: &str) -> String {
    format!("<!-- {kind}: ")
}

/// Whether a chapter has such a comment.
pub fn is_wanted(content: &str, kind: &str) -> bool {
    content.contains(&open(kind))
}

/// Replaces the comments of one kind by what `table` makes of their names.
///
/// # Errors
/// Those of `table`, with the comment.
pub fn replace(
    content: &str,
    kind: &str,
    mut table: impl FnMut(&str) -> Result<String>,
) -> Result<String> {
    let open = open(kind);
    let mut result = String::new();
    let mut rest = content;
    while let Some((before, after)) = rest.split_once(&open) {
        let (name, after) = after.split_once(CLOSE).unwrap_or((after, ""));
        result += before;
        result += &table(name).with_context(|| format!("`{open}{name}{CLOSE}`"))?;
        rest = after;
    }
    Ok(result + rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::bail;

    #[test]
    fn comments_of_one_kind_are_replaced_and_others_stay() {
        let text = "a <!-- x: one --> b <!-- y: one --> c <!-- x: two -->";
        let put = replace(text, "x", |name| Ok(name.to_uppercase())).unwrap();
        assert_eq!(put, "a ONE b <!-- y: one --> c TWO");
        assert!(is_wanted(text, "y") && !is_wanted(text, "z"));
    }

    #[test]
    fn comment_that_names_no_table_is_told_with_its_text() {
        let error = replace("<!-- x: one -->", "x", |_| bail!("no such")).unwrap_err();
        assert_eq!(format!("{error:#}"), "`<!-- x: one -->`: no such");
    }
}
