//! INTx: TRIGGER, MASK, UNMASK and the unmask eventfd.
//!
//! Models `vfio_intx_*` and `vfio_pci_set_intx_*` of vfio_pci_intrs.c, and `vfio_virqfd`.
//!
//! Left out: one eventfd as INTx's trigger and its unmask eventfd at once. There a level that stays
//! up makes the kernel signal and unmask without end; here it does so once.

use alloc::vec;
use alloc::vec::Vec;

use crate::clause::Refusal;
use crate::device::{Answer, Fd};
use crate::errno::Errno;
use crate::event::{Loss, Source, Step};
use crate::eventfd::Fds;
use crate::host::op::Op;
use crate::host::{Host, INTERRUPT_DISABLE, Intx, IrqMode};
use crate::machine::Cx;
use crate::pci::Function;
use crate::request::{Action, Data, Request};
use crate::uapi::IrqIndex;

/// What an `eventfd_ctx_fdget` refusal cites.
pub(crate) fn lookup(fds: &Fds, fd: Fd) -> Result<(), Refusal> {
    // EVENTFD-CALLER: when the call is made.
    fds.lookup(fd).map_err(|errno| match errno {
        Errno::EBADF => Refusal::new(errno, "FD-NOT-OPEN"),
        _ => Refusal::new(errno, "FD-NOT-EVENTFD"),
    })
}

const DONE: Op = Op::Finish(Ok(Answer::Done));

impl Host {
    /// The work of an INTx request.
    pub(crate) fn start_intx(
        &self,
        function: &Function,
        fds: &Fds,
        request: &Request,
    ) -> Result<Vec<Op>, Refusal> {
        match request.action {
            Action::Trigger => self.start_intx_trigger(function, fds, request),
            Action::Mask | Action::Unmask => self.start_intx_mask(fds, request),
        }
    }

    fn start_intx_trigger(
        &self,
        function: &Function,
        fds: &Fds,
        request: &Request,
    ) -> Result<Vec<Op>, Refusal> {
        let on = matches!(self.mode, IrqMode::Intx(_));
        if on && request.count == 0 && request.data == Data::None {
            return Ok(vec![Op::Disable, DONE]);
        }
        if !on && self.mode != IrqMode::None {
            return Err(Refusal::new(Errno::EINVAL, "IRQ-EXCLUSIVE"));
        }
        if request.start != 0 || request.count != 1 {
            return Err(Refusal::new(Errno::EINVAL, "INTX-SHAPE"));
        }
        match &request.data {
            Data::Eventfd(wanted) => {
                let fd = wanted[0];
                // INTX-NEGATIVE, FD-NEGATIVE
                let trigger = (fd >= 0).then_some(fd);
                if let Some(fd) = trigger {
                    lookup(fds, fd)?;
                }
                let set = Op::SetTrigger { index: IrqIndex::Intx, fd: trigger };
                // INTX-REPLACE
                if on {
                    return Ok(vec![set, DONE]);
                }
                let mut work = vec![set];
                if function.intx_status_works() {
                    work.push(Op::PciIntx { on: !self.vconfig.intx_disabled });
                }
                work.extend([Op::InstallIntx, DONE]);
                Ok(work)
            }
            _ if !on => Err(Refusal::new(Errno::EINVAL, "INTX-INACTIVE")),
            Data::Bool(bytes) if bytes[0] == 0 => Ok(vec![DONE]),
            // INTX-LOOPBACK
            _ => Ok(vec![Op::LoopbackIntx, DONE]),
        }
    }

    fn start_intx_mask(&self, fds: &Fds, request: &Request) -> Result<Vec<Op>, Refusal> {
        let IrqMode::Intx(intx) = self.mode else {
            return Err(Refusal::new(Errno::EINVAL, "INTX-INACTIVE"));
        };
        if request.start != 0 || request.count != 1 {
            return Err(Refusal::new(Errno::EINVAL, "INTX-SHAPE"));
        }
        // INTX-MASK
        let act = if request.action == Action::Mask { Op::MaskIntx } else { Op::UnmaskIntx };
        match &request.data {
            // SET-BOOL-ZERO: a 0 is not the other action.
            Data::None => Ok(vec![act, DONE]),
            Data::Bool(bytes) if bytes[0] == 0 => Ok(vec![DONE]),
            Data::Bool(_) => Ok(vec![act, DONE]),
            Data::Eventfd(_) if request.action == Action::Mask => {
                Err(Refusal::new(Errno::ENOTTY, "INTX-MASK-EVENTFD"))
            }
            // INTX-UNMASK-NEGATIVE
            Data::Eventfd(wanted) if wanted[0] < 0 => Ok(vec![Op::SetUnmask { fd: None }, DONE]),
            Data::Eventfd(wanted) => {
                lookup(fds, wanted[0])?;
                if intx.unmask.is_some() {
                    return Err(Refusal::new(Errno::EBUSY, "INTX-UNMASK-BUSY"));
                }
                Ok(vec![Op::SetUnmask { fd: Some(wanted[0]) }, DONE])
            }
        }
    }

    /// The descriptor is gone: an unmask eventfd goes with it.
    pub(crate) fn detach_unmask(&mut self, fd: Fd) {
        if let IrqMode::Intx(intx) = &mut self.mode
            && intx.unmask == Some(fd)
        {
            intx.unmask = None;
        }
    }
}

impl Cx<'_> {
    fn intx(&mut self) -> Option<&mut Intx> {
        match &mut self.host.mode {
            IrqMode::Intx(intx) => Some(intx),
            _ => None,
        }
    }

    pub(crate) fn pci_intx(&mut self, on: bool) {
        let old = self.function.command();
        let new = if on { old & !INTERRUPT_DISABLE } else { old | INTERRUPT_DISABLE };
        if new != old {
            self.step(Step::Command { old, new }, |function, out| function.set_command(new, out));
        }
    }

    /// The trigger is set before INTx counts as enabled, so that its handler finds it.
    pub(crate) fn set_intx_trigger(&mut self, fd: Option<Fd>) {
        let masked = self.host.vconfig.intx_disabled;
        match self.intx() {
            Some(intx) => {
                intx.trigger = fd;
                self.note(Step::SetTrigger { index: IrqIndex::Intx, eventfd: fd });
            }
            None => {
                // INTX-BIT-ENABLE
                let intx = Intx { trigger: fd, masked, ..Intx::default() };
                self.host.mode = IrqMode::Intx(intx);
            }
        }
    }

    pub(crate) fn install_intx(&mut self) {
        let Some(intx) = self.intx() else { return };
        intx.handler = true;
        let eventfd = intx.trigger;
        self.note(Step::InstallHandler { index: IrqIndex::Intx, vector: 0, eventfd });
        self.intx_interrupt();
    }

    pub(crate) fn remove_intx(&mut self) {
        let Some(intx) = self.intx() else { return };
        intx.handler = false;
        self.note(Step::RemoveHandler { index: IrqIndex::Intx, vector: 0 });
    }

    pub(crate) fn set_unmask(&mut self, fd: Option<Fd>) {
        let Some(intx) = self.intx() else { return };
        if intx.unmask == fd {
            return;
        }
        let before = core::mem::replace(&mut intx.unmask, fd);
        self.note(Step::SetUnmask { eventfd: fd });
        // INTX-UNMASK-TAKEN: `virqfd_shutdown` takes the count along as it leaves the wait queue.
        if let Some(before) = before {
            self.fds.take(before);
        }
        // INTX-UNMASK-COUNTED: one that already has a count acts at once, and keeps it.
        if fd.is_some_and(|fd| self.fds.counter(fd).is_some_and(|counter| counter > 0)) {
            self.unmask_intx();
        }
    }

    pub(crate) fn mask_intx(&mut self) {
        let Some(intx) = self.intx() else { return };
        if intx.masked {
            return;
        }
        intx.masked = true;
        // INTX-MASK-HOW. INTX-LINE-SHARED: the function's own bit. INTX-LINE-EXCLUSIVE: else the line,
        // which must be nobody else's.
        if self.function.intx_status_works() {
            self.pci_intx(false);
        } else {
            self.note(Step::DisableLine);
        }
    }

    pub(crate) fn unmask_intx(&mut self) {
        if self.host.vconfig.intx_disabled {
            return;
        }
        let Some(intx) = self.intx() else { return };
        if !intx.masked {
            return;
        }
        if !self.function.intx_status_works() {
            self.intx().expect("checked above").masked = false;
            self.note(Step::EnableLine);
            self.intx_interrupt();
        } else if self.function.intx_status() {
            // INTX-UNMASK-PENDING, INTX-NOSIGNAL: still asserted: stays masked, signals again.
            self.signal_intx();
        } else {
            // The flag falls first: the kernel holds off the handler until both are done.
            self.intx().expect("checked above").masked = false;
            self.pci_intx(true);
        }
    }

    pub(crate) fn loopback_intx(&mut self) {
        let trigger = self.intx_trigger();
        // INTX-BIT-LOOPBACK
        let why = if self.host.vconfig.intx_disabled { Loss::Masked } else { Loss::NoEventfd };
        self.signal_new(Source::Loopback(IrqIndex::Intx, 0), trigger, why);
    }

    /// An eventfd rose, or 0 was added to it, which wakes too: if it unmasks, the host takes the
    /// count and does so. (The trigger of another index, or a loopback, may be what unmasks.)
    pub(crate) fn unmask_eventfd_woken(&mut self, fd: Fd) {
        if self.intx().is_none_or(|intx| intx.unmask != Some(fd)) {
            return;
        }
        // INTX-UNMASK-EVENTFD, EVENTFD-SELF
        self.fds.take(fd);
        // EVENTFD-SELF: the trigger itself may be the one that unmasks.
        if !self.waking {
            self.waking = true;
            self.unmask_intx();
            self.waking = false;
        }
    }
}
