//! The book's scenario blocks as tests, each named by its place: `book/src/msix.md:41`.

use crate::root;
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};
use vfio_irq_book::block::{self, Block};
use vfio_irq_book::preprocess::chapter_name;
use vfio_irq_book::run;

/// Runs them.
pub fn main() {
    libtest_mimic::run(&Arguments::from_args(), trials()).exit();
}

fn trials() -> Vec<Trial> {
    let source = root().join("book/src");
    let mut trials = Vec::new();
    for path in crate::scenarios::files(&source, "md") {
        trials.extend(chapter(&source, &path));
    }
    trials
}

fn chapter(source: &Path, path: &PathBuf) -> Vec<Trial> {
    let name = chapter_name(path.strip_prefix(source).expect("found in this folder"));
    let folder = path.parent().expect("a file is in a folder");
    let blocks = std::fs::read_to_string(path)
        .map_err(|error| error.to_string())
        .and_then(|text| block::find(&text, folder).map_err(|error| format!("{error:#}")));
    match blocks {
        Ok(blocks) => blocks.into_iter().map(|block| trial(&name, block)).collect(),
        Err(error) => vec![Trial::test(name, move || Err(Failed::from(error)))],
    }
}

fn trial(chapter: &str, block: Block) -> Trial {
    let name = format!("{chapter}:{}", block.line);
    let chapter = chapter.to_owned();
    Trial::test(name, move || {
        run::run(&block, &chapter).map(drop).map_err(|problems| {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Failed::from(lines.join("\n"))
        })
    })
}
