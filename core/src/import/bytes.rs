//! Bytes as people have them: plain hex, `xxd`, `hexdump -C`, `hexdump` and `od -x` (little-endian
//! words), `xxd -e`, a C array or string, gdb's `x/20xb` and `x/5xw`, with its prompt or without.

use alloc::format;
use alloc::vec::Vec;

use super::problem;
use super::value::escape;
use crate::scenario::{MAX_LISTED, TextError};
use crate::uapi::{IrqIndex, IrqSetFlags, IrqSetHeader};

/// Most bytes: a header, and as many descriptors as a list has.
const MAX_BYTES: usize = (IrqSetHeader::SIZE + 4 * MAX_LISTED) as usize;

/// A token of a line: its column, from 1, and itself.
type Token<'a> = (u32, &'a str);

/// How digits are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Digits {
    /// Bare ones are bytes in their order.
    Bytes,
    /// Bare ones are 16-bit words, little-endian.
    Words,
    /// Numbers of C, a byte each if bare.
    Numbers,
}

/// The bytes of a text, and how they were taken where that is not as they stand. The error is the
/// first thing that is none.
pub(super) fn read(text: &str) -> Result<(Vec<u8>, Option<&'static str>), TextError> {
    let mut bytes = Vec::new();
    let mut labelled = false;
    let mut braced = false;
    // Digits of each group, while all are alike.
    let mut group = Some(0);
    for (line, number) in text.lines().zip(1..) {
        // What was asked of gdb, before what it answered.
        if line.trim_start().starts_with("(gdb)") {
            continue;
        }
        if let Some(strings) = strings(line) {
            for (column, string) in strings {
                let length = string.chars().count() as u32 + 1;
                let Some(string) = string.strip_suffix('"') else {
                    return Err(problem(number, column, length, "this string has no end"));
                };
                unescape(string, &mut bytes);
                if bytes.len() > MAX_BYTES {
                    let message = format!("more than {MAX_BYTES} bytes");
                    return Err(problem(number, column, length, message));
                }
            }
            group = None;
            continue;
        }
        let mut tokens = tokens(line);
        if tokens.iter().any(|(_, token)| *token == "*") {
            let message = "rows are left out here";
            return Err(problem(number, 1, 1, message).expecting("the dump with `-v`"));
        }
        let label = label(&tokens, labelled);
        // Among the characters behind a dump's bytes it is none of C's.
        braced |= matches!(label, Label::None) && line.contains('{');
        let digits = match label {
            _ if braced => Digits::Numbers,
            Label::None => Digits::Bytes,
            Label::Bytes(count) => {
                tokens.drain(..count);
                labelled = true;
                Digits::Bytes
            }
            Label::Words => {
                tokens.remove(0);
                labelled = true;
                Digits::Words
            }
        };
        braced &= !line.contains('}');
        for (column, token) in tokens {
            let length = token.chars().count() as u32;
            let wrong = |message| problem(number, column, length, message);
            if !push(&mut bytes, token, digits) {
                let shown: alloc::string::String = token.chars().take(20).collect();
                let message = format!("`{}` are no bytes", shown.escape_debug());
                let expected = "hex bytes, `0x14, 0x00`, xxd, hexdump -C or gdb's x/20xb";
                return Err(wrong(message).expecting(expected));
            }
            if bytes.len() > MAX_BYTES {
                return Err(wrong(format!("more than {MAX_BYTES} bytes")));
            }
            let bare = digits == Digits::Bytes && is_hex(token);
            group = group.filter(|len| bare && (*len == 0 || *len == token.len()));
            group = group.map(|_| token.len());
        }
    }
    let header = IrqSetHeader::SIZE;
    if bytes.len() < header as usize {
        let message = format!("{} bytes; struct vfio_irq_set has at least {header}", bytes.len());
        return Err(problem(1, 1, 1, message).expecting("argsz, flags, index, start and count"));
    }
    if let Some(4 | 8) = group
        && !sensible(&bytes)
    {
        let size = group.unwrap_or_default() / 2;
        let swapped = bytes.chunks(size).flat_map(|word| word.iter().rev().copied());
        let swapped: Vec<u8> = swapped.collect();
        if sensible(&swapped) {
            return Ok((swapped, Some("its groups of digits were taken for little-endian words")));
        }
    }
    Ok((bytes, None))
}

/// Whether anything in a text looks like bytes: words such as `be` and `add` do not.
pub(super) fn any(text: &str) -> bool {
    let byte = |word: &str| {
        let digits = word.strip_prefix("0x").unwrap_or(word);
        is_hex(digits)
            && word.contains(|c: char| c.is_ascii_digit())
            && digits.len().is_multiple_of(2)
    };
    let between = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '{' | '}');
    text.contains('\\') || text.split(between).any(byte)
}

/// Whether this is a request somebody may have meant.
fn sensible(bytes: &[u8]) -> bool {
    IrqSetHeader::from_bytes(bytes).is_some_and(|header| {
        (IrqSetHeader::SIZE..=MAX_BYTES as u32).contains(&header.argsz)
            && IrqIndex::from_raw(header.index).is_some()
            && IrqSetFlags::from_bits(header.flags).is_some()
    })
}

/// The strings of a line of C, each with the column of its first character and with the mark at its
/// end. None: it has none, or is a dump, which prints characters behind its bytes.
fn strings(line: &str) -> Option<Vec<Token<'_>>> {
    let (before, _) = line.split_once('"')?;
    let dump = before.contains('|') || before.contains("//") || before.contains("/*");
    let xxd = before.split_once(": ").is_some_and(|(label, _)| is_hex(label.trim()));
    if dump || xxd {
        return None;
    }
    let mut all = Vec::new();
    let mut at = before.len() + 1;
    let mut column = before.chars().count() as u32 + 2;
    loop {
        let rest = line.as_bytes().get(at..).unwrap_or_default();
        let mut end = 0;
        while end < rest.len() && rest[end] != b'"' {
            end += if rest[end] == b'\\' { 2 } else { 1 };
        }
        let end = at + (end + 1).min(rest.len());
        // A backslash may stand before a character of several bytes.
        let end = (end..=line.len()).find(|end| line.is_char_boundary(*end)).unwrap_or(line.len());
        all.push((column, &line[at..end]));
        let Some(next) = line[end..].find('"') else { return Some(all) };
        let next = end + next + 1;
        column += line[at..next].chars().count() as u32;
        at = next;
    }
}

fn unescape(string: &str, bytes: &mut Vec<u8>) {
    let text = string.as_bytes();
    let mut at = 0;
    while at < text.len() {
        let (byte, len) = match text[at] {
            b'\\' => escape(&text[at + 1..]),
            byte => (byte, 0),
        };
        bytes.push(byte);
        at += 1 + len;
    }
}

/// The pieces of a line that should be bytes: without C's punctuation, without the characters that
/// dumps print behind them.
fn tokens(line: &str) -> Vec<Token<'_>> {
    // xxd prints characters behind two blanks; what C and gdb say stands before a brace.
    let xxd = line.split_once(": ").filter(|(label, _)| is_hex(label.trim()));
    let (start, end) = match xxd {
        Some((label, values)) => {
            let end = values
                .trim_start()
                .find("  ")
                .map(|end| end + values.len() - values.trim_start().len());
            (0, label.len() + 2 + end.unwrap_or(values.len()))
        }
        None => {
            let code = line.split('|').next().unwrap_or(line);
            (code.find('{').map_or(0, |brace| brace + 1), line.len())
        }
    };
    let mut rest = &line[start..end];
    for end in ["//", "/*", "|", "}"] {
        rest = rest.split(end).next().unwrap_or(rest);
    }
    let mut all = Vec::new();
    let mut column = line[..start].chars().count() as u32 + 1;
    for piece in rest.split(|c: char| c.is_whitespace() || c == ',' || c == ';') {
        if !piece.is_empty() {
            all.push((column, piece));
        }
        // And the mark that ends it.
        column += piece.chars().count() as u32 + 1;
    }
    all
}

enum Label {
    None,
    /// So many tokens, then bytes in their order.
    Bytes(usize),
    /// One, then 16-bit words.
    Words,
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// What stands before the bytes of a line.
fn label(tokens: &[Token<'_>], labelled: bool) -> Label {
    let Some((_, first)) = tokens.first() else { return Label::None };
    // `00000000:`, `0x7ffc…:`, and gdb's `0x7ffc… <name+4>:`.
    if let Some(end) = tokens.iter().take(3).position(|(_, token)| token.ends_with(':')) {
        return Label::Bytes(end + 1);
    }
    let rest = &tokens[1..];
    let all = |len| rest.iter().all(|(_, token)| token.len() == len && is_hex(token));
    match first.len() {
        7 | 8 if !is_hex(first) => Label::None,
        // The last line of a dump says where it ends.
        7 | 8 if rest.is_empty() && labelled => Label::Bytes(1),
        7 if !rest.is_empty() && all(4) => Label::Words,
        7 | 8 if !rest.is_empty() && all(2) => Label::Bytes(1),
        _ => Label::None,
    }
}

/// Adds a token's bytes; whether it had any. `0x…` is a number of its width, little-endian.
fn push(bytes: &mut Vec<u8>, token: &str, digits: Digits) -> bool {
    if let Some(hex) = token.strip_prefix("0x").or(token.strip_prefix("0X")) {
        let width = match hex.len() {
            1 | 2 => 1,
            4 => 2,
            8 => 4,
            16 => 8,
            _ => return false,
        };
        let Some(value) = is_hex(hex).then(|| u64::from_str_radix(hex, 16).ok()).flatten() else {
            return false;
        };
        bytes.extend(&value.to_le_bytes()[..width]);
        return true;
    }
    if digits == Digits::Numbers {
        // C takes a zero in front for octal, and who reads it mostly does not.
        let odd = token.starts_with('0') && token.bytes().any(|digit| digit != b'0');
        let byte = match token.parse::<i16>() {
            Ok(value @ 0..=255) if !odd => value as u8,
            Ok(value @ -128..=-1) => value as u8,
            _ => return false,
        };
        bytes.push(byte);
        return true;
    }
    if let Some(run) = token.strip_prefix("\\x") {
        return run.split("\\x").all(|hex| {
            let value = (hex.len() <= 2 && is_hex(hex)).then(|| u8::from_str_radix(hex, 16));
            value.and_then(Result::ok).map(|byte| bytes.push(byte)).is_some()
        });
    }
    if !is_hex(token) || !token.len().is_multiple_of(2) || token.len() > 2 * MAX_BYTES {
        return false;
    }
    let start = bytes.len();
    let digit = |digit: u8| (digit as char).to_digit(16).unwrap_or(0) as u8;
    bytes.extend(token.as_bytes().chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])));
    if digits == Digits::Words {
        bytes[start..].reverse();
    }
    true
}
