//! The names of our files end in a hash of what is published under them.
//!
//! Trunk and mdBook put one into each name, but of what they wrote: after them the files are made
//! smaller ([`names`](super::names), [`smaller`](super::smaller)). A change there would publish other
//! bytes under a name that browsers and the service worker ([`offline`](super::offline)) keep. So
//! each file gets its last name here, when nothing is written into it any more but such names.

use super::hash::Hash;
use super::{cannot, read, write};
use anyhow::{Context, Result};
use std::fs;
use std::path::PathBuf;

/// Fewest digits that are taken for a hash.
const DIGITS: usize = 8;

/// Names `files` anew, and in `pages` and each other what they are called. Those without a hash in
/// their name keep it.
pub(super) fn put(files: Vec<PathBuf>, pages: &[PathBuf]) -> Result<()> {
    let mut waiting = Vec::new();
    for path in files.into_iter().filter(|path| path.is_file()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if parts(&name).is_some() {
            let bytes = fs::read(&path).with_context(|| cannot("read", &path))?;
            waiting.push((path, name, bytes));
        }
    }
    let mut named: Vec<(String, String)> = Vec::new();
    // Who names nobody that waits has its last content.
    while !waiting.is_empty() {
        let ready = waiting.iter().position(|(_, own, bytes)| {
            waiting.iter().all(|(_, name, _)| name == own || !holds(bytes, name))
        });
        let names = || waiting.iter().map(|(_, name, _)| &**name).collect::<Vec<_>>().join(", ");
        let ready = ready.with_context(|| format!("these files name each other: {}", names()))?;
        let (path, name, bytes) = waiting.swap_remove(ready);
        let (stem, suffix) = parts(&name).context("only such names wait")?;
        let new = format!("{stem}{}{suffix}", Hash::of(&bytes).short());
        fs::remove_file(&path).with_context(|| cannot("rename", &path))?;
        let target = path.with_file_name(&new);
        fs::write(&target, bytes).with_context(|| cannot("write", &target))?;
        for (_, other, bytes) in waiting.iter_mut().filter(|(.., bytes)| holds(bytes, &name)) {
            let text = std::str::from_utf8(bytes);
            let text = text.with_context(|| format!("{other} names {name} and is no text"))?;
            *bytes = text.replace(&name, &new).into_bytes();
        }
        named.push((name, new));
    }
    for page in pages {
        let html = read(page)?;
        write(page, &named.iter().fold(html, |html, (name, new)| html.replace(name, new)))?;
    }
    Ok(())
}

/// What stands before the hash in a file's name, and behind it.
fn parts(name: &str) -> Option<(&str, &str)> {
    let (stem, rest) = name.split_at(name.rfind('-')? + 1);
    let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
    (digits >= DIGITS).then(|| (stem, &rest[digits..]))
}

fn holds(bytes: &[u8], name: &str) -> bool {
    bytes.windows(name.len()).any(|part| part == name.as_bytes())
}

/// Whether a file's name has the hash of what is in it.
#[cfg(test)]
fn is_right(path: &std::path::Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let hash = Hash::of(&fs::read(path).expect("a file can be read")).short();
    parts(&name).is_some_and(|(stem, suffix)| name == format!("{stem}{hash}{suffix}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with files in it.
    struct Site(PathBuf);

    impl Site {
        fn new(name: &str, files: &[(&str, &str)]) -> Self {
            let site = std::env::temp_dir().join(format!("vfio-irq-{name}-{}", std::process::id()));
            fs::create_dir_all(&site).unwrap();
            for (name, text) in files {
                fs::write(site.join(name), text).unwrap();
            }
            Self(site)
        }

        fn files(&self) -> Vec<PathBuf> {
            let files = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().path());
            let mut files: Vec<_> = files.filter(|path| !path.ends_with("a.html")).collect();
            files.sort();
            files
        }
    }

    impl Drop for Site {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn every_name_is_the_hash_of_what_the_file_holds() {
        let site = Site::new(
            "named",
            &[
                ("page-00000000.js", "import('page-11111111_bg.wasm')"),
                ("page-11111111_bg.wasm", "module"),
                ("style-22222222.css", ".vfi{}"),
                ("a.html", "page-00000000.js page-11111111_bg.wasm style-22222222.css plain.js"),
            ],
        );
        let page = site.0.join("a.html");

        put(site.files(), std::slice::from_ref(&page)).unwrap();

        let (files, html) = (site.files(), fs::read_to_string(page).unwrap());
        assert_eq!(files.len(), 3);
        for file in &files {
            let name = file.file_name().unwrap().to_string_lossy();
            assert!(is_right(file), "{name}");
            assert!(html.contains(&*name), "{name} is not in {html}");
        }
        let script = files.iter().find(|file| file.extension().unwrap() == "js").unwrap();
        let module = files.iter().find(|file| file.extension().unwrap() == "wasm").unwrap();
        let module = module.file_name().unwrap().to_string_lossy();
        assert!(module.ends_with("_bg.wasm"), "{module}");
        assert!(fs::read_to_string(script).unwrap().contains(&*module));
    }

    #[test]
    fn files_without_a_hash_keep_their_names() {
        let site = Site::new("unnamed", &[("plain.js", "1"), ("vfio-irq-page.js", "2")]);
        let before = site.files();
        put(before.clone(), &[]).unwrap();
        assert_eq!(site.files(), before);
    }

    #[test]
    fn files_that_name_each_other_are_refused() {
        let names = ["a-00000000.js", "b-11111111.js"];
        let site = Site::new("circle", &[(names[0], names[1]), (names[1], names[0])]);
        let error = put(site.files(), &[]).unwrap_err().to_string();
        assert!(error.contains(names[0]) && error.contains(names[1]), "{error}");
    }
}
