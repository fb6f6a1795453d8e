//! Where this machine gets Debian from: sources.list(5), both notations.
//!
//! Only the addresses of the archive and of its security updates are taken; the suites are ours.
//! Left out: options of a line other than that it has some, and what apt does with them.

use super::deb822::stanzas;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// The addresses from which the machine takes Debian.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirrors {
    /// The archive with releases and backports.
    pub archive: String,
    /// The archive of security updates, when the machine has one.
    pub security: Option<String>,
}

/// One address with its suites, as the machine's files name it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    uri: String,
    suites: Vec<String>,
}

/// Reads `/etc/apt/sources.list` and `/etc/apt/sources.list.d`.
///
/// # Errors
/// When no Debian archive is named there.
pub fn of_machine() -> Result<Mirrors> {
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    if let Ok(folder) = std::fs::read_dir("/etc/apt/sources.list.d") {
        files.extend(folder.flatten().map(|entry| entry.path()));
    }
    files.sort();
    let mut entries = Vec::new();
    for file in files.iter().filter(|file| file.is_file()) {
        let Ok(text) = std::fs::read_to_string(file) else { continue };
        entries.extend(read(file, &text));
    }
    choose(&entries)
}

/// The keyring that signs Debian's archive.
///
/// # Errors
/// When it is not installed.
pub fn keyring() -> Result<PathBuf> {
    ["gpg", "pgp"]
        .iter()
        .map(|end| PathBuf::from(format!("/usr/share/keyrings/debian-archive-keyring.{end}")))
        .find(|file| file.is_file())
        .context("Debian's keys are not here: apt-get install debian-archive-keyring")
}

fn read(file: &Path, text: &str) -> Vec<Entry> {
    match file.extension().and_then(|end| end.to_str()) {
        Some("list") => text.lines().filter_map(line).collect(),
        Some("sources") => deb822(text),
        // apt ignores files of other names, so do we.
        _ => Vec::new(),
    }
}

/// `deb [options] uri suite component…`
fn line(text: &str) -> Option<Entry> {
    let text = text.split('#').next()?.trim().strip_prefix("deb")?;
    let mut rest = text.strip_prefix([' ', '\t'])?.trim_start();
    if let Some(options) = rest.strip_prefix('[') {
        rest = options.split_once(']')?.1;
    }
    let mut words = rest.split_whitespace();
    let uri = words.next()?.to_owned();
    let suites = vec![words.next()?.to_owned()];
    Some(Entry { uri, suites })
}

fn deb822(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    for stanza in stanzas(text) {
        let off = matches!(stanza.field("Enabled"), Some("no" | "false" | "0" | "off"));
        if off || !stanza.words("Types").any(|kind| kind == "deb") {
            continue;
        }
        let suites: Vec<String> = stanza.words("Suites").map(Into::into).collect();
        let all = stanza.words("URIs");
        entries.extend(all.map(|uri| Entry { uri: uri.to_owned(), suites: suites.clone() }));
    }
    entries
}

const RELEASES: [&str; 12] = [
    "bullseye",
    "bookworm",
    "trixie",
    "forky",
    "duke",
    "sid",
    "oldoldstable",
    "oldstable",
    "stable",
    "testing",
    "unstable",
    "experimental",
];

/// The first archive of a Debian release, and the first of its security updates.
fn choose(entries: &[Entry]) -> Result<Mirrors> {
    let release = |suite: &str| {
        let name = suite.split(['-', '/']).next().unwrap_or_default();
        RELEASES.contains(&name)
    };
    let is_security = |suite: &str| suite.contains("-security") || suite.contains("/updates");
    let first = |security: bool| {
        entries
            .iter()
            .find(|entry| entry.suites.iter().any(|s| release(s) && is_security(s) == security))
            .map(|entry| entry.uri.clone())
    };
    let Some(archive) = first(false) else {
        bail!(
            "no Debian archive in /etc/apt/sources.list or /etc/apt/sources.list.d: the kernels \
             come from the mirror this machine uses, name one there"
        );
    };
    Ok(Mirrors { archive, security: first(true) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mirrors(files: &[(&str, &str)]) -> Result<Mirrors> {
        let entries: Vec<_> =
            files.iter().flat_map(|(name, text)| read(Path::new(name), text)).collect();
        choose(&entries)
    }

    #[test]
    fn one_line_sources_give_archive_and_security() {
        let text = "# deb http://old/debian buster main\n\
                    deb-src http://source/debian bookworm main\n\
                    deb http://other/node nodistro main\n\
                    deb [arch=amd64 signed-by=/k.gpg] http://m/debian bookworm main # why\n\
                    deb http://s/debian-security bookworm-security main\n";
        let found = mirrors(&[("sources.list", text)]).expect("there is one");
        assert_eq!(found.archive, "http://m/debian");
        assert_eq!(found.security.as_deref(), Some("http://s/debian-security"));
    }

    #[test]
    fn deb822_sources_skip_what_is_off() {
        let text = "Types: deb\nURIs: http://off/debian\nSuites: trixie\nEnabled: no\n\n\
                    Types: deb deb-src\nURIs: http://m/debian http://n/debian\n\
                    Suites: trixie trixie-updates\n";
        let found = mirrors(&[("debian.sources", text)]).expect("there is one");
        assert_eq!(found, Mirrors { archive: "http://m/debian".into(), security: None });
    }

    #[test]
    fn machine_without_debian_is_an_error_that_says_where_to_look() {
        let files = [("x.list", "deb http://u/ubuntu noble main"), ("y.save", "deb u bookworm x")];
        let error = mirrors(&files).expect_err("no Debian").to_string();
        assert!(error.contains("/etc/apt/sources.list"), "{error}");
    }
}
