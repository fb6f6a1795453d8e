//! What a run of the tests says at its end.

use super::count::Counts;
use std::fmt::Write;

/// How one step ended.
pub(crate) struct Outcome {
    pub(crate) kind: &'static str,
    pub(crate) counts: Counts,
    pub(crate) seconds: f32,
    errors: Vec<String>,
}

impl Outcome {
    pub(crate) fn new(kind: &'static str) -> Self {
        Outcome { kind, counts: Counts::default(), seconds: 0.0, errors: Vec::new() }
    }

    /// Counts a failure that no test program reported.
    pub(crate) fn fail(&mut self, error: String) {
        self.counts.failed += 1;
        self.errors.push(error);
    }

    /// With `CI=true` nothing may be skipped.
    pub(crate) fn settle(&mut self, strict: bool) {
        if strict && self.counts.skipped > 0 {
            self.fail(format!("{} skipped, and CI=true forbids it", self.counts.skipped));
        }
    }

    pub(crate) fn line(&self) -> String {
        let Counts { passed, failed, skipped } = self.counts;
        let seconds = self.seconds;
        format!(
            "{}: {passed} passed, {failed} failed, {skipped} skipped, {seconds:.0} s",
            self.kind
        )
    }
}

/// The table, each failure that isn't a test's, and the closing line.
pub(crate) fn table(outcomes: &[Outcome]) -> String {
    let mut text = String::from("\nkind       passed  failed  skipped  seconds\n");
    let mut sum = Counts::default();
    let mut seconds = 0.0;
    for Outcome { kind, counts, seconds: took, .. } in outcomes {
        row(&mut text, kind, *counts, *took);
        sum.passed += counts.passed;
        sum.failed += counts.failed;
        sum.skipped += counts.skipped;
        seconds += took;
    }
    row(&mut text, "all", sum, seconds);
    for outcome in outcomes {
        for error in &outcome.errors {
            let _ = write!(text, "\n{}: {error}\n", outcome.kind);
        }
    }
    let _ = write!(text, "\n{} passed, {} failed", sum.passed, sum.failed);
    text
}

fn row(text: &mut String, kind: &str, counts: Counts, seconds: f32) {
    let Counts { passed, failed, skipped } = counts;
    let _ = writeln!(text, "{kind:<10} {passed:>6}  {failed:>6}  {skipped:>7}  {seconds:>7.0}");
}

#[cfg(test)]
mod tests {
    use super::{Counts, Outcome, table};

    #[test]
    fn table_ends_in_the_plain_sum() {
        let mut native = Outcome::new("native");
        native.counts = Counts { passed: 7, failed: 0, skipped: 2 };
        let mut fmt = Outcome::new("fmt");
        fmt.fail("`cargo fmt` failed".to_owned());
        let text = table(&[native, fmt]);
        assert_eq!(text.lines().last(), Some("7 passed, 1 failed"));
        assert!(text.contains("fmt: `cargo fmt` failed"));
    }

    #[test]
    fn outcome_with_skipped_tests_fails_only_when_strict() {
        let skipping = || {
            let mut outcome = Outcome::new("e2e");
            outcome.counts.skipped = 1;
            outcome
        };
        let (mut lax, mut strict) = (skipping(), skipping());
        lax.settle(false);
        strict.settle(true);
        assert_eq!((lax.counts.failed, strict.counts.failed), (0, 1));
    }
}
