//! Where a message or a level ends in the host.
//!
//! Models interrupt remapping on x86 (a message names an entry by handle; an entry not programmed
//! drops it), `handle_edge_irq` without an action (the descriptor remembers one message), and
//! vfio-pci's handlers.

use crate::device::Fd;
use crate::event::{CauseId, Loss, Place, Step};
use crate::host::{INTERRUPT_DISABLE, IrqMode};
use crate::machine::Cx;
use crate::uapi::IrqIndex;

/// The window messages are written to, with bit 4 set: remappable format (VT-d 5.1.2.2).
const WINDOW: u64 = 0xfee0_0010;
/// Bit 3: the handle is the sum of the address's and the data's.
const SUBHANDLE_VALID: u64 = 1 << 3;

/// The message the host gives a vector: address and data.
///
/// MSI has one address for all; its data holds the vector. An MSI-X entry's address holds it.
pub(crate) fn message(index: IrqIndex, vector: u32) -> (u64, u32) {
    match index {
        IrqIndex::Msi => (WINDOW | SUBHANDLE_VALID, 0),
        _ => (WINDOW | (u64::from(vector) << 5), 0),
    }
}

/// The vector a message is for.
fn decode(address: u64, data: u32) -> Option<u32> {
    if address & !0xf_ffe8 != WINDOW {
        return None;
    }
    let handle = (address >> 5) as u32 & 0x7fff;
    let subhandle = if address & SUBHANDLE_VALID == 0 { 0 } else { data & 0xffff };
    Some(handle + subhandle)
}

impl Cx<'_> {
    /// A message arrives.
    pub(crate) fn receive(&mut self, cause: CauseId, address: u64, data: u32) {
        if address == 0 {
            return self.lose(cause, Loss::AddressZero);
        }
        let Some(vector) = decode(address, data) else {
            return self.lose(cause, Loss::NotAllocated);
        };
        let Some(irqs) = &mut self.host.irqs else {
            return self.lose(cause, Loss::NotAllocated);
        };
        let index = irqs.index;
        let slot = irqs.slots.get_mut(vector as usize).filter(|slot| slot.allocated && slot.active);
        let Some(slot) = slot else {
            return self.lose(cause, Loss::NotAllocated);
        };
        let place = Place::Descriptor(index, vector as u16);
        match (slot.handler, slot.pending) {
            (Some(fd), _) => self.signal(cause, fd),
            // EVENTFD-MERGED
            (None, Some(into)) => self.merge(cause, into, place),
            // MSG-LATE-EVENTFD, MSI-EARLY: it waits in the descriptor, one at most.
            (None, None) => {
                slot.pending = Some(cause);
                self.wait(cause, place);
            }
        }
    }

    /// INTx's handler, if the line is up and it may run (`vfio_intx_handler`).
    pub(crate) fn intx_interrupt(&mut self) {
        let IrqMode::Intx(intx) = &mut self.host.mode else { return };
        if !self.function.intx_line() || !intx.handler || intx.masked {
            return;
        }
        // INTX-AUTOMASK, INTX-EARLY: a level, whenever it rose.
        intx.masked = true;
        if self.function.intx_status_works() {
            // The line is up, so Interrupt Disable is clear and this write changes it.
            let old = self.function.command();
            let new = old | INTERRUPT_DISABLE;
            self.step(Step::Command { old, new }, |function, out| function.set_command(new, out));
        } else {
            self.note(Step::DisableLine);
        }
        self.signal_intx();
    }

    /// Signals INTx's trigger for the level that is up, unless the user set Interrupt Disable.
    /// Without a trigger nothing is lost yet: the level is still there to signal for.
    pub(crate) fn signal_intx(&mut self) {
        if let Some(fd) = self.intx_trigger()
            && let Some(cause) = self.function.intx_cause()
        {
            self.signal(cause, fd);
        }
    }

    pub(crate) fn intx_trigger(&self) -> Option<Fd> {
        match self.host.mode {
            IrqMode::Intx(intx) if !self.host.vconfig.intx_disabled => intx.trigger,
            _ => None,
        }
    }
}
