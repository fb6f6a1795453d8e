//! The record of a run: every line of the scenario with what happened and what was expected.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::device::Fd;
use crate::event::{CauseId, Event};
use crate::ledger::Summary;
use crate::sorted::Sorted;

/// A whole run.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Trace {
    /// The function, described in one line.
    pub function: String,
    /// The host's name.
    pub host: String,
    /// The scenario's names for descriptors.
    pub names: BTreeMap<Fd, String>,
    /// One entry for each line that did something, in order.
    pub entries: Vec<Entry>,
    /// The counts at the end.
    pub ledger: Summary,
    /// Whether every expectation held.
    pub held: bool,
}

/// One line of a scenario, run.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Entry {
    /// Line in the scenario's text, from 1.
    pub line: u32,
    /// The step without comment and expectations, as the scenario prints it.
    pub text: String,
    /// What happened.
    pub events: Vec<Event>,
    /// What was expected.
    pub checks: Vec<Check>,
}

/// One expectation and its answer.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Check {
    /// As written.
    pub expected: String,
    /// What came.
    pub actual: String,
    /// Whether they agree.
    pub held: bool,
    /// Column of the expectation in the line, from 1.
    pub column: u32,
}

/// The ledger's counts, made from events alone: so they can be had from any device that reports
/// its interrupts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    summary: Summary,
    /// Causes neither signalled, merged nor lost yet.
    open: Sorted<CauseId, ()>,
}

impl Counts {
    /// Takes in what happened next.
    pub fn event(&mut self, event: &Event) {
        match event {
            Event::Cause { cause, .. } => {
                self.summary.causes += 1;
                self.open.insert(*cause, ());
            }
            Event::Merged { cause, .. } if self.open.remove(cause).is_some() => {
                self.summary.merged += 1
            }
            Event::Lost { cause, .. } if self.open.remove(cause).is_some() => {
                self.summary.lost += 1
            }
            Event::Signalled { cause, .. } => {
                self.summary.signals += 1;
                if self.open.remove(cause).is_some() {
                    self.summary.signalled += 1;
                }
            }
            _ => {}
        }
    }

    /// The counts so far; what is settled nowhere else waits.
    pub fn summary(&self) -> Summary {
        Summary { waiting: u32::try_from(self.open.len()).unwrap_or(u32::MAX), ..self.summary }
    }
}

/// Why JSON is no trace, or no scenario.
#[cfg(feature = "serde")]
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct JsonError {
    /// Line in the JSON, from 1; 0 if it is not about a place in it.
    pub line: usize,
    /// Column in the JSON, from 1; 0 if it is not about a place in it.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

#[cfg(feature = "serde")]
impl From<serde_json::Error> for JsonError {
    fn from(error: serde_json::Error) -> Self {
        let message = alloc::string::ToString::to_string(&error);
        Self { line: error.line(), column: error.column(), message }
    }
}

#[cfg(feature = "serde")]
impl Trace {
    /// The trace as JSON, indented. Field names are those of the types.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a trace is numbers, strings and lists")
    }

    /// A trace from its JSON.
    pub fn from_json(json: &str) -> Result<Self, JsonError> {
        Ok(serde_json::from_str(json)?)
    }
}
