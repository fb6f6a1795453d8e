//! The verified file: what real kernels were seen to do, `tests/data/kernels/verified.json`.
//!
//! The real-kernel run writes it with the recordings it keeps (crates `vfio-irq-kernels`,
//! `vfio-irq-tests`), the book shows it. One line an entry, in order of names, so that a change
//! can be read. Left out: what the kernels answered, which the recordings say.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Devices by kernel, the kernels by their host profiles.
pub type Seen = BTreeMap<String, Vec<String>>;

/// The file.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Verified {
    /// The kernels, by their host profiles.
    pub kernels: BTreeMap<String, Kernel>,
    /// Every clause a confirmed scenario names, with where it was confirmed.
    pub clauses: BTreeMap<String, Seen>,
    /// Every scenario.
    pub scenarios: BTreeMap<String, Scenario>,
}

/// A kernel.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Kernel {
    /// Version of its package, and what `uname -r` says.
    pub version: String,
    /// Version of the QEMU it ran under.
    pub qemu: String,
    /// The day of its oldest recording, in UTC: `2026-11-30`; empty if that was not kept.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub recorded: String,
}

/// A scenario.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Scenario {
    /// Of its text.
    pub fingerprint: String,
    /// The clauses its header names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clauses: Vec<String>,
    /// Where its expectations held and kernel and emulator answered alike.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub kernels: Seen,
}

impl Verified {
    /// Where it is, from the repository's root.
    pub const FILE: &str = "tests/data/kernels/verified.json";

    /// Reads it from the repository of this root.
    ///
    /// # Errors
    /// When it is not there or not understood.
    pub fn read(root: &Path) -> Result<Self> {
        let file: PathBuf = root.join(Self::FILE);
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("{}: `cargo xtask kernels --record` writes it", Self::FILE))?;
        serde_json::from_str(&text).with_context(|| Self::FILE.to_owned())
    }

    /// Its text.
    pub fn print(&self) -> String {
        let mut text = String::from("{\n");
        section(&mut text, "kernels", &self.kernels);
        text += ",\n";
        section(&mut text, "clauses", &self.clauses);
        text += ",\n";
        section(&mut text, "scenarios", &self.scenarios);
        text + "\n}\n"
    }
}

fn section<T: Serialize>(text: &mut String, name: &str, entries: &BTreeMap<String, T>) {
    let lines: Vec<String> = entries
        .iter()
        .map(|(key, value)| {
            let value = serde_json::to_string(value).expect("names and lists of names");
            format!("{}:{value}", serde_json::Value::from(key.as_str()))
        })
        .collect();
    let _ = write!(text, "\"{name}\":{{\n{}\n}}", lines.join(",\n"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verified_printed_and_read_is_the_same() {
        let mut verified = Verified::default();
        let seen = Seen::from([("linux-6.1".into(), vec!["e1000e".into(), "edu".into()])]);
        verified.kernels.insert("linux-6.1".into(), Kernel::default());
        verified.clauses.insert("SET-ARGSZ".into(), seen.clone());
        let scenario = Scenario { kernels: seen, ..Scenario::default() };
        verified.scenarios.insert("a \"b\"".into(), scenario);
        assert_eq!(serde_json::from_str::<Verified>(&verified.print()).unwrap(), verified);
    }
}
