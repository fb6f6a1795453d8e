//! The steps, cheapest first.

use super::count::{Counts, check, tests};
use crate::command::command;
use crate::{clauses, kernels, setup, site, workspace};
use anyhow::Result;

/// One kind of test.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) run: fn(&mut Counts) -> Result<()>,
}

pub(crate) const STEPS: [Step; 8] = [
    Step { name: "fmt", summary: "rustfmt", run: fmt },
    Step { name: "clippy", summary: "clippy, host and wasm32", run: clippy },
    Step { name: "native", summary: "unit, scenario and doc tests", run: native },
    Step { name: "book", summary: "every scenario block of the book", run: book },
    Step { name: "coverage", summary: "lines of core that scenarios run", run: clauses::test },
    Step { name: "wasm", summary: "core and the mounted component in Chromium", run: wasm },
    Step { name: "e2e", summary: "the built site in Chromium and Firefox, and its size", run: e2e },
    Step {
        name: "kernels",
        summary: "the emulator against real Linux kernels",
        run: kernels::test,
    },
];

fn fmt(counts: &mut Counts) -> Result<()> {
    setup::for_lints()?;
    check(&mut command("cargo", &["fmt", "--all", "--check"]), counts)
}

fn clippy(counts: &mut Counts) -> Result<()> {
    setup::for_lints()?;
    let targets = [
        "--workspace --all-targets",
        // The tests and benches of these need a host.
        "--target wasm32-unknown-unknown -p vfio-irq-core -p vfio-irq-bench --lib",
        "--target wasm32-unknown-unknown -p vfio-irq-web -p vfio-irq-page -p vfio-irq-tools -p vfio-irq-worker -p vfio-irq-wasm-tests --all-targets",
    ];
    for target in targets {
        let arguments = format!("clippy --locked {target} -- -D warnings");
        check(&mut command("cargo", &arguments.split(' ').collect::<Vec<_>>()), counts)?;
    }
    Ok(())
}

/// Tests of the book's blocks have names that begin with the chapter's path; they are a kind of
/// their own. Everything else counts here.
const BLOCKS: &str = "book/src/";

fn native(counts: &mut Counts) -> Result<()> {
    // Without it one test is skipped, and counted so.
    if let Err(error) = setup::for_spelling() {
        eprintln!("no check of the spelling: {error:#}");
    }
    if let Err(error) = setup::for_spin() {
        eprintln!("the explorer is not compared with SPIN: {error:#}");
    }
    let all = ["test", "--locked", "--workspace", "--no-fail-fast", "--", "--skip", BLOCKS];
    tests(&mut command("cargo", &all), counts)
}

// Selecting the workspace, not the package, keeps the features of the step before: no rebuild.
fn book(counts: &mut Counts) -> Result<()> {
    tests(&mut command("cargo", &["test", "--locked", "--workspace", "--test", "book"]), counts)
}

fn wasm(counts: &mut Counts) -> Result<()> {
    setup::for_browser_tests()?;
    let flags = workspace::root().join("tests/webdriver.json");
    for package in ["tests/wasm", "web"] {
        let mut test = command("wasm-pack", &["test", "--headless", "--chrome", package]);
        test.env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", &flags);
        // Seconds for all tests of a file together; 20 is too few on a busy machine.
        test.env("WASM_BINDGEN_TEST_TIMEOUT", "300");
        tests(&mut test, counts)?;
    }
    Ok(())
}

fn e2e(counts: &mut Counts) -> Result<()> {
    setup::for_site_tests()?;
    site::build()?;
    let mut test = command("cargo", &["test", "--locked", "--workspace", "--test", "e2e"]);
    test.env("VFIO_IRQ_AXE", setup::axe::path());
    tests(&mut test, counts)
}
