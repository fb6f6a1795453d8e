//! `vfio-irq answers`: what a device answers to scenarios, in few words a line. It is the form in
//! which two devices are compared, and in which answers of real kernels are kept.
//!
//! ```text
//! scenario msix/enable_and_fire.scenario
//! 8 0
//! 9 a=1
//! left b=1
//! held
//! ```
//! Each line that showed something has its number in the text and the words of
//! [`vfio_irq_core::seen`]. `left` are counters nobody read. The block ends in `held`,
//! in `failed LINE: EXPECTED, got ACTUAL` of the first expectation that did not hold, or in
//! `cannot LINE: WHAT` where the device can't be told to do what the scenario says.

use std::fmt::Write;

use vfio_irq_core::device::Target;
use vfio_irq_core::machine::Emulator;
use vfio_irq_core::scenario::{Overrides, Scenario, TextError, run_watched};
use vfio_irq_core::trace::Trace;

use crate::input::Input;
use crate::{Error, Exit, Report};

/// A scenario's answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// The lines, as above.
    pub text: String,
    /// The run they are of.
    pub trace: Trace,
}

/// Runs a scenario and says what was answered. `before` is told each line's number before it is
/// run, and 0 before the device is closed at the end.
pub fn answers(
    name: &str,
    scenario: &Scenario,
    target: &mut dyn Target,
    before: &mut dyn FnMut(u32),
) -> Block {
    let trace = run_watched(scenario, target, before);
    let mut text = format!("scenario {name}\n");
    for (line, words) in trace.seen() {
        let _ = writeln!(text, "{line} {words}");
    }
    let left: Vec<String> = trace
        .names
        .iter()
        .filter_map(|(fd, name)| Some(format!("{name}={}", target.eventfd_read(*fd).ok()?)))
        .collect();
    if !left.is_empty() {
        let _ = writeln!(text, "left {}", left.join(" "));
    }
    before(0);
    // Refused where the scenario has closed it.
    let _ = target.close();
    target.take_events();
    text += &(verdict(&trace) + "\n");
    Block { text, trace }
}

/// The emulator's answers to scenarios.
pub fn emulated(inputs: &[Input], overrides: &Overrides) -> Result<Report, Error> {
    let mut stdout = String::new();
    for input in inputs {
        let machine = Scenario::parse(input.text()?).and_then(|scenario| {
            let machine = scenario.machine(overrides).map_err(|error| vec![error])?;
            Ok((scenario, machine))
        });
        match machine {
            Ok((scenario, machine)) => {
                let mut emulator = Emulator::new(machine);
                let name = &input.name;
                stdout += &answers(name, &scenario, &mut emulator, &mut |_| {}).text;
            }
            Err(errors) => return Ok(Report { stdout, ..wrong(input, &errors) }),
        }
    }
    Ok(Report::done(stdout))
}

/// What is said of a text that is no scenario.
pub(crate) fn wrong(input: &Input, errors: &[TextError]) -> Report {
    let line = |error| format!("{}: {error}\n", input.name);
    let stderr = errors.iter().map(line).collect();
    Report { stdout: String::new(), stderr, exit: Exit::Wrong }
}

/// The last line of a block.
fn verdict(trace: &Trace) -> String {
    let failed = trace.entries.iter().find_map(|entry| {
        let mut failed = entry.checks.iter().filter(|check| !check.held);
        failed.next().map(|check| (entry.line, check))
    });
    match failed {
        Some((line, check)) if check.actual.starts_with("unsupported") => {
            format!("cannot {line}: {}", check.expected)
        }
        Some((line, check)) => format!("failed {line}: {}, got {}", check.expected, check.actual),
        None => "held".into(),
    }
}
