//! What the matrix lacks, in words.

use super::cited::Cited;
use super::{Matrix, Need, Row, exceptions};
use crate::cases::{self, Case};
use crate::verified::Verified;
use std::collections::{BTreeMap, BTreeSet};
use vfio_irq_core::clause::{Kind, RULES};
use vfio_irq_core::host::DIFFERENCES;

/// How one records what real kernels answer.
const RECORD: &str = "`cargo xtask kernels --record`";

/// Gaps, in the order they were found.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    pub(super) list: Vec<String>,
}

impl Gaps {
    pub(super) fn add(&mut self, gap: String) {
        self.list.push(gap);
    }

    pub(super) fn floor(&mut self, what: &str, are: usize, floor: usize) {
        if are < floor {
            self.add(format!("{are} {what}: there shall be {floor}"));
        }
    }

    /// The table of all clauses says of each what its page says.
    pub(super) fn table(&mut self, matrix: &Matrix, table: &[(String, String, String)]) {
        let mut rows = BTreeMap::new();
        for (id, kind, page) in table {
            if rows.insert(id.as_str(), (kind.as_str(), page.as_str())).is_some() {
                self.add(format!("{id}: stands twice in book/src/clauses.md"));
            }
        }
        for (id, row) in &matrix.rows {
            let says = (row.clause.kind.as_str(), row.page.as_str());
            match rows.remove(id.as_str()) {
                None => self.add(format!("{id}: has no row in book/src/clauses.md")),
                Some(row) if row == says => {}
                Some((kind, page)) => self.add(format!(
                    "{id}: is {} in {}; book/src/clauses.md says {kind}, {page}",
                    says.0, says.1
                )),
            }
        }
        for id in rows.keys() {
            self.add(format!("{id}: is in book/src/clauses.md and on no page"));
        }
    }

    /// Whoever names a clause names one there is.
    pub(super) fn names(&mut self, matrix: &Matrix, cases: &[Case], cited: &Cited) {
        let is = |id: &str| matrix.rows.contains_key(id);
        for rule in RULES {
            let kind = match rule.kind {
                Kind::Documented => "documented",
                Kind::Implementation => "implementation",
                Kind::Unspecified => "unspecified",
            };
            match matrix.rows.get(rule.id) {
                None => self.add(format!("{}: core's rule is no clause", rule.id)),
                Some(row) if row.clause.kind != kind => {
                    self.add(format!(
                        "{}: {kind} in core, {} in the book",
                        rule.id, row.clause.kind
                    ));
                }
                Some(_) => {}
            }
        }
        for rule in RULES {
            let differs = DIFFERENCES.iter().any(|one| one.clause == rule.id);
            if !differs && !cited.refusing.contains_key(rule.id) {
                self.add(format!("{}: is in RULES, and nothing refuses by it", rule.id));
            }
        }
        for one in DIFFERENCES.iter().filter(|one| !is(one.clause)) {
            self.add(format!("{}: the difference `{}` names no clause", one.clause, one.id));
        }
        for case in cases.iter().filter(|case| !case.is_of_book()) {
            if case.clauses.is_empty() {
                self.add(format!("{}: begins without `# CLAUSE, CLAUSE: what`", case.place));
            }
            for id in case.clauses.iter().filter(|id| !is(id)) {
                self.add(format!("{id}: {} names it; it is no clause", case.place));
            }
        }
        let families: BTreeSet<&str> =
            matrix.rows.keys().filter_map(|id| id.split('-').next()).collect();
        for (id, place) in &cited.ids {
            let first = id.split('-').next().unwrap_or_default();
            if !is(id) && families.contains(first) {
                self.add(format!("{id}: core/src/{place} cites it; it is no clause"));
            }
        }
        for (id, place) in &cited.refusing {
            if is(id) && !RULES.iter().any(|rule| rule.id == id) {
                self.add(format!("{id}: core/src/{place} refuses by it; it is not in RULES"));
            }
        }
    }

    /// What rows and errnos lack; and exceptions that are not needed.
    pub(super) fn rows(
        &mut self,
        matrix: &mut Matrix,
        cited: &Cited,
        cases: &[Case],
        verified: &Verified,
    ) {
        let mut lacking = BTreeSet::new();
        let mut excused = Vec::new();
        for (id, row) in &matrix.rows {
            for need in row.lacks() {
                lacking.insert((need, id.clone()));
                match matrix.exception(need, id) {
                    Some(_) => excused.push((id.clone(), need)),
                    None => self.add(format!("{id}: {}", lack(need, row, cases, verified))),
                }
            }
        }
        for (id, need) in excused {
            matrix.rows.get_mut(&id).expect("taken from it").excused.insert(need);
        }
        for (name, place) in &cited.bare {
            lacking.insert((Need::Errno, name.clone()));
            if matrix.exception(Need::Errno, name).is_none() {
                self.add(format!("{name}: core/src/{place} answers it and cites no clause"));
            }
        }
        let mut before = BTreeSet::new();
        for one in &matrix.exceptions {
            for name in &one.names {
                let place = format!("{}:{}", exceptions::FILE, one.line);
                let key = (one.need, name.clone());
                if !lacking.contains(&key) {
                    self.add(format!(
                        "{name}: {place} excuses {}, which is not lacking",
                        one.need.name()
                    ));
                } else if !before.insert(key) {
                    self.add(format!("{name}: {place} excuses it a second time"));
                }
            }
        }
    }
}

fn lack(need: Need, row: &Row, cases: &[Case], verified: &Verified) -> String {
    match need {
        Need::Core => "core cites it nowhere".into(),
        Need::Scenario => "no file of tests/scenarios names it".into(),
        Need::Refusal => "no scenario that names it is refused by it".into(),
        Need::Errno => unreachable!("a row has no errno"),
        Need::Kernels => {
            let recorded = |case: &&Case| {
                let kept = verified.scenarios.get(&case.name);
                kept.is_some_and(|kept| kept.fingerprint == cases::fingerprint(&case.block.text))
            };
            let named = cases.iter().filter(|case| row.scenarios.contains(&case.name));
            let new: Vec<&str> =
                named.filter(|case| !recorded(case)).map(|case| case.name.as_str()).collect();
            let hint = match new.as_slice() {
                [] => String::new(),
                new => format!(" ({} not recorded as it is now: {RECORD})", new.join(", ")),
            };
            format!("not confirmed on {}{hint}", row.read.join(", "))
        }
    }
}
