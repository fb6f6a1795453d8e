//! Steps made up at random, with an eye on the state the emulator is in: mostly requests that mean
//! something there, some that are wrong in one place, and some that are anything.
//!
//! What must not be done is not known here: a step that [`Avoid`] refuses is thrown away and
//! another one made up.

mod config;
mod descriptors;
mod requests;
mod stimuli;
mod wrong;

use vfio_irq_core::scenario::ast::{Action, StepLine};
use vfio_irq_core::uapi::{IrqIndex, NUM_IRQS};

use super::Limits;
use super::avoid::Now;
use super::random::Random;
use super::tally::Tally;

/// Tries at a step before one is taken that is always right.
const TRIES: u32 = 100;
/// Descriptors a run has open most of the time: few, so that they meet again.
const POOL: u32 = 10;

/// What kind of step comes next.
#[derive(Clone, Copy)]
enum Kind {
    Request,
    Stimulus,
    Config,
    Descriptor,
    Info,
    Bar,
    Reset,
    Reopen,
}

/// Makes up the steps of a sequence.
pub(super) struct Generator<'a> {
    random: Random,
    limits: &'a Limits,
    /// Number in the next name.
    next_name: u32,
}

/// A step done so many times.
pub(super) fn step(action: Action, times: u32) -> StepLine {
    StepLine { times, ..StepLine::of(action) }
}

impl<'a> Generator<'a> {
    pub(super) fn new(seed: u64, sequence: u64, limits: &'a Limits) -> Self {
        Self { random: Random::new(seed, sequence), limits, next_name: 0 }
    }

    /// The next step; what was thrown away on the way to it is counted.
    pub(super) fn next(&mut self, now: &Now<'_>, tally: &mut Tally) -> StepLine {
        for _ in 0..TRIES {
            let step = self.propose(now);
            match self.limits.avoid.refuses(now, &step) {
                None => return step,
                Some(rule) => *tally.avoided.entry(rule.id).or_default() += 1,
            }
        }
        step(Action::IrqInfo { index: IrqIndex::Req.raw(), argsz: None }, 1)
    }

    fn propose(&mut self, now: &Now<'_>) -> StepLine {
        if !now.machine.host.is_open() && !self.random.once_in(4) {
            return step(Action::Open, 1);
        }
        let known = now.track.command_known.iter().all(|known| *known);
        if !known && !self.random.once_in(8) {
            return config::command(0x0006);
        }
        // Without Memory Space nothing can be raised, without Bus Master nothing arrives.
        if !now.memory() && self.random.once_in(4)
            || !config::bus_master(now) && self.random.once_in(6)
        {
            return config::command(0x0006);
        }
        if !now.memory() && self.random.once_in(4) {
            // What needs Memory Space, and what does not.
            return self.bar(now);
        }
        let bars = u32::from(now.machine.function.msix().is_some());
        let rare = |once_in: u32| u32::from(once_in > 0);
        let weights = [
            (46, Kind::Request),
            (26, Kind::Stimulus),
            (11, Kind::Config),
            (11, Kind::Descriptor),
            (4, Kind::Info),
            (1 + bars, Kind::Bar),
            (rare(self.limits.reset_once_in), Kind::Reset),
            (rare(self.limits.reopen_once_in), Kind::Reopen),
        ];
        match self.random.weighed(&weights) {
            Kind::Request => self.request(now),
            Kind::Stimulus => self.stimulus(now),
            Kind::Config => self.config(now),
            Kind::Descriptor => self.descriptor(now),
            Kind::Info => self.info(),
            Kind::Bar => self.bar(now),
            // The weights come to about a hundred.
            Kind::Reset if self.random.once_in(self.limits.reset_once_in.div_ceil(100)) => {
                step(Action::Reset, 1)
            }
            Kind::Reopen if self.random.once_in(self.limits.reopen_once_in.div_ceil(100)) => {
                step(Action::Close, 1)
            }
            Kind::Reset | Kind::Reopen => self.request(now),
        }
    }

    fn info(&mut self) -> StepLine {
        let index = match self.random.once_in(6) {
            true => self.anything(),
            false => self.random.below(NUM_IRQS),
        };
        let argsz = match self.random.below(8) {
            0 => Some(self.anything()),
            1 => Some(self.random.one(&[0, 15, 16, 17, 24])),
            _ => None,
        };
        step(Action::IrqInfo { index, argsz }, 1)
    }

    /// A number of any size: mostly one near a limit.
    fn anything(&mut self) -> u32 {
        match self.random.below(4) {
            0 => self.random.number() as u32,
            1 => u32::MAX - self.random.below(3),
            2 => self.random.below(70),
            _ => self.random.below(8),
        }
    }
}
