//! Every scenario a device can carry, asked of a kernel: answers and register writes.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use vfio_irq_tests::corpus::Item;
use vfio_irq_tests::recording::{Recorded, Recording, is_compared};
use vfio_irq_tests::replay::{Kept, Part, asked};

use crate::guest::Guest;
use crate::notation;
use crate::packages::Kernel;
use crate::trace::{Device, Segment};

/// Where the guest has each device.
pub const ADDRESSES: [(&str, &str, Device); 3] = [
    ("e1000e", "0000:00:04.0", Device::E1000e),
    ("xhci", "0000:00:05.0", Device::Xhci),
    ("edu", "0000:00:06.0", Device::Edu),
];

/// The mark that ends a scenario's run.
const END: u8 = 0xff;

/// How the guest is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remapping {
    /// Interrupt remapping and an IOAPIC: every scenario but those that want no remapping.
    On,
    /// No remapping, and the 8259 instead of the IOAPIC, which QEMU has without the flaw that it
    /// forgets a level: every scenario.
    Off,
}

impl Remapping {
    /// The part of the scenarios that are asked then.
    pub fn part(self) -> Part {
        match self {
            Remapping::On => Part::Usual,
            Remapping::Off => Part::NoRemapping,
        }
    }
}

/// Boots a kernel, asks each device all it can carry, and gives answers and register writes: one
/// recording a device.
///
/// # Errors
/// When the guest fails, or answers something else than it was asked.
pub fn ask(
    kernel: &Kernel,
    program: &Path,
    items: &[Item],
    remapping: Remapping,
) -> Result<Vec<Kept>> {
    let host = &kernel.host;
    let mut guest = Guest::new(kernel)
        .program("vfio-irq", program)?
        .remapping(remapping == Remapping::On)
        .command_line(if remapping == Remapping::On { "" } else { "noapic" })
        .trace(&[])
        .timeout(Duration::from_secs(420));
    let mut script = String::from("cd /scenarios\n");
    for item in items {
        guest = guest.file(&format!("scenarios/{}", item.name), &item.text);
    }
    let mut questions = Vec::new();
    for (device, address, _) in ADDRESSES {
        let asked = asked(items, host, device, remapping.part());
        if asked.is_empty() {
            continue;
        }
        let list: String = asked.iter().map(|(item, _)| format!("{}\n", item.name)).collect();
        guest = guest.file(&format!("list.{device}"), list);
        let _ = writeln!(
            script,
            "echo 'device {device}'\nvfio-irq answers $(cat /list.{device}) --device {address} \
             --marks /sys/bus/pci/devices/0000:00:00.0/config || exit 1"
        );
        questions.push((device, asked));
    }
    let ended = guest.script(&script).boot()?.wait()?;
    ensure!(ended.status == 0, "vfio-irq failed in the guest:\n{}", ended.console);

    let mut blocks: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut device = String::new();
    let mut lines: Vec<String> = Vec::new();
    for line in ended.results.iter().map(String::as_str).chain(["device "]) {
        match line.strip_prefix("device ") {
            Some(next) => {
                blocks.insert(std::mem::replace(&mut device, next.to_owned()), blocks_of(&lines));
                lines.clear();
            }
            None => lines.push(line.to_owned()),
        }
    }
    let mut runs = runs(&ended.trace.segments).into_iter();
    let mut answers = Vec::new();
    let qemu = qemu_version();
    for (device, asked) in questions {
        let blocks = blocks.remove(device).unwrap_or_default();
        ensure!(
            blocks.len() == asked.len(),
            "{host}, {device}: {} answers to {} scenarios",
            blocks.len(),
            asked.len()
        );
        let kind = ADDRESSES.iter().find(|(name, ..)| *name == device).expect("listed").2;
        let mut scenarios = Vec::new();
        for ((item, _), block) in asked.iter().zip(&blocks) {
            let run = runs.next().context("a run left no marks")?;
            let writes = writes_of(item, kind, &run)
                .with_context(|| format!("{host}, {device}, {}", item.name))?;
            scenarios.push(Recorded::new(&item.fingerprint(), block, &writes));
        }
        let version = format!("{} ({})", kernel.version, kernel.release);
        let recording =
            Recording { kernel: version, qemu: qemu.clone(), scenarios, ..Recording::default() };
        let (host, device) = (host.clone(), device.to_owned());
        answers.push(Kept { host, device, part: remapping.part(), recording });
    }
    Ok(answers)
}

/// The blocks of `vfio-irq answers`' output.
pub(super) fn blocks_of(lines: &[String]) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    for line in lines {
        match (line.starts_with("scenario "), blocks.last_mut()) {
            (false, Some(block)) => *block += &format!("{line}\n"),
            _ => blocks.push(format!("{line}\n")),
        }
    }
    blocks
}

/// QEMU's version, as it says it.
pub fn qemu_version() -> String {
    let said = crate::program::output(
        std::process::Command::new("qemu-system-x86_64").arg("--version"),
        "qemu-system-x86",
    );
    let said = said.map(|said| String::from_utf8_lossy(&said).into_owned()).unwrap_or_default();
    let version = said.lines().next().and_then(|line| line.split(" version ").nth(1));
    version.unwrap_or("of unknown version").to_owned()
}

/// Segments, run by run: the first of each is what came before its first line.
fn runs(segments: &[Segment]) -> Vec<Vec<Segment>> {
    let mut runs = vec![Vec::new()];
    for segment in segments {
        if segment.mark == Some(END) {
            runs.push(Vec::new());
        }
        runs.last_mut().expect("never empty").push(segment.clone());
    }
    // What follows the last run's end.
    runs.pop();
    runs
}

/// The register writes of each line that are compared.
fn writes_of(item: &Item, device: Device, run: &[Segment]) -> Result<Vec<(u32, Vec<String>)>> {
    let words = notation::of_segments(device, run);
    let lines: Vec<(u32, bool)> =
        item.steps().map(|(line, step)| (line, is_compared(&step.step_text()))).collect();
    // A run that stopped early has fewer marks; its answers say so.
    ensure!(run.len() <= lines.len() + 2, "{} marks for {} lines", run.len(), lines.len());
    let mut writes = Vec::new();
    for ((line, compared), (segment, words)) in lines.into_iter().zip(run.iter().zip(words).skip(1))
    {
        if segment.mark == Some(0) {
            break;
        }
        if segment.mark != Some(((line - 1) % 250 + 1) as u8) {
            bail!("line {line} has the mark {:?}", segment.mark);
        }
        if compared {
            writes.push((line, words));
        }
    }
    Ok(writes)
}
