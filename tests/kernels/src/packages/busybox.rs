//! A static busybox: the machine's, or Debian's busybox-static fetched aside.

use super::apt::{self, Apt};
use super::{sources, tools_folder};
use crate::initramfs::is_static;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// A busybox that runs without libraries.
///
/// # Errors
/// When the machine has none and Debian's can't be fetched.
pub fn busybox() -> Result<PathBuf> {
    let folder = tools_folder()?;
    let fetched = folder.join("kernels/busybox");
    let places = ["/bin/busybox", "/usr/bin/busybox"].map(PathBuf::from);
    let mut places = places.into_iter().chain([fetched.clone()]);
    if let Some(file) = places.find(|file| fs::read(file).is_ok_and(|bytes| is_static(&bytes))) {
        return Ok(file);
    }
    fetch(&fetched).context("busybox-static (or install it: apt-get install busybox-static)")?;
    Ok(fetched)
}

fn fetch(file: &Path) -> Result<()> {
    let parent = file.parent().expect("it is a file in the tools folder");
    fs::create_dir_all(parent)?;
    let aside = tempfile::Builder::new().prefix(".fetch-").tempdir_in(parent)?;
    let apt = Apt::new(&aside.path().join("apt"), &sources::of_machine()?, &["bookworm"])?;
    let offered = apt.versions("busybox-static")?;
    let version = offered.first().and_then(|stanza| stanza.field("Version"));
    let deb = apt.download("busybox-static", version.context("bookworm has none")?)?;
    let root = aside.path().join("root");
    apt::unpack(&deb, &root)?;
    for place in ["bin/busybox", "usr/bin/busybox"] {
        if root.join(place).is_file() {
            return Ok(fs::rename(root.join(place), file)?);
        }
    }
    bail!("the package holds no busybox")
}
