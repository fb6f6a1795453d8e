//! The MSI-X capability: Message Control, table and pending bit array.
//!
//! Models PCIe 7.7.2 and 6.1.4. Narrow and unaligned accesses, which PCIe leaves undefined for
//! table and array, act on the bytes they name. Leaves out steering tags.

use alloc::boxed::Box;
use alloc::vec;

use super::access::Write;
use super::regs;
use super::spec::MsixSpec;
use crate::event::CauseId;
use crate::sorted::Sorted;

/// A table entry.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Entry {
    /// Message Address and Upper Address.
    pub address: u64,
    /// Message Data.
    pub data: u32,
    /// Mask bit of Vector Control.
    pub masked: bool,
}

impl Entry {
    /// After reset (7.7.2.5): masked, and a message of zeros (PCIe leaves that undefined).
    pub const RESET: Self = Self { address: 0, data: 0, masked: true };
}

/// An MSI-X capability with its table.
#[derive(PartialEq, Eq, Hash, Debug)]
pub struct Msix {
    spec: MsixSpec,
    offset: u16,
    /// Enable and Function Mask.
    control: u16,
    pub(super) entries: Box<[Entry]>,
    pub(super) waiting: Sorted<u16, CauseId>,
}

/// `clone_from` keeps what was allocated.
impl Clone for Msix {
    fn clone(&self) -> Self {
        let (entries, waiting) = (self.entries.clone(), self.waiting.clone());
        Self { spec: self.spec, offset: self.offset, control: self.control, entries, waiting }
    }

    fn clone_from(&mut self, other: &Self) {
        (self.spec, self.offset, self.control) = (other.spec, other.offset, other.control);
        self.entries.clone_from(&other.entries);
        self.waiting.clone_from(&other.waiting);
    }
}

impl Msix {
    pub(super) fn new(spec: MsixSpec, offset: u16) -> Self {
        let entries = vec![Entry::RESET; usize::from(spec.vectors)].into_boxed_slice();
        Self { spec, offset, control: 0, entries, waiting: Sorted::default() }
    }

    /// Table size, 1 to 2048.
    pub fn vectors(&self) -> u16 {
        self.spec.vectors
    }

    /// Offset of the capability in config space.
    pub fn offset(&self) -> u16 {
        self.offset
    }

    /// Message Control.
    pub fn control(&self) -> u16 {
        self.control | (self.spec.vectors - 1)
    }

    /// MSI-X Enable.
    pub fn enabled(&self) -> bool {
        self.control & regs::MSIX_ENABLE != 0
    }

    /// Function Mask.
    pub fn function_masked(&self) -> bool {
        self.control & regs::MSIX_FUNCTION_MASK != 0
    }

    /// BAR and offset of the table.
    pub fn table(&self) -> (u8, u32) {
        self.spec.table
    }

    /// BAR and offset of the pending bit array.
    pub fn pba(&self) -> (u8, u32) {
        self.spec.pba
    }

    /// An entry; one beyond the table reads as after reset.
    pub fn entry(&self, vector: u16) -> Entry {
        self.entries.get(usize::from(vector)).copied().unwrap_or(Entry::RESET)
    }

    /// All entries, in vector order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Whether the vector's pending bit is set.
    pub fn is_pending(&self, vector: u16) -> bool {
        self.waiting.get(&vector).is_some()
    }

    /// Pending vectors in order, each with the cause that waits there.
    pub fn pending(&self) -> impl Iterator<Item = (u16, CauseId)> + '_ {
        self.waiting.iter()
    }

    pub(super) fn set_control(&mut self, value: u16) {
        self.control = value & (regs::MSIX_ENABLE | regs::MSIX_FUNCTION_MASK);
    }

    pub(super) fn write_control(&mut self, write: Write) {
        self.set_control(write.over_high(self.control, u16::MAX));
    }

    /// The dword at `offset` in a BAR: of the table, of the array, or the 0 of a register we have
    /// not.
    pub(super) fn bar_dword(&self, bar: u8, offset: u64) -> u32 {
        if let Some((vector, field)) = self.table_field(bar, offset) {
            let entry = self.entry(vector);
            return match field {
                0 => entry.address as u32,
                1 => (entry.address >> 32) as u32,
                2 => entry.data,
                _ => u32::from(entry.masked),
            };
        }
        let (pba_bar, pba_offset) = self.spec.pba;
        match offset.checked_sub(u64::from(pba_offset)) {
            Some(byte) if bar == pba_bar && byte < self.spec.pba_len() => {
                let first = (byte * 8) as u16;
                let bits = self.waiting.iter();
                let bits = bits.filter(|(vector, _)| (first..first + 32).contains(vector));
                bits.fold(0, |bits, (vector, _)| bits | 1 << (vector - first))
            }
            _ => 0,
        }
    }

    /// Vector and dword of its entry (0 to 3), if this dword of a BAR is in the table.
    pub(super) fn table_field(&self, bar: u8, offset: u64) -> Option<(u16, u8)> {
        let (table_bar, table_offset) = self.spec.table;
        let byte = offset.checked_sub(u64::from(table_offset))?;
        if bar != table_bar || byte >= self.spec.table_len() {
            return None;
        }
        Some(((byte / regs::ENTRY_LEN) as u16, (byte % regs::ENTRY_LEN / 4) as u8))
    }

    /// Registers to their reset values; who waited is the caller's to tell.
    pub(super) fn reset(&mut self) {
        self.control = 0;
        self.entries.fill(Entry::RESET);
        self.waiting.clear();
    }
}
