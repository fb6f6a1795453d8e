//! Every scenario of the tests and of the book, and what the emulator answers to it as the device of
//! a real kernel: the one side of the comparison with Linux.
//!
//! A device can carry a scenario on a kernel if the scenario's expectations hold on the emulator
//! with that device's function and that kernel's host in place of its own. Left out: scenarios that
//! limit the host's vectors, which can't be done to a real one.

use std::fs;

use anyhow::{Context, Result, anyhow};
use vfio_irq::answers::{Block, answers};
use vfio_irq_book::preprocess::chapter_name;
use vfio_irq_book::{block, cases};
use vfio_irq_core::device::Stimulus;
use vfio_irq_core::event::{Event, Step};
use vfio_irq_core::host::HostProfile;
use vfio_irq_core::machine::Emulator;
use vfio_irq_core::pci::{Function, profiles};
use vfio_irq_core::scenario::ast::{Action, Statement, StepLine};
use vfio_irq_core::scenario::{Overrides, Scenario};
use vfio_irq_core::seen::register_writes;
use vfio_irq_core::trace::Trace;

use crate::{root, scenarios};

/// The kernels there are, by the host profiles that stand for them.
pub const HOSTS: [&str; 3] = ["linux-6.1", "linux-6.12", "linux-7.3"];
/// The devices there are, by their built-in functions.
pub const DEVICES: [&str; 3] = ["e1000e", "xhci", "edu"];

/// A scenario.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its file below `tests/scenarios`, or `book/CHAPTER.md#N`: the chapter's n-th block.
    pub name: String,
    /// Its text.
    pub text: String,
    /// The text, understood.
    pub scenario: Scenario,
    /// The one device it is for, if it is for one.
    only: Option<&'static str>,
}

impl Item {
    /// A scenario of this name and text.
    ///
    /// # Errors
    /// The text is no scenario.
    pub fn new(name: String, text: String) -> Result<Self> {
        let scenario = Scenario::parse(&text).map_err(|errors| {
            let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
            anyhow!("{name}: {}", lines.join("; "))
        })?;
        Ok(Self { name, text, scenario, only: None })
    }

    /// The same for one device alone.
    pub fn only_for(self, device: &'static str) -> Self {
        Self { only: Some(device), ..self }
    }

    /// Whether it is one of [`crate::stories`].
    pub fn is_story(&self) -> bool {
        self.only.is_some()
    }

    /// Its steps, with the numbers of their lines.
    pub fn steps(&self) -> impl Iterator<Item = (u32, &StepLine)> {
        self.scenario.lines().iter().zip(1..).filter_map(|(line, number)| match &line.statement {
            Some(Statement::Step(step)) => Some((number, step)),
            _ => None,
        })
    }

    /// Whether something happens inside a call.
    pub fn is_inside(&self) -> bool {
        self.steps().any(|(_, step)| !step.moments.is_empty())
    }

    /// Whether it wants a host without interrupt remapping.
    pub fn without_remapping(&self) -> bool {
        self.scenario.host_line().is_some_and(|(_, host)| host.remapping == Some(false))
    }

    /// Whether it says how many vectors the host has left: no device can be told that.
    fn limits_vectors(&self) -> bool {
        let supply = |stimulus: &Stimulus| matches!(stimulus, Stimulus::Supply(_));
        let in_step = |step: &StepLine| {
            matches!(&step.action.what, Action::Stimulate(stimulus) if supply(stimulus))
                || step.moments.iter().any(|moment| supply(&moment.what.stimulus))
        };
        self.scenario.host_line().is_some_and(|(_, host)| host.vectors.is_some())
            || self.steps().any(|(_, step)| in_step(step))
    }

    /// What the emulator answers as this device under this kernel; `None` if the device can't
    /// carry the scenario there. A scenario written for this device and kernel is carried whether
    /// its expectations hold on the emulator or not: the kernel shall say who is wrong.
    pub fn expected(&self, host: &str, device: &str, remapping: bool) -> Option<Block> {
        let other = self.only.is_some_and(|only| only != device);
        if other || self.limits_vectors() || remapping && self.without_remapping() {
            return None;
        }
        let block = self.emulated(host, device, remapping);
        let is_for = self.speaks_for(host) && self.function() == Some(device);
        (is_for || block.text.ends_with("\nheld\n")).then_some(block)
    }

    /// The built-in function it names, if it names one and changes nothing about it.
    fn function(&self) -> Option<&str> {
        let line = self.scenario.function_line().filter(|(_, line)| line.options.is_empty());
        line.and_then(|(_, line)| line.profile.as_ref()).map(|profile| profile.what.as_str())
    }

    /// What the emulator answers as this device under this kernel, with or without interrupt
    /// remapping, held or not.
    pub fn emulated(&self, host: &str, device: &str, remapping: bool) -> Block {
        let spec = profiles::by_name(device).expect("a built-in function");
        let host = HostProfile::by_name(host).expect("a built-in host");
        let overrides = Overrides {
            host: Some(HostProfile { remapping, ..host }),
            function: Some(Function::new(&spec).expect("a built-in function is valid")),
        };
        let machine = self.scenario.machine(&overrides).expect("both lines are overridden");
        answers(&self.name, &self.scenario, &mut Emulator::new(machine), &mut |_| {})
    }

    /// The moment inside a call at which something happens, if it is right after a register write
    /// and the only one: after how many writes on the bus of that call.
    pub fn writes_to_moment(&self, trace: &Trace) -> Option<usize> {
        let mut moments = self.steps().flat_map(|(line, step)| {
            step.moments.iter().map(move |moment| (line, &moment.what.moment))
        });
        let ((line, moment), None) = (moments.next()?, moments.next()) else { return None };
        let entry = trace.entries.iter().find(|entry| entry.line == line)?;
        let (mut writes, mut nth) = (0, 0);
        for event in &entry.events {
            let Event::Step(step) = event else { continue };
            let of_step = register_writes(step) as usize;
            writes += of_step;
            if step.to_string() == moment.step {
                nth += 1;
                if nth == moment.nth {
                    return (of_step > 0).then_some(writes);
                }
            }
        }
        None
    }

    /// Whether MSI-X goes off in the call in which something happens.
    pub fn msix_goes_off(&self, trace: &Trace) -> bool {
        const ENABLE: u16 = 1 << 15;
        let lines: Vec<u32> = self
            .steps()
            .filter(|(_, step)| !step.moments.is_empty())
            .map(|(line, _)| line)
            .collect();
        let entries = trace.entries.iter().filter(|entry| lines.contains(&entry.line));
        entries.flat_map(|entry| &entry.events).any(|event| {
            matches!(event, Event::Step(Step::MsixControl { old, new }) if old & !new & ENABLE != 0)
        })
    }

    /// Whether it hands an eventfd to KVM, which no guest of the laboratory has.
    pub fn asks_kvm(&self) -> bool {
        self.steps().any(|(_, step)| matches!(&step.action.what, Action::Guest(_)))
    }

    /// The clauses its header names, `# CLAUSE, CLAUSE: what`. The book's blocks have no header.
    pub fn clauses(&self) -> Vec<String> {
        if self.is_of_book() { Vec::new() } else { cases::clauses(&self.text) }
    }

    /// Whether it is a block of the book.
    pub fn is_of_book(&self) -> bool {
        self.name.starts_with("book/")
    }

    /// Whether it speaks for this host's kernel: its header's `# Hosts:` names it, and its function
    /// is one of the devices. What is true of another function, or of a host that is no kernel,
    /// shows nothing when a device answers alike.
    pub fn speaks_for(&self, host: &str) -> bool {
        self.function().is_some_and(|function| DEVICES.contains(&function))
            && cases::hosts(&self.text).iter().any(|one| one == host)
    }

    /// A fingerprint of the text: whether a recording is of it.
    pub fn fingerprint(&self) -> String {
        cases::fingerprint(&self.text)
    }
}

/// All of them: the tests' by name, then the book's by chapter and place. Blocks that include a
/// file of the tests are that file, and once is enough.
pub fn corpus() -> Result<Vec<Item>> {
    let folder = root().join("tests/scenarios");
    let mut items = Vec::new();
    for path in scenarios::files(&folder, "scenario") {
        let name = path.strip_prefix(&folder).expect("found in it").display().to_string();
        items.push(Item::new(name, fs::read_to_string(&path)?)?);
    }
    let source = root().join("book/src");
    for path in scenarios::files(&source, "md") {
        let chapter = chapter_name(path.strip_prefix(&source).expect("found in it"));
        let folder = path.parent().expect("a file is in a folder");
        let text = fs::read_to_string(&path)?;
        let blocks = block::find(&text, folder).with_context(|| chapter.clone())?;
        for (block, number) in blocks.into_iter().zip(1..) {
            if block.included.is_none() && !block.attributes.fails {
                let chapter = chapter.trim_start_matches("book/src/");
                items.push(Item::new(format!("book/{chapter}#{number}"), block.text)?);
            }
        }
    }
    Ok(items)
}
