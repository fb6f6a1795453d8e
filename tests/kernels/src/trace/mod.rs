//! What QEMU says of a guest's register writes.
//!
//! Read are four of its trace events: `pci_cfg_write` (a config access), `memory_region_ops_write`
//! of a region named `msix-table`, `pci_update_mappings_add` (where a BAR came to lie, which tells
//! whose table an address is) and, as plain lines, any further event that was asked for. A guest
//! parts its run into segments by writing a byte to Interrupt Line (0x3c) of the host bridge.
//! Left out: reads, and the width of a config access, which `pci_cfg_write` does not say.

mod line;
mod segment;

pub use line::{Bdf, Line, parse};
pub use segment::{Mark, Recorder, Segment, Trace};

/// The trace events that a [`Recorder`] needs.
pub const EVENTS: [&str; 3] =
    ["pci_cfg_write", "memory_region_ops_write", "pci_update_mappings_add"];

/// The functions whose writes are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Device {
    /// QEMU's e1000e: MSI and MSI-X.
    E1000e,
    /// QEMU's nec-usb-xhci: MSI of 16 vectors, and MSI-X.
    Xhci,
    /// QEMU's edu: INTx and MSI of one vector.
    Edu,
    /// The host bridge, on which segments are marked.
    Bridge,
}

impl Device {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::E1000e, Self::Xhci, Self::Edu, Self::Bridge];

    /// What QEMU calls it in a trace.
    pub const fn name(self) -> &'static str {
        match self {
            Self::E1000e => "e1000e",
            Self::Xhci => "nec-usb-xhci",
            Self::Edu => "edu",
            Self::Bridge => "mch",
        }
    }

    /// Where it is among the usual functions of a guest.
    pub const fn address(self) -> Bdf {
        let device = match self {
            Self::E1000e => 4,
            Self::Xhci => 5,
            Self::Edu => 6,
            Self::Bridge => 0,
        };
        Bdf { bus: 0, device, function: 0 }
    }

    /// Where its registers are.
    pub const fn layout(self) -> Layout {
        match self {
            Self::E1000e => Layout {
                msi: Some(0xd0),
                msix: Some(0xa0),
                table: Some(Table { bar: 3, offset: 0, entries: 5 }),
            },
            Self::Xhci => Layout {
                msi: Some(0x70),
                msix: Some(0x90),
                table: Some(Table { bar: 0, offset: 0x3000, entries: 16 }),
            },
            Self::Edu => Layout { msi: Some(0x40), msix: None, table: None },
            Self::Bridge => Layout { msi: None, msix: None, table: None },
        }
    }
}

/// Where a function keeps what belongs to interrupts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Offset of the MSI capability; all of them are 64-bit capable.
    pub msi: Option<u8>,
    /// Offset of the MSI-X capability.
    pub msix: Option<u8>,
    /// The MSI-X table.
    pub table: Option<Table>,
}

/// Where an MSI-X table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// The BAR it lies in.
    pub bar: u8,
    /// Its offset in that BAR, in bytes.
    pub offset: u64,
    /// How many entries it has.
    pub entries: u16,
}

/// One register write of the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RawWrite {
    /// Whose register.
    pub device: Device,
    /// Which, and what was written.
    pub place: Place,
}

/// A register, and what was written to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// Config space; the width is not known, the value is as traced.
    Config {
        /// Offset in bytes.
        offset: u16,
        /// What was written.
        value: u32,
    },
    /// A dword of the MSI-X table.
    Table {
        /// The entry.
        entry: u16,
        /// 0 address, 1 upper address, 2 data, 3 vector control.
        dword: u8,
        /// What was written.
        value: u32,
    },
}
