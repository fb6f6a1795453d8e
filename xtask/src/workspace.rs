//! Where things are, and what the workspace pins.

use anyhow::{Context, Result};
use std::path::PathBuf;

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    let xtask = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().expect("xtask/ is a folder of the repository").to_owned()
}

/// The version of a package in Cargo.lock: the one pin that crate and tool must share.
pub(crate) fn locked_version(package: &str) -> Result<String> {
    let path = root().join("Cargo.lock");
    let lock = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    version_in_lock(&lock, package)
        .with_context(|| format!("{} names no package {package}", path.display()))
}

fn version_in_lock(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    let version = lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')?;
    Some(version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::version_in_lock;

    const LOCK: &str = "[[package]]\nname = \"a\"\nversion = \"1.2.3\"\n\n\
                        [[package]]\nname = \"ab\"\nversion = \"0.4.0\"\nsource = \"x\"\n";

    #[test]
    fn locked_version_of_named_package_is_found() {
        assert_eq!(version_in_lock(LOCK, "a").as_deref(), Some("1.2.3"));
        assert_eq!(version_in_lock(LOCK, "ab").as_deref(), Some("0.4.0"));
    }

    #[test]
    fn locked_version_of_absent_package_is_none() {
        assert_eq!(version_in_lock(LOCK, "b"), None);
    }
}
