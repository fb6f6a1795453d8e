//! Links that hold what the playground shows: text, position, what is open beside it.
//!
//! ```text
//! playground.html#v1=BASE64URL        version 1
//! playground.html#s=PERCENT-ENCODED   version 0: the text alone
//! ```
//! Version 1 is base64url without padding of: the length of the rest in bytes (3, the lowest first), CRC-32 of the
//! rest (4), and the rest: raw deflate of the [payload](View::to_payload). Length and checksum tell a link that was cut on
//! its way from one that was changed. White space inside and punctuation behind, which mail programs add, don't
//! matter.
//!
//! Links come from anyone: what they can ask for is bounded before and after inflation, and every error is
//! a sentence. Compression is [`miniz_oxide`]'s here; the page has its browser's, and uses [`seal`] and [`unseal`] alone.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::scenario::MAX_TEXT;

/// Longest link that is read, in bytes: what stands behind `#`, without the white space in it.
pub const MAX_LINK: usize = 1 << 16;
/// Longest payload: a text, and what stands before it.
pub const MAX_PAYLOAD: usize = MAX_TEXT + 1024;
/// Most compared hosts.
const MAX_HOSTS: usize = 8;
/// Longest word: a tool's, a host's.
const MAX_WORD: usize = 64;
/// Bytes' worth of room for `v1=`, and for the punctuation a mail puts behind.
const BEHIND: usize = 12;
/// Bytes of length and checksum.
const HEAD: usize = 7;

/// What the page shows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct View {
    /// The scenario's text, as it was written; not always a right one.
    pub text: String,
    /// How many events of the run have happened; none: where the page would begin.
    pub position: Option<u32>,
    /// The open tool's word.
    pub tool: Option<String>,
    /// The hosts compared.
    pub hosts: Vec<String>,
    /// The cause followed.
    pub followed: Option<u32>,
}

/// What is wrong with a link.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LinkError {
    /// No `#v1=` and no `#s=`.
    #[error("this is no link to a scenario: behind `#` stands neither `v1=` nor `s=`")]
    NoLink,
    /// A version there is not yet.
    #[error(
        "this link is of version {0}, and this page knows versions 0 and 1: reload the page, or get a newer vfio-irq"
    )]
    Future(String),
    /// Beyond [`MAX_LINK`].
    #[error("this link is longer than {MAX_LINK} characters: send the scenario as text")]
    TooLong,
    /// Shorter than it says.
    #[error(
        "this link was cut on its way, {0} characters are missing: copy it whole, over all its lines"
    )]
    Cut(usize),
    /// A character that is none of base64url, at this place.
    #[error("this link was changed on its way, the {0}. character can't be in it: copy it again")]
    Character(usize),
    /// The checksum is another.
    #[error("this link was changed on its way, its checksum is wrong: copy it again")]
    Changed,
    /// Its bytes are right, and say nothing.
    #[error("this link holds no scenario ({0}): ask for it again where it came from")]
    Content(&'static str),
    /// Beyond [`MAX_PAYLOAD`].
    #[error("this link holds more than {MAX_PAYLOAD} bytes, the most that is read")]
    Large,
}

/// A link, opened as far as that goes without inflating.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unsealed {
    /// All there is.
    View(View),
    /// Raw deflate of a payload.
    Deflated(Vec<u8>),
}

impl View {
    /// A text alone.
    pub fn of_text(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }

    /// Lines of a letter and what it says, an empty line, the text.
    pub fn to_payload(&self) -> Vec<u8> {
        let mut payload = String::new();
        let mut line = |letter: &str, value: &str| {
            for piece in [letter, " ", value, "\n"] {
                payload.push_str(piece);
            }
        };
        if let Some(position) = self.position {
            line("p", &format!("{position}"));
        }
        if let Some(tool) = self.tool.as_deref().filter(|word| is_word(word)) {
            line("t", tool);
        }
        for host in self.hosts.iter().filter(|word| is_word(word)).take(MAX_HOSTS) {
            line("h", host);
        }
        if let Some(cause) = self.followed {
            line("f", &format!("{cause}"));
        }
        payload.push('\n');
        payload.push_str(&self.text);
        payload.into_bytes()
    }

    /// What a payload says. Lines with other letters are a later page's: left out.
    pub fn from_payload(payload: &[u8]) -> Result<Self, LinkError> {
        if payload.len() > MAX_PAYLOAD {
            return Err(LinkError::Large);
        }
        let mut rest =
            core::str::from_utf8(payload).map_err(|_| LinkError::Content("it is not text"))?;
        let mut view = Self::default();
        loop {
            let (line, after) =
                rest.split_once('\n').ok_or(LinkError::Content("its text is missing"))?;
            rest = after;
            let Some((letter, value)) = line.split_once(' ') else {
                match line {
                    "" => break,
                    _ => return Err(LinkError::Content("a line of its head has no value")),
                }
            };
            let number = || value.parse().map_err(|_| LinkError::Content("a number is none"));
            match letter {
                "p" => view.position = Some(number()?),
                "f" => view.followed = Some(number()?),
                "t" if is_word(value) => view.tool = Some(value.to_owned()),
                "h" if is_word(value) && view.hosts.len() < MAX_HOSTS => {
                    view.hosts.push(value.to_owned());
                }
                "t" | "h" => return Err(LinkError::Content("a name is none")),
                _ => {}
            }
        }
        if rest.len() > MAX_TEXT {
            return Err(LinkError::Large);
        }
        view.text = rest.to_owned();
        Ok(view)
    }
}

/// Small letters, digits, and what joins them.
fn is_word(word: &str) -> bool {
    let part = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.' | b'_');
    (1..=MAX_WORD).contains(&word.len()) && word.bytes().all(part)
}

/// The link to a view, from `v1=` on. The error is [`LinkError::TooLong`].
pub fn encode(view: &View) -> Result<String, LinkError> {
    seal(&miniz_oxide::deflate::compress_to_vec(&view.to_payload(), 9))
}

/// The same without compression: longer, and at once, for who has no compressor at hand.
pub fn encode_stored(view: &View) -> Result<String, LinkError> {
    let payload = view.to_payload();
    let chunks = payload.chunks(usize::from(u16::MAX));
    let count = chunks.len();
    let mut stored = Vec::with_capacity(payload.len() + 5 * count);
    for (chunk, at) in chunks.zip(1..) {
        // A stored block (RFC 1951, 3.2.4): whether it is the last, its length, the same inverted.
        let len = chunk.len() as u16;
        stored.push(u8::from(at == count));
        stored.extend(len.to_le_bytes());
        stored.extend((!len).to_le_bytes());
        stored.extend_from_slice(chunk);
    }
    seal(&stored)
}

/// The view a link holds: a whole URL, or what stands behind its `#`.
pub fn decode(link: &str) -> Result<View, LinkError> {
    match unseal(link)? {
        Unsealed::View(view) => Ok(view),
        Unsealed::Deflated(bytes) => {
            use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit};
            let payload = decompress_to_vec_with_limit(&bytes, MAX_PAYLOAD).map_err(|error| {
                match error.status {
                    TINFLStatus::HasMoreOutput => LinkError::Large,
                    _ => LinkError::Content("it can't be inflated"),
                }
            })?;
            View::from_payload(&payload)
        }
    }
}

/// The link to a payload that is compressed already, from `v1=` on. The error is
/// [`LinkError::TooLong`].
pub fn seal(deflated: &[u8]) -> Result<String, LinkError> {
    if deflated.len() > MAX_LINK / 4 * 3 - HEAD - BEHIND {
        return Err(LinkError::TooLong);
    }
    let len = deflated.len() as u32;
    let head = len.to_le_bytes().into_iter().take(3).chain(crc32(deflated).to_le_bytes());
    let bytes: Vec<u8> = head.chain(deflated.iter().copied()).collect();
    let mut link = String::from("v1=");
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..=chunk.len() {
            link.push(char::from(DIGITS[(bits >> (18 - 6 * at) & 63) as usize]));
        }
    }
    Ok(link)
}

/// Opens a link: a whole URL, or what stands behind its `#`.
pub fn unseal(link: &str) -> Result<Unsealed, LinkError> {
    let fragment = link.split_once('#').map_or(link, |(_, fragment)| fragment);
    let len = fragment.bytes().filter(|c| !c.is_ascii_whitespace()).count();
    // The page's address and a mail's line ends have as much room again.
    if len > MAX_LINK || link.len() > 2 * MAX_LINK {
        return Err(LinkError::TooLong);
    }
    let (version, body) = fragment.split_once('=').ok_or(LinkError::NoLink)?;
    match version.trim() {
        "s" => percent_decoded(body).map(|text| Unsealed::View(View { text, ..View::default() })),
        "v1" => checked(&from_base64(body)?).map(Unsealed::Deflated),
        other => match other.strip_prefix('v') {
            Some(number)
                if (1..=4).contains(&number.len())
                    && number.bytes().all(|c| c.is_ascii_digit()) =>
            {
                Err(LinkError::Future(number.to_owned()))
            }
            _ => Err(LinkError::NoLink),
        },
    }
}

/// Whether an argument is meant to be a link, not a file.
pub fn is_link(argument: &str) -> bool {
    ["#", "v1=", "http://", "https://", "file://"].iter().any(|start| argument.starts_with(start))
        || argument.contains("#v1=")
}

/// What follows length and checksum, if both are right.
fn checked(bytes: &[u8]) -> Result<Vec<u8>, LinkError> {
    // A link of this length had a head; one without was cut.
    let missing = |bytes: usize| LinkError::Cut((bytes * 4).div_ceil(3));
    let Some((head, rest)) = bytes.split_at_checked(HEAD) else {
        return Err(missing(HEAD - bytes.len()));
    };
    let len = usize::from(head[0]) | usize::from(head[1]) << 8 | usize::from(head[2]) << 16;
    let sum = u32::from_le_bytes([head[3], head[4], head[5], head[6]]);
    if len > MAX_LINK || rest.len() > len {
        return Err(LinkError::Changed);
    }
    if rest.len() < len {
        return Err(missing(len - rest.len()));
    }
    if crc32(rest) != sum {
        return Err(LinkError::Changed);
    }
    Ok(rest.to_vec())
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn from_base64(text: &str) -> Result<Vec<u8>, LinkError> {
    let behind = |c: char| {
        c.is_whitespace() || matches!(c, '.' | ',' | ';' | ':' | ')' | '>' | ']' | '"' | '\'' | '=')
    };
    let text = text.trim_end_matches(behind);
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0u32, 0);
    for (at, c) in text.bytes().enumerate() {
        let digit = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            c if c.is_ascii_whitespace() => continue,
            _ => return Err(LinkError::Character(at + 1)),
        };
        bits = bits << 6 | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    Ok(bytes)
}

/// CRC-32 as in zip and PNG (ISO 3309), bit by bit: links are short.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |mut crc, byte| {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
        crc
    })
}

fn percent_decoded(text: &str) -> Result<String, LinkError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|c| char::from(c).to_digit(16));
        match (digit(), digit()) {
            (Some(high), Some(low)) => bytes.push((high << 4 | low) as u8),
            _ => return Err(LinkError::Content("a `%` without two digits")),
        }
    }
    String::from_utf8(bytes).map_err(|_| LinkError::Content("it is not text"))
}

#[cfg(test)]
mod tests;
