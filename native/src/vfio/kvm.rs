//! In KVM's place: this program takes the counts of eventfds as KVM's irqfd would.
//!
//! A guest's end of interrupt can't be had without a guest, so KVM itself is not asked; what is
//! behind the eventfds, vfio-pci and INTx's unmask eventfd, is the kernel's. KVM takes a count the
//! moment it is added; this program takes it when somebody would see the difference: before a read,
//! a look at the guest, an end of interrupt. Signals in between are one for the guest either way: what
//! takes the interrupt or ends it is looked at first.
//!
//! Left out: what the kernel does at the moment of a signal because KVM is first in the eventfd's
//! wait queue (an eventfd of KVM's that is INTx's unmask eventfd too unmasks here).

use std::collections::BTreeMap;

use vfio_irq_core::device::Fd;
use vfio_irq_core::errno::Errno;
use vfio_irq_core::guest::{GuestCall, GuestEvent, Irqfd, Pending};

use super::descriptors::Descriptors;

/// An eventfd, and the count of it that was there before and is not KVM's yet.
#[derive(Debug)]
struct Held {
    irqfd: Irqfd,
    before: u64,
}

/// The eventfds in KVM's hands, and the guest's interrupts that are up.
#[derive(Debug, Default)]
pub(super) struct Kvm {
    /// Something was asked of it.
    begun: bool,
    held: BTreeMap<Fd, Held>,
    pending: Pending,
}

impl Kvm {
    /// Whether this is the first that is asked of it.
    pub(super) fn begins(&mut self) -> bool {
        !std::mem::replace(&mut self.begun, true)
    }

    /// Answers a call; what happens is told.
    pub(super) fn call(
        &mut self,
        call: GuestCall,
        fds: &Descriptors,
        tell: &mut dyn FnMut(GuestEvent),
    ) -> Result<bool, Errno> {
        match call {
            GuestCall::Assign(irqfd) => self.assign(irqfd, fds, tell)?,
            GuestCall::Deassign { eventfd, gsi } => {
                fds.eventfd(eventfd)?;
                if self.held.get(&eventfd).is_some_and(|held| held.irqfd.gsi == gsi) {
                    self.let_go(eventfd, fds, tell);
                }
            }
            GuestCall::Eoi(gsi) => {
                self.wait(gsi, fds, tell);
                tell(GuestEvent::Eoi { gsi });
                if self.pending.end(gsi) {
                    self.resample(gsi, fds, tell);
                }
            }
            GuestCall::Look(gsi) => {
                self.wait(gsi, fds, tell);
                let up = self.pending.take(gsi);
                tell(GuestEvent::Looked { gsi, up });
                return Ok(up);
            }
        }
        Ok(false)
    }

    fn assign(
        &mut self,
        irqfd: Irqfd,
        fds: &Descriptors,
        tell: &mut dyn FnMut(GuestEvent),
    ) -> Result<(), Errno> {
        let Irqfd { eventfd, resample, .. } = irqfd;
        let before = fds.eventfd(eventfd)?;
        if let Some(resample) = resample {
            fds.eventfd(resample)?;
        }
        if self.held.contains_key(&eventfd) {
            return Err(Errno::EBUSY);
        }
        self.held.insert(eventfd, Held { irqfd, before });
        tell(GuestEvent::Assigned(irqfd));
        if before > 0 {
            self.inject(irqfd, tell);
        }
        Ok(())
    }

    fn inject(&mut self, irqfd: Irqfd, tell: &mut dyn FnMut(GuestEvent)) {
        let Irqfd { eventfd, gsi, .. } = irqfd;
        let merged = self.pending.raise(&irqfd);
        tell(GuestEvent::Injected { eventfd, gsi, merged });
    }

    /// Takes an eventfd's count, if it is KVM's.
    pub(super) fn take(
        &mut self,
        eventfd: Fd,
        fds: &Descriptors,
        tell: &mut dyn FnMut(GuestEvent),
    ) {
        let Some(held) = self.held.get_mut(&eventfd) else { return };
        if fds.eventfd(eventfd).is_ok_and(|count| count > held.before) {
            held.before = 0;
            let irqfd = held.irqfd;
            let _ = fds.read(eventfd);
            self.inject(irqfd, tell);
        }
    }

    /// The user has written, 0 perhaps: that wakes KVM in any case.
    pub(super) fn wrote(
        &mut self,
        eventfd: Fd,
        fds: &Descriptors,
        tell: &mut dyn FnMut(GuestEvent),
    ) {
        let Some(held) = self.held.get_mut(&eventfd) else { return };
        held.before = 0;
        let irqfd = held.irqfd;
        let _ = fds.read(eventfd);
        self.inject(irqfd, tell);
    }

    /// The user reads. What came since it was last looked at is KVM's; what was there before KVM
    /// can be read.
    pub(super) fn read(
        &mut self,
        eventfd: Fd,
        fds: &Descriptors,
        tell: &mut dyn FnMut(GuestEvent),
    ) -> Result<u64, Errno> {
        self.take(eventfd, fds, tell);
        let Some(held) = self.held.get_mut(&eventfd) else { return fds.read(eventfd) };
        let (irqfd, before) = (held.irqfd, std::mem::take(&mut held.before));
        let read = fds.read(eventfd)?;
        if read == before {
            return Ok(read);
        }
        // It came this moment. KVM had it all.
        self.inject(irqfd, tell);
        Err(Errno::EAGAIN)
    }

    /// Lets go of an eventfd, and takes the count along.
    pub(super) fn let_go(
        &mut self,
        eventfd: Fd,
        fds: &Descriptors,
        tell: &mut dyn FnMut(GuestEvent),
    ) {
        self.take(eventfd, fds, tell);
        let Some(Held { irqfd, .. }) = self.held.remove(&eventfd) else { return };
        let _ = fds.read(eventfd);
        let level = |held: &Held| held.irqfd.gsi == irqfd.gsi && held.irqfd.resample.is_some();
        if irqfd.resample.is_some() && !self.held.values().any(level) {
            self.pending.fall(irqfd.gsi);
        }
        tell(GuestEvent::Deassigned { eventfd, gsi: irqfd.gsi });
    }

    /// Takes what is there for an interrupt of the guest; waits for it while nothing is.
    fn wait(&mut self, gsi: u32, fds: &Descriptors, tell: &mut dyn FnMut(GuestEvent)) {
        let of = |held: &Held| (held.irqfd.gsi == gsi).then_some(held.irqfd.eventfd);
        let eventfds: Vec<Fd> = self.held.values().filter_map(of).collect();
        for eventfd in &eventfds {
            self.take(*eventfd, fds, tell);
        }
        if !self.pending.is_up(gsi) {
            fds.wait_any(&eventfds);
            for eventfd in eventfds {
                self.take(eventfd, fds, tell);
            }
        }
    }

    /// The guest has ended the interrupt: who asked to be told is.
    fn resample(&mut self, gsi: u32, fds: &Descriptors, tell: &mut dyn FnMut(GuestEvent)) {
        let all = self.held.values().filter(|held| held.irqfd.gsi == gsi);
        let resampled: Vec<Fd> = all.filter_map(|held| held.irqfd.resample).collect();
        for eventfd in resampled {
            // Closed, it reaches nobody.
            let _ = fds.write(eventfd, 1);
            tell(GuestEvent::Resampled { eventfd, gsi });
            self.take(eventfd, fds, tell);
        }
    }
}

#[cfg(test)]
mod tests {
    use rustix::event::{EventfdFlags, eventfd};

    use super::*;

    struct Bench {
        kvm: Kvm,
        fds: Descriptors,
        told: Vec<GuestEvent>,
    }

    impl Bench {
        fn new() -> Self {
            Self { kvm: Kvm::default(), fds: Descriptors::new(), told: Vec::new() }
        }

        fn eventfd(&mut self) -> Fd {
            let flags = EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC;
            self.fds.keep(eventfd(0, flags).expect("an eventfd")).expect("a number")
        }

        /// What the device does.
        fn signal(&self, fd: Fd) {
            self.fds.write(fd, 1).expect("room");
        }

        fn call(&mut self, call: GuestCall) -> Result<bool, Errno> {
            self.kvm.call(call, &self.fds, &mut |event| self.told.push(event))
        }

        fn assign(&mut self, eventfd: Fd, resample: Option<Fd>) -> Result<bool, Errno> {
            self.call(GuestCall::Assign(Irqfd { eventfd, gsi: 5, resample }))
        }

        fn look(&mut self) -> Result<bool, Errno> {
            self.call(GuestCall::Look(5))
        }

        fn read(&mut self, fd: Fd) -> Result<u64, Errno> {
            self.kvm.read(fd, &self.fds, &mut |event| self.told.push(event))
        }
    }

    #[test]
    fn signal_is_the_guests_and_not_the_readers() {
        let mut bench = Bench::new();
        let a = bench.eventfd();
        bench.assign(a, None).expect("open");
        assert_eq!(bench.look(), Ok(false));
        bench.signal(a);
        assert_eq!(bench.read(a), Err(Errno::EAGAIN));
        assert_eq!(bench.look(), Ok(true));
        bench.call(GuestCall::Eoi(5)).expect("an end");
        assert_eq!(bench.look(), Ok(false));
    }

    #[test]
    fn signal_after_the_guest_took_the_interrupt_is_one_more() {
        let mut bench = Bench::new();
        let a = bench.eventfd();
        bench.assign(a, None).expect("open");
        bench.signal(a);
        assert_eq!(bench.look(), Ok(true));
        bench.signal(a);
        bench.signal(a);
        for up in [true, false] {
            bench.call(GuestCall::Eoi(5)).expect("an end");
            assert_eq!(bench.look(), Ok(up));
        }
    }

    #[test]
    fn count_from_before_stays_for_the_reader() {
        let mut bench = Bench::new();
        let a = bench.eventfd();
        bench.fds.write(a, 2).expect("room");
        bench.assign(a, None).expect("open");
        assert_eq!(bench.look(), Ok(true));
        assert_eq!(bench.read(a), Ok(2));
        bench.signal(a);
        assert_eq!(bench.read(a), Err(Errno::EAGAIN));
    }

    #[test]
    fn end_of_interrupt_signals_the_resample_eventfd_once() {
        let mut bench = Bench::new();
        let (a, u) = (bench.eventfd(), bench.eventfd());
        bench.assign(a, Some(u)).expect("open");
        bench.signal(a);
        bench.call(GuestCall::Eoi(5)).expect("an end");
        bench.call(GuestCall::Eoi(5)).expect("no interrupt, no end");
        assert_eq!(bench.read(u), Ok(1));
    }

    #[test]
    fn descriptors_are_checked_as_the_kernel_does() {
        let mut bench = Bench::new();
        let (a, u) = (bench.eventfd(), bench.eventfd());
        assert_eq!(bench.assign(Fd::MAX, None), Err(Errno::EBADF));
        assert_eq!(bench.assign(0, None), Err(Errno::EINVAL));
        assert_eq!(bench.assign(a, Some(Fd::MAX)), Err(Errno::EBADF));
        assert_eq!(bench.assign(a, None), Ok(false));
        assert_eq!(bench.assign(a, Some(u)), Err(Errno::EBUSY));
        let off = GuestCall::Deassign { eventfd: a, gsi: 5 };
        assert_eq!(bench.call(off), Ok(false));
        assert_eq!(bench.assign(a, Some(u)), Ok(false));
    }

    #[test]
    fn eventfd_let_go_loses_its_count_and_its_level() {
        let mut bench = Bench::new();
        let (a, u) = (bench.eventfd(), bench.eventfd());
        bench.assign(a, Some(u)).expect("open");
        bench.signal(a);
        assert_eq!(bench.look(), Ok(true));
        bench.signal(a);
        bench.call(GuestCall::Deassign { eventfd: a, gsi: 5 }).expect("open");
        assert_eq!((bench.look(), bench.read(a)), (Ok(false), Err(Errno::EAGAIN)));
    }
}
