//! `cargo xtask fuzz`: the fuzzers of `fuzz/`, with the stable toolchain.
//!
//! libFuzzer needs the code to say where it has been; the flags below ask LLVM for that, and are
//! what cargo-fuzz passes. No sanitizer: there is no unsafe code in what is fuzzed.

use crate::command::{command, run as run_command};
use crate::workspace;
use anyhow::{Context, Result, bail, ensure};
use std::path::Path;

/// The fuzzers, and a folder of inputs beside those in `fuzz/corpus/NAME`, where there is one.
const TARGETS: &[(&str, Option<&str>)] = &[
    ("scenario", Some("tests/scenarios")),
    ("config", Some("tests/data/configs")),
    ("import", Some("tests/data/configs")),
    ("link", None),
];

/// How long each runs, in seconds, if nothing else is said.
const SECONDS: &str = "60";

const FLAGS: &[&str] = &[
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
];

/// Runs the named fuzzers one after the other, or all. `--seconds N`: each for so long. `--merge`:
/// instead, keep of what was found what reaches something new, in the committed corpus.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let mut seconds = SECONDS;
    let mut merge = false;
    let mut targets = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match *argument {
            "--seconds" => seconds = rest.next().context("--seconds needs a number")?,
            "--merge" => merge = true,
            name => match TARGETS.iter().find(|(target, _)| *target == name) {
                Some(target) => targets.push(*target),
                None => {
                    let all: Vec<&str> = TARGETS.iter().map(|(target, _)| *target).collect();
                    bail!("there is no fuzzer {name:?}; there are {}", all.join(", "))
                }
            },
        }
    }
    ensure!(seconds.parse::<u32>().is_ok(), "--seconds needs a number, not {seconds:?}");
    if targets.is_empty() {
        targets = TARGETS.to_vec();
    }
    build()?;
    for (target, seeds) in targets {
        if merge { keep(target, seeds)? } else { fuzz(target, seeds, seconds)? }
    }
    Ok(())
}

fn build() -> Result<()> {
    let manifest = workspace::root().join("fuzz/Cargo.toml");
    let mut build = command("cargo", &["build", "--release", "--manifest-path"]);
    build.arg(manifest).arg("--target").arg(HOST).env("RUSTFLAGS", FLAGS.join(" "));
    run_command(&mut build)
}

/// Named, so that the flags are not for build scripts and macros.
const HOST: &str = "x86_64-unknown-linux-gnu";

fn program(target: &str) -> String {
    let program = workspace::root().join("fuzz/target").join(HOST).join("release").join(target);
    program.display().to_string()
}

/// New finds go to fuzz/found, which is not kept; seeds are the committed corpus.
fn fuzz(target: &str, seeds: Option<&str>, seconds: &str) -> Result<()> {
    let (found, corpus) = folders(target)?;
    let artifacts = workspace::root().join("fuzz/artifacts").join(target);
    std::fs::create_dir_all(&artifacts)?;
    let prefix = format!("-artifact_prefix={}/", artifacts.display());
    let time = format!("-max_total_time={seconds}");
    let options = ["-max_len=8192", "-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1"];
    let mut fuzzer = command(&program(target), &[&found, &corpus]);
    fuzzer.args(seeds).args([&prefix, &time]).args(options);
    let words = workspace::root().join("fuzz/words").join(target);
    if words.is_file() {
        fuzzer.arg(format!("-dict={}", words.display()));
    }
    run_command(&mut fuzzer).with_context(|| {
        format!("{target}: the input is in {}; make it a test, then mend it", artifacts.display())
    })
}

fn keep(target: &str, seeds: Option<&str>) -> Result<()> {
    let (found, corpus) = folders(target)?;
    run_command(command(&program(target), &["-merge=1", &corpus, &found]).args(seeds))
}

fn folders(target: &str) -> Result<(String, String)> {
    let root = workspace::root();
    let made = |folder: &Path| -> Result<String> {
        std::fs::create_dir_all(folder)?;
        Ok(folder.display().to_string())
    };
    Ok((
        made(&root.join("fuzz/found").join(target))?,
        made(&root.join("fuzz/corpus").join(target))?,
    ))
}
