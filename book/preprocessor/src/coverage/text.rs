//! The matrix as text, for a terminal.

use super::{Matrix, Need, Row};
use std::fmt::Write;

/// Widest a place in core is printed.
const PLACE: usize = 22;

/// The table, what is excused and why, what is lacking, and the counts.
pub fn text(matrix: &Matrix) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{:<22} {:<4} {:<14} {:<PLACE$} {:>4}  kernels",
        "clause", "kind", "page", "core", "scen"
    );
    for (id, row) in &matrix.rows {
        let page = row.page.trim_end_matches(".md");
        let kind = &row.clause.kind[..4];
        let excused = if row.excused.contains(&Need::Kernels) { " -" } else { "" };
        let line = format!(
            "{id:<22} {kind:<4} {page:<14} {:<PLACE$} {:>4}  {}{excused}",
            core(row),
            scenarios(row),
            kernels(row)
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text += "\ncore: where it is cited first, and how often besides; scen: scenarios that name it;\n\
             kernels: confirmed on, (not confirmed on); -: excused, below\n";
    let _ = writeln!(text, "\nExcused, by tests/clauses.txt:");
    for one in &matrix.exceptions {
        let _ = writeln!(text, "  {}: {}", one.need.name(), one.names.join(", "));
        let _ = writeln!(text, "    {}", one.reason);
    }
    if !matrix.gaps.is_empty() {
        let _ = writeln!(text, "\nNot covered:");
        for gap in &matrix.gaps {
            let _ = writeln!(text, "  {gap}");
        }
    }
    let _ = writeln!(text, "\n{}; {} gaps", matrix.counts(), matrix.gaps.len());
    text
}

/// `block.rs:50 +2`.
pub(super) fn core(row: &Row) -> String {
    let Some(first) = row.cited.first() else { return sign(row, Need::Core) };
    let first = first.rsplit('/').next().unwrap_or(first);
    match row.cited.len() - 1 {
        0 => first.to_owned(),
        more => format!("{first} +{more}"),
    }
}

pub(super) fn scenarios(row: &Row) -> String {
    match row.scenarios.len() {
        0 => sign(row, Need::Scenario),
        count => count.to_string(),
    }
}

/// `6.1 (6.12) 7.3`: those in brackets it speaks of and was not confirmed on.
pub(super) fn kernels(row: &Row) -> String {
    let read = row.read.iter().map(|kernel| (kernel, true));
    let mut all: Vec<_> = row.seen.iter().map(|kernel| (kernel, false)).chain(read).collect();
    all.sort_by_key(|(kernel, _)| {
        kernel.split('.').map(|part| part.parse::<u32>().unwrap_or(0)).collect::<Vec<_>>()
    });
    let words = all.iter().map(|(kernel, read)| match read {
        true => format!("({kernel})"),
        false => (*kernel).clone(),
    });
    words.collect::<Vec<_>>().join(" ")
}

fn sign(row: &Row, need: Need) -> String {
    let excused = row.excused.contains(&need);
    if excused { "-".into() } else { "NONE".into() }
}
