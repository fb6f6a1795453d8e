//! Time travel: a run on the emulator, and the machine at any of its events.

use alloc::vec::Vec;

use super::run::{Runner, described, names_of, open};
use super::{Overrides, Scenario, TextError};
use crate::event::Event;
use crate::machine::{Emulator, Machine};
use crate::trace::{Entry, Trace};

/// Most copies of the machine kept for going back: a run of any length takes a few MB.
const MAX_CHECKPOINTS: usize = 64;

/// A run that can be looked at from any of its moments.
///
/// The run is done once, recording its trace and a copy of the machine every so many events.
/// [`machine_at`](Self::machine_at) runs on from the nearest copy: what happened is never undone,
/// only done again.
#[derive(Clone, Debug)]
pub struct Player {
    scenario: Scenario,
    trace: Trace,
    /// For each entry, the number of events before it.
    starts: Vec<usize>,
    len: usize,
    /// Events the emulator made before the trace begins.
    before: u64,
    /// Number of events before it, and what goes on from there; the first at 0.
    checkpoints: Vec<(usize, Checkpoint)>,
    /// Distance in events that copies are apart.
    spacing: usize,
}

#[derive(Clone, Debug)]
struct Checkpoint {
    emulator: Emulator,
    runner: Runner,
}

impl Player {
    /// Runs a scenario on the machine it describes. The error is one of its first lines.
    pub fn new(scenario: Scenario, overrides: Overrides) -> Result<Self, TextError> {
        let mut emulator = Emulator::new(scenario.machine(&overrides)?);
        let mut trace = described(&scenario);
        (trace.function, trace.host) = names_of(&emulator);
        let opened = open(&scenario, &mut emulator);
        let before = emulator.event_count();
        let runner = Runner::default();
        let start = Checkpoint { emulator: emulator.clone(), runner: runner.clone() };
        let checkpoints = alloc::vec![(0, start)];
        let starts = Vec::new();
        let mut player = Self { scenario, trace, starts, len: 0, before, checkpoints, spacing: 64 };
        match opened {
            Ok(()) => player.play(Checkpoint { emulator, runner }),
            // The emulator always opens; a run that could not begin is its trace all the same.
            Err(entry) => {
                player.trace.entries.push(entry);
                player.trace.held = false;
            }
        }
        player.count();
        Ok(player)
    }

    fn play(&mut self, mut now: Checkpoint) {
        let mut events = 0;
        while let Some(part) = now.runner.part(&self.scenario, &mut now.emulator) {
            events += part.events.len();
            part.join(&mut self.trace);
            let last = self.checkpoints.last().map_or(0, |(at, _)| *at);
            if events - last >= self.spacing {
                self.checkpoints.push((events, now.clone()));
                self.thin_out();
            }
        }
        now.runner.finish(&mut self.trace);
    }

    /// Keeps every other copy once there are too many.
    fn thin_out(&mut self) {
        if self.checkpoints.len() > MAX_CHECKPOINTS {
            let mut keep = false;
            self.checkpoints.retain(|_| {
                keep = !keep;
                keep
            });
            self.spacing *= 2;
        }
    }

    fn count(&mut self) {
        for entry in &self.trace.entries {
            self.starts.push(self.len);
            self.len += entry.events.len();
        }
    }

    /// The trace of the whole run.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The scenario that ran.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Number of events in the trace.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Event `n` of the trace, from 0, and the entry it belongs to.
    pub fn event(&self, n: usize) -> Option<(&Entry, &Event)> {
        let at = self.starts.partition_point(|start| *start <= n).checked_sub(1)?;
        let entry = &self.trace.entries[at];
        Some((entry, entry.events.get(n - self.starts[at])?))
    }

    /// The machine after the first `n` events; after all of them if there are fewer. Events that
    /// one micro-step makes come together: between them the machine is as after the last.
    pub fn machine_at(&self, n: usize) -> Machine {
        self.moment_at(n).0
    }

    /// [`machine_at`](Self::machine_at), and the number of events it is really after: more than
    /// `n` in the middle of a micro-step's events.
    pub fn moment_at(&self, n: usize) -> (Machine, usize) {
        let at = self.checkpoints.partition_point(|(events, _)| *events <= n);
        let (events, checkpoint) = &self.checkpoints[at.saturating_sub(1)];
        let mut now = checkpoint.clone();
        if *events == n {
            return (now.emulator.machine, n);
        }
        now.emulator.capture_after(self.before.saturating_add(n as u64));
        while now.runner.part(&self.scenario, &mut now.emulator).is_some() {
            if let Some((machine, count)) = now.emulator.take_capture() {
                let after = usize::try_from(count.saturating_sub(self.before)).unwrap_or(n);
                return (machine, after);
            }
        }
        (now.emulator.machine, self.len)
    }
}
