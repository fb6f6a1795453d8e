//! Programs that come from Debian's packages.

use crate::command::{answer, command, run};
use anyhow::{Result, bail};
use std::path::Path;

/// Installs packages unless all programs are on PATH.
pub(crate) fn programs(programs: &[&str], packages: &[&str]) -> Result<()> {
    let missing: Vec<&str> = programs.iter().copied().filter(|name| !on_path(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = packages.join(" ");
    if !Path::new("/etc/debian_version").exists() || !on_path("apt-get") {
        bail!(
            "missing: {}. On Debian `apt-get install {names}` brings them; here, put programs of \
             these names on PATH",
            missing.join(", ")
        );
    }
    if answer("id", &["-u"]).as_deref() != Some("0") {
        bail!(
            "missing: {}. Run: sudo apt-get update && sudo apt-get install {names}",
            missing.join(", ")
        );
    }
    apt(&["update"])?;
    apt(&[&["install", "--yes", "--no-install-recommends"], packages].concat())
}

fn apt(arguments: &[&str]) -> Result<()> {
    run(command("apt-get", arguments).env("DEBIAN_FRONTEND", "noninteractive"))
}

fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
