//! The scenarios there are: files of `tests/scenarios` and blocks of the book.
//!
//! A file says in the comments at its head which clauses it exercises, `# CLAUSE, CLAUSE: what`,
//! and on which hosts it runs, `# Hosts: A, B`. A block names no clause, unless it is nothing but a
//! file's text.

use crate::block::{self, Attributes, Block};
use crate::preprocess::chapter_name;
use crate::run::{self, Problem};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use vfio_irq_core::trace::Trace;

/// Where the files are, from the repository's root.
pub const SCENARIOS: &str = "tests/scenarios";
/// Where the chapters are.
pub const CHAPTERS: &str = "book/src";

/// A scenario.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its file below `tests/scenarios`, or `book/CHAPTER.md#N`: the chapter's n-th block.
    pub name: String,
    /// What runs. The text of a file is whole, its head too.
    pub block: Block,
    /// The file it stands in, from the repository's root.
    pub place: String,
    /// The clauses a file's head names.
    pub clauses: Vec<String>,
}

impl Case {
    /// Whether it is a block of the book.
    pub fn is_of_book(&self) -> bool {
        self.name.starts_with("book/")
    }

    /// Whether it is one of the scenarios that are counted: not a file that a block shows again,
    /// and not one that is meant to fail.
    pub fn counts(&self) -> bool {
        self.block.included.is_none() && !self.block.attributes.fails
    }

    /// Runs it on each of its hosts.
    ///
    /// # Errors
    /// What does not hold, with its place.
    pub fn run(&self) -> Result<Vec<Trace>, Vec<Problem>> {
        run::run(&self.block, &self.place)
    }
}

/// All of them: files by name, then blocks by chapter and place.
///
/// # Errors
/// What can't be read.
pub fn all(root: &Path) -> Result<Vec<Case>> {
    let folder = root.join(SCENARIOS);
    let mut cases = Vec::new();
    for path in files(&folder, "scenario") {
        let name = path.strip_prefix(&folder).expect("found in it").display().to_string();
        let text = std::fs::read_to_string(&path).with_context(|| name.clone())?;
        let attributes = Attributes { hosts: hosts(&text), ..Attributes::default() };
        let (clauses, place) = (clauses(&text), format!("{SCENARIOS}/{name}"));
        // A file has no fence: its first line is line 1.
        let block = Block { range: 0..0, line: 0, attributes, text, included: None };
        cases.push(Case { name, block, place, clauses });
    }
    let source = root.join(CHAPTERS);
    for path in files(&source, "md") {
        let place = chapter_name(path.strip_prefix(&source).expect("found in it"));
        let folder = path.parent().expect("a file is in a folder");
        let text = std::fs::read_to_string(&path).with_context(|| place.clone())?;
        let blocks = block::find(&text, folder).with_context(|| place.clone())?;
        for (block, number) in blocks.into_iter().zip(1..) {
            let name = format!("book/{}#{number}", place.trim_start_matches("book/src/"));
            cases.push(Case { name, block, place: place.clone(), clauses: Vec::new() });
        }
    }
    Ok(cases)
}

/// The clauses that a file's head names.
pub fn clauses(text: &str) -> Vec<String> {
    let comments = text.lines().map_while(|line| line.strip_prefix("# "));
    let head = comments.collect::<Vec<_>>().join(" ");
    let ids = head.split_once(": ").map_or("", |(ids, _)| ids);
    ids.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect()
}

/// The hosts of a text's `# Hosts:` line.
pub fn hosts(text: &str) -> Vec<String> {
    let comments = text.lines().take_while(|line| line.starts_with('#'));
    let names = comments.filter_map(|line| line.strip_prefix("# Hosts:"));
    let names = names.flat_map(|list| list.split([',', ' ']));
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// A fingerprint of a text (FNV-1a, 64 bits): whether a recording is of this text.
pub fn fingerprint(text: &str) -> String {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    format!("{:016x}", text.bytes().fold(0xcbf2_9ce4_8422_2325, mix))
}

/// Every file with this extension in a folder and the folders in it, in order.
pub fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_line_names_several() {
        let text = "# What.\n# Hosts: linux-6.1, mediated\nfunction intx\n";
        assert_eq!(hosts(text), ["linux-6.1", "mediated"]);
    }

    #[test]
    fn text_without_hosts_line_runs_on_its_own() {
        assert!(hosts("# a comment\nhost linux-6.1\n# Hosts: mediated\n").is_empty());
    }

    #[test]
    fn head_names_clauses_over_several_lines() {
        let text = "# A-1, B,\n#   C-2: what: so\n# Evidence: none.\nfunction intx\n# D: no\n";
        assert_eq!(clauses(text), ["A-1", "B", "C-2"]);
        assert!(clauses("function intx\n# A: b\n").is_empty());
    }
}
