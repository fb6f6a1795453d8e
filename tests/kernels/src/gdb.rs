//! A client of gdb's remote protocol, as far as QEMU's stub needs it.

use anyhow::Result;
use std::path::Path;

/// A connection.
pub struct Gdb;
impl Gdb {
    pub(crate) fn connect(_: &Path) -> Result<Self> {
        Ok(Self)
    }
}
