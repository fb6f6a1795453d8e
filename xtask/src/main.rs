//! The project's tasks. `cargo xtask help` lists them.

mod bench;
mod clauses;
mod command;
mod fuzz;
mod kernels;
mod serve;
mod setup;
mod site;
mod test;
mod workspace;

use anyhow::{Result, bail};
use std::process::ExitCode;

const HELP: &str = "\
Tasks of this project. Each sets up what it misses on this machine first.

  cargo xtask serve [--port N] [--release]
      Build the book and the playground, serve them, and build and reload
      again at every change. The first build takes a few minutes.

  cargo xtask test [STEP]...
      Run everything that CI runs, or only the named steps:
      fmt clippy native book coverage wasm e2e kernels

  cargo xtask kernels [--record] [--only COMPARISON] [--ops N] [--seed N] [HOST]...
      The emulator against real Linux kernels under QEMU (HOST: linux-6.1,
      linux-6.12, linux-7.3). Comparisons: random, inside,
      scenarios, no-remapping, programs, recipes, kselftest, kvm; --record
      keeps what they answer

  cargo xtask clauses [--coverage]
      Print of each clause where it stands, who cites and exercises it and
      where it was confirmed, and fail on a gap; --coverage: which lines of
      core the scenarios run

  cargo xtask site
      Build the site once, as it is published, into dist/

  cargo xtask bench [--native|--wasm|--page|--explore]
      Measure the core, native and as wasm in headless Chromium, and the
      built page there, and print all beside the budgets; then the explorer
      beside Stateright and SPIN (Debian: spin, gcc), whose answers must agree

  cargo xtask fuzz [FUZZER]... [--seconds N] [--merge]
      Fuzz what people paste (scenario config import link), a minute each; --merge keeps
      what was found in fuzz/corpus

  cargo xtask setup
      Only set up: cargo tools into a folder of the project
      (VFIO_IRQ_TOOLS, by default ~/.cache/vfio-irq/tools), axe-core by npm
      into the same, Chromium, Firefox, QEMU and hunspell from Debian, the wasm32 and musl targets; kernels are fetched
      when they are needed, into the same folder
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<ExitCode> {
    match arguments {
        [] | ["help" | "--help" | "-h", ..] => print!("{HELP}"),
        [_, .., "--help" | "-h"] => print!("{HELP}"),
        ["serve", options @ ..] => serve::run(&serve::Options::parse(options)?)?,
        ["site"] => site::build()?,
        ["bench", options @ ..] => bench::run(options)?,
        ["fuzz", options @ ..] => fuzz::run(options)?,
        ["clauses", options @ ..] => return clauses::run(options),
        ["kernels", options @ ..] => kernels::run_all(options)?,
        ["setup"] => setup::everything()?,
        ["announce", port] => serve::announce(port)?,
        ["test", steps @ ..] => return test::run(steps),
        [other, ..] => bail!("there is no task {other:?}\n\n{HELP}"),
    }
    Ok(ExitCode::SUCCESS)
}
