//! Running a block, and holding it to what it says.

use crate::block::Block;
use std::fmt;
use std::path::Path;
use vfio_irq_core::host::HostProfile;
use vfio_irq_core::scenario::{Overrides, Scenario, run_emulated};
use vfio_irq_core::trace::Trace;

/// Something wrong with a block, with its place in a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The file, from the repository's root.
    pub file: String,
    /// Line in the file, from 1.
    pub line: u32,
    /// Column, from 1, if it has one.
    pub column: Option<u32>,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        if let Some(column) = self.column {
            write!(f, ":{column}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Runs a block on each of its hosts. `chapter` names the file in a problem.
///
/// Every expectation must hold on every host; with `fails`, one must not on one of them.
pub fn run(block: &Block, chapter: &str) -> Result<Vec<Trace>, Vec<Problem>> {
    let traces = traces(block, chapter)?;
    let failed: Vec<Problem> =
        traces.iter().flat_map(|trace| failed_expectations(trace, block, chapter)).collect();
    match (block.attributes.fails, failed.is_empty()) {
        (false, false) => Err(failed),
        (true, true) => Err(vec![Problem {
            file: chapter.to_owned(),
            line: block.line,
            column: None,
            message: "marked `fails`, but every expectation holds".to_owned(),
        }]),
        _ => Ok(traces),
    }
}

fn traces(block: &Block, chapter: &str) -> Result<Vec<Trace>, Vec<Problem>> {
    let at = |line, column, message| place(block, chapter, line, column, message);
    let scenario = Scenario::parse(&block.text).map_err(|errors| {
        let problem = |error: &vfio_irq_core::scenario::TextError| {
            at(error.line, Some(error.column), said(error))
        };
        errors.iter().map(problem).collect::<Vec<_>>()
    })?;
    let mut hosts = Vec::new();
    for name in &block.attributes.hosts {
        let Some(host) = HostProfile::by_name(name) else {
            let message = format!("there is no host `{name}`");
            return Err(vec![at(0, None, message)]);
        };
        hosts.push(Some(host));
    }
    if hosts.is_empty() {
        hosts.push(None);
    }
    let run_on = |host| {
        run_emulated(&scenario, &Overrides { host, ..Overrides::default() })
            .map_err(|error| vec![at(error.line, Some(error.column), said(&error))])
    };
    hosts.into_iter().map(run_on).collect()
}

fn said(error: &vfio_irq_core::scenario::TextError) -> String {
    match &error.expected {
        Some(expected) => format!("{}; expected {expected}", error.message),
        None => error.message.clone(),
    }
}

fn failed_expectations(trace: &Trace, block: &Block, chapter: &str) -> Vec<Problem> {
    let entries = trace.entries.iter();
    let failed = entries.flat_map(|entry| {
        entry.checks.iter().filter(|check| !check.held).map(move |check| (entry, check))
    });
    failed
        .map(|(entry, check)| {
            let message = format!(
                "`{}`: expected {}, got {} on {}",
                entry.text, check.expected, check.actual, trace.host
            );
            place(block, chapter, entry.line, Some(check.column), message)
        })
        .collect()
}

/// A line of the scenario as a line of the file it stands in; 0 is the fence.
fn place(block: &Block, chapter: &str, line: u32, column: Option<u32>, message: String) -> Problem {
    match &block.included {
        Some((file, left_out)) if line > 0 => {
            Problem { file: shown(file), line: line + left_out, column, message }
        }
        _ => Problem { file: chapter.to_owned(), line: block.line + line, column, message },
    }
}

fn shown(path: &Path) -> String {
    path.canonicalize().unwrap_or_else(|_| path.to_owned()).display().to_string()
}
