//! The wasm32 target and the components of the pinned toolchain.

use crate::command::{answer, command, run};
use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};

const TARGET: &str = "wasm32-unknown-unknown";

/// Adds the wasm32 target to the toolchain this repository pins, unless it is there.
pub(crate) fn wasm_target() -> Result<()> {
    target(TARGET)
}

/// Adds a target to that toolchain, unless it is there.
pub(crate) fn target(name: &str) -> Result<()> {
    let sysroot = answer("rustc", &["--print", "sysroot"]).context("`rustc` does not run")?;
    if Path::new(&sysroot).join("lib/rustlib").join(name).join("lib").is_dir() {
        return Ok(());
    }
    rustup(&["target", "add", name])
}

/// Adds components, unless their programs run.
pub(crate) fn components(names: &[&str]) -> Result<()> {
    let program = |name: &str| if name == "clippy" { "clippy-driver" } else { "rustfmt" };
    for name in names {
        if answer(program(name), &["--version"]).is_none() {
            rustup(&["component", "add", name])?;
        }
    }
    Ok(())
}

/// Where LLVM's tools of the toolchain are; adds them unless they are there.
pub(crate) fn llvm_tools() -> Result<PathBuf> {
    let libraries = answer("rustc", &["--print", "target-libdir"]);
    let libraries = PathBuf::from(libraries.context("`rustc` does not run")?);
    let folder = libraries.with_file_name("bin");
    let are_there = || ["llvm-profdata", "llvm-cov"].iter().all(|name| folder.join(name).is_file());
    if !are_there() {
        rustup(&["component", "add", "llvm-tools"])?;
    }
    ensure!(are_there(), "llvm-profdata and llvm-cov are not in {}", folder.display());
    Ok(folder)
}

fn rustup(arguments: &[&str]) -> Result<()> {
    if answer("rustup", &["--version"]).is_none() {
        bail!(
            "this machine has no rustup, so nothing can be added to its Rust; needed is what \
             `rustup {}` would install",
            arguments.join(" ")
        );
    }
    run(&mut command("rustup", arguments))
}
