//! What people have at hand, made a scenario: lines of `strace`, the bytes of a request, a config
//! dump.
//!
//! [`import`] says what a text is, gives the scenario that says the same, and lists what of the text
//! is not in it, each with its place. Nothing is made up: what `strace` does not show (the data
//! behind an address) is a comment in the scenario.
//!
//! Left out: links, which only a page can open; what the function raised, which no trace of its
//! user shows.

mod apart;
mod bytes;
mod fds;
mod request;
mod story;
mod strace;
mod value;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use crate::pci::import::{self as dump, ImportPlace, ImportProblem};
use crate::scenario::ast::{Span, Statement};
use crate::scenario::{MAX_TEXT, Scenario, TextError, function_text};

/// Most bytes taken.
pub const MAX_INPUT: usize = 16 << 20;
/// Most problems listed.
pub const MAX_PROBLEMS: usize = 100;

/// What a text was taken for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// System calls as `strace` prints them.
    Strace,
    /// A `struct vfio_irq_set`.
    Bytes,
    /// Config space, as `lspci -x` prints it.
    Config,
    /// A scenario already.
    Scenario,
}

impl Kind {
    /// What it is, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Strace => "strace lines",
            Self::Bytes => "bytes of a struct vfio_irq_set",
            Self::Config => "config space",
            Self::Scenario => "a scenario",
        }
    }
}

/// What came of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    /// What it is; none: nothing known here.
    pub kind: Option<Kind>,
    /// The scenario, canonical unless it was one already; empty: there is nothing to say.
    pub scenario: String,
    /// What could not be used, in the order of the text; at most [`MAX_PROBLEMS`].
    pub problems: Vec<TextError>,
    /// What is in the scenario by a choice or an assumption, likewise.
    pub notes: Vec<TextError>,
}

impl Import {
    fn failed(kind: Option<Kind>, problems: Vec<TextError>) -> Self {
        Self { kind, scenario: String::new(), problems, notes: Vec::new() }
    }
}

/// Takes any text.
pub fn import(text: &str) -> Import {
    if text.len() > MAX_INPUT {
        let message = format!("{} bytes are more than the {MAX_INPUT} taken", text.len());
        return Import::failed(None, vec![problem(1, 1, 1, message)]);
    }
    if text.trim().is_empty() {
        let message = "there is nothing here";
        let expected = "strace lines, bytes of struct vfio_irq_set, lspci -xxx, or a scenario";
        return Import::failed(None, vec![problem(1, 1, 1, message).expecting(expected)]);
    }
    if strace::looks_like(text) {
        return checked(Kind::Strace, story::tell(strace::read(text)));
    }
    // Before the dump: a scenario may hold one, and steps besides.
    let errors = match Scenario::parse(text) {
        Ok(_) => {
            let (kind, scenario) = (Some(Kind::Scenario), text.into());
            return Import { kind, scenario, problems: Vec::new(), notes: Vec::new() };
        }
        Err(errors) => errors,
    };
    if is_scenario(text) {
        return Import::failed(Some(Kind::Scenario), errors);
    }
    match dump::from_lspci(text) {
        Ok(functions) => return config(text, &functions),
        Err(error) if error.problem != ImportProblem::Empty => {
            let ImportPlace::Text { line, column } = error.place else {
                return Import::failed(Some(Kind::Config), Vec::new());
            };
            let problem = problem(line, column, 1, error.problem.to_string());
            return Import::failed(Some(Kind::Config), vec![problem]);
        }
        Err(_) => {}
    }
    match bytes::read(text) {
        Ok((read, note)) => checked(Kind::Bytes, story::of_request(read, note)),
        Err(_) if !bytes::any(text) => {
            let message = "not recognised: accepted are lines of strace, bytes of struct \
                           vfio_irq_set in hex, a sysfs config file or lspci -xxx text, a link, a \
                           scenario";
            Import::failed(None, vec![problem(1, 1, 1, message)])
        }
        Err(problem) => Import::failed(Some(Kind::Bytes), vec![problem]),
    }
}

/// Takes what can be nothing but a scenario, as a link's content; its errors are a scenario's.
pub fn import_scenario(text: &str) -> Import {
    match Scenario::parse(text) {
        Ok(_) => {
            let (kind, scenario) = (Some(Kind::Scenario), text.into());
            Import { kind, scenario, problems: Vec::new(), notes: Vec::new() }
        }
        Err(errors) => Import::failed(Some(Kind::Scenario), errors),
    }
}

/// Whether a line of a scenario is in it: text that is nearly one gets its errors.
fn is_scenario(text: &str) -> bool {
    let words = ["function", "host", "set_irqs", "irq_info", "fire", "ledger"];
    text.lines().any(|line| {
        let first = line.split_whitespace().next();
        first.is_some_and(|first| words.contains(&first))
    })
}

/// What a part of the importer found out: a scenario's text, what is not in it, and what is in it
/// by an assumption.
#[derive(Default)]
struct Told {
    text: String,
    problems: Vec<TextError>,
    notes: Vec<TextError>,
}

/// In the order of the text, and no more than are listed.
fn bounded(mut all: Vec<TextError>, more: &str) -> Vec<TextError> {
    all.sort_by_key(|problem| (problem.line, problem.column));
    if all.len() > MAX_PROBLEMS {
        all.truncate(MAX_PROBLEMS);
        if let Some(last) = all.last_mut() {
            last.message = more.into();
            last.expected = None;
        }
    }
    all
}

/// The text in its canonical form. That it parses is the importer's own promise: a text that does
/// not is told as a problem, not given out.
fn checked(kind: Kind, told: Told) -> Import {
    let Told { text, problems, notes } = told;
    let more = "from here on more is not in the scenario than is listed";
    let mut problems = bounded(problems, more);
    let notes = bounded(notes, "from here on more is assumed than is listed");
    let parsed = Scenario::parse(&text);
    match parsed {
        Ok(scenario) if says_something(&scenario) => {
            let canonical = scenario.to_string();
            // Alignment may make a text too long to be one.
            let fits = canonical.len() <= MAX_TEXT;
            let scenario = if fits { canonical } else { text };
            Import { kind: Some(kind), scenario, problems, notes }
        }
        Ok(_) => Import::failed(Some(kind), problems),
        Err(errors) => {
            let message = match errors.first() {
                Some(error) if text.len() <= MAX_TEXT => format!("no scenario says this: {error}"),
                _ => "this is more than a scenario holds: import a part of it".into(),
            };
            problems.truncate(MAX_PROBLEMS - 1);
            problems.push(problem(1, 1, 1, message));
            Import::failed(Some(kind), problems)
        }
    }
}

/// A step, or at least a comment in place of one.
fn says_something(scenario: &Scenario) -> bool {
    scenario.lines().iter().any(|line| {
        matches!(line.statement, Some(Statement::Step(_) | Statement::Function(_)))
            || line.comment.as_ref().is_some_and(|comment| comment.starts_with(" line "))
    })
}

/// Most functions named that were not taken.
const MAX_NAMED: usize = 40;

/// One of a dump's functions: the first that can interrupt, or the first. Which, and which others
/// there are, is noted where it stands.
fn config(text: &str, functions: &[dump::Imported]) -> Import {
    let interrupts = |one: &&dump::Imported| {
        let decoded = &one.decoded;
        let any = decoded.pin > 0 || decoded.msi.is_some() || decoded.msix.is_some();
        any && one.function().is_ok()
    };
    let Some(taken) = functions.iter().find(interrupts).or(functions.first()) else {
        return Import::failed(Some(Kind::Config), Vec::new());
    };
    let address = taken.address.as_deref().unwrap_or_default();
    let line = || {
        let at = text.lines().position(|line| line.trim_start().starts_with(address))?;
        u32::try_from(at + 1).ok()
    };
    let line = if address.is_empty() { None } else { line() };
    let place =
        |message| problem(line.unwrap_or(1), 1, address.chars().count().max(1) as u32, message);
    if let Err(error) = taken.function() {
        return Import::failed(Some(Kind::Config), vec![place(error.to_string())]);
    }
    let mut notes = Vec::new();
    if functions.len() > 1 {
        let others = functions.iter().filter(|other| !core::ptr::eq(*other, taken));
        let name =
            |other: &dump::Imported| other.address.clone().unwrap_or_else(|| other.decoded.ids());
        let mut named: Vec<String> = others.take(MAX_NAMED).map(name).collect();
        if named.len() + 1 < functions.len() {
            named.push("…".into());
        }
        notes.push(place(format!(
            "{} functions; took {}; others: {}",
            functions.len(),
            taken.name(),
            named.join(", ")
        )));
    }
    let (kind, scenario) = (Some(Kind::Config), function_text(taken));
    Import { kind, scenario, problems: Vec::new(), notes }
}

fn problem(line: u32, column: u32, length: u32, message: impl Into<String>) -> TextError {
    TextError::new(line, Span { column, length }, message)
}

#[cfg(test)]
mod tests;
