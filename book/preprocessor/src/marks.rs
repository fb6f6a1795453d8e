//! On which kernels a clause was seen: the verified file's answer, put into the chapters.
//!
//! `✓`: a scenario of this clause was confirmed on the kernel. `○`: none was; the kernel's source
//! was read. A clause that only repeats the header has neither until it is seen.
//!
//! Beside its id each clause gets a link to itself ([`link`]), to be copied.

use crate::clauses::{self, Clause};
use crate::verified::Verified;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The clauses of the book by id, each with its chapter: `msix.md`.
pub type Clauses = BTreeMap<String, (String, Clause)>;

/// What a clause has of a kernel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mark {
    /// Confirmed on it.
    Seen,
    /// Read in its source.
    Read,
    /// Nothing: it does not speak of that kernel, or the header says it.
    Nothing,
}

/// A kernel's short name: `6.1` of `linux-6.1`.
pub fn short(host: &str) -> &str {
    host.trim_start_matches("linux-")
}

/// What a clause has of a kernel.
pub fn mark(clause: &Clause, host: &str, verified: &Verified) -> Mark {
    let seen = verified.clauses.get(&clause.id).is_some_and(|seen| seen.contains_key(host));
    match (clause.is_of(short(host)), seen, clause.was_read()) {
        (true, true, _) => Mark::Seen,
        (true, false, true) => Mark::Read,
        _ => Mark::Nothing,
    }
}

/// `Linux 6.1 ✓ 6.12 ○`, `Header`, or nothing.
fn words(clause: &Clause, verified: &Verified) -> String {
    let mut words = String::new();
    for host in verified.kernels.keys() {
        let sign = match mark(clause, host, verified) {
            Mark::Seen => '✓',
            Mark::Read => '○',
            Mark::Nothing => continue,
        };
        // No line ends between a version and its sign.
        words += &format!(" {}\u{a0}{sign}", short(host));
    }
    match (words.is_empty(), clause.kind.as_str()) {
        (false, _) => format!("Linux{words}"),
        (true, "documented") => "Header".into(),
        (true, _) => String::new(),
    }
}

/// Exact versions and devices: `6.1.192-2, 6.12.95-1: e1000e, edu; 7.3.4-1: edu`.
fn title(clause: &Clause, verified: &Verified) -> String {
    let mut parts: Vec<(Vec<&str>, String)> = Vec::new();
    for (host, kernel) in &verified.kernels {
        if mark(clause, host, verified) != Mark::Seen {
            continue;
        }
        let devices = verified.clauses[&clause.id][host].join(", ");
        let version = kernel.version.split(' ').next().unwrap_or_default();
        match parts.last_mut() {
            Some((versions, same)) if *same == devices => versions.push(version),
            _ => parts.push((vec![version], devices)),
        }
    }
    let part =
        |(versions, devices): &(Vec<&str>, String)| format!("{}: {devices}", versions.join(", "));
    parts.iter().map(part).collect::<Vec<_>>().join("; ")
}

/// The link beside a clause's id. It is a plain link; the loader copies its address, too
/// (`book/assets/loader.js`).
fn link(id: &str, href: &str) -> String {
    format!("<a class=\"vfio-irq-link\" href=\"{href}\" aria-label=\"Link to {id}\">¶</a>")
}

/// Replaces the ends of a chapter's clauses, and puts the links at their heads.
///
/// # Errors
/// When a mark was entered by hand.
pub fn put(content: &str, root: &str, verified: &Verified) -> Result<String> {
    let mut result = String::with_capacity(content.len() * 2);
    let mut done = 0;
    let clauses = clauses::find(content)?;
    for clause in &clauses {
        result.push_str(&content[done..clause.range.start]);
        let words = words(clause, verified);
        let title = title(clause, verified);
        let marks = match (words.is_empty(), title.is_empty()) {
            (true, _) => String::new(),
            (_, true) => format!("[{words}]({root}verified.md#v-{})", clause.id),
            _ => format!("[{words}]({root}verified.md#v-{} \"{title}\")", clause.id),
        };
        let parts = [marks, clause.functions.clone()];
        let parts: Vec<&str> =
            parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect();
        if !parts.is_empty() {
            let space = if clause.range.is_empty() { " " } else { "" };
            result += &format!("{space}*{}.*", parts.join(" · "));
        }
        done = clause.range.end;
    }
    result.push_str(&content[done..]);
    for Clause { id, .. } in &clauses {
        let head = format!("<a id=\"{id}\"></a>**{id}**");
        result = result.replacen(&head, &format!("{head} {}", link(id, &format!("#{id}"))), 1);
    }
    Ok(result)
}

/// Adds marks and functions, as the last cell, to the rows of the table of all clauses, and the
/// links to the first.
///
/// # Errors
/// When a row's clause is nowhere in the book.
pub fn put_in_rows(content: &str, all: &Clauses, verified: &Verified) -> Result<String> {
    let mut result = String::with_capacity(content.len() * 2);
    for line in content.lines() {
        let id = line.strip_prefix("| <a id=\"").and_then(|rest| rest.split_once("\"></a>["));
        let Some((id, _)) = id else {
            result += line;
            result.push('\n');
            continue;
        };
        let (page, clause) = all.get(id).with_context(|| format!("{id} is no clause"))?;
        let link = link(id, &format!("{page}#{id}"));
        result += &line.replacen(") |", &format!(") {link} |"), 1);
        let parts = [words(clause, verified), clause.functions.clone()];
        let parts: Vec<&str> =
            parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect();
        writeln!(result, " {} |", parts.join(" · ")).expect("a String takes everything");
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verified::{Kernel, Seen};

    fn verified(seen: &[(&str, &[&str])]) -> Verified {
        let mut verified = Verified::default();
        for (host, version) in [("linux-6.1", "6.1.192-2 (6.1.0)"), ("linux-7.3", "7.3.4-1 (7.3)")]
        {
            let kernel =
                Kernel { version: version.into(), qemu: "7.2".into(), ..Kernel::default() };
            verified.kernels.insert(host.into(), kernel);
        }
        let devices = |list: &[&str]| list.iter().map(|&name| name.to_owned()).collect();
        let seen: Seen = seen.iter().map(|(host, list)| ((*host).into(), devices(list))).collect();
        verified.clauses.insert("A".into(), seen);
        verified
    }

    const CLAUSE: &str = "<a id=\"A\"></a>**A** · *implementation* · It does.";

    /// The clause with its link.
    fn linked() -> String {
        let link = "<a class=\"vfio-irq-link\" href=\"#A\" aria-label=\"Link to A\">¶</a>";
        CLAUSE.replace("**A**", &format!("**A** {link}"))
    }

    #[test]
    fn clause_seen_on_one_kernel_is_read_in_the_other() {
        let text = format!("{CLAUSE} *· `f`.*\n");
        let put = put(&text, "", &verified(&[("linux-7.3", &["e1000e", "edu"])])).unwrap();
        let end =
            "*[Linux 6.1\u{a0}○ 7.3\u{a0}✓](verified.md#v-A \"7.3.4-1: e1000e, edu\") · `f`.*\n";
        assert_eq!(put, format!("{} {end}", linked()));
    }

    #[test]
    fn clause_of_one_kernel_says_nothing_of_the_other() {
        let text = format!("{CLAUSE} *Linux 6.1.*\n");
        let both: [(&str, &[&str]); 2] = [("linux-6.1", &["edu"]), ("linux-7.3", &["edu"])];
        let put = put(&text, "", &verified(&both)).unwrap();
        assert!(
            put.ends_with("*[Linux 6.1\u{a0}✓](verified.md#v-A \"6.1.192-2: edu\").*\n"),
            "{put}"
        );
    }

    #[test]
    fn documented_clause_that_was_not_seen_is_the_headers() {
        let documented = |text: &str| text.replace("implementation", "documented");
        let put = put(&documented(CLAUSE), "../", &verified(&[])).unwrap();
        let text = documented(&linked());
        assert_eq!(put, format!("{text} *[Header](../verified.md#v-A).*"));
    }

    #[test]
    fn unspecified_clause_that_was_not_seen_has_no_mark() {
        let unspecified = |text: &str| text.replace("implementation", "unspecified");
        let put = put(&unspecified(CLAUSE), "", &verified(&[])).unwrap();
        assert_eq!(put, unspecified(&linked()));
    }

    #[test]
    fn row_of_the_table_gets_link_marks_and_functions() {
        let clause = clauses::find(&format!("{CLAUSE} *· `f`.*\n")).unwrap().remove(0);
        let all = Clauses::from([("A".into(), ("a.md".into(), clause))]);
        let row = "| <a id=\"A\"></a>[A](a.md#A) | implementation | It does. |";
        let rows = put_in_rows(row, &all, &verified(&[("linux-6.1", &["edu"])])).unwrap();
        let link = "<a class=\"vfio-irq-link\" href=\"a.md#A\" aria-label=\"Link to A\">¶</a>";
        let row_with_link = row.replace("#A) |", &format!("#A) {link} |"));
        assert_eq!(rows, format!("{row_with_link} Linux 6.1\u{a0}✓ 7.3\u{a0}○ · `f` |\n"));
        let unknown = row.replace("\"A\"", "\"B\"");
        assert!(put_in_rows(&unknown, &all, &verified(&[])).is_err());
    }
}
