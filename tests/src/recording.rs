//! What a kernel answered, as text.
//!
//! ```text
//! # kernel 6.1.192-2 (6.1.0-56-amd64)
//! # QEMU 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)
//! # recorded 2026-11-30
//! scenario msix/enable_and_fire.scenario 41c64e6da3bc0074
//! 8 0
//! 8 | MSIX=c004 E0=msg C|=400 …
//! 9 a=1
//! held
//! ```
//! As `vfio-irq answers` prints it, with the text's fingerprint, and the register writes of a line
//! behind `|`. What the emulator answers is put into the same form. Left out: what is done with
//! them, which is [`crate::replay`]'s.

use std::fmt::Write;

use vfio_irq::answers::Block;
use vfio_irq_core::seen::register_words;

use crate::corpus::Item;

/// The answers to one scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its name.
    pub name: String,
    /// The fingerprint of its text.
    pub fingerprint: String,
    /// The block's lines: answers and register writes.
    pub lines: Vec<String>,
}

impl Recorded {
    /// A block as `vfio-irq answers` prints it, and the register writes of lines.
    pub fn new(fingerprint: &str, block: &str, writes: &[(u32, Vec<String>)]) -> Self {
        let mut lines = block.lines();
        let name = lines.next().and_then(|line| line.strip_prefix("scenario "));
        let mut lines: Vec<String> = lines.map(str::to_owned).collect();
        for (number, words) in writes.iter().filter(|(_, words)| !words.is_empty()) {
            let line = format!("{number} | {}", words.join(" "));
            let of_later = |other: &String| match number_of(other) {
                Some(other) => other > *number,
                None => true,
            };
            let at = lines.iter().position(of_later).unwrap_or(lines.len());
            lines.insert(at, line);
        }
        let name = name.unwrap_or_default().to_owned();
        Self { name, fingerprint: fingerprint.to_owned(), lines }
    }

    /// A run of the emulator, in the form a kernel's answers are recorded in; without the register
    /// writes if those were not recorded.
    pub fn of(item: &Item, block: &Block, with_writes: bool) -> Self {
        let writes: Vec<(u32, Vec<String>)> = block
            .trace
            .entries
            .iter()
            .filter(|entry| with_writes && is_compared(&entry.text))
            .map(|entry| (entry.line, register_words(&entry.events)))
            .collect();
        Self::new(&item.fingerprint(), &block.text, &writes)
    }

    /// Whether the device could carry the scenario.
    pub fn was_carried(&self) -> bool {
        self.not_carried().is_none()
    }

    /// The line the device could not do, and what it was.
    pub fn not_carried(&self) -> Option<(u32, &str)> {
        let (line, what) = self.lines.last()?.strip_prefix("cannot ")?.split_once(": ")?;
        Some((line.parse().ok()?, what))
    }
}

/// Whether a step's register writes are compared: those of SET_IRQS. Open, close and reset write
/// much that has nothing to do with interrupts.
pub fn is_compared(step: &str) -> bool {
    step.starts_with("set_irqs ")
}

/// The line a line of a block is about.
pub(crate) fn number_of(line: &str) -> Option<u32> {
    line.split(' ').next()?.parse().ok()
}

/// The answers of one kernel with one device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recording {
    /// The kernel's version, as its package and as `uname -r` say it.
    pub kernel: String,
    /// The version of the QEMU it ran under.
    pub qemu: String,
    /// The day, in UTC: `2026-11-30`. Empty in what was not kept, or was before days were.
    pub day: String,
    /// In the order asked.
    pub scenarios: Vec<Recorded>,
}

impl Recording {
    /// Both versions in a line.
    pub fn versions(&self) -> String {
        format!("Linux {}, QEMU {}", self.kernel, self.qemu)
    }

    /// Reads what [`Self::print`] wrote.
    pub fn parse(text: &str) -> Self {
        let mut recording = Self::default();
        for line in text.lines() {
            if let Some(kernel) = line.strip_prefix("# kernel ") {
                recording.kernel = kernel.to_owned();
            } else if let Some(qemu) = line.strip_prefix("# QEMU ") {
                recording.qemu = qemu.to_owned();
            } else if let Some(day) = line.strip_prefix("# recorded ") {
                recording.day = day.to_owned();
            } else if let Some(rest) = line.strip_prefix("scenario ") {
                let (name, fingerprint) = rest.rsplit_once(' ').unwrap_or((rest, ""));
                let (name, fingerprint) = (name.to_owned(), fingerprint.to_owned());
                recording.scenarios.push(Recorded { name, fingerprint, lines: Vec::new() });
            } else if let Some(last) = recording.scenarios.last_mut() {
                last.lines.push(line.to_owned());
            }
        }
        recording
    }

    /// The text to keep.
    pub fn print(&self) -> String {
        let mut text = format!("# kernel {}\n# QEMU {}\n", self.kernel, self.qemu);
        if !self.day.is_empty() {
            let _ = writeln!(text, "# recorded {}", self.day);
        }
        for Recorded { name, fingerprint, lines } in &self.scenarios {
            let _ = writeln!(text, "scenario {name} {fingerprint}\n{}", lines.join("\n"));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn register_writes_stand_behind_the_answer_of_their_line() {
        let block = "scenario a\n8 0\n9 a=1\n12 0\nleft a=1\nheld\n";
        let writes = [(8, vec!["C".into(), "MC=81".into()]), (10, vec![]), (12, vec!["C".into()])];
        let recorded = Recorded::new("00ff", block, &writes);
        let lines = ["8 0", "8 | C MC=81", "9 a=1", "12 0", "12 | C", "left a=1", "held"];
        assert_eq!((recorded.name.as_str(), recorded.lines), ("a", lines.map(String::from).into()));
    }

    #[test]
    fn recording_printed_and_read_is_the_same() {
        let scenarios = vec![Recorded::new("00ff", "scenario b/a.scenario\n8 0\nheld\n", &[])];
        let (kernel, qemu) = (String::from("6.1.192-2 (6.1.0-56-amd64)"), String::from("7.2.22"));
        for day in ["", "2026-11-30"] {
            let (kernel, qemu, day) = (kernel.clone(), qemu.clone(), day.into());
            let recording = Recording { kernel, qemu, day, scenarios: scenarios.clone() };
            assert_eq!(Recording::parse(&recording.print()), recording);
        }
    }
}
