//! `vfio-irq import`: strace lines, bytes of a request and config dumps to a scenario.

use vfio_irq_core::import::{self, Import};
use vfio_irq_core::pci::import::{Imported, from_any};
use vfio_irq_core::scenario::{TextError, function_text};

use crate::excerpt::{Excerpt, Word};
use crate::input::Input;
use crate::profiles::choose;
use crate::{Error, Exit, Paint, Report};

/// Prints the scenario that says what the input says; what of it could not be used is shown in its
/// line on standard error. The report exits with
/// - [`Exit::Held`] when there is a scenario,
/// - [`Exit::Wrong`] when nothing of the input could be used.
///
/// `function` is the address of one in a config dump; without, the first that can interrupt is taken.
pub fn import(input: &Input, function: Option<&str>, paint: Paint) -> Result<Report, Error> {
    let dump = || {
        from_any(&input.bytes).map_err(|source| Error::Import { name: input.name.clone(), source })
    };
    if let Some(address) = function {
        let found = dump()?;
        let chosen = choose(&found, &input.name, Some(address)).map_err(|error| match error {
            Error::Choose { name, problem, .. } => {
                let addresses = found.iter().filter_map(|one| one.address.as_deref());
                let addresses = addresses.map(|address| format!("--function {address}"));
                Error::Choose { name, problem, choices: addresses.collect::<Vec<_>>().join(", ") }
            }
            error => error,
        })?;
        return only(input, chosen);
    }
    // A sysfs config file is no text.
    if input.bytes.contains(&0) {
        return only(input, choose(&dump()?, &input.name, None)?);
    }
    let lossy;
    let text = match input.text() {
        Ok(text) => text,
        // In what a dump calls its functions, bytes may be of any kind.
        Err(refused) => match dump().as_deref() {
            Ok([one]) => return only(input, one),
            Ok(_) => {
                lossy = String::from_utf8_lossy(&input.bytes);
                &*lossy
            }
            Err(_) => return Err(refused),
        },
    };
    let Import { kind, scenario, problems, mut notes } = import::import(text);
    // Only an address can be asked for.
    let choice = kind == Some(import::Kind::Config)
        && dump().is_ok_and(|found| found.iter().all(|one| one.address.is_some()));
    if let Some(note) = notes.first_mut().filter(|_| choice) {
        note.message += "; choose with --function ADDRESS";
    }
    let exit = if scenario.is_empty() { Exit::Wrong } else { Exit::Held };
    // Nothing is wrong with what became a scenario.
    let word = if exit == Exit::Held { Word::Note } else { Word::Error };
    let shown = |all: &[TextError], word| -> String {
        all.iter().map(|one| show(one, word, input, text, paint)).collect()
    };
    let mut stderr = shown(&notes, Word::Note) + &shown(&problems, word);
    let name = &input.name;
    let what = kind.map_or("nothing known here", import::Kind::words);
    match (problems.len(), exit) {
        (_, Exit::Wrong) => {
            stderr += &format!("{name}: taken for {what}; there is no scenario in it\n")
        }
        (0, _) => {}
        (1, _) => {
            stderr += &format!("{name}: taken for {what}; 1 part of it is not in the scenario\n")
        }
        (n, _) => {
            stderr +=
                &format!("{name}: taken for {what}; {n} parts of it are not in the scenario\n")
        }
    }
    Ok(Report { stdout: scenario, stderr, exit })
}

/// The text of one function.
fn only(input: &Input, one: &Imported) -> Result<Report, Error> {
    match one.function() {
        Ok(_) => Ok(Report::done(function_text(one))),
        Err(source) => Err(Error::Function { name: input.name.clone(), source }),
    }
}

fn show(problem: &TextError, word: Word, input: &Input, text: &str, paint: Paint) -> String {
    let label = problem.expected.as_ref().map_or(String::new(), |e| format!("expected {e}"));
    let excerpt = Excerpt {
        word,
        title: &problem.message,
        name: &input.name,
        text,
        line: problem.line,
        column: problem.column,
        length: problem.length,
        label: &label,
    };
    excerpt.print(paint) + "\n"
}
