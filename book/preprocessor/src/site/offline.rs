//! The service worker, `book/assets/offline.js`: it learns what the site is made of.
//!
//! Kept is everything but the printed book, which says all chapters once more.

use super::hash::Hash;
use super::{cannot, read, write};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// Its name: always the same, because browsers look for a newer one there.
pub(super) const NAME: &str = "offline.js";
/// It, in the source.
const SOURCE: &str = "book/assets/offline.js";
/// Not kept.
const LEFT_OUT: [&str; 2] = ["print.html", ".nojekyll"];

/// Writes it into a site in which everything else is in place.
pub(super) fn put(source: &Path, site: &Path) -> Result<()> {
    let worker = read(&source.join(SOURCE))?;
    let mut names = Vec::new();
    list(site, "", &mut names)?;
    names.sort();
    let (mut files, mut all) = (String::new(), String::new());
    for name in names {
        let path = site.join(&name);
        let hash = Hash::of(&fs::read(&path).with_context(|| cannot("read", &path))?);
        all += &format!("{name} {}\n", hash.source());
        if name.ends_with(".html") {
            // `'sha256-…'`, which is how a script writes a string, too.
            files += &format!("[{name:?}, {}],", hash.source());
        } else {
            files += &format!("[{name:?}],");
        }
    }
    let version = Hash::of(all.as_bytes()).short();
    let worker = worker.replace("{version}", &version).replace("/* files */", &files);
    write(&site.join(NAME), &worker)
}

/// The files of a folder and those in it, by their names from the site's root.
fn list(folder: &Path, prefix: &str, names: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| cannot("read", folder))? {
        let path: PathBuf = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{prefix}{name}");
        if path.is_dir() {
            list(&path, &format!("{name}/"), names)?;
        } else if !LEFT_OUT.contains(&&*name) {
            names.push(name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worker(name: &str, page: &str) -> String {
        let site = std::env::temp_dir().join(format!("vfio-irq-{name}-{}", std::process::id()));
        fs::create_dir_all(site.join("css")).unwrap();
        fs::write(site.join("a.html"), page).unwrap();
        fs::write(site.join("print.html"), page).unwrap();
        fs::write(site.join("css/b-12ab.css"), "b").unwrap();
        put(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."), &site).unwrap();
        let worker = fs::read_to_string(site.join(NAME)).unwrap();
        fs::remove_dir_all(&site).unwrap();
        worker
    }

    #[test]
    fn worker_lists_files_and_pages_with_their_integrity() {
        let worker = worker("offline-files", "");
        // The hash of nothing.
        let page = "[\"a.html\", 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=']";
        assert!(worker.contains(&format!("[{page},[\"css/b-12ab.css\"],]")), "{worker}");
    }

    #[test]
    fn version_changes_with_a_page() {
        let version = |worker: String| {
            worker.lines().find(|line| line.starts_with("const VERSION")).unwrap().to_owned()
        };
        let (one, other) = (version(worker("offline-1", "1")), version(worker("offline-2", "2")));
        assert_ne!(one, other);
        assert!(!one.contains("{version}"), "{one}");
    }
}
