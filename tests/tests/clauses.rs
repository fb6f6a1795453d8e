//! The book's clauses: each in the table and, under the same kind, on its page; every rule that
//! core cites among them; every clause a scenario's header names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use vfio_irq_book::clauses;
use vfio_irq_core::clause::{Kind, RULES};
use vfio_irq_core::host::DIFFERENCES;
use vfio_irq_tests::corpus::HOSTS;
use vfio_irq_tests::{root, scenarios};

/// Id, kind and page of every row of the table.
fn table() -> BTreeMap<String, (String, String)> {
    let text = fs::read_to_string(root().join("book/src/clauses.md")).expect("the table is there");
    let mut rows = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| <a id=")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let id = cells[1].split('"').nth(1).expect("a row has an anchor").to_owned();
        let page = cells[1].split(['(', '#']).nth(1).expect("a row has a link").to_owned();
        let twice = rows.insert(id.clone(), (cells[2].to_owned(), page));
        assert!(twice.is_none(), "{id} stands twice in the table");
    }
    assert!(rows.len() > 100, "the table was not understood: {} rows", rows.len());
    rows
}

#[test]
fn clause_of_the_table_stands_on_its_page_with_its_kind() {
    for (id, (kind, page)) in table() {
        let text = fs::read_to_string(root().join("book/src").join(&page))
            .unwrap_or_else(|error| panic!("{id}: {page}: {error}"));
        let head = format!("<a id=\"{id}\"></a>**{id}** · *{kind}*");
        assert_eq!(text.matches(&head).count(), 1, "{page} has {head:?}");
    }
}

#[test]
fn clause_of_a_page_is_found_and_speaks_of_kernels_there_are() {
    let mut found = Vec::new();
    for path in scenarios::files(&root().join("book/src"), "md") {
        let text = fs::read_to_string(&path).expect("listed");
        let clauses = clauses::find(&text);
        found.extend(clauses.unwrap_or_else(|error| panic!("{}: {error}", path.display())));
    }
    for clause in &found {
        let known = |kernel: &String| HOSTS.contains(&format!("linux-{kernel}").as_str());
        assert!(clause.kernels.iter().all(known), "{}: {:?}", clause.id, clause.kernels);
    }
    let found: BTreeSet<String> = found.into_iter().map(|clause| clause.id).collect();
    assert_eq!(found, table().into_keys().collect());
}

#[test]
fn clause_of_a_page_is_in_the_table() {
    let table = table();
    for path in scenarios::files(&root().join("book/src"), "md") {
        if path.ends_with("clauses.md") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("listed");
        for id in text.split("<a id=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            if id
                .chars()
                .all(|letter| letter.is_ascii_uppercase() || "-0123456789".contains(letter))
            {
                assert!(table.contains_key(id), "{}: {id} is not in the table", path.display());
            }
        }
    }
}

#[test]
fn rule_core_cites_is_a_clause_of_the_same_kind() {
    let table = table();
    for rule in RULES {
        let (kind, _) = table.get(rule.id).unwrap_or_else(|| panic!("{} is no clause", rule.id));
        let ours = match rule.kind {
            Kind::Documented => "documented",
            Kind::Implementation => "implementation",
            Kind::Unspecified => "unspecified",
        };
        assert_eq!(ours, kind, "{}", rule.id);
    }
    for difference in DIFFERENCES {
        assert!(table.contains_key(difference.clause), "{}", difference.clause);
    }
}

#[test]
fn clause_a_scenario_names_exists() {
    let table = table();
    let mut named = 0;
    for path in scenarios::files(&root().join("tests/scenarios"), "scenario") {
        let text = fs::read_to_string(&path).expect("listed");
        let comments = text.lines().map_while(|line| line.strip_prefix("# "));
        let head = comments.collect::<Vec<_>>().join(" ");
        let (ids, _) = head
            .split_once(": ")
            .unwrap_or_else(|| panic!("{}: it begins `# CLAUSE[, CLAUSE…]: what`", path.display()));
        for id in ids.split(",").map(str::trim) {
            assert!(table.contains_key(id), "{}: {id} is no clause", path.display());
            named += 1;
        }
    }
    assert!(named > 100);
}
