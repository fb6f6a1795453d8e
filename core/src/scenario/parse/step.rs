//! The lines that do something.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::cursor::{Cursor, is_digits};
use super::expect::expectations;
use super::names::{Known, fd, names};
use super::set_irqs::set_irqs;
use crate::device::{Moment, Stimulus};
use crate::guest::{GuestCall, Irqfd};
use crate::scenario::ast::{Action, At, FdRef, Injection, Names, Span, StepLine, WriteData};
use crate::scenario::error::{TextError, quoted, unknown};
use crate::scenario::lex::Kind;
use crate::scenario::{MAX_INJECTED, MAX_STEPS, MAX_WIDTH};
use crate::uapi::{CONFIG_REGION, IrqIndex};

/// The words a line can begin with.
const STEPS: [&str; 30] = [
    "function",
    "host",
    "open",
    "close",
    "reset",
    "set_irqs",
    "irq_info",
    "config",
    "bar0",
    "bar1",
    "bar2",
    "bar3",
    "bar4",
    "bar5",
    "region",
    "fire",
    "assert",
    "deassert",
    "error",
    "request",
    "vectors",
    "eventfd",
    "plainfd",
    "read",
    "write",
    "irqfd",
    "eoi",
    "guest",
    "ledger",
    "meanwhile",
];

const STIMULI: [&str; 6] = ["fire", "assert", "deassert", "error", "request", "vectors"];

/// A step whose first word has been read.
pub(super) fn step(
    cursor: &mut Cursor<'_>,
    word: &str,
    at: Span,
    known: &mut Known,
) -> Result<StepLine, TextError> {
    let meanwhile = word == "meanwhile";
    let (word, at) = if meanwhile { cursor.word("a step that may wait")? } else { (word, at) };
    let action = action(cursor, word, at, known)?;
    if meanwhile && !action.can_wait() {
        return Err(cursor.wrong(at, format!("`{word}` can't wait")));
    }
    // Descriptors are made once.
    let once = matches!(action, Action::Eventfd(_) | Action::Plainfd(_));
    let times = if once { 1 } else { cursor.times(MAX_STEPS)? };
    let mut step = StepLine {
        meanwhile,
        action: At { what: action, at },
        times,
        expect: Vec::new(),
        moments: Vec::new(),
    };
    let mut seen = (false, false);
    loop {
        let here = cursor.here();
        if !seen.0 && cursor.arrow() {
            seen.0 = true;
            step.expect = expectations(cursor, &step.action.what, known)?;
        } else if !seen.1 && cursor.mark('{') {
            seen.1 = true;
            if meanwhile || !step.action.what.is_call() {
                let message = "nothing can be placed inside this step";
                return Err(cursor.wrong(here, message).expecting("moments at a call only"));
            }
            step.moments = moments(cursor)?;
        } else {
            break;
        }
    }
    cursor.finish(match seen {
        (false, _) => "`->` and what should come of it, `{` and a moment, `xN`, or nothing",
        (true, false) => "another expectation, `{` and a moment, or nothing",
        (true, true) => "nothing more",
    })?;
    Ok(step)
}

fn action(
    cursor: &mut Cursor<'_>,
    word: &str,
    at: Span,
    known: &mut Known,
) -> Result<Action, TextError> {
    let bar = word.strip_prefix("bar").and_then(|bar| bar.parse::<u32>().ok());
    Ok(match word {
        "open" => Action::Open,
        "reset" => Action::Reset,
        "ledger" => Action::Ledger,
        "set_irqs" => Action::SetIrqs(set_irqs(cursor, known)?),
        "irq_info" => irq_info(cursor)?,
        "config" => region(cursor, CONFIG_REGION)?,
        "region" => {
            let region_index = cursor.number_word("a region's number")?;
            region(cursor, region_index)?
        }
        _ if bar.is_some_and(|bar| bar < 6 && word.len() == 4) => {
            region(cursor, bar.unwrap_or_default())?
        }
        "eventfd" => Action::Eventfd(new_names(cursor, known)?),
        "plainfd" => Action::Plainfd(new_names(cursor, known)?),
        "read" => Action::ReadFd(descriptor(cursor, known)?),
        "write" => Action::WriteFd(descriptor(cursor, known)?, cursor.number_word("a number")?),
        "close" => match cursor.peek() {
            Some(Kind::Word(word)) if !is_times(word) => {
                Action::CloseFd(descriptor(cursor, known)?)
            }
            _ => Action::Close,
        },
        "irqfd" => Action::Guest(irqfd(cursor, known)?),
        "eoi" => Action::Guest(GuestCall::Eoi(cursor.number_word(GSI)?)),
        "guest" => Action::Guest(GuestCall::Look(cursor.number_word(GSI)?)),
        _ if STIMULI.contains(&word) => Action::Stimulate(stimulus(cursor, word)?),
        _ => {
            let message = unknown("step", word, STEPS);
            let expected = "a step such as `set_irqs`, `irq_info`, `fire`, `read`";
            return Err(cursor.wrong(at, message).expecting(expected));
        }
    })
}

fn is_times(word: &str) -> bool {
    word.strip_prefix('x').is_some_and(is_digits)
}

/// An IRQ index: one of its five words, or any number.
pub(super) fn irq_index(cursor: &mut Cursor<'_>) -> Result<u32, TextError> {
    const WORDS: [&str; 5] = ["intx", "msi", "msix", "err", "req"];
    let (word, at) =
        cursor.word("an IRQ index: `intx`, `msi`, `msix`, `err`, `req` or a number")?;
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        return cursor.number(word, at);
    }
    let index = IrqIndex::from_word(word).ok_or_else(|| {
        let message = unknown("IRQ index", word, WORDS);
        cursor.wrong(at, message).expecting("`intx`, `msi`, `msix`, `err`, `req` or a number")
    })?;
    Ok(index.raw())
}

fn irq_info(cursor: &mut Cursor<'_>) -> Result<Action, TextError> {
    let index = irq_index(cursor)?;
    let mut argsz = None;
    while let Some(Kind::Word(word)) = cursor.peek() {
        let Some(value) = word.strip_prefix("argsz=") else { break };
        let at = cursor.here();
        cursor.next_word();
        if argsz.replace(cursor.number(value, at)?).is_some() {
            return Err(cursor.twice("argsz", at));
        }
    }
    Ok(Action::IrqInfo { index, argsz })
}

fn region(cursor: &mut Cursor<'_>, region: u32) -> Result<Action, TextError> {
    let write = cursor.choice("access", &["read", "write"])? == 1;
    let offset = cursor.number_word("an offset, e.g. `0x04`")?;
    if write
        && let Some(Kind::Word(word)) = cursor.peek()
        && let Some(digits) = word.strip_prefix("data=")
    {
        let at = cursor.here();
        cursor.next_word();
        let data = WriteData::Bytes(cursor.hex(digits, at)?);
        return Ok(Action::RegionWrite { region, offset, data });
    }
    let (at, width) = (cursor.here(), cursor.number_word::<u32>("a width in bytes, e.g. `2`")?);
    let most = if write { 8 } else { MAX_WIDTH };
    if width > most {
        let message = format!("more than {most} bytes at once");
        let error = cursor.wrong(at, message);
        return Err(if write { error.expecting("`data=` and hex digits") } else { error });
    }
    if !write {
        return Ok(Action::RegionRead { region, offset, width });
    }
    let (at, value) = (cursor.here(), cursor.number_word::<u64>("the value to write")?);
    if width < 8 && value >> (8 * width) != 0 {
        return Err(cursor.wrong(at, format!("the value does not fit in {width} bytes")));
    }
    Ok(Action::RegionWrite { region, offset, data: WriteData::Value { width, value } })
}

fn new_names(cursor: &mut Cursor<'_>, known: &mut Known) -> Result<Vec<Names>, TextError> {
    let mut all = Vec::new();
    loop {
        let Some((word, at)) = cursor.next_word() else {
            if all.is_empty() {
                return Err(cursor.missing("a name"));
            }
            return Ok(all);
        };
        let names = names(cursor, word, at)?;
        known.list(cursor, at, names.len())?;
        known.declare_new(cursor, at, &names)?;
        all.push(names);
    }
}

/// A descriptor whose name was said before.
fn descriptor(cursor: &mut Cursor<'_>, known: &Known) -> Result<FdRef, TextError> {
    let (word, at) = cursor.word("a descriptor: its name, `closed` or a number")?;
    let fd = fd(cursor, word, at)?;
    if let FdRef::Name(name) = &fd {
        known.need(cursor, at, &Names::One(name.clone()))?;
    }
    Ok(fd)
}

const GSI: &str = "the number of a guest's interrupt, e.g. `5`";

/// `FD gsi N [resample FD | off]`
fn irqfd(cursor: &mut Cursor<'_>, known: &Known) -> Result<GuestCall<FdRef>, TextError> {
    let eventfd = descriptor(cursor, known)?;
    cursor.choice("word", &["gsi"])?;
    let gsi = cursor.number_word(GSI)?;
    let resample = match cursor.peek() {
        Some(Kind::Word("off")) => {
            cursor.next_word();
            return Ok(GuestCall::Deassign { eventfd, gsi });
        }
        Some(Kind::Word("resample")) => {
            cursor.next_word();
            Some(descriptor(cursor, known)?)
        }
        _ => None,
    };
    Ok(GuestCall::Assign(Irqfd { eventfd, gsi, resample }))
}

fn stimulus(cursor: &mut Cursor<'_>, word: &str) -> Result<Stimulus, TextError> {
    Ok(match word {
        "fire" => Stimulus::Fire(cursor.number_word("a vector, e.g. `fire 0`")?),
        "assert" => {
            cursor.choice("line", &["intx"])?;
            Stimulus::AssertIntx
        }
        "deassert" => {
            cursor.choice("line", &["intx"])?;
            Stimulus::DeassertIntx
        }
        "error" => Stimulus::Error,
        "vectors" => Stimulus::Supply(match cursor.peek() {
            Some(Kind::Word("any")) => {
                cursor.next_word();
                None
            }
            _ => Some(cursor.number_word("how many vectors the host has left, or `any`")?),
        }),
        _ => Stimulus::Request,
    })
}

/// `after "STEP" #N: STIMULUS xN; …}`, the opening brace taken.
fn moments(cursor: &mut Cursor<'_>) -> Result<Vec<At<Injection>>, TextError> {
    const AFTER: &str = "`after \"STEP\": STIMULUS`";
    let mut all = Vec::new();
    let mut injected = 0;
    loop {
        let (word, at) = cursor.word(AFTER)?;
        if word != "after" {
            let message = unknown("moment", word, ["after"]);
            return Err(cursor.wrong(at, message).expecting(AFTER));
        }
        let Some((step, text_at)) = cursor.next_text() else {
            let expected = "a micro-step's name in quotation marks, e.g. `\"clear MSI-X Enable\"`";
            return Err(cursor.missing(expected));
        };
        let mut at = Span { length: text_at.column + text_at.length - at.column, ..at };
        let nth = match cursor.next_nth() {
            None => 1,
            Some((digits, nth_at)) => {
                at.length = nth_at.column + nth_at.length - at.column;
                let nth = cursor.number(digits, nth_at)?;
                if nth == 0 {
                    let error = cursor.wrong(nth_at, "there is no step number 0");
                    return Err(error.expecting("`#1` for the first step of that name"));
                }
                nth
            }
        };
        if !cursor.mark(':') {
            return Err(cursor.missing("`:` and what the device does"));
        }
        let (word, word_at) = cursor.word("what the device does, e.g. `fire 0`")?;
        if !STIMULI.contains(&word) {
            let message = format!("{} is nothing a device does", quoted(word));
            let expected =
                "`fire N`, `assert intx`, `deassert intx`, `error`, `request` or `vectors N`";
            return Err(cursor.wrong(word_at, message).expecting(expected));
        }
        let stimulus = stimulus(cursor, word)?;
        let times = cursor.times(MAX_INJECTED)?;
        injected += times;
        if injected > MAX_INJECTED {
            return Err(cursor.wrong(at, format!("more than {MAX_INJECTED} stimuli in one call")));
        }
        let moment = Moment { step: String::from(step), nth };
        all.push(At { what: Injection { moment, stimulus, times }, at });
        if cursor.mark('}') {
            return Ok(all);
        }
        if !cursor.mark(';') {
            return Err(cursor.missing("`;` and another moment, or `}`"));
        }
    }
}
