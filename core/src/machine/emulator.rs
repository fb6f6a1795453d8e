//! The machine behind the seam: records events, and interrupts calls where it was told to.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::Machine;
use crate::device::{Answer, Device, Fd, Moment, RegionInfo, Stimulate, Stimulus};
use crate::errno::Errno;
use crate::event::{Call, Event, Outcome, Sink};
use crate::guest::GuestCall;
use crate::sorted::Sorted;
use crate::uapi::{IrqInfo, IrqSetHeader};

/// A [`Machine`] as a device under test.
#[derive(Clone, Debug)]
pub struct Emulator {
    /// The world as it is now.
    pub machine: Machine,
    log: Log,
    plans: Vec<(Moment, Stimulus)>,
    capture_after: Option<u64>,
    capture: Option<(Machine, u64)>,
}

/// The events not yet taken, and how many there were in all.
#[derive(Clone, Debug, Default)]
struct Log {
    events: Vec<Event>,
    taken: u64,
}

impl Log {
    fn count(&self) -> u64 {
        self.taken + self.events.len() as u64
    }
}

impl Sink for Log {
    fn event(&mut self, event: Event) {
        self.events.push(event);
    }
}

impl Emulator {
    /// An emulator that has recorded nothing yet.
    pub fn new(machine: Machine) -> Self {
        Self { machine, log: Log::default(), plans: Vec::new(), capture_after: None, capture: None }
    }

    /// Keeps a copy of the machine as it is once `count` events have been recorded in all.
    /// Events of one micro-step come together: the copy is taken at the step's end.
    pub fn capture_after(&mut self, count: u64) {
        self.capture_after = Some(count);
        self.capture = None;
        self.look();
    }

    /// The copy, if its moment has come, and how many events had been recorded then.
    pub fn take_capture(&mut self) -> Option<(Machine, u64)> {
        self.capture.take()
    }

    /// Events recorded in all.
    pub fn event_count(&self) -> u64 {
        self.log.count()
    }

    fn look(&mut self) {
        if self.capture_after.is_some_and(|count| self.log.count() >= count) {
            self.capture_after = None;
            self.capture = Some((self.machine.clone(), self.log.count()));
        }
    }

    fn call(&mut self, call: Call) -> Outcome {
        self.machine.begin(call, &mut self.log);
        self.look();
        let mut seen: Sorted<String, u32> = Sorted::default();
        loop {
            let before = self.log.events.len();
            let outcome = self.machine.advance(&mut self.log);
            self.look();
            if let Some(outcome) = outcome {
                return outcome;
            }
            if self.plans.is_empty() {
                continue;
            }
            let steps = self.log.events[before..].iter().filter_map(|event| match event {
                Event::Step(step) => Some(step.to_string()),
                _ => None,
            });
            for name in steps.collect::<Vec<_>>() {
                let (nth, _) = seen.or_insert(name.clone(), 0);
                *nth += 1;
                let nth = *nth;
                self.interrupt(&name, nth);
            }
        }
    }

    /// Does what was planned for this moment, in the order planned.
    fn interrupt(&mut self, step: &str, nth: u32) {
        let mut at = 0;
        while at < self.plans.len() {
            let (moment, stimulus) = &self.plans[at];
            if moment.step == step && moment.nth == nth {
                let stimulus = *stimulus;
                self.plans.remove(at);
                self.machine.stimulate(stimulus, &mut self.log);
                self.look();
            } else {
                at += 1;
            }
        }
    }

    fn answered(outcome: Outcome) -> Result<(), Errno> {
        match outcome {
            Outcome::Refused { errno, .. } => Err(errno),
            _ => Ok(()),
        }
    }
}

impl Device for Emulator {
    fn open(&mut self) -> Result<(), Errno> {
        Self::answered(self.call(Call::Open))
    }

    fn close(&mut self) -> Result<(), Errno> {
        Self::answered(self.call(Call::Close))
    }

    fn irq_info(&mut self, argsz: u32, index: u32) -> Result<IrqInfo, Errno> {
        match self.call(Call::IrqInfo { argsz, index }) {
            Outcome::Info(info) => Ok(info),
            Outcome::Refused { errno, .. } => Err(errno),
            _ => unreachable!("GET_IRQ_INFO answers with info or an errno"),
        }
    }

    fn set_irqs(&mut self, header: IrqSetHeader, data: &[u8]) -> Result<Answer, Errno> {
        match self.call(Call::SetIrqs { header, data: data.to_vec() }) {
            Outcome::Answer(answer) => Ok(answer),
            Outcome::Refused { errno, .. } => Err(errno),
            _ => unreachable!("SET_IRQS answers with a number or an errno"),
        }
    }

    fn region_info(&mut self, region: u32) -> Result<RegionInfo, Errno> {
        let info = self.machine.host.region(&self.machine.function, region);
        info.map_err(|refusal| refusal.errno)
    }

    fn region_read(&mut self, region: u32, offset: u64, data: &mut [u8]) -> Result<(), Errno> {
        // REGION-RANGE: no region is that long.
        let len = u32::try_from(data.len()).map_err(|_| Errno::EINVAL)?;
        match self.call(Call::RegionRead { region, offset, len }) {
            Outcome::Data(read) => {
                data.copy_from_slice(&read);
                Ok(())
            }
            Outcome::Refused { errno, .. } => Err(errno),
            _ => unreachable!("pread answers with data or an errno"),
        }
    }

    fn region_write(&mut self, region: u32, offset: u64, data: &[u8]) -> Result<(), Errno> {
        Self::answered(self.call(Call::RegionWrite { region, offset, data: data.to_vec() }))
    }

    fn reset(&mut self) -> Result<(), Errno> {
        Self::answered(self.call(Call::Reset))
    }

    fn eventfd_create(&mut self) -> Result<Fd, Errno> {
        let fd = self.machine.create_fd(true, &mut self.log);
        self.look();
        fd
    }

    fn plain_fd_create(&mut self) -> Result<Fd, Errno> {
        let fd = self.machine.create_fd(false, &mut self.log);
        self.look();
        fd
    }

    /// Nothing is under way between two calls.
    fn eventfd_wait(&mut self, _: Fd, _: u64) {}

    fn eventfd_read(&mut self, fd: Fd) -> Result<u64, Errno> {
        let value = self.machine.read_fd(fd, &mut self.log);
        self.look();
        value
    }

    fn eventfd_write(&mut self, fd: Fd, value: u64) -> Result<(), Errno> {
        let wrote = self.machine.write_fd(fd, value, &mut self.log);
        self.look();
        wrote
    }

    fn eventfd_close(&mut self, fd: Fd) -> Result<(), Errno> {
        let closed = self.machine.close_fd(fd, &mut self.log);
        self.look();
        closed
    }

    fn guest(&mut self, call: GuestCall) -> Result<bool, Errno> {
        let answer = self.machine.guest_call(call, &mut self.log);
        self.look();
        answer
    }

    fn take_events(&mut self) -> Vec<Event> {
        self.log.taken += self.log.events.len() as u64;
        // Room for a call's events: who asks after each would pay for growth each time.
        let room = if self.log.events.is_empty() { 0 } else { 32 };
        core::mem::replace(&mut self.log.events, Vec::with_capacity(room))
    }
}

impl Stimulate for Emulator {
    fn supports(&self, _: Stimulus) -> bool {
        true
    }

    fn stimulate(&mut self, stimulus: Stimulus) -> Result<(), Errno> {
        self.machine.stimulate(stimulus, &mut self.log);
        self.look();
        Ok(())
    }

    fn stimulate_at(&mut self, moment: Moment, stimulus: Stimulus) -> Result<(), Errno> {
        self.plans.push((moment, stimulus));
        Ok(())
    }

    fn take_missed(&mut self) -> Vec<Moment> {
        self.plans.drain(..).map(|(moment, _)| moment).collect()
    }
}
