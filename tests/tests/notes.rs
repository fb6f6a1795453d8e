//! Notes about misuse: each kind is provoked by a block of the book's page, and what is said of
//! every other scenario is a list that somebody has read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use vfio_irq_book::{block, cases};
use vfio_irq_core::host::HostProfile;
use vfio_irq_core::notes::{self, Kind, Known, Note};
use vfio_irq_core::scenario::{Overrides, Scenario, run_emulated};
use vfio_irq_tests::corpus::corpus;
use vfio_irq_tests::root;

/// The page, and the list.
const PAGE: &str = "book/src/misuse.md";
const LIST: &str = "tests/data/notes.txt";

/// What is said of a scenario on a host; none: its own.
fn said(text: &str, host: Option<&str>) -> Vec<Note> {
    let scenario = Scenario::parse(text).expect("scenarios of the corpus are right");
    let host = host.map(|name| HostProfile::by_name(name).expect("a built-in host"));
    let overrides = Overrides { host, function: None };
    let machine = scenario.machine(&overrides).expect("its first lines are right");
    let trace = run_emulated(&scenario, &overrides).expect("its first lines are right");
    notes::of(&trace, Known::of(&machine))
}

/// A note without its sentences: `9 growth MSG-NORESIZE`.
fn short(note: &Note) -> String {
    let lines = [note.line].into_iter().chain(note.also.iter().copied());
    let lines: Vec<String> = lines.map(|line| line.to_string()).collect();
    format!("{} {} {}", lines.join(","), note.kind.word(), note.clause)
}

/// One line for each note of a scenario; of several hosts, with those it is said on.
fn lines(name: &str, text: &str) -> Vec<String> {
    let hosts = cases::hosts(text);
    if hosts.is_empty() {
        let notes = said(text, None);
        return notes.iter().map(|note| format!("{name}: {}", short(note))).collect();
    }
    let mut on: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for host in &hosts {
        for note in said(text, Some(host)) {
            on.entry(short(&note)).or_default().push(host);
        }
    }
    let words = |(note, on): (String, Vec<&str>)| match on.len() == hosts.len() {
        true => format!("{name}: {note}"),
        false => format!("{name}: {note} on {}", on.join(", ")),
    };
    on.into_iter().map(words).collect()
}

#[test]
fn what_is_said_of_each_scenario_has_been_read() {
    let items = corpus().expect("the corpus can be read");
    let found: BTreeSet<String> =
        items.iter().flat_map(|item| lines(&item.name, &item.text)).collect();

    let list = fs::read_to_string(root().join(LIST)).expect("it is there");
    let read = list.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let read: BTreeSet<String> = read.map(str::to_owned).collect();
    let new: Vec<&String> = found.difference(&read).collect();
    let gone: Vec<&String> = read.difference(&found).collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "{LIST}: a note that is right goes in, one that is said no more goes out\n\
         said, and not in the list:\n{new:#?}\nin the list, and not said:\n{gone:#?}"
    );
    assert!(items.len() > 400, "the corpus has only {} scenarios", items.len());
}

/// The page has a section for each kind, which begins with the block that provokes it and names
/// the clause of the note.
#[test]
fn each_kind_of_note_has_its_block_on_the_page() {
    let path = root().join(PAGE);
    let page = fs::read_to_string(&path).expect("it is there");
    let folder = path.parent().expect("a file is in a folder");
    let mut missing: Vec<String> = Vec::new();
    let mut shown: BTreeSet<Kind> = BTreeSet::new();
    for section in page.split("\n## ").skip(1) {
        let title = section.lines().next().unwrap_or_default();
        let blocks = block::find(section, folder).expect("its blocks are right");
        let Some(kind) = Kind::ALL.into_iter().find(|kind| section.contains(&marker(*kind))) else {
            if !blocks.is_empty() {
                missing.push(format!("{title}: has blocks, and no `note: KIND`"));
            }
            continue;
        };
        shown.insert(kind);
        for block in &blocks {
            let notes = said(&block.text, block.attributes.hosts.first().map(String::as_str));
            match notes.iter().find(|note| note.kind == kind) {
                None => missing.push(format!(
                    "{title}: line {} of the page has no {} note",
                    block.line,
                    kind.word()
                )),
                Some(note) if !section.contains(&format!("`{}`", note.clause)) => {
                    missing.push(format!("{title}: does not name {}", note.clause));
                }
                Some(_) => {}
            }
        }
        if blocks.is_empty() {
            missing.push(format!("{title}: has no block"));
        }
    }
    let kinds = Kind::ALL.into_iter().filter(|kind| !shown.contains(kind));
    missing.extend(kinds.map(|kind| format!("{}: has no section", kind.word())));
    assert!(missing.is_empty(), "{PAGE}:\n{}", missing.join("\n"));
}

/// How a section says which note it is about.
fn marker(kind: Kind) -> String {
    format!("(note `{}`)", kind.word())
}
