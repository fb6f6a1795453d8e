//! KVM as the one who takes an eventfd's counts: KVM_IRQFD, and the guest behind it.
//!
//! Models `irqfd_wakeup`, `kvm_irqfd_assign`, `kvm_irqfd_deassign`, `irqfd_shutdown` and
//! `irqfd_resampler_ack` of virt/kvm/eventfd.c (Linux 6.1, 6.12, 7.3).
//!
//! Left out: the guest's interrupt controller. Of it there is [`Pending`]: an edge waits until the
//! guest takes it, and one more can wait behind it. A gsi here is a message's or an edge-triggered
//! pin's, but for RESAMPLE, which is a level: that a level-triggered pin loses an edge while the
//! guest has the interrupt, is left out. So are more than one VM, and interrupts that are posted
//! to the guest by hardware, which no eventfd sees.

#![expect(missing_docs, reason = "a field is said in the line of its variant")]

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::device::Fd;
use crate::errno::Errno;
use crate::event::Event;
use crate::eventfd::Fds;
use crate::machine::Cx;

/// An eventfd in KVM's hands: the fields of `struct kvm_irqfd`. `F` is a descriptor.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Irqfd<F = Fd> {
    /// The eventfd KVM takes the counts of.
    pub eventfd: F,
    /// The guest's interrupt.
    pub gsi: u32,
    /// KVM_IRQFD_FLAG_RESAMPLE: the eventfd KVM signals at the guest's end of interrupt.
    pub resample: Option<F>,
}

/// What can be asked of KVM, and of the guest.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum GuestCall<F = Fd> {
    /// KVM_IRQFD: KVM takes the eventfd's counts from here on.
    Assign(Irqfd<F>),
    /// KVM_IRQFD_FLAG_DEASSIGN: no longer.
    Deassign { eventfd: F, gsi: u32 },
    /// The guest ends the interrupt.
    Eoi(u32),
    /// Whether the interrupt is up at the guest; if it is, the guest takes it.
    Look(u32),
}

impl<F> GuestCall<F> {
    /// The same with other descriptors.
    pub fn map<'a, G>(&'a self, mut with: impl FnMut(&'a F) -> G) -> GuestCall<G> {
        match self {
            Self::Assign(Irqfd { eventfd, gsi, resample }) => GuestCall::Assign(Irqfd {
                eventfd: with(eventfd),
                gsi: *gsi,
                resample: resample.as_ref().map(with),
            }),
            Self::Deassign { eventfd, gsi } => {
                GuestCall::Deassign { eventfd: with(eventfd), gsi: *gsi }
            }
            Self::Eoi(gsi) => GuestCall::Eoi(*gsi),
            Self::Look(gsi) => GuestCall::Look(*gsi),
        }
    }

    /// The descriptors it names.
    pub fn fds_mut(&mut self) -> impl Iterator<Item = &mut F> {
        let (one, other) = match self {
            Self::Assign(irqfd) => (Some(&mut irqfd.eventfd), irqfd.resample.as_mut()),
            Self::Deassign { eventfd, .. } => (Some(eventfd), None),
            Self::Eoi(_) | Self::Look(_) => (None, None),
        };
        one.into_iter().chain(other)
    }
}

/// What happened between KVM, its eventfds and the guest.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum GuestEvent {
    /// KVM takes the eventfd's counts from here on.
    Assigned(Irqfd),
    /// KVM let go of the eventfd, and took the count along.
    Deassigned { eventfd: Fd, gsi: u32 },
    /// KVM injected for the eventfd; `merged`: the interrupt was pending already.
    Injected { eventfd: Fd, gsi: u32, merged: bool },
    /// The guest ended the interrupt.
    Eoi { gsi: u32 },
    /// KVM signalled the eventfd because the guest ended the interrupt.
    Resampled { eventfd: Fd, gsi: u32 },
    /// Somebody looked whether the interrupt is up at the guest.
    Looked { gsi: u32, up: bool },
}

impl GuestEvent {
    /// What happened, in a few words.
    pub fn words(&self, name: impl Fn(Fd) -> String) -> String {
        match *self {
            Self::Assigned(Irqfd { eventfd, gsi, resample: None }) => {
                format!("KVM takes {}: gsi {gsi}", name(eventfd))
            }
            Self::Assigned(Irqfd { eventfd, gsi, resample: Some(resample) }) => {
                format!("KVM takes {}: gsi {gsi}, EOI: {}", name(eventfd), name(resample))
            }
            Self::Deassigned { eventfd, .. } => format!("KVM lets go of {}", name(eventfd)),
            Self::Injected { eventfd, gsi, merged: false } => {
                format!("guest: gsi {gsi} ▲ ({} = 0)", name(eventfd))
            }
            Self::Injected { eventfd, gsi, merged: true } => {
                format!("guest: gsi {gsi} is up ({} = 0)", name(eventfd))
            }
            Self::Eoi { gsi } => format!("guest: EOI, gsi {gsi}"),
            Self::Resampled { eventfd, gsi } => format!("KVM: gsi {gsi} ▼, {} += 1", name(eventfd)),
            Self::Looked { gsi, up: true } => format!("guest: gsi {gsi} up"),
            Self::Looked { gsi, up: false } => format!("guest: gsi {gsi} down"),
        }
    }
}

/// An interrupt of the guest.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
struct Interrupt {
    gsi: u32,
    /// Raised by an edge, and not taken yet.
    edge: bool,
    /// An edge the guest took, and has not ended.
    taken: bool,
    /// Held up by an irqfd with RESAMPLE.
    level: bool,
}

/// The guest's interrupts that are up.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Pending {
    all: Vec<Interrupt>,
}

impl Pending {
    /// Whether an interrupt is up: pending, or taken and not ended.
    pub fn is_up(&self, gsi: u32) -> bool {
        self.all.iter().any(|one| one.gsi == gsi)
    }

    /// Changes an interrupt; one that is no longer up is forgotten.
    fn change<T>(&mut self, gsi: u32, change: impl FnOnce(&mut Interrupt) -> T) -> T {
        let at = self.all.iter().position(|one| one.gsi == gsi);
        let mut one =
            at.map_or(Interrupt { gsi, ..Interrupt::default() }, |at| self.all.swap_remove(at));
        let done = change(&mut one);
        if one.edge || one.taken || one.level {
            self.all.push(one);
        }
        done
    }

    /// An eventfd's signal; whether the interrupt was pending already.
    pub fn raise(&mut self, irqfd: &Irqfd) -> bool {
        self.change(irqfd.gsi, |one| {
            let merged = one.edge || one.level;
            // IRQFD-EDGE, IRQFD-RESAMPLE
            match irqfd.resample {
                None => one.edge |= !one.level,
                Some(_) => one.level = true,
            }
            merged
        })
    }

    /// The guest takes the interrupt if it is up; whether it is. An edge that comes from now on is
    /// another interrupt, after this one.
    pub fn take(&mut self, gsi: u32) -> bool {
        self.change(gsi, |one| {
            if !one.taken {
                one.taken = core::mem::take(&mut one.edge);
            }
        });
        self.is_up(gsi)
    }

    /// The guest ends the interrupt, which it took now if it did not before; whether it had one.
    pub fn end(&mut self, gsi: u32) -> bool {
        let was_up = self.take(gsi);
        self.change(gsi, |one| (one.taken, one.level) = (false, false));
        was_up
    }

    /// Nobody holds the level up any more; an edge is not lost by it.
    pub fn fall(&mut self, gsi: u32) {
        self.change(gsi, |one| one.level = false);
    }
}

/// The eventfds in KVM's hands, and what of it is up at the guest.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Guest {
    irqfds: Vec<Irqfd>,
    pending: Pending,
}

impl Guest {
    /// What KVM has of an eventfd.
    pub fn irqfd(&self, eventfd: Fd) -> Option<&Irqfd> {
        self.irqfds.iter().find(|irqfd| irqfd.eventfd == eventfd)
    }

    /// All of them.
    pub fn irqfds(&self) -> &[Irqfd] {
        &self.irqfds
    }

    /// Whether an interrupt is up.
    pub fn is_up(&self, gsi: u32) -> bool {
        self.pending.is_up(gsi)
    }

    /// `KVM_IRQFD`, its checks in their order.
    fn assign(&mut self, irqfd: Irqfd, fds: &Fds) -> Result<(), Errno> {
        // IRQFD-BAD-FD
        fds.lookup(irqfd.eventfd)?;
        irqfd.resample.map_or(Ok(()), |fd| fds.lookup(fd))?;
        if self.irqfd(irqfd.eventfd).is_some() {
            // IRQFD-BUSY
            return Err(Errno::EBUSY);
        }
        self.irqfds.push(irqfd);
        Ok(())
    }

    /// KVM lets go. A level goes down with the last who could hold it up.
    fn remove(&mut self, eventfd: Fd) -> Option<Irqfd> {
        let at = self.irqfds.iter().position(|irqfd| irqfd.eventfd == eventfd)?;
        let gone = self.irqfds.remove(at);
        let same = |irqfd: &Irqfd| irqfd.gsi == gone.gsi && irqfd.resample.is_some();
        if gone.resample.is_some() && !self.irqfds.iter().any(same) {
            self.pending.fall(gone.gsi);
        }
        Some(gone)
    }
}

impl Cx<'_> {
    fn tell(&mut self, event: GuestEvent) {
        self.event(Event::Guest(event));
    }

    /// Answers a call; of [`GuestCall::Look`], whether the interrupt is up.
    pub(crate) fn guest_call(&mut self, call: GuestCall) -> Result<bool, Errno> {
        match call {
            GuestCall::Assign(irqfd) => {
                self.guest.assign(irqfd, self.fds)?;
                self.tell(GuestEvent::Assigned(irqfd));
                // IRQFD-COUNTED: one that already has a count injects at once, and keeps it.
                if self.fds.counter(irqfd.eventfd).is_some_and(|counter| counter > 0) {
                    self.inject(irqfd);
                }
            }
            GuestCall::Deassign { eventfd, gsi } => {
                self.fds.lookup(eventfd)?;
                // IRQFD-DEASSIGN: a pair that is not assigned is no error.
                if self.guest.irqfd(eventfd).is_some_and(|irqfd| irqfd.gsi == gsi) {
                    self.kvm_lets_go(eventfd);
                }
            }
            GuestCall::Eoi(gsi) => self.eoi(gsi),
            GuestCall::Look(gsi) => {
                let up = self.guest.pending.take(gsi);
                self.tell(GuestEvent::Looked { gsi, up });
                return Ok(up);
            }
        }
        Ok(false)
    }

    fn inject(&mut self, irqfd: Irqfd) {
        let Irqfd { eventfd, gsi, .. } = irqfd;
        // IRQFD-COALESCE: what is pending already stays one interrupt.
        let merged = self.guest.pending.raise(&irqfd);
        self.tell(GuestEvent::Injected { eventfd, gsi, merged });
    }

    /// An eventfd was added to. KVM is first in its wait queue, and takes the count before anybody
    /// can read it; where KVM waits, nobody else is woken.
    pub(crate) fn woken(&mut self, fd: Fd) {
        match self.guest.irqfd(fd).copied() {
            Some(irqfd) => {
                // IRQFD-READS, IRQFD-FIRST; IRQFD-ONCE: without the way back INTx stays masked.
                self.fds.take(fd);
                self.inject(irqfd);
            }
            None => self.unmask_eventfd_woken(fd),
        }
    }

    /// KVM leaves the eventfd's wait queue, if it was in it.
    pub(crate) fn kvm_lets_go(&mut self, eventfd: Fd) {
        if let Some(Irqfd { gsi, .. }) = self.guest.remove(eventfd) {
            self.fds.take(eventfd);
            self.tell(GuestEvent::Deassigned { eventfd, gsi });
        }
    }

    /// The line goes down first; a device that is still up asks again.
    fn eoi(&mut self, gsi: u32) {
        self.tell(GuestEvent::Eoi { gsi });
        if !self.guest.pending.end(gsi) {
            // IRQFD-IDLE-EOI
            return;
        }
        let all = self.guest.irqfds.iter().filter(|irqfd| irqfd.gsi == gsi);
        let resampled: Vec<Fd> = all.filter_map(|irqfd| irqfd.resample).collect();
        for eventfd in resampled {
            // IRQFD-RESAMPLE, IRQFD-LEVEL, IRQFD-UNMASKS; IRQFD-RESAMPLE-CLOSED: a closed one too.
            self.fds.signal(eventfd);
            self.tell(GuestEvent::Resampled { eventfd, gsi });
            self.woken(eventfd);
        }
    }
}
