//! What the fuzzers start from, and what they found, checked as a fuzzer checks it.

use std::path::Path;

use vfio_irq_tests::root;

#[allow(unreachable_pub, reason = "it is the fuzzers' library")]
#[path = "../../fuzz/src/checks.rs"]
mod checks;

/// Checks every file below these folders.
fn hold(folders: &[&str], check: fn(&[u8])) {
    let mut count = 0;
    for folder in folders {
        count += below(&root().join(folder), check);
    }
    assert!(count > 0, "there is nothing in {folders:?}");
}

fn below(folder: &Path, check: fn(&[u8])) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths
        .map(|path| {
            if path.is_dir() {
                return below(&path, check);
            }
            // Shown when the check panics.
            println!("{}", path.display());
            check(&std::fs::read(&path).expect("a file of the repository"));
            1
        })
        .sum()
}

#[test]
fn scenario_texts_hold() {
    hold(&["fuzz/corpus/scenario", "tests/scenarios"], checks::scenario);
}

#[test]
fn config_dumps_hold() {
    hold(&["fuzz/corpus/config", "tests/data/configs"], checks::config);
}

#[test]
fn imported_texts_hold() {
    hold(&["fuzz/corpus/import", "tests/data/configs"], checks::import);
}

#[test]
fn links_hold() {
    hold(&["fuzz/corpus/link"], checks::link);
}
