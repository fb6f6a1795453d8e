//! What need not be covered, each with its reason: `tests/clauses.txt`.
//!
//! ```text
//! kernels: INTX-VF, TEARDOWN-VF
//!   why no kernel confirms them,
//!   in one or more indented lines
//! ```
//! The first word says what is lacking ([`Need`]); the names are of clauses, behind `errno` of a
//! file of core and an errno in it (`eventfd.rs EMFILE`). `#` begins a comment. What is not lacking
//! any more must go: [`super::Matrix`] tells.

use super::Need;
use anyhow::{Context, Result, ensure};

/// Where the list is, from the repository's root.
pub const FILE: &str = "tests/clauses.txt";

/// Names that lack the same, for one reason.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exception {
    /// The line it begins at, from 1.
    pub line: usize,
    /// What they lack.
    pub need: Need,
    /// Who.
    pub names: Vec<String>,
    /// Why.
    pub reason: String,
}

/// Reads the list.
///
/// # Errors
/// With the line, when an entry is not understood or has no reason.
pub fn parse(text: &str) -> Result<Vec<Exception>> {
    let mut list: Vec<Exception> = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        if line.trim().is_empty() || line.starts_with('#') {
        } else if line.starts_with([' ', '\t']) {
            let last = list.last_mut().with_context(|| format!("{number}: a reason of nothing"))?;
            let space = if last.reason.is_empty() { "" } else { " " };
            last.reason += space;
            last.reason += line.trim();
        } else {
            let (need, names) = line
                .split_once(": ")
                .with_context(|| format!("{number}: an entry is `NEED: NAMES`, found `{line}`"))?;
            let need = Need::by_name(need).with_context(|| {
                let known: Vec<&str> = Need::ALL.iter().map(|need| need.name()).collect();
                format!("{number}: `{need}`: it is one of {}", known.join(", "))
            })?;
            let names = names.trim_end_matches(',').split(", ").map(|name| name.trim().to_owned());
            let names = names.collect();
            list.push(Exception { line: number, need, names, reason: String::new() });
        }
    }
    for one in &list {
        ensure!(!one.reason.is_empty(), "{}: the entry gives no reason", one.line);
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entry_has_need_names_and_reason() {
        let list = parse("# c\n\nkernels: A-1, B-2\n  why,\n  so\ncore: C\n  d\n").unwrap();
        assert_eq!((list.len(), list[0].line, list[0].need), (2, 3, Need::Kernels));
        assert_eq!(
            (list[0].names.join("+"), list[0].reason.as_str()),
            ("A-1+B-2".into(), "why, so")
        );
    }

    #[test]
    fn entry_that_is_wrong_is_an_error_with_its_line() {
        let said = |text: &str| parse(text).unwrap_err().to_string();
        assert_eq!(said("core: A\n\nkernels: B\n  c\n"), "1: the entry gives no reason");
        assert!(said("  why\n").starts_with("1: a reason"));
        assert!(said("corn: A\n  b\n").starts_with("1: `corn`"));
        assert!(said("A lacks\n").starts_with("1: an entry"));
    }
}
