//! Asking the emulator one request, and what its answer did.
//!
//! A question is a scenario: how the state is reached, then the request. What it did is read off
//! the machine before and after, and off the request's own events.

use anyhow::{Context, Result, anyhow};
use std::collections::BTreeMap;
use vfio_irq_core::device::{Answer, Fd};
use vfio_irq_core::errno::Errno;
use vfio_irq_core::event::{Event, Loss, Outcome};
use vfio_irq_core::host::{HostProfile, IrqMode};
use vfio_irq_core::machine::{Emulator, Machine};
use vfio_irq_core::scenario::{Overrides, Scenario, run};
use vfio_irq_core::trace::Trace;

/// What a request was answered.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Said {
    /// 0, or what was asked for.
    Done,
    /// SET_IRQS's positive number.
    Only(u32),
    /// An errno.
    Errno(Errno),
}

/// An answer, and what else came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    /// The answer.
    pub said: Said,
    /// The rule that refuses, if it was refused.
    pub clause: Option<String>,
    /// What it did, in words; empty for nothing.
    pub did: String,
}

/// Asks: `function` and `host`, the steps that lead to the state, and the request.
///
/// # Errors
/// When it is no scenario, or the request gave no answer.
pub fn ask(function: &str, host: &HostProfile, steps: &[&str], request: &str) -> Result<Reply> {
    let state = [&[format!("function {function}")], lines(steps).as_slice()].concat().join("\n");
    // `ledger` does nothing: without a step the device would not be opened.
    let (before, _) = play(&format!("{state}\nledger\n"), host)?;
    let (after, trace) = play(&format!("{state}\n{request}\n"), host)?;
    let last = trace.entries.last().with_context(|| format!("{request}: no step"))?;
    let answer = last.events.iter().rev().find_map(|event| match event {
        Event::Return(outcome) => Some(answer(outcome)),
        Event::Read { value: None, .. } => Some((Said::Errno(Errno::EAGAIN), None)),
        _ => None,
    });
    let (said, clause) = answer.with_context(|| format!("{request}: no answer"))?;
    let mut did = did(&before, &after, &last.events, &trace.names);
    did.extend(last.events.iter().filter_map(|event| match event {
        Event::Return(Outcome::Info(info)) => Some(format!("count {}", info.count)),
        _ => None,
    }));
    Ok(Reply { said, clause, did: did.join(", ") })
}

fn lines(steps: &[&str]) -> Vec<String> {
    steps.iter().map(|step| (*step).to_owned()).collect()
}

fn play(text: &str, host: &HostProfile) -> Result<(Machine, Trace)> {
    let wrong = |error: &dyn std::fmt::Display| anyhow!("{error}, in:\n{text}");
    let scenario = Scenario::parse(text).map_err(|errors| wrong(&errors[0]))?;
    let overrides = Overrides { host: Some(host.clone()), ..Overrides::default() };
    let machine = scenario.machine(&overrides).map_err(|error| wrong(&error))?;
    let mut emulator = Emulator::new(machine);
    let trace = run(&scenario, &mut emulator);
    Ok((emulator.machine, trace))
}

fn answer(outcome: &Outcome) -> (Said, Option<String>) {
    match outcome {
        Outcome::Answer(Answer::Only(count)) => (Said::Only(*count), None),
        Outcome::Answer(Answer::Done) | Outcome::Info(_) | Outcome::Data(_) => (Said::Done, None),
        Outcome::Refused { errno, clause } => {
            (Said::Errno(*errno), clause.as_ref().map(ToString::to_string))
        }
    }
}

fn did(
    before: &Machine,
    after: &Machine,
    events: &[Event],
    names: &BTreeMap<Fd, String>,
) -> Vec<String> {
    let mut did = Vec::new();
    match (before.host.mode().index(), after.host.mode().index()) {
        (None, Some(_)) => did.push("turns on".to_owned()),
        (Some(_), None) => did.push("turns off".to_owned()),
        _ => {}
    }
    if after.host.mode() != IrqMode::None {
        did.extend(vectors(before, after));
    }
    did.extend(intx(before, after));
    let triggers = [(before.host.err(), after.host.err()), (before.host.req(), after.host.req())];
    did.extend(triggers.into_iter().filter_map(|(old, new)| changed("the trigger", old, new)));
    let mut signalled = Vec::new();
    for event in events {
        match event {
            Event::Signalled { eventfd, .. } => {
                signalled.push(names.get(eventfd).map_or("?", String::as_str));
            }
            Event::Lost { why: Loss::NoEventfd, .. } => did.push("no trigger to signal".into()),
            _ => {}
        }
    }
    if !signalled.is_empty() {
        did.push(format!("signals `{}`", signalled.join("`, `")));
    }
    did
}

fn changed(what: &str, old: Option<Fd>, new: Option<Fd>) -> Option<String> {
    let verb = match (old, new) {
        (None, Some(_)) => "sets",
        (Some(_), None) => "drops",
        (Some(old), Some(new)) if old != new => "replaces",
        _ => return None,
    };
    Some(format!("{verb} {what}"))
}

/// What became of MSI's or MSI-X's vectors.
fn vectors(before: &Machine, after: &Machine) -> Vec<String> {
    let of = |machine: &Machine| -> BTreeMap<u16, Option<Fd>> {
        machine.host.vectors().map(|vector| (vector.vector, vector.eventfd)).collect()
    };
    let (old, new) = (of(before), of(after));
    let mut changes: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (vector, eventfd) in &new {
        let was = old.get(vector);
        let what = match (was.copied().flatten(), eventfd) {
            (None, Some(_)) => "arms",
            (Some(_), None) => "releases",
            (Some(was), Some(now)) if was != *now => "replaces",
            (None, None) if was.is_none() => "allocates",
            _ => continue,
        };
        changes.entry(what).or_default().push(vector.to_string());
    }
    changes.into_iter().map(|(what, vectors)| format!("{what} {}", vectors.join(", "))).collect()
}

fn intx(before: &Machine, after: &Machine) -> Vec<String> {
    let IrqMode::Intx(new) = after.host.mode() else { return Vec::new() };
    let IrqMode::Intx(old) = before.host.mode() else {
        return changed("the trigger", None, new.trigger).into_iter().collect();
    };
    let mask = match (old.masked, new.masked) {
        (false, true) => Some("masks".to_owned()),
        (true, false) => Some("unmasks".to_owned()),
        _ => None,
    };
    let trigger = changed("the trigger", old.trigger, new.trigger);
    let unmask = changed("the unmask eventfd", old.unmask, new.unmask);
    [trigger, unmask, mask].into_iter().flatten().collect()
}
