//! Tests that are not one crate's own: the scenarios, the book's blocks, the built site.

pub mod blocks;
pub mod corpus;
pub mod e2e;
pub mod scenarios;

use std::path::{Path, PathBuf};

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the repository").to_owned()
}
