//! MSI and MSI-X: what SET_IRQS means for both.
//!
//! Models `vfio_pci_set_msi_trigger`, `vfio_msi_set_block`, `vfio_msi_set_vector_signal` and
//! `vfio_msi_disable` of vfio_pci_intrs.c. The register writes below them differ and stand in
//! [`super::msi`] and [`super::msix`].

use alloc::vec;
use alloc::vec::Vec;

use crate::clause::Refusal;
use crate::device::{Answer, Fd};
use crate::errno::Errno;
use crate::event::{Loss, Source, Step};
use crate::host::intx::lookup;
use crate::host::msi::log2_up;
use crate::host::op::{Attempt, Op};
use crate::host::{Host, IrqMode, Irqs, Slot};
use crate::machine::{Cx, Progress};
use crate::pci::Function;
use crate::request::{Data, Request};
use crate::uapi::IrqIndex;

const DONE: Op = Op::Finish(Ok(Answer::Done));

fn invalid(clause: &'static str) -> Refusal {
    Refusal::new(Errno::EINVAL, clause)
}

impl Host {
    /// The work of an MSI or MSI-X request; the action is TRIGGER, the only one they have.
    pub(crate) fn start_message(
        &self,
        function: &Function,
        request: &Request,
    ) -> Result<Vec<Op>, Refusal> {
        let &Request { index, start, count, .. } = request;
        let active = self.mode.index();
        let on = active == Some(index);
        if on && count == 0 && request.data == Data::None {
            // MSG-DISABLE, SET-DISABLE, SET-DISABLE-START: whatever `start` is.
            return Ok(vec![Op::Disable, DONE]);
        }
        if !on && active.is_some() {
            return Err(invalid("IRQ-EXCLUSIVE"));
        }
        // Array length of the kernels that keep one context a vector, fixed at enable.
        let allocated = self.irqs.as_ref().map_or(0, |irqs| irqs.slots.len() as u32);
        let beyond = start >= allocated || start + count > allocated;
        match &request.data {
            Data::Eventfd(_) if on => {
                // MSIX-RESIZE-2, MSI-RESIZE-2, MSG-NEGATIVE-ABOVE; the others go vector by vector:
                // NORESIZE-ERRNO.
                if self.profile.rules.range_first && beyond {
                    return Err(invalid("MSG-NORESIZE"));
                }
                let first_enable = false;
                Ok(vec![Op::Block { index, start, at: 0, first_enable }, DONE])
            }
            Data::Eventfd(_) => Ok(self.start_enable(function, request)),
            _ if !on => Err(invalid("MSG-INACTIVE")),
            _ if self.profile.rules.loopback_in_range && start + count > allocated => {
                Err(invalid("MSG-LOOPBACK-RANGE"))
            }
            // MSG-LOOPBACK: a count above 0 never disables.
            _ => Ok(vec![Op::Loopback { index, start, count }, DONE]),
        }
    }

    /// First enable: vectors `0..start + count`, whatever the descriptors say.
    fn start_enable(&self, function: &Function, request: &Request) -> Vec<Op> {
        let &Request { index, start, count, .. } = request;
        // MSG-ALLOC, SET-ENABLE
        let wanted = start + count;
        let empty = Op::Finish(Err(Refusal::new(Errno::ERANGE, "MSG-EMPTY")));
        let mut work;
        if self.profile.rules.emulated {
            if wanted == 0 {
                return vec![empty];
            }
            // TEARDOWN-MEDIATED: no register is written, nothing is cut off.
            // What the function held goes out as the index goes on, and must find its vector.
            work = vec![
                Op::Allocate { index, first: 0, count: wanted, active: true },
                Op::Emulate { index, on: true },
            ];
        } else {
            work = vec![Op::Lock];
            if wanted == 0 {
                work.extend([Op::Unlock, empty]);
                return work;
            }
            work.extend(self.attempt(function, Attempt { index, start, wanted, asked: wanted }));
            return work;
        }
        work.extend(self.entered(index, start, wanted));
        work
    }

    /// What follows the registers of a first enable.
    fn entered(&self, index: IrqIndex, start: u32, wanted: u32) -> Vec<Op> {
        let mut work = vec![Op::Enter { index }];
        if self.profile.rules.range_first && start >= wanted {
            // Only with count 0: the block is refused after the index is on, and takes it down.
            work.extend([Op::Disable, Op::Finish(Err(invalid("SET-EMPTY-BLOCK")))]);
            return work;
        }
        work.extend([Op::Block { index, start, at: 0, first_enable: true }, DONE]);
        work
    }

    /// How many of these vectors the MSI code can have. Several MSI vectors come together or not
    /// at all.
    fn granted(&self, index: IrqIndex, wanted: u32) -> u32 {
        let supply = self.supply.unwrap_or(u32::MAX);
        match index {
            // MSG-SUPPLY-MSI
            IrqIndex::Msi if wanted > 1 && (!self.profile.remapping || supply < wanted) => {
                supply.min(1)
            }
            _ => supply.min(wanted),
        }
    }

    /// One attempt of the PCI layer at a first enable, up to where it asks for vectors.
    fn attempt(&self, function: &Function, attempt: Attempt) -> Vec<Op> {
        let ask = Op::Attempt(attempt);
        match attempt.index {
            IrqIndex::Msi if self.refuses_early(attempt.asked) => vec![ask],
            IrqIndex::Msi => Self::msi_begun(function).into_iter().chain([ask]).collect(),
            _ => vec![Self::msix_begun(), ask],
        }
    }

    /// What an attempt goes on with, by what the host has left when it asks. With too few it is
    /// undone, and the next asks for what there was; several MSI vectors once more for one.
    pub(crate) fn attempted(&self, function: &Function, attempt: Attempt) -> Vec<Op> {
        let Attempt { index, start, wanted, asked } = attempt;
        let msi = index == IrqIndex::Msi;
        let granted = self.granted(index, asked);
        if granted >= asked {
            let mut work = if msi { Self::msi_on(function, asked) } else { Self::msix_on(asked) };
            if asked < wanted {
                // MSG-SUPPLY-WINDOW: on and off again. TEARDOWN-STEP-DOWN: no index is left active.
                let disable = if msi { Op::MsiOff } else { Op::MsixOff };
                work.extend([disable, Op::Unlock, Op::Finish(Ok(Answer::Only(asked)))]);
                return work;
            }
            work.push(Op::Unlock);
            if msi {
                work.push(Op::LimitMsi { log2: log2_up(wanted) });
            }
            work.extend(self.entered(index, start, wanted));
            return work;
        }
        let refused = Op::AllocateFailed { index, asked, granted };
        let mut work = match index {
            IrqIndex::Msi if self.refuses_early(asked) => vec![refused],
            IrqIndex::Msi => vec![refused, Self::msi_undone(function)],
            _ => Self::msix_refused(granted, refused),
        };
        match granted {
            0 if msi && asked > 1 => {
                work.extend(self.attempt(function, Attempt { asked: 1, ..attempt }));
            }
            0 => {
                let error = Refusal::new(Errno::ENOSPC, "MSG-SUPPLY");
                work.extend([Op::Unlock, Op::Finish(Err(error))]);
            }
            asked => work.extend(self.attempt(function, Attempt { asked, ..attempt })),
        }
        work
    }
}

impl Cx<'_> {
    fn slot(&mut self, vector: u32) -> Option<&mut Slot> {
        let slots = &mut self.host.irqs.as_mut()?.slots;
        slots.get_mut(vector as usize).filter(|slot| slot.allocated)
    }

    fn index(&self) -> IrqIndex {
        self.host.irqs.as_ref().map_or(IrqIndex::Msix, |irqs| irqs.index)
    }

    /// The next vector of a block. MSG-BLOCK-ORDER: those before it are live.
    pub(crate) fn block(
        &mut self,
        (index, start, at, first_enable): (IrqIndex, u32, u32, bool),
        progress: &mut Progress,
    ) {
        let Data::Eventfd(fds) = &progress.data else { return };
        let Some(&fd) = fds.get(at as usize) else { return };
        let work = &mut progress.work;
        // MSG-BLOCK-ORDER: the next when this one is live.
        work.push(Op::Block { index, start, at: at + 1, first_enable });
        let vector = start + at;
        // MSG-HOLE, MSG-DEASSIGN, FD-NEGATIVE: a negative one only releases; MSG-ALL-NEGATIVE and
        // MSG-NEGATIVE-ABOVE follow.
        if fd >= 0 {
            work.push(Op::Arm { index, vector, fd, start, first_enable });
        }
        // MSG-REPLACE-GAP, MSG-REARM: the old trigger goes first.
        work.push(Op::Release { vector });
    }

    /// A vector of a block failed: from the block's start to it all are released. MEDIATED-HALF: on
    /// the emulated device too.
    fn fail_block(
        &mut self,
        refusal: Refusal,
        (start, vector, first_enable): (u32, u32, bool),
        work: &mut Vec<Op>,
    ) {
        work.clear();
        work.push(Op::Finish(Err(refusal)));
        // MSG-BLOCK-FIRST
        if first_enable {
            work.push(Op::Disable);
        }
        // MSG-BLOCK-FAIL, MSI-RESIZE-3
        work.push(Op::ReleaseRange { at: start, end: vector + 1 });
    }

    /// Installs a handler. Allocates the vector first where the kernel can, and only then looks
    /// at the descriptor: a bad one leaves the vector allocated.
    pub(crate) fn arm(
        &mut self,
        (index, vector, fd): (IrqIndex, u32, Fd),
        (start, first_enable): (u32, bool),
        work: &mut Vec<Op>,
    ) {
        let failed = (start, vector, first_enable);
        let emulated = self.host.profile.rules.emulated;
        let Some(slot) = self.slot(vector) else {
            // MSI-RESIZE-1, MSIX-RESIZE-1, NORESIZE-SET
            // MEDIATED-GROW: else it is added, and no other vector is touched.
            if !self.host.can_grow(index) {
                return self.fail_block(invalid("MSG-NORESIZE"), failed, work);
            }
            // NORESIZE-SHORT
            if self.host.supply == Some(0) {
                let refusal = Refusal::new(Errno::ENOSPC, "MSG-SUPPLY");
                self.fail_block(refusal, failed, work);
                let refused = Op::AllocateFailed { index, asked: 1, granted: 0 };
                return work.extend([Op::Unlock, refused, Op::Lock]);
            }
            work.push(Op::Arm { index, vector, fd, start, first_enable });
            // MSIX-RESIZE-3, MSIX-RESIZE-4, NORESIZE-ABSENT, MEDIATED-GROW: one vector,
            // one entry, nothing else.
            let allocate = Op::Allocate { index, first: vector, count: 1, active: emulated };
            if emulated {
                work.push(allocate);
            } else {
                let message = Op::EntryMessage { vector, zero: false };
                work.extend([Op::Unlock, message, allocate, Op::Lock]);
            }
            return;
        };
        let active = slot.active;
        // MSIX-RESIZE-6: the vector is allocated by now.
        if let Err(refusal) = lookup(self.fds, fd) {
            return self.fail_block(refusal, failed, work);
        }
        let (resend, install) = (Op::Resend { vector }, Op::Install { vector, fd });
        if emulated {
            work.extend([resend, install]);
            return;
        }
        work.extend([Op::Unlock, resend]);
        // Without remapping the message names a CPU's vector, which is found only now: it is
        // written once more.
        let again = !self.host.profile.remapping;
        match index {
            IrqIndex::Msi => {
                // MSI-MASKABLE
                work.extend([Op::MsiMask { set: 0, clear: 1 << vector }, install]);
                if vector == 0 && again {
                    work.extend(Host::msi_message(false).into_iter().rev());
                }
                if vector == 0 && !active {
                    work.extend(Host::msi_message(false).into_iter().rev());
                }
                work.push(Op::Activate { vector });
            }
            _ => {
                let message = Op::EntryMessage { vector, zero: false };
                // MSIX-MASKED
                work.extend([Op::EntryMask { vector, masked: false }, install]);
                work.extend(again.then(|| message.clone()));
                work.extend([message, Op::Activate { vector }, Op::EntryCached { vector }]);
            }
        }
        work.push(Op::Lock);
    }

    /// Removes the handler of a live vector, and with it the message. EVENTFD-QUIET: its eventfd rises
    /// no more. MSIX-MASK-BY-RELEASE: the entry is masked. NORESIZE-SHRINK: it stays allocated.
    pub(crate) fn release(&mut self, vector: u32, work: &mut Vec<Op>) {
        if self.slot(vector).is_none_or(|slot| slot.handler.is_none()) {
            return;
        }
        if self.host.profile.rules.emulated {
            work.push(Op::Remove { vector });
            return;
        }
        work.extend([Op::Unlock, Op::Deactivate { vector }]);
        match self.index() {
            IrqIndex::Msi => {
                // MSI-RELEASE-0, MSI-REPLACE; another vector has no register: MSI-RELEASE-N.
                if vector == 0 {
                    work.extend(Host::msi_message(true).into_iter().rev());
                }
                work.push(Op::MsiMask { set: 1 << vector, clear: 0 });
            }
            // MSIX-REPLACE, MSIX-MASK-BY-RELEASE
            _ => work.extend([
                Op::EntryMessage { vector, zero: true },
                Op::EntryMask { vector, masked: true },
            ]),
        }
        work.extend([Op::Remove { vector }, Op::Lock]);
    }

    /// Disables the index that is enabled, if one is.
    pub(crate) fn disable(&mut self, work: &mut Vec<Op>) {
        let index = match self.host.mode {
            IrqMode::None => return,
            IrqMode::Intx(_) => {
                // INTX-DISABLE-MASKED: no register. INTX-UNMASK-DISABLE.
                work.extend([Op::Leave, Op::RemoveIntx, Op::SetUnmask { fd: None }]);
                return;
            }
            IrqMode::Msi => IrqIndex::Msi,
            IrqMode::Msix => IrqIndex::Msix,
        };
        work.push(Op::Leave);
        if self.host.profile.rules.emulated {
            work.extend([Op::Free, Op::Emulate { index, on: false }]);
        } else {
            let off = if index == IrqIndex::Msi { Op::MsiOff } else { Op::MsixOff };
            work.extend([Op::Unlock, off, Op::Lock]);
        }
        let end = self.host.irqs.as_ref().map_or(0, |irqs| irqs.slots.len() as u32);
        // TEARDOWN-DESCRIPTOR, TEARDOWN-MSI: vectors go one by one, Enable after them.
        work.push(Op::ReleaseRange { at: 0, end });
    }

    /// Takes vectors of the host. MSG-COST: armed or not.
    pub(crate) fn allocate(&mut self, index: IrqIndex, (first, count): (u32, u32), active: bool) {
        if let Some(supply) = &mut self.host.supply {
            *supply = supply.saturating_sub(count);
        }
        let irqs = self.host.irqs.get_or_insert_with(|| Irqs { index, slots: Vec::new() });
        let end = (first + count) as usize;
        if irqs.slots.len() < end {
            irqs.slots.resize(end, Slot::default());
        }
        for slot in &mut irqs.slots[first as usize..end] {
            *slot = Slot { allocated: true, active, cached: true, ..Slot::default() };
        }
        let (first, count) = (first as u16, count as u16);
        self.note(Step::Allocate { index, first, count });
    }

    pub(crate) fn free(&mut self) {
        // MSIX-RESIZE-5, NORESIZE-SHRINK: only here, as the index goes off.
        let Some(irqs) = self.host.irqs.take() else { return };
        let held = irqs.slots.iter().filter(|slot| slot.allocated).count() as u16;
        if let Some(supply) = &mut self.host.supply {
            *supply = supply.saturating_add(u32::from(held));
        }
        for cause in irqs.slots.iter().filter_map(|slot| slot.pending) {
            self.lose(cause, Loss::Freed);
        }
        self.note(Step::Free { index: irqs.index, count: held });
    }

    pub(crate) fn install(&mut self, vector: u32, fd: Fd) {
        let Some(slot) = self.slot(vector) else { return };
        // EVENTFD-PRELOADED: what it has counted stays.
        slot.handler = Some(fd);
        let index = self.index();
        let (vector16, eventfd) = (vector as u16, Some(fd));
        self.note(Step::InstallHandler { index, vector: vector16, eventfd });
        if self.host.profile.rules.emulated {
            self.emulate_vector(index, vector, true);
        }
    }

    pub(crate) fn remove(&mut self, vector: u32) {
        let index = self.index();
        if self.host.profile.rules.emulated {
            self.emulate_vector(index, vector, false);
        }
        let Some(slot) = self.slot(vector) else { return };
        // MSG-COUNTER: the eventfd keeps its count. EVENTFD-QUIET: it rises no more.
        slot.handler = None;
        self.note(Step::RemoveHandler { index, vector: vector as u16 });
    }

    pub(crate) fn activate(&mut self, vector: u32) {
        if let Some(slot) = self.slot(vector) {
            slot.active = true;
            slot.cached = true;
        }
    }

    pub(crate) fn deactivate(&mut self, vector: u32) {
        if let Some(slot) = self.slot(vector) {
            slot.active = false;
            slot.cached = false;
        }
    }

    pub(crate) fn resend(&mut self, vector: u32) {
        let Some(slot) = self.slot(vector) else { return };
        // MSG-LATE-EVENTFD: to whatever eventfd is there now.
        if let (Some(fd), Some(cause)) = (slot.handler, slot.pending.take()) {
            self.signal(cause, fd);
        }
    }

    /// Signals every live vector of the range that the data selects, rising. MSG-LOOPBACK-BYPASS: the
    /// function has no part in it.
    pub(crate) fn loopback(&mut self, index: IrqIndex, start: u32, count: u32, data: &Data) {
        for at in 0..count {
            let vector = start + at;
            // MSG-LOOPBACK-BYPASS: the function is not asked.
            let Some(fd) = self.slot(vector).and_then(|slot| slot.handler) else { continue };
            // SET-BOOL-ZERO
            if let Data::Bool(bytes) = data
                && bytes[at as usize] == 0
            {
                // SET-BOOL-ZERO
                continue;
            }
            let cause = self.cause(Source::Loopback(index, vector));
            self.signal(cause, fd);
        }
    }
}
