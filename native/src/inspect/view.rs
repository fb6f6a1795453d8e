//! What VFIO says of a real device, beside what its config space says.

use serde::Serialize;

use crate::table::Table;

/// What the kernel's VFIO answered about a device.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct View {
    /// The kernel's release (`uname -r`).
    pub kernel: String,
    /// Whether it can reset the function (VFIO_DEVICE_FLAGS_RESET).
    pub can_reset: bool,
    /// VFIO_DEVICE_GET_IRQ_INFO of every index.
    pub indexes: Vec<Index>,
    /// Entries of the MSI-X table whose Mask bit is set; `None` without a table, or where it can't
    /// be mapped (pread does not show it).
    pub masked_entries: Option<u32>,
}

/// What GET_IRQ_INFO answered for an index.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Index {
    /// The index' word: `msix`.
    pub index: &'static str,
    /// Number of vectors; `None` when the kernel refused.
    pub count: Option<u32>,
    /// The flags' words.
    pub flags: Vec<String>,
    /// The kernel's refusal: `EINVAL`.
    pub errno: Option<String>,
}

impl View {
    pub(super) fn print(&self) -> String {
        let mut table = Table::default();
        for Index { index, count, flags, errno } in &self.indexes {
            let said = match (count, errno) {
                (Some(count), _) => format!("count {count}"),
                (None, errno) => errno.clone().unwrap_or_default(),
            };
            table.row([index, &said, &flags.join("|")]);
        }
        let reset = if self.can_reset { "can be reset" } else { "can't be reset" };
        let head = format!("  VFIO of Linux {}: the function {reset}\n", self.kernel);
        let entries = match self.masked_entries {
            Some(masked) => format!("    MSI-X table entries that are masked: {masked}\n"),
            None => String::new(),
        };
        head + &table.print(4) + &entries
    }
}
