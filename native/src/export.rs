//! `vfio-irq export`: a scenario as something to share or to run.

use vfio_irq_core::export::{self, Known, Language};
use vfio_irq_core::link::{self, View};
use vfio_irq_core::render;
use vfio_irq_core::scenario::{Scenario, run_emulated};

use crate::input::Input;
use crate::run::Options;
use crate::{Error, Report, answers};

/// As what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum As {
    /// A C program.
    C,
    /// A Rust program.
    Rust,
    /// A link to the playground.
    Link,
    /// The scenario in its canonical form.
    Scenario,
    /// The trace, 72 columns.
    Text,
    /// The trace with every event.
    Json,
    /// The trace as a sequence diagram.
    Svg,
}

/// Of a link that opens only beside the page, or as an argument of this command.
const RELATIVE: &str =
    "note: this link is relative: --page URL gives it the address of the playground\n";

/// Exports a scenario. `known` stands in for the device its `function` line names.
pub fn export(
    input: &Input,
    form: As,
    known: Option<Known>,
    page: &str,
    options: &Options,
) -> Result<Report, Error> {
    let text = input.text()?;
    let scenario = match Scenario::parse(text) {
        Ok(scenario) => scenario,
        Err(errors) => return Ok(answers::wrong(input, &errors)),
    };
    let known = known.or_else(|| match options.overrides.function {
        Some(_) => None,
        None => Known::of(&scenario),
    });
    let program = |language| {
        let text = export::program(&scenario, language, known);
        text.map(|text| Report { stderr: notes(&scenario, known), ..Report::done(text) })
            .map_err(|message| Error::Export { name: input.name.clone(), message })
    };
    match form {
        As::C => return program(Language::C),
        As::Rust => return program(Language::Rust),
        As::Link => {
            return match link::encode(&View::of_text(text)) {
                Ok(link) => {
                    let stderr = match page.contains("://") {
                        true => String::new(),
                        false => RELATIVE.into(),
                    };
                    Ok(Report { stderr, ..Report::done(format!("{page}#{link}\n")) })
                }
                Err(source) => Err(Error::Link { source }),
            };
        }
        As::Scenario => return Ok(Report::done(scenario.to_string())),
        As::Text | As::Json | As::Svg => {}
    }
    let trace = match run_emulated(&scenario, &options.overrides) {
        Ok(trace) => trace,
        Err(error) => return Ok(answers::wrong(input, &[error])),
    };
    Ok(Report::done(match form {
        As::Json => {
            let json = serde_json::to_string_pretty(&trace);
            json.expect("a trace is numbers, strings and lists") + "\n"
        }
        As::Svg => render::svg(&trace, &render::SvgOptions::default()) + "\n",
        _ => render::text(&trace),
    }))
}

/// What the program can't do.
fn notes(scenario: &Scenario, known: Option<Known>) -> String {
    let lines = export::not_carried(scenario, known);
    lines.iter().map(|(line, what)| format!("note: line {line}: not carried: {what}\n")).collect()
}
