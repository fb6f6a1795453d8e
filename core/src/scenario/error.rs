//! What is wrong with a text, and where.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::ast::Span;

/// An error in a scenario's text.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}, column {column}: {message}{}", Expected(.expected))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TextError {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in characters; one past the line's end if something is missing there.
    pub column: u32,
    /// How many characters are concerned, at least 1.
    pub length: u32,
    /// What is wrong, with the nearest right word if there is one.
    pub message: String,
    /// What could stand there.
    pub expected: Option<String>,
}

struct Expected<'a>(&'a Option<String>);

impl core::fmt::Display for Expected<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.as_ref().map_or(Ok(()), |expected| write!(f, "; expected {expected}"))
    }
}

impl TextError {
    pub(crate) fn new(line: u32, at: Span, message: impl Into<String>) -> Self {
        let (column, length) = (at.column.max(1), at.length.max(1));
        Self { line, column, length, message: message.into(), expected: None }
    }

    pub(crate) fn expecting(self, expected: impl Into<String>) -> Self {
        Self { expected: Some(expected.into()), ..self }
    }
}

/// Longest piece of the user's text a message repeats.
const MAX_QUOTED: usize = 40;

/// A word of the user's in a message: control characters escaped, long ones cut.
pub(super) fn quoted(word: &str) -> String {
    let mut chars = word.chars().flat_map(char::escape_debug);
    let mut text: String = chars.by_ref().take(MAX_QUOTED).collect();
    if chars.next().is_some() {
        text.push('…');
    }
    format!("`{text}`")
}

/// "unknown THING `word`", with "did you mean" when a candidate is near.
pub(super) fn unknown<'a>(
    thing: &str,
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> String {
    let head = format!("unknown {thing} {}", quoted(word));
    match nearest(word, candidates) {
        Some(near) => format!("{head}: did you mean `{near}`?"),
        None => head,
    }
}

/// The candidate nearest to a word: at most a third of its letters differ, two at most.
pub(super) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let word: Vec<char> = word.chars().take(65).map(|c| c.to_ascii_lowercase()).collect();
    if word.is_empty() || word.len() > 64 {
        return None;
    }
    let limit = word.len().div_ceil(3).min(2);
    let far = |candidate: &&str| {
        (distance(&word, candidate), word.len().abs_diff(candidate.chars().count()))
    };
    let near = candidates.into_iter().filter(|candidate| far(candidate).0 <= limit);
    near.min_by_key(far).map(str::to_owned)
}

/// Edit distance (insert, delete, replace, swap neighbours).
fn distance(word: &[char], candidate: &str) -> usize {
    let candidate: Vec<char> = candidate.chars().map(|c| c.to_ascii_lowercase()).collect();
    if word.len().abs_diff(candidate.len()) > 2 {
        return usize::MAX;
    }
    let width = candidate.len() + 1;
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..width).collect();
    for (row, letter) in word.iter().enumerate() {
        let mut current = Vec::with_capacity(width);
        current.push(row + 1);
        for (column, other) in candidate.iter().enumerate() {
            let mut best = (above[column] + usize::from(letter != other))
                .min(above[column + 1] + 1)
                .min(current[column] + 1);
            let swapped = row > 0
                && column > 0
                && *letter == candidate[column - 1]
                && word[row - 1] == *other;
            if swapped {
                best = best.min(before[column - 1] + 1);
            }
            current.push(best);
        }
        before = core::mem::replace(&mut above, current);
    }
    above[width - 1]
}
