//! Puts every scenario file of the tests into the module: a browser has no files.

use std::fmt::Write;
use std::path::{Path, PathBuf};

fn main() {
    let folder = Path::new("../scenarios");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut list = String::from("&[\n");
    for path in files(folder) {
        let name = path.strip_prefix(folder).expect("found in this folder").display().to_string();
        let path = path.canonicalize().expect("a file that is there has a path");
        let _ = writeln!(list, "    ({name:?}, include_str!({path:?})),");
    }
    list.push(']');
    let out = std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    std::fs::write(Path::new(&out).join("scenarios.rs"), list).expect("OUT_DIR can be written");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "scenario") {
            found.push(path);
        }
    }
    found.sort();
    found
}
