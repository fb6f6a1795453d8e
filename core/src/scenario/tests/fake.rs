//! A device that does what a test tells it to.

use alloc::string::ToString;
use alloc::vec::Vec;

use crate::device::{Answer, Device, Fd, Moment, RegionInfo, Stimulate, Stimulus};
use crate::errno::Errno;
use crate::event::{Event, Step};
use crate::guest::GuestCall;
use crate::uapi::{IrqInfo, IrqSetHeader};

/// Answers of a device that can't be told to raise anything, and what it was asked.
#[derive(Debug)]
pub(super) struct Fake {
    pub(super) open: Result<(), Errno>,
    /// Answers to SET_IRQS, first first; then 0.
    pub(super) set_irqs: Vec<Result<Answer, Errno>>,
    /// Most descriptors that can be made.
    pub(super) fds: i32,
    /// Whether moments are taken, and missed.
    pub(super) moments: bool,
    pub(super) requests: Vec<(IrqSetHeader, Vec<u8>)>,
    pub(super) calls: Vec<&'static str>,
    pub(super) made: i32,
    pub(super) missed: Vec<Moment>,
    pub(super) events: Vec<Event>,
}

impl Default for Fake {
    fn default() -> Self {
        Self {
            open: Ok(()),
            set_irqs: Vec::new(),
            fds: 100,
            moments: false,
            requests: Vec::new(),
            calls: Vec::new(),
            made: 0,
            missed: Vec::new(),
            events: Vec::new(),
        }
    }
}

impl Device for Fake {
    fn open(&mut self) -> Result<(), Errno> {
        self.calls.push("open");
        self.open
    }

    fn close(&mut self) -> Result<(), Errno> {
        self.calls.push("close");
        Ok(())
    }

    fn irq_info(&mut self, _: u32, index: u32) -> Result<IrqInfo, Errno> {
        Ok(IrqInfo { flags: 0x19, index, count: 3 })
    }

    fn set_irqs(&mut self, header: IrqSetHeader, data: &[u8]) -> Result<Answer, Errno> {
        self.calls.push("set_irqs");
        self.requests.push((header, data.to_vec()));
        self.events.push(Event::Step(Step::DisableLine));
        self.events.push(Event::Step(Step::EnableLine));
        if self.set_irqs.is_empty() { Ok(Answer::Done) } else { self.set_irqs.remove(0) }
    }

    fn region_info(&mut self, _: u32) -> Result<RegionInfo, Errno> {
        Ok(RegionInfo { size: 0 })
    }

    fn region_read(&mut self, _: u32, _: u64, data: &mut [u8]) -> Result<(), Errno> {
        self.calls.push("region_read");
        data.fill(0x12);
        Ok(())
    }

    fn region_write(&mut self, _: u32, _: u64, data: &[u8]) -> Result<(), Errno> {
        self.calls.push("region_write");
        self.events.push(Event::Note(alloc::format!("{data:x?}")));
        Ok(())
    }

    fn reset(&mut self) -> Result<(), Errno> {
        Err(Errno(71))
    }

    fn eventfd_create(&mut self) -> Result<Fd, Errno> {
        if self.made >= self.fds {
            return Err(Errno::EMFILE);
        }
        self.made += 1;
        Ok(9 + self.made)
    }

    fn plain_fd_create(&mut self) -> Result<Fd, Errno> {
        self.eventfd_create()
    }

    fn eventfd_wait(&mut self, _: Fd, _: u64) {}

    fn eventfd_read(&mut self, fd: Fd) -> Result<u64, Errno> {
        match fd {
            10 => Err(Errno::EAGAIN),
            i32::MAX => Err(Errno::EBADF),
            fd => Ok(u64::from(fd.unsigned_abs())),
        }
    }

    fn eventfd_write(&mut self, _: Fd, _: u64) -> Result<(), Errno> {
        Ok(())
    }

    fn eventfd_close(&mut self, _: Fd) -> Result<(), Errno> {
        Ok(())
    }

    fn guest(&mut self, _: GuestCall) -> Result<bool, Errno> {
        Err(Errno::EOPNOTSUPP)
    }

    fn take_events(&mut self) -> Vec<Event> {
        core::mem::take(&mut self.events)
    }
}

impl Stimulate for Fake {
    fn supports(&self, stimulus: Stimulus) -> bool {
        stimulus == Stimulus::AssertIntx
    }

    fn stimulate(&mut self, stimulus: Stimulus) -> Result<(), Errno> {
        if stimulus == Stimulus::AssertIntx { Err(Errno::EIO) } else { Ok(()) }
    }

    fn stimulate_at(&mut self, moment: Moment, _: Stimulus) -> Result<(), Errno> {
        if !self.moments {
            return Err(Errno::EOPNOTSUPP);
        }
        let steps = [Step::DisableLine, Step::EnableLine].map(|step| step.to_string());
        if moment.nth != 1 || !steps.contains(&moment.step) {
            self.missed.push(moment);
        }
        Ok(())
    }

    fn take_missed(&mut self) -> Vec<Moment> {
        core::mem::take(&mut self.missed)
    }
}
