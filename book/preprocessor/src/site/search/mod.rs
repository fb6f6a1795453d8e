//! The search: mdBook's index, made anew so that a clause is found by its id, by an errno or flag it
//! speaks of, and by the words of people who do not know the book's.
//!
//! mdBook indexes sections, with the runs of their scenario blocks in them, and its tokenizer takes
//! an id apart at its hyphens. Here each clause is a document of its own, whose address is its anchor;
//! sections keep what is no clause's, and tables of clauses are left out. mdBook's script searches what it is given:
//!
//! | field | holds | scores |
//! |---|---|---|
//! | `title`, `body` | heading and text of a section; a clause's text | by any word |
//! | `clause` | a clause's id | only if it has every word that was typed |
//! | `asked` | words of `book/search.txt` | by any word, before the text |
//! | `questions` | the questions of `questions.md` that the clause answers | by any word |
//! | `words` | full names, errors in words, the clause's line in the table ([`words`]) | by any word |
//!
//! Left out: the search itself, which is elasticlunr.js as mdBook ships it.

mod page;
mod words;

use super::hash::Hash;
use super::{cannot, pages, read, write};
use anyhow::{Context, Result, bail, ensure};
use elasticlunr::IndexBuilder;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The page whose sections are questions, each with links to the clauses that answer it.
const QUESTIONS: &str = "questions.html";
/// Words for clauses, in the book's folder.
const WORDS: &str = "search.txt";
const FIELDS: [&str; 6] = ["title", "body", "clause", "asked", "questions", "words"];
/// mdBook drops longer words, too.
const LONGEST_WORD: usize = 80;
/// How mdBook's script begins and ends.
const BEFORE: &str = "window.search = Object.assign(window.search, JSON.parse('";
const AFTER: &str = "'));";

/// Makes the index of the book built in `site` anew; `book` is its source.
pub(super) fn put(book: &Path, site: &Path) -> Result<()> {
    let file = index_file(site)?;
    let old: Value = serde_json::from_str(&unquoted(&read(&file)?)?)?;
    let asked = words::read(&read(&book.join(WORDS))?).with_context(|| WORDS.to_owned())?;
    let mut pages_read = BTreeMap::new();
    for path in pages(site)? {
        let name = path.strip_prefix(site).expect("it is in there").display().to_string();
        if name != "print.html" && name != "toc.html" {
            pages_read.insert(name, page::read(&read(&path)?));
        }
    }
    let documents = documents(&old, &pages_read, &asked)?;
    let index = quoted(&index(&documents, &old)?.to_string());

    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let new = format!("searchindex-{}.js", &Hash::of(index.as_bytes()).short()[..8]);
    fs::remove_file(&file).with_context(|| cannot("remove", &file))?;
    write(&site.join(&new), &index)?;
    for path in pages(site)? {
        let html = read(&path)?;
        if html.contains(&name) {
            write(&path, &html.replace(&name, &new))?;
        }
    }
    Ok(())
}

/// mdBook's file, whose name ends in a hash.
fn index_file(site: &Path) -> Result<PathBuf> {
    for entry in fs::read_dir(site).with_context(|| cannot("read", site))? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("searchindex-")) {
            return Ok(path);
        }
    }
    bail!("mdBook wrote no searchindex-….js")
}

/// The JSON in mdBook's script.
fn unquoted(script: &str) -> Result<String> {
    let json = script.strip_prefix(BEFORE).and_then(|rest| rest.strip_suffix(AFTER));
    let json = json.context("mdBook writes its search index in another way now")?;
    Ok(json.replace("\\'", "'").replace("\\\\", "\\"))
}

fn quoted(json: &str) -> String {
    format!("{BEFORE}{}{AFTER}", json.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// What can be found.
struct Document {
    url: String,
    /// What the list of results shows as its name.
    name: String,
    /// What it shows below, and is searched.
    body: String,
    /// What else is searched.
    title: String,
    clause: String,
    asked: String,
    questions: String,
    words: String,
}

/// Sections in mdBook's order, each before its clauses.
fn documents(
    old: &Value,
    pages: &BTreeMap<String, page::Page>,
    asked: &BTreeMap<String, String>,
) -> Result<Vec<Document>> {
    let questions = questions(old, pages);
    let rows = pages.values().flat_map(|page| &page.rows);
    let rows: BTreeMap<&str, &str> = rows.map(|row| (row.id.as_str(), row.text.as_str())).collect();
    let mut documents = Vec::new();
    let mut known = Vec::new();
    for (number, url) in old["doc_urls"].as_array().into_iter().flatten().enumerate() {
        let url = url.as_str().context("an address is a text")?;
        let doc = &old["index"]["documentStore"]["docs"][number.to_string()];
        let said = |field: &str| doc[field].as_str().unwrap_or_default().to_owned();
        let (file, id) = url.split_once('#').unwrap_or((url, ""));
        let page = pages.get(file).with_context(|| format!("{url}: there is no such page"))?;
        let section = page.sections.iter().find(|section| section.id == id);
        let section = section.with_context(|| format!("{url}: the page has no such section"))?;
        if page.tables.iter().any(|table| table == id) {
            // It says of each clause what is found on the clause's page.
            continue;
        }
        let name = said("breadcrumbs");
        documents.push(Document {
            url: url.to_owned(),
            name: name.clone(),
            body: section.text.clone(),
            title: said("title"),
            clause: String::new(),
            asked: String::new(),
            questions: String::new(),
            words: String::new(),
        });
        for one in page.clauses.iter().filter(|clause| clause.section == id) {
            let row = rows.get(one.id.as_str()).copied().unwrap_or_default();
            documents.push(Document {
                url: format!("{file}#{}", one.id),
                name: format!("{} · {} · {name}", one.id, one.kind),
                body: one.text.clone(),
                title: String::new(),
                clause: one.id.clone(),
                asked: asked.get(&one.id).cloned().unwrap_or_default(),
                questions: questions.get(&one.id).cloned().unwrap_or_default(),
                words: format!("{row} {}", words::of(&one.text)),
            });
            known.push(&one.id);
        }
    }
    let unknown = asked.keys().find(|id| !known.contains(id));
    ensure!(unknown.is_none(), "{WORDS}: {} is no clause", unknown.cloned().unwrap_or_default());
    Ok(documents)
}

/// The questions each clause answers.
fn questions(old: &Value, pages: &BTreeMap<String, page::Page>) -> BTreeMap<String, String> {
    let mut questions: BTreeMap<String, String> = BTreeMap::new();
    let links = pages.get(QUESTIONS).map(|page| page.links.as_slice()).unwrap_or_default();
    for (number, url) in old["doc_urls"].as_array().into_iter().flatten().enumerate() {
        let section = url.as_str().and_then(|url| url.strip_prefix(QUESTIONS)?.strip_prefix('#'));
        let Some(section) = section else { continue };
        let doc = &old["index"]["documentStore"]["docs"][number.to_string()];
        let question = doc["title"].as_str().unwrap_or_default();
        for (_, clause) in links.iter().filter(|(of, _)| of == section) {
            let words = questions.entry(clause.clone()).or_default();
            *words += &format!(" {question}");
        }
    }
    questions
}

/// As elasticlunr.js takes what is typed apart, at white space and hyphens. A word of several parts
/// (`flags=eventfd|noresize`) is found by each of them, too.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || c == '-').filter(|it| !it.is_empty()) {
        let word = word.to_lowercase();
        let inner = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '_');
        let parts: Vec<&str> = inner
            .split(|c: char| !c.is_alphanumeric() && !"_'’".contains(c))
            .filter(|part| !part.is_empty())
            .collect();
        if parts.len() > 1 {
            tokens.extend(parts.into_iter().map(str::to_owned));
        }
        tokens.push(word);
    }
    tokens.retain(|token| token.len() <= LONGEST_WORD);
    tokens
}

/// The whole file.
fn index(documents: &[Document], old: &Value) -> Result<Value> {
    let builder = FIELDS.iter().fold(IndexBuilder::new(), |builder, field| {
        builder.add_field_with_tokenizer(field, Box::new(tokens))
    });
    let mut index = builder.build();
    for (number, one) in documents.iter().enumerate() {
        let Document { title, body, clause, asked, questions, words, .. } = one;
        index.add_doc(&number.to_string(), [title, body, clause, asked, questions, words]);
    }
    let mut index = serde_json::to_value(&index)?;
    // What is shown of a document, and no more.
    for (number, one) in documents.iter().enumerate() {
        index["documentStore"]["docs"][number.to_string()] = json!({
            "id": number.to_string(), "body": one.body, "breadcrumbs": one.name,
        });
        // Words like OFF and HOW are none to elasticlunr: of two ids that differ in one, the id
        // without it comes first.
        let parts = one.clause.split('-').filter(|part| !part.is_empty()).count();
        index["documentStore"]["docInfo"][number.to_string()]["clause"] = parts.into();
    }
    let urls: Vec<&str> = documents.iter().map(|one| one.url.as_str()).collect();
    Ok(json!({
        "results_options": old["results_options"],
        "search_options": {
            "bool": "OR",
            "expand": true,
            "fields": {
                "title": { "boost": 1 },
                "body": { "boost": 2 },
                "clause": { "boost": 20, "bool": "AND" },
                "asked": { "boost": 4 },
                "questions": { "boost": 2 },
                "words": { "boost": 2 },
            },
        },
        "doc_urls": urls,
        "index": index,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn script_quoted_and_unquoted_is_the_same() {
        let json = r#"{"a":"it's \"so\" \\ "}"#;
        assert_eq!(unquoted(&quoted(json)).unwrap(), json);
        assert!(unquoted("window.search = {}").is_err());
    }

    #[test]
    fn word_of_several_parts_is_found_by_each() {
        assert_eq!(
            tokens("MSI-X flags=eventfd|noresize, it's"),
            ["msi", "x", "flags", "eventfd", "noresize", "flags=eventfd|noresize,", "it's"]
        );
    }
}
