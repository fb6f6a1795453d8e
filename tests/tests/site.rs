//! The built book, without a browser and without the playground: its search, and whether its links
//! lead somewhere, its printed form, and what its pages say without scripts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use vfio_irq_book::verified::Verified;
use vfio_irq_book::{clauses, site};
use vfio_irq_core::errno::Errno;
use vfio_irq_tests::search::{self, Index};
use vfio_irq_tests::{root, scenarios};

/// The book, built once for all tests of this file.
fn book() -> &'static PathBuf {
    static BOOK: OnceLock<PathBuf> = OnceLock::new();
    BOOK.get_or_init(|| {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("book");
        site::build_book(&root().join("book"), &folder).expect("the book can be built");
        folder
    })
}

fn index() -> Index {
    Index::read(book()).expect("the builder writes it")
}

/// Every clause, with its address and its paragraph.
fn all_clauses() -> Vec<(String, String, String)> {
    let mut all = Vec::new();
    for path in scenarios::files(&root().join("book/src"), "md") {
        let text = fs::read_to_string(&path).expect("listed");
        let name =
            path.strip_prefix(root().join("book/src")).expect("listed").with_extension("html");
        for clause in clauses::find(&text).expect("tests/clauses.rs says which is wrong") {
            let start = text.find(&format!("<a id=\"{}\"", clause.id)).expect("found there");
            let address = format!("{}#{}", name.display(), clause.id);
            all.push((clause.id, address, text[start..clause.range.start].to_owned()));
        }
    }
    assert!(all.len() > 100, "the book has only {} clauses", all.len());
    all
}

#[test]
fn clause_is_found_first_by_its_id() {
    let (index, all) = (index(), all_clauses());
    for (id, address, _) in &all {
        // ACTION and ACTIONS are one word to the search, and HOW, OFF and OTHER none.
        let own = search::words(id);
        let lost = own.len() < id.split('-').count();
        let like = all.iter().map(|(id, ..)| search::words(id)).filter(|words| match lost {
            true => own.iter().all(|one| words.contains(one)),
            false => *words == own,
        });
        let (among, found) = (like.count(), index.search(id));
        let is_first = found.iter().take(among).any(|one| one == address);
        assert!(is_first, "{id} finds {:?}", &found[..found.len().min(3)]);
    }
}

#[test]
fn clause_is_found_by_every_errno_it_names() {
    let (index, all) = (index(), all_clauses());
    let mut named = 0;
    for errno in Errno::names() {
        let found = index.search(errno);
        let shown = &found[..found.len().min(index.limit())];
        for (id, address, text) in &all {
            let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
            if words.any(|word| word == errno) {
                assert!(shown.contains(&address.as_str()), "{errno} does not find {id}");
                named += 1;
            }
        }
    }
    assert!(named > 40, "only {named} errors are named");
}

#[test]
fn words_readers_type_find_their_clause() {
    let (index, all) = (index(), all_clauses());
    let mut missed = Vec::new();
    for wanted in search::wanted().expect("tests/data/search.txt") {
        let address =
            all.iter().find(|(id, ..)| *id == wanted.clause).map(|(_, address, _)| address);
        let Some(address) = address else {
            missed.push(format!("{}: {} is no clause", wanted.query, wanted.clause));
            continue;
        };
        let found = index.search(&wanted.query);
        let place = found.iter().position(|one| one == address);
        if place.is_none_or(|place| place >= wanted.among) {
            let first = &found[..found.len().min(wanted.among)];
            let place = place.map_or("nowhere".to_owned(), |place| format!("number {}", place + 1));
            missed.push(format!(
                "{:?} finds {} {place}, not among the first {}: {first:?}",
                wanted.query, wanted.clause, wanted.among
            ));
        }
    }
    assert!(
        missed.is_empty(),
        "a clause gets the words it lacks in book/search.txt:\n{}",
        missed.join("\n")
    );
}

#[test]
fn question_typed_whole_finds_a_rule_that_answers_it() {
    let text = fs::read_to_string(root().join("book/src/questions.md")).expect("it is a page");
    let (index, mut missed, mut count) = (index(), Vec::new(), 0);
    for part in text.split("\n### ").skip(1) {
        let (question, answer) = part.split_once('\n').unwrap_or((part, ""));
        let answer = answer.split("\n## ").next().unwrap_or_default();
        let rules = answer.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let rules: Vec<String> = rules.map(|rule| rule.replace(".md#", ".html#")).collect();
        let found = index.search(question);
        if !found.iter().take(5).any(|one| rules.iter().any(|rule| rule == one)) {
            missed.push(format!("{question:?}: {:?}", &found[..found.len().min(5)]));
        }
        count += 1;
    }
    assert!(count > 20, "only {count} questions");
    assert!(missed.is_empty(), "{} of {count}:\n{}", missed.len(), missed.join("\n"));
}

/// The values of an attribute.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!(" {attribute}=\"");
    let parts = html.split(&start).skip(1);
    parts.filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn link_of_a_page_leads_to_a_page_and_a_place_in_it() {
    let mut pages: BTreeMap<String, String> = BTreeMap::new();
    for path in scenarios::files(book(), "html") {
        let name = path.strip_prefix(book()).expect("listed").display().to_string();
        pages.insert(name, fs::read_to_string(&path).expect("listed"));
    }
    let places: BTreeMap<&str, BTreeSet<&str>> = pages
        .iter()
        .map(|(name, html)| (name.as_str(), values(html, "id").into_iter().collect()))
        .collect();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for (name, html) in &pages {
        for link in values(html, "href") {
            if link.starts_with("https://") || link.ends_with(".css") {
                continue;
            }
            let (file, place) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { name.as_str() } else { file };
            // The playground is put beside the book, and its place is a scenario.
            let exists = target == "playground.html" || book().join(target).is_file();
            let has_place = || places.get(target).is_some_and(|places| places.contains(place));
            if !exists || !(place.is_empty() || target == "playground.html" || has_place()) {
                wrong.push(format!("{name}: {link}"));
            }
            count += 1;
        }
    }
    assert!(count > 1000, "only {count} links were looked at");
    assert!(wrong.is_empty(), "these lead nowhere:\n{}", wrong.join("\n"));
}

#[test]
fn page_says_at_its_foot_what_was_verified_and_where_that_stands() {
    let verified = Verified::read(&root()).expect("the verified file is there");
    let days = || verified.kernels.values().map(|kernel| kernel.recorded.as_str());
    let (first, last) = (days().min().expect("a kernel"), days().max().expect("a kernel"));
    let recorded = match first == last {
        true => format!(", recorded {first}."),
        false => format!(", recorded {first} to {last}."),
    };
    for path in scenarios::files(book(), "html").iter().filter(|path| !path.ends_with("toc.html")) {
        let html = fs::read_to_string(path).expect("listed");
        let foot = html.split("<footer class=\"vfio-irq-foot\">").nth(1);
        let foot = foot.unwrap_or_else(|| panic!("{} has no foot", path.display()));
        assert!(foot.split("</footer>").next().is_some_and(|foot| foot.contains("verified.html")));
        assert!(foot.contains(&recorded), "{}: not `{recorded}`", path.display());
        for kernel in verified.kernels.values() {
            let version = kernel.version.split(' ').next().unwrap_or_default();
            assert!(foot.contains(version), "{}: no {version}", path.display());
        }
    }
    let page = fs::read_to_string(book().join("verified.html")).expect("it is a page");
    assert!(page.contains("This site was built from "), "the page does not name the source");
    for kernel in verified.kernels.values() {
        assert!(page.contains(&kernel.version) && page.contains(&kernel.qemu), "no {kernel:?}");
    }
}

#[test]
fn book_built_twice_is_the_same() {
    let again = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("book-again");
    site::build_book(&root().join("book"), &again).expect("the book can be built");
    for path in scenarios::files(book(), "html").iter().chain(&scenarios::files(book(), "js")) {
        let name = path.strip_prefix(book()).expect("listed");
        let (one, other) = (fs::read(path), fs::read(again.join(name)));
        assert!(
            one.is_ok() && one.ok() == other.ok(),
            "{} is another in the second build",
            name.display()
        );
    }
}

/// The blocks of a page.
fn blocks(html: &str) -> Vec<&str> {
    html.split("<div class=\"vfio-irq-block\"").skip(1).collect()
}

#[test]
fn block_of_a_page_has_its_listing_and_its_run_as_text() {
    let mut count = 0;
    for path in scenarios::files(book(), "html") {
        let html = fs::read_to_string(&path).expect("listed");
        for block in blocks(&html) {
            for part in ["<pre class=\"vfio-irq-listing\">", "<svg", "vfio-irq-text", "causes "] {
                assert!(block.contains(part), "{}: a block without {part}", path.display());
            }
            count += 1;
        }
    }
    assert!(count > 100, "only {count} blocks were looked at");
}

#[test]
fn printed_book_has_every_block_every_clause_and_every_page() {
    let printed = fs::read_to_string(book().join("print.html")).expect("mdBook writes it");
    let ids: BTreeSet<&str> = values(&printed, "id").into_iter().collect();
    for (id, ..) in all_clauses() {
        assert!(ids.contains(id.as_str()), "{id} is not printed");
        // With its paragraph, not with its row of the table.
        assert!(printed.contains(&format!("<a id=\"{id}\"></a><strong>{id}</strong>")), "{id}");
    }
    let mut count = 0;
    for path in scenarios::files(book(), "html") {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let html = fs::read_to_string(&path).expect("listed");
        if ["print.html", "toc.html"].contains(&&*name) {
            continue;
        }
        count += blocks(&html).len();
        let title = html.split("<main>").nth(1).and_then(|main| main.split("</h1>").next());
        let title = title.and_then(|title| title.split('>').nth(2)).unwrap_or_default();
        assert!(printed.contains(&format!("{title}></h1>")), "{name}: {title} is not printed");
    }
    assert_eq!(blocks(&printed).len(), count);
}
