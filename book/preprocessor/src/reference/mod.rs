//! The reference tables: in place of comments `<!-- reference: NAME -->`, made by asking the core.
//!
//! Which requests are asked stands in [`requests`]; the answers, and the rules that give them,
//! are the emulator's, the registers' bits a function's and a host's. Nothing that is said of them
//! is written down here.

pub mod ask;
pub mod errno;
pub mod flags;
pub mod hosts;
mod race;
pub mod registers;
pub mod requests;

use crate::comments;
use crate::marks::{Clauses, short};
use anyhow::{Context, Result, bail};
use vfio_irq_core::host::PROFILES;

const KIND: &str = "reference";

/// Where clauses stand, and the way there.
#[derive(Clone, Copy, Debug)]
pub struct Links<'a> {
    /// The book's clauses.
    pub clauses: &'a Clauses,
    /// The way from the page to the site's root.
    pub root: &'a str,
}

impl Links<'_> {
    /// A link to a clause.
    ///
    /// # Errors
    /// When the book has no such clause.
    pub fn to(&self, id: &str) -> Result<String> {
        let (page, _) = self.clauses.get(id).with_context(|| format!("{id} is no clause"))?;
        Ok(format!("[{id}]({}{page}#{id})", self.root))
    }
}

/// Replaces the comments.
///
/// # Errors
/// When a comment names no table, or a table cites a clause the book does not have.
pub fn put(content: &str, links: Links<'_>) -> Result<String> {
    comments::replace(content, KIND, |name| table(name, links))
}

fn table(name: &str, links: Links<'_>) -> Result<String> {
    if let Some(table) = requests::TABLES.iter().find(|table| table.name == name) {
        return errno::table(table, links);
    }
    match name {
        "errnos" => errno::by_errno(links),
        "header" => errno::header(links),
        "counts" => flags::counts(links),
        "flags" => flags::flags(),
        "bits" => flags::bits(links),
        "hosts" => Ok(hosts::hosts()),
        "differences" => hosts::differences(links),
        "answers" => hosts::answers(links),
        "command" => registers::header(),
        "msi-registers" => registers::msi(),
        "msix-registers" => registers::msix(),
        "entry" => registers::entry(),
        "race-strategies" => Ok(race::strategies()),
        "race-workloads" => Ok(race::workloads()),
        "race-columns" => Ok(race::columns()),
        "race-chart" => race::chart(),
        "race-tables" => race::tables(),
        "race-short" => race::short(),
        "race-held" => race::held(),
        _ => bail!("there is no such table"),
    }
}

/// What each host says, hosts that say the same together: once if all do. In the order of
/// [`PROFILES`].
pub(crate) fn by_host(said: &[String]) -> String {
    let mut groups: Vec<(&String, Vec<&str>)> = Vec::new();
    for (text, host) in said.iter().zip(PROFILES) {
        let name = short(&host.name);
        match groups.iter_mut().find(|(same, _)| *same == text) {
            Some((_, hosts)) => hosts.push(name),
            None => groups.push((text, vec![name])),
        }
    }
    match groups.as_slice() {
        [(text, _)] => (*text).clone(),
        groups => {
            let group = |(text, hosts): &(&String, Vec<&str>)| {
                format!("<span>*{}*: {text}</span>", hosts.join(", "))
            };
            groups.iter().map(group).collect::<Vec<_>>().join("<br>")
        }
    }
}

/// A table of this class, whose style stands in its page; Markdown inside.
pub(crate) fn of_class(class: &str, table: &str) -> String {
    format!("<div class=\"{class}\">\n\n{table}\n</div>\n")
}

/// A row of a table.
pub(crate) fn row<S: AsRef<str>>(cells: impl IntoIterator<Item = S>) -> String {
    let mut text = String::from("|");
    for cell in cells {
        text += &format!(" {} |", cell.as_ref());
    }
    text + "\n"
}

/// The head of a table.
pub(crate) fn head(names: &[&str]) -> String {
    row(names) + &row(names.iter().map(|_| "---"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_say_the_same_stand_together() {
        let said = |texts: [&str; 4]| by_host(&texts.map(str::to_owned));
        assert_eq!(said(["0", "0", "0", "0"]), "0");
        assert_eq!(
            said(["EINVAL", "0", "0", "0"]),
            "<span>*6.1*: EINVAL</span><br><span>*6.12, 7.3, mediated*: 0</span>"
        );
    }

    #[test]
    fn comment_that_names_no_table_is_an_error() {
        let clauses = Clauses::new();
        let links = Links { clauses: &clauses, root: "" };
        let said = |text: &str| put(text, links).map_err(|error| format!("{error:#}"));
        assert_eq!(
            said("a <!-- reference: nothing --> b"),
            Err("`<!-- reference: nothing -->`: there is no such table".to_owned())
        );
        assert_eq!(said("a <!-- verified: b -->"), Ok("a <!-- verified: b -->".to_owned()));
    }
}
