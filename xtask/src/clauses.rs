//! `cargo xtask clauses`: what of the clauses is covered; with `--coverage`, which lines of core the
//! scenarios run.
//!
//! The first is the book's crate, which the tests ask too. The second builds the workspace's crates
//! once more, with `-C instrument-coverage`, runs every scenario and nothing else (the book's
//! example `scenarios`: what `vfio-irq run` does with each), and reads what LLVM's tools say of
//! core. They are those of the toolchain: the rustup component llvm-tools.

mod lines;

use crate::command::{command, run as run_command};
use crate::{setup, workspace};
use anyhow::{Context, Result, bail, ensure};
use lines::{File, Lines};
use std::path::Path;
use std::process::{ExitCode, Stdio};

/// Least share of the counted lines, in per cent.
const LEAST: f64 = 95.0;

/// What of core is not counted: scenarios are not what reaches it. Names begin files of `core/src`.
const NOT_COUNTED: &[(&str, &str)] = &[
    (
        "import/",
        "reads what is no scenario: traces of strace, bytes, dumps (fuzzed, and tested by example)",
    ),
    ("pci/import/", "reads config dumps into functions (tested against lspci's decoding of each)"),
    ("export/", "writes C and Rust (compiled, and run on the kernels)"),
    ("link.rs", "packs a scenario into an address (tested by round trips)"),
    ("scenario/json.rs", "JSON, for programs (tested by round trips)"),
    ("scenario/player.rs", "time travel, for the page (tested against runs)"),
    ("scenario/stepper.rs", "one step a time, for the page"),
    ("scenario/edit.rs", "changes a text, for the page"),
    ("scenario/error.rs", "what is said of a text that is no scenario"),
    (
        "scenario/print.rs",
        "prints a scenario again (parse, print, parse is tested over random ones)",
    ),
    (
        "render/svg/",
        "the diagram (tested by example; the book's blocks are drawn while it is built)",
    ),
    ("render/words.rs", "sentences for the page"),
];

/// The task.
pub(crate) fn run(options: &[&str]) -> Result<ExitCode> {
    match options {
        [] => {
            let mut task = command("cargo", &["run", "--quiet", "--locked", "-p", "vfio-irq-book"]);
            let status = task.args(["--", "clauses"]).status().context("cannot start cargo")?;
            Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        ["--coverage"] => coverage(),
        [other, ..] => bail!("there is no option {other:?}; there is --coverage"),
    }
}

/// Where the figures go, below the repository's root.
const FOLDER: &str = "target/coverage";
/// What adds the flag to rustc.
const WRAPPER: &str = "xtask/src/clauses/instrumented";

fn coverage() -> Result<ExitCode> {
    let tools = setup::for_coverage()?;
    let root = workspace::root();
    // Selecting the workspace, not the package, keeps the features of the tests: the crates of
    // others are those that stand there.
    let mut build = command("cargo", &["build", "--locked", "--workspace", "--example=scenarios"]);
    run_command(build.env("RUSTC_WORKSPACE_WRAPPER", root.join(WRAPPER)))?;
    let report = report(&tools, &root.join("target/debug/examples/scenarios"))?;
    let files = lines::read(&report, &root.join("core/src"));
    ensure!(!files.is_empty(), "LLVM's report says nothing of core");
    let (text, held) = said(&files);
    print!("{text}");
    Ok(if held { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs the scenarios, and gives LLVM's report in the form of lcov.
fn report(tools: &Path, program: &Path) -> Result<String> {
    let folder = workspace::root().join(FOLDER);
    let (raw, data) = (folder.join("scenarios.profraw"), folder.join("scenarios.profdata"));
    let _ = std::fs::remove_file(&raw);
    std::fs::create_dir_all(&folder)?;
    let mut scenarios = command(&program.display().to_string(), &[]);
    scenarios.env("LLVM_PROFILE_FILE", &raw).stdout(Stdio::null());
    run_command(&mut scenarios)?;
    let tool = |name: &str| tools.join(name).display().to_string();
    let mut merge = command(&tool("llvm-profdata"), &["merge", "-sparse"]);
    run_command(merge.arg(&raw).arg("-o").arg(&data))?;
    let mut export = command(&tool("llvm-cov"), &["export", "-format=lcov"]);
    export.arg(format!("-instr-profile={}", data.display())).arg(program);
    let output = export.output().context("cannot start llvm-cov")?;
    ensure!(output.status.success(), "llvm-cov: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What is said, and whether it is enough.
fn said(files: &[File]) -> (String, bool) {
    let why = |file: &File| NOT_COUNTED.iter().find(|(start, _)| file.name.starts_with(start));
    let mut text = String::from("\nlines of core that scenarios run, of those that can run\n\n");
    let mut sum = Lines::default();
    for file in files.iter().filter(|file| why(file).is_none()) {
        sum.add(file.lines);
        text += &format!("{:>24}  {}\n", file.name, file.lines.text());
        if !file.missed.is_empty() {
            text += &format!("{:>24}  not run: {}\n", "", file.ranges());
        }
    }
    text += "\nnot counted:\n";
    for (start, reason) in NOT_COUNTED {
        let mut lines = Lines::default();
        files.iter().filter(|file| file.name.starts_with(start)).for_each(|f| lines.add(f.lines));
        text += &format!("{start:>24}  {}: {reason}\n", lines.text());
    }
    let refusals: Vec<String> = files.iter().flat_map(File::refusals_missed).collect();
    for line in &refusals {
        text += &format!("\nnot run, and it refuses: {line}");
    }
    let held = sum.share() >= LEAST;
    text += &format!("\n{:>24}  {}; at least {LEAST} %\n", "counted", sum.text());
    (text, held)
}
