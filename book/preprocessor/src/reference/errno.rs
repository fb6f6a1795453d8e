//! Which errno a request gets, and which requests get an errno.

use super::ask::{Reply, Said, ask};
use super::requests::{FUNCTION, HEADER, OTHERS, Row, TABLES, Table};
use super::{Links, by_host, head, of_class, row};
use crate::marks::short;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use vfio_irq_core::clause;
use vfio_irq_core::errno::Errno;
use vfio_irq_core::host::PROFILES;
use vfio_irq_core::uapi::IrqIndex;

/// The rule of the positive answer, which no refusal cites.
const POSITIVE: &str = "MSG-SUPPLY";

/// A request in a state, and what each host of [`PROFILES`] replies.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The request, as a step of a scenario.
    pub request: String,
    /// Said beside it: what came right before; empty for nothing.
    pub note: &'static str,
    /// The state's name; empty for one that goes without saying.
    pub state: &'static str,
    /// The replies.
    pub replies: Vec<Reply>,
}

/// Everything that is asked.
///
/// # Errors
/// When a request is no scenario.
pub fn all() -> Result<Vec<Asked>> {
    let mut all = header_asked()?;
    for table in TABLES {
        for row in table.rows {
            for index in table.indexes {
                all.extend(asked(table, *index, row)?);
            }
        }
    }
    for (function, steps, request) in OTHERS {
        let replies = everywhere(function, steps, request)?;
        let state = if steps.contains(&"close") { "closed" } else { "" };
        let request = (*request).to_owned();
        let note = if *function == FUNCTION { "" } else { function };
        all.push(Asked { request, note, state, replies });
    }
    Ok(all)
}

fn everywhere(function: &str, steps: &[&str], request: &str) -> Result<Vec<Reply>> {
    PROFILES.iter().map(|host| ask(function, host, steps, request)).collect()
}

/// A row of a table, asked in each state.
fn asked(table: &Table, index: IrqIndex, row: &Row) -> Result<Vec<Asked>> {
    let request = format!("set_irqs {} {}", index.word(), row.request);
    let in_state = |state: &super::requests::State| {
        let steps = state.steps.iter().chain(row.before);
        let steps: Vec<String> = steps.map(|step| step.replace("INDEX", index.word())).collect();
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        let replies = everywhere(FUNCTION, &steps, &request)?;
        Ok(Asked { request: request.clone(), note: row.note, state: state.name, replies })
    };
    table.states.iter().map(in_state).collect()
}

/// A cell: the answer, the rule, what it did.
pub(super) fn cell(reply: &Reply, links: Links<'_>) -> Result<String> {
    let did = match (&reply.said, reply.did.as_str()) {
        (Said::Done, "") => ", nothing".to_owned(),
        (_, "") => String::new(),
        (Said::Done, did) => format!(", {did}"),
        // A request that is refused and yet changes something: what a reader must not miss.
        (_, did) => format!(", **{did}**"),
    };
    let said = match &reply.said {
        Said::Done => "0".to_owned(),
        Said::Only(count) => format!("{count} {}", links.to(POSITIVE)?),
        Said::Errno(errno) => match &reply.clause {
            Some(clause) => format!("{errno} {}", links.to(clause)?),
            None => errno.to_string(),
        },
    };
    Ok(said + &did)
}

/// The table of an index: requests by state.
///
/// # Errors
/// When indexes that share a table differ, or a clause is nowhere.
pub fn table(table: &Table, links: Links<'_>) -> Result<String> {
    let mut rows: Vec<(Vec<String>, Vec<String>)> = Vec::new();
    for request in table.rows {
        let cells = |index: &IrqIndex| -> Result<Vec<String>> {
            let cells = asked(table, *index, request)?.into_iter().map(|asked| {
                let replies = asked.replies.iter().map(|reply| cell(reply, links));
                Ok(by_host(&replies.collect::<Result<Vec<_>>>()?))
            });
            cells.collect()
        };
        let of_each = table.indexes.iter().map(cells).collect::<Result<Vec<_>>>()?;
        let first = of_each.first().context("a table has an index")?.clone();
        ensure!(
            of_each.iter().all(|one| *one == first),
            "{}: the indexes do not answer alike",
            request.request
        );
        let name = named(request.request, request.note);
        match rows.last_mut() {
            Some((names, same)) if *same == first => names.push(name),
            _ => rows.push((vec![name], first)),
        }
    }
    let states: Vec<&str> = table.states.iter().map(|state| state.name).collect();
    let mut text = head(&[&["request"], states.as_slice()].concat());
    for (names, cells) in rows {
        text += &row(std::iter::once(names.join("<br>")).chain(cells));
    }
    Ok(of_class(&format!("answers answers-{}", table.name), &text))
}

fn header_asked() -> Result<Vec<Asked>> {
    let ask = |request: &&str| {
        let replies = everywhere(FUNCTION, &[], request)?;
        Ok(Asked { request: (*request).to_owned(), note: "", state: "", replies })
    };
    HEADER.iter().map(ask).collect()
}

/// The checks of the header, in order.
///
/// # Errors
/// When hosts or states differ, or a clause is nowhere.
pub fn header(links: Links<'_>) -> Result<String> {
    let mut text = head(&["step", "checked", "answer", "a request that fails here first"]);
    for (number, Asked { request, replies, .. }) in (1..).zip(header_asked()?) {
        let reply = &replies[0];
        let on = ["set_irqs msix trigger eventfd 0 [x, y]"];
        let while_on = everywhere(FUNCTION, &on, &request)?;
        ensure!(
            replies.iter().chain(&while_on).all(|other| other == reply),
            "{request}: hosts or states differ"
        );
        let rule = reply.clause.as_deref().and_then(clause::rule);
        let rule = rule.with_context(|| format!("{request}: no rule refuses it"))?;
        let cells = [number.to_string(), rule.text.into(), cell(reply, links)?];
        text += &row(cells.into_iter().chain([format!("`{request}`")]));
    }
    Ok(of_class("checks", &text))
}

/// The hosts and requests of a rule.
#[derive(Default)]
struct By {
    hosts: Vec<usize>,
    /// Each with its states.
    examples: Vec<(String, Vec<&'static str>)>,
}

impl By {
    fn add(&mut self, host: usize, asked: &Asked) {
        if !self.hosts.contains(&host) {
            self.hosts.push(host);
        }
        let name = asked.name();
        let at = self.examples.iter().position(|(other, _)| *other == name);
        let at = at.unwrap_or_else(|| {
            self.examples.push((name, Vec::new()));
            self.examples.len() - 1
        });
        let states = &mut self.examples[at].1;
        if !asked.state.is_empty() && !states.contains(&asked.state) {
            states.push(asked.state);
        }
    }

    /// One of each index first.
    fn shown(&self) -> Vec<&(String, Vec<&'static str>)> {
        let index = |text: &str| text.split(' ').nth(1).map(str::to_owned);
        let mut seen = Vec::new();
        let (first, rest): (Vec<_>, Vec<_>) = self.examples.iter().partition(|(name, _)| {
            let new = !seen.contains(&index(name));
            seen.push(index(name));
            new
        });
        first.into_iter().chain(rest).take(SHOWN).collect()
    }
}

impl Asked {
    /// The request as it is shown.
    pub(super) fn name(&self) -> String {
        named(&self.request, self.note)
    }
}

fn named(request: &str, note: &str) -> String {
    match note {
        "" => format!("`{request}`"),
        note => format!("`{request}` ({note})"),
    }
}

/// Errnos, the rules that give each, and requests that get it.
///
/// # Errors
/// When a clause is nowhere.
pub fn by_errno(links: Links<'_>) -> Result<String> {
    let mut errnos: BTreeMap<&str, (Errno, BTreeMap<Option<String>, By>)> = BTreeMap::new();
    for asked in all()? {
        for (host, reply) in asked.replies.iter().enumerate() {
            let Said::Errno(errno) = reply.said else { continue };
            let name = errno.name().with_context(|| format!("{errno} has no name"))?;
            let (_, rules) = errnos.entry(name).or_insert((errno, BTreeMap::new()));
            rules.entry(reply.clause.clone()).or_default().add(host, &asked);
        }
    }
    let mut text = String::new();
    for (name, (errno, rules)) in &errnos {
        text += &format!("### {name}\n\n{name} is errno {}.\n\n", errno.0);
        let mut table = head(&["rule", "says", "for example: in which state"]);
        for (id, by) in rules {
            table += &rule_row(id.as_deref(), by, links)?;
        }
        text += &of_class("errno", &table);
        text += "\n";
    }
    Ok(text)
}

/// Examples shown of a rule.
const SHOWN: usize = 3;

fn rule_row(id: Option<&str>, by: &By, links: Links<'_>) -> Result<String> {
    let (link, says) = match id {
        Some(id) => {
            let rule = clause::rule(id).with_context(|| format!("{id} is no rule of core"))?;
            (links.to(id)?, rule.text)
        }
        None => ("eventfd(2)".to_owned(), "the count is 0, and the eventfd non-blocking"),
    };
    let hosts = match by.hosts.len() == PROFILES.len() {
        true => String::new(),
        false => {
            let mut hosts: Vec<usize> = by.hosts.clone();
            hosts.sort_unstable();
            let names = hosts.into_iter().map(|host| short(&PROFILES[host].name));
            format!(" ({})", names.collect::<Vec<_>>().join(", "))
        }
    };
    let more = match by.examples.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("<br>and {more} more"),
    };
    let shown = by.shown().into_iter().map(|(name, states)| match states.as_slice() {
        [] => name.clone(),
        states => format!("{name}: {}", states.join("; ")),
    });
    let shown = shown.collect::<Vec<_>>().join("<br>");
    Ok(row([format!("{link}{hosts}"), says.to_owned(), shown + &more]))
}
