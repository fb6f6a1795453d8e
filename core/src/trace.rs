//! The record of a run: every line of the scenario with what happened and what was expected.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::device::Fd;
use crate::event::Event;
use crate::ledger::Summary;

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
