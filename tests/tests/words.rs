//! The pages that are words rather than rules: the proposed header text and its patch, the questions
//! and the surprises.
//!
//! Left out: that the patch applies to a kernel's header. That needs the kernels' sources, and was
//! done by hand.

use std::collections::BTreeMap;
use std::fs;
use vfio_irq_tests::{root, scenarios};

/// A sentence of the proposed text, as the page has it.
#[derive(Debug)]
struct Sentence {
    words: String,
    /// Id and page of each rule it cites.
    cites: Vec<(String, String)>,
    is_proposal: bool,
}

fn read(name: &str) -> String {
    let path = root().join("book/src").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Kind and page of every clause.
fn clauses() -> BTreeMap<String, (String, String)> {
    let text = read("clauses.md");
    let rows = text.lines().filter_map(|line| {
        let (id, rest) = line.strip_prefix("| <a id=\"")?.split_once('"')?;
        let page = rest.split(['(', '#']).nth(1)?;
        Some((id.to_owned(), (rest.split('|').nth(1)?.trim().to_owned(), page.to_owned())))
    });
    rows.collect()
}

/// `[`ID`](page#ID)` at the beginning: id, page, and what is behind.
fn citation(text: &str) -> Option<(&str, &str, &str)> {
    let (id, rest) = text.strip_prefix("[`")?.split_once("`](")?;
    let (target, rest) = rest.split_once(')')?;
    let (page, anchor) = target.split_once('#')?;
    assert_eq!(anchor, id, "the link of {id} leads to another anchor");
    Some((id, page, rest))
}

fn one_space(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The sentences of the page's quotations, structure by structure, in order.
fn page() -> Vec<Sentence> {
    let text = read("header-text.md");
    let quoted: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix('>')).collect();
    let quoted = one_space(&quoted.join("\n"));
    let mut rest = quoted.as_str();
    let mut sentences = Vec::new();
    while !rest.is_empty() {
        let end = ["*proposal*", "[`"].iter().filter_map(|mark| rest.find(mark)).min();
        let end = end.unwrap_or_else(|| panic!("{rest:?} rests on nothing"));
        let words = rest[..end].trim().to_owned();
        rest = &rest[end..];
        let is_proposal = rest.starts_with("*proposal*");
        rest = rest.strip_prefix("*proposal*").unwrap_or(rest).trim_start();
        let mut cites = Vec::new();
        while let Some((id, page, behind)) = citation(rest) {
            cites.push((id.to_owned(), page.to_owned()));
            rest = behind.trim_start();
        }
        // A line break of Markdown.
        rest = rest.strip_prefix('\\').unwrap_or(rest).trim_start();
        sentences.push(Sentence { words, cites, is_proposal });
    }
    assert!(sentences.len() > 30, "the page was not understood: {} sentences", sentences.len());
    sentences
}

fn patch() -> String {
    read("vfio-irq-uapi.patch")
}

/// The lines of the patch behind its first hunk's head.
fn diff(patch: &str) -> Vec<&str> {
    let lines = patch.lines().skip_while(|line| !line.starts_with("@@"));
    lines.take_while(|line| *line != "-- ").collect()
}

/// What the patch's comments say, without the lines that name the ioctl.
fn added(patch: &str) -> String {
    let mut words = String::new();
    let mut in_head = false;
    for line in diff(patch).iter().filter_map(|line| line.strip_prefix('+')) {
        match line {
            "/*" => in_head = true,
            " */" => {}
            " *" => {
                in_head = false;
                words.push('\n');
            }
            _ if in_head => {}
            _ => {
                words += line.strip_prefix(" * ").expect("a line of a comment");
                words.push('\n');
            }
        }
    }
    one_space(&words)
}

#[test]
fn header_text_is_the_same_on_page_and_in_patch() {
    let page: Vec<String> = page().into_iter().map(|sentence| sentence.words).collect();
    assert_eq!(page.join(" "), added(&patch()));
}

#[test]
fn sentence_of_the_header_text_rests_on_rules_there_are() {
    let clauses = clauses();
    for Sentence { words, cites, is_proposal } in page() {
        let inner = words.strip_suffix('.').unwrap_or_else(|| panic!("{words:?} has no end"));
        assert!(!inner.contains(". "), "{words:?}: each sentence has rules of its own");
        assert!(!cites.is_empty(), "{words:?} rests on nothing");
        let mut promised = false;
        for (id, page) in &cites {
            let (kind, on) = clauses.get(id).unwrap_or_else(|| panic!("{id} is no clause"));
            assert_eq!(page, on, "{id} stands elsewhere");
            promised |= kind != "implementation";
        }
        assert!(promised || is_proposal, "{words:?} promises what hosts do: mark it a proposal");
    }
}

#[test]
fn header_text_names_flags_and_no_implementation() {
    let text = added(&patch());
    for word in
        ["Linux", "kernel", "PCI", "MSI", "INTx", "vector", "handler", "domain", "currently"]
    {
        assert!(!text.contains(word), "{word:?} does not belong there");
    }
    for flag in ["EVENTFD", "MASKABLE", "AUTOMASKED", "NORESIZE", "Without NORESIZE"] {
        assert!(text.contains(flag), "{flag} is missing");
    }
}

#[test]
fn patch_quotes_no_comment_and_its_counts_are_right() {
    let patch = patch();
    let lines = diff(&patch);
    let mut hunks = 0;
    for hunk in lines.split(|line| line.starts_with("@@")).skip(1) {
        let (added, context): (Vec<&str>, Vec<&str>) =
            hunk.iter().partition(|line| line.starts_with('+'));
        assert_eq!(context[1..], [" \t__u32\targsz;", " \t__u32\tflags;"]);
        assert!(context[0].starts_with(" struct vfio_irq_"));
        let head = format!(",{} ", context.len() + added.len());
        let heads: Vec<&&str> = lines.iter().filter(|line| line.starts_with("@@")).collect();
        assert!(heads[hunks].contains(&head), "{}: not {head}", heads[hunks]);
        assert!(added.iter().all(|line| line.len() <= 81), "wider than 80 columns");
        // The old comments begin with `/**`, and their titles are `IOCTL - _IOW(…)`.
        assert_eq!(added[0], "+/*");
        let of_old_title = |line: &&str| line.contains("_IO") || line.ends_with("irq_info)");
        assert!(!added.iter().any(of_old_title), "a line of an old title");
        hunks += 1;
    }
    assert_eq!(hunks, 2);
    let all: usize = lines.iter().filter(|line| line.starts_with('+')).count();
    assert!(patch.contains(&format!("1 file changed, {all} insertions(+)\n")));
}

#[test]
fn message_of_the_patch_is_for_a_mail() {
    let patch = patch();
    let (message, _) = patch.split_once("\ndiff --git").expect("a diff");
    for line in message.lines().filter(|line| !line.starts_with("Link: ")) {
        assert!(line.len() <= 80 && line.is_ascii(), "{line}");
    }
    assert!(message.contains("\nSubject: [PATCH] vfio: "));
}

/// Every citation in a text: id and page.
fn citations(text: &str) -> Vec<(&str, &str)> {
    let parts = text.match_indices("[`").filter_map(|(at, _)| citation(&text[at..]));
    parts.map(|(id, page, _)| (id, page)).collect()
}

/// Heads and texts of a page's parts under heads of one kind.
fn parts<'a>(text: &'a str, head: &str) -> Vec<(&'a str, &'a str)> {
    text.split(head).skip(1).map(|part| part.split_once('\n').expect("a head is a line")).collect()
}

#[test]
fn question_is_answered_shortly_by_rules_there_are() {
    let clauses = clauses();
    let text = read("questions.md");
    let questions = parts(&text, "\n### ");
    assert!(questions.len() > 50, "{} questions", questions.len());
    for (question, answer) in questions {
        let answer = answer.split("\n## ").next().expect("the first part");
        let cited = citations(answer);
        assert!(!cited.is_empty(), "{question}: rests on nothing");
        for (id, page) in cited {
            let (_, on) = clauses.get(id).unwrap_or_else(|| panic!("{question}: no clause {id}"));
            assert_eq!(page, on, "{question}: {id} stands elsewhere");
        }
        let words = answer.split("[`").next().expect("the first part").split_whitespace().count();
        assert!(words <= 60, "{question}: {words} words");
    }
}

#[test]
fn surprise_of_the_front_page_has_a_rule_and_a_run() {
    let front = read("index.md");
    let (_, table) = front.split_once("## What surprises people").expect("the table");
    let text = read("surprises.md");
    let surprises = parts(&text, "\n## ");
    let mut named = Vec::new();
    for (head, part) in &surprises {
        let (id, _) = *citations(part).first().unwrap_or_else(|| panic!("{head}: no rule"));
        assert!(table.contains(&format!("#{id})")), "{head}: the front page has no {id}");
        assert!(part.contains("```scenario") && part.contains("*Do:*"), "{head}");
        named.push(id);
    }
    assert_eq!(citations(table).len(), named.len(), "the front page has others");
}

#[test]
fn word_of_the_glossary_is_in_its_place_and_used() {
    let glossary = read("glossary.md");
    let rows = glossary.lines().filter_map(|line| line.strip_prefix("| "));
    let words: Vec<&str> = rows.skip(1).filter_map(|row| row.split(" |").next()).collect();
    let sorted = |word: &&str| word.to_lowercase().replace('-', " ");
    assert!(words.is_sorted_by_key(sorted), "{words:?}");
    let pages = scenarios::files(&root().join("book/src"), "md");
    let pages = pages.iter().filter(|path| !path.ends_with("glossary.md"));
    let text: String = pages.map(|path| fs::read_to_string(path).expect("listed")).collect();
    let text = one_space(&text).to_lowercase();
    for word in words.iter().flat_map(|words| words.split(", ")) {
        assert!(text.contains(&word.to_lowercase()), "{word} is used nowhere");
    }
}
