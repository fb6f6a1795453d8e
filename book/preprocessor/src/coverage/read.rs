//! The matrix, read from the repository.

use super::cited::{self, Cited};
use super::exceptions::{self, Exception};
use super::gaps::Gaps;
use super::{FLOORS, Matrix, Need, Row};
use crate::cases::{self, CHAPTERS, Case};
use crate::clauses::{self, Clause};
use crate::marks::{Mark, mark, short};
use crate::verified::Verified;
use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use vfio_irq_core::event::{Event, Outcome};

/// Id, kind and page of every row of the table of all clauses.
///
/// # Errors
/// When the table is not there, or not understood.
pub fn table(root: &Path) -> Result<Vec<(String, String, String)>> {
    let text = std::fs::read_to_string(root.join(CHAPTERS).join("clauses.md"))?;
    let rows = text.lines().filter(|line| line.starts_with("| <a id="));
    rows.map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let cell = |at: usize| cells.get(at).copied().unwrap_or_default();
        let id = cell(1).split('"').nth(1).with_context(|| format!("no anchor: {line}"))?;
        let page = cell(1).split(['(', '#']).nth(1).with_context(|| format!("no link: {line}"))?;
        Ok((id.to_owned(), cell(2).to_owned(), page.to_owned()))
    })
    .collect()
}

/// The clauses of the chapters, each with its page.
fn in_chapters(root: &Path) -> Result<Vec<(String, Clause)>> {
    let source = root.join(CHAPTERS);
    let mut all = Vec::new();
    for path in cases::files(&source, "md") {
        let page = path.strip_prefix(&source).expect("found in it").display().to_string();
        let text = std::fs::read_to_string(&path).with_context(|| page.clone())?;
        let found = clauses::find(&text).with_context(|| page.clone())?;
        all.extend(found.into_iter().map(|clause| (page.clone(), clause)));
    }
    Ok(all)
}

/// Who refused what: by scenario, the clauses that refused something in it.
type Refused = BTreeMap<String, BTreeSet<String>>;

fn run(cases: &[Case], gaps: &mut Gaps) -> Refused {
    let mut refused = Refused::new();
    for case in cases {
        match case.run() {
            Ok(traces) => {
                let events = traces.iter().flat_map(|trace| &trace.entries);
                let clauses = events.flat_map(|entry| &entry.events).filter_map(|event| {
                    let Event::Return(Outcome::Refused { clause, .. }) = event else { return None };
                    clause.as_ref().map(ToString::to_string)
                });
                refused.insert(case.name.clone(), clauses.collect());
            }
            Err(_) => gaps.add(format!("{}: does not hold; its test says why", case.name)),
        }
    }
    refused
}

impl Matrix {
    /// Reads it from the repository of this root, and runs every scenario there on the emulator.
    ///
    /// # Errors
    /// What can't be read. What is not covered is no error but a gap.
    pub fn read(root: &Path) -> Result<Self> {
        let mut gaps = Gaps::default();
        let verified = Verified::read(root)?;
        let clauses = in_chapters(root)?;
        let table = table(root)?;
        let cases = cases::all(root)?;
        let refused = run(&cases, &mut gaps);
        let known: BTreeSet<&str> = clauses.iter().map(|(_, one)| one.id.as_str()).collect();
        let cited = cited::read(root, &known)?;
        let list = std::fs::read_to_string(root.join(exceptions::FILE));
        let list = list.map_err(anyhow::Error::from).and_then(|text| exceptions::parse(&text));
        let exceptions = list.context(exceptions::FILE)?;

        let mut rows = BTreeMap::new();
        for (page, clause) in clauses {
            let id = clause.id.clone();
            let row = row(page, clause, &cases, &refused, &cited, &verified);
            if rows.insert(id.clone(), row).is_some() {
                gaps.add(format!("{id}: stands in two places of the book"));
            }
        }
        let own = |of_book: bool| {
            cases.iter().filter(|one| one.counts() && one.is_of_book() == of_book).count()
        };
        let mut matrix =
            Self { rows, files: own(false), blocks: own(true), exceptions, gaps: Vec::new() };
        gaps.table(&matrix, &table);
        gaps.names(&matrix, &cases, &cited);
        gaps.rows(&mut matrix, &cited, &cases, &verified);
        gaps.floor("clauses", matrix.rows.len(), FLOORS.0);
        gaps.floor("scenarios", matrix.files + matrix.blocks, FLOORS.1);
        matrix.gaps = gaps.list;
        Ok(matrix)
    }

    /// The exception for this name, if there is one.
    pub(super) fn exception(&self, need: Need, name: &str) -> Option<&Exception> {
        let named = |one: &&Exception| one.need == need && one.names.iter().any(|x| x == name);
        self.exceptions.iter().find(named)
    }
}

fn row(
    page: String,
    clause: Clause,
    cases: &[Case],
    refused: &Refused,
    cited: &Cited,
    verified: &Verified,
) -> Row {
    let id = &clause.id;
    let naming = cases.iter().filter(|case| case.clauses.contains(id));
    let scenarios: Vec<String> = naming.map(|case| case.name.clone()).collect();
    let kernels = |of: Mark| {
        let hosts = verified.kernels.keys().filter(|host| mark(&clause, host, verified) == of);
        hosts.map(|host| short(host).to_owned()).collect()
    };
    let refuses = cited.refusing.contains_key(id).then(|| {
        scenarios.iter().any(|name| refused.get(name).is_some_and(|ids| ids.contains(id)))
    });
    Row {
        cited: cited.at.get(id).cloned().unwrap_or_default(),
        seen: kernels(Mark::Seen),
        read: kernels(Mark::Read),
        scenarios,
        refuses,
        excused: BTreeSet::new(),
        page,
        clause,
    }
}
