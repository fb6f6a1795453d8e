//! The book shows these files, and nothing of them is forgotten.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The files of a folder, by name.
fn files(folder: &str) -> Vec<(String, String)> {
    let entries = fs::read_dir(repository().join(folder)).expect("it is there");
    let files = entries.map(|entry| entry.expect("readable").path());
    files
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path.file_name().expect("a file").to_string_lossy().into_owned();
            (name, fs::read_to_string(path).expect("text"))
        })
        .collect()
}

/// `recipes/c/base.c:ask` for every part the pages include.
fn included() -> BTreeSet<String> {
    let pages = files("book/src");
    let directives = pages.iter().flat_map(|(_, text)| text.split("{{#include ../../").skip(1));
    directives
        .filter_map(|rest| Some(rest.split_once("}}")?.0.to_owned()))
        .filter(|part| part.starts_with("recipes/"))
        .collect()
}

/// The same for every part the files have; each has lines.
fn parts() -> BTreeSet<String> {
    let mut parts = BTreeSet::new();
    for folder in ["recipes/c", "recipes/src"] {
        for (name, text) in files(folder) {
            for (at, _) in text.match_indices("// ANCHOR: ") {
                let (anchor, rest) = text[at + 11..].split_once('\n').expect("a line");
                let end = format!("// ANCHOR_END: {anchor}\n");
                let (shown, _) = rest.split_once(&end).expect("an anchor ends");
                assert!(shown.lines().count() > 2, "{name}: {anchor}");
                parts.insert(format!("{folder}/{name}:{anchor}"));
            }
        }
    }
    parts
}

/// mdBook shows nothing, and says nothing, where a part is missing.
#[test]
fn every_part_is_shown_and_every_part_shown_is_there() {
    let _alone = crate::alone();
    let (included, parts) = (included(), parts());
    assert!(parts.len() > 20, "{parts:?}");
    assert_eq!(included, parts);
}

#[test]
fn every_recipe_has_a_scenario_c_and_rust() {
    let _alone = crate::alone();
    for (name, text) in files("book/src") {
        if name.starts_with("recipe-") {
            for fence in ["```scenario", "```c\n", "```rust\n"] {
                assert!(text.contains(fence), "{name}: {fence}");
            }
        }
    }
}
