//! Names of an import that another text has not taken.

use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};

use super::fds::letter;
use super::story::{NO_FUNCTION, NO_HOST};
use super::{Import, Kind};
use crate::scenario::Scenario;
use crate::scenario::ast::{Action, Data, Expect, FdRef, FdRefs, Names, Statement};

impl Import {
    /// The scenario to stand within this text: what it calls `a` here is not what the text calls
    /// `a`; and what is said of defaults does not hold where the text says a function or a host. One that was a scenario already keeps its names, which somebody chose.
    pub fn apart(&self, text: &str) -> String {
        let Ok(scenario) = Scenario::parse(&self.scenario) else { return self.scenario.clone() };
        if self.kind == Some(Kind::Scenario) {
            return self.scenario.clone();
        }
        let mut free = Free::beside(text);
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        let mut lines = scenario.lines().to_vec();
        for (word, comment) in [("function", NO_FUNCTION), ("host", NO_HOST)] {
            if text.lines().any(|line| line.split_whitespace().next() == Some(word)) {
                let of = |said: &String| said.starts_with(comment);
                lines.retain(|line| !line.comment.as_ref().is_some_and(of));
            }
        }
        for line in &mut lines {
            let Some(Statement::Step(step)) = &mut line.statement else { continue };
            each(&mut step.action.what, &mut |name| {
                let new = names.entry(name.clone()).or_insert_with(|| free.next());
                new.clone_into(name);
            });
            for expect in &mut step.expect {
                if let Expect::Counter(Names::One(name), _) = &mut expect.what
                    && let Some(new) = names.get(name)
                {
                    new.clone_into(name);
                }
            }
        }
        Scenario::from_lines(lines).map_or_else(|_| self.scenario.clone(), |all| all.to_string())
    }
}

/// Every name of an action; the importer says none in a row.
fn each(action: &mut Action, with: &mut dyn FnMut(&mut String)) {
    let one = |names: &mut Names, with: &mut dyn FnMut(&mut String)| {
        if let Names::One(name) = names {
            with(name);
        }
    };
    match action {
        Action::Eventfd(all) | Action::Plainfd(all) => {
            all.iter_mut().for_each(|names| one(names, with));
        }
        Action::ReadFd(FdRef::Name(name))
        | Action::WriteFd(FdRef::Name(name), _)
        | Action::CloseFd(FdRef::Name(name)) => with(name),
        Action::SetIrqs(request) => {
            if let Data::Eventfd(Some(items)) = &mut request.data {
                for item in items {
                    if let FdRefs::Names(names) = &mut item.what {
                        one(names, with);
                    }
                }
            }
        }
        _ => {}
    }
}

/// Names no word of a text is: right texts and wrong ones, what comments say too.
struct Free {
    taken: BTreeSet<String>,
    stem: String,
    next: usize,
}

impl Free {
    fn beside(text: &str) -> Self {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let taken: BTreeSet<String> =
            text.split(|c| !is_name(c)).filter(|word| !word.is_empty()).map(String::from).collect();
        // `v0..v7` takes every name between, too.
        let ranges = text.match_indices("..").filter_map(|(at, _)| {
            let first = text[..at].rsplit(|c| !is_name(c)).next()?;
            Some(first.trim_end_matches(|c: char| c.is_ascii_digit()))
        });
        let ranges: BTreeSet<&str> = ranges.collect();
        let mut stem = "e".to_owned();
        while ranges.contains(&*stem) {
            stem.push('e');
        }
        Self { taken, stem, next: 0 }
    }

    fn next(&mut self) -> String {
        loop {
            let at = self.next;
            self.next += 1;
            let name = letter(at).unwrap_or_else(|| format!("{}{at}", self.stem));
            if !self.taken.contains(&name) {
                return name;
            }
        }
    }
}
