//! Which scenarios a test can be made of, and what has to be said otherwise for that.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::Source;
use crate::device::Stimulus;
use crate::export::plan::Plan;
use crate::host::HostProfile;
use crate::scenario::ast::{Action, Data, Expect, SetAction, Statement, StepLine};
use crate::scenario::{Overrides, Scenario};
use crate::uapi::{CONFIG_REGION, IrqIndex};

/// Which scenarios are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
    /// Those in which a call is refused, which speak of growing, or which kernels answer differently.
    ErrnoAndResize,
    /// Every one that can be.
    All,
}

/// Where a header's own registers end and capabilities begin.
const CAPABILITIES: u64 = 0x40;
/// Where the config space of every function ends.
const CONFIG_END: u64 = 0x1000;

/// A scenario as a test does it.
pub(super) struct Chosen {
    pub(super) scenario: Scenario,
    /// The host it was written for.
    pub(super) host: HostProfile,
    /// A call is refused in it, or it speaks of growing.
    pub(super) is_of_errno_or_growth: bool,
}

/// The scenario as the test does it; or why there is none.
pub(super) fn choose(source: &Source<'_>) -> Result<Chosen, String> {
    let scenario = Scenario::parse(source.text).map_err(|errors| {
        let first = errors.first().map(ToString::to_string);
        format!("is no scenario ({})", first.unwrap_or_default())
    })?;
    let is_of_errno_or_growth = steps(&scenario)
        .any(|(_, step)| is_refused(step) || asks_flags(step))
        || speaks_of_growing(source.text);
    can_be_set_up(&scenario)?;
    let machine = scenario.machine(&Overrides::default()).map_err(|error| error.to_string())?;
    let host = machine.host.profile().clone();
    let text = said_otherwise(&scenario)?;
    let scenario = Scenario::parse(&text).map_err(|errors| {
        let first = errors.first().map(ToString::to_string);
        format!("can't be said without the device ({})", first.unwrap_or_default())
    })?;
    match Plan::new(&scenario, None).not_carried.first() {
        Some((line, what)) => Err(format!("can't be done by a program (line {line}: {what})")),
        None => Ok(Chosen { scenario, host, is_of_errno_or_growth }),
    }
}

pub(super) fn steps(scenario: &Scenario) -> impl Iterator<Item = (u32, &StepLine)> {
    scenario.lines().iter().zip(1..).filter_map(|(line, number)| match &line.statement {
        Some(Statement::Step(step)) => Some((number, step)),
        _ => None,
    })
}

/// Whether a call is to answer an errno, or less than was asked for.
fn is_refused(step: &StepLine) -> bool {
    let refused = |expect: &Expect| matches!(expect, Expect::Errno(_) | Expect::Only(_));
    step.action.what.is_call() && step.expect.iter().any(|expect| refused(&expect.what))
}

fn asks_flags(step: &StepLine) -> bool {
    step.expect.iter().any(|expect| matches!(expect.what, Expect::Flags(_)))
}

/// Words of clauses that say which vectors an enabled index has.
const GROWTH: [&str; 4] = ["RESIZE", "MSG-ALLOC", "MSG-HOLE", "MSG-ALL-NEGATIVE"];

/// Whether the clauses its header names, `# CLAUSE, CLAUSE: what`, are of growing.
fn speaks_of_growing(text: &str) -> bool {
    let head = text.split(':').next().unwrap_or_default();
    head.starts_with('#') && GROWTH.iter().any(|word| head.contains(word))
}

/// Whether a real host and an unknown device can be as the scenario says.
fn can_be_set_up(scenario: &Scenario) -> Result<(), String> {
    if scenario.host_line().is_some_and(|(_, host)| host.vectors.is_some()) {
        return Err("a host can't be told how many vectors it has".into());
    }
    for (line, step) in steps(scenario) {
        if !step.moments.is_empty() {
            return Err("something happens inside a call".into());
        }
        match &step.action.what {
            Action::Stimulate(Stimulus::Supply(_)) => {
                return Err("a host can't be told how many vectors it has".into());
            }
            Action::Stimulate(Stimulus::Error | Stimulus::Request) => {
                return Err(
                    "the host would have to report an error, or want the device back".into()
                );
            }
            Action::RegionRead { region, offset, width } => {
                let control = is_msix_control(scenario, *region, *offset, u64::from(*width));
                if !control && is_of_the_device(*region, *offset) {
                    return Err(format!("reads registers of its device (line {line})"));
                }
            }
            Action::RegionWrite { region, offset, .. } if is_of_the_device(*region, *offset) => {
                return Err(format!("writes registers of its device (line {line})"));
            }
            // It would open /dev/kvm; where there is none, inside a test.
            Action::Guest(_) => return Err("a guest would have to take the interrupt".into()),
            _ => {}
        }
    }
    Ok(())
}

/// Whether what lies there differs from function to function.
fn is_of_the_device(region: u32, offset: u64) -> bool {
    region < CONFIG_REGION
        || region == CONFIG_REGION && (CAPABILITIES..CONFIG_END - 3).contains(&offset)
}

fn is_msix_control(scenario: &Scenario, region: u32, offset: u64, width: u64) -> bool {
    region == CONFIG_REGION && width == 2 && msix_at(scenario).is_some_and(|at| offset == at + 2)
}

/// Where the scenario's function has its MSI-X capability.
pub(super) fn msix_at(scenario: &Scenario) -> Option<u64> {
    let function = scenario.function().ok()?;
    let byte = |at: u16| {
        let mut byte = [0];
        function.config_read(at, &mut byte);
        byte[0]
    };
    let mut at = u16::from(byte(0x34));
    // At most 48 fit: a list that loops ends too.
    for _ in 0..48 {
        if at < 0x40 {
            break;
        }
        if byte(at) == 0x11 {
            return Some(at.into());
        }
        at = u16::from(byte(at + 1));
    }
    None
}

/// The scenario's text without what only a device, or only an emulator, can do: an interrupt that
/// is signalled at once is the host's own, the ledger is not compared.
fn said_otherwise(scenario: &Scenario) -> Result<String, String> {
    let text = scenario.to_string();
    let mut lines: Vec<String> = text.lines().map(Into::into).collect();
    if let Some((number, host)) = scenario.host_line() {
        // Remapping is the host's own; it is found out by asking for all vectors.
        lines[number as usize - 1] = format!("host {}", host.profile.what);
    }
    let mut enabled = None;
    for (number, step) in steps(scenario) {
        let line = &mut lines[number as usize - 1];
        if let Action::SetIrqs(request) = &step.action.what
            && let (SetAction::Trigger, Data::Eventfd(_)) = (&request.action, &request.data)
            && step.expect.iter().all(|expect| !matches!(expect.what, Expect::Errno(_)))
        {
            enabled = IrqIndex::from_raw(request.index)
                .filter(|index| matches!(index, IrqIndex::Msi | IrqIndex::Msix))
                .or(enabled);
        }
        match &step.action.what {
            Action::Stimulate(stimulus) => {
                let (index, vector) = match stimulus {
                    Stimulus::Fire(vector) => (enabled, *vector),
                    Stimulus::AssertIntx => (Some(IrqIndex::Intx), 0),
                    _ => (None, 0),
                };
                let alive = |expect: &Expect| matches!(expect, Expect::Counter(_, 1..));
                let index = index
                    .filter(|_| step.expect.iter().any(|expect| alive(&expect.what)))
                    .ok_or_else(|| format!("the device would have to interrupt (line {number})"))?;
                let times = if step.times > 1 { format!(" x{}", step.times) } else { "".into() };
                let index = index.word();
                let expected = counters(step);
                *line = format!("set_irqs {index} trigger none {vector}+1{times} -> 0{expected}");
            }
            Action::Ledger => {
                *line = match counters(step) {
                    none if none.is_empty() => none,
                    some => format!("ledger ->{some}"),
                };
            }
            Action::RegionRead { region, offset, width }
                if is_msix_control(scenario, *region, *offset, (*width).into()) =>
            {
                // The low bits are the table's size.
                if let Some(Expect::Value { value, .. }) =
                    step.expect.first().map(|expect| &expect.what)
                {
                    *line = format!("config read {offset:#x} 2 -> {:#x}xxx", value >> 12);
                }
            }
            _ => {}
        }
    }
    Ok(lines.join("\n") + "\n")
}

/// The counters a step expects, each behind a space.
fn counters(step: &StepLine) -> String {
    let counters = step.expect.iter().filter(|e| matches!(e.what, Expect::Counter(..)));
    counters.map(|expect| format!(" {}", step.expectation_text(&expect.what))).collect()
}
