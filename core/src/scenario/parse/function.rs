//! `function …`

use alloc::borrow::ToOwned;
use alloc::format;

use super::cursor::Cursor;
use crate::pci::{MsiSpec, WhenOff};
use crate::scenario::ast::{At, FunctionLine, FunctionOption, MsixOption, Span};
use crate::scenario::error::{TextError, quoted};

const OPTIONS: [&str; 14] = [
    "intx",
    "msi=",
    "msix=",
    "vf",
    "express",
    "intx-status=",
    "reset=",
    "when-off=",
    "msi-at=",
    "msix-at=",
    "express-at=",
    "id=",
    "class=",
    "name=",
];

/// What follows `function`.
pub(super) fn function(cursor: &mut Cursor<'_>) -> Result<FunctionLine, TextError> {
    let mut line = FunctionLine::default();
    let mut first = true;
    while let Some((word, at)) = cursor.next_word() {
        let (key, value) = match word.split_once('=') {
            Some((key, value)) => (key, Some(value)),
            None => (word, None),
        };
        let option = match key {
            "intx" | "pin" => FunctionOption::Intx(pin(cursor, value, at)?),
            "msi" => FunctionOption::Msi(msi(cursor, value, at)?),
            "msix" => FunctionOption::Msix(msix(cursor, value, at)?),
            // A bare `vf` in first place is the profile.
            "vf" if !first || value.is_some() => FunctionOption::Vf(yes(cursor, value, at)?),
            "express" => FunctionOption::Express(yes(cursor, value, at)?),
            "reset" => FunctionOption::Reset(yes(cursor, value, at)?),
            "intx-status" => FunctionOption::IntxStatus(yes(cursor, value, at)?),
            "when-off" => FunctionOption::WhenOff(when_off(cursor, value, at)?),
            "msi-at" => FunctionOption::MsiAt(cursor.number(value.unwrap_or_default(), at)?),
            "msix-at" => FunctionOption::MsixAt(cursor.number(value.unwrap_or_default(), at)?),
            "express-at" => {
                FunctionOption::ExpressAt(cursor.number(value.unwrap_or_default(), at)?)
            }
            "id" => id(cursor, value.unwrap_or_default(), at)?,
            "class" => FunctionOption::Class(digits(cursor, value.unwrap_or_default(), at, 6)?),
            "name" if value == Some("") => match cursor.next_text() {
                Some((name, _)) => FunctionOption::Name(name.to_owned()),
                None => return Err(cursor.missing("the name in quotation marks")),
            },
            "name" => {
                let message = "the name stands in quotation marks";
                return Err(cursor.wrong(at, message).expecting("e.g. `name=\"my card\"`"));
            }
            _ if first && value.is_none() => {
                line.profile = Some(At { what: word.to_owned(), at });
                first = false;
                continue;
            }
            _ => return Err(cursor.unknown("function option", word, at, &OPTIONS)),
        };
        first = false;
        if line.is_config() && !option.beside_config() {
            let message = format!("`{key}` is what the config space below says");
            return Err(cursor.wrong(at, message).expecting(
                "`vf`, `intx-status=`, `reset=`, `when-off=` or `name=` beside `config`",
            ));
        }
        let kind = core::mem::discriminant(&option);
        if line.options.iter().any(|other| core::mem::discriminant(&other.what) == kind) {
            return Err(cursor.twice(key, at));
        }
        line.options.push(At { what: option, at });
    }
    if line.profile.is_none() && line.options.is_empty() {
        return Err(cursor.missing("a profile such as `e1000e`, or `intx`, `msi=4`, `msix=8`"));
    }
    Ok(line)
}

/// `8086:10d3`, of which the first half has been read.
fn id(cursor: &mut Cursor<'_>, vendor: &str, at: Span) -> Result<FunctionOption, TextError> {
    let vendor = digits(cursor, vendor, at, 4)?;
    let expected = "vendor and device, e.g. `id=8086:10d3`";
    if !cursor.mark(':') {
        return Err(cursor.missing(expected));
    }
    let (device, at) = cursor.word(expected)?;
    // Four hex digits fit.
    Ok(FunctionOption::Id(vendor as u16, digits(cursor, device, at, 4)? as u16))
}

/// So many hex digits, without `0x`.
fn digits(cursor: &Cursor<'_>, word: &str, at: Span, count: usize) -> Result<u32, TextError> {
    let right = word.len() == count && word.bytes().all(|digit| digit.is_ascii_hexdigit());
    let number = right.then(|| u32::from_str_radix(word, 16).ok()).flatten();
    number.ok_or_else(|| {
        let message = format!("{} are not {count} hex digits", quoted(word));
        cursor.wrong(at, message).expecting("e.g. `id=8086:10d3`, `class=020000`")
    })
}

fn pin(cursor: &Cursor<'_>, value: Option<&str>, at: Span) -> Result<u8, TextError> {
    let pins = [None, Some("a"), Some("b"), Some("c"), Some("d")];
    match value {
        None => Ok(1),
        Some("no") => Ok(0),
        Some(value) => {
            let pin = pins.iter().position(|pin| *pin == Some(value)).map(|pin| pin as u8);
            pin.ok_or_else(|| {
                let all = ["a", "b", "c", "d", "no"];
                cursor.unknown("pin", value, at, &all)
            })
        }
    }
}

/// A property that is there, or not.
pub(super) fn yes(cursor: &Cursor<'_>, value: Option<&str>, at: Span) -> Result<bool, TextError> {
    match value {
        None | Some("yes") => Ok(true),
        Some("no") => Ok(false),
        Some(other) => Err(cursor.unknown("value", other, at, &["yes", "no"])),
    }
}

fn when_off(cursor: &Cursor<'_>, value: Option<&str>, at: Span) -> Result<WhenOff, TextError> {
    match value.unwrap_or_default() {
        "divert" => Ok(WhenOff::Divert),
        "drop" => Ok(WhenOff::Drop),
        "hold" => Ok(WhenOff::Hold),
        other => Err(cursor.unknown("value", other, at, &["divert", "drop", "hold"])),
    }
}

/// The size after `msi=` or `msix=`; `None` for `no`.
fn vectors(cursor: &Cursor<'_>, value: Option<&str>, at: Span) -> Result<Option<u16>, TextError> {
    match value {
        None | Some("") => {
            let message = "the number of vectors is missing";
            Err(cursor.wrong(at, message).expecting("e.g. `msi=4`, `msix=8`, or `msi=no`"))
        }
        Some("no") => Ok(None),
        Some(value) => cursor.number(value, at).map(Some),
    }
}

fn msi(
    cursor: &mut Cursor<'_>,
    value: Option<&str>,
    at: Span,
) -> Result<Option<MsiSpec>, TextError> {
    let Some(vectors) = vectors(cursor, value, at)? else { return Ok(None) };
    let mut msi = MsiSpec { vectors, wide: false, maskable: false };
    while cursor.mark(',') {
        let words = ["wide", "maskable"];
        let (at, which) = (cursor.here(), cursor.choice("MSI property", &words)?);
        let property = if which == 0 { &mut msi.wide } else { &mut msi.maskable };
        if core::mem::replace(property, true) {
            return Err(cursor.twice(words[which], at));
        }
    }
    Ok(Some(msi))
}

fn msix(
    cursor: &mut Cursor<'_>,
    value: Option<&str>,
    at: Span,
) -> Result<Option<MsixOption>, TextError> {
    let Some(vectors) = vectors(cursor, value, at)? else { return Ok(None) };
    let mut msix = MsixOption { vectors, table: None, pba: None };
    while cursor.mark(',') {
        let (word, at) = cursor.word("`table=BAR+OFFSET` or `pba=BAR+OFFSET`")?;
        let (place, value) = match word.split_once('=') {
            Some(("table", value)) => (&mut msix.table, value),
            Some(("pba", value)) => (&mut msix.pba, value),
            _ => return Err(cursor.unknown("MSI-X property", word, at, &["table=", "pba="])),
        };
        let Some((bar, offset)) = value.split_once('+') else {
            let message = format!("{} is no place in a BAR", quoted(value));
            return Err(cursor.wrong(at, message).expecting("BAR+OFFSET, e.g. `0+0x2000`"));
        };
        if place.is_some() {
            return Err(cursor.twice(word.split('=').next().unwrap_or_default(), at));
        }
        *place = Some((cursor.number(bar, at)?, cursor.number(offset, at)?));
    }
    Ok(Some(msix))
}
