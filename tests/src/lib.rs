//! Tests that are not one crate's own: the scenarios, the book's blocks, the built site, and the
//! recorded answers of real kernels.

pub mod blocks;
pub mod corpus;
pub mod e2e;
pub mod kvm;
pub mod prose;
pub mod recording;
pub mod replay;
pub mod scenarios;
pub mod search;
pub mod stories;
pub mod verified;

pub use vfio_irq_book::differences;

use std::path::{Path, PathBuf};

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the repository").to_owned()
}
