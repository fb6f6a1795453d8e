//! What a reader sees: the built site, served under a sub-path, in Chromium; the main
//! path in Firefox, too.
//!
//! `cargo xtask test e2e` builds the site first. Pictures go to target/screenshots.

mod access;
mod broken;
mod browser;
mod explore;
mod files;
mod find;
mod firefox;
mod import;
mod measure;
mod offline;
mod pages;
mod play;
mod server;
mod share;
mod tools;
mod worker;

pub use measure::measure;

use anyhow::{Result, ensure};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::PathBuf;

/// Runs them.
pub fn main() {
    let trials = [
        files::tests(),
        pages::tests(),
        find::tests(),
        worker::tests(),
        offline::tests(),
        broken::tests(),
        access::tests(),
        firefox::tests(),
        share::tests(),
        tools::tests(),
        import::tests(),
        play::tests(),
        explore::tests(),
    ]
    .concat();
    let trials = trials.into_iter().map(|(name, test)| {
        Trial::test(name, move || test().map_err(|error| Failed::from(format!("{error:#}"))))
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

/// A test with its name.
type Test = (&'static str, fn() -> Result<()>);

/// The built site.
fn site() -> Result<PathBuf> {
    let folder = crate::root().join("dist");
    ensure!(
        folder.join("index.html").is_file() && folder.join("playground.html").is_file(),
        "there is no site in {}; `cargo xtask test e2e` builds it",
        folder.display()
    );
    Ok(folder)
}
