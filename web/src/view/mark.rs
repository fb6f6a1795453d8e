//! An event as a mark between the lanes of the timeline, with its words.

use vfio_irq_core::device::{Answer, Fd};
use vfio_irq_core::event::{Call, CauseId, Event, Loss, Outcome, Place, Source, Step};
use vfio_irq_core::trace::{Entry, Trace};
use vfio_irq_core::uapi::{CONFIG_REGION, IrqInfoFlags};

/// A lane of the timeline.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub enum Lane {
    /// The user: requests and eventfds.
    User,
    /// The host's vfio-pci.
    Host,
    /// The PCI function.
    Function,
    /// The INTx line.
    Intx,
}

/// The shape of a mark. Each shape means one thing, so that colour only repeats it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// From a lane to another: a call, a register write, an answer, a message.
    Arrow(Lane, Lane),
    /// An arrow with a filled head: an eventfd rises.
    Signal(Lane, Lane),
    /// A dot: something inside one lane.
    Dot(Lane),
    /// A diamond: a cause is born.
    Birth(Lane),
    /// An hourglass: a cause waits.
    Wait(Lane),
    /// Two lines become one: a cause merges.
    Merge(Lane),
    /// A cross: a cause is lost.
    Lost(Lane),
    /// The line goes up or down.
    Level,
    /// Nothing.
    Blank,
}

/// What a row is about, for its colour and weight.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tone {
    /// A line of the scenario begins or ends.
    Call,
    /// A micro-step.
    Step,
    /// A request refused.
    Refused,
    /// The way of an interrupt.
    Path,
    /// An eventfd rises.
    Signalled,
    /// A cause waits.
    Waiting,
    /// A cause merges.
    Merged,
    /// A cause is lost.
    Lost,
    /// The user's own moves, notes.
    Quiet,
}

impl Tone {
    /// The word in class names.
    pub fn class(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Step => "step",
            Self::Refused => "refused",
            Self::Path => "path",
            Self::Signalled => "signalled",
            Self::Waiting => "waiting",
            Self::Merged => "merged",
            Self::Lost => "lost",
            Self::Quiet => "quiet",
        }
    }
}

/// A row of the timeline.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mark {
    /// The shape in the lanes.
    pub shape: Shape,
    /// What it is about.
    pub tone: Tone,
    /// The cause, if the row is about one.
    pub cause: Option<CauseId>,
    /// A word in a box before the words: `LOST`, an errno.
    pub badge: Option<String>,
    /// The words.
    pub words: String,
    /// More, said more quietly: values, the clause.
    pub detail: String,
}

/// The name of a descriptor: the scenario's, else `fd N`.
pub fn fd_name(trace: &Trace, fd: Fd) -> String {
    trace.names.get(&fd).cloned().unwrap_or_else(|| format!("fd {fd}"))
}

/// The mark of an event. `entry` is the line it belongs to.
pub fn mark(trace: &Trace, entry: &Entry, event: &Event) -> Mark {
    let name = |fd: Fd| fd_name(trace, fd);
    let mut mark = Mark {
        shape: Shape::Blank,
        tone: Tone::Quiet,
        cause: event.cause(),
        badge: None,
        words: String::new(),
        detail: String::new(),
    };
    let mut say = |shape, tone, words: String| {
        mark.shape = shape;
        mark.tone = tone;
        mark.words = words;
    };
    match event {
        Event::Call(call) => {
            say(Shape::Arrow(Lane::User, Lane::Host), Tone::Call, call_words(call, entry));
        }
        Event::Step(step) => {
            say(step_shape(step), Tone::Step, step.to_string());
            mark.detail = step_detail(step, &name);
        }
        Event::Return(outcome) => {
            let back = Shape::Arrow(Lane::Host, Lane::User);
            match outcome {
                Outcome::Refused { errno, clause } => {
                    say(back, Tone::Refused, "refused".into());
                    mark.badge = Some(errno.to_string());
                    mark.detail = clause.as_deref().unwrap_or_default().to_owned();
                }
                answer => say(back, Tone::Call, format!("returns {}", outcome_words(answer))),
            }
        }
        Event::Cause { source, .. } => {
            say(Shape::Birth(source_lane(*source)), Tone::Path, source.to_string());
        }
        Event::Sent { index, vector, address, data, .. } => {
            let shape = Shape::Arrow(Lane::Function, Lane::Host);
            say(shape, Tone::Path, format!("sends {index} {vector}"));
            mark.detail = format!("{address:#x} ← {data:#x}");
        }
        Event::Line { up } => {
            say(Shape::Level, Tone::Path, format!("INTx line {}", if *up { "up" } else { "down" }));
        }
        Event::Diverted { vector, .. } => {
            let shape = Shape::Arrow(Lane::Function, Lane::Intx);
            say(shape, Tone::Path, format!("vector {vector} falls back to INTx"));
        }
        Event::Waits { place, .. } => {
            say(Shape::Wait(place_lane(*place)), Tone::Waiting, format!("waits: {place}"));
        }
        Event::Merged { into, place, .. } => {
            let words = format!("merges into {into}");
            say(Shape::Merge(place_lane(*place)), Tone::Merged, words);
            mark.detail = place.to_string();
        }
        Event::Signalled { eventfd: fd, counter, .. } => {
            let shape = Shape::Signal(Lane::Host, Lane::User);
            say(shape, Tone::Signalled, format!("{} = {counter}", name(*fd)));
        }
        Event::Lost { why, .. } => {
            say(Shape::Lost(loss_lane(*why)), Tone::Lost, why.to_string());
            mark.badge = Some("LOST".into());
        }
        Event::Opened { fd, eventfd } => {
            let kind = if *eventfd { "eventfd" } else { "descriptor, no eventfd" };
            say(Shape::Dot(Lane::User), Tone::Quiet, format!("{kind} {}", name(*fd)));
            mark.detail = format!("fd {fd}");
        }
        Event::Read { fd, value } => {
            let value = value.map_or("EAGAIN (0)".to_owned(), |value| value.to_string());
            say(Shape::Dot(Lane::User), Tone::Quiet, format!("read {} → {value}", name(*fd)));
        }
        Event::Wrote { fd, value } => {
            say(Shape::Dot(Lane::User), Tone::Quiet, format!("write {} +{value}", name(*fd)));
        }
        Event::Closed { fd } => {
            say(Shape::Dot(Lane::User), Tone::Quiet, format!("close {}", name(*fd)));
        }
        Event::Guest(event) => {
            say(Shape::Dot(Lane::User), Tone::Quiet, event.words(name));
        }
        Event::Note(note) => say(Shape::Blank, Tone::Quiet, note.clone()),
    }
    mark
}

/// The lanes an interrupt's event leads from and to, if it is about an interrupt.
pub fn lanes_of(event: &Event) -> Option<(Lane, Lane)> {
    let within = |lane| Some((lane, lane));
    match event {
        Event::Cause { source, .. } => within(source_lane(*source)),
        Event::Sent { .. } => Some((Lane::Function, Lane::Host)),
        Event::Diverted { .. } => Some((Lane::Function, Lane::Intx)),
        Event::Waits { place, .. } | Event::Merged { place, .. } => within(place_lane(*place)),
        Event::Signalled { .. } => Some((Lane::Host, Lane::User)),
        Event::Lost { why, .. } => within(loss_lane(*why)),
        _ => None,
    }
}

/// A call that is the line's own shows the line; any other call says what it is.
fn call_words(call: &Call, entry: &Entry) -> String {
    if !entry.text.is_empty() {
        return entry.text.clone();
    }
    match call {
        Call::Open => "open".into(),
        Call::Close => "close".into(),
        Call::Reset => "reset".into(),
        Call::IrqInfo { index, .. } => format!("irq_info {index}"),
        Call::SetIrqs { header, .. } => format!("set_irqs {}", header.index),
        Call::RegionRead { region: CONFIG_REGION, offset, .. } => {
            format!("config read {offset:#x}")
        }
        Call::RegionWrite { region: CONFIG_REGION, offset, .. } => {
            format!("config write {offset:#x}")
        }
        Call::RegionRead { region, offset, .. } => format!("bar{region} read {offset:#x}"),
        Call::RegionWrite { region, offset, .. } => format!("bar{region} write {offset:#x}"),
    }
}

/// What came back.
pub fn outcome_words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Answer(Answer::Done) => "0".into(),
        Outcome::Answer(Answer::Only(count)) => format!("only {count}"),
        Outcome::Info(info) => {
            let mut words = format!("count {}", info.count);
            for (name, _) in IrqInfoFlags::from_bits_truncate(info.flags).iter_names() {
                words.push(' ');
                words.push_str(name);
            }
            words
        }
        Outcome::Data(data) => {
            let mut words = String::from("0x");
            for byte in data.iter().rev() {
                words.push_str(&format!("{byte:02x}"));
            }
            words
        }
        Outcome::Refused { errno, .. } => errno.to_string(),
    }
}

fn step_shape(step: &Step) -> Shape {
    match step {
        Step::Command { .. }
        | Step::MsixControl { .. }
        | Step::MsiControl { .. }
        | Step::MsiAddress { .. }
        | Step::MsiUpperAddress { .. }
        | Step::Config { .. }
        | Step::MsiData { .. }
        | Step::MsiMask { .. }
        | Step::EntryMessage { .. }
        | Step::EntryMask { .. }
        | Step::MaskEntries { .. }
        | Step::ResetFunction => Shape::Arrow(Lane::Host, Lane::Function),
        Step::Allocate { .. }
        | Step::AllocateFailed { .. }
        | Step::Free { .. }
        | Step::InstallHandler { .. }
        | Step::RemoveHandler { .. }
        | Step::SetTrigger { .. }
        | Step::SetUnmask { .. }
        | Step::DisableLine
        | Step::EnableLine
        | Step::Emulate { .. } => Shape::Dot(Lane::Host),
    }
}

fn step_detail(step: &Step, name: &dyn Fn(Fd) -> String) -> String {
    match step {
        Step::Command { old, new }
        | Step::MsixControl { old, new }
        | Step::MsiControl { old, new } => format!("{old:#06x} → {new:#06x}"),
        Step::MsiAddress { address } | Step::MsiUpperAddress { address } => {
            format!("{address:#010x}")
        }
        Step::Config { width, value, .. } => {
            format!("{value:#0width$x}", width = 2 + 2 * usize::from(*width))
        }
        Step::MsiData { data } => format!("{data:#06x}"),
        Step::MsiMask { old, new } => format!("{old:#010x} → {new:#010x}"),
        Step::EntryMessage { address, data, .. } => format!("{address:#x}, {data:#x}"),
        Step::MaskEntries { first, count } if *count > 0 => {
            format!("{first} to {}", u32::from(*first) + u32::from(*count) - 1)
        }
        Step::InstallHandler { eventfd, .. } | Step::SetTrigger { eventfd, .. } => {
            eventfd.map_or_else(|| "no eventfd".into(), |fd| format!("→ {}", name(fd)))
        }
        Step::SetUnmask { eventfd: Some(fd) } => name(*fd),
        _ => String::new(),
    }
}

fn source_lane(source: Source) -> Lane {
    match source {
        Source::Fire(_) | Source::AssertIntx => Lane::Function,
        Source::Loopback(..) => Lane::User,
        Source::Error | Source::Request => Lane::Host,
    }
}

fn place_lane(place: Place) -> Lane {
    match place {
        Place::IntxLevel => Lane::Intx,
        Place::MsiPending(_) | Place::Pba(_) | Place::Held(_) => Lane::Function,
        Place::Descriptor(..) => Lane::Host,
    }
}

fn loss_lane(why: Loss) -> Lane {
    match why {
        Loss::DivertedUnhandled | Loss::Withdrawn => Lane::Intx,
        Loss::Dropped | Loss::NoSuchVector | Loss::BusMasterOff | Loss::Reset => Lane::Function,
        Loss::AddressZero | Loss::NotAllocated | Loss::NoEventfd | Loss::Masked | Loss::Freed => {
            Lane::Host
        }
    }
}
