//! What can be seen of a run from outside, as words: by the user of the device, and on its
//! registers. It is the form in which two devices, or a device and a recording, are compared.
//!
//! Left out: what only an emulator knows (causes, moves inside the kernel), and the numbers of
//! descriptors and of messages, which no two machines have in common.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::device::{Answer, Fd};
use crate::event::{Event, Outcome, Step};
use crate::guest::GuestEvent;
pub use crate::scenario::FlagWords;
use crate::trace::{Entry, Trace};

impl Trace {
    /// What the user saw of each line that showed something: its number in the text, and the words
    /// of [`user_words`].
    pub fn seen(&self) -> Vec<(u32, String)> {
        let lines = self.entries.iter().map(|entry| (entry.line, user_words(entry, &self.names)));
        lines.filter(|(_, words)| !words.is_empty()).collect()
    }
}

/// What the user saw of a line: `0`, `only 3`, an errno, `count=5 flags=eventfd`, `data=0301`,
/// `a=2` for a counter read (`a=0`: EAGAIN), `gsi5=1` for the guest; several in the order they came, equal ones in a row
/// once, as `0 x5`.
pub fn user_words(entry: &Entry, names: &BTreeMap<Fd, String>) -> String {
    let mut words: Vec<(String, u32)> = Vec::new();
    for word in entry.events.iter().filter_map(|event| user_word(event, names)) {
        match words.last_mut() {
            Some((last, times)) if *last == word => *times += 1,
            _ => words.push((word, 1)),
        }
    }
    let words = words.into_iter().map(|(word, times)| match times {
        1 => word,
        _ => format!("{word} x{times}"),
    });
    words.collect::<Vec<_>>().join(", ")
}

fn user_word(event: &Event, names: &BTreeMap<Fd, String>) -> Option<String> {
    Some(match event {
        Event::Return(outcome) => match outcome {
            Outcome::Answer(Answer::Done) => "0".into(),
            Outcome::Answer(Answer::Only(count)) => format!("only {count}"),
            Outcome::Info(info) => format!("count={} flags={}", info.count, FlagWords(info.flags)),
            Outcome::Data(data) => {
                data.iter().fold(String::from("data="), |text, byte| text + &format!("{byte:02x}"))
            }
            Outcome::Refused { errno, .. } => errno.to_string(),
        },
        Event::Read { fd, value } => {
            let name = names.get(fd).map_or("?", String::as_str);
            format!("{name}={}", value.unwrap_or(0))
        }
        Event::Guest(GuestEvent::Looked { gsi, up }) => format!("gsi{gsi}={}", u8::from(*up)),
        _ => return None,
    })
}

const INTERRUPT_DISABLE: u16 = 1 << 10;
const MEMORY_SPACE: u16 = 1 << 1;

/// The register writes among these events, in order: `C` is Command, with what it changes of
/// Interrupt Disable and Memory Space (`C|=400`), `MSIX=8004` and `MC=a9` are Message Control of
/// MSI-X and MSI, `lo`, `hi`, `data`, `mask=fe` the rest of the MSI capability, `E0` a table entry.
pub fn register_words(events: &[Event]) -> Vec<String> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::Step(step) => register_word(step),
            _ => None,
        })
        .collect()
}

/// The word for a step, if it is a register write.
pub fn register_word(step: &Step) -> Option<String> {
    Some(match step {
        Step::Command { old, new } => match (new & !old, old & !new) {
            (INTERRUPT_DISABLE, 0) => "C|=400".into(),
            (0, INTERRUPT_DISABLE) => "C&=~400".into(),
            (MEMORY_SPACE, 0) => "C|=2".into(),
            _ => "C".into(),
        },
        Step::MsixControl { new, .. } => format!("MSIX={new:04x}"),
        Step::MsiControl { new, .. } => format!("MC={new:02x}"),
        Step::MsiAddress { address: 0 } => "lo=0".into(),
        Step::MsiAddress { .. } => "lo".into(),
        Step::MsiUpperAddress { .. } => "hi".into(),
        Step::MsiData { .. } => "data".into(),
        Step::MsiMask { new, .. } => format!("mask={new:x}"),
        Step::EntryMessage { vector, address: 0, .. } => format!("E{vector}=0"),
        Step::EntryMessage { vector, .. } => format!("E{vector}=msg"),
        Step::EntryMask { vector, masked: true } => format!("E{vector}.mask"),
        Step::EntryMask { vector, masked: false } => format!("E{vector}.unmask"),
        Step::MaskEntries { count: 0, .. } => return None,
        Step::MaskEntries { first, count: 1 } => format!("E{first}.mask"),
        Step::MaskEntries { first, count } => format!("E{first}..{}.mask", first + count - 1),
        Step::Config { offset, .. } => format!("cfg@{offset:02x}"),
        _ => return None,
    })
}

/// How many writes of the bus a step is: a message is three, a range of entries one each.
pub fn register_writes(step: &Step) -> u32 {
    match step {
        Step::EntryMessage { .. } => 3,
        Step::MaskEntries { count, .. } => u32::from(*count),
        other => u32::from(register_word(other).is_some()),
    }
}
