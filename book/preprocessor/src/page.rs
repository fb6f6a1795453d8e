//! The page that shows what was verified: tables in place of comments `<!-- verified: NAME -->`.

use crate::comments;
use crate::differences::Difference;
use crate::marks::{Clauses, Mark, mark, short};
use crate::verified::{Kernel, Scenario, Verified};
use anyhow::{Result, bail};
use std::fmt::Write;

const KIND: &str = "verified";

/// What the page is made of.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// The verified file.
    pub verified: &'a Verified,
    /// The book's clauses.
    pub clauses: &'a Clauses,
    /// The list of differences.
    pub differences: &'a [Difference],
    /// What is said of the source ([`crate::built`]).
    pub source: &'a str,
}

/// Replaces the comments.
///
/// # Errors
/// When a comment names no table.
pub fn put(content: &str, sources: Sources<'_>) -> Result<String> {
    comments::replace(content, KIND, |name| {
        Ok(match name {
            "kernels" => kernels(sources),
            "counts" => counts(sources),
            "clauses" => table(sources),
            "read" => read(sources),
            "scenarios" => scenarios(sources),
            "differences" => differences(sources),
            "source" => format!("{}\n", sources.source),
            _ => bail!("there is no such table"),
        })
    })
}

fn kernels(Sources { verified, .. }: Sources<'_>) -> String {
    let mut text = String::from("| mark | kernel | under QEMU | recorded |\n|---|---|---|---|\n");
    for (host, Kernel { version, qemu, recorded }) in &verified.kernels {
        let _ = writeln!(text, "| {} | {version} | {qemu} | {recorded} |", short(host));
    }
    text
}

fn counts(Sources { verified, clauses, .. }: Sources<'_>) -> String {
    let mut text = String::from("| | clauses seen | read only | scenarios confirmed |\n");
    text += "|---|---|---|---|\n";
    for host in verified.kernels.keys() {
        let marks = |of: Mark| {
            clauses.values().filter(|(_, clause)| mark(clause, host, verified) == of).count()
        };
        let confirmed = verified.scenarios.values().filter(|one| one.kernels.contains_key(host));
        let (seen, read, confirmed) = (marks(Mark::Seen), marks(Mark::Read), confirmed.count());
        let _ = writeln!(text, "| {} | {seen} | {read} | {confirmed} |", short(host));
    }
    text
}

fn table(Sources { verified, clauses, .. }: Sources<'_>) -> String {
    let hosts: Vec<&str> = verified.kernels.keys().map(String::as_str).collect();
    let mut text = String::from("| clause |");
    let _ = writeln!(
        text,
        "{} scenarios |\n|---|{}---|",
        hosts.iter().map(|host| format!(" {} |", short(host))).collect::<String>(),
        "---|".repeat(hosts.len())
    );
    for (id, (page, clause)) in clauses {
        let _ = write!(text, "| <a id=\"v-{id}\"></a>[{id}]({page}#{id}) |");
        for host in &hosts {
            let cell = match mark(clause, host, verified) {
                Mark::Seen => verified.clauses[id][*host].join(", "),
                Mark::Read => "○".into(),
                Mark::Nothing => String::new(),
            };
            let _ = write!(text, " {cell} |");
        }
        // Those that speak for a kernel: one carried by another function than it is written for
        // confirms nothing.
        let of = |host: &String| verified.clauses.get(id).is_some_and(|by| by.contains_key(host));
        let confirms = |one: &&Scenario| one.clauses.contains(id) && one.kernels.keys().any(of);
        let count = match verified.scenarios.values().filter(confirms).count() {
            0 => String::new(),
            count => count.to_string(),
        };
        let _ = writeln!(text, " {count} |");
    }
    text
}

fn read(Sources { verified, clauses, .. }: Sources<'_>) -> String {
    let mut text = String::from("| clause | kernels | where |\n|---|---|---|\n");
    let mut count = 0;
    for (id, (page, clause)) in clauses {
        let hosts = verified.kernels.iter();
        let versions: Vec<&str> = hosts
            .filter(|(host, _)| mark(clause, host, verified) == Mark::Read)
            .map(|(_, kernel)| kernel.version.split(' ').next().unwrap_or_default())
            .collect();
        if versions.is_empty() {
            continue;
        }
        count += 1;
        let versions = versions.join(", ");
        let _ = writeln!(text, "| [{id}]({page}#{id}) | {versions} | {} |", clause.functions);
    }
    match count {
        0 => "None.\n".into(),
        1 => format!("One clause:\n\n{text}"),
        count => format!("{count} clauses:\n\n{text}"),
    }
}

fn scenarios(Sources { verified, .. }: Sources<'_>) -> String {
    let all = &verified.scenarios;
    let (seen, not): (Vec<_>, Vec<_>) = all.iter().partition(|(_, one)| !one.kernels.is_empty());
    let mut text = format!(
        "Of {} scenarios {} are confirmed on at least one kernel and device. The other {}:\n\n",
        all.len(),
        seen.len(),
        not.len()
    );
    let names: Vec<String> =
        not.iter().map(|(name, _)| format!("`{}`", name.trim_end_matches(".scenario"))).collect();
    text += &names.join(", ");
    text += ".\n";
    text
}

/// A list: the reasons are too long for a table.
fn differences(Sources { differences, .. }: Sources<'_>) -> String {
    let mut text = String::new();
    let listed = |names: &[String], all: &str| match names {
        [] => all.to_owned(),
        names => names.iter().map(|name| short(name)).collect::<Vec<_>>().join(", "),
    };
    for one in differences {
        let names = one.scenarios.iter();
        let names: Vec<String> =
            names.map(|name| format!("`{}`", name.trim_end_matches(".scenario"))).collect();
        let _ = writeln!(
            text,
            "- {} · {} · {} · *{}*: {}",
            names.join(", "),
            listed(&one.kernels, "all kernels"),
            listed(&one.devices, "all devices"),
            one.whose.name(),
            one.reason
        );
    }
    if text.is_empty() { "None.\n".into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comment_becomes_its_table() {
        let mut verified = Verified::default();
        let (version, qemu) = ("6.1.192-2 (6.1.0)".into(), "7.2.22".into());
        let kernel = Kernel { version, qemu, recorded: "2026-11-30".into() };
        verified.kernels.insert("linux-6.1".into(), kernel);
        let clauses = Clauses::new();
        let (verified, clauses) = (&verified, &clauses);
        let sources = Sources { verified, clauses, differences: &[], source: "" };
        let put = |text: &str| super::put(text, sources);
        let page = put("a\n\n<!-- verified: kernels -->\n\nb").unwrap();
        assert!(
            page.contains("| 6.1 | 6.1.192-2 (6.1.0) | 7.2.22 | 2026-11-30 |\n\n\nb"),
            "{page}"
        );
        assert!(put("<!-- verified: nothing -->").is_err());
    }

    #[test]
    fn difference_is_shown_with_its_reason() {
        let text = "Kernel: linux-6.1\nDevice: all\nScenario: a/b.scenario\nLines: 1\nWhose: QEMU\n\
                    Reason: it forgets\n";
        let (verified, clauses) = (Verified::default(), Clauses::new());
        let differences = crate::differences::parse(text).unwrap();
        let (verified, clauses, differences) = (&verified, &clauses, &differences);
        let sources = Sources { verified, clauses, differences, source: "" };
        let page = super::put("<!-- verified: differences -->", sources).unwrap();
        assert_eq!(page, "- `a/b` · 6.1 · all devices · *QEMU*: it forgets\n");
    }
}
