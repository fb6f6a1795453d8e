//! Where core cites clauses, and whether every errno it answers stands with one.
//!
//! Read from the source, as a person would: an id in a comment or as the clause of a refusal. Left
//! out: tests; `clause.rs`, the list itself; what names errnos and answers nobody ([`NO_ANSWERS`]).

use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The folder of core's source.
const SOURCE: &str = "core/src";
/// What of it answers no user: the lists, the scenario language, importers, exporters, renderers,
/// notes.
const NO_ANSWERS: [&str; 8] =
    ["clause.rs", "errno.rs", "export/", "import/", "link", "notes/", "render/", "scenario/"];

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Cited {
    /// By clause: `host/block.rs:50`, in order.
    pub at: BTreeMap<String, Vec<String>>,
    /// Ids cited that look like a clause's, with their places: whether they are is not known here.
    pub ids: BTreeSet<(String, String)>,
    /// Errnos with no clause at their line: `eventfd.rs EMFILE`, with place.
    pub bare: BTreeMap<String, String>,
    /// Clauses that code, not a comment, refuses by, with their places. A difference between hosts
    /// names its clause in code too, and refuses nothing.
    pub refusing: BTreeMap<String, String>,
}

/// Reads core.
///
/// # Errors
/// What can't be read.
pub fn read(root: &Path, known: &BTreeSet<&str>) -> Result<Cited> {
    let folder = root.join(SOURCE);
    let mut cited = Cited::default();
    for path in crate::cases::files(&folder, "rs") {
        let name = path.strip_prefix(&folder).expect("found in it").display().to_string();
        let is_test = name.ends_with("/tests.rs") || name.contains("/tests/");
        if !is_test && !NO_ANSWERS.iter().any(|start| name.starts_with(start)) {
            let text = std::fs::read_to_string(&path).with_context(|| name.clone())?;
            cited.file(&name, &text, known);
        }
    }
    Ok(cited)
}

impl Cited {
    fn file(&mut self, name: &str, text: &str, known: &BTreeSet<&str>) {
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
        // Whether the comments right above cite a clause that there is.
        let mut above = false;
        for (line, number) in text.lines().zip(1..) {
            let place = format!("{name}:{number}");
            let (code, comment) = line.split_once("//").unwrap_or((line, ""));
            let mut cites = false;
            for id in ids(line) {
                cites |= known.contains(id);
                let places = self.at.entry(id.to_owned()).or_default();
                places.push(place.clone());
                self.ids.insert((id.to_owned(), place.clone()));
            }
            for id in ids(code).filter(|_| name != "host/profile.rs") {
                self.refusing.entry(id.to_owned()).or_insert_with(|| place.clone());
            }
            // Left of an arrow an errno is looked at, not answered.
            for errno in errnos(code.rsplit("=>").next().unwrap_or(code)) {
                // The clause of a refusal whose name is a parameter stands where it is called.
                let refusal = code.contains("Refusal::new(") && code.contains("clause)");
                if !cites && !above && !refusal {
                    let bare = format!("{name} {errno}");
                    self.bare.entry(bare).or_insert_with(|| place.clone());
                }
            }
            above = code.trim().is_empty() && !comment.is_empty() && (above || cites);
        }
    }
}

/// Words of capitals with a dash in them, but for those that are no ids anywhere: `MSI-X`.
fn ids(text: &str) -> impl Iterator<Item = &str> {
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    text.split(move |c: char| !letter(c)).filter(|word| {
        let mut parts = word.split('-');
        let capitals = |part: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        };
        let first = parts.next().is_some_and(|part| part.len() > 1 && capitals(part));
        let rest: Vec<&str> = parts.collect();
        first && !rest.is_empty() && rest.iter().all(|part| capitals(part)) && rest != ["X"]
    })
}

/// The errnos that code names: `EINVAL` of `Errno::EINVAL`.
fn errnos(code: &str) -> impl Iterator<Item = &str> {
    code.split("Errno::").skip(1).filter_map(|rest| {
        let name = rest.split(|c: char| !c.is_ascii_alphanumeric()).next()?;
        (name.starts_with('E') && name.chars().all(|c| c.is_ascii_uppercase())).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cited(text: &str) -> Cited {
        let mut cited = Cited::default();
        cited.file("a.rs", text, &BTreeSet::from(["AB-C", "MSI-RESIZE-1"]));
        cited
    }

    #[test]
    fn id_in_comment_or_refusal_is_a_citation() {
        let cited =
            cited("// MSI-RESIZE-1: MSI-X, VT-d\nf(\"AB-C\")\n#[cfg(test)]\nmod tests {\nAB-D\n");
        let at: Vec<_> = cited.at.iter().map(|(id, at)| (id.as_str(), at.join(" "))).collect();
        assert_eq!(at, [("AB-C", "a.rs:2".to_owned()), ("MSI-RESIZE-1", "a.rs:1".to_owned())]);
        assert_eq!(cited.refusing.keys().collect::<Vec<_>>(), ["AB-C"]);
    }

    #[test]
    fn errno_stands_with_a_clause_on_its_line_or_right_above() {
        let covered = "Refusal::new(Errno::EINVAL, \"AB-C\")\n// AB-C\n// more\nErr(Errno::EIO)\n\
                       Err(Errno::EIO) => None,\n|clause| Refusal::new(Errno::ENOTTY, clause);\n";
        assert!(cited(covered).bare.is_empty());
        let bare = cited("// AB-C\n\nErr(Errno::EIO)\n// X-Y\nErr(Errno::EBUSY)\n").bare;
        assert_eq!(bare.keys().collect::<Vec<_>>(), ["a.rs EBUSY", "a.rs EIO"]);
    }
}
