//! Words for single events: which lane, a short label, a sentence.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::device::{Answer, Fd};
use crate::event::{Call, Event, Loss, Outcome, Place, Source, Step};
use crate::uapi::{CONFIG_REGION, IrqIndex, IrqInfo, IrqInfoFlags};

/// Whose event it is: the lane it stands in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Lane {
    /// The user: calls, eventfds.
    User,
    /// The host: micro-steps, returns, what it loses or keeps.
    Host,
    /// The function: what it raises, sends, keeps pending.
    Function,
    /// The INTx line.
    Line,
}

impl Lane {
    /// All four, from left to right.
    pub const ALL: [Self; 4] = [Self::User, Self::Host, Self::Function, Self::Line];

    /// Heading of the lane.
    pub fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Host => "host",
            Self::Function => "function",
            Self::Line => "INTx",
        }
    }
}

/// The lane of an event. A step stands with the host that makes it, a signal with the user it
/// reaches, a loss where the interrupt got to.
pub fn lane(event: &Event) -> Lane {
    match event {
        Event::Step(_) | Event::Return(_) => Lane::Host,
        Event::Cause { source, .. } => source_lane(*source),
        Event::Sent { .. } | Event::Diverted { .. } => Lane::Function,
        Event::Line { .. } => Lane::Line,
        Event::Waits { place, .. } | Event::Merged { place, .. } => place_lane(*place),
        Event::Lost { why, .. } => loss_lane(*why),
        Event::Call(_)
        | Event::Signalled { .. }
        | Event::Opened { .. }
        | Event::Read { .. }
        | Event::Wrote { .. }
        | Event::Closed { .. }
        | Event::Guest(_)
        | Event::Note(_) => Lane::User,
    }
}

pub(super) fn source_lane(source: Source) -> Lane {
    match source {
        Source::Fire(_) | Source::AssertIntx => Lane::Function,
        Source::Loopback(..) | Source::Error | Source::Request => Lane::Host,
    }
}

pub(super) fn place_lane(place: Place) -> Lane {
    match place {
        Place::Descriptor(..) => Lane::Host,
        Place::IntxLevel | Place::MsiPending(_) | Place::Pba(_) | Place::Held(_) => Lane::Function,
    }
}

fn loss_lane(why: Loss) -> Lane {
    match why {
        Loss::Dropped
        | Loss::DivertedUnhandled
        | Loss::Withdrawn
        | Loss::NoSuchVector
        | Loss::BusMasterOff
        | Loss::Reset => Lane::Function,
        Loss::AddressZero | Loss::NotAllocated | Loss::NoEventfd | Loss::Masked | Loss::Freed => {
            Lane::Host
        }
    }
}

/// Most characters of a [`label`].
const LABEL: usize = 28;

/// A label of at most 28 characters.
pub fn label(event: &Event, names: &BTreeMap<Fd, String>) -> String {
    let label = match event {
        Event::Call(call) => call_words(call, names),
        Event::Step(step) => step.to_string(),
        Event::Return(outcome) => outcome_words(outcome),
        Event::Cause { cause, source } => format!("{source} {cause}"),
        Event::Sent { cause, index, vector, .. } => format!("send {index} {vector} {cause}"),
        Event::Line { up: true } => "INTx up".into(),
        Event::Line { up: false } => "INTx down".into(),
        Event::Diverted { cause, .. } => format!("diverted to INTx {cause}"),
        Event::Waits { cause, place } => format!("{cause} waits: {place}"),
        Event::Merged { cause, into, .. } => format!("{cause} merged into {into}"),
        Event::Signalled { cause, eventfd, counter } => {
            format!("{}={counter} {cause}", short(&fd_name(*eventfd, names), 12))
        }
        Event::Lost { cause, why } => format!("{cause} LOST: {why}"),
        Event::Opened { fd, eventfd: true } => format!("eventfd {}", fd_name(*fd, names)),
        Event::Opened { fd, eventfd: false } => format!("plainfd {}", fd_name(*fd, names)),
        Event::Read { fd, value } => {
            let fd = short(&fd_name(*fd, names), 12).into_owned();
            match value {
                Some(value) => format!("read {fd} = {value}"),
                None => format!("read {fd}: EAGAIN"),
            }
        }
        Event::Wrote { fd, value } => format!("write {value} to {}", fd_name(*fd, names)),
        Event::Closed { fd } => format!("close {}", fd_name(*fd, names)),
        Event::Guest(event) => event.words(|fd| short(&fd_name(fd, names), 6).into_owned()),
        Event::Note(note) => clean(note).into_owned(),
    };
    short(&label, LABEL).into_owned()
}

/// One sentence in plain English, for screen readers and lists, e.g. `The host clears MSI-X Enable
/// (0x8004 → 0x0004).`
pub fn sentence(event: &Event, names: &BTreeMap<Fd, String>) -> String {
    match event {
        Event::Call(call) => call_sentence(call, names),
        Event::Step(step) => step_sentence(step, names),
        Event::Return(outcome) => match outcome {
            Outcome::Answer(Answer::Done) => "The call returns 0.".into(),
            Outcome::Answer(Answer::Only(n)) => {
                format!("The call returns {n}: {}.", only(*n))
            }
            Outcome::Info(info) => format!(
                "The answer: {} has {}; flags {} ({:#x}).",
                index_words(info.index),
                vectors(info.count),
                flag_words(info.flags),
                info.flags
            ),
            Outcome::Data(data) => format!("The read returns {}.", bytes(data)),
            Outcome::Refused { errno, clause: Some(clause) } => {
                format!("The call fails with {errno} (rule {}).", clean(clause))
            }
            Outcome::Refused { errno, clause: None } => format!("The call fails with {errno}."),
        },
        Event::Cause { cause, source } => match source {
            Source::Fire(vector) => format!("The function fires vector {vector}: cause {cause}."),
            Source::AssertIntx => format!("The function asserts INTx: cause {cause}."),
            Source::Loopback(index, vector) => {
                format!("The user triggers {index} vector {vector} by loopback: cause {cause}.")
            }
            Source::Error => format!("The host notices an uncorrectable error: cause {cause}."),
            Source::Request => format!("The host asks for the device: cause {cause}."),
        },
        Event::Sent { cause, index, vector, address, data } => format!(
            "The message of {index} vector {vector} leaves ({address:#010x} ← {data:#x}), for cause {cause}."
        ),
        Event::Line { up: true } => "The INTx line goes up.".into(),
        Event::Line { up: false } => "The INTx line goes down.".into(),
        Event::Diverted { cause, vector } => {
            format!("Cause {cause}, meant for vector {vector}, falls back to INTx.")
        }
        Event::Waits { cause, place } => format!("Cause {cause} waits: {place}."),
        Event::Merged { cause, into, place } => {
            format!("Cause {cause} merges into {into}, which waits: {place}.")
        }
        Event::Signalled { cause, eventfd, counter } => {
            format!("Eventfd {} rises to {counter}, for cause {cause}.", fd_name(*eventfd, names))
        }
        Event::Lost { cause, why } => format!("Cause {cause} is LOST: {why}."),
        Event::Opened { fd, eventfd: true } => {
            format!("The user makes eventfd {}.", fd_name(*fd, names))
        }
        Event::Opened { fd, eventfd: false } => {
            format!("The user opens {}, which is no eventfd.", fd_name(*fd, names))
        }
        Event::Read { fd, value: Some(value) } => {
            format!("The user reads {value} from eventfd {}.", fd_name(*fd, names))
        }
        Event::Read { fd, value: None } => {
            format!("The user finds nothing in eventfd {} (EAGAIN).", fd_name(*fd, names))
        }
        Event::Wrote { fd, value } => {
            format!("The user adds {value} to eventfd {}.", fd_name(*fd, names))
        }
        Event::Closed { fd } => format!("The user closes {}.", fd_name(*fd, names)),
        Event::Guest(event) => format!("{}.", event.words(|fd| fd_name(fd, names))),
        Event::Note(note) => clean(note).into_owned(),
    }
}

fn call_sentence(call: &Call, names: &BTreeMap<Fd, String>) -> String {
    match call {
        Call::Open => "The user opens the device.".into(),
        Call::Close => "The user closes the device.".into(),
        Call::Reset => "The user resets the device.".into(),
        Call::IrqInfo { argsz, index } if *argsz == IrqInfo::SIZE => {
            format!("The user asks GET_IRQ_INFO about {}.", index_words(*index))
        }
        Call::IrqInfo { argsz, index } => {
            format!("The user asks GET_IRQ_INFO about {}, argsz {argsz}.", index_words(*index))
        }
        Call::SetIrqs { header, data } => {
            format!("The user calls SET_IRQS: {}.", super::request(header, data, names))
        }
        Call::RegionRead { region, offset, len } => {
            format!("The user reads {len} bytes of {} at {offset:#x}.", region_words(*region))
        }
        Call::RegionWrite { region, offset, data } => {
            format!("The user writes {} to {} at {offset:#x}.", bytes(data), region_words(*region))
        }
    }
}

fn step_sentence(step: &Step, names: &BTreeMap<Fd, String>) -> String {
    let detail = match step {
        Step::AllocateFailed { index, asked, granted } => {
            return format!(
                "The host can't allocate {asked} {index} vectors: {granted} are available."
            );
        }
        Step::Command { old, new }
        | Step::MsixControl { old, new }
        | Step::MsiControl { old, new } => format!(" ({old:#06x} → {new:#06x})"),
        Step::MsiMask { old, new } => format!(" ({old:#010x} → {new:#010x})"),
        Step::MsiAddress { address } | Step::MsiUpperAddress { address } => {
            format!(" ({address:#010x})")
        }
        Step::Config { width, value, .. } => {
            format!(
                ": {value:#x}, {}",
                if *width == 1 { "1 byte".into() } else { format!("{width} bytes") }
            )
        }
        Step::MsiData { data } => format!(" ({data:#06x})"),
        Step::EntryMessage { address, data, .. } => format!(" ({address:#010x} ← {data:#x})"),
        Step::MaskEntries { first, count } => format!(" ({})", range(*first, *count)),
        Step::Allocate { index, .. } => format!(" for {index}"),
        Step::Free { index, .. } => format!(" of {index}"),
        Step::InstallHandler { index, eventfd, .. } => match eventfd {
            Some(fd) => format!(" for {index}, eventfd {}", fd_name(*fd, names)),
            None => format!(" for {index}, without eventfd"),
        },
        Step::RemoveHandler { index, .. } | Step::SetTrigger { index, eventfd: None } => {
            format!(" of {index}")
        }
        Step::SetTrigger { index, eventfd: Some(fd) } => {
            format!(" of {index} to eventfd {}", fd_name(*fd, names))
        }
        Step::SetUnmask { eventfd: Some(fd) } => format!(" {}", fd_name(*fd, names)),
        Step::SetUnmask { eventfd: None }
        | Step::EntryMask { .. }
        | Step::DisableLine
        | Step::EnableLine
        | Step::ResetFunction
        | Step::Emulate { .. } => String::new(),
    };
    format!("The host {}{detail}.", third_person(&step.to_string()))
}

/// "set A and B, clear C" → "sets A and B and clears C".
fn third_person(step: &str) -> String {
    let phrases: Vec<String> = step
        .split(", ")
        .map(|phrase| match phrase.split_once(' ') {
            Some((verb, rest)) => format!("{verb}s {rest}"),
            None => format!("{phrase}s"),
        })
        .collect();
    phrases.join(" and ")
}

/// What stands on a call's arrow, in the scenario's words.
pub(super) fn call_words(call: &Call, names: &BTreeMap<Fd, String>) -> String {
    match call {
        Call::Open => "open".into(),
        Call::Close => "close".into(),
        Call::Reset => "reset".into(),
        Call::IrqInfo { argsz, index } => {
            let index = match IrqIndex::from_raw(*index) {
                Some(index) => index.word().to_string(),
                None => format!("{index}"),
            };
            match *argsz {
                IrqInfo::SIZE => format!("irq_info {index}"),
                argsz => format!("irq_info {index} argsz={argsz}"),
            }
        }
        Call::SetIrqs { header, data } => super::request(header, data, names),
        Call::RegionRead { region, offset, len } => {
            format!("{} read {offset:#04x} {len}", region_word(*region))
        }
        Call::RegionWrite { region, offset, data } => {
            format!("{} write {offset:#04x} {}", region_word(*region), bytes(data))
        }
    }
}

/// What stands on a return's arrow.
pub(super) fn outcome_words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Answer(Answer::Done) => "0".into(),
        Outcome::Answer(Answer::Only(n)) => format!("{n}"),
        Outcome::Info(info) => format!("count={} flags={}", info.count, flag_words(info.flags)),
        Outcome::Data(data) => bytes(data),
        Outcome::Refused { errno, .. } => format!("{errno}"),
    }
}

/// What a positive answer of SET_IRQS means.
pub(super) fn only(n: u32) -> String {
    format!("only {} to be had, nothing enabled", vectors(n))
}

fn vectors(n: u32) -> String {
    if n == 1 { "1 vector".into() } else { format!("{n} vectors") }
}

pub(super) fn range(first: u16, count: u16) -> String {
    match count {
        0 => "no entry".into(),
        1 => format!("entry {first}"),
        _ => format!("entries {first}–{}", u32::from(first) + u32::from(count) - 1),
    }
}

fn index_words(index: u32) -> String {
    match IrqIndex::from_raw(index) {
        Some(index) => index.to_string(),
        None => format!("index {index}"),
    }
}

fn region_words(region: u32) -> String {
    if region == CONFIG_REGION { "config space".into() } else { region_word(region) }
}

fn region_word(region: u32) -> String {
    match region {
        CONFIG_REGION => "config".into(),
        0..=5 => format!("bar{region}"),
        _ => format!("region {region}"),
    }
}

fn flag_words(flags: u32) -> String {
    const WORDS: [(IrqInfoFlags, &str); 4] = [
        (IrqInfoFlags::EVENTFD, "eventfd"),
        (IrqInfoFlags::MASKABLE, "maskable"),
        (IrqInfoFlags::AUTOMASKED, "automasked"),
        (IrqInfoFlags::NORESIZE, "noresize"),
    ];
    let known = |bit: &IrqInfoFlags| flags & bit.bits() != 0;
    let mut words: Vec<String> =
        WORDS.iter().filter(|(bit, _)| known(bit)).map(|(_, word)| word.to_string()).collect();
    let unknown = flags & !IrqInfoFlags::all().bits();
    if unknown != 0 {
        words.push(format!("{unknown:#x}"));
    }
    if words.is_empty() { "none".into() } else { words.join("|") }
}

/// A register's worth of bytes as a little-endian number, anything else as bytes.
pub(super) fn bytes(data: &[u8]) -> String {
    match data.len() {
        0 => "nothing".into(),
        1 | 2 | 4 | 8 => {
            let value = data.iter().rev().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
            format!("{value:#0width$x}", width = 2 + 2 * data.len())
        }
        len => {
            let shown: String = data.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            if len > 8 { format!("{shown}… ({len} bytes)") } else { shown }
        }
    }
}

/// The number a scenario's `closed` stands for: the greatest there is, so never open.
const CLOSED: Fd = Fd::MAX;

/// The scenario's word for a descriptor: its name, `closed`, or its number.
pub(super) fn fd_word(fd: Fd, names: &BTreeMap<Fd, String>) -> String {
    match names.get(&fd) {
        Some(name) => clean(name).into_owned(),
        None if fd == CLOSED => "closed".into(),
        None => fd.to_string(),
    }
}

/// As [`fd_word`], where a bare number would not say what it is.
pub(super) fn fd_name(fd: Fd, names: &BTreeMap<Fd, String>) -> String {
    let bare = fd >= 0 && fd != CLOSED && !names.contains_key(&fd);
    let word = fd_word(fd, names);
    if bare { format!("fd {word}") } else { word }
}

/// At most `most` characters; what is cut off shows as `…`.
pub(super) fn short(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some(_) => {
            let kept: String = text.chars().take(most.saturating_sub(1)).collect();
            Cow::Owned(kept.trim_end().to_string() + "…")
        }
    }
}

/// Text that can't move a terminal's cursor, reorder its line or break XML.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    fn hostile(c: char) -> bool {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
            || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
            || matches!(c, '\u{fffe}' | '\u{ffff}')
    }
    if text.contains(hostile) {
        Cow::Owned(text.chars().map(|c| if hostile(c) { '\u{fffd}' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}
