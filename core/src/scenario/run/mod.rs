//! Runs a scenario on a target.
//!
//! The device is opened before the first step, unless the first call is `open`; a driver's first
//! act, Memory Space and Bus Master on, is done with it (vfio-pci opens with Bus Master off, and
//! no message would leave). What that does is not part of the trace.

mod checks;
mod perform;

pub(crate) use checks::{actual, answers, count, is_answer};
pub(crate) use perform::Reply;

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::ast::{Action, Line, Span, Statement, StepLine};
use super::build::{DEFAULT_FUNCTION, DEFAULT_HOST};
use super::{MAX_EVENTS, Overrides, Scenario, TextError};
use crate::device::{Fd, Target};
use crate::errno::Errno;
use crate::event::{Call, Event};
use crate::machine::Emulator;
use crate::sorted::Sorted;
use crate::trace::{Check, Counts, Entry, Trace};
use crate::uapi::{CONFIG_REGION, IrqSetHeader};

/// Offset of the Command register, and its Memory Space and Bus Master bits.
const COMMAND: u64 = 4;
const MEMORY_SPACE_AND_BUS_MASTER: u16 = 0x0006;

/// Runs a scenario on any target. Stops early only at [`MAX_EVENTS`], or if the device can't be
/// opened; both are failed checks.
///
/// The trace's `function` and `host` are what the scenario says; a caller that knows better
/// replaces them.
pub fn run(scenario: &Scenario, target: &mut dyn Target) -> Trace {
    run_watched(scenario, target, &mut |_| {})
}

/// The same; `before` is told the number of each line before it is run, once the device is open.
pub fn run_watched(
    scenario: &Scenario,
    target: &mut dyn Target,
    before: &mut dyn FnMut(u32),
) -> Trace {
    let mut runner = Runner::default();
    let mut trace = described(scenario);
    if let Err(entry) = open(scenario, target) {
        trace.entries.push(entry);
        trace.held = false;
        return trace;
    }
    loop {
        if let Some(line) = runner.begins(scenario) {
            before(line);
        }
        let Some(part) = runner.part(scenario, target) else { break };
        part.join(&mut trace);
    }
    runner.finish(&mut trace);
    trace
}

/// Runs a scenario on the machine it describes. The error is one of its first lines.
pub fn run_emulated(scenario: &Scenario, overrides: &Overrides) -> Result<Trace, TextError> {
    let mut emulator = Emulator::new(scenario.machine(overrides)?);
    let (function, host) = names_of(&emulator);
    let trace = run(scenario, &mut emulator);
    Ok(Trace { function, host, ..trace })
}

/// How a trace names an emulator's function and host.
pub(super) fn names_of(emulator: &Emulator) -> (String, String) {
    let host = emulator.machine.host.profile().name.to_string();
    (emulator.machine.function.describe(), host)
}

/// An empty trace of this scenario.
pub(super) fn described(scenario: &Scenario) -> Trace {
    let without_keyword = |text: String| match text.split_once(' ') {
        Some((_, rest)) => rest.to_string(),
        None => text,
    };
    let function = scenario.function_line().map(|(_, line)| without_keyword(line.to_string()));
    let host = scenario.host_line().map(|(_, line)| without_keyword(line.to_string()));
    Trace {
        function: function.unwrap_or_else(|| DEFAULT_FUNCTION.into()),
        host: host.unwrap_or_else(|| DEFAULT_HOST.into()),
        names: BTreeMap::new(),
        entries: Vec::new(),
        ledger: Counts::default().summary(),
        held: true,
    }
}

fn steps(scenario: &Scenario) -> impl Iterator<Item = (u32, &StepLine)> {
    scenario.lines().iter().zip(1..).filter_map(|(line, number)| match line {
        Line { statement: Some(Statement::Step(step)), .. } => Some((number, step)),
        _ => None,
    })
}

/// Opens the device and lets it answer and send, unless the scenario opens it itself. The error is
/// an entry that says what failed.
pub(crate) fn open(scenario: &Scenario, target: &mut dyn Target) -> Result<(), Entry> {
    let mut steps = steps(scenario);
    let Some((line, first)) = steps.next() else { return Ok(()) };
    let call = Some(first).into_iter().chain(steps.map(|(_, step)| step));
    let call = call.map(|step| &step.action.what).find(|action| action.is_call());
    if call == Some(&Action::Open) {
        return Ok(());
    }
    let opened = target.open().and_then(|()| let_send(target));
    let events = target.take_events();
    opened.map_err(|errno| {
        let actual = errno.to_string();
        let check = Check { expected: "open".into(), actual, held: false, column: 1 };
        Entry { line, text: "open".into(), events, checks: vec![check] }
    })
}

/// Memory Space and Bus Master on.
fn let_send(target: &mut dyn Target) -> Result<(), Errno> {
    let mut command = [0; 2];
    target.region_read(CONFIG_REGION, COMMAND, &mut command)?;
    let command = u16::from_le_bytes(command) | MEMORY_SPACE_AND_BUS_MASTER;
    target.region_write(CONFIG_REGION, COMMAND, &command.to_le_bytes())
}

/// Where a run is. A copy runs on from there, on a copy of its target.
#[derive(Clone, Debug, Default)]
pub(super) struct Runner {
    /// Index of the next line.
    line: usize,
    /// Repetitions of it already done.
    done: u32,
    /// An answer of this line was wrong before; it is told once.
    told: bool,
    names: Sorted<String, Fd>,
    /// The request of the line, as its repetitions make it.
    request: Option<(IrqSetHeader, Vec<u8>)>,
    counts: Counts,
    /// Stimuli so far.
    stimuli: u32,
    weight: u64,
    stopped: bool,
}

/// One repetition of a line.
pub(super) struct Part {
    line: u32,
    first: bool,
    text: String,
    pub(super) events: Vec<Event>,
    checks: Vec<Check>,
}

impl Part {
    /// Adds it to the trace, to the entry of its line.
    pub(super) fn join(self, trace: &mut Trace) {
        trace.held &= self.checks.iter().all(|check| check.held);
        match trace.entries.last_mut() {
            Some(entry) if !self.first => {
                entry.events.extend(self.events);
                entry.checks.extend(self.checks);
            }
            _ => {
                let Self { line, text, events, checks, .. } = self;
                trace.entries.push(Entry { line, text, events, checks });
            }
        }
    }
}

impl Runner {
    /// The number of the line that is begun next; `None` between repetitions, and at the end.
    fn begins(&self, scenario: &Scenario) -> Option<u32> {
        if self.done > 0 || self.stopped {
            return None;
        }
        let lines = scenario.lines().iter().zip(1..).skip(self.line);
        let mut steps =
            lines.filter(|(line, _)| matches!(line.statement, Some(Statement::Step(_))));
        steps.next().map(|(_, number)| number)
    }

    /// Does the next line, or the next repetition of it; `None` at the end.
    pub(super) fn part(&mut self, scenario: &Scenario, target: &mut dyn Target) -> Option<Part> {
        let step = loop {
            if self.stopped {
                return None;
            }
            match &scenario.lines().get(self.line)?.statement {
                Some(Statement::Step(step)) => break step,
                _ => self.line += 1,
            }
        };
        let last = self.done + 1 >= step.times;
        let mut part = Part {
            line: u32::try_from(self.line + 1).unwrap_or(u32::MAX),
            first: self.done == 0,
            text: if self.done == 0 { step.step_text() } else { String::new() },
            events: Vec::new(),
            checks: Vec::new(),
        };
        self.perform(step, target, &mut part);
        if last {
            self.expect_after(step, target, &mut part);
            (self.line, self.done, self.told) = (self.line + 1, 0, false);
        } else {
            self.done += 1;
        }
        self.bound(step.action.at, &mut part);
        Some(part)
    }

    /// A step of no scenario, with its repetitions. Not bounded: the caller is.
    pub(super) fn whole_step(
        &mut self,
        line: u32,
        step: &StepLine,
        target: &mut dyn Target,
    ) -> Entry {
        let mut part = Part {
            line,
            first: true,
            text: step.step_text(),
            events: Vec::new(),
            checks: Vec::new(),
        };
        (self.done, self.told) = (0, false);
        while self.done < step.times {
            self.perform(step, target, &mut part);
            self.done += 1;
        }
        self.expect_after(step, target, &mut part);
        let Part { line, text, events, checks, .. } = part;
        Entry { line, text, events, checks }
    }

    /// What the trace needs at the end.
    pub(super) fn finish(&self, trace: &mut Trace) {
        trace.ledger = self.counts.summary();
        trace.names = self.names_by_fd();
    }

    /// The descriptor that was made for a name.
    pub(super) fn fd_by_name(&self, name: &str) -> Option<Fd> {
        self.names.get(name).copied()
    }

    /// The descriptors made so far, and their names.
    pub(super) fn names_by_fd(&self) -> BTreeMap<Fd, String> {
        let mut names = BTreeMap::new();
        // One by one: to collect them is to sort them first, and the page has no other use for that.
        for (name, fd) in self.names.pairs() {
            names.insert(*fd, name.clone());
        }
        names
    }

    /// Takes the target's events into the part, and counts them.
    fn take_events(&mut self, target: &mut dyn Target, part: &mut Part) {
        let events = target.take_events();
        for event in &events {
            self.counts.event(event);
            self.weight += 1 + data_len(event) as u64 / 64;
        }
        if part.events.is_empty() {
            part.events = events;
        } else {
            part.events.extend(events);
        }
    }

    /// Stops a run that has become too long to keep.
    fn bound(&mut self, at: Span, part: &mut Part) {
        if self.weight < MAX_EVENTS {
            return;
        }
        self.stopped = true;
        let actual = "the run is stopped here: more is not kept";
        part.events.push(Event::Note(actual.into()));
        part.checks.push(Check {
            expected: format!("fewer than {MAX_EVENTS} events"),
            actual: actual.into(),
            held: false,
            column: at.column.max(1),
        });
    }
}

/// Bytes an event holds beside itself.
fn data_len(event: &Event) -> usize {
    match event {
        Event::Call(Call::SetIrqs { data, .. } | Call::RegionWrite { data, .. }) => data.len(),
        Event::Return(crate::event::Outcome::Data(data)) => data.len(),
        _ => 0,
    }
}
