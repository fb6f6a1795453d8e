//! Bytes as people have them: plain hex, `xxd`, `hexdump -C`, `hexdump` and `od -x` (little-endian
//! words), a C array, gdb's `x/20xb` and `x/5xw`.

use alloc::format;
use alloc::vec::Vec;

use super::problem;
use crate::scenario::{MAX_LISTED, TextError};
use crate::uapi::IrqSetHeader;

/// Most bytes: a header, and as many descriptors as a list has.
const MAX_BYTES: usize = (IrqSetHeader::SIZE + 4 * MAX_LISTED) as usize;

/// A token of a line: its column, from 1, and itself.
type Token<'a> = (u32, &'a str);

/// The bytes of a text. The error is the first thing that is none.
pub(super) fn read(text: &str) -> Result<Vec<u8>, TextError> {
    let mut bytes = Vec::new();
    let mut labelled = false;
    for (line, number) in text.lines().zip(1..) {
        let mut tokens = tokens(line);
        if tokens.iter().any(|(_, token)| *token == "*") {
            let message = "rows are left out here";
            return Err(problem(number, 1, 1, message).expecting("the dump with `-v`"));
        }
        let words = match label(&tokens, labelled) {
            Label::None => false,
            Label::Bytes(count) => {
                tokens.drain(..count);
                labelled = true;
                false
            }
            Label::Words => {
                tokens.remove(0);
                labelled = true;
                true
            }
        };
        for (column, token) in tokens {
            let length = token.chars().count() as u32;
            let wrong = |message| problem(number, column, length, message);
            if !push(&mut bytes, token, words) {
                let shown: alloc::string::String = token.chars().take(20).collect();
                let message = format!("`{}` are no bytes", shown.escape_debug());
                let expected = "hex bytes, `0x14, 0x00`, xxd, hexdump -C or gdb's x/20xb";
                return Err(wrong(message).expecting(expected));
            }
            if bytes.len() > MAX_BYTES {
                return Err(wrong(format!("more than {MAX_BYTES} bytes")));
            }
        }
    }
    let header = IrqSetHeader::SIZE;
    if bytes.len() < header as usize {
        let message = format!("{} bytes; struct vfio_irq_set has at least {header}", bytes.len());
        return Err(problem(1, 1, 1, message).expecting("argsz, flags, index, start and count"));
    }
    Ok(bytes)
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
        None => (line.find('{').map_or(0, |brace| brace + 1), line.len()),
    };
    let mut rest = &line[start..end];
    for end in ["//", "/*", "|", "}"] {
        rest = rest.split(end).next().unwrap_or(rest);
    }
    let mut all = Vec::new();
    let mut at = start;
    for piece in rest.split(|c: char| c.is_whitespace() || c == ',' || c == ';') {
        if !piece.is_empty() {
            all.push((line[..at].chars().count() as u32 + 1, piece));
        }
        let after = at + piece.len();
        at = after + line[after..].chars().next().map_or(0, char::len_utf8);
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

/// Adds a token's bytes; whether it had any. `0x…` is a number of its width, little-endian; bare
/// digits are bytes in their order, or 16-bit words.
fn push(bytes: &mut Vec<u8>, token: &str, words: bool) -> bool {
    let bare = token.strip_prefix("\\x").unwrap_or(token);
    if let Some(digits) = token.strip_prefix("0x").or(token.strip_prefix("0X")) {
        let width = match digits.len() {
            1 | 2 => 1,
            4 => 2,
            8 => 4,
            16 => 8,
            _ => return false,
        };
        let Some(value) = is_hex(digits).then(|| u64::from_str_radix(digits, 16).ok()).flatten()
        else {
            return false;
        };
        bytes.extend(&value.to_le_bytes()[..width]);
        return true;
    }
    if !is_hex(bare) || !bare.len().is_multiple_of(2) || bare.len() > 2 * MAX_BYTES {
        return false;
    }
    let start = bytes.len();
    let digit = |digit: u8| (digit as char).to_digit(16).unwrap_or(0) as u8;
    bytes.extend(bare.as_bytes().chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])));
    if words {
        bytes[start..].reverse();
    }
    true
}
