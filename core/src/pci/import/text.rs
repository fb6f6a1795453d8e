//! The text of `lspci -x`, `-xxx` and `-xxxx`, as `ls-main.c` of pciutils prints it: for each
//! function a line that starts with its address, then rows `00: 86 80 …` of 16 bytes; with `-v`,
//! indented lines between the two. What is neither address nor row is passed over.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::error::{ImportError, ImportPlace, ImportProblem};
use super::{Imported, decode};

/// Most characters kept of a description, and shown of a wrong token.
const MAX_SHOWN: usize = 160;

/// Where a row's bytes are in the text.
struct Row {
    line: u32,
    columns: [u32; 16],
    end: u32,
}

/// A function whose rows are being read.
struct Open {
    address: Option<String>,
    description: String,
    line: u32,
    bytes: Vec<u8>,
    rows: Vec<Row>,
}

pub(super) fn parse(text: &str) -> Result<Vec<Imported>, ImportError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut functions = Vec::new();
    let mut open: Option<Open> = None;
    let mut blank = false;
    for (line, content) in (1..).zip(text.lines()) {
        if let Some((address, description)) = address_line(content) {
            functions.extend(open.take().map(Open::finish).transpose()?);
            open = Some(Open::new(Some(address), description, line));
        } else if let Some((offset, rest)) = row(content) {
            // Rows pasted without their address lines: a new function starts with row 00, apart
            // from the one before.
            if offset == 0 && blank && open.as_ref().is_some_and(Open::complete) {
                functions.extend(open.take().map(Open::finish).transpose()?);
            }
            let function = open.get_or_insert_with(|| Open::new(None, "", line));
            function.push(line, content, offset, rest)?;
        }
        blank = content.trim().is_empty();
    }
    functions.extend(open.map(Open::finish).transpose()?);
    if functions.is_empty() {
        let place = ImportPlace::Text { line: 1, column: 1 };
        return Err(ImportError { place, function: None, problem: ImportProblem::Empty });
    }
    Ok(functions)
}

impl Open {
    fn new(address: Option<&str>, description: &str, line: u32) -> Self {
        let address = address.map(ToString::to_string);
        let description = description.chars().take(MAX_SHOWN).collect();
        Self { address, description, line, bytes: Vec::new(), rows: Vec::new() }
    }

    fn error(&self, line: u32, column: u32, problem: ImportProblem) -> ImportError {
        let place = ImportPlace::Text { line, column };
        ImportError { place, function: self.address.clone(), problem }
    }

    /// Whether the bytes so far are a whole dump; `lspci -x` prints 128 for a CardBus bridge.
    fn complete(&self) -> bool {
        match self.bytes.len() {
            64 | 256 | 4096 => true,
            128 => self.bytes[0x0e] & 0x7f == 2,
            _ => false,
        }
    }

    /// Adds a row; `rest` starts, in bytes, at its first byte's place or before it.
    fn push(
        &mut self,
        line: u32,
        content: &str,
        offset: usize,
        rest: usize,
    ) -> Result<(), ImportError> {
        let expected = self.bytes.len();
        if offset != expected {
            let column = column(content, content.len() - content.trim_start().len());
            let problem = ImportProblem::RowOrder { expected, found: offset };
            return Err(self.error(line, column, problem));
        }
        let mut columns = [0; 16];
        let mut count = 0;
        for (at, token) in tokens(content, rest) {
            let column = column(content, at);
            let Some(byte) = byte(token) else {
                let found = token.chars().take(MAX_SHOWN).collect();
                return Err(self.error(line, column, ImportProblem::Hex { found }));
            };
            let Some(place) = columns.get_mut(count) else {
                let found = tokens(content, rest).count();
                return Err(self.error(line, column, ImportProblem::RowLength { found }));
            };
            *place = column;
            count += 1;
            self.bytes.push(byte);
        }
        let end = column(content, content.trim_end().len());
        if count < columns.len() {
            return Err(self.error(line, end, ImportProblem::RowLength { found: count }));
        }
        self.rows.push(Row { line, columns, end });
        Ok(())
    }

    fn finish(self) -> Result<Imported, ImportError> {
        let Some(last) = self.rows.last() else {
            return Err(self.error(self.line, 1, ImportProblem::NoRows));
        };
        if !self.complete() {
            let problem = ImportProblem::Truncated { len: self.bytes.len() };
            return Err(self.error(last.line, last.end, problem));
        }
        match decode::decode(&self.bytes) {
            Ok(decoded) => Ok(Imported::new(self.address, self.description, decoded, self.bytes)),
            Err((offset, problem)) => {
                let (row, byte) = (usize::from(offset) / 16, usize::from(offset) % 16);
                let (line, column) = self
                    .rows
                    .get(row)
                    .map_or((last.line, last.end), |row| (row.line, row.columns[byte]));
                Err(self.error(line, column, problem))
            }
        }
    }
}

/// Column, from 1, of the character at byte `at`.
fn column(content: &str, at: usize) -> u32 {
    let before = content.get(..at).map_or(at, |before| before.chars().count());
    u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1)
}

/// The words of `content` from byte `from` on, each with its place in bytes.
fn tokens(content: &str, from: usize) -> impl Iterator<Item = (usize, &str)> {
    let rest = content.get(from..).unwrap_or_default();
    let start = content.as_ptr() as usize;
    rest.split_whitespace().map(move |token| (token.as_ptr() as usize - start, token))
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|digit| digit.is_ascii_hexdigit())
}

fn byte(token: &str) -> Option<u8> {
    (token.len() == 2 && is_hex(token)).then(|| u8::from_str_radix(token, 16).ok()).flatten()
}

/// Offset of a row, and where in bytes its own bytes start. An indented line with something else
/// than a byte after its colon is a verbose one, whose label happens to be hex.
fn row(content: &str) -> Option<(usize, usize)> {
    let trimmed = content.trim_start();
    let (label, rest) = trimmed.split_once(':')?;
    if !(2..=3).contains(&label.len()) || !is_hex(label) {
        return None;
    }
    if rest.starts_with(|next: char| !next.is_whitespace()) {
        return None;
    }
    let indented = trimmed.len() < content.len();
    if indented && rest.split_whitespace().next().is_none_or(|first| byte(first).is_none()) {
        return None;
    }
    let offset = usize::from_str_radix(label, 16).ok()?;
    Some((offset, content.len() - rest.len()))
}

/// Address and description of the line that starts a function: `00:06.0 Ethernet controller: …`,
/// with `-D` a domain before it, with `-P` the bridges above it.
fn address_line(content: &str) -> Option<(&str, &str)> {
    let trimmed = content.trim();
    let (address, description) = trimmed.split_once(char::is_whitespace).unwrap_or((trimmed, ""));
    let is_address = address.split('/').all(|part| {
        let Some((bus, function)) = part.split_once('.') else { return false };
        let digits = bus.split(':').count();
        let widths = bus.split(':').rev().zip([2..=2, 2..=2, 4..=8]);
        (1..=3).contains(&digits)
            && widths.clone().count() == digits
            && widths.into_iter().all(|(part, width)| width.contains(&part.len()) && is_hex(part))
            && matches!(function.as_bytes(), [b'0'..=b'7'])
    });
    (is_address && address.contains(':')).then(|| (address, description.trim()))
}
