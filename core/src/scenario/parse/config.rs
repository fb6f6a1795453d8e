//! `00: 86 80 d3 10 …`: config space below `function config`.

use alloc::format;
use alloc::vec::Vec;

use super::cursor::Cursor;
use crate::scenario::ast::{At, ConfigRow, Span};
use crate::scenario::error::{TextError, quoted};

/// Bytes of config space with its extended part.
const CONFIG_END: usize = 0x1000;
/// Most bytes of a row.
const ROW: usize = 16;

/// A row. `least`: the first offset that no row before has; none where no row may stand.
pub(super) fn row(cursor: &mut Cursor<'_>, least: Option<u16>) -> Result<ConfigRow, TextError> {
    let (label, at) = cursor.word("an offset")?;
    let Some(least) = least else {
        let message = "config space stands right below a line `function config`";
        return Err(cursor.wrong(at, message).expecting("that line, and nothing but rows between"));
    };
    // Three hex digits at most, as the cursor has seen.
    let offset = u16::from_str_radix(label, 16).unwrap_or(u16::MAX);
    if offset < least {
        let message = format!("the rows before end at {least:#x}");
        return Err(cursor.wrong(at, message).expecting("rows in rising order"));
    }
    cursor.mark(':');
    let mut bytes: Vec<At<u8>> = Vec::new();
    while let Some((word, at)) = cursor.next_word() {
        if bytes.len() == ROW {
            return Err(cursor.wrong(at, format!("more than {ROW} bytes in a row")));
        }
        if usize::from(offset) + bytes.len() >= CONFIG_END {
            return Err(cursor.wrong(at, format!("config space ends at {CONFIG_END:#x}")));
        }
        let what = byte(cursor, word, at)?;
        bytes.push(At { what, at });
    }
    let expected = "bytes of two hex digits each, e.g. `00: 86 80`";
    cursor.finish(expected)?;
    if bytes.is_empty() {
        Err(cursor.missing(expected))
    } else {
        Ok(ConfigRow { offset: At { what: offset, at }, bytes })
    }
}

fn byte(cursor: &Cursor<'_>, word: &str, at: Span) -> Result<u8, TextError> {
    let is_byte = word.len() == 2 && word.bytes().all(|digit| digit.is_ascii_hexdigit());
    let byte = is_byte.then(|| u8::from_str_radix(word, 16).ok()).flatten();
    byte.ok_or_else(|| {
        let message = format!("{} is no byte", quoted(word));
        cursor.wrong(at, message).expecting("two hex digits")
    })
}
