//! `set_irqs …`: every field of `struct vfio_irq_set`.

use alloc::format;
use alloc::vec::Vec;

use super::cursor::Cursor;
use super::names::{Known, fd, names};
use super::step::irq_index;
use crate::scenario::MAX_LISTED;
use crate::scenario::ast::{Data, FdRef, FdRefs, Item, Names, SetAction, SetIrqs};
use crate::scenario::error::{TextError, quoted};
use crate::scenario::lex::Kind;

const FIELDS: [&str; 6] = ["argsz=", "flags=", "index=", "start=", "count=", "data="];

/// What follows `set_irqs`.
pub(super) fn set_irqs(cursor: &mut Cursor<'_>, known: &mut Known) -> Result<SetIrqs, TextError> {
    let index = irq_index(cursor)?;
    let action = match cursor.choice("action", &["trigger", "mask", "unmask"])? {
        0 => SetAction::Trigger,
        1 => SetAction::Mask,
        _ => SetAction::Unmask,
    };
    let mut data = match cursor.choice("data type", &["none", "bool", "eventfd"])? {
        0 => Data::None,
        1 => Data::Bool(None),
        _ => Data::Eventfd(None),
    };
    let (start, count) = range(cursor)?;
    let list_at = cursor.here();
    if cursor.mark('[') {
        match &mut data {
            Data::None => {
                let error = cursor.wrong(list_at, "`none` carries no data");
                return Err(error.expecting("START+COUNT alone, or `bool` or `eventfd`"));
            }
            Data::Bool(items) => *items = Some(list(cursor, known, bool_item)?),
            Data::Eventfd(items) => *items = Some(list(cursor, known, fd_item)?),
        }
    }
    let mut request =
        SetIrqs { index, action, data, start, count, argsz: None, flags: None, bytes: None };
    fields(cursor, &mut request)?;
    let counted = !matches!(request.data, Data::None | Data::Bool(None) | Data::Eventfd(None));
    if request.count.is_none() && !counted {
        let error = cursor.wrong(list_at, "the number of vectors is missing");
        let expected = match request.data {
            Data::None => "START+COUNT, e.g. `0+1`",
            Data::Bool(_) => "a list such as `[1, 0]`, or START+COUNT",
            Data::Eventfd(_) => "a list such as `[a, b]`, or START+COUNT",
        };
        return Err(error.expecting(expected));
    }
    Ok(request)
}

/// `START` or `START+COUNT`.
fn range(cursor: &mut Cursor<'_>) -> Result<(u32, Option<u32>), TextError> {
    let expected = "the first vector, e.g. `0`, or START+COUNT, e.g. `0+2`";
    let (word, at) = cursor.word(expected)?;
    if !word.starts_with(|c: char| c.is_ascii_digit()) {
        let message = format!("{} is no vector", quoted(word));
        return Err(cursor.wrong(at, message).expecting(expected));
    }
    let (start, count) = match word.split_once('+') {
        Some((start, count)) => (start, Some(cursor.number(count, at)?)),
        None => (word, None),
    };
    Ok((cursor.number(start, at)?, count))
}

/// The fields said by name, which go before all else.
fn fields(cursor: &mut Cursor<'_>, request: &mut SetIrqs) -> Result<(), TextError> {
    let mut said: Vec<&str> = Vec::new();
    while let Some(Kind::Word(word)) = cursor.peek() {
        let Some((key, value)) = word.split_once('=') else { break };
        let at = cursor.here();
        cursor.next_word();
        if said.contains(&key) {
            return Err(cursor.twice(key, at));
        }
        said.push(key);
        match key {
            "argsz" => request.argsz = Some(cursor.number(value, at)?),
            "flags" => request.flags = Some(cursor.number(value, at)?),
            "index" => request.index = cursor.number(value, at)?,
            "start" => request.start = cursor.number(value, at)?,
            "count" => request.count = Some(cursor.number(value, at)?),
            "data" => request.bytes = Some(cursor.hex(value, at)?),
            _ => return Err(cursor.unknown("field", word, at, &FIELDS)),
        }
    }
    Ok(())
}

/// A list whose opening bracket is taken.
fn list<T>(
    cursor: &mut Cursor<'_>,
    known: &mut Known,
    item: impl Fn(&mut Cursor<'_>, &mut Known) -> Result<(T, u32), TextError>,
) -> Result<Vec<Item<T>>, TextError> {
    let mut items = Vec::new();
    let mut length = 0u32;
    if cursor.mark(']') {
        return Ok(items);
    }
    loop {
        let at = cursor.here();
        let (what, size) = item(cursor, known)?;
        let times = cursor.times(MAX_LISTED)?;
        let size = size.saturating_mul(times);
        length = length.saturating_add(size);
        if length > MAX_LISTED {
            return Err(cursor.wrong(at, format!("more than {MAX_LISTED} items in a list")));
        }
        known.list(cursor, at, size)?;
        items.push(Item { what, times });
        if cursor.mark(']') {
            return Ok(items);
        }
        if !cursor.mark(',') {
            return Err(cursor.missing("`,` and another item, or `]`"));
        }
    }
}

fn bool_item(cursor: &mut Cursor<'_>, _: &mut Known) -> Result<(u8, u32), TextError> {
    Ok((cursor.number_word("a byte: `0` or `1`, or another")?, 1))
}

fn fd_item(cursor: &mut Cursor<'_>, known: &mut Known) -> Result<(FdRefs, u32), TextError> {
    let (word, at) = cursor.word("a name, `-1`, another number, or `closed`")?;
    if word.contains("..") {
        let names = names(cursor, word, at)?;
        known.declare(cursor, at, &names)?;
        let size = names.len();
        return Ok((FdRefs::Names(names), size));
    }
    Ok(match fd(cursor, word, at)? {
        FdRef::Closed => (FdRefs::Closed, 1),
        FdRef::Number(number) => (FdRefs::Number(number), 1),
        FdRef::Name(name) => {
            let names = Names::One(name);
            known.declare(cursor, at, &names)?;
            (FdRefs::Names(names), 1)
        }
    })
}
