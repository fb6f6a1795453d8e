//! The function wants to interrupt: which way that goes, what waits, what is lost.
//!
//! Models PCIe 6.1.2 and 7.5.1.1.4 (the interrupt status is internal, and the line shows it only
//! while Interrupt Disable is clear and no message capability is enabled), 6.1.4 (messages, masks,
//! pending bits) and 6.6.2 (reset of the function).

use alloc::vec::Vec;
use core::mem::take;

use super::config::Header;
use super::function::Function;
use super::msi::Msi;
use super::msix::Msix;
use super::regs::Command;
use super::spec::WhenOff;
use super::{Output, Outputs};
use crate::event::{CauseId, Loss, Place};
use crate::sorted::Sorted;
use crate::uapi::IrqIndex;

/// A raised interrupt status.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Level {
    /// What raised it first.
    cause: CauseId,
    /// Raised only in place of messages: it falls when a message capability is enabled.
    diverted: bool,
}

impl Level {
    pub(super) fn cause(self) -> CauseId {
        self.cause
    }
}

impl Function {
    /// The function wants to interrupt for a vector, by whichever means is enabled.
    pub fn fire(&mut self, vector: u16, cause: CauseId, out: &mut Outputs) {
        match (self.mode(), self.when_off()) {
            (Some(_), _) => self.fire_message(vector, cause, out),
            // TEARDOWN-FALLBACK, NORESIZE-FALLBACK: it may; TEARDOWN-VF: a VF can't.
            (None, WhenOff::Divert) if self.pin() != 0 => {
                out.push(Output::Diverted { cause, vector });
                self.raise(Level { cause, diverted: true }, out);
            }
            (None, WhenOff::Divert | WhenOff::Drop) => {
                out.push(Output::Lost { cause, why: Loss::Dropped });
            }
            (None, WhenOff::Hold) => {
                out.push(wait(&mut self.held, vector, cause, Place::Held(vector)));
            }
        }
    }

    /// The same while a message capability is enabled.
    fn fire_message(&mut self, vector: u16, cause: CauseId, out: &mut Outputs) {
        if let Some(msix) = self.msix.as_mut().filter(|msix| msix.enabled()) {
            let Some(entry) = msix.entries.get(usize::from(vector)) else {
                return out.push(Output::Lost { cause, why: Loss::NoSuchVector });
            };
            // MSIX-PENDING
            if entry.masked || msix.function_masked() {
                out.push(wait(&mut msix.waiting, vector, cause, Place::Pba(vector)));
            } else {
                let (address, data) = (entry.address, entry.data);
                self.send(IrqIndex::Msix, vector, address, data, cause, out);
            }
        } else if let Some(msi) = &mut self.msi {
            let vector = vector % msi.granted();
            if msi.masked(vector) {
                out.push(wait(&mut msi.waiting, vector, cause, Place::MsiPending(vector)));
            } else {
                let (address, data) = (msi.address(), msi.message_data(vector));
                self.send(IrqIndex::Msi, vector, address, data, cause, out);
            }
        }
    }

    pub(super) fn send(
        &self,
        index: IrqIndex,
        vector: u16,
        address: u64,
        data: u32,
        cause: CauseId,
        out: &mut Outputs,
    ) {
        // 7.5.1.1.3: a message is a memory write, and needs Bus Master like any other.
        out.push(if self.header.command.contains(Command::BUS_MASTER) {
            Output::Sent { cause, index, vector, address, data }
        } else {
            Output::Lost { cause, why: Loss::BusMasterOff }
        });
    }

    /// The function's interrupt status rises. Without a pin, nobody will know.
    pub fn assert_intx(&mut self, cause: CauseId, out: &mut Outputs) {
        if self.pin() == 0 {
            return out.push(Output::Lost { cause, why: Loss::Dropped });
        }
        self.raise(Level { cause, diverted: false }, out);
    }

    fn raise(&mut self, level: Level, out: &mut Outputs) {
        if let Some(up) = &mut self.status {
            up.diverted &= level.diverted;
            let (cause, into) = (level.cause, up.cause);
            return out.push(Output::Merged { cause, into, place: Place::IntxLevel });
        }
        let line = self.intx_line();
        self.status = Some(level);
        out.push(Output::Waits { cause: level.cause, place: Place::IntxLevel });
        self.report_line(line, out);
    }

    /// The function's interrupt status falls, whatever raised it: its driver acknowledged.
    pub fn deassert_intx(&mut self, out: &mut Outputs) {
        self.lower(Loss::Withdrawn, out);
    }

    fn lower(&mut self, why: Loss, out: &mut Outputs) {
        let line = self.intx_line();
        let level = self.status.take();
        self.report_line(line, out);
        if let Some(Level { cause, .. }) = level {
            out.push(Output::Lost { cause, why });
        }
    }

    /// Resets the function (FLR): registers to their reset values, and what waited is lost
    /// (RESET-LOSES).
    pub fn reset(&mut self, out: &mut Outputs) {
        self.lower(Loss::Reset, out);
        let msi = self.msi.iter_mut().flat_map(|msi| take(&mut msi.waiting));
        let msix = self.msix.iter_mut().flat_map(|msix| take(&mut msix.waiting));
        let held = take(&mut self.held);
        let waiting = msi.chain(msix).chain(held);
        // RESET-LOSES
        out.extend(waiting.map(|(_, cause)| Output::Lost { cause, why: Loss::Reset }));
        self.header = Header::RESET;
        self.msi.iter_mut().for_each(Msi::reset);
        self.msix.iter_mut().for_each(Msix::reset);
    }

    /// Writes message capability registers, and does what follows: the line hides or shows again,
    /// and what waits for Enable or an unmask is sent.
    pub(super) fn change(&mut self, out: &mut Outputs, write: impl FnOnce(&mut Self)) {
        let line = self.intx_line();
        let was_off = self.mode().is_none();
        write(self);
        let rose = was_off && self.mode().is_some();
        // TEARDOWN-LOSS, NORESIZE-LOSS, NORESIZE-REBUILD: what was diverted ends here, and
        // TEARDOWN-SILENT: nobody is told.
        let fallen = if rose { self.status.take_if(|level| level.diverted) } else { None };
        self.report_line(line, out);
        if let Some(Level { cause, .. }) = fallen {
            out.push(Output::Lost { cause, why: Loss::DivertedUnhandled });
        }
        self.deliver(out);
    }

    /// Sends every pending vector that nothing masks, in vector order, then what was held.
    fn deliver(&mut self, out: &mut Outputs) {
        let ready: Vec<(u16, CauseId)> = match (self.mode(), &mut self.msi, &mut self.msix) {
            (Some(IrqIndex::Msix), _, Some(msix)) if !msix.function_masked() => {
                let entries = &msix.entries;
                msix.waiting.take_if(|v| !entries[usize::from(v)].masked)
            }
            (Some(IrqIndex::Msi), Some(msi), _) => {
                let (mask, granted) = (msi.mask(), msi.granted());
                msi.waiting.take_if(|v| v < granted && mask & 1 << v == 0)
            }
            (None, ..) => return,
            _ => Vec::new(),
        };
        for (vector, cause) in ready.into_iter().chain(take(&mut self.held)) {
            self.fire_message(vector, cause, out);
        }
    }

    pub(super) fn report_line(&self, before: bool, out: &mut Outputs) {
        let up = self.intx_line();
        if up != before {
            out.push(Output::Line { up });
        }
    }
}

/// The cause waits for its vector, or joins the one that already does.
fn wait(waiting: &mut Sorted<u16, CauseId>, vector: u16, cause: CauseId, place: Place) -> Output {
    match waiting.or_insert(vector, cause) {
        (_, true) => Output::Waits { cause, place },
        (up, false) => Output::Merged { cause, into: *up, place },
    }
}
