//! What has to be known of a run beside the emulator's machine: the names of descriptors, and which
//! registers have a value both sides were given.
//!
//! Left out: anything the machine says itself.

use std::collections::BTreeMap;

use vfio_irq_core::device::{Fd, Stimulus};
use vfio_irq_core::host::IrqMode;
use vfio_irq_core::machine::Machine;
use vfio_irq_core::scenario::ast::{Action, FdRef, StepLine, WriteData};
use vfio_irq_core::uapi::CONFIG_REGION;

/// First byte of Command, and the byte of Interrupt Line.
pub(super) const COMMAND: u64 = 4;
pub(super) const INTERRUPT_LINE: u64 = 0x3c;

/// A descriptor of both sides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named {
    /// Its number on the emulator.
    pub(super) emulator: Fd,
    /// Its number on the device.
    pub(super) device: Fd,
    /// It is an eventfd.
    pub(super) eventfd: bool,
    /// It is open.
    pub(super) open: bool,
    /// It was closed, and a descriptor was made since: a kernel may have given that its number.
    pub(super) stale: bool,
    /// The user wrote to it, to find the count there later: it is not read by itself.
    pub(super) left: bool,
}

/// A run so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Track {
    /// Descriptors by name.
    pub(super) fds: BTreeMap<String, Named>,
    /// The interrupt status was raised as a level, and not only in place of messages.
    pub(super) asserted: bool,
    /// The bytes of Command that were written since the device was opened.
    pub(super) command_known: [bool; 2],
    /// Interrupt Line was written since then.
    pub(super) line_known: bool,
}

/// The eventfds the host signals or is signalled by.
pub(super) fn triggers(machine: &Machine) -> impl Iterator<Item = Fd> + '_ {
    let intx = match machine.host.mode() {
        IrqMode::Intx(intx) => intx.trigger,
        _ => None,
    };
    let vectors = machine.host.vectors().filter_map(|vector| vector.eventfd);
    intx.into_iter().chain(machine.host.err()).chain(machine.host.req()).chain(vectors)
}

/// INTx's unmask eventfd.
pub(super) fn unmask(machine: &Machine) -> Option<Fd> {
    match machine.host.mode() {
        IrqMode::Intx(intx) => intx.unmask,
        _ => None,
    }
}

impl Track {
    /// How many descriptors are open.
    pub(super) fn open(&self) -> u32 {
        self.fds.values().filter(|named| named.open).count() as u32
    }

    /// The names of open eventfds.
    pub(super) fn eventfds(&self) -> impl Iterator<Item = &str> {
        self.fds.iter().filter(|(_, fd)| fd.open && fd.eventfd).map(|(name, _)| name.as_str())
    }

    /// A descriptor was made on both sides.
    pub(super) fn made(&mut self, name: String, (emulator, device): (Fd, Fd), eventfd: bool) {
        self.age();
        let named = Named { emulator, device, eventfd, open: true, stale: false, left: false };
        self.fds.insert(name, named);
    }

    /// A number that was free may be taken now.
    fn age(&mut self) {
        self.fds.values_mut().filter(|named| !named.open).for_each(|named| named.stale = true);
    }

    /// Takes in a step that was done; `machine` is as it left it.
    pub(super) fn done(&mut self, step: &StepLine, machine: &Machine) {
        match &step.action.what {
            Action::Open => {
                self.age();
                (self.command_known, self.line_known) = ([false; 2], false);
            }
            Action::RegionWrite { region: CONFIG_REGION, offset, data } => {
                let end = offset.saturating_add(len(data));
                let covers = |byte: u64| (*offset..end).contains(&byte);
                self.command_known[0] |= covers(COMMAND);
                self.command_known[1] |= covers(COMMAND + 1);
                self.line_known |= covers(INTERRUPT_LINE);
            }
            Action::Stimulate(Stimulus::AssertIntx) => self.asserted = true,
            Action::WriteFd(FdRef::Name(name), _) => self.leave(name, machine),
            Action::ReadFd(FdRef::Name(name)) => {
                if let Some(named) = self.fds.get_mut(name) {
                    named.left = false;
                }
            }
            Action::CloseFd(FdRef::Name(name)) => {
                if let Some(named) = self.fds.get_mut(name) {
                    named.open = false;
                }
            }
            _ => {}
        }
        self.asserted &= machine.function.intx_status();
        for fd in triggers(machine) {
            if let Some(named) = self.fds.values_mut().find(|named| named.emulator == fd) {
                named.left = false;
            }
        }
    }

    fn leave(&mut self, name: &str, machine: &Machine) {
        if let Some(named) = self.fds.get_mut(name) {
            named.left = machine.fds.counter(named.emulator).is_some_and(|count| count > 0);
        }
    }
}

/// How many bytes are written.
pub(super) fn len(data: &WriteData) -> u64 {
    match data {
        WriteData::Value { width, .. } => u64::from(*width),
        WriteData::Bytes(bytes) => bytes.len() as u64,
    }
}

/// The bytes written.
pub(super) fn bytes(data: &WriteData) -> Vec<u8> {
    match data {
        WriteData::Value { width, value } => {
            value.to_le_bytes()[..(*width as usize).min(8)].to_vec()
        }
        WriteData::Bytes(bytes) => bytes.clone(),
    }
}
