//! MSI-X: the register writes of enable and disable.
//!
//! Models `msix_capability_init` and `pci_msix_shutdown` of drivers/pci/msi; the order was
//! recorded from QEMU's trace events on running kernels.

use alloc::vec;
use alloc::vec::Vec;

use crate::event::Step;
use crate::host::op::Op;
use crate::host::receive::message;
use crate::host::{Host, MEMORY_SPACE};
use crate::machine::Cx;
use crate::uapi::IrqIndex;

/// MSI-X Enable (PCIe 7.7.2.2).
pub(crate) const ENABLE: u16 = 1 << 15;
/// Function Mask.
pub(crate) const FUNCTION_MASK: u16 = 1 << 14;

impl Host {
    /// How an attempt at an enable begins.
    pub(crate) fn msix_begun() -> Op {
        // TEARDOWN-CLOSES: both in one write.
        Op::MsixControl { set: ENABLE | FUNCTION_MASK, clear: 0 }
    }

    /// Goes on with `count` vectors: no entry is unmasked yet.
    pub(crate) fn msix_on(count: u32) -> Vec<Op> {
        vec![
            Op::Allocate { index: IrqIndex::Msix, first: 0, count, active: false },
            Op::WriteEntries { at: 0, end: count },
            // MSG-DISINTX, MSIX-MASKED
            Op::PciIntx { on: false },
            Op::MaskTable,
            Op::MsixControl { set: 0, clear: FUNCTION_MASK },
        ]
    }

    /// Goes on with `granted` vectors, and fails.
    pub(crate) fn msix_refused(granted: u32, refused: Op) -> Vec<Op> {
        vec![
            Op::WriteEntries { at: 0, end: granted },
            refused,
            Op::MsixControl { set: 0, clear: ENABLE | FUNCTION_MASK },
        ]
    }
}

impl Cx<'_> {
    pub(crate) fn msix_control(&mut self, set: u16, clear: u16) {
        let old = self.function.msix().map_or(0, |msix| msix.control());
        let new = old & !clear | set;
        self.step(Step::MsixControl { old, new }, |function, out| {
            function.set_msix_control(new, out);
        });
    }

    pub(crate) fn entry_message(&mut self, vector: u32, zero: bool) {
        let (address, data) = if zero { (0, 0) } else { message(IrqIndex::Msix, vector) };
        let vector = vector as u16;
        let reached = self.reaches_table();
        self.step(Step::EntryMessage { vector, address, data }, |function, out| {
            if reached {
                function.set_entry_message(vector, address, data, out);
            }
        });
    }

    /// vfio-pci refreshes the message from the MSI code's copy, which a release has zeroed.
    pub(crate) fn entry_cached(&mut self, vector: u32) {
        let irqs = self.host.irqs.as_ref();
        let cached = irqs.and_then(|irqs| irqs.slot(vector)).is_some_and(|slot| slot.cached);
        self.entry_message(vector, !cached);
    }

    pub(crate) fn entry_mask(&mut self, vector: u32, masked: bool) {
        let vector = vector as u16;
        let reached = self.reaches_table();
        self.step(Step::EntryMask { vector, masked }, |function, out| {
            if reached {
                function.set_entry_mask(vector, masked, out);
            }
        });
    }

    /// Whether writes to the table arrive: only while Memory Space is on. A VF has no such bit.
    fn reaches_table(&self) -> bool {
        self.function.is_vf() || self.function.command() & MEMORY_SPACE != 0
    }

    pub(crate) fn mask_table(&mut self) {
        let count = self.function.msix().map_or(0, |msix| msix.vectors());
        self.step(Step::MaskEntries { first: 0, count }, |function, out| {
            function.mask_entries(0, count, out);
        });
    }

    /// Next allocated entry at or after `at`.
    fn next_allocated(&self, at: u32) -> Option<u32> {
        let slots = &self.host.irqs.as_ref()?.slots;
        let rest = slots.get(at as usize..)?;
        rest.iter().position(|slot| slot.allocated).map(|skip| at + skip as u32)
    }

    pub(crate) fn msix_off(&mut self, work: &mut Vec<Op>) {
        work.extend([
            Op::Free,
            // TEARDOWN-OPENS
            Op::PciIntx { on: true },
            Op::MsixControl { set: 0, clear: ENABLE },
            Op::MaskAllocated { at: 0 },
        ]);
    }

    pub(crate) fn mask_allocated(&mut self, at: u32, work: &mut Vec<Op>) {
        if let Some(vector) = self.next_allocated(at) {
            work.push(Op::MaskAllocated { at: vector + 1 });
            self.entry_mask(vector, true);
        }
    }

    pub(crate) fn write_entries(&mut self, at: u32, end: u32, work: &mut Vec<Op>) {
        if at < end {
            work.push(Op::WriteEntries { at: at + 1, end });
            self.entry_message(at, false);
        }
    }

    pub(crate) fn restore_entries(&mut self, at: u32, work: &mut Vec<Op>) {
        let Some(vector) = self.next_allocated(at) else { return };
        let irqs = self.host.irqs.as_ref().expect("an allocated vector has its descriptors");
        let live = irqs.slot(vector).is_some_and(|slot| slot.handler.is_some());
        work.push(Op::RestoreEntries { at: vector + 1 });
        work.push(Op::EntryMask { vector, masked: !live });
        if live {
            // A message is written to a masked entry only; this unmasks what that masked.
            work.extend([
                Op::EntryMask { vector, masked: false },
                Op::EntryCached { vector },
                Op::EntryMask { vector, masked: true },
            ]);
        } else {
            work.push(Op::EntryCached { vector });
        }
    }
}
