//! A VMM is a user with a policy: it owns what its guest sees (virtual MSI-X table and masks, MSI-X
//! Enable, INTx, an eventfd or two a vector) and turns what the guest does into requests on a
//! [`Device`].
//!
//! [`Strategy`] names the policies of real users of VFIO, each written down from its source, which
//! its module cites; [`Workload`] is what a guest's driver does. [`play`](play()) plays one against
//! the other on the emulator and gives a [`Play`]: the requests with their answers, and where each
//! queue was started, also as a scenario. What the host answers does not depend on when interrupts
//! arrive, so one play stands for all interleavings; [`race`] counts over them.
//!
//! The sources were read; none of these programs was watched doing it. What is not certain is said at
//! the strategy it concerns.
//!
//! Left out: what happens behind the eventfd (KVM, see [`crate::guest`]), the guest's address space,
//! MSI, and VMMs that trap the function's own registers.

pub mod chart;
mod crosvm;
mod openvmm;
mod play;
mod policy;
mod qemu;
pub mod race;
mod rebuild;
mod record;
pub mod report;
mod seat;
mod strategy;
mod up_front;
mod window;
mod workload;

#[cfg(test)]
mod tests;

pub use play::{Beat, Play, Setup, play};
pub use policy::{Action, Policy, Reply};
pub use seat::{Answered, Seat, View, Want};
pub use strategy::{STRATEGIES, Strategy};
pub use workload::{WORKLOADS, Workload};

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::device::{Device, Fd};
use crate::uapi::{IrqIndex, IrqInfo, IrqInfoFlags};
use seat::Eventfds;

/// A user of a device, for a guest or as a driver itself.
pub struct Vmm {
    view: View,
    fds: Eventfds,
    policy: Box<dyn Policy>,
    guest: bool,
}

impl Vmm {
    /// One that does as this strategy says, before it has looked at its device.
    pub fn new(strategy: &Strategy) -> Self {
        Self {
            view: View::default(),
            fds: Eventfds::default(),
            policy: strategy.policy(),
            guest: strategy.guest,
        }
    }

    /// Takes the device: asks what MSI-X and INTx can do, and does what the policy does before the
    /// guest runs.
    pub fn begin(&mut self, device: &mut dyn Device) -> Reply {
        let ask = |device: &mut dyn Device, index: IrqIndex| {
            device.irq_info(IrqInfo::SIZE, index.raw()).ok()
        };
        let Some(msix) = ask(device, IrqIndex::Msix) else { return Reply::Refused };
        let intx = ask(device, IrqIndex::Intx);
        self.view = View {
            entries: msix.count,
            noresize: msix.flags & IrqInfoFlags::NORESIZE.bits() != 0,
            pin: intx.is_some_and(|intx| intx.count > 0),
            enabled: false,
            masked: vec![true; msix.count as usize],
            intx: false,
        };
        let (policy, mut seat) = self.parts(device);
        policy.begin(&mut seat)
    }

    /// Does what follows from something the guest does. [`Action::Start`] concerns nobody but the
    /// device.
    pub fn act(&mut self, action: &Action, device: &mut dyn Device) -> Reply {
        let known = |entry: &u16| usize::from(*entry) < self.view.masked.len();
        match action {
            Action::Enable { unmasked, .. } if !unmasked.iter().all(known) => {
                return Reply::Refused;
            }
            Action::Request(entry) | Action::Unmask(entry) | Action::Mask(entry)
                if !known(entry) =>
            {
                return Reply::Refused;
            }
            _ => {}
        }
        // What the guest wrote stands in the virtual table before the VMM acts on it.
        match action {
            Action::Enable { unmasked, .. } => {
                for entry in unmasked {
                    self.view.masked[usize::from(*entry)] = false;
                }
            }
            Action::Unmask(entry) => self.view.masked[usize::from(*entry)] = false,
            Action::Mask(entry) => self.view.masked[usize::from(*entry)] = true,
            Action::Request(_) | Action::Disable | Action::HandleIntx | Action::Start(_) => {}
        }
        let guest = self.guest;
        let (policy, mut seat) = self.parts(device);
        match action {
            Action::Enable { vectors, .. } => {
                seat.view.enabled = true;
                policy.enable(*vectors, &mut seat)
            }
            Action::Request(entry) if !guest => policy.unmask(*entry, &mut seat),
            // An entry is looked at only while MSI-X is on.
            Action::Unmask(entry) if seat.view.enabled => policy.unmask(*entry, &mut seat),
            Action::Mask(entry) if seat.view.enabled => policy.mask(*entry, &mut seat),
            Action::Disable => {
                seat.view.enabled = false;
                policy.disable(&mut seat)
            }
            Action::HandleIntx => {
                if seat.view.intx {
                    // Refused only if INTx is off, and then there is nothing to unmask.
                    let _ = seat.intx_unmask();
                }
                Reply::Fine
            }
            Action::Request(_) | Action::Unmask(_) | Action::Mask(_) | Action::Start(_) => {
                Reply::Fine
            }
        }
    }

    /// What the guest sees.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// What this descriptor is called in a scenario: `v3` signals vector 3, `u3` vector 3 while the
    /// guest masks it, `intx` INTx.
    pub fn name(&self, fd: Fd) -> Option<&str> {
        self.fds.name(fd)
    }

    /// The names of all descriptors, in the order in which they were made.
    fn names(&self) -> Vec<String> {
        self.fds.names()
    }

    fn parts<'a>(&'a mut self, device: &'a mut dyn Device) -> (&'a mut dyn Policy, Seat<'a>) {
        (&mut *self.policy, Seat::new(&mut self.view, &mut self.fds, device))
    }
}
