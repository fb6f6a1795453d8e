//! The names a scenario gives to descriptors.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use super::cursor::{Cursor, is_digits};
use crate::scenario::ast::{FdRef, Names, Span};
use crate::scenario::error::{TextError, quoted, unknown};
use crate::scenario::{MAX_LISTED, MAX_LISTED_IN_ALL, MAX_NAMES};
use crate::sorted::Sorted;

/// Longest name in characters.
const MAX_NAME: usize = 32;

/// Words with another meaning where a name can stand.
const RESERVED: [&str; 14] = [
    "closed",
    "only",
    "errno",
    "count",
    "flags",
    "data",
    "argsz",
    "after",
    "causes",
    "signalled",
    "merged",
    "waiting",
    "lost",
    "signals",
];

/// The names said so far.
#[derive(Default)]
pub(super) struct Known {
    names: Sorted<String, ()>,
    /// Items of all lists so far: the work a text can ask for stays bounded.
    listed: u32,
}

impl Known {
    /// A limit is passed.
    pub(super) fn is_full(&self) -> bool {
        self.listed > MAX_LISTED_IN_ALL || self.names.len() > MAX_NAMES
    }

    /// Counts items of a list.
    pub(super) fn list(
        &mut self,
        cursor: &Cursor<'_>,
        at: Span,
        items: u32,
    ) -> Result<(), TextError> {
        self.listed = self.listed.saturating_add(items);
        if self.listed > MAX_LISTED_IN_ALL {
            let message = format!("more than {MAX_LISTED_IN_ALL} items in all lists together");
            return Err(cursor.wrong(at, message));
        }
        Ok(())
    }

    /// Takes up names where they are used first, or again.
    pub(super) fn declare(
        &mut self,
        cursor: &Cursor<'_>,
        at: Span,
        names: &Names,
    ) -> Result<(), TextError> {
        for name in names.each() {
            self.names.insert(name, ());
            if self.names.len() > MAX_NAMES {
                return Err(cursor.wrong(at, format!("more than {MAX_NAMES} names")));
            }
        }
        Ok(())
    }

    /// Takes up names that must be new.
    pub(super) fn declare_new(
        &mut self,
        cursor: &Cursor<'_>,
        at: Span,
        names: &Names,
    ) -> Result<(), TextError> {
        if let Some(name) = names.each().find(|name| self.names.get(name).is_some()) {
            return Err(cursor.wrong(at, format!("`{name}` is a descriptor already")));
        }
        self.declare(cursor, at, names)
    }

    /// The names must have been said before.
    pub(super) fn need(
        &self,
        cursor: &Cursor<'_>,
        at: Span,
        names: &Names,
    ) -> Result<(), TextError> {
        let Some(name) = names.each().find(|name| self.names.get(name).is_none()) else {
            return Ok(());
        };
        // The first few: a message is not worth comparing with thousands.
        let near = self.names.pairs().take(256).map(|(name, ())| name.as_str());
        let message = unknown("descriptor", &name, near);
        let expected = "a name that stood in a list, in `eventfd` or in `plainfd` before";
        Err(cursor.wrong(at, message).expecting(expected))
    }
}

/// `a` or `v0..v7`.
pub(super) fn names(cursor: &Cursor<'_>, word: &str, at: Span) -> Result<Names, TextError> {
    let Some((first, last)) = word.split_once("..") else {
        return name(cursor, word, at).map(Names::One);
    };
    let (stem, low) = numbered(cursor, first, at)?;
    let (other, high) = numbered(cursor, last, at)?;
    if stem != other || low > high {
        let message = format!("{} is no row of names", quoted(word));
        return Err(cursor.wrong(at, message).expecting("e.g. `v0..v7`"));
    }
    if high - low >= MAX_LISTED {
        return Err(cursor.wrong(at, format!("more than {MAX_LISTED} names in a row")));
    }
    Ok(Names::Range { stem: stem.to_owned(), first: low, last: high })
}

/// A name's stem and number.
fn numbered<'a>(cursor: &Cursor<'_>, word: &'a str, at: Span) -> Result<(&'a str, u32), TextError> {
    let stem = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = &word[stem.len()..];
    let plain = !digits.is_empty() && (digits == "0" || !digits.starts_with('0'));
    if !plain {
        let message = format!("{} does not end in a number", quoted(word));
        return Err(cursor.wrong(at, message).expecting("a row of names such as `v0..v7`"));
    }
    name(cursor, word, at)?;
    Ok((stem, cursor.number(digits, at)?))
}

fn name(cursor: &Cursor<'_>, word: &str, at: Span) -> Result<String, TextError> {
    let expected = "a name: a small letter, then letters, digits, `_` or `-`";
    let right = word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_' || c == b'-');
    if !right {
        let message = format!("{} is no name", quoted(word));
        return Err(cursor.wrong(at, message).expecting(expected));
    }
    if word.len() > MAX_NAME {
        let message = format!("a name has at most {MAX_NAME} characters");
        return Err(cursor.wrong(at, message));
    }
    if word.strip_prefix('x').is_some_and(is_digits) {
        let message = format!("{} says how many times, it can't be a name", quoted(word));
        return Err(cursor.wrong(at, message).expecting(expected));
    }
    if RESERVED.contains(&word) {
        let message = format!("`{word}` has a meaning of its own, it can't be a name");
        return Err(cursor.wrong(at, message).expecting("another name"));
    }
    Ok(word.to_owned())
}

/// A descriptor: `a`, `closed`, or a raw number.
pub(super) fn fd(cursor: &Cursor<'_>, word: &str, at: Span) -> Result<FdRef, TextError> {
    if word == "closed" {
        return Ok(FdRef::Closed);
    }
    if word.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
        let number = word.parse().map_err(|_| {
            let message = format!("{} is no descriptor number", quoted(word));
            cursor.wrong(at, message).expecting("a decimal number of 32 bits, with its sign")
        })?;
        return Ok(FdRef::Number(number));
    }
    name(cursor, word, at).map(FdRef::Name)
}
