//! The modules of an unpacked kernel, and which have to be loaded before which.
//!
//! Debian ships no `modules.dep` (depmod makes it when a kernel is installed), so what a module
//! depends on is read where depmod reads names: `depends=` in the module's `.modinfo`. Left out:
//! soft dependencies, and dependencies by symbol.

use crate::program::output;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The modules found below one kernel.
pub(crate) struct Tree {
    /// By name, with `-` and `_` made one.
    files: BTreeMap<String, PathBuf>,
}

impl Tree {
    /// Looks for modules of a release below an unpacked root.
    pub(crate) fn read(root: &Path, release: &str) -> Result<Self> {
        let mut files = BTreeMap::new();
        for place in ["lib/modules", "usr/lib/modules"] {
            find(&root.join(place).join(release).join("kernel"), &mut files)?;
        }
        if files.is_empty() {
            bail!("the packages of {release} hold no modules");
        }
        Ok(Self { files })
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.files.contains_key(&key(name))
    }

    /// The module's bytes, decompressed.
    pub(crate) fn content(&self, name: &str) -> Result<Vec<u8>> {
        let file = self.files.get(&key(name));
        let file = file.with_context(|| format!("the kernel has no module {name}"))?;
        let (program, package) = match file.extension().and_then(|end| end.to_str()) {
            Some("ko") => return Ok(fs::read(file)?),
            Some("xz") => ("xz", "xz-utils"),
            Some("zst") => ("zstd", "zstd"),
            Some("gz") => ("gzip", "gzip"),
            _ => bail!("{}: compressed in a way we do not know", file.display()),
        };
        output(Command::new(program).arg("-dc").arg(file), package)
    }

    /// The modules and all they depend on, each after what it needs.
    pub(crate) fn in_order(&self, wanted: &[&str]) -> Result<Vec<String>> {
        in_order(wanted, |name| {
            let content = self.content(name)?;
            depends(&content).with_context(|| format!("module {name} has no .modinfo"))
        })
    }
}

fn find(folder: &Path, files: &mut BTreeMap<String, PathBuf>) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            find(&entry.path(), files)?;
        } else if let Some((name, _)) = entry.file_name().to_string_lossy().split_once(".ko") {
            files.insert(key(name), entry.path());
        }
    }
    Ok(())
}

/// A file is `vfio-pci.ko`, the module in it `vfio_pci`.
fn key(name: &str) -> String {
    name.replace('-', "_")
}

/// The names behind `depends=`; `None` when there is no such word.
fn depends(module: &[u8]) -> Option<Vec<String>> {
    const WORD: &[u8] = b"\0depends=";
    let at = module.windows(WORD.len()).position(|bytes| bytes == WORD)? + WORD.len();
    let end = at + module[at..].iter().position(|&byte| byte == 0)?;
    let names = std::str::from_utf8(&module[at..end]).ok()?;
    Some(names.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

/// Depth first; a name is listed when all it depends on is.
fn in_order(
    wanted: &[&str],
    mut needs: impl FnMut(&str) -> Result<Vec<String>>,
) -> Result<Vec<String>> {
    enum Visit {
        Enter(String),
        Leave(String),
    }
    let mut order: Vec<String> = Vec::new();
    let mut entered: Vec<String> = Vec::new();
    let mut stack: Vec<Visit> =
        wanted.iter().rev().map(|&name| Visit::Enter(name.to_owned())).collect();
    while let Some(visit) = stack.pop() {
        match visit {
            Visit::Leave(name) => order.push(name),
            Visit::Enter(name) if entered.iter().any(|one| key(one) == key(&name)) => {}
            Visit::Enter(name) => {
                entered.push(name.clone());
                let needed = needs(&name)?;
                stack.push(Visit::Leave(name));
                stack.extend(needed.into_iter().rev().map(Visit::Enter));
            }
        }
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depends_is_read_between_other_words() {
        assert_eq!(
            depends(b"x\0license=GPL\0depends=a,b-c\0name=d\0"),
            Some(vec!["a".into(), "b-c".into()])
        );
        assert_eq!(depends(b"\0depends=\0"), Some(vec![]));
        assert_eq!(depends(b"\0depends=cut"), None);
        assert_eq!(depends(b""), None);
    }

    #[test]
    fn modules_follow_what_they_need_and_come_once() {
        let needs = |name: &str| {
            Ok(match name {
                "vfio-pci" => vec!["vfio-pci-core".into(), "vfio".into()],
                "vfio-pci-core" => vec!["vfio".into(), "irqbypass".into()],
                "vfio_iommu_type1" => vec!["vfio".into()],
                _ => vec![],
            })
        };
        let order = in_order(&["vfio_iommu_type1", "vfio-pci"], needs).expect("all known");
        let expected = ["vfio", "vfio_iommu_type1", "irqbypass", "vfio-pci-core", "vfio-pci"];
        assert_eq!(order, expected);
    }

    #[test]
    fn modules_in_a_circle_end() {
        let order = in_order(&["a"], |name| Ok(vec![if name == "a" { "b" } else { "a" }.into()]));
        assert_eq!(order.expect("it ends"), ["b", "a"]);
    }
}
