//! The form of the book's pages: how each begins, how long it is, and what it links to and cites.
//! Whether its links lead somewhere, `site.rs` says, of the built book.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use vfio_irq_book::clauses;
use vfio_irq_tests::{prose, root, scenarios};

/// Hosts that texts link to. A new one is added here, by whoever has looked at it.
const HOSTS: [&str; 11] = [
    "cateee.net",
    "docs.kernel.org",
    "doc.dpdk.org",
    "git.dpdk.org",
    "git.kernel.org",
    "github.com",
    "lists.gnu.org",
    "lore.kernel.org",
    "nvd.nist.gov",
    "pcisig.com",
    "www.qemu.org",
];
/// Most lines of a page.
const LONGEST: usize = 400;

/// Every page with its text; the name as in messages.
fn pages() -> Vec<(String, String)> {
    let read = |path: &Path| {
        let name = path.strip_prefix(root()).expect("in the repository").display().to_string();
        (name, fs::read_to_string(path).expect("listed"))
    };
    let pages: Vec<_> = prose::pages().iter().map(|path| read(path)).collect();
    assert!(pages.len() > 15, "the book has only {} pages", pages.len());
    pages
}

fn none(problems: &[String]) {
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn page_begins_with_a_title_and_its_summary() {
    let mut wrong = Vec::new();
    for (name, text) in pages().iter().filter(|(name, _)| !name.ends_with("SUMMARY.md")) {
        let mut parts = text.split("\n\n");
        let title = parts.next().unwrap_or_default();
        if !title.starts_with("# ") || title.contains('\n') {
            wrong.push(format!("{name}: it begins with a line `# Title`"));
        }
        let first = parts.next().unwrap_or_default();
        let bold = first.strip_prefix("**").and_then(|rest| rest.split_once("**"));
        if !bold.is_some_and(|(bold, _)| bold.trim_end().ends_with('.')) {
            wrong.push(format!("{name}: behind its title stands a summary, `**Sentence.**`"));
        }
    }
    none(&wrong);
}

#[test]
fn page_has_fewer_than_400_lines() {
    let long = |(name, text): &(String, String)| {
        let lines = text.lines().count();
        (lines >= LONGEST && !name.ends_with("clauses.md")).then(|| format!("{name}: {lines}"))
    };
    none(&pages().iter().filter_map(long).collect::<Vec<_>>());
}

/// What looks like an id, in code, in a link or plain: words in capitals and numbers, joined, of which
/// the first begins some clause's id.
#[test]
fn id_a_page_names_is_a_clause() {
    let pages = pages();
    let ids: BTreeSet<String> = pages
        .iter()
        .flat_map(|(_, text)| clauses::find(text).expect("tests/clauses.rs says which is wrong"))
        .map(|clause| clause.id)
        .collect();
    let first = |id: &str| id.split('-').next().unwrap_or_default().to_owned();
    let families: BTreeSet<String> = ids.iter().map(|id| first(id)).collect();
    let mut wrong = Vec::new();
    for (name, text) in &pages {
        for (number, line) in text.lines().enumerate() {
            let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
            for word in line.split(|c: char| !is_part(c) && !c.is_alphanumeric() && c != '_') {
                let word = word.trim_matches('-');
                let looks = word.contains('-') && word.chars().all(is_part) && word != "MSI-X";
                // A family: `MSIX-RESIZE-1` to `-6`.
                let begins = ids.iter().any(|id| id.starts_with(&format!("{word}-")));
                if looks && families.contains(&first(word)) && !ids.contains(word) && !begins {
                    wrong.push(format!("{name}:{}: {word} is no clause", number + 1));
                }
            }
        }
    }
    none(&wrong);
}

#[test]
fn link_to_another_site_is_well_formed() {
    let mut texts = pages();
    for name in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] {
        texts.push((name.into(), fs::read_to_string(root().join(name)).expect("it is there")));
    }
    for path in scenarios::files(&root().join("tests/scenarios"), "scenario") {
        texts.push((path.display().to_string(), fs::read_to_string(&path).expect("listed")));
    }
    let mut wrong = Vec::new();
    for (name, text) in &texts {
        for (number, line) in text.lines().enumerate() {
            wrong.extend(
                addresses(line)
                    .filter_map(fault)
                    .map(|fault| format!("{name}:{}: {fault}", number + 1)),
            );
        }
    }
    none(&wrong);
}

/// The addresses of a line, to the first character none has.
fn addresses(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("://").map(|(at, _)| {
        let before = line[..at].rfind(|c: char| !c.is_ascii_alphabetic()).map_or(0, |end| end + 1);
        let rest = &line[before..];
        &rest[..rest
            .find(|c: char| c.is_whitespace() || "\"<>`)]".contains(c))
            .unwrap_or(rest.len())]
    })
}

/// What is wrong with an address.
fn fault(address: &str) -> Option<String> {
    if address.starts_with("http://localhost:") {
        return None;
    }
    let Some(rest) = address.strip_prefix("https://") else {
        return Some(format!("{address} is not https"));
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if !HOSTS.contains(&host) {
        return Some(format!("{address}: {host} is no host of tests/tests/pages.rs"));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!$&'*+,;=%".contains(c);
    let junk = path.ends_with(['.', ',', ';', ':', '\'', '*', '_']) || !path.chars().all(allowed);
    (junk || path.is_empty()).then(|| format!("{address} ends or is written in a way no link is"))
}

#[test]
fn fault_of_an_address_is_seen() {
    let found = |line: &str| addresses(line).find_map(fault);
    assert_eq!(found("[a](https://lore.kernel.org/kvm/2021@x.de/) and https://github.com/a/b."), {
        Some("https://github.com/a/b. ends or is written in a way no link is".into())
    });
    assert!(found("see http://github.com/a").is_some());
    assert!(found("see https://example.org/a").is_some());
    assert_eq!(found("`https://docs.kernel.org/driver-api/vfio.html#a`"), None);
}
