//! Cargo tools at pinned versions, in a folder of the project: nothing is installed globally.

use crate::command::{command, run};
use crate::workspace::locked_version;
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A program that `cargo install` builds.
pub(crate) struct Tool {
    package: &'static str,
    version: Version,
    programs: &'static [&'static str],
    options: &'static [&'static str],
}

enum Version {
    Pinned(&'static str),
    /// The tool must equal this crate in Cargo.lock.
    SameAs(&'static str),
}

/// For the site.
pub(crate) const SITE: [Tool; 2] = [
    Tool {
        package: "wasm-bindgen-cli",
        version: Version::SameAs("wasm-bindgen"),
        programs: &["wasm-bindgen", "wasm-bindgen-test-runner"],
        options: &[],
    },
    Tool {
        package: "trunk",
        // 0.22.1 needs a newer Rust than ours.
        version: Version::Pinned("0.21.14"),
        programs: &["trunk"],
        options: &["--no-default-features"],
    },
];

/// For tests in a browser.
pub(crate) const BROWSER_TESTS: [Tool; 1] = [Tool {
    package: "wasm-pack",
    version: Version::Pinned("0.15.1"),
    programs: &["wasm-pack"],
    options: &[],
}];

/// For tests of the built site in Firefox.
pub(crate) const SITE_TESTS: [Tool; 1] = [Tool {
    package: "geckodriver",
    version: Version::Pinned("0.37.1"),
    programs: &["geckodriver"],
    options: &[],
}];

/// A tool runs for seconds but compiles for minutes: build it fast rather than well.
const FAST_BUILD: [(&str, &str); 4] = [
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "0"),
];

/// Where the tools are: `VFIO_IRQ_TOOLS`, else `vfio-irq/tools` in the user's cache folder.
pub(crate) fn folder() -> PathBuf {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = || set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
    set("VFIO_IRQ_TOOLS")
        .or_else(|| Some(cache()?.join("vfio-irq/tools")))
        .unwrap_or_else(|| crate::workspace::root().join(".tools"))
}

/// PATH with our tools before everything else.
pub(crate) fn path_with_tools() -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder().join("bin")).chain(std::env::split_paths(&path));
    std::env::join_paths(folders).unwrap_or(path)
}

/// Installs each tool that isn't there at its version.
pub(crate) fn install(tools: &[Tool]) -> Result<()> {
    let folder = folder();
    for tool in tools {
        let version = match tool.version {
            Version::Pinned(version) => version.to_owned(),
            Version::SameAs(package) => locked_version(package)?,
        };
        if !is_installed(&folder, tool, &version) {
            eprintln!("{} {version} is missing: building it takes a few minutes", tool.package);
            install_one(&folder, tool, &version)
                .with_context(|| format!("cannot install {} {version}", tool.package))?;
        }
    }
    Ok(())
}

fn install_one(folder: &Path, tool: &Tool, version: &str) -> Result<()> {
    let build = folder.join("build");
    let root = folder.to_string_lossy();
    let fixed =
        ["install", "--locked", "--force", "--root", &root, "--version", version, tool.package];
    let mut install = command("cargo", &[&fixed[..], tool.options].concat());
    install.env("CARGO_TARGET_DIR", &build).envs(FAST_BUILD);
    run(&mut install)?;
    // Some hundred megabytes that the next tool would hardly share.
    std::fs::remove_dir_all(&build)
        .with_context(|| format!("cannot remove the build folder {}", build.display()))
}

/// Whether cargo's own record in the folder lists this version, and the programs are there.
fn is_installed(folder: &Path, tool: &Tool, version: &str) -> bool {
    let record = std::fs::read_to_string(folder.join(".crates.toml")).unwrap_or_default();
    let entry = format!("\"{} {version} ", tool.package);
    let programs_there =
        tool.programs.iter().all(|program| folder.join("bin").join(program).is_file());
    programs_there && record.lines().any(|line| line.starts_with(&entry))
}
