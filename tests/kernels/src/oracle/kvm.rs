//! KVM, asked what it does with an eventfd in its hands (KVM_IRQFD).
//!
//! The program `tests/data/kernels/kvm/irqfd.c` runs in the guest, whose KVM is AMD's as QEMU
//! emulates it, and has a guest of its own. What it prints is held against what core says to the
//! same calls ([`vfio_irq_tests::kvm`]), and kept with `--record`. Left out: a device; VFIO's
//! half of a hand-over is asked with the scenarios.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use vfio_irq_tests::kvm::{Heard, PROGRAM};
use vfio_irq_tests::root;

use super::answers::qemu_version;
use crate::guest::Guest;
use crate::packages::Kernel;
use crate::program::output;

/// Boots a kernel, and asks its KVM.
///
/// # Errors
/// When the program does not compile, or a guest fails.
pub fn ask(kernel: &Kernel) -> Result<Heard> {
    let folder = tempfile::tempdir().context("a folder for the program")?;
    let program = folder.path().join("irqfd");
    let mut cc = Command::new("cc");
    cc.args(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O1", "-static", "-s", "-o"]);
    output(cc.arg(&program).arg(root().join(PROGRAM)), "gcc libc6-dev")?;
    let guest = Guest::new(kernel).devices(Vec::new()).kvm().program("irqfd", &program)?;
    let ended = guest.timeout(Duration::from_secs(300)).script("irqfd\n").boot()?.wait()?;
    ensure!(
        ended.status == 0,
        "irqfd failed in the guest:\n{}\n{}",
        ended.results.join("\n"),
        ended.console
    );
    Ok(Heard {
        host: kernel.host.clone(),
        kernel: format!("{} ({})", kernel.version, kernel.release),
        qemu: qemu_version(),
        day: String::new(),
        lines: ended.results,
    })
}
