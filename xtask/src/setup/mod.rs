//! Setting up what is missing: without asking where that can be done, else by naming the command.

mod debian;
mod rust;
pub(crate) mod tools;

use anyhow::Result;

/// What building the site needs.
pub(crate) fn for_site() -> Result<()> {
    rust::wasm_target()?;
    tools::install(&tools::SITE)
}

/// What the tests need in addition.
pub(crate) fn for_browser_tests() -> Result<()> {
    for_site()?;
    tools::install(&tools::BROWSER_TESTS)?;
    debian::programs(&["chromium", "chromedriver"], &["chromium", "chromium-driver"])
}

/// What measuring in the browser needs.
pub(crate) fn for_bench() -> Result<()> {
    rust::wasm_target()?;
    debian::programs(&["chromium"], &["chromium"])
}

/// What booting real kernels needs, but for the kernels.
pub(crate) fn for_kernels() -> Result<()> {
    rust::target("x86_64-unknown-linux-musl")?;
    debian::programs(
        &["qemu-system-x86_64", "xz", "apt-get", "dpkg-deb", "cc"],
        &["qemu-system-x86", "xz-utils", "gcc", "libc6-dev"],
    )
}

/// rustfmt and clippy.
pub(crate) fn for_lints() -> Result<()> {
    rust::wasm_target()?;
    rust::components(&["rustfmt", "clippy"])
}

/// All of it.
pub(crate) fn everything() -> Result<()> {
    for_lints()?;
    for_browser_tests()?;
    for_kernels()?;
    println!("all there; cargo tools are in {}", tools::folder().display());
    Ok(())
}
