//! Interrupts inside an ioctl: Linux is held after each register write of a call, the device made
//! to interrupt there, and the rest of the story compared with the emulator's.
//!
//! Left out: moments that are no register write (a handler installed or removed); MSI-X of e1000e
//! going off, for QEMU 7.2's e1000e dies of an assertion when that happens within 128 µs of an
//! interrupt (xhci carries those); INTx, which no request of MSI or MSI-X touches but to cut it off.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use vfio_irq_core::event::Event;
use vfio_irq_core::seen::register_writes;
use vfio_irq_tests::corpus::Item;
use vfio_irq_tests::replay::side_by_side;

use super::answers::{ADDRESSES, blocks_of};
use super::{Difference, Recorded};
use crate::guest::Guest;
use crate::packages::Kernel;
use crate::stopper::{Stopper, Symbols};
use crate::trace::Device;

/// A story with an interrupt at one moment of it.
#[derive(Debug, Clone)]
pub struct Inside {
    /// The scenario.
    pub item: Item,
    /// The device that plays it.
    pub device: &'static str,
    /// After how many writes on the bus the moment comes, in its call.
    writes: usize,
}

/// What is done before the call that is interrupted, and that call.
struct Story {
    name: &'static str,
    before: &'static [&'static str],
    call: &'static str,
    /// MSI-X goes off in it.
    off: bool,
}

const STORIES: [Story; 6] = [
    Story { name: "enable", before: &[], call: "trigger eventfd 0 [a, b]", off: false },
    Story {
        name: "disable",
        before: &["trigger eventfd 0 [a, b]"],
        call: "trigger none 0+0",
        off: true,
    },
    Story {
        name: "rebuild",
        before: &["trigger eventfd 0 [c]", "trigger none 0+0"],
        call: "trigger eventfd 0 [a, b]",
        off: false,
    },
    Story {
        name: "replace",
        before: &["trigger eventfd 0 [a, c]"],
        call: "trigger eventfd 0 [b]",
        off: false,
    },
    Story {
        name: "release",
        before: &["trigger eventfd 0 [a, b]"],
        call: "trigger eventfd 0 [-1]",
        off: false,
    },
    Story {
        name: "add",
        before: &["trigger eventfd 0 [a]"],
        call: "trigger eventfd 1 [b]",
        off: false,
    },
];

/// Every story of every device under a kernel, once for each register write of its call and each
/// of two vectors.
///
/// # Errors
/// A story of ours is no scenario.
pub fn stories(host: &str) -> Result<Vec<Inside>> {
    let mut all = Vec::new();
    for (device, index, vectors) in [
        ("e1000e", "msix", 2),
        ("e1000e", "msi", 1),
        ("xhci", "msix", 2),
        ("xhci", "msi", 2),
        ("edu", "msi", 1),
    ] {
        for story in &STORIES {
            if (device, index, story.off) == ("e1000e", "msix", true) {
                continue;
            }
            if vectors == 1 && story.name == "add" {
                continue;
            }
            for vector in 0..vectors {
                moments(host, device, index, story, vector, vectors, &mut all)?;
            }
        }
    }
    Ok(all)
}

/// The story's text; its call's line, and what happens inside it, are given back with it.
fn text(
    host: &str,
    device: &str,
    index: &str,
    story: &Story,
    vectors: u16,
    moment: &str,
) -> (String, u32) {
    let mut text = format!("function {device}\nhost {host}\neventfd a b c x y\n");
    // A function with one vector plays the story with the first of each list.
    let fit = |call: &str| match vectors {
        1 => call.replace("[a, b]", "[a]").replace("[a, c]", "[a]"),
        _ => call.to_owned(),
    };
    for call in story.before {
        let _ = writeln!(text, "set_irqs {index} {}", fit(call));
    }
    let line = text.lines().count() as u32 + 1;
    let _ = writeln!(text, "set_irqs {index} {} {moment}", fit(story.call));
    text += "read a\nread b\nread c\n";
    let (control, pending) = match (device, index) {
        ("e1000e", "msix") => (0xa2, "bar3 read 0x2000 8\n"),
        ("xhci", "msix") => (0x92, "bar0 read 0x3800 8\n"),
        ("xhci", _) => (0x72, ""),
        ("e1000e", _) => (0xd2, ""),
        _ => (0x42, ""),
    };
    let _ = writeln!(text, "config read {control:#x} 2\n{pending}irq_info {index}");
    // What is still to come, comes when every vector has a new eventfd.
    let _ = writeln!(
        text,
        "set_irqs {index} {}",
        fit("trigger eventfd 0 [x, y]")
            .replace("[x, y]", if vectors == 1 { "[x]" } else { "[x, y]" })
    );
    text += "read a\nread b\nread c\nread x\nread y\nfire 0\nread x\n";
    if vectors > 1 {
        text += "fire 1\nread y\n";
    }
    let _ = write!(text, "set_irqs {index} trigger none 0+0\nread a\nread b\nread x\nread y\n");
    (text, line)
}

fn moments(
    host: &str,
    device: &'static str,
    index: &str,
    story: &Story,
    vector: u16,
    vectors: u16,
    all: &mut Vec<Inside>,
) -> Result<()> {
    let (plain, line) = text(host, device, index, story, vectors, "");
    let item = Item::new(String::new(), plain)?;
    let trace = item.emulated(host, device, true).trace;
    let entry = trace.entries.iter().find(|entry| entry.line == line);
    let entry = entry.with_context(|| format!("{}: no line {line}", story.name))?;
    let mut names: Vec<String> = Vec::new();
    let mut writes = 0;
    for event in &entry.events {
        let Event::Step(step) = event else { continue };
        let name = step.to_string();
        names.push(name.clone());
        let of_step = register_writes(step);
        writes += of_step as usize;
        if of_step == 0 {
            continue;
        }
        let nth = names.iter().filter(|other| **other == name).count();
        let moment = format!("{{ after \"{name}\" #{nth}: fire {vector} }}");
        let (text, _) = text(host, device, index, story, vectors, &moment);
        let name = format!("inside/{index}/{} after {name} #{nth}: fire {vector}", story.name);
        // A name that is a file's.
        let name = name.replace([' ', ':'], "_").replace('#', "");
        all.push(Inside { item: Item::new(name, text)?, device, writes });
    }
    Ok(())
}

/// What a kernel answered to each.
///
/// # Errors
/// When the guest fails or can't be followed.
pub fn ask(kernel: &Kernel, program: &Path, stories: &[Inside]) -> Result<Vec<Recorded>> {
    let mut guest =
        Guest::new(kernel).program("vfio-irq", program)?.debug().timeout(Duration::from_secs(600));
    let mut script = String::from("cd /scenarios\n");
    for (device, address, _) in ADDRESSES {
        let mut list = String::new();
        for Inside { item, .. } in stories.iter().filter(|story| story.device == device) {
            let name = format!("{device}/{}", item.name);
            guest = guest.file(&format!("scenarios/{name}"), &item.text);
            let _ = writeln!(list, "{name}");
        }
        guest = guest.file(&format!("list.{device}"), list);
        let _ = writeln!(
            script,
            "vfio-irq answers $(cat /list.{device}) --device {address} --halt /dev/control || exit 1"
        );
    }
    let begin = std::time::Instant::now();
    let symbols = Symbols::of(kernel)?;
    let mut running = guest.script(&script).boot()?;
    let mut stopper = Stopper::attach(&mut running, symbols)?;
    for (device, _, kind) in ADDRESSES {
        for story in stories.iter().filter(|story| story.device == device) {
            if std::env::var_os("PROGRESS").is_some() {
                eprintln!("{:.1?} {device} {}", begin.elapsed(), story.item.name);
            }
            let Some(said) = stopper.next_call()? else {
                drop(stopper);
                let ended = running.wait().with_context(|| story.item.name.clone())?;
                bail!("{}: the guest ended:\n{}", story.item.name, ended.console);
            };
            interrupt(&mut stopper, kind, story, &said)
                .with_context(|| format!("{}, {device}, {}", kernel.host, story.item.name))?;
        }
    }
    while let Some(said) = stopper.next_call()? {
        bail!("the guest makes a call nobody expects: {said:?}");
    }
    drop(stopper);
    let ended = running.wait()?;
    ensure!(ended.status == 0, "vfio-irq failed in the guest:\n{}", ended.console);
    let blocks = blocks_of(&ended.results);
    ensure!(blocks.len() == stories.len(), "{} answers of {}", blocks.len(), stories.len());
    let in_order = ADDRESSES
        .iter()
        .flat_map(|(device, ..)| stories.iter().filter(move |story| story.device == *device));
    let recorded = in_order.zip(&blocks).map(|(story, block)| {
        let block = block.replacen(&format!("scenario {}/", story.device), "scenario ", 1);
        Recorded::new(&story.item.fingerprint(), &block, &[])
    });
    Ok(recorded.collect())
}

/// Lets the call be made, and fires after so many writes of it.
fn interrupt(stopper: &mut Stopper, kind: Device, story: &Inside, said: &[String]) -> Result<()> {
    // `at #NTH ADDRESS=VALUE,… STEP`
    let plan = said.last().and_then(|line| line.strip_prefix("at "));
    let plan = plan.with_context(|| format!("the guest said {said:?}"))?;
    let mut words = plan.splitn(3, ' ');
    let nth = words.next().context("no number")?;
    let writes = words.next().context("no writes")?;
    let step = words.next().context("no step")?;
    let hex = |text: &str| u64::from_str_radix(text.trim_start_matches("0x"), 16);
    let writes = writes
        .split(',')
        .map(|write| {
            let (address, value) = write.split_once('=').context("no value")?;
            Ok((hex(address)?, hex(value)? as u32))
        })
        .collect::<Result<Vec<_>>>()?;
    let mut fired = false;
    stopper.run_call(|seen, qtest| {
        let ours = seen.iter().filter(|write| write.device == kind).count();
        if !fired && ours == story.writes {
            fired = true;
            for (address, value) in &writes {
                qtest.writel(*address, *value)?;
            }
        }
        Ok(())
    })?;
    if !fired {
        stopper.say(&format!("missed {nth} {step}"))?;
    }
    stopper.say("ok")
}

/// Compares with the emulator; gives the differences.
pub fn compare(host: &str, stories: &[Inside], recorded: &[Recorded]) -> Vec<Difference> {
    let in_order = ADDRESSES
        .iter()
        .flat_map(|(device, ..)| stories.iter().filter(move |story| story.device == *device));
    in_order
        .zip(recorded)
        .filter_map(|(story, recorded)| {
            let block = story.item.emulated(host, story.device, true);
            let ours = Recorded::new(&story.item.fingerprint(), &block.text, &[]);
            (ours != *recorded).then(|| Difference {
                host: host.to_owned(),
                device: story.device.to_owned(),
                what: story.item.name.clone(),
                text: side_by_side(("emulator", &ours.lines), ("kernel", &recorded.lines)),
            })
        })
        .collect()
}
