//! Open, reset, close, and how each call begins.
//!
//! Models `vfio_pci_core_enable`, `vfio_pci_core_disable` and `vfio_pci_ioctl_reset`.

use alloc::vec;
use alloc::vec::Vec;

use crate::clause::Refusal;
use crate::device::Answer;
use crate::errno::Errno;
use crate::event::{Call, Loss, Outcome, Source, Step};
use crate::eventfd::Fds;
use crate::host::config::Virtual;
use crate::host::op::Op;
use crate::host::{BUS_MASTER, Host, INTERRUPT_DISABLE, IrqMode, MEMORY_SPACE, msi, msix};
use crate::machine::{Cx, Progress, Started};
use crate::pci::Function;
use crate::request::{Data, Request};
use crate::uapi::{IrqIndex, IrqInfo};

const DONE: Op = Op::Finish(Ok(Answer::Done));

/// A reset of a function that has one, Command as before after it (RESET-INTX: its Interrupt Disable
/// too).
fn reset(function: &Function) -> impl Iterator<Item = Op> {
    let reset = [
        Op::Save,
        Op::Command { set: INTERRUPT_DISABLE, clear: !INTERRUPT_DISABLE },
        Op::ResetFunction,
        Op::Unlock,
    ];
    reset.into_iter().filter(|_| function.resets())
}

fn work(work: Vec<Op>) -> Started {
    Started::Work { work, data: Data::None }
}

impl Host {
    /// What a call does, or why not.
    pub(crate) fn start(
        &self,
        function: &Function,
        fds: &Fds,
        call: &Call,
    ) -> Result<Started, Refusal> {
        if !self.opened && *call != Call::Open {
            return Err(Refusal::new(Errno::EBADF, "DEVICE-CLOSED"));
        }
        match call {
            // CLOSE-LAST: another descriptor of the same, which changes nothing.
            Call::Open if self.opened => Ok(work(vec![DONE])),
            // OPEN-RESET
            Call::Open => {
                let mut ops = vec![
                    // OPEN-BUS-MASTER
                    Op::Command { set: 0, clear: BUS_MASTER },
                    Op::Command { set: MEMORY_SPACE, clear: 0 },
                ];
                ops.extend(reset(function));
                ops.extend([Op::PciIntx { on: true }, Op::Opened, DONE]);
                Ok(work(ops))
            }
            Call::Close => {
                let mut ops = vec![
                    Op::Command { set: 0, clear: BUS_MASTER },
                    Op::Disable,
                    Op::Command { set: INTERRUPT_DISABLE, clear: !INTERRUPT_DISABLE },
                ];
                // OPEN-RESET
                ops.extend(function.resets().then_some(Op::ResetFunction));
                // CLOSE-RESTORE
                ops.extend([Op::RestoreCommand, Op::Closed, DONE]);
                Ok(work(ops))
            }
            Call::Reset if !function.resets() => Err(Refusal::new(Errno::EINVAL, "RESET-NONE")),
            Call::Reset => Ok(work(self.start_reset(function))),
            Call::IrqInfo { argsz, index } => self.start_info(function, *argsz, *index),
            Call::SetIrqs { header, data } => {
                let request = Request::parse(header, data, |index| self.count(function, index))?;
                let work = match request.index {
                    IrqIndex::Intx => self.start_intx(function, fds, &request)?,
                    IrqIndex::Msi | IrqIndex::Msix => self.start_message(function, &request)?,
                    IrqIndex::Err | IrqIndex::Req => self.start_err_req(fds, &request)?,
                };
                Ok(Started::Work { work, data: request.data })
            }
            Call::RegionRead { region, offset, len } => {
                self.region_read(function, *region, *offset, *len).map(Started::Outcome)
            }
            Call::RegionWrite { region, offset, data } => {
                self.region_write(function, *region, *offset, data).map(work)
            }
        }
    }

    fn start_info(&self, function: &Function, argsz: u32, index: u32) -> Result<Started, Refusal> {
        if argsz < IrqInfo::SIZE {
            return Err(Refusal::new(Errno::EINVAL, "INFO-ARGSZ"));
        }
        let Some(index) = IrqIndex::from_raw(index) else {
            return Err(Refusal::new(Errno::EINVAL, "INFO-INDEX"));
        };
        if index == IrqIndex::Err && !self.has_err(function) {
            return Err(Refusal::new(Errno::EINVAL, "INFO-ERR"));
        }
        Ok(Started::Outcome(Outcome::Info(self.info(function, index))))
    }

    /// The function is reset; mode, triggers and virtual registers stay. What MSI or MSI-X had in
    /// registers is written back, and Interrupt Disable is left set.
    fn start_reset(&self, function: &Function) -> Vec<Op> {
        let mut work = Vec::from_iter(reset(function));
        match self.mode {
            IrqMode::Msi | IrqMode::Msix if self.profile.rules.emulated => {
                let index = self.mode.index().expect("the mode is MSI or MSI-X");
                work.push(Op::Emulate { index, on: true });
            }
            IrqMode::Msi => work.push(Op::RestoreMsi),
            IrqMode::Msix => work.push(Op::RestoreMsix),
            // RESET-INTX
            IrqMode::None | IrqMode::Intx(_) => {}
        }
        work.push(DONE);
        work
    }
}

impl Cx<'_> {
    /// Does one operation: a step, or pushing what it expands to, last first.
    pub(crate) fn execute(&mut self, op: Op, progress: &mut Progress) {
        let work = &mut progress.work;
        match op {
            Op::Save => progress.command = self.function.command(),
            Op::Lock => {
                progress.command = self.function.command();
                // MSG-MEMORY
                if progress.command & MEMORY_SPACE == 0 {
                    self.command(MEMORY_SPACE, 0);
                }
            }
            Op::ForceMemory => {
                progress.command = self.function.command();
                self.write_command_back(progress.command | MEMORY_SPACE);
            }
            Op::Unlock => self.write_command_back(progress.command),
            Op::RestoreCommand => self.write_command_back(self.host.command_at_open),
            Op::PciIntx { on } => self.pci_intx(on),
            Op::Command { set, clear } => self.command(set, clear),
            Op::MsixControl { set, clear } => self.msix_control(set, clear),
            Op::EntryMessage { vector, zero } => self.entry_message(vector, zero),
            Op::EntryCached { vector } => self.entry_cached(vector),
            Op::EntryMask { vector, masked } => self.entry_mask(vector, masked),
            Op::MaskTable => self.mask_table(),
            Op::MsiControl { set, clear } => self.msi_control(set, clear),
            Op::MsiGranted => self.msi_granted(),
            Op::MsiAddress { zero } => self.msi_address(zero),
            Op::MsiUpper => self.msi_upper(),
            Op::MsiData { zero } => self.msi_data(zero),
            Op::MsiMask { set, clear } => self.msi_mask(set, clear),
            Op::Allocate { index, first, count, active } => {
                self.allocate(index, (first, count), active);
            }
            Op::AllocateFailed { index, asked, granted } => {
                let (asked, granted) = (asked as u16, granted as u16);
                self.note(Step::AllocateFailed { index, asked, granted });
            }
            Op::Free => self.free(),
            Op::Activate { vector } => self.activate(vector),
            Op::Install { vector, fd } => self.install(vector, fd),
            Op::Resend { vector } => self.resend(vector),
            Op::Remove { vector } => self.remove(vector),
            Op::Deactivate { vector } => self.deactivate(vector),
            Op::Enter { index } => {
                self.host.mode = if index == IrqIndex::Msi { IrqMode::Msi } else { IrqMode::Msix };
            }
            Op::Leave => self.host.mode = IrqMode::None,
            Op::LimitMsi { log2 } => self.host.msi_limit = log2,
            Op::Emulate { index, on } => self.emulate(index, on),
            Op::InstallIntx => self.install_intx(),
            Op::RemoveIntx => self.remove_intx(),
            Op::SetTrigger { index, fd } => self.set_trigger(index, fd),
            Op::SetUnmask { fd } => self.set_unmask(fd),
            Op::MaskIntx => self.mask_intx(),
            Op::UnmaskIntx => self.unmask_intx(),
            Op::LoopbackIntx => self.loopback_intx(),
            Op::LoopbackErrReq { index } => {
                let trigger = if index == IrqIndex::Err { self.host.err } else { self.host.req };
                self.signal_new(Source::Loopback(index, 0), trigger, Loss::NoEventfd);
            }
            Op::Loopback { index, start, count } => {
                self.loopback(index, start, count, &progress.data);
            }
            Op::ConfigChunk { offset, len, bytes } => {
                self.config_chunk(offset, &bytes[..usize::from(len)], work);
            }
            Op::BarByte { bar, offset, byte } => {
                self.silently(|function, out| function.bar_write(bar, offset, &[byte], out));
            }
            Op::ResetFunction => {
                self.step(Step::ResetFunction, |function, out| function.reset(out));
            }
            Op::RestoreMsi => self.restore_msi(work),
            Op::RestoreMsix => self.restore_msix(work),
            Op::Opened => {
                self.host.opened = true;
                // OPEN-FRESH
                self.host.vconfig = Virtual::of(self.function);
                self.host.command_at_open = self.function.command();
            }
            Op::Closed => {
                // CLOSE-DROPS: the index went before. ERR-REQ-RESET: these two live until here.
                self.host.opened = false;
                self.host.vconfig = Virtual::default();
                self.host.err = None;
                self.host.req = None;
            }
            Op::Attempt(attempt) => {
                let goes_on = self.host.attempted(self.function, attempt);
                work.extend(goes_on.into_iter().rev());
            }
            Op::Block { index, start, at, first_enable } => {
                self.block((index, start, at, first_enable), progress);
            }
            Op::WriteEntries { at, end } => self.write_entries(at, end, work),
            Op::MaskAllocated { at } => self.mask_allocated(at, work),
            Op::RestoreEntries { at } => self.restore_entries(at, work),
            Op::Arm { index, vector, fd, start, first_enable } => {
                self.arm((index, vector, fd), (start, first_enable), work);
            }
            Op::Release { vector } => self.release(vector, work),
            Op::ReleaseRange { at, end } => {
                if at < end {
                    work.push(Op::ReleaseRange { at: at + 1, end });
                    self.release(at, work);
                }
            }
            Op::Disable => self.disable(work),
            Op::MsiOff => self.msi_off(work),
            Op::MsixOff => self.msix_off(work),
            Op::Finish(_) => unreachable!("the machine ends the call at Finish"),
        }
    }

    fn command(&mut self, set: u16, clear: u16) {
        let old = self.function.command();
        let new = old & !clear | set;
        if new != old {
            self.step(Step::Command { old, new }, |function, out| function.set_command(new, out));
        }
    }

    fn write_command_back(&mut self, new: u16) {
        let old = self.function.command();
        self.step(Step::Command { old, new }, |function, out| function.set_command(new, out));
    }

    fn set_trigger(&mut self, index: IrqIndex, fd: Option<crate::device::Fd>) {
        match index {
            IrqIndex::Err => self.host.err = fd,
            IrqIndex::Req => self.host.req = fd,
            _ => return self.set_intx_trigger(fd),
        }
        self.note(Step::SetTrigger { index, eventfd: fd });
    }

    fn restore_msi(&mut self, work: &mut Vec<Op>) {
        let slots = self.host.irqs.iter().flat_map(|irqs| irqs.slots.iter().enumerate());
        let live = slots.filter(|(_, slot)| slot.handler.is_some());
        let unmasked = live.fold(0_u32, |bits, (vector, _)| bits | 1 << vector);
        let count = self.host.irqs.as_ref().map_or(1, |irqs| irqs.slots.len() as u32);
        let multiple = u16::from(msi::log2_up(count)) << 4;
        let zero = self.host.irqs.as_ref().and_then(|irqs| irqs.slot(0)).is_none_or(|s| !s.cached);
        work.extend([
            Op::MsiControl { set: multiple | msi::ENABLE, clear: 0 },
            Op::MsiMask { set: !unmasked & msi::all_vectors(self.function), clear: unmasked },
        ]);
        work.extend(Host::msi_message(zero).into_iter().rev());
        work.extend([Op::MsiControl { set: 0, clear: msi::ENABLE }, Op::PciIntx { on: false }]);
    }

    fn restore_msix(&mut self, work: &mut Vec<Op>) {
        let forces = self.host.profile.rules.restore_sets_memory;
        work.push(Op::MsixControl { set: 0, clear: msix::FUNCTION_MASK });
        if forces {
            work.extend([Op::Unlock, Op::RestoreEntries { at: 0 }, Op::ForceMemory]);
        } else {
            work.push(Op::RestoreEntries { at: 0 });
        }
        work.extend([
            Op::MsixControl { set: msix::ENABLE | msix::FUNCTION_MASK, clear: 0 },
            Op::PciIntx { on: false },
        ]);
    }

    /// An emulated device's index goes on or off: its own registers follow without a step.
    fn emulate(&mut self, index: IrqIndex, on: bool) {
        let what = if on {
            crate::event::Emulated::EnableIndex
        } else {
            crate::event::Emulated::DisableIndex
        };
        let (address, data) = crate::host::receive::message(IrqIndex::Msi, 0);
        self.step(Step::Emulate { what, index }, |function, out| match index {
            IrqIndex::Msi => {
                function.set_msi_address(address, out);
                function.set_msi_data(data as u16, out);
                let vectors = function.msi().map_or(1, |msi| u32::from(msi.vectors()));
                let multiple = u16::from(msi::log2_up(vectors)) << 4;
                function.set_msi_control(if on { multiple | msi::ENABLE } else { 0 }, out);
            }
            _ => function.set_msix_control(if on { msix::ENABLE } else { 0 }, out),
        });
        let slots = self.host.irqs.iter().flat_map(|irqs| irqs.slots.iter().enumerate());
        let live: Vec<u32> =
            slots.filter(|(_, s)| s.handler.is_some()).map(|(vector, _)| vector as u32).collect();
        for vector in live {
            self.emulate_vector(index, vector, on);
        }
    }

    /// An emulated device may send a vector, or may not.
    pub(crate) fn emulate_vector(&mut self, index: IrqIndex, vector: u32, on: bool) {
        let (address, data) = crate::host::receive::message(index, vector);
        self.silently(|function, out| {
            if index == IrqIndex::Msix {
                let vector = vector as u16;
                if on {
                    function.set_entry_message(vector, address, data, out);
                }
                function.set_entry_mask(vector, !on, out);
            }
        });
    }
}
