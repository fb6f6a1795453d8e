//! A difference, from the run it was found in to what is told of it: runs made again, shorter each.

use vfio_irq_core::device::Target;
use vfio_irq_core::machine::Machine;
use vfio_irq_core::scenario::ast::StepLine;

use super::pair::{Done, Pair, Watch};
use super::shrink::{Try, shrink};
use super::support::Support;
use super::tally::Tally;
use super::{Differs, GENERATOR, Limits, Progress, text};

/// Runs tried to see whether a difference comes again.
const CONFIRMATIONS: u32 = 3;

/// Runs that are made again, of fewer steps each.
pub(super) struct Reruns<'a> {
    pub(super) machine: &'a Machine,
    pub(super) device: &'a mut dyn Target,
    pub(super) support: &'a mut Support,
    pub(super) limits: &'a Limits,
    pub(super) progress: &'a mut dyn FnMut(Progress),
    pub(super) made: u32,
    pub(super) shortest: usize,
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
    pub(super) fn shorten(&mut self, run: &mut Vec<Done>) -> (u32, u32) {
        let confirm = |reruns: &mut Self, run: &[Done]| {
            let steps: Vec<StepLine> = run.iter().map(|done| done.step.clone()).collect();
            let again = (0..CONFIRMATIONS).filter(|_| reruns.differs(&steps).is_some());
            (again.count() as u32, CONFIRMATIONS)
        };
        match confirm(self, run) {
            (0, of) => (0, of),
            _ => {
                *run = shrink(std::mem::take(run), self);
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
pub(super) struct Found<'a> {
    pub(super) machine: &'a Machine,
    pub(super) seed: u64,
    pub(super) sequence: u64,
    pub(super) shrunk_from: usize,
    pub(super) reproduced: (u32, u32),
}

impl Found<'_> {
    /// What is told of it.
    pub(super) fn differs(&self, run: &[Done], reruns: u32, tally: Tally) -> Differs {
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
