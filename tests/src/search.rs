//! The book's search as a reader's browser does it: elasticlunr.js, version 0.9.5 as mdBook ships it,
//! on the index the site's builder writes. The tests of the site hold it against that script in a
//! browser (`e2e/find.rs`).
//!
//! `tests/data/search.txt` says what must be found by what.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use elasticlunr::Language;
use elasticlunr::lang::English;
use serde_json::Value;

use crate::root;

/// A line of `tests/data/search.txt`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What is typed.
    pub query: String,
    /// What must be found.
    pub clause: String,
    /// Among how many results.
    pub among: usize,
}

/// What must be found by what.
///
/// # Errors
/// With the line, when it is not understood.
pub fn wanted() -> Result<Vec<Wanted>> {
    let text = fs::read_to_string(root().join("tests/data/search.txt"))?;
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (query, clause, among) = match (line.split_once(" => "), line.split_once(" -> ")) {
                (Some((query, clause)), _) => (query, clause, 1),
                (_, Some((query, clause))) => (query, clause, 5),
                _ => bail!("{line:?}: it is `query -> CLAUSE` or `query => CLAUSE`"),
            };
            Ok(Wanted { query: query.trim().into(), clause: clause.trim().into(), among })
        })
        .collect()
}

/// What the search takes for words of a query, as their stems.
pub fn words(query: &str) -> Vec<String> {
    let tokens = query.split(|c: char| c.is_whitespace() || c == '-').map(str::to_lowercase);
    English::new().make_pipeline().run(tokens.collect())
}

/// The index of a built book.
#[derive(Debug, Clone)]
pub struct Index(Value);

impl Index {
    /// Reads it from the folder of a built book.
    ///
    /// # Errors
    /// When it is not there or not understood.
    pub fn read(site: &Path) -> Result<Self> {
        let mut files = fs::read_dir(site)?.flatten().map(|entry| entry.path());
        let file = files.find(|path| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("searchindex-"))
        });
        let script = fs::read_to_string(file.context("the book has no searchindex-….js")?)?;
        let quoted = script.split_once('\'').and_then(|(_, rest)| rest.rsplit_once('\''));
        let json = quoted.context("the index is in quotes")?.0;
        let json = json.replace("\\'", "'").replace("\\\\", "\\");
        Ok(Self(serde_json::from_str(&json)?))
    }

    /// How many results the page shows.
    pub fn limit(&self) -> usize {
        self.0["results_options"]["limit_results"].as_u64().unwrap_or(0) as usize
    }

    /// The addresses found, best first.
    pub fn search(&self, query: &str) -> Vec<&str> {
        let tokens = words(query);
        let mut scores: BTreeMap<usize, f64> = BTreeMap::new();
        let fields = self.0["search_options"]["fields"].as_object();
        for (field, options) in fields.expect("mdBook writes them") {
            let and = options["bool"] == "AND";
            let boost = options["boost"].as_f64().unwrap_or(1.0);
            for (document, score) in self.field(field, &tokens, and) {
                *scores.entry(document).or_default() += score * boost;
            }
        }
        let mut found: Vec<(usize, f64)> = scores.into_iter().collect();
        found.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        let url = |(document, _)| self.0["doc_urls"][document].as_str().unwrap_or_default();
        found.into_iter().map(url).collect()
    }

    /// elasticlunr's `fieldSearch` and `coordNorm`.
    fn field(&self, field: &str, tokens: &[String], and: bool) -> BTreeMap<usize, f64> {
        let mut sum: Option<BTreeMap<usize, f64>> = None;
        let mut exact: BTreeMap<usize, usize> = BTreeMap::new();
        for token in tokens {
            let mut scores: BTreeMap<usize, f64> = BTreeMap::new();
            for (found, node) in self.expand(field, token) {
                let known = node["df"].as_f64().unwrap_or(0.0);
                let all = self.0["index"]["documentStore"]["length"].as_f64().unwrap_or(0.0);
                let rarity = 1.0 + (all / (known + 1.0)).ln();
                let longer = found.len() as f64 - token.len() as f64;
                let like =
                    if found == *token { 1.0 } else { 0.15 * (1.0 - longer / found.len() as f64) };
                for (document, entry) in node["docs"].as_object().into_iter().flatten() {
                    let document: usize = document.parse().expect("a number");
                    if and && sum.as_ref().is_some_and(|sum| !sum.contains_key(&document)) {
                        continue;
                    }
                    if found == *token {
                        *exact.entry(document).or_default() += 1;
                    }
                    let times = entry["tf"].as_f64().unwrap_or(0.0);
                    let short = match self.length(document, field) {
                        0.0 => 1.0,
                        length => 1.0 / length.sqrt(),
                    };
                    *scores.entry(document).or_default() += times * rarity * short * like;
                }
            }
            sum = Some(match sum {
                None => scores,
                Some(before) if and => scores
                    .into_iter()
                    .filter_map(|(document, score)| {
                        Some((document, score + before.get(&document)?))
                    })
                    .collect(),
                Some(mut before) => {
                    for (document, score) in scores {
                        *before.entry(document).or_default() += score;
                    }
                    before
                }
            });
        }
        let mut sum = sum.unwrap_or_default();
        for (document, score) in &mut sum {
            if let Some(exact) = exact.get(document) {
                *score *= *exact as f64 / tokens.len() as f64;
            }
        }
        sum
    }

    fn length(&self, document: usize, field: &str) -> f64 {
        let lengths = &self.0["index"]["documentStore"]["docInfo"][document.to_string()];
        lengths[field].as_f64().unwrap_or(0.0)
    }

    /// The words of the index that begin so.
    fn expand(&self, field: &str, token: &str) -> Vec<(String, &Value)> {
        let mut node = &self.0["index"]["index"][field]["root"];
        for letter in token.chars() {
            node = &node[letter.to_string()];
        }
        let (mut found, mut waiting) = (Vec::new(), vec![(token.to_owned(), node)]);
        while let Some((word, node)) = waiting.pop() {
            if node["df"].as_f64().unwrap_or(0.0) > 0.0 {
                found.push((word.clone(), node));
            }
            for (letter, child) in node.as_object().into_iter().flatten() {
                if letter != "docs" && letter != "df" {
                    waiting.push((format!("{word}{letter}"), child));
                }
            }
        }
        found
    }
}
