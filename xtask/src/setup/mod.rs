//! Setting up what is missing: without asking where that can be done, else by naming the command.

pub(crate) mod axe;
mod debian;
mod rust;
pub(crate) mod tools;

use anyhow::Result;
use std::path::PathBuf;

/// What building the site needs.
pub(crate) fn for_site() -> Result<()> {
    rust::wasm_target()?;
    tools::install(&tools::SITE)
}

/// What tests in a browser need in addition.
pub(crate) fn for_browser_tests() -> Result<()> {
    for_site()?;
    tools::install(&tools::BROWSER_TESTS)?;
    debian::programs(&["chromium", "chromedriver"], &["chromium", "chromium-driver"])
}

/// What the tests of the built site need in addition: Firefox, and axe-core.
pub(crate) fn for_site_tests() -> Result<()> {
    for_browser_tests()?;
    tools::install(&tools::SITE_TESTS)?;
    debian::programs(&["firefox-esr"], &["firefox-esr"])?;
    axe::install()
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

/// What checking the book's spelling needs.
pub(crate) fn for_spelling() -> Result<()> {
    debian::programs(&["hunspell"], &["hunspell", "hunspell-en-gb"])
}

/// What comparing the explorer with SPIN needs.
pub(crate) fn for_spin() -> Result<()> {
    debian::programs(&["spin", "gcc"], &["spin", "gcc"])
}

/// Measuring which lines ran: where LLVM's tools are. Asked for by nobody else, so not part of
/// [`everything`].
pub(crate) fn for_coverage() -> Result<PathBuf> {
    rust::llvm_tools()
}

/// rustfmt and clippy.
pub(crate) fn for_lints() -> Result<()> {
    rust::wasm_target()?;
    rust::components(&["rustfmt", "clippy"])
}

/// All of it.
pub(crate) fn everything() -> Result<()> {
    for_lints()?;
    for_site_tests()?;
    for_kernels()?;
    for_spelling()?;
    println!("all there; cargo tools are in {}", tools::folder().display());
    Ok(())
}
