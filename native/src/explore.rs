//! `vfio-irq explore`: every run a text allows. What may happen at any time is said in the text
//! (`meanwhile`); a text that says nothing of the kind is let loose first.

use serde::Serialize;
use vfio_irq_core::explore::{Answer, Bounds, Explorer, Invariant, Reached, Verdict};
use vfio_irq_core::host::HostProfile;
use vfio_irq_core::pci::Function;
use vfio_irq_core::render;
use vfio_irq_core::scenario::{Overrides, Scenario, TextError};

use crate::input::Input;
use crate::run::print_errors;
use crate::{Error, Exit, Format, Paint, Report};

/// States followed between two looks at how far it is.
const PIECE: u32 = 20_000;

/// How to explore.
pub struct Options {
    /// Hosts, one after the other, instead of the text's own; none means the text's own.
    pub hosts: Vec<HostProfile>,
    /// The function instead of the text's own, and the lines of a scenario that say so.
    pub function: Option<(Function, String)>,
    /// What is asked.
    pub asked: Vec<Invariant>,
    /// How much it may take, for each host.
    pub bounds: Bounds,
    /// How the report is shown.
    pub format: Format,
    /// Colour of the messages.
    pub stderr: Paint,
}

/// What was found on one host.
struct Found {
    function: String,
    host: String,
    verdict: Verdict,
}

/// Explores a scenario; `progress` is told now and then the host's name and how far it is. The
/// report exits with
/// - [`Exit::Held`] when all that was asked holds on every host,
/// - [`Exit::Failed`] when something does not, or the memory was used up before that was known,
///   which standard error says,
/// - [`Exit::Wrong`] when the text is wrong; every error is shown in its line.
pub fn explore(
    input: &Input,
    options: &Options,
    progress: &mut dyn FnMut(&str, &Reached),
) -> Result<Report, Error> {
    let text = input.text()?;
    let wrong = |errors: &[TextError]| Report {
        stdout: String::new(),
        stderr: print_errors(errors, input, text, options.stderr),
        exit: Exit::Wrong,
    };
    let scenario = match Scenario::parse(text) {
        Ok(scenario) => scenario,
        Err(errors) => return Ok(wrong(&errors)),
    };
    let loosened = !scenario.is_open();
    let scenario = if loosened { scenario.loosened() } else { scenario };
    let mut found = Vec::new();
    let own = [None];
    let hosts = options.hosts.iter().cloned().map(Some);
    let hosts: Vec<_> = if options.hosts.is_empty() { own.into() } else { hosts.collect() };
    for host in hosts {
        match on_host(&scenario, host, options, progress) {
            Ok(one) => found.push(one),
            Err(error) => return Ok(wrong(&[error])),
        }
    }
    let all_hold = found.iter().all(|one| one.verdict.answer == Answer::Holds);
    let unknown = found.iter().filter(|one| one.verdict.answer == Answer::Unknown);
    let unknown = unknown.map(|one| {
        let more = "use --memory for more, or ask less with --ask";
        format!("{} on {}: not known, the memory was used up; {more}\n", input.name, one.host)
    });
    Ok(Report {
        stderr: unknown.collect(),
        stdout: match options.format {
            Format::Text => print(&found, input, loosened.then_some(&scenario), options),
            Format::Json => json(&found, input, loosened.then_some(&scenario), options),
        },
        exit: if all_hold { Exit::Held } else { Exit::Failed },
    })
}

fn on_host(
    scenario: &Scenario,
    instead: Option<HostProfile>,
    options: &Options,
    progress: &mut dyn FnMut(&str, &Reached),
) -> Result<Found, TextError> {
    let function = options.function.as_ref().map(|(function, _)| function.clone());
    let overrides = Overrides { host: instead.clone(), function };
    let machine = scenario.machine(&overrides)?;
    let function = machine.function.name().to_owned();
    let host = machine.host.profile().name.to_string();
    let mut explorer = Explorer::new(scenario, &overrides, &options.asked, options.bounds)?;
    loop {
        progress(&host, &explorer.reached());
        if let Some(mut verdict) = explorer.run(PIECE) {
            if let Answer::Fails(found) = &mut verdict.answer {
                // It is to show the same wherever it is run.
                let function = options.function.as_ref().map(|(_, text)| Scenario::parse(text));
                let function = function.and_then(Result::ok);
                let host = instead.as_ref().map(|profile| &*profile.name);
                found.scenario = found.scenario.on(function.as_ref(), host);
            }
            return Ok(Found { function, host, verdict });
        }
    }
}

fn print(found: &[Found], input: &Input, loosened: Option<&Scenario>, options: &Options) -> String {
    let mut out = String::new();
    for Found { function, host, verdict } in found {
        let explored = render::Explored {
            name: &input.name,
            function,
            host,
            asked: &options.asked,
            memory: options.bounds.memory,
        };
        out += &render::verdict(&explored, verdict);
        out.push('\n');
    }
    if let Some(scenario) = loosened {
        out += &render::lines(LOOSENED);
        out += &format!("\n{}\n", render::fitted(scenario));
    }
    let hosts: Vec<&str> = found.iter().map(|one| &*one.host).collect();
    let function = found.first().map_or("", |one| &one.function);
    let hosts = match &hosts[..] {
        [all @ .., last] if !all.is_empty() => format!("{} or {last}", all.join(", ")),
        all => all.concat(),
    };
    out += "Assumed:\n";
    out.extend(render::assumed(function, &hosts).iter().map(|one| render::item(one)));
    out
}

/// Said of a text without `meanwhile`.
const LOOSENED: &str = "The text leaves nothing open (no `meanwhile`), so it was let loose: each \
of its interrupts may come at its place or anywhere below, and its counters and ledger are not \
looked at. What was explored, with the lines named above:";

fn json(found: &[Found], input: &Input, loosened: Option<&Scenario>, options: &Options) -> String {
    let host = |one: &Found| HostJson::of(one, options);
    let all = Json {
        name: input.name.clone(),
        loosened: loosened.map(Scenario::to_string),
        asked: options.asked.clone(),
        memory: options.bounds.memory,
        hosts: found.iter().map(host).collect(),
    };
    serde_json::to_string_pretty(&all).expect("numbers, strings and lists") + "\n"
}

#[derive(Serialize)]
struct Json {
    name: String,
    /// The text explored, where the one given left nothing open.
    loosened: Option<String>,
    asked: Vec<Invariant>,
    /// Bytes allowed.
    memory: usize,
    hosts: Vec<HostJson>,
}

#[derive(Serialize)]
struct HostJson {
    host: String,
    function: String,
    /// `holds`, `fails` or `unknown`.
    answer: &'static str,
    /// What holds, of that which was asked; for `unknown`, in what was seen.
    holds: Vec<&'static str>,
    counterexample: Option<CounterexampleJson>,
    reached: Reached,
    assumed: [String; 4],
}

#[derive(Serialize)]
struct CounterexampleJson {
    invariant: Invariant,
    what: String,
    /// Moves.
    length: u32,
    scenario: String,
}

impl HostJson {
    fn of(Found { function, host, verdict }: &Found, options: &Options) -> Self {
        let statements = || options.asked.iter().map(|one| one.statement()).collect();
        let (answer, holds, counterexample) = match &verdict.answer {
            Answer::Holds => ("holds", statements(), None),
            Answer::Unknown => ("unknown", statements(), None),
            Answer::Fails(found) => {
                let found = CounterexampleJson {
                    invariant: found.invariant,
                    what: found.what.clone(),
                    length: found.length,
                    scenario: render::fitted(&found.scenario),
                };
                ("fails", Vec::new(), Some(found))
            }
        };
        Self {
            host: host.clone(),
            function: function.clone(),
            answer,
            holds,
            counterexample,
            reached: verdict.reached,
            assumed: render::assumed(function, host),
        }
    }
}
