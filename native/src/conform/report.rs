//! A comparison's outcome, and its rules, for people.

use super::{Differs, GENERATOR, Outcome, RULES, Tally};
use crate::table::Table;
use crate::{Exit, Report};

impl Outcome {
    /// The scenario of a difference on standard output, so that it can be kept; a word on it, or
    /// what was done without one, on standard error.
    pub fn report(&self, seed: u64) -> Report {
        match self {
            Self::Agreed(tally) => {
                Report { stdout: counts(tally, seed), stderr: String::new(), exit: Exit::Held }
            }
            Self::Differs(differs) => Report {
                stdout: differs.scenario.clone(),
                stderr: difference(differs),
                exit: Exit::Failed,
            },
        }
    }
}

fn counts(tally: &Tally, seed: u64) -> String {
    let Tally { ops, sequences, counters, signals, .. } = tally;
    let mut out = format!(
        "agreed: {ops} operations in {sequences} sequences (seed {seed}, {GENERATOR}); \
         {signals} interrupts, {counters} counters read\n"
    );
    let parts = [
        ("operations", words(tally.kinds.iter())),
        ("refused, by clause", words(tally.clauses.iter())),
        ("left out, by rule", words(tally.avoided.iter())),
    ];
    for (title, rows) in parts {
        let mut table = Table::default();
        rows.into_iter().for_each(|row| table.push(row));
        out += &format!("\n{title}\n{}", table.print(2));
    }
    out
}

fn words<'a, T: ToString + 'a>(counts: impl Iterator<Item = (&'a T, &'a u64)>) -> Vec<Vec<String>> {
    counts.map(|(what, count)| vec![what.to_string(), count.to_string()]).collect()
}

fn difference(differs: &Differs) -> String {
    let Differs { line, emulator, device, seed, sequence, tally, .. } = differs;
    let (again, of) = differs.reproduced;
    let came = match again {
        0 => format!("it did not come again in {of} runs, and was not shortened"),
        _ => format!(
            "shortened from {} steps to {} in {} runs; it came again in {again} of {of}",
            differs.shrunk_from, differs.steps, differs.reruns
        ),
    };
    format!(
        "line {line}: the emulator says `{emulator}`, the device says `{device}`\n\
         after {} operations (--seed {seed} --sequence {sequence}); {came}\n",
        tally.ops
    )
}

/// The rules in columns: name, whether it can be switched off, reason.
pub fn rules() -> String {
    let mut table = Table::default();
    for rule in RULES {
        let off = if rule.optional { "can be switched off" } else { "always" };
        table.row([rule.id, off, rule.reason]);
    }
    table.print(0)
}
