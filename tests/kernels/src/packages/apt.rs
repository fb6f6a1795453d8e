//! apt with a configuration of its own: sources, lists and cache lie in one folder, the machine's
//! package state is neither read nor written. What the machine says about proxies stays in force.

use super::deb822::{Stanza, stanzas};
use super::sources::{Mirrors, keyring};
use crate::program::output;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A private apt.
pub(crate) struct Apt {
    folder: PathBuf,
}

impl Apt {
    /// Sets apt up in a folder for some suites (`NAME-security` comes from the security archive,
    /// and is left out when the machine has none) and fetches their lists.
    ///
    /// # Errors
    /// When the lists can't be fetched.
    pub(crate) fn new(folder: &Path, mirrors: &Mirrors, suites: &[&str]) -> Result<Self> {
        let apt = Self { folder: folder.to_owned() };
        for name in ["lists/partial", "cache/archives/partial", "parts"] {
            fs::create_dir_all(folder.join(name))?;
        }
        fs::write(folder.join("status"), "")?;
        let keyring = keyring()?;
        let mut lines = String::new();
        for suite in suites {
            let uri = match (suite.ends_with("-security"), &mirrors.security) {
                (false, _) => &mirrors.archive,
                (true, Some(uri)) => uri,
                (true, None) => continue,
            };
            lines += &format!("deb [signed-by={}] {uri} {suite} main\n", keyring.display());
        }
        fs::write(folder.join("sources.list"), lines)?;
        output(apt.command("apt-get").arg("update"), "apt")
            .with_context(|| format!("the package lists of {} can't be had", suites.join(", ")))?;
        Ok(apt)
    }

    /// What apt knows of a package, one stanza a version, newest first.
    pub(crate) fn versions(&self, package: &str) -> Result<Vec<Stanza>> {
        let text = output(self.command("apt-cache").args(["show", package]), "apt")
            .with_context(|| format!("package {package}"))?;
        Ok(stanzas(&String::from_utf8_lossy(&text)))
    }

    /// Fetches one version of a package and gives its file.
    pub(crate) fn download(&self, package: &str, version: &str) -> Result<PathBuf> {
        let folder = self.folder.join("debs").join(package);
        fs::create_dir_all(&folder)?;
        let wanted = format!("{package}={version}");
        let mut command = self.command("apt-get");
        output(command.current_dir(&folder).args(["download", &wanted]), "apt")
            .with_context(|| format!("{wanted} can't be fetched"))?;
        let mut files = fs::read_dir(&folder)?.flatten().map(|entry| entry.path());
        match files.find(|file| file.extension().is_some_and(|end| end == "deb")) {
            Some(file) => Ok(file),
            None => bail!("apt-get download {wanted} left no file in {}", folder.display()),
        }
    }

    fn command(&self, program: &str) -> Command {
        let at = |name: &str| self.folder.join(name).display().to_string();
        let options = [
            ("Dir::Etc::sourcelist", at("sources.list")),
            ("Dir::Etc::sourceparts", at("parts")),
            ("Dir::Etc::preferences", at("preferences")),
            ("Dir::Etc::preferencesparts", at("parts")),
            ("Dir::State", at("")),
            ("Dir::State::lists", at("lists")),
            ("Dir::State::status", at("status")),
            ("Dir::Cache", at("cache")),
            ("APT::Architecture", "amd64".into()),
            ("APT::Architectures", "amd64".into()),
            ("APT::Sandbox::User", "root".into()),
            ("APT::Update::Post-Invoke", String::new()),
            ("APT::Update::Post-Invoke-Success", String::new()),
            ("APT::Update::Error-Mode", "any".into()),
            ("Acquire::Languages", "none".into()),
            ("Acquire::IndexTargets::deb::DEP-11::DefaultEnabled", "false".into()),
        ];
        let mut command = Command::new(program);
        command.env("LC_ALL", "C").arg("-q");
        for (name, value) in options {
            command.arg("-o").arg(format!("{name}={value}"));
        }
        command
    }
}

/// Unpacks a package's files into a folder.
pub(crate) fn unpack(deb: &Path, into: &Path) -> Result<()> {
    output(Command::new("dpkg-deb").arg("--extract").arg(deb).arg(into), "dpkg")
        .with_context(|| format!("unpacking {}", deb.display()))?;
    Ok(())
}
