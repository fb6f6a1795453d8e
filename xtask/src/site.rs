//! The site as it is published: `dist/`.

use crate::command::{command, run};
use anyhow::Result;

/// Builds it once.
pub(crate) fn build() -> Result<()> {
    crate::setup::for_site()?;
    prepare()?;
    run(&mut command("trunk", &["build", "--release"]))
}

/// Builds the program trunk's hook runs. Trunk would build it too, but without showing progress.
pub(crate) fn prepare() -> Result<()> {
    run(&mut command("cargo", &["build", "--package", "vfio-irq-book"]))
}
