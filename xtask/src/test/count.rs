//! Counting tests from the summary lines that libtest, libtest-mimic and wasm-bindgen's runner
//! all print.

use crate::command::run_reading;
use anyhow::{Result, bail};
use std::process::Command;

/// How many tests passed, failed and were skipped.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    pub(crate) skipped: u32,
}

impl Counts {
    pub(crate) fn add(&mut self, more: Self) {
        self.passed += more.passed;
        self.failed += more.failed;
        self.skipped += more.skipped;
    }

    /// Adds the numbers of a line `test result: ok. 3 passed; 0 failed; 1 ignored; …`; any other
    /// line adds nothing.
    pub(crate) fn read(&mut self, line: &str) {
        let Some((_, rest)) = line.split_once("test result: ") else { return };
        let Some((_verdict, rest)) = rest.split_once(". ") else { return };
        for part in rest.split(';') {
            let mut words = part.split_whitespace();
            let Some(number) = words.next().and_then(|word| word.parse::<u32>().ok()) else {
                continue;
            };
            match words.next() {
                Some("passed") => self.passed += number,
                Some("failed") => self.failed += number,
                Some("ignored") => self.skipped += number,
                _ => {}
            }
        }
    }
}

/// Runs a test program and adds its tests. Fails if it fails without having counted a failed
/// test (it didn't compile, or died), and if it ran no test at all.
pub(crate) fn tests(command: &mut Command, counts: &mut Counts) -> Result<()> {
    let mut seen = Counts::default();
    let status = run_reading(command, |line| seen.read(line))?;
    counts.add(seen);
    let line = crate::command::shown(command);
    if !status.success() && seen.failed == 0 {
        bail!("`{line}` failed ({status})");
    }
    if status.success() && seen.passed == 0 {
        bail!("`{line}` ran no test");
    }
    Ok(())
}

/// Runs a check that is one test: it passes or it doesn't.
pub(crate) fn check(command: &mut Command, counts: &mut Counts) -> Result<()> {
    crate::command::run(command)?;
    counts.passed += 1;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn counts_of_several_summaries_add_up() {
        let mut counts = Counts::default();
        counts.read("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out");
        counts.read("test result: FAILED. 2 passed; 1 failed; 0 ignored; finished in 0.1s");
        assert_eq!(counts, Counts { passed: 14, failed: 1, skipped: 1 });
    }

    #[test]
    fn counts_of_other_lines_stay() {
        let mut counts = Counts::default();
        counts.read("test entry_masked_is_silent ... ok");
        counts.read("running 3 tests");
        assert_eq!(counts, Counts::default());
    }
}
