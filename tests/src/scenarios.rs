//! Scenario files as tests: `scenarios/<index>/<behaviour>.scenario`.
//!
//! A file is run as it stands. A first line `# hosts: A B` runs it on each of these hosts instead
//! of the one it names; every expectation must hold on each.

use crate::root;
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};
use vfio_irq_book::block::{Attributes, Block};
use vfio_irq_book::run;

/// Runs them.
pub fn main() {
    let folder = root().join("tests/scenarios");
    let trials = files(&folder, "scenario").into_iter().map(|path| trial(&folder, path)).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn trial(folder: &Path, path: PathBuf) -> Trial {
    let name = path.strip_prefix(folder).expect("found in this folder").display().to_string();
    let shown = format!("tests/scenarios/{name}");
    Trial::test(name, move || {
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{shown}: {error}"))?;
        // A file has no fence: its first line is line 1.
        let hosts = hosts(&text);
        let attributes = Attributes { hosts, ..Attributes::default() };
        let block = Block { range: 0..0, line: 0, attributes, text, included: None };
        run::run(&block, &shown).map(drop).map_err(|problems| {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Failed::from(lines.join("\n"))
        })
    })
}

fn hosts(text: &str) -> Vec<String> {
    let first = text.lines().next().unwrap_or("");
    let names = first.strip_prefix("# hosts:").unwrap_or("");
    names.split_whitespace().map(str::to_owned).collect()
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
    use super::hosts;

    #[test]
    fn hosts_line_names_several() {
        assert_eq!(
            hosts("# hosts: linux-6.1 mediated\nfunction intx\n"),
            ["linux-6.1", "mediated"]
        );
    }

    #[test]
    fn text_without_hosts_line_runs_on_its_own() {
        assert!(hosts("# a comment\nhost linux-6.1\n").is_empty());
    }
}
