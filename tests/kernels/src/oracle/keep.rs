//! What is done with a kernel's answers: they are held against the emulator, and against what is
//! kept of this kernel in the repository, or become what is kept.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use vfio_irq_book::verified::Verified;
use vfio_irq_tests::corpus::Item;
use vfio_irq_tests::kvm::{self, Heard};
use vfio_irq_tests::recording::Recorded;
use vfio_irq_tests::replay::{self, Kept, Problem, RECORD};
use vfio_irq_tests::{root, verified};

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// What must be looked at: differences nothing explains, drift, recordings that are stale.
    pub problems: Vec<String>,
    /// What is worth knowing.
    pub notes: Vec<String>,
}

/// Holds the answers of one or more kernels against the emulator: no difference that is not
/// listed, none listed that is none. What is listed of kernels or parts that were not asked is the
/// replay's.
///
/// # Errors
/// When the list of differences is not understood.
pub fn compare(answers: &[Kept], items: &[Item]) -> Result<Findings> {
    let list = replay::differences(items)?;
    let mut problems: Vec<Problem> =
        answers.iter().flat_map(|one| replay::check(one, items, &list)).collect();
    problems.extend(replay::needless(answers, items, &list));
    let problems = problems.iter().map(ToString::to_string).collect();
    Ok(Findings { problems, notes: Vec::new() })
}

/// Holds the answers against what is kept.
pub fn drift(answers: &[Kept], kvm: &[Heard], items: &[Item]) -> Findings {
    let mut findings = Findings::default();
    for now in kvm {
        let before = Heard::read(&now.host).unwrap_or_default();
        if before.lines != now.lines {
            let host = &now.host;
            findings.problems.push(format!("{host}, kvm: not what is recorded; {RECORD}"));
        }
    }
    for now in answers {
        let Some(before) = Kept::read(&now.host, &now.device, now.part) else {
            findings.problems.push(format!("{}: no recording is kept; {RECORD}", now.name()));
            continue;
        };
        let (then, here) = (before.recording.versions(), now.recording.versions());
        if then != here {
            let name = now.name();
            findings.notes.push(format!("{name}: recorded on {then}; seen now on {here}"));
        }
        let drift = replay::drift(&before, now);
        findings.problems.extend(drift.iter().map(ToString::to_string));
        let known = |one: &&Recorded| {
            let mut kept = before.recording.scenarios.iter();
            kept.any(|old| (&old.name, &old.fingerprint) == (&one.name, &one.fingerprint))
        };
        let stale: Vec<&str> = now
            .recording
            .scenarios
            .iter()
            .filter(|one| !known(one))
            .map(|one| one.name.as_str())
            .collect();
        if let Some(first) = stale.first() {
            let others = match stale.len() {
                1 => String::new(),
                many => format!(" and {} more", many - 1),
            };
            let name = now.name();
            findings.problems.push(format!("{name}: {first}{others} not recorded; {RECORD}"));
        }
    }
    if !answers.is_empty() {
        findings.notes.extend(verified_note(items));
    }
    findings
}

/// Whether the verified file is of what is kept; `cargo test` fails when it is not.
fn verified_note(items: &[Item]) -> Option<String> {
    let text = fs::read_to_string(root().join(Verified::FILE)).unwrap_or_default();
    let ours = verified::of(&replay::kept(), &kvm::kept(), items).ok()?.print();
    (text != ours).then(|| format!("{} is stale; {RECORD}", Verified::FILE))
}

/// Keeps the answers, and writes the verified file from all that is kept.
///
/// # Errors
/// When a file can't be written, or recordings of one kernel are of several versions.
pub fn record(answers: &[Kept], kvm: &[Heard], items: &[Item]) -> Result<Findings> {
    let day = day_of(SystemTime::now());
    for one in kvm {
        Heard { day: day.clone(), ..one.clone() }.write()?;
    }
    for one in answers {
        let mut kept = one.clone();
        kept.recording.day = day.clone();
        kept.write()?;
    }
    let verified = verified::of(&replay::kept(), &kvm::kept(), items)?;
    let file = root().join(Verified::FILE);
    fs::write(&file, verified.print())
        .with_context(|| format!("cannot write {}", Verified::FILE))?;
    let confirmed = verified.scenarios.values().filter(|one| !one.kernels.is_empty()).count();
    let note = format!(
        "recorded: {} files; {confirmed} of {} scenarios and {} clauses confirmed",
        answers.len() + kvm.len(),
        verified.scenarios.len(),
        verified.clauses.len()
    );
    Ok(Findings { problems: Vec::new(), notes: vec![note] })
}

/// The day of a time, in UTC: `2026-11-30`. Years have 365 or 366 days (Gregorian calendar); leap
/// seconds are none of Unix time's.
fn day_of(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (mut days, mut year) = (seconds / 86_400, 1970);
    let is_leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let length = |year| if is_leap(year) { 366 } else { 365 };
    while days >= length(year) {
        days -= length(year);
        year += 1;
    }
    let february = if is_leap(year) { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year}-{month:02}-{:02}", days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    // From `date -u -d @SECONDS +%F`.
    #[test]
    fn day_of_a_time_is_the_calendars() {
        let day = |seconds| day_of(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(day(951_782_399), "2000-02-28");
        assert_eq!(day(951_868_799), "2000-02-29");
        assert_eq!(day(1_796_083_199), "2026-11-30");
        assert_eq!(day(1_798_761_600), "2027-01-01");
    }
}
