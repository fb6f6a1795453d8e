//! The wasm32 target and the components of the pinned toolchain.

use crate::command::{answer, command, run};
use anyhow::{Context, Result, bail};
use std::path::Path;

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
