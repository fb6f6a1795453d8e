//! `cargo xtask kernels`: the emulator against real Linux kernels, under QEMU.

use crate::command::{command, run, run_reading};
use crate::setup;
use crate::test::Counts;
use anyhow::{Result, bail};

/// What `test` skips where the machine can't do it.
const COMPARISONS: [&str; 8] =
    ["random", "inside", "scenarios", "no-remapping", "programs", "recipes", "kselftest", "kvm"];
/// What the guest runs: static, so that it needs nothing there. The recipes' program lies beside it.
const PROGRAM: &str = "target/x86_64-unknown-linux-musl/release/vfio-irq";

/// How the run says that a kernel can't be fetched.
const NOT_TO_BE_HAD: i32 = 3;

/// The task: everything, or what the options say.
pub(crate) fn run_all(options: &[&str]) -> Result<()> {
    setup::for_kernels()?;
    build()?;
    run(&mut kernels(options))
}

/// The step of `cargo xtask test`. Where there is no QEMU, or the kernels can't be had, the
/// comparisons are skipped by name.
pub(crate) fn test(counts: &mut Counts) -> Result<()> {
    if let Err(why) = setup::for_kernels() {
        return skip(&format!("{why:#}"), counts);
    }
    build()?;
    match run_reading(&mut kernels(&["--ready"]), |_| {})? {
        status if status.success() => {}
        status if status.code() == Some(NOT_TO_BE_HAD) => {
            return skip("the kernels can't be fetched; why, stands above", counts);
        }
        status => bail!("the kernels could not be made ready ({status})"),
    }
    let mut seen = Counts::default();
    let status = run_reading(&mut kernels(&[]), |line| seen.read(line))?;
    counts.add(seen);
    if status.success() && seen.passed == 0 {
        bail!("the real-kernel run compared nothing");
    }
    if !status.success() && seen.failed == 0 {
        bail!("the real-kernel run failed ({status})");
    }
    Ok(())
}

fn skip(why: &str, counts: &mut Counts) -> Result<()> {
    println!("skipped, on all kernels: {}\n  {why}", COMPARISONS.join(", "));
    counts.skipped += COMPARISONS.len() as u32;
    Ok(())
}

fn build() -> Result<()> {
    const STATIC: [&str; 10] = [
        "build",
        "--locked",
        "--release",
        "--target=x86_64-unknown-linux-musl",
        "-p",
        "vfio-irq",
        "--bin=vfio-irq",
        "-p",
        "vfio-irq-recipes",
        "--bin=vfio-irq-recipes",
    ];
    run(&mut command("cargo", &STATIC))?;
    // Selecting the workspace, not the package, keeps the features of the tests: no rebuild.
    run(&mut command("cargo", &["build", "--locked", "--workspace", "--bin=vfio-irq-kernels"]))
}

fn kernels(options: &[&str]) -> std::process::Command {
    let mut kernels = command("target/debug/vfio-irq-kernels", &[PROGRAM]);
    kernels.args(options);
    kernels
}
