//! `cargo xtask clauses`: what of the clauses is covered; with `--coverage`, which lines of core the
//! scenarios run.
//!
//! The first is the book's crate, which the tests ask too. The second builds the workspace's crates
//! once more, with `-C instrument-coverage`, runs every scenario and nothing else (the book's
//! example `scenarios`: what `vfio-irq run` does with each), and reads what LLVM's tools say of
//! core. They are those of the toolchain: the rustup component llvm-tools.

mod lines;

use crate::command::{command, run as run_command};
use crate::test::Counts;
use crate::{setup, workspace};
use anyhow::{Context, Result, bail, ensure};
use lines::{File, Lines};
use std::path::Path;
use std::process::{ExitCode, Stdio};

/// Least share of the counted lines, in per cent.
const LEAST: f64 = 95.0;

/// What of core is not counted: scenarios are not what reaches it. Names begin files of `core/src`.
const NOT_COUNTED: &[(&str, &str)] = &[
    ("explore/", "tries every run of a scenario (compared with Stateright and SPIN)"),
    ("vmm/", "users of VFIO with a policy (tested request by request)"),
    ("import/", "reads what is no scenario: strace, bytes, dumps (fuzzed, tested by example)"),
    ("pci/import/", "reads config dumps (tested against lspci's decoding of each)"),
    ("export/", "writes C and Rust (compiled, and run on the kernels)"),
    ("pci/layout.rs", "the registers as data, for tables: named by the masks the function acts by"),
    ("link.rs", "packs a scenario into an address (tested by round trips)"),
    ("scenario/json.rs", "JSON, for programs (tested by round trips)"),
    ("scenario/player.rs", "time travel, for the page (tested against runs)"),
    ("scenario/stepper.rs", "a step at a time, for the page"),
    ("scenario/edit.rs", "changes a text, for the page"),
    ("scenario/error.rs", "what is said of a text that is no scenario"),
    ("scenario/print.rs", "prints scenarios (parse, print, parse is tested over random ones)"),
    ("notes/", "what is noted of a run (each note provoked by the book's page, and tested)"),
    ("render/svg/", "the diagram (tested by example, drawn for every block of the book)"),
    ("render/verdict.rs", "what an exploration says (tested by the command)"),
    ("render/words.rs", "sentences for the page"),
    ("seen.rs", "what is compared with recordings of real kernels, by the tests of those"),
];

/// Functions that are not counted either: they are asked by whoever shows, compares or keeps a
/// machine, or says why a text is wrong, and by no step of a scenario. One that a scenario reaches
/// must go from this list.
const NOT_ASKED: &[(&str, &[&str])] = &[
    ("clause.rs", &["rule"]),
    ("errno.rs", &["names"]),
    ("eventfd.rs", &["clone", "clone_from", "iter"]),
    ("guest.rs", &["irqfds"]),
    // `clone_from`, `hash` and what follows them: the explorer's, which moves a machine back and forth.
    (
        "host/mod.rs",
        &[
            "mode",
            "is_open",
            "vectors",
            "err",
            "req",
            "supply",
            "intx_disabled",
            "clone",
            "clone_from",
            "hash",
        ],
    ),
    (
        "ledger.rs",
        &["place", "waiting", "clone", "clone_from", "number_from", "forget", "set_lost"],
    ),
    ("machine.rs", &["is_calling", "call", "clone", "clone_from", "is_returning"]),
    ("request.rs", &["bytes"]),
    ("sorted.rs", &["clone", "clone_from"]),
    (
        "machine/emulator.rs",
        &["count", "capture_after", "take_capture", "event_count", "region_info"],
    ),
    (
        "pci/function.rs",
        &["name", "id", "class", "held", "clone", "clone_from", "hash", "pending_count"],
    ),
    ("pci/msi.rs", &["data", "pending"]),
    ("pci/msix.rs", &["pba", "entries", "is_pending", "pending", "clone", "clone_from"]),
    ("pci/profiles.rs", &["all"]),
    ("render/text.rs", &["code"]),
    ("scenario/ast.rs", &["is_empty"]),
    ("scenario/build.rs", &["listed", "concerns", "placed"]),
    ("scenario/config.rs", &["function_text", "place"]),
    ("scenario/mod.rs", &["from_lines"]),
    ("scenario/parse/expect.rs", &["expected", "errno_number"]),
    ("scenario/run/mod.rs", &["fd_by_name", "whole_step"]),
    ("trace.rs", &["from", "to_json", "from_json"]),
    ("uapi.rs", &["to_bytes", "from_bytes"]),
];

/// Where a text is refused: lines that did not run and make such an error are not counted, for no
/// scenario here is a wrong text. What a run does is not among them.
const TEXTS: [&str; 5] = [
    "scenario/parse/",
    "scenario/lex.rs",
    "scenario/build.rs",
    "scenario/config.rs",
    "pci/spec.rs",
];

/// The task.
pub(crate) fn run(options: &[&str]) -> Result<ExitCode> {
    match options {
        [] => {
            let mut task = command("cargo", &["run", "--quiet", "--locked", "-p", "vfio-irq-book"]);
            let status = task.args(["--", "clauses"]).status().context("cannot start cargo")?;
            Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        ["--coverage"] => {
            let tools = setup::for_coverage()?;
            Ok(if coverage(&tools)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        [other, ..] => bail!("there is no option {other:?}; there is --coverage"),
    }
}

/// Where the figures go, below the repository's root.
const FOLDER: &str = "target/coverage";
/// What adds the flag to rustc.
const WRAPPER: &str = "xtask/src/clauses/instrumented";

/// The step of `cargo xtask test`; skipped by name where LLVM's tools can't be had.
pub(crate) fn test(counts: &mut Counts) -> Result<()> {
    match setup::for_coverage() {
        Err(why) => {
            println!("skipped: coverage of core by scenarios\n  {why:#}");
            counts.skipped += 1;
        }
        Ok(tools) if coverage(&tools)? => counts.passed += 1,
        Ok(_) => bail!("scenarios run too little of core; see above"),
    }
    Ok(())
}

fn coverage(tools: &Path) -> Result<bool> {
    let root = workspace::root();
    // Selecting the workspace, not the package, keeps the features of the tests: the crates of
    // others are those that stand there.
    let mut build = command("cargo", &["build", "--locked", "--workspace", "--example=scenarios"]);
    run_command(build.env("RUSTC_WORKSPACE_WRAPPER", root.join(WRAPPER)))?;
    let report = report(tools, &root.join("target/debug/examples/scenarios"))?;
    let mut files = lines::read(&report, &root.join("core/src"));
    ensure!(!files.is_empty(), "LLVM's report says nothing of core");
    let (text, held) = said(&mut files, &sources(&root.join("core/src"), "")?);
    print!("{text}");
    Ok(held)
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

/// The sources below a folder that hold functions, tests left out.
fn sources(folder: &Path, prefix: &str) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            all.extend(sources(&path, &format!("{prefix}{name}/"))?);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            let text = std::fs::read_to_string(&path)?;
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            if code.lines().any(|line| line.ends_with('{') && line.contains("fn ")) {
                all.push(format!("{prefix}{name}"));
            }
        }
    }
    Ok(all)
}

/// What is said, and whether it is enough.
fn said(files: &mut [File], sources: &[String]) -> (String, bool) {
    let mut text = String::from("\nlines of core that scenarios run, of those that can run\n\n");
    let (mut sum, mut held) = (Lines::default(), true);
    let mut chosen = Lines::default();
    let (mut asked, mut refused) = (0, 0);
    let mut all = Lines::default();
    files.iter().for_each(|file| all.add(file.lines));
    let mut not_counted = String::new();
    for (start, reason) in NOT_COUNTED {
        let mut lines = Lines::default();
        files.iter().filter(|file| file.name.starts_with(start)).for_each(|f| lines.add(f.lines));
        if !sources.iter().any(|name| name.starts_with(start)) {
            held = false;
            text += &format!("{start} is not there; take it from NOT_COUNTED\n");
        }
        not_counted += &format!("{start:>26}  {}: {reason}\n", lines.text());
    }
    let counted = |name: &str| !NOT_COUNTED.iter().any(|(at, _)| name.starts_with(at));
    // The linker drops what no scenario needs, and LLVM then says nothing of it.
    let absent = |name: &&String| counted(name) && files.iter().all(|file| file.name != **name);
    for name in sources.iter().filter(absent) {
        held = false;
        text += &format!(
            "{name}: none of it is in the program; count it out with a reason, or use it\n"
        );
    }
    for file in files.iter_mut().filter(|file| counted(&file.name)) {
        chosen.add(file.lines);
        let names = NOT_ASKED.iter().find(|(name, _)| *name == file.name);
        for name in names.map_or(&[][..], |(_, names)| *names) {
            if let Some(lines) = file.without(name) {
                asked += lines;
            } else {
                held = false;
                let what = "is run, or is not there; take it from NOT_ASKED";
                text += &format!("{}: `{name}` {what}\n", file.name);
            }
        }
        if TEXTS.iter().any(|start| file.name.starts_with(start)) {
            refused += file.without_refusals();
        }
        sum.add(file.lines);
        text += &format!("{:>26}  {}", file.name, file.lines.text());
        let missed = if file.missed.is_empty() {
            String::new()
        } else {
            format!("  not run: {}", file.ranges())
        };
        text += &format!("{missed}\n");
        for line in file.refusals_missed() {
            text += &format!("{:>26}  refuses, and is not run: {line}\n", "");
        }
    }
    text += &format!("\nnot counted:\n{not_counted}");
    text += &format!(
        "{:>26}  {asked} lines of functions that no step of a scenario asks: NOT_ASKED\n",
        ""
    );
    text += &format!(
        "{:>26}  {refused} lines of the parser and its like that say why a text is wrong\n",
        ""
    );
    text += &format!("\n{:>26}  {}, with nothing left out\n", "core", all.text());
    text += &format!("{:>26}  {}, all their lines\n", "files counted", chosen.text());
    held &= sum.share() >= LEAST;
    text += &format!("{:>26}  {}; at least {LEAST} %\n", "counted", sum.text());
    (text, held)
}
