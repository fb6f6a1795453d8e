//! Repetitive micro-steps as one: `write entries 0–4`, `for each of 0–2047:`.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::words::range;
use crate::event::Step;

/// One step, or several shown as one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Move {
    /// What the host does.
    pub(super) text: String,
    /// What the function gets, for a register write.
    pub(super) value: Option<String>,
    /// Whether this is done once for each of the vectors the move before the block names.
    pub(super) inner: bool,
    /// How many events this stands for.
    pub(super) events: usize,
}

/// Longest cycle looked for: what Linux does for one vector is at most four moves.
const LONGEST: usize = 6;

/// The moves that show these consecutive steps.
pub(super) fn moves(steps: &[&Step]) -> Vec<Move> {
    let parts: Vec<Part<'_>> = steps.iter().map(|step| Part::new(step)).collect();
    let mut moves = Vec::new();
    let mut at = 0;
    while at < parts.len() {
        let rest = &parts[at..];
        let (length, times) = best_cycle(rest);
        let whole = &rest[..length * times];
        if times == 1 {
            moves.push(one(whole[0].step));
        } else if length == 1 {
            moves.push(repeated(whole));
        } else {
            block(whole, length, &mut moves);
        }
        at += whole.len();
    }
    moves
}

/// A step taken apart: what it does, and for which vector.
struct Part<'a> {
    step: &'a Step,
    shape: Step,
    vector: Option<u16>,
}

impl<'a> Part<'a> {
    fn new(step: &'a Step) -> Self {
        let mut shape = step.clone();
        let vector = match &mut shape {
            Step::EntryMessage { vector, address, data } => {
                *address = u64::from(*address != 0);
                *data = 0;
                Some(core::mem::take(vector))
            }
            Step::EntryMask { vector, .. } | Step::RemoveHandler { vector, .. } => {
                Some(core::mem::take(vector))
            }
            Step::InstallHandler { vector, eventfd, .. } => {
                *eventfd = eventfd.map(|_| 0);
                Some(core::mem::take(vector))
            }
            Step::Allocate { first, count: 1, .. } => Some(core::mem::take(first)),
            Step::MsiMask { old, new } if (*old ^ *new).is_power_of_two() => {
                let bit = (*old ^ *new).trailing_zeros() as u16;
                (*old, *new) = (u32::from(*new & (1 << bit) == 0), (*new >> bit) & 1);
                Some(bit)
            }
            _ => None,
        };
        Self { step, shape, vector }
    }
}

/// Length and number of turns of the cycle at the front that saves most rows.
fn best_cycle(parts: &[Part<'_>]) -> (usize, usize) {
    let mut best = (1, 1);
    let mut most = 0;
    for length in 1..=LONGEST.min(parts.len() / 2) {
        let times = turns(parts, length);
        let rows = if length == 1 { 1 } else { length + 1 };
        let saved = (length * times).saturating_sub(rows);
        if times > 1 && saved > most {
            (best, most) = ((length, times), saved);
        }
    }
    best
}

/// How many turns the cycle of the first `length` parts makes: each for the next vector up, or each
/// for the next down, or all for the same.
fn turns(parts: &[Part<'_>], length: usize) -> usize {
    let Ok(mut vector) = common_vector(&parts[..length]) else { return 1 };
    let mut direction = None;
    let mut times = 1;
    for turn in parts[length..].chunks_exact(length) {
        let same = turn.iter().zip(parts).all(|(now, then)| now.shape == then.shape);
        let Ok(next) = common_vector(turn) else { break };
        if !same {
            break;
        }
        if let (Some(last), Some(next)) = (vector, next) {
            let now = next.cmp(&last);
            if *direction.get_or_insert(now) != now {
                break;
            }
        }
        vector = next;
        times += 1;
    }
    times
}

/// The vector these parts are for (`None`: they name none); an error if they name several.
fn common_vector(parts: &[Part<'_>]) -> Result<Option<u16>, ()> {
    let mut vectors = parts.iter().filter_map(|part| part.vector);
    let first = vectors.next();
    if vectors.all(|vector| Some(vector) == first) { Ok(first) } else { Err(()) }
}

fn one(step: &Step) -> Move {
    Move { text: step.to_string(), value: value(step), inner: false, events: 1 }
}

/// `write entries 0–4`, `write Command ×3`.
fn repeated(parts: &[Part<'_>]) -> Move {
    let step = parts[0].step;
    let vectors: Vec<u16> = parts.iter().filter_map(|part| part.vector).collect();
    let (text, value) = match plural(step) {
        Some(words) if differ(&vectors) => {
            (format!("{words} {}", span(&vectors)), shared_value(step))
        }
        _ => (format!("{step} ×{}", parts.len()), value(step)),
    };
    Move { text, value, inner: false, events: parts.len() }
}

/// A cycle of several steps: a row that says for which vectors, then a row for each step.
fn block(parts: &[Part<'_>], length: usize, moves: &mut Vec<Move>) {
    let times = parts.len() / length;
    let firsts = parts.chunks_exact(length).filter_map(|turn| common_vector(turn).ok().flatten());
    let firsts: Vec<u16> = firsts.collect();
    let each = differ(&firsts);
    let text =
        if each { format!("for each of {}:", span(&firsts)) } else { format!("{times} times:") };
    moves.push(Move { text, value: None, inner: false, events: 0 });
    for same in parts[..length].chunk_by(|one, next| one.shape == next.shape) {
        let step = same[0].step;
        let (mut text, value) = match singular(step) {
            Some(words) if each => (words.to_string(), shared_value(step)),
            _ => (step.to_string(), value(step)),
        };
        if same.len() > 1 {
            text += &format!(" ×{}", same.len());
        }
        moves.push(Move { text, value, inner: true, events: times * same.len() });
    }
}

fn differ(vectors: &[u16]) -> bool {
    vectors.first() != vectors.last()
}

/// `0–4`, `4 down to 0`, or `0…8 (3)` with holes.
fn span(vectors: &[u16]) -> String {
    let (Some(first), Some(last)) = (vectors.first(), vectors.last()) else { return String::new() };
    if usize::from(first.abs_diff(*last)) + 1 != vectors.len() {
        format!("{first}…{last} ({})", vectors.len())
    } else if first > last {
        format!("{first} down to {last}")
    } else {
        format!("{first}–{last}")
    }
}

/// Words for steps of this kind over several vectors.
fn plural(step: &Step) -> Option<&'static str> {
    Some(match step {
        Step::EntryMessage { address: 0, .. } => "clear entries",
        Step::EntryMessage { .. } => "write entries",
        Step::EntryMask { masked: true, .. } => "mask entries",
        Step::EntryMask { masked: false, .. } => "unmask entries",
        Step::InstallHandler { .. } => "install handlers",
        Step::RemoveHandler { .. } => "remove handlers",
        Step::Allocate { count: 1, .. } => "allocate vectors",
        Step::MsiMask { old, new } if (old ^ new).is_power_of_two() => match new > old {
            true => "mask MSI vectors",
            false => "unmask MSI vectors",
        },
        _ => return None,
    })
}

/// Words for the step without its vector.
fn singular(step: &Step) -> Option<&'static str> {
    Some(match plural(step)? {
        "clear entries" => "clear entry",
        "write entries" => "write entry",
        "mask entries" => "mask entry",
        "unmask entries" => "unmask entry",
        "install handlers" => "install handler",
        "remove handlers" => "remove handler",
        "allocate vectors" => "allocate vector",
        "mask MSI vectors" => "mask MSI vector",
        _ => "unmask MSI vector",
    })
}

/// The value of the first of several steps alike, marked if the others may write another.
fn shared_value(step: &Step) -> Option<String> {
    let value = value(step)?;
    Some(match step {
        Step::EntryMessage { address, .. } if *address != 0 => format!("{value}, …"),
        Step::MsiMask { .. } => format!("{value}, …"),
        _ => value,
    })
}

/// What a register holds after the write; `None` for what never reaches the function.
fn value(step: &Step) -> Option<String> {
    Some(match step {
        Step::Command { new, .. }
        | Step::MsixControl { new, .. }
        | Step::MsiControl { new, .. } => format!("{new:#06x}"),
        Step::MsiAddress { address } | Step::MsiUpperAddress { address } => {
            format!("{address:#010x}")
        }
        Step::Config { width, value, .. } => {
            format!("{value:#0width$x}", width = 2 + 2 * usize::from((*width).min(4)))
        }
        Step::MsiData { data } => format!("{data:#06x}"),
        Step::MsiMask { new, .. } => format!("{new:#010x}"),
        Step::EntryMessage { address, data, .. } => format!("{address:#010x} ← {data:#x}"),
        Step::EntryMask { masked, .. } => format!("Mask bit {}", u8::from(*masked)),
        Step::MaskEntries { first, count } => range(*first, *count),
        Step::ResetFunction => "all registers".into(),
        Step::Allocate { .. }
        | Step::AllocateFailed { .. }
        | Step::Free { .. }
        | Step::InstallHandler { .. }
        | Step::RemoveHandler { .. }
        | Step::SetTrigger { .. }
        | Step::SetUnmask { .. }
        | Step::DisableLine
        | Step::EnableLine
        | Step::Emulate { .. } => return None,
    })
}
