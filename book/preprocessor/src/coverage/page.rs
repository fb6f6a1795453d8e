//! The matrix as tables of a page, in place of comments `<!-- coverage: NAME -->`.

use super::{Matrix, Need, text};
use crate::comments;
use anyhow::{Result, bail};
use std::fmt::Write;

const KIND: &str = "coverage";

/// Whether a chapter has such a comment.
pub fn is_wanted(content: &str) -> bool {
    comments::is_wanted(content, KIND)
}

/// Replaces the comments.
///
/// # Errors
/// When a comment names no table.
pub fn put(content: &str, matrix: &Matrix) -> Result<String> {
    comments::replace(content, KIND, |name| {
        Ok(match name {
            "counts" => counts(matrix),
            "clauses" => table(matrix),
            "exceptions" => exceptions(matrix),
            "gaps" => gaps(matrix),
            _ => bail!("there is no such table"),
        })
    })
}

fn counts(matrix: &Matrix) -> String {
    let rows = matrix.rows.values();
    let confirmed = rows.filter(|row| !row.seen.is_empty() && row.read.is_empty()).count();
    let mut text = String::from("| what | how many |\n|---|---|\n");
    let mut row = |what: &str, number: usize| {
        let _ = writeln!(text, "| {what} | {number} |");
    };
    row("clauses", matrix.rows.len());
    for kind in ["documented", "implementation", "unspecified"] {
        row(&format!("– {kind}"), matrix.of_kind(kind));
    }
    row("confirmed on every kernel they speak of", confirmed);
    row("calls are refused by", matrix.refusing());
    row("– met so in a scenario that names them", matrix.met());
    row("scenarios", matrix.files + matrix.blocks);
    row("– files", matrix.files);
    row("– blocks of this book", matrix.blocks);
    row("excused", matrix.excused());
    text
}

fn table(matrix: &Matrix) -> String {
    let mut text = String::from("| clause | kind | core | scenarios | kernels |\n");
    text += "|---|---|---|---|---|\n";
    for (id, row) in &matrix.rows {
        let (page, kind) = (&row.page, &row.clause.kind);
        let (core, kernels) = (text::core(row), text::kernels(row));
        let core = if core == "-" { core } else { format!("`{core}`") };
        let kernels = match kernels.as_str() {
            "" => kernels,
            seen => format!("[{seen}](verified.md#v-{id})"),
        };
        let scenarios = text::scenarios(row);
        let _ =
            writeln!(text, "| [{id}]({page}#{id}) | {kind} | {core} | {scenarios} | {kernels} |");
    }
    text
}

fn exceptions(matrix: &Matrix) -> String {
    let mut text = String::new();
    for one in &matrix.exceptions {
        let names = one.names.iter().map(|name| match matrix.rows.get(name) {
            Some(row) => format!("[{name}]({}#{name})", row.page),
            None => format!("`{name}`"),
        });
        let lacking = match one.need {
            Need::Core => "Nowhere in core",
            Need::Scenario => "No scenario",
            Need::Kernels => "Not confirmed on every kernel",
            Need::Refusal => "No scenario is refused by it",
            Need::Errno => "An errno without a clause",
        };
        let names: Vec<String> = names.collect();
        let _ = writeln!(text, "- *{lacking}*: {}: {}", names.join(", "), one.reason);
    }
    if text.is_empty() { "None.\n".into() } else { text }
}

/// Nothing where there is none: the tests fail on a gap, so a published page has none.
fn gaps(matrix: &Matrix) -> String {
    if matrix.gaps.is_empty() {
        return String::new();
    }
    let mut text = format!("**{} gaps:**\n\n", matrix.gaps.len());
    for gap in &matrix.gaps {
        let _ = writeln!(text, "- {gap}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comment_becomes_its_table() {
        let matrix = Matrix { files: 2, blocks: 3, ..Matrix::default() };
        let page = put("a\n\n<!-- coverage: counts -->\n\nb", &matrix).unwrap();
        assert!(page.contains("| scenarios | 5 |\n") && page.ends_with("\n\nb"), "{page}");
        assert!(put("<!-- coverage: nothing -->", &matrix).is_err());
    }

    #[test]
    fn gap_is_shown_on_the_page() {
        let matrix = Matrix { gaps: vec!["A: b".into()], ..Matrix::default() };
        assert_eq!(put("<!-- coverage: gaps -->", &matrix).unwrap(), "**1 gaps:**\n\n- A: b\n");
    }
}
