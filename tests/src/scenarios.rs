//! Scenario files as tests: `scenarios/<index>/<behaviour>.scenario`.
//!
//! Comments at a file's beginning may say `# Hosts: A, B`: the file is then run on each of these,
//! instead of on the host it names, and every expectation must hold on each.

use crate::root;
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};
use vfio_irq_book::block::{Attributes, Block};
use vfio_irq_book::run;

/// Runs them.
pub fn main() {
    let folder = root().join("tests/scenarios");
    let paths = files(&folder, "scenario");
    let trials = paths.iter().flat_map(|path| trials(&folder, path)).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// A file's tests, one for each of its hosts.
fn trials(folder: &Path, path: &Path) -> Vec<Trial> {
    let name = path.strip_prefix(folder).expect("found in this folder").display().to_string();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => return vec![Trial::test(name, move || Err(Failed::from(error)))],
    };
    let hosts = hosts(&text);
    if hosts.is_empty() {
        return vec![trial(name.clone(), name, text, Vec::new())];
    }
    let on_host =
        |host: String| trial(format!("{name} on {host}"), name.clone(), text.clone(), vec![host]);
    hosts.into_iter().map(on_host).collect()
}

fn trial(test: String, name: String, text: String, hosts: Vec<String>) -> Trial {
    Trial::test(test, move || {
        // A file has no fence: its first line is line 1.
        let attributes = Attributes { hosts, ..Attributes::default() };
        let block = Block { range: 0..0, line: 0, attributes, text, included: None };
        run::run(&block, &format!("tests/scenarios/{name}")).map(drop).map_err(|problems| {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Failed::from(lines.join("\n"))
        })
    })
}

/// The hosts of a text's `# Hosts:` line.
pub(crate) fn hosts(text: &str) -> Vec<String> {
    let comments = text.lines().take_while(|line| line.starts_with('#'));
    let names = comments.filter_map(|line| line.strip_prefix("# Hosts:"));
    let names = names.flat_map(|list| list.split([',', ' ']));
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
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
        let text = "# What.\n# Hosts: linux-6.1, mediated\nfunction intx\n";
        assert_eq!(hosts(text), ["linux-6.1", "mediated"]);
    }

    #[test]
    fn text_without_hosts_line_runs_on_its_own() {
        assert!(hosts("# a comment\nhost linux-6.1\n# Hosts: mediated\n").is_empty());
    }
}
