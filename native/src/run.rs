//! `vfio-irq run`: a scenario on the emulator, or on whatever else answers.

use vfio_irq_core::device::Target;
use vfio_irq_core::machine::Machine;
use vfio_irq_core::notes::{self, Known, Note};
use vfio_irq_core::render;
use vfio_irq_core::scenario::{self, MAX_ERRORS, Overrides, Scenario, TextError, run_emulated};
use vfio_irq_core::trace::{Check, Entry, Trace};

use crate::excerpt::{Excerpt, Word};
use crate::input::Input;
use crate::{Error, Exit, Paint, Report};

/// Most failed expectations of one run that are shown.
const MAX_FAILURES: usize = 20;

/// How a trace is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Plain text of at most 72 columns, for people and mails.
    Text,
    /// The trace with every event.
    Json,
    /// A sequence diagram.
    Svg,
}

/// How to run.
pub struct Options {
    /// What stands in for the scenario's own host and function.
    pub overrides: Overrides,
    /// How the trace is shown.
    pub format: Format,
    /// Whether notes about likely misuse are shown with it.
    pub notes: bool,
    /// Colour of the trace.
    pub stdout: Paint,
    /// Colour of the messages.
    pub stderr: Paint,
}

/// Runs a scenario. The report exits with
/// - [`Exit::Held`] when every expectation held,
/// - [`Exit::Failed`] when one failed, shown in its line on standard error,
/// - [`Exit::Wrong`] when the text is wrong; every error is shown in its line.
pub fn run(input: &Input, options: &Options) -> Result<Report, Error> {
    let text = input.text()?;
    let ran = Scenario::parse(text).and_then(|scenario| {
        let machine = scenario.machine(&options.overrides).map_err(|error| vec![error])?;
        let trace = run_emulated(&scenario, &options.overrides).map_err(|error| vec![error])?;
        Ok((trace, machine))
    });
    Ok(match ran {
        Ok((trace, machine)) => report(&trace, Some(&machine), input, text, options),
        Err(errors) => wrong(&errors, input, text, options),
    })
}

/// What a scenario is run on when it is not the emulator, and what the trace calls it.
pub struct On<T> {
    /// Who answers.
    pub target: T,
    /// The function's name.
    pub function: String,
    /// The host's name.
    pub host: String,
}

/// Runs a scenario on another device than the emulator, which is made once the text is known to be
/// right. The report exits as that of [`run`] does.
pub fn run_on<T: Target>(
    input: &Input,
    options: &Options,
    make: impl FnOnce() -> Result<On<T>, Error>,
) -> Result<Report, Error> {
    let text = input.text()?;
    Ok(match Scenario::parse(text) {
        Ok(scenario) => {
            let On { mut target, function, host } = make()?;
            let trace = Trace { function, host, ..scenario::run(&scenario, &mut target) };
            report(&trace, None, input, text, options)
        }
        Err(errors) => wrong(&errors, input, text, options),
    })
}

fn wrong(errors: &[TextError], input: &Input, text: &str, options: &Options) -> Report {
    Report {
        stdout: String::new(),
        stderr: print_errors(errors, input, text, options.stderr),
        exit: Exit::Wrong,
    }
}

/// `machine` is what the emulator began with; of a real device the run alone tells.
fn report(
    trace: &Trace,
    machine: Option<&Machine>,
    input: &Input,
    text: &str,
    options: &Options,
) -> Report {
    let notes =
        options.notes.then(|| notes::of(trace, machine.map_or_else(Known::nothing, Known::of)));
    Report {
        stdout: show(trace, notes.as_deref(), options),
        stderr: print_failures(trace, input, text, options.stderr),
        exit: if trace.held { Exit::Held } else { Exit::Failed },
    }
}

/// A trace with its notes: the trace's own fields, and one more.
#[derive(serde::Serialize)]
struct WithNotes<'a> {
    #[serde(flatten)]
    trace: &'a Trace,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<&'a [Note]>,
}

fn show(trace: &Trace, notes: Option<&[Note]>, options: &Options) -> String {
    match options.format {
        Format::Text => {
            let style = render::Style { color: options.stdout.is_on(), ..Default::default() };
            render::text_with(trace, &style) + &under(notes.unwrap_or_default())
        }
        Format::Json => {
            let json = serde_json::to_string_pretty(&WithNotes { trace, notes });
            json.expect("a trace is numbers, strings and lists") + "\n"
        }
        Format::Svg => render::svg(trace, &render::SvgOptions::default()) + "\n",
    }
}

/// The notes below a trace; nothing when there are none.
fn under(notes: &[Note]) -> String {
    match notes {
        [] => String::new(),
        notes => format!("\n likely misuse\n{}", notes::text(notes)),
    }
}

/// Every error in its line, and how many.
pub(crate) fn print_errors(
    errors: &[TextError],
    input: &Input,
    text: &str,
    paint: Paint,
) -> String {
    let mut out = String::new();
    for error in errors {
        let excerpt = Excerpt {
            word: Word::Error,
            title: &error.message,
            name: &input.name,
            text,
            line: error.line,
            column: error.column,
            length: error.length,
            label: &error.expected.as_ref().map_or(String::new(), |e| format!("expected {e}")),
        };
        out += &excerpt.print(paint);
        out.push('\n');
    }
    let count = match errors.len() {
        1 => "1 error".to_owned(),
        n if n < MAX_ERRORS => format!("{n} errors"),
        n => format!("the first {n} errors"),
    };
    out + &format!("{}: {count}, nothing was run\n", input.name)
}

fn print_failures(trace: &Trace, input: &Input, text: &str, paint: Paint) -> String {
    let checks = || trace.entries.iter().flat_map(|e| e.checks.iter().map(move |c| (e, c)));
    let failed: Vec<(&Entry, &Check)> = checks().filter(|(_, check)| !check.held).collect();
    let mut out = String::new();
    for (entry, check) in failed.iter().take(MAX_FAILURES) {
        let excerpt = Excerpt {
            word: Word::Error,
            title: "the expectation does not hold",
            name: &input.name,
            text,
            line: entry.line,
            column: check.column,
            length: check.expected.chars().count() as u32,
            label: &format!("expected {}, got {}", check.expected, check.actual),
        };
        out += &excerpt.print(paint);
        out.push('\n');
    }
    if failed.len() > MAX_FAILURES {
        out += &format!("… and {} more\n\n", failed.len() - MAX_FAILURES);
    }
    if !failed.is_empty() {
        let (failed, all) = (failed.len(), checks().count());
        out += &format!("{}: {failed} of {all} expectations failed\n", input.name);
    }
    out
}
