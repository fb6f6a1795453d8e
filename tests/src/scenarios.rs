//! Scenario files as tests: `scenarios/<index>/<behaviour>.scenario`.
//!
//! Comments at a file's beginning may say `# Hosts: A, B`: the file is then run on each of these,
//! instead of on the host it names, and every expectation must hold on each.

use crate::root;
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;
use vfio_irq_book::block::{Attributes, Block};
pub use vfio_irq_book::cases::files;
use vfio_irq_book::cases::hosts;
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
