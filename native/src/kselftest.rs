//! `vfio-irq export --kselftest`: many scenarios as one C program in the kernel's style of tests.

use std::path::Path;

use vfio_irq_core::export::kselftest::{self, Choice, Source};

use crate::input::Input;
use crate::{Error, Report};

/// The scenarios of this project's tests, by name and text.
pub const SCENARIOS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/scenarios.rs"));

/// The program of these scenarios, or of the errno and growth scenarios built in if there are none.
/// What is left out of those given is a note each; of those built in, the program says it.
pub fn export(inputs: &[Input]) -> Result<Report, Error> {
    let (sources, choice) = match inputs {
        [] => {
            let all = SCENARIOS.iter().map(|(name, text)| Source { name, text });
            (all.collect(), Choice::ErrnoAndResize)
        }
        inputs => {
            let all = inputs
                .iter()
                .map(|input| Ok(Source { name: name_of(&input.name), text: input.text()? }));
            (all.collect::<Result<Vec<_>, Error>>()?, Choice::All)
        }
    };
    let made = kselftest::selftest(&sources, choice)
        .map_err(|message| Error::Export { name: "--kselftest".into(), message })?;
    if made.tests.is_empty() {
        let why = made.left_out.iter().map(|(name, why)| format!("\n  {name}: {why}"));
        let message = format!("no scenario can be a test{}", why.collect::<String>());
        return Err(Error::Export { name: "--kselftest".into(), message });
    }
    let (tests, out) = (made.tests.len(), made.left_out.len());
    let stderr = match inputs {
        [] => {
            format!("note: {tests} tests; {out} scenarios are none: why, stands in the program\n")
        }
        _ => {
            let notes = made.left_out.iter();
            notes.map(|(name, why)| format!("note: {name} is no test: {why}\n")).collect()
        }
    };
    Ok(Report { stderr, ..Report::done(made.program) })
}

/// `noresize/set_refuses` of `tests/scenarios/noresize/set_refuses.scenario`: two parts say enough.
fn name_of(path: &str) -> &str {
    let name = Path::new(path).with_extension("");
    let length = name.to_str().map_or(path.len(), str::len);
    let stem = &path[..length.min(path.len())];
    let mut slashes = stem.rmatch_indices('/').map(|(at, _)| at + 1);
    let from = slashes.nth(1).unwrap_or(0);
    stem[from..].trim_start_matches(['.', '/'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_of_a_test_is_folder_and_file() {
        assert_eq!(
            name_of("tests/scenarios/noresize/set_refuses.scenario"),
            "noresize/set_refuses"
        );
        assert_eq!(name_of("noresize/set_refuses.scenario"), "noresize/set_refuses");
        assert_eq!(name_of("../set_refuses.scenario"), "set_refuses");
        assert_eq!(name_of("/x.scenario"), "x");
        assert_eq!(name_of("<stdin>"), "<stdin>");
    }
}
