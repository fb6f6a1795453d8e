//! Every scenario a device can carry, on emulator and kernel: answers and register writes.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use vfio_irq::answers::Block;
use vfio_irq_core::seen::register_words;
use vfio_irq_tests::corpus::{DEVICES, Item};

use super::{Difference, Recorded, Recording};
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

/// What one kernel answered, by device.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// The recordings.
    pub recordings: BTreeMap<String, Recording>,
}

/// The scenarios a device is asked, with what the emulator says.
fn asked<'a>(
    items: &'a [Item],
    host: &str,
    device: &str,
    remapping: Remapping,
) -> Vec<(&'a Item, Block)> {
    let remapping = remapping == Remapping::On;
    items
        .iter()
        .filter(|item| !item.is_inside())
        .filter_map(|item| Some((item, item.expected(host, device, remapping)?)))
        .collect()
}

/// What the emulator answers, in the form a kernel's answers are recorded in.
pub fn emulated(item: &Item, host: &str, device: &str, remapping: Remapping) -> Recorded {
    recorded_of(item, &item.emulated(host, device, remapping == Remapping::On))
}

fn recorded_of(item: &Item, block: &Block) -> Recorded {
    let writes: Vec<(u32, Vec<String>)> = block
        .trace
        .entries
        .iter()
        .filter(|entry| is_compared(&entry.text))
        .map(|entry| (entry.line, register_words(&entry.events)))
        .collect();
    Recorded::new(&item.fingerprint(), &block.text, &writes)
}

/// Whether a line's register writes are compared: those of SET_IRQS. Open, close and reset write much
/// that has nothing to do with interrupts.
fn is_compared(step: &str) -> bool {
    step.starts_with("set_irqs ")
}

/// Boots a kernel, asks each device all it can carry, and gives answers and register writes.
///
/// # Errors
/// When the guest fails, or answers something else than it was asked.
pub fn ask(
    kernel: &Kernel,
    program: &Path,
    items: &[Item],
    remapping: Remapping,
) -> Result<Answers> {
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
        let asked = asked(items, host, device, remapping);
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
    for line in &ended.results {
        match line.strip_prefix("device ") {
            Some(name) => name.clone_into(&mut device),
            None => {
                let blocks = blocks.entry(device.clone()).or_default();
                match (line.starts_with("scenario "), blocks.last_mut()) {
                    (false, Some(block)) => *block += &format!("{line}\n"),
                    _ => blocks.push(format!("{line}\n")),
                }
            }
        }
    }
    let mut runs = runs(&ended.trace.segments).into_iter();
    let mut answers = Answers::default();
    let version = qemu_version();
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
        let head = format!("{} ({}), {device}, {version}", kernel.version, kernel.release);
        answers.recordings.insert(device.to_owned(), Recording { head, scenarios });
    }
    Ok(answers)
}

/// QEMU's version, as it says it.
pub fn qemu_version() -> String {
    let said = crate::program::output(
        std::process::Command::new("qemu-system-x86_64").arg("--version"),
        "qemu-system-x86",
    );
    let said = said.map(|said| String::from_utf8_lossy(&said).into_owned()).unwrap_or_default();
    let version = said.lines().next().and_then(|line| line.split(" version ").nth(1));
    format!("QEMU {}", version.unwrap_or("of unknown version"))
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

/// Compares what a kernel answered with the emulator; gives the differences.
pub fn compare(
    host: &str,
    answers: &Answers,
    items: &[Item],
    remapping: Remapping,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    for device in DEVICES {
        let Some(recording) = answers.recordings.get(device) else { continue };
        for recorded in &recording.scenarios {
            let Some(item) = items.iter().find(|item| item.name == recorded.name) else { continue };
            if !recorded.was_carried() {
                continue;
            }
            let ours = emulated(item, host, device, remapping);
            if ours != *recorded {
                differences.push(Difference {
                    host: host.to_owned(),
                    device: device.to_owned(),
                    what: recorded.name.clone(),
                    text: side_by_side(&ours.lines, &recorded.lines),
                });
            }
        }
    }
    differences
}

/// The lines that differ, the emulator's first.
fn side_by_side(emulator: &[String], kernel: &[String]) -> String {
    let mut text = String::new();
    for line in emulator.iter().filter(|line| !kernel.contains(line)) {
        let _ = writeln!(text, "  emulator: {line}");
    }
    for line in kernel.iter().filter(|line| !emulator.contains(line)) {
        let _ = writeln!(text, "  kernel:   {line}");
    }
    if text.is_empty() { "  the same lines in another order\n".into() } else { text }
}
