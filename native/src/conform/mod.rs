//! `vfio-irq conform`: random comparison of the emulator with any other device.
//!
//! A sequence is a few hundred steps made up at random, from `open` to `close`. Each is done on the
//! emulator and on the device, and what a user sees is compared: answers, config space, the
//! counters of eventfds. The first difference ends the comparison; its run is made as short as it
//! gets, and written down as a scenario that holds on the emulator and fails on the device.
//!
//! The same seed makes up the same steps on every machine ([`GENERATOR`] is the random number
//! generator), as long as the emulator does not change. Steps whose outcome is nobody's fault are
//! not made: [`RULES`] lists them with their reasons.
//!
//! Left out: what happens *inside* a call (nothing is raised there), several devices at once,
//! registers that have nothing to do with interrupts, and the timing of anything.
//!
//! What a device must do: descriptor numbers may be given out anew at an `open` when no descriptor
//! is open; `open` of an open device changes nothing.

mod ask;
mod avoid;
mod generate;
mod pair;
mod random;
mod report;
mod rerun;
mod settle;
mod shrink;
mod simpler;
mod support;
mod tally;
mod text;
mod track;

use vfio_irq_core::device::Target;
use vfio_irq_core::machine::Machine;
use vfio_irq_core::scenario::ast::{Action, FdRef, StepLine};

pub use avoid::{Avoid, NoSuchRule, RULES, Rule};
pub use random::GENERATOR;
pub use report::rules;
pub use tally::{KINDS, Tally};

use generate::{Generator, step};
use pair::{Done, Pair, Watch};
use rerun::{Found, Reruns};
use support::Support;

/// What `--help` says in a line.
pub const HELP: &str = "Compare the emulator with a real device, at random";

/// What `--help` says.
pub const HELP_LONG: &str = "\
Makes up random steps (requests right and wrong on every index, config space accesses, interrupts, \
reads and writes of eventfds), does each on the emulator and on the device, and compares what a \
user sees. Exits with 0 when they agreed to the end, and with 1 at the first difference, which is \
made as short as possible and printed as a scenario: it holds with `vfio-irq run FILE`, and fails \
with `vfio-irq run FILE --device ADDRESS`.

The same seed gives the same steps. Steps that say nothing about the device's host are left out, \
by rules with names; `--list-rules` prints them with their reasons, `--without RULE` switches one \
off.

The device is opened, reset, and made to interrupt, over and over: nothing of value may depend on \
it.";

/// Examples for `--help`.
pub const HELP_EXAMPLES: &str = "\
Examples:
  vfio-irq conform --device 0000:00:04.0
  vfio-irq conform --device 0000:00:04.0 --seed 7 --ops 100000
  vfio-irq conform --device 0000:00:04.0 --without qemu-ioapic";

/// What bounds a comparison.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Steps of a sequence, at least 1.
    pub steps: u32,
    /// Most descriptors a sequence has open at once.
    pub descriptors: u32,
    /// A reset comes once in about so many steps, where the function has one; 0: never. On a real
    /// device it takes a tenth of a second.
    pub reset_once_in: u32,
    /// The device is closed and opened within a sequence once in about so many steps; 0: never.
    pub reopen_once_in: u32,
    /// Most runs made to shorten a difference.
    pub reruns: u32,
    /// What is not done.
    pub avoid: Avoid,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 400,
            descriptors: 40,
            reset_once_in: 1000,
            reopen_once_in: 1000,
            reruns: 2000,
            avoid: Avoid::all(),
        }
    }
}

/// What to compare with.
pub struct Setup<'a> {
    /// The emulator: function and host like the device's, closed, as new.
    pub machine: Machine,
    /// Makes the steps.
    pub seed: u64,
    /// Operations to do; the last sequence is done to its end.
    pub ops: u64,
    /// The first sequence: those before it are left out.
    pub sequence: u64,
    /// Bounds.
    pub limits: Limits,
    /// Told after each sequence, and after each run that shortens a difference.
    pub progress: &'a mut dyn FnMut(Progress),
}

/// How far a comparison is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// Still agreeing.
    Comparing {
        /// Operations done.
        ops: u64,
        /// Sequences done.
        sequences: u64,
    },
    /// Shortening a difference.
    Shrinking {
        /// Runs made.
        reruns: u32,
        /// Steps of the shortest run so far.
        steps: usize,
    },
}

/// What came of a comparison.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// No difference.
    Agreed(Tally),
    /// A difference.
    Differs(Box<Differs>),
}

/// A difference, shortened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Differs {
    /// The run as a scenario's canonical text.
    pub scenario: String,
    /// The line in it where the two differ.
    pub line: u32,
    /// What the emulator says there.
    pub emulator: String,
    /// What the device says.
    pub device: String,
    /// The seed.
    pub seed: u64,
    /// The sequence it was found in; it can be run alone.
    pub sequence: u64,
    /// Steps of the sequence up to the difference.
    pub shrunk_from: usize,
    /// Steps left of it.
    pub steps: usize,
    /// In how many of how many further runs it came again. In none: the scenario is the whole
    /// sequence, not shortened.
    pub reproduced: (u32, u32),
    /// Runs made to shorten it.
    pub reruns: u32,
    /// What was done until then.
    pub tally: Tally,
}

/// Compares the emulator with a device until they differ, or until enough was done.
///
/// The device is left closed, with none of its descriptors open and nothing waiting in it.
pub fn conform(setup: Setup<'_>, device: &mut dyn Target) -> Outcome {
    let Setup { machine, seed, ops, sequence: mut number, limits, progress } = setup;
    let mut support = Support::default();
    let mut tally = Tally::default();
    settle::settle(device, &machine);
    loop {
        let mut generator = Generator::new(seed, number, &limits);
        let mut pair = Pair::new(&machine, device, &mut support, Watch::Likely);
        let mut run = sequence(&mut pair, &mut generator, &limits, &mut tally);
        if run.last().is_some_and(|done| done.difference.is_some()) {
            pair.leave();
            let mut reruns = Reruns {
                machine: &machine,
                device,
                support: &mut support,
                limits: &limits,
                progress,
                made: 0,
                shortest: run.len(),
            };
            let shrunk_from = run.len();
            let reproduced = reruns.shorten(&mut run);
            let made = reruns.made;
            let found =
                Found { machine: &machine, seed, sequence: number, shrunk_from, reproduced };
            return Outcome::Differs(Box::new(found.differs(&run, made, tally)));
        }
        pair.leave();
        tally.sequences += 1;
        number += 1;
        progress(Progress::Comparing { ops: tally.ops, sequences: tally.sequences });
        if tally.ops >= ops {
            return Outcome::Agreed(tally);
        }
    }
}

/// One sequence, up to a difference.
fn sequence(
    pair: &mut Pair<'_>,
    generator: &mut Generator<'_>,
    limits: &Limits,
    tally: &mut Tally,
) -> Vec<Done> {
    let mut run: Vec<Done> = Vec::new();
    let mut go = |step: StepLine, pair: &mut Pair<'_>, tally: &mut Tally| {
        let done = pair.step(&step, tally);
        let differs = done.difference.is_some();
        run.push(done);
        differs
    };
    let mut differs = go(step(Action::Open, 1), pair, tally);
    for _ in 0..limits.steps {
        if differs {
            return run;
        }
        let next = generator.next(&pair.now(limits.descriptors), tally);
        differs = go(next, pair, tally);
    }
    // What is left in eventfds, and the descriptors' end. The device is closed by who brings it to
    // rest; closes with something left are in the middle of sequences.
    let closes = pair.open_names().into_iter().map(|name| Action::CloseFd(FdRef::Name(name)));
    for action in std::iter::once(Action::Ledger).chain(closes) {
        if differs {
            return run;
        }
        differs = go(step(action, 1), pair, tally);
    }
    run
}
