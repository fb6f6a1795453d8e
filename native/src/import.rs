//! `vfio-irq import`: strace lines, bytes of a request and config dumps to a scenario.

use vfio_irq_core::import::{self, Import};
use vfio_irq_core::pci::import::from_config;
use vfio_irq_core::scenario::{TextError, function_text};

use crate::excerpt::Excerpt;
use crate::input::Input;
use crate::{Error, Exit, Paint, Report};

/// Prints the scenario that says what the input says; what of it could not be used is shown in its
/// line on standard error. The report exits with
/// - [`Exit::Held`] when there is a scenario,
/// - [`Exit::Wrong`] when nothing of the input could be used.
pub fn import(input: &Input, paint: Paint) -> Result<Report, Error> {
    // A sysfs config file is no text.
    if input.bytes.contains(&0) {
        let refused = |source| Error::Import { name: input.name.clone(), source };
        return Ok(Report::done(function_text(&from_config(&input.bytes).map_err(refused)?)));
    }
    let text = input.text()?;
    let Import { kind, scenario, problems } = import::import(text);
    let mut stderr: String = problems.iter().map(|one| show(one, input, text, paint)).collect();
    let name = &input.name;
    let what = kind.map_or("nothing known here", import::Kind::words);
    let exit = if scenario.is_empty() { Exit::Wrong } else { Exit::Held };
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

fn show(problem: &TextError, input: &Input, text: &str, paint: Paint) -> String {
    let label = problem.expected.as_ref().map_or(String::new(), |e| format!("expected {e}"));
    let excerpt = Excerpt {
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
