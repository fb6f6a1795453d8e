//! Recorded answers of real kernels, held against the emulator: without QEMU, by a plain
//! `cargo test`, and by the real-kernel run with what it has just heard.
//!
//! The recordings lie in `tests/data/kernels/answers/HOST/DEVICE.txt`, what was asked of a machine
//! set up in another way beside them ([`Part`]). Each must hold every scenario the device can
//! carry, as its text is now, and none besides; the emulator's answers and register writes must be
//! the recorded ones, except where `tests/differences.txt` says why not, and there they must
//! differ. Left out: recording, which the crate `vfio-irq-kernels` does.

use std::collections::BTreeSet;
use std::fmt::{self, Write};
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use vfio_irq_book::differences::{self, Difference};
use vfio_irq_core::scenario::ast::{Action, Data, SetAction, Statement};

use crate::corpus::{DEVICES, HOSTS, Item};
use crate::recording::{Recorded, Recording, number_of};
use crate::root;

/// What is to be done about recordings that are not of the present scenarios.
pub const RECORD: &str = "run `cargo xtask kernels --record`";
/// The list of differences, from the repository's root.
pub const DIFFERENCES: &str = "tests/differences.txt";

/// What is asked of a machine that is set up in one way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    /// The scenarios, but for those that want no interrupt remapping, and those in which something
    /// happens inside a call.
    Usual,
    /// The scenarios, but for the latter; no interrupt remapping, and no IOAPIC.
    NoRemapping,
    /// Those in which something happens inside a call, right after a register write: the kernel is
    /// stopped there. Register writes are not recorded then.
    Inside,
}

impl Part {
    /// All of them.
    pub const ALL: [Part; 3] = [Part::Usual, Part::NoRemapping, Part::Inside];

    /// Whether a scenario belongs to it.
    pub fn has(self, item: &Item) -> bool {
        item.is_inside() == (self == Part::Inside)
    }

    /// What the emulator answers, in the form of the part's recordings; `None` if the device can't
    /// carry the scenario then.
    pub fn expected(self, item: &Item, host: &str, device: &str) -> Option<Recorded> {
        if !self.has(item) {
            return None;
        }
        let block = item.expected(host, device, self.remapping())?;
        if self == Part::Inside {
            // QEMU 7.2's e1000e dies of an assertion when MSI-X goes off within 128 µs of an
            // interrupt.
            let deadly = device == "e1000e" && item.msix_goes_off(&block.trace);
            if deadly || item.writes_to_moment(&block.trace).is_none() {
                return None;
            }
        }
        Some(Recorded::of(item, &block, self != Part::Inside))
    }

    /// As [`Self::expected`], whether expectations hold or not.
    pub fn emulated(self, item: &Item, host: &str, device: &str) -> Recorded {
        let block = item.emulated(host, device, self.remapping());
        Recorded::of(item, &block, self != Part::Inside)
    }

    fn remapping(self) -> bool {
        self != Part::NoRemapping
    }

    fn suffix(self) -> &'static str {
        match self {
            Part::Usual => "",
            Part::NoRemapping => "-no-remapping",
            Part::Inside => "-inside",
        }
    }
}

/// A recording with what it is of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    /// The kernel's host profile.
    pub host: String,
    /// The device.
    pub device: String,
    /// Which scenarios were asked.
    pub part: Part,
    /// What was answered.
    pub recording: Recording,
}

impl Kept {
    /// Its name: `linux-6.1/e1000e-no-remapping`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.host, self.machine())
    }

    /// Device and part, as the list of differences names them: `e1000e-no-remapping`.
    pub fn machine(&self) -> String {
        format!("{}{}", self.device, self.part.suffix())
    }

    /// Where it is kept.
    pub fn file(&self) -> PathBuf {
        root().join("tests/data/kernels/answers").join(self.name() + ".txt")
    }

    /// What is kept of the same kernel, device and part.
    pub fn read(host: &str, device: &str, part: Part) -> Option<Self> {
        let recording = Recording::default();
        let (host, device) = (host.to_owned(), device.to_owned());
        let mut kept = Self { host, device, part, recording };
        kept.recording = Recording::parse(&fs::read_to_string(kept.file()).ok()?);
        Some(kept)
    }

    /// Keeps it.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn write(&self) -> Result<()> {
        let file = self.file();
        let text = self.recording.print();
        let done = fs::create_dir_all(file.parent().expect("it is in a folder"))
            .and_then(|()| fs::write(&file, text));
        done.with_context(|| format!("cannot write {}", file.display()))
    }
}

/// All that is kept, by kernel, device and part.
pub fn kept() -> Vec<Kept> {
    let mut found = Vec::new();
    for host in HOSTS {
        for device in DEVICES {
            found.extend(Part::ALL.iter().filter_map(|&part| Kept::read(host, device, part)));
        }
    }
    found
}

/// The scenarios of a part that a device can carry on a kernel, with the emulator's answers.
pub fn asked<'a>(
    items: &'a [Item],
    host: &str,
    device: &str,
    part: Part,
) -> Vec<(&'a Item, Recorded)> {
    let expected = |item| Some((item, part.expected(item, host, device)?));
    items.iter().filter_map(expected).collect()
}

/// Something that is not as it should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The recording, or the list's stanza.
    pub place: String,
    /// The scenario.
    pub scenario: String,
    /// What is wrong, over several lines.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}: {}", self.place, self.scenario, self.text.trim_end())
    }
}

/// The list of differences that stay.
///
/// # Errors
/// With the line, when it is not understood or names what there is not.
pub fn differences(items: &[Item]) -> Result<Vec<Difference>> {
    let text = fs::read_to_string(root().join(DIFFERENCES)).context(DIFFERENCES)?;
    let list = differences::parse(&text).context(DIFFERENCES)?;
    for one in &list {
        let place = format!("{DIFFERENCES}:{}", one.line);
        let unknown = |names: &[String], known: &[&str]| {
            names.iter().find(|name| !known.contains(&name.as_str())).cloned()
        };
        let scenarios: Vec<&str> = items.iter().map(|item| item.name.as_str()).collect();
        let machines: Vec<String> = DEVICES
            .iter()
            .flat_map(|device| Part::ALL.map(|part| format!("{device}{}", part.suffix())))
            .collect();
        let machines: Vec<&str> = machines.iter().map(String::as_str).collect();
        let wrong = unknown(&one.kernels, &HOSTS)
            .or_else(|| unknown(&one.devices, &machines))
            .or_else(|| unknown(&one.scenarios, &scenarios));
        ensure!(wrong.is_none(), "{place}: there is no `{}`", wrong.unwrap_or_default());
    }
    Ok(list)
}

/// Holds a recording against the present scenarios and the emulator.
pub fn check(kept: &Kept, items: &[Item], list: &[Difference]) -> Vec<Problem> {
    let Kept { host, device, part, recording } = kept;
    let mut problems = Vec::new();
    let mut wrong = |scenario: &str, text: String| {
        problems.push(Problem { place: kept.name(), scenario: scenario.to_owned(), text });
    };
    let has: BTreeSet<&str> = recording.scenarios.iter().map(|one| one.name.as_str()).collect();
    for (item, _) in asked(items, host, device, *part) {
        if !has.contains(item.name.as_str()) {
            wrong(&item.name, format!("not recorded; {RECORD}"));
        }
    }
    for recorded in &recording.scenarios {
        let item = items.iter().find(|item| item.name == recorded.name && part.has(item));
        let Some(item) = item else {
            wrong(&recorded.name, format!("recorded, but there is no such scenario; {RECORD}"));
            continue;
        };
        if item.fingerprint() != recorded.fingerprint {
            wrong(&recorded.name, format!("its text has changed since the recording; {RECORD}"));
            continue;
        }
        // Held or not: expectations that fail on the emulator alone are a difference too.
        let ours = part.emulated(item, host, device).lines;
        let listed = list.iter().find(|one| one.is_of(host, &kept.machine(), &item.name));
        let (ours, theirs) = match (listed, recorded.not_carried()) {
            (None, None) => (ours, recorded.lines.clone()),
            (Some(listed), None) => {
                let but_for = |lines: &[String]| but_for(lines, &listed.lines);
                (but_for(&ours), but_for(&recorded.lines))
            }
            (_, Some((line, what))) => {
                let level = what == "assert intx" && sends_messages(item, line);
                if !level && !may_lack(device, what) {
                    wrong(&item.name, format!("{device} can be told to `{what}`, and was not"));
                }
                (before(&ours, line), before(&recorded.lines, line))
            }
        };
        if ours != theirs {
            let lines = side_by_side(("emulator", &ours), ("kernel", &theirs));
            wrong(&item.name, format!("emulator and kernel differ\n{lines}"));
        }
    }
    problems
}

/// Whether MSI or MSI-X is enabled where this line begins: the devices raise no level then, only
/// messages.
fn sends_messages(item: &Item, line: u32) -> bool {
    let mut on = false;
    for one in item.scenario.lines().iter().take((line as usize).saturating_sub(1)) {
        if let Some(Statement::Step(step)) = &one.statement
            && let Action::SetIrqs(request) = &step.action.what
            && matches!(request.index, 1 | 2)
            && request.action == SetAction::Trigger
        {
            match (&request.data, request.count) {
                (Data::Eventfd(_), count) if count != Some(0) => on = true,
                (Data::None, Some(0)) => on = false,
                _ => {}
            }
        }
    }
    on
}

/// What a device can't be told to do: an error and a request come from the host, and of xhci only
/// the first vector drives the pin.
fn may_lack(device: &str, what: &str) -> bool {
    matches!(what, "error" | "request") || device == "xhci" && what.starts_with("fire ")
}

/// The lines but those of these numbers, and what they make of the run: what is left over, and
/// whether it held.
fn but_for(lines: &[String], numbers: &[u32]) -> Vec<String> {
    let excused = |line: &String| match number_of(line) {
        Some(number) => numbers.contains(&number),
        None => true,
    };
    lines.iter().filter(|line| !excused(line)).cloned().collect()
}

/// The lines of numbers below this one.
fn before(lines: &[String], end: u32) -> Vec<String> {
    let before = |line: &&String| number_of(line).is_some_and(|number| number < end);
    lines.iter().filter(before).cloned().collect()
}

/// What the list says differs, and does not.
pub fn needless(kept: &[Kept], items: &[Item], list: &[Difference]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (one, scenario) in list.iter().flat_map(|one| one.scenarios.iter().map(move |s| (one, s))) {
        for kept in runs(kept, items, one, scenario) {
            let recorded = kept.recording.scenarios.iter().find(|two| two.name == *scenario);
            let item = items.iter().find(|item| item.name == *scenario);
            let ours = item.map(|item| kept.part.emulated(item, &kept.host, &kept.device));
            if ours.as_ref() == recorded {
                let name = kept.name();
                let text = format!(
                    "listed as a difference, but {name} answers as the emulator does; \
                     take it from the list"
                );
                problems.push(listed(one, scenario, text));
            }
        }
    }
    problems
}

/// What the list says of scenarios that no kernel and device it names has carried.
pub fn unheard(kept: &[Kept], items: &[Item], list: &[Difference]) -> Vec<Problem> {
    let pairs = list.iter().flat_map(|one| one.scenarios.iter().map(move |s| (one, s)));
    let none = pairs.filter(|(one, scenario)| runs(kept, items, one, scenario).next().is_none());
    let text = "listed as a difference, but no device it names carries it";
    none.map(|(one, scenario)| listed(one, scenario, text.into())).collect()
}

/// The recordings a stanza speaks of that have this scenario as it is now.
fn runs<'a>(
    kept: &'a [Kept],
    items: &'a [Item],
    one: &'a Difference,
    scenario: &'a str,
) -> impl Iterator<Item = &'a Kept> {
    let item = items.iter().find(|item| item.name == scenario);
    kept.iter().filter(move |kept| {
        let mut recorded = kept.recording.scenarios.iter();
        one.is_of(&kept.host, &kept.machine(), scenario)
            && recorded.any(|two| {
                let current = item.is_some_and(|item| item.fingerprint() == two.fingerprint);
                two.name == scenario && current && two.was_carried()
            })
    })
}

fn listed(one: &Difference, scenario: &str, text: String) -> Problem {
    let place = format!("{DIFFERENCES}:{}", one.line);
    Problem { place, scenario: scenario.to_owned(), text }
}

/// What a new recording says otherwise than the kept one: drift of a kernel, of QEMU or of us.
/// Scenarios that were not kept, or of another text, are [`check`]'s.
pub fn drift(kept: &Kept, new: &Kept) -> Vec<Problem> {
    let mut problems = Vec::new();
    let asked: BTreeSet<&str> =
        new.recording.scenarios.iter().map(|one| one.name.as_str()).collect();
    for one in kept.recording.scenarios.iter().filter(|one| !asked.contains(one.name.as_str())) {
        problems.push(Problem {
            place: new.name(),
            scenario: one.name.clone(),
            text: "recorded before, and not asked now: the emulator no longer meets its \
                   expectations, or it is gone"
                .into(),
        });
    }
    for now in &new.recording.scenarios {
        let before = kept.recording.scenarios.iter().find(|one| one.name == now.name);
        if let Some(before) = before.filter(|before| before.fingerprint == now.fingerprint)
            && before.lines != now.lines
        {
            let lines = side_by_side(("recorded", &before.lines), ("now", &now.lines));
            problems.push(Problem {
                place: new.name(),
                scenario: now.name.clone(),
                text: format!("the answers have changed since the recording\n{lines}"),
            });
        }
    }
    problems
}

/// The lines that differ, in order, those of each side behind its name.
pub fn side_by_side((a, left): (&str, &[String]), (b, right): (&str, &[String])) -> String {
    let width = a.len().max(b.len()) + 1;
    let mut text = String::new();
    for (name, lines, others) in [(a, left, right), (b, right, left)] {
        for line in lines.iter().filter(|line| !others.contains(line)) {
            let _ = writeln!(text, "  {:width$} {line}", format!("{name}:"));
        }
    }
    if text.is_empty() { "  the same lines in another order\n".into() } else { text }
}

#[cfg(test)]
mod tests;
