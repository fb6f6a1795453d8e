//! Finding clauses in a chapter.
//!
//! A clause is a paragraph that begins `<a id="ID"></a>**ID** · *kind* ·`. It may end in what
//! carries it: `*· FUNCTIONS.*` names the kernel's functions, `*Linux 6.12, 7.3 · FUNCTIONS.*` also
//! the only kernels it speaks of; behind the functions a remark may stand. On which kernels it was
//! seen is not written there: [`crate::marks`] puts it in. Left out: the table of all clauses,
//! whose rows begin in another way.

use anyhow::{Result, ensure};
use std::ops::Range;

/// A clause of a chapter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Clause {
    /// Its id.
    pub id: String,
    /// `documented`, `implementation` or `unspecified`.
    pub kind: String,
    /// The kernels it speaks of, `6.12`; empty for all.
    pub kernels: Vec<String>,
    /// The functions that carry it, and remarks, as Markdown.
    pub functions: String,
    /// Where both are said, as bytes of the chapter; empty, at the paragraph's end, if nowhere.
    pub range: Range<usize>,
}

impl Clause {
    /// Whether it speaks of a kernel.
    pub fn is_of(&self, kernel: &str) -> bool {
        self.kernels.is_empty() || self.kernels.iter().any(|one| one == kernel)
    }

    /// Whether it says what Linux does, so that where it was not seen it was read.
    pub fn was_read(&self) -> bool {
        self.kind == "implementation" || self.functions.contains('`')
    }
}

/// The clauses of a chapter, in order.
///
/// # Errors
/// With the clause, when a mark was entered by hand.
pub fn find(chapter: &str) -> Result<Vec<Clause>> {
    let mut clauses = Vec::new();
    for (start, _) in chapter.match_indices("<a id=\"") {
        let rest = &chapter[start..];
        let Some((id, kind)) = head(rest) else { continue };
        let paragraph = rest.split("\n\n").next().unwrap_or(rest).trim_end();
        ensure!(
            !paragraph.contains(['✓', '○']),
            "{id}: marks are put in by the build, from what kernels were seen to do; \
             see CONTRIBUTING.md, \"Adding\""
        );
        let end = start + paragraph.len();
        let (kernels, functions, range) = match end_of(paragraph) {
            Some((at, kernels, functions)) => (kernels, functions, start + at..end),
            None => (Vec::new(), String::new(), end..end),
        };
        clauses.push(Clause { id: id.into(), kind: kind.into(), kernels, functions, range });
    }
    Ok(clauses)
}

fn head(text: &str) -> Option<(&str, &str)> {
    let (id, rest) = text.strip_prefix("<a id=\"")?.split_once("\"></a>**")?;
    let rest = rest.strip_prefix(id)?.strip_prefix("** · *")?;
    Some((id, rest.split_once('*')?.0))
}

/// The last emphasised words of a paragraph, if they are kernels and functions: where they begin,
/// and what they say.
fn end_of(paragraph: &str) -> Option<(usize, Vec<String>, String)> {
    let inner = paragraph.strip_suffix(".*")?;
    let at = inner.rfind('*')?;
    let inner = inner[at + 1..].replace('\n', " ");
    if let Some(functions) = inner.strip_prefix("· ") {
        return Some((at, Vec::new(), functions.to_owned()));
    }
    let kernels = inner.strip_prefix("Linux ")?;
    let (kernels, functions) = kernels.split_once(" · ").unwrap_or((kernels, ""));
    let kernels: Vec<String> = kernels.split(", ").map(str::to_owned).collect();
    let version = |text: &String| text.chars().all(|c| c.is_ascii_digit() || c == '.');
    kernels.iter().all(version).then(|| (at, kernels, functions.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clause_says_kernels_and_functions_at_its_end() {
        let text = "Text.\n\n<a id=\"A-1\"></a>**A-1** · *implementation* · It\ndoes *so*. \
                    *Linux 6.12, 7.3 ·\n`f`, `g`; not `h`.*\n\nMore.\n";
        let clause = &find(text).unwrap()[0];
        assert_eq!((clause.id.as_str(), clause.kind.as_str()), ("A-1", "implementation"));
        assert_eq!(clause.kernels, ["6.12", "7.3"]);
        assert_eq!(clause.functions, "`f`, `g`; not `h`");
        assert!(text[clause.range.clone()].starts_with("*Linux 6.12"));
        assert!(clause.is_of("7.3") && !clause.is_of("6.1"));
    }

    #[test]
    fn clause_without_end_is_of_all_kernels() {
        let text = "<a id=\"A\"></a>**A** · *documented* · It does *so.*\n";
        let clause = &find(text).unwrap()[0];
        assert!(clause.is_of("6.1") && !clause.was_read());
        assert_eq!(clause.range, text.len() - 1..text.len() - 1);
    }

    #[test]
    fn mark_by_hand_is_an_error_with_its_clause() {
        let text = "<a id=\"A-2\"></a>**A-2** · *implementation* · It does. *Linux 6.1 ✓ · `f`.*\n";
        assert!(find(text).unwrap_err().to_string().starts_with("A-2: "));
    }

    #[test]
    fn row_of_the_table_is_no_clause() {
        assert!(find("| <a id=\"A\"></a>[A](a.md#A) | documented |\n").unwrap().is_empty());
    }
}
