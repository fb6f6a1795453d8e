//! What is covered: of every clause, whether it is in the book, cited in core, exercised by a
//! scenario and confirmed on the kernels it speaks of; and whether every errno has a clause.
//!
//! `cargo xtask clauses` prints it, a test fails on its gaps, a page of the book shows it. What is
//! excused stands, with its reason, in `tests/clauses.txt`.

pub mod cited;
pub mod exceptions;
mod gaps;
pub mod page;
mod read;
pub mod text;

use crate::clauses::Clause;
use exceptions::Exception;
pub use read::table;
use std::collections::{BTreeMap, BTreeSet};

/// Least clauses and scenarios there shall be.
pub const FLOORS: (usize, usize) = (120, 250);

/// What a clause needs, or an errno.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Need {
    /// A line of core that cites it.
    Core,
    /// A scenario whose head names it.
    Scenario,
    /// Of a clause that says what Linux does: to be confirmed on every kernel it speaks of.
    Kernels,
    /// Of a rule that core refuses by: a scenario that names it and is refused by it.
    Refusal,
    /// Of an errno in core's source: a clause at its line.
    Errno,
}

impl Need {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Core, Self::Scenario, Self::Kernels, Self::Refusal, Self::Errno];

    /// As the list of exceptions says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Scenario => "scenario",
            Self::Kernels => "kernels",
            Self::Refusal => "refusal",
            Self::Errno => "errno",
        }
    }

    /// The need of this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|need| need.name() == name)
    }
}

/// One clause.
#[derive(Clone, Debug)]
pub struct Row {
    /// The clause as its page says it.
    pub clause: Clause,
    /// Its page: `msix.md`.
    pub page: String,
    /// Where core cites it: `host/block.rs:50`.
    pub cited: Vec<String>,
    /// The scenarios whose heads name it.
    pub scenarios: Vec<String>,
    /// The kernels it was confirmed on, and those it speaks of without.
    pub seen: Vec<String>,
    /// See [`Self::seen`].
    pub read: Vec<String>,
    /// Whether core refuses by it, and a scenario that names it was so refused.
    pub refuses: Option<bool>,
    /// What it lacks and is excused for.
    pub excused: BTreeSet<Need>,
}

impl Row {
    /// What it lacks, excused or not.
    pub fn lacks(&self) -> impl Iterator<Item = Need> + '_ {
        Need::ALL.into_iter().filter(|need| match need {
            Need::Core => self.cited.is_empty(),
            Need::Scenario => self.scenarios.is_empty(),
            Need::Kernels => !self.read.is_empty(),
            Need::Refusal => self.refuses == Some(false),
            Need::Errno => false,
        })
    }
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    /// The clauses, by id.
    pub rows: BTreeMap<String, Row>,
    /// Files of scenarios.
    pub files: usize,
    /// Blocks of the book that are scenarios of their own.
    pub blocks: usize,
    /// What is excused, and why.
    pub exceptions: Vec<Exception>,
    /// What is wrong, each in one line. None: everything is covered or excused.
    pub gaps: Vec<String>,
}

impl Matrix {
    /// How many clauses have this kind.
    pub fn of_kind(&self, kind: &str) -> usize {
        self.rows.values().filter(|row| row.clause.kind == kind).count()
    }

    /// How many rules core refuses by.
    pub fn refusing(&self) -> usize {
        self.rows.values().filter(|row| row.refuses.is_some()).count()
    }

    /// How many of those refuse in a scenario that names them.
    pub fn met(&self) -> usize {
        self.rows.values().filter(|row| row.refuses == Some(true)).count()
    }

    /// How many names are excused.
    pub fn excused(&self) -> usize {
        self.exceptions.iter().map(|one| one.names.len()).sum()
    }

    /// One line that counts everything.
    pub fn counts(&self) -> String {
        format!(
            "{} clauses ({} documented, {} implementation, {} unspecified), {} of them refuse; \
             {} scenarios ({} files, {} blocks); {} excused",
            self.rows.len(),
            self.of_kind("documented"),
            self.of_kind("implementation"),
            self.of_kind("unspecified"),
            self.refusing(),
            self.files + self.blocks,
            self.files,
            self.blocks,
            self.excused(),
        )
    }
}
