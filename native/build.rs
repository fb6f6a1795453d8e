//! Takes the scenarios of the tests into the command: `vfio-irq export --kselftest` makes its program
//! of them, wherever the command is installed.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// From this package's folder.
const SCENARIOS: &str = "../tests/scenarios";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={SCENARIOS}");
    let own = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).expect("cargo sets it");
    let root = fs::canonicalize(own.join(SCENARIOS))?;
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let mut list = String::from("&[\n");
    for file in files {
        let name = file.strip_prefix(&root).expect("found in it").with_extension("");
        let name = name.to_string_lossy().replace('\\', "/");
        let _ = writeln!(list, "    ({name:?}, include_str!({:?})),", file.display().to_string());
    }
    list += "]\n";
    let out = env::var_os("OUT_DIR").map(PathBuf::from).expect("cargo sets it");
    fs::write(out.join("scenarios.rs"), list)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "scenario") {
            files.push(path);
        }
    }
    Ok(())
}
