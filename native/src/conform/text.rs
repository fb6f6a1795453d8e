//! A run that differs, as the canonical text of a scenario: it holds on the emulator, and fails on
//! the device where that differs.

use std::collections::BTreeMap;

use vfio_irq_core::host::HostProfile;
use vfio_irq_core::machine::Machine;
use vfio_irq_core::pci::{Function, WhenOff, profiles};
use vfio_irq_core::scenario::ast::{
    Action, Data, FdRef, FdRefs, FunctionLine, FunctionOption, HostLine, MsixOption, Names,
    StepLine,
};
use vfio_irq_core::scenario::{Overrides, Scenario, run_emulated};

use super::pair::{self, Difference, Done};

/// The text, and the line that differs in it.
pub(super) struct Text {
    pub(super) text: String,
    pub(super) line: u32,
}

/// Writes a run down; its last step is the one that differs. `head`: lines of comment.
pub(super) fn write(machine: &Machine, run: &[Done], head: &[String]) -> Text {
    let names = short_names(run);
    let rename = |text: &str| names.get(text).cloned().unwrap_or_else(|| text.to_owned());
    let mut lines: Vec<String> = head.iter().map(|line| format!("# {line}")).collect();
    let (function, note) = function_line(&machine.function);
    lines.extend(note.map(|note| format!("# {note}")));
    lines.push(function.to_string());
    lines.push(host_line(machine.host.profile()).to_string());
    lines.push(String::new());
    for done in run {
        lines.push(step_line(done, &rename));
    }
    let line = lines.len() as u32;
    let text = lines.join("\n") + "\n";
    match Scenario::parse(&text) {
        Ok(scenario) => {
            let held = holds(&scenario, machine);
            let mut text = scenario.to_string();
            if !held {
                // Never seen: runs begin with a machine like a new one.
                text.push_str("# The emulator answers so only after other runs.\n");
            }
            Text { text, line }
        }
        // What the generator makes up can be said; should it not, this is still the run.
        Err(_) => Text { text, line },
    }
}

fn holds(scenario: &Scenario, machine: &Machine) -> bool {
    let overrides = Overrides {
        host: Some(machine.host.profile().clone()),
        function: Some(machine.function.clone()),
    };
    run_emulated(scenario, &overrides).is_ok_and(|trace| trace.held)
}

/// A step with what the emulator says of it, and what the device says if that is another thing.
fn step_line(done: &Done, rename: &dyn Fn(&str) -> String) -> String {
    let step = renamed(&done.step, rename);
    let mut line = step.step_text();
    let mut expected: Vec<String> = Vec::new();
    if let Some(answer) = &done.answer {
        // Each repetition answers the same: see the generator.
        expected.extend(answer.split(" x").next().map(String::from));
    }
    let mut counters = done.counters.clone();
    if let Some(Difference { counters: told, .. }) = &done.difference {
        let missing = told.iter().filter(|(name, _)| done.counters.iter().all(|(n, _)| n != name));
        counters.extend(missing.cloned());
    }
    expected.extend(counters.iter().map(|(name, count)| format!("{}={count}", rename(name))));
    if !expected.is_empty() {
        line += &format!(" -> {}", expected.join(" "));
    }
    if let Some(difference) = &done.difference {
        line += &format!("  # device: {}", rename_words(&difference.device, rename));
    }
    line
}

/// `e17=1, e3=0` with other names.
pub(super) fn rename_words(words: &str, rename: &dyn Fn(&str) -> String) -> String {
    let words = words.split(", ").map(|word| match word.split_once('=') {
        Some((name, value)) => format!("{}={value}", rename(name)),
        None => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// `a`, `b`, … in place of what the generator named them, in the order they come.
pub(super) fn short_names(run: &[Done]) -> BTreeMap<String, String> {
    let mut order: Vec<String> = Vec::new();
    for done in run {
        each_name(&done.step, &mut |name| {
            if !order.iter().any(|known| known == name) {
                order.push(name.to_owned());
            }
        });
    }
    let short = |at: usize| match u8::try_from(at) {
        Ok(at) if at < 26 => char::from(b'a' + at).to_string(),
        _ => format!("n{at}"),
    };
    order.into_iter().enumerate().map(|(at, name)| (name, short(at))).collect()
}

/// Every name a step says.
fn each_name(step: &StepLine, take: &mut dyn FnMut(&str)) {
    match &step.action.what {
        Action::ReadFd(FdRef::Name(name))
        | Action::WriteFd(FdRef::Name(name), _)
        | Action::CloseFd(FdRef::Name(name)) => take(name),
        action => pair::each_name(action, take),
    }
}

fn renamed(step: &StepLine, rename: &dyn Fn(&str) -> String) -> StepLine {
    let mut step = step.clone();
    let one = |names: &mut Names| {
        if let Names::One(name) = names {
            *name = rename(name);
        }
    };
    match &mut step.action.what {
        Action::SetIrqs(request) => {
            if let Data::Eventfd(Some(items)) = &mut request.data {
                for item in items {
                    if let FdRefs::Names(names) = &mut item.what {
                        one(names);
                    }
                }
            }
        }
        Action::Eventfd(names) | Action::Plainfd(names) => names.iter_mut().for_each(one),
        Action::ReadFd(FdRef::Name(name))
        | Action::WriteFd(FdRef::Name(name), _)
        | Action::CloseFd(FdRef::Name(name)) => *name = rename(name),
        _ => {}
    }
    step
}

/// The function a scenario names, with a note where its words can't say all.
fn function_line(function: &Function) -> (FunctionLine, Option<String>) {
    for profile in profiles::all() {
        if Function::new(&profile.spec()).is_ok_and(|built| built == *function) {
            let name = Some(profile.name.to_owned().into());
            return (FunctionLine { profile: name, options: Vec::new() }, None);
        }
    }
    let msi = function.msi().map(|msi| vfio_irq_core::pci::MsiSpec {
        vectors: msi.vectors(),
        wide: msi.wide(),
        maskable: msi.maskable(),
    });
    let msix = function.msix().map(|msix| MsixOption {
        vectors: msix.vectors(),
        table: Some(msix.table()),
        pba: Some(msix.pba()),
    });
    let mut options = vec![
        FunctionOption::Intx(function.pin()),
        FunctionOption::Msi(msi),
        FunctionOption::Msix(msix),
        FunctionOption::Vf(function.is_vf()),
        FunctionOption::Express(function.is_express()),
        FunctionOption::IntxStatus(function.intx_status_works()),
        FunctionOption::Reset(function.resets()),
    ];
    if function.when_off() != WhenOff::Divert {
        options.push(FunctionOption::WhenOff(function.when_off()));
    }
    let options = options.into_iter().map(Into::into).collect();
    let note = "Capabilities may lie elsewhere in the device's config space: run this with a dump \
                of it (--function).";
    (FunctionLine { profile: None, options }, Some(note.into()))
}

fn host_line(profile: &HostProfile) -> HostLine {
    HostLine {
        profile: profile.name.clone().into_owned().into(),
        vectors: profile.vectors,
        remapping: (!profile.remapping).then_some(false),
    }
}
