//! What exploring a scenario says: below a block that asks, in a table, and of the files that say
//! what is to come out.
//!
//! A block asks on its fence, `explore=lost` or `explore=lost|fallback`: one answer for each word of
//! [`Invariant`], on every built-in host on which the text's plain run holds. A file's head says what it expects,
//!
//! ```text
//! # Explore lost: fails on linux-6.1, linux-6.12; holds on mediated
//! # Finds lost: CLAUSE, CLAUSE
//! ```
//! (the second where the runs found speak for other clauses than the plain run, which the head names as
//! any file's does), and each run that shows a failure is a file of its own ([`found`]), so that kernels can be asked.

use crate::block::{Attributes, Block};
use crate::{cases, html, run};
use anyhow::{Context, Result, anyhow, bail, ensure};
use std::fmt::Write;
use std::path::Path;
use vfio_irq_core::explore::{Answer, Bounds, Explorer, Invariant, Reached, tally};
use vfio_irq_core::host::profile::{HostProfile, PROFILES};
use vfio_irq_core::pci::{Function, profiles};
use vfio_irq_core::render;
use vfio_irq_core::scenario::{Overrides, Scenario, run_emulated};

/// Where the files are, below `tests/scenarios`.
pub const FOLDER: &str = "explore";
/// More than the book's texts need; they are to be small.
const BOUNDS: Bounds = Bounds { memory: 256 << 20 };

/// One answer, and the hosts that give it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explored {
    /// The hosts' names.
    pub hosts: Vec<String>,
    /// What fails, if something does.
    pub found: Option<Found>,
    /// How much was seen on the first of the hosts.
    pub reached: Reached,
}

/// A run in which something fails.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// What, in a sentence without its end.
    pub what: String,
    /// Moves.
    pub length: u32,
    /// The run, on the first of the hosts, without the comment at its head.
    pub text: String,
}

/// The built-in hosts on which a text, taken line by line, does what it says: the others would be
/// asked something else.
///
/// # Errors
/// The text can't be run.
pub fn hosts(scenario: &Scenario) -> Result<Vec<HostProfile>> {
    let mut hosts = Vec::new();
    for profile in PROFILES {
        let overrides = Overrides { host: Some(profile.clone()), ..Overrides::default() };
        if run_emulated(scenario, &overrides).map_err(|error| anyhow!("{error}"))?.held {
            hosts.push(profile.clone());
        }
    }
    Ok(hosts)
}

/// Explores on those of the built-in [`hosts`]; hosts with the same answer are one.
///
/// # Errors
/// When the text can't be explored, or takes more memory than a text of the book may.
pub fn explore(scenario: &Scenario, asked: Invariant) -> Result<Vec<Explored>> {
    let mut all: Vec<Explored> = Vec::new();
    for profile in hosts(scenario)? {
        let host = profile.name.to_string();
        let overrides = Overrides { host: Some(profile), ..Overrides::default() };
        let explorer = Explorer::new(scenario, &overrides, &[asked], BOUNDS)
            .map_err(|error| anyhow!("{error}"))?;
        let verdict = explorer.finish();
        let found = match verdict.answer {
            Answer::Holds => None,
            Answer::Unknown => bail!("too much to explore for a text of the book"),
            Answer::Fails(found) => {
                let text = render::fitted(&found.scenario);
                let text = text.lines().skip_while(|line| line.starts_with('#'));
                let text = text.map(|line| format!("{line}\n")).collect();
                Some(Found { what: found.what, length: found.length, text })
            }
        };
        match all.iter_mut().find(|one| one.found == found) {
            Some(same) => same.hosts.push(host),
            None => all.push(Explored { hosts: vec![host], found, reached: verdict.reached }),
        }
    }
    for one in &mut all {
        if let Some(found) = &mut one.found {
            let scenario = Scenario::parse(&found.text).map_err(|_| anyhow!("no scenario"))?;
            found.text = render::fitted(&scenario.on(None, one.hosts.first().map(|host| &**host)));
        }
    }
    Ok(all)
}

/// The words of a fence.
///
/// # Errors
/// A word that is none.
pub fn asked(words: &str) -> Result<Vec<Invariant>> {
    words.split('|').map(word).collect()
}

fn word(word: &str) -> Result<Invariant> {
    let known = Invariant::ALL.map(Invariant::word).join(", ");
    let found = Invariant::ALL.into_iter().find(|one| one.word() == word);
    found.with_context(|| format!("`{word}`: explore knows {known}"))
}

/// What a block that asks gets below it: the answers, and a run for each that fails.
///
/// # Errors
/// Those of [`explore`].
pub fn put(block: &Block, root: &str, number: usize) -> Result<String> {
    let mut out = String::new();
    let scenario = Scenario::parse(&block.text).map_err(|_| anyhow!("the text is wrong"))?;
    for asked in &block.attributes.explore {
        let mut shows = true;
        for one in explore(&scenario, *asked)? {
            let (word, hosts) = (asked.word(), one.hosts.join(", "));
            let seen = counted(&one.reached);
            let _ = match &one.found {
                None => {
                    let said = asked.statement();
                    write!(
                        out,
                        "\n\n*Explored, `{word}` on {hosts}:* **in every run, {said}.** All {seen}."
                    )
                }
                Some(Found { what, length, .. }) => write!(
                    out,
                    "\n\n*Explored, `{word}` on {hosts}:* **no: {}.** {length} moves, and no shorter run shows it{}",
                    marked(what),
                    if shows { ":" } else { "." }
                ),
            };
            // One run for a question: what the other hosts lose has its file.
            if let Some(found) = one.found.as_ref().filter(|_| shows) {
                shows = false;
                out += "\n\n";
                out += &shown(found, root, number, *asked)?;
            }
        }
    }
    Ok(out)
}

/// The run of a failure, as any block of the page.
fn shown(found: &Found, root: &str, number: usize, asked: Invariant) -> Result<String> {
    let attributes = Attributes::default();
    let block =
        Block { range: 0..0, line: 0, attributes, text: found.text.clone(), included: None };
    let traces = run::run(&block, "found").map_err(|all| anyhow!("{}", all[0]))?;
    Ok(html::block(&block, &traces, root, &format!("Scenario {number}, {}", asked.word())))
}

/// A sentence's words in backquotes are Markdown already; what else it has is none.
fn marked(what: &str) -> String {
    what.replace('*', "\\*").replace('<', "&lt;")
}

fn counted(reached: &Reached) -> String {
    let (states, moves) = (render::count(reached.states), render::count(reached.transitions));
    format!("{states} states and {moves} moves between them were visited")
}

/// Replaces `<!-- explored: FUNCTION… | FILE… -->` by a table: for each file of `tests/scenarios/explore`
/// and each function, at how many of the places where its interrupt can come it is lost.
///
/// # Errors
/// When a file or function is not there, or more than one interrupt makes runs and places differ.
pub fn tables(content: &str, repository: &Path) -> Result<String> {
    crate::comments::replace(content, "explored", |list| {
        let (functions, files) = list.split_once('|').context("FUNCTION… | FILE…")?;
        let functions: Vec<&str> = functions.split_whitespace().collect();
        let mut table = format!(
            "| | {} |\n|---|{}\n",
            functions.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(" | "),
            "---|".repeat(functions.len())
        );
        for file in files.split_whitespace() {
            let path = repository.join(cases::SCENARIOS).join(FOLDER);
            let text = std::fs::read_to_string(path.join(format!("{file}.scenario")))
                .with_context(|| file.to_owned())?;
            let _ = write!(table, "| {} |", what(&text));
            for function in &functions {
                let places = places(&text, function).context(file.to_owned())?;
                let _ = write!(table, " {} |", places.replace(' ', "&nbsp;"));
            }
            table.push('\n');
        }
        Ok(table)
    })
}

/// "7 of 42": at so many of the places the interrupt is lost.
fn places(text: &str, function: &str) -> Result<String> {
    let scenario = Scenario::parse(text).map_err(|_| anyhow!("the text is wrong"))?;
    let spec = profiles::by_name(function).with_context(|| function.to_owned())?;
    let function = Function::new(&spec).map_err(|error| anyhow!("{error}"))?;
    let overrides = Overrides { function: Some(function), ..Overrides::default() };
    let found = tally(&scenario, &overrides, BOUNDS).map_err(|error| anyhow!("{error}"))?;
    let found = found.context("too much to explore")?;
    ensure!(found.worst <= 1, "one interrupt, and {} are lost", found.worst);
    Ok(format!("{} of {}", render::count(found.losing), render::count(found.runs)))
}

/// What the head of a file says, `# CLAUSE: what.`, without the end.
fn what(text: &str) -> String {
    let comments =
        text.lines().map_while(|line| line.strip_prefix("# ").or(line.strip_prefix("#")));
    let lines = comments.take_while(|line| !line.starts_with("Evidence:"));
    let head = lines.map(str::trim).collect::<Vec<_>>().join(" ");
    let what = head.split_once(": ").map_or(&*head, |(_, what)| what);
    what.trim_end_matches('.').replace('|', "\\|")
}

/// The lines of a file's head that begin with a word, each with those that go on with it.
fn lines_of(text: &str, word: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut is_ours = false;
    for line in text.lines().take_while(|line| line.starts_with('#')) {
        if let Some(rest) = line.strip_prefix("# ").and_then(|line| line.strip_prefix(word)) {
            lines.push(rest.to_owned());
            is_ours = true;
        } else if let (Some(rest), true) = (line.strip_prefix("#   "), is_ours) {
            let last = lines.last_mut().expect("one is ours");
            *last += " ";
            *last += rest.trim();
        } else {
            is_ours = false;
        }
    }
    lines
}

/// The clauses that a run found speaks for, where the plain run of the text speaks for others.
fn finds(text: &str, asked: Invariant) -> Option<String> {
    let word = format!("Finds {}: ", asked.word());
    lines_of(text, &word).into_iter().next()
}

/// What a file's head expects of exploring it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expected {
    /// What is asked.
    pub asked: Invariant,
    /// Each host with whether it holds there.
    pub hosts: Vec<(String, bool)>,
}

/// The `# Explore WORD: fails on A, B; holds on C` lines of a file's head.
///
/// # Errors
/// A line that is written in another way.
pub fn expected(text: &str) -> Result<Vec<Expected>> {
    let lines = lines_of(text, "Explore ");
    lines.iter().map(|line| line_of(line).with_context(|| format!("`{line}`"))).collect()
}

fn line_of(line: &str) -> Result<Expected> {
    let (asked, rest) = line.split_once(": ").context("no `WORD: `")?;
    let mut hosts = Vec::new();
    for part in rest.split("; ") {
        let (holds, list) = match (part.strip_prefix("holds on "), part.strip_prefix("fails on ")) {
            (Some(list), _) => (true, list),
            (_, Some(list)) => (false, list),
            _ => bail!("neither `holds on` nor `fails on`"),
        };
        hosts.extend(list.split(", ").map(|host| (host.to_owned(), holds)));
    }
    Ok(Expected { asked: word(asked)?, hosts })
}

/// The runs that exploring a file finds, as files: names below `found/` and texts.
///
/// # Errors
/// Those of [`expected`] and [`explore`]; what was found is not what the head expects.
pub fn found(name: &str, text: &str) -> Result<Vec<(String, String)>> {
    let scenario = Scenario::parse(text).map_err(|_| anyhow!("the text is wrong"))?;
    let expected = expected(text)?;
    ensure!(!expected.is_empty(), "no `# Explore WORD: …` at its head");
    let mut files = Vec::new();
    for Expected { asked, hosts } in expected {
        let all = explore(&scenario, asked)?;
        let mut known: Vec<&String> = all.iter().flat_map(|one| &one.hosts).collect();
        let mut named: Vec<&String> = hosts.iter().map(|(host, _)| host).collect();
        known.sort_unstable();
        named.sort_unstable();
        ensure!(known == named, "{}: to be said of {known:?}", asked.word());
        for (host, holds) in hosts {
            let one = all.iter().find(|one| one.hosts.contains(&host));
            let actual = one.is_some_and(|one| one.found.is_none());
            let word = asked.word();
            ensure!(actual == holds, "{word} on {host}: holds {actual}, expected {holds}");
        }
        let failing: Vec<_> =
            all.iter().filter_map(|one| Some((one, one.found.as_ref()?))).collect();
        for (at, (one, found)) in failing.iter().enumerate() {
            // What is not the first has its host in its name.
            let host = match one.hosts.first() {
                Some(host) if at > 0 => format!("_{}", host.replace(['.', '-'], "_")),
                _ => String::new(),
            };
            let file = format!("{name}_{}{host}.scenario", asked.word());
            files.push((file, file_of(name, text, asked, one, found)));
        }
    }
    Ok(files)
}

fn file_of(name: &str, text: &str, asked: Invariant, one: &Explored, found: &Found) -> String {
    let (what, rest) = found.what.split_once(" (line ").unwrap_or((&found.what, ""));
    let what = format!("{what}{}", rest.split_once(')').map_or("", |(_, rest)| rest));
    let ids = finds(text, asked).unwrap_or_else(|| cases::clauses(text).join(", "));
    let mut head = comment(&format!("{ids}: in a run of {name}, {what}."));
    head += &comment("Evidence: a shortest run that `vfio-irq explore` finds.");
    head += &comment(&format!("Hosts: {}", one.hosts.join(", ")));
    head + &found.text
}

fn comment(text: &str) -> String {
    let mut out = String::new();
    let mut line = String::from("#");
    for word in text.split(' ') {
        if line.chars().count() + 1 + word.chars().count() > 72 {
            out += &line;
            out.push('\n');
            line = "#  ".into();
        }
        line.push(' ');
        line += word;
    }
    out + &line + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROW: &str = "# A-1, B: growing.\n# Explore lost: fails on linux-6.1, linux-6.12, linux-7.3,\n\
                        #   mediated\n# Finds lost: C-2\nset_irqs msix trigger eventfd 0 [a] -> 0\nmeanwhile fire 0\n\
                        set_irqs msix trigger none 0+0 -> 0\nset_irqs msix trigger eventfd 0 [a] -> 0\n";

    #[test]
    fn head_says_what_is_expected() {
        let all = expected(GROW).unwrap();
        assert_eq!((all.len(), all[0].asked, all[0].hosts.len()), (1, Invariant::Lost, 4));
        for wrong in
            ["lost: linux-6.1; holds on mediated", "loss: holds on linux-6.1", "lost: linux-6.1"]
        {
            assert!(expected(&format!("# Explore {wrong}\n")).is_err(), "{wrong}");
        }
    }

    #[test]
    fn run_that_is_found_becomes_a_file_that_runs() {
        let files = found("grow", GROW).unwrap();
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["grow_lost.scenario", "grow_lost_mediated.scenario"]);
        let (_, text) = &files[0];
        assert!(text.starts_with("# C-2: in a run of grow, `fire 0` is lost: "), "{text}");
        assert!(text.contains("# Hosts: linux-6.1, linux-6.12, linux-7.3\nhost"), "{text}");
        let less = GROW.replace(",\n#   mediated", "");
        assert!(found("grow", &less).unwrap_err().to_string().contains("mediated"));
        let other = GROW.replace("fails on linux-6.1,", "holds on linux-6.1; fails on");
        assert!(found("grow", &other).unwrap_err().to_string().contains("linux-6.1: holds false"));
    }

    #[test]
    fn table_counts_the_places() {
        // Three places: before, between and after two steps; off in between only by a word of mouth.
        let text = "meanwhile fire 0\nguest 1\nguest 2\n";
        assert_eq!(places(text, "vf-hold").unwrap(), "0 of 3");
        assert_eq!(places(text, "vf").unwrap(), "3 of 3");
        assert!(places(&text.replace("0\n", "0 x2\n"), "vf").is_err());
    }
}
