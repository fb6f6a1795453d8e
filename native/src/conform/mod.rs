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
mod settle;
mod shrink;
mod simpler;
mod support;
mod tally;
mod text;
mod track;

use vfio_irq_core::device::Target;
use vfio_irq_core::machine::Machine;
use vfio_irq_core::scenario::ast::{Action, StepLine};

pub use avoid::{Avoid, NoSuchRule, RULES, Rule};
pub use random::GENERATOR;
pub use tally::{KINDS, Tally};

use generate::{Generator, step};
use pair::{Done, Pair, Watch};
use shrink::Try;
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

/// Runs tried to see whether a difference comes again.
const CONFIRMATIONS: u32 = 3;

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
            reset_once_in: 400,
            reopen_once_in: 400,
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
    /// First sequence: those before are left out.
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
    // What is left in eventfds, and the descriptors' end.
    let names = pair.open_names();
    let last = std::iter::once(Action::Ledger)
        .chain(
            names
                .into_iter()
                .map(|name| Action::CloseFd(vfio_irq_core::scenario::ast::FdRef::Name(name))),
        )
        .chain([Action::Close]);
    for action in last {
        if differs {
            return run;
        }
        differs = go(step(action, 1), pair, tally);
    }
    run
}

/// Runs that are made again, and fewer steps each.
struct Reruns<'a> {
    machine: &'a Machine,
    device: &'a mut dyn Target,
    support: &'a mut Support,
    limits: &'a Limits,
    progress: &'a mut dyn FnMut(Progress),
    made: u32,
    shortest: usize,
}

impl Reruns<'_> {
    /// Runs these steps from the beginning, leaving out those that must not be done.
    fn again(&mut self, steps: &[StepLine]) -> Vec<Done> {
        let mut pair = Pair::new(self.machine, self.device, self.support, Watch::All);
        let mut run = Vec::new();
        let mut unused = Tally::default();
        for step in steps {
            if self.limits.avoid.refuses(&pair.now(self.limits.descriptors), step).is_some() {
                continue;
            }
            let done = pair.step(step, &mut unused);
            let differs = done.difference.is_some();
            run.push(done);
            if differs {
                break;
            }
        }
        pair.leave();
        self.made += 1;
        run
    }

    /// Shortens a run, if it differs again; how often it did.
    fn shorten(&mut self, run: &mut Vec<Done>) -> (u32, u32) {
        let confirm = |reruns: &mut Self, run: &[Done]| {
            let steps: Vec<StepLine> = run.iter().map(|done| done.step.clone()).collect();
            let again = (0..CONFIRMATIONS).filter(|_| reruns.differs(&steps).is_some());
            (again.count() as u32, CONFIRMATIONS)
        };
        match confirm(self, run) {
            (0, of) => (0, of),
            _ => {
                *run = shrink::shrink(std::mem::take(run), self);
                confirm(self, run)
            }
        }
    }
}

impl Try for Reruns<'_> {
    fn differs(&mut self, steps: &[StepLine]) -> Option<Vec<Done>> {
        let run = self.again(steps);
        let differs = run.last().is_some_and(|done| done.difference.is_some());
        if differs {
            self.shortest = self.shortest.min(run.len());
        }
        (self.progress)(Progress::Shrinking { reruns: self.made, steps: self.shortest });
        differs.then_some(run)
    }

    fn is_over(&self) -> bool {
        self.made >= self.limits.reruns
    }
}

/// Where a difference was found.
struct Found<'a> {
    machine: &'a Machine,
    seed: u64,
    sequence: u64,
    shrunk_from: usize,
    reproduced: (u32, u32),
}

impl Found<'_> {
    fn differs(&self, run: &[Done], reruns: u32, tally: Tally) -> Differs {
        let Self { machine, seed, sequence, shrunk_from, reproduced } = *self;
        let names = text::short_names(run);
        let rename = |name: &str| names.get(name).cloned().unwrap_or_else(|| name.to_owned());
        let told = run.last().and_then(|done| done.difference.as_ref());
        let words =
            |words: Option<&String>| text::rename_words(words.map_or("", String::as_str), &rename);
        let emulator = words(told.map(|told| &told.emulator));
        let device = words(told.map(|told| &told.device));
        let (again, of) = reproduced;
        let head = [
            "The emulator and a device differ in the last line.".into(),
            format!("Emulator: {emulator}"),
            format!("Device:   {device}"),
            match again {
                0 => format!("It did not come again in {of} runs; this is all that was done."),
                _ => format!(
                    "Shortened from {shrunk_from} steps; it came again in {again} of {of} runs."
                ),
            },
            format!("vfio-irq conform --seed {seed} --sequence {sequence} ({GENERATOR})"),
        ];
        let text::Text { text: scenario, line } = text::write(machine, run, &head);
        let steps = run.len();
        Differs {
            scenario,
            line,
            emulator,
            device,
            seed,
            sequence,
            shrunk_from,
            steps,
            reproduced,
            reruns,
            tally,
        }
    }
}
