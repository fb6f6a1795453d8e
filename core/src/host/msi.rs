//! MSI: the register writes of enable, disable and of a message.
//!
//! Models `msi_capability_init`, `pci_msi_shutdown` and `pci_write_msg_msi` of drivers/pci/msi.

use alloc::vec;
use alloc::vec::Vec;

use crate::event::Step;
use crate::host::Host;
use crate::host::op::Op;
use crate::host::receive::message;
use crate::machine::Cx;
use crate::pci::Function;
use crate::uapi::IrqIndex;

/// MSI Enable (PCIe 7.7.1.2).
pub(crate) const ENABLE: u16 = 1;
/// Multiple Message Enable.
pub(crate) const MULTIPLE: u16 = 0x70;

/// Exponent of the number of vectors the function is told it may use: a power of two (MSI-ROUND-UP).
pub(crate) fn log2_up(count: u32) -> u8 {
    count.max(1).next_power_of_two().trailing_zeros() as u8
}

/// Mask bits of every vector the function can have.
pub(crate) fn all_vectors(function: &Function) -> u32 {
    let vectors = function.msi().map_or(0, |msi| u32::from(msi.vectors()));
    if vectors >= 32 { u32::MAX } else { (1 << vectors) - 1 }
}

fn maskable(function: &Function) -> bool {
    function.msi().is_some_and(|msi| msi.maskable())
}

impl Host {
    /// Goes on with `count` vectors. Without per-vector masks they reach their descriptors from the
    /// moment Enable is set, before any handler is installed.
    pub(crate) fn msi_on(function: &Function, count: u32) -> Vec<Op> {
        // MSI-ROUND-UP
        let multiple = u16::from(log2_up(count)) << 4;
        // MSI-EARLY
        let active = !maskable(function);
        let mut work = vec![
            Op::Allocate { index: IrqIndex::Msi, first: 0, count, active },
            Op::MsiControl { set: multiple, clear: MULTIPLE & !multiple },
        ];
        work.extend(Self::msi_message(false).into_iter().skip(1));
        // MSG-DISINTX
        work.extend([Op::PciIntx { on: false }, Op::MsiControl { set: ENABLE, clear: 0 }]);
        work
    }

    /// Whether an attempt at so many vectors fails before it writes a register.
    pub(crate) fn refuses_early(&self, asked: u32) -> bool {
        let profile = &self.profile;
        asked > 1 && !profile.remapping && profile.rules.multi_msi_refused_early
    }

    /// How an attempt begins, and what takes it back when it fails.
    pub(crate) fn msi_begun(function: &Function) -> [Op; 2] {
        let all = all_vectors(function);
        [Op::MsiControl { set: 0, clear: ENABLE }, Op::MsiMask { set: all, clear: 0 }]
    }

    pub(crate) fn msi_undone(function: &Function) -> Op {
        Op::MsiMask { set: 0, clear: all_vectors(function) }
    }

    /// Writes the message, or zeros. Message Control comes first, with the number of vectors: what
    /// the user made of that meanwhile is undone.
    pub(crate) fn msi_message(zero: bool) -> [Op; 4] {
        [Op::MsiGranted, Op::MsiAddress { zero }, Op::MsiUpper, Op::MsiData { zero }]
    }
}

impl Cx<'_> {
    pub(crate) fn msi_control(&mut self, set: u16, clear: u16) {
        let old = self.function.msi().map_or(0, |msi| msi.control());
        let new = old & !clear | set;
        self.step(Step::MsiControl { old, new }, |function, out| {
            function.set_msi_control(new, out);
        });
    }

    pub(crate) fn msi_granted(&mut self) {
        // MSI-MME-RESTORED
        let multiple = match &self.host.irqs {
            Some(irqs) => u16::from(log2_up(irqs.slots.len() as u32)) << 4,
            None => self.function.msi().map_or(0, |msi| msi.control()) & MULTIPLE,
        };
        self.msi_control(multiple, MULTIPLE & !multiple);
    }

    pub(crate) fn msi_address(&mut self, zero: bool) {
        let address = if zero { 0 } else { message(IrqIndex::Msi, 0).0 };
        self.step(Step::MsiAddress { address: address as u32 }, |function, out| {
            function.set_msi_address(address, out);
        });
    }

    pub(crate) fn msi_upper(&mut self) {
        // Messages lie below 4 GiB here, so the upper half is 0 before and after.
        if self.function.msi().is_some_and(|msi| msi.wide()) {
            self.note(Step::MsiUpperAddress { address: 0 });
        }
    }

    pub(crate) fn msi_data(&mut self, zero: bool) {
        let data = if zero { 0 } else { message(IrqIndex::Msi, 0).1 as u16 };
        self.step(Step::MsiData { data }, |function, out| function.set_msi_data(data, out));
    }

    pub(crate) fn msi_mask(&mut self, set: u32, clear: u32) {
        if !maskable(self.function) {
            return;
        }
        let old = self.function.msi().map_or(0, |msi| msi.mask());
        // Once set up, the MSI code writes its own copy: what the user wrote meanwhile is undone.
        let known = if self.host.irqs.is_some() { self.host.msi_mask } else { old };
        let new = known & !clear | set;
        self.host.msi_mask = new;
        self.step(Step::MsiMask { old, new }, |function, out| function.set_msi_mask(new, out));
    }

    pub(crate) fn msi_off(&mut self, work: &mut Vec<Op>) {
        // A vector 0 that was never armed and could not be masked is still active: its message is
        // zeroed only now.
        let slot = self.host.irqs.as_ref().and_then(|irqs| irqs.slot(0));
        let active = slot.is_some_and(|slot| slot.active);
        work.push(Op::Free);
        if active {
            work.extend(Host::msi_message(true).into_iter().rev());
        }
        let clear = all_vectors(self.function);
        work.extend([
            Op::MsiMask { set: 0, clear },
            Op::PciIntx { on: true },
            Op::MsiControl { set: 0, clear: ENABLE },
        ]);
    }
}
