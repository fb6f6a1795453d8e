//! axe-core, the one file of it that the browser tests put into a page.
//!
//! npm fetches and we unpack: nothing of it runs here, and there is no lock file to keep.

use super::{debian, tools};
use crate::command::{command, run};
use anyhow::{Context, Result};
use std::fs;
use std::path::PathBuf;

const VERSION: &str = "4.14.1";

/// Where the file is. The tests look there, too.
pub(crate) fn path() -> PathBuf {
    tools::folder().join(format!("axe-{VERSION}.min.js"))
}

/// Fetches it, unless it is there.
pub(super) fn install() -> Result<()> {
    let path = path();
    if path.is_file() {
        return Ok(());
    }
    debian::programs(&["npm", "tar"], &["npm", "tar"])?;
    let folder = tools::folder().join("axe");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let package = format!("axe-core@{VERSION}");
    run(command("npm", &["pack", "--silent", &package]).current_dir(&folder))?;
    let archive = format!("axe-core-{VERSION}.tgz");
    run(command("tar", &["-xzf", &archive, "package/axe.min.js"]).current_dir(&folder))?;
    fs::rename(folder.join("package/axe.min.js"), &path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))
}
