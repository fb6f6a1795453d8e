//! The book's recipes, C and Rust, run in the guest: they must say of each device what
//! `recipes/expected.txt` says, to which a plain `cargo test` holds the emulator.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Result, ensure};
use vfio_irq_recipes::stories::expected;
use vfio_irq_tests::replay::side_by_side;

use super::Difference;
use super::answers::ADDRESSES;
use crate::guest::Guest;
use crate::packages::Kernel;

const LANGUAGES: [&str; 2] = ["c", "rust"];

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Stories that went as expected.
    pub agreed: usize,
    /// Those of a device and language that did not.
    pub differences: Vec<Difference>,
}

/// Boots a kernel and runs the recipes; `program` is the static `vfio-irq-recipes`.
///
/// # Errors
/// When the guest fails.
pub fn ask(kernel: &Kernel, program: &Path) -> Result<Outcome> {
    let mut script = String::new();
    for (device, address, _) in ADDRESSES {
        let _ = writeln!(script, "echo 'device {device}'\nrecipes {address} || echo \"status $?\"");
    }
    script += "exit 0\n";
    let ended = Guest::new(kernel).program("recipes", program)?.script(&script).boot()?.wait()?;
    ensure!(ended.status == 0, "the script failed in the guest:\n{}", ended.console);

    let mut outcome = Outcome::default();
    for (device, ..) in ADDRESSES {
        let Some(lines) = expected(device, &kernel.host) else { continue };
        let expected: Vec<String> = lines.into_iter().map(str::to_owned).collect();
        for language in LANGUAGES {
            let said = said(&ended.results, device, language);
            if said == expected {
                outcome.agreed += said.len();
                continue;
            }
            outcome.differences.push(Difference {
                host: kernel.host.clone(),
                device: device.into(),
                what: format!("the recipes in {language}"),
                text: side_by_side(("expected", &expected), ("recipes", &said)),
            });
        }
    }
    Ok(outcome)
}

/// What was printed of a device in a language.
fn said(lines: &[String], device: &str, language: &str) -> Vec<String> {
    let (device, language) = (format!("device {device}"), format!("language {language}"));
    let of_device = lines.iter().skip_while(|line| **line != device).skip(1);
    let of_device = of_device.take_while(|line| !line.starts_with("device "));
    let of_language = of_device.skip_while(|line| **line != language).skip(1);
    of_language.take_while(|line| !line.starts_with("language ")).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_language_are_those_of_its_device() {
        let lines =
            "device a\nlanguage c\n1\nlanguage rust\n2\n3\ndevice b\nlanguage c\n4\nstatus 2";
        let lines: Vec<String> = lines.lines().map(str::to_owned).collect();
        let said = |device, language| said(&lines, device, language).join(" ");
        assert_eq!([said("a", "c"), said("a", "rust")], ["1", "2 3"]);
        assert_eq!([said("b", "c"), said("b", "rust")], ["4 status 2", ""]);
    }

    #[test]
    fn every_device_has_its_lines_on_every_kernel() {
        for host in vfio_irq_tests::corpus::HOSTS {
            for (device, ..) in ADDRESSES {
                assert!(
                    expected(device, host).is_some_and(|lines| lines.len() > 8),
                    "{host}, {device}"
                );
            }
        }
    }
}
