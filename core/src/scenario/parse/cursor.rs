//! A place in a line's tokens, and what each part of the language needs of it.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::scenario::MAX_LISTED;
use crate::scenario::ast::Span;
use crate::scenario::error::{TextError, quoted, unknown};
use crate::scenario::lex::{Kind, Lexed, Token};

pub(super) struct Cursor<'a> {
    tokens: &'a [Token<'a>],
    end: Span,
    pub(super) line: u32,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(lexed: &'a Lexed<'a>, line: u32) -> Self {
        let end = match (lexed.comment, lexed.tokens.last()) {
            // What is missing is missing before the comment.
            (Some(_), Some(last)) => last.at.column + last.at.length,
            _ => lexed.end,
        };
        Self { tokens: &lexed.tokens, end: Span { column: end, length: 1 }, line }
    }

    pub(super) fn peek(&self) -> Option<&'a Kind<'a>> {
        self.tokens.first().map(|token| &token.kind)
    }

    /// The line begins like a row of config space: two or three hex digits and a colon.
    pub(super) fn is_row(&self) -> bool {
        let [Token { kind: Kind::Word(word), .. }, Token { kind: Kind::Mark(':'), .. }, ..] =
            self.tokens
        else {
            return false;
        };
        matches!(word.len(), 2 | 3) && word.bytes().all(|digit| digit.is_ascii_hexdigit())
    }

    /// Place of the next token, or of the line's end.
    pub(super) fn here(&self) -> Span {
        self.tokens.first().map_or(self.end, |token| token.at)
    }

    fn advance(&mut self) -> Option<&'a Token<'a>> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    pub(super) fn wrong(&self, at: Span, message: impl Into<String>) -> TextError {
        TextError::new(self.line, at, message)
    }

    /// The next token is not what should stand there.
    pub(super) fn missing(&self, expected: &str) -> TextError {
        let message = match self.peek() {
            None => "the line ends here".into(),
            Some(Kind::Word(word)) => format!("{} can't stand here", quoted(word)),
            Some(Kind::Text(text)) => format!("the quotation {} can't stand here", quoted(text)),
            Some(Kind::Nth(digits)) => {
                format!("{} can't stand here", quoted(&format!("#{digits}")))
            }
            Some(Kind::Mark(mark)) => format!("`{mark}` can't stand here"),
            Some(Kind::Arrow) => "`->` can't stand here".into(),
        };
        self.wrong(self.here(), message).expecting(expected)
    }

    pub(super) fn twice(&self, key: &str, at: Span) -> TextError {
        self.wrong(at, format!("`{key}` is said twice"))
    }

    /// A word that is none of these; of `KEY=VALUE` it is the key that is unknown.
    pub(super) fn unknown(&self, thing: &str, word: &str, at: Span, all: &[&str]) -> TextError {
        let key = word.find('=').map_or(word, |equals| &word[..=equals]);
        let (word, at) = match key.len() < word.len() {
            true => (key, Span { length: key.chars().count() as u32, ..at }),
            false => (word, at),
        };
        let message = unknown(thing, word, all.iter().copied());
        self.wrong(at, message).expecting(one_of(all))
    }

    pub(super) fn word(&mut self, expected: &str) -> Result<(&'a str, Span), TextError> {
        self.next_word().ok_or_else(|| self.missing(expected))
    }

    pub(super) fn next_word(&mut self) -> Option<(&'a str, Span)> {
        let Some(Token { kind: Kind::Word(word), at }) = self.tokens.first() else { return None };
        self.advance();
        Some((word, *at))
    }

    pub(super) fn next_text(&mut self) -> Option<(&'a str, Span)> {
        let Some(Token { kind: Kind::Text(text), at }) = self.tokens.first() else { return None };
        self.advance();
        Some((text, *at))
    }

    pub(super) fn next_nth(&mut self) -> Option<(&'a str, Span)> {
        let Some(Token { kind: Kind::Nth(digits), at }) = self.tokens.first() else { return None };
        self.advance();
        Some((digits, *at))
    }

    /// Takes the mark if it comes next.
    pub(super) fn mark(&mut self, mark: char) -> bool {
        let here = self.peek() == Some(&Kind::Mark(mark));
        if here {
            self.advance();
        }
        here
    }

    pub(super) fn arrow(&mut self) -> bool {
        let here = self.peek() == Some(&Kind::Arrow);
        if here {
            self.advance();
        }
        here
    }

    /// Nothing may follow.
    pub(super) fn finish(&self, expected: &str) -> Result<(), TextError> {
        if self.tokens.is_empty() { Ok(()) } else { Err(self.missing(expected)) }
    }

    /// One of these words, said as its place in the list.
    pub(super) fn choice(&mut self, thing: &str, all: &[&str]) -> Result<usize, TextError> {
        let (word, at) = self.word(&one_of(all))?;
        let found = all.iter().position(|known| *known == word);
        found.ok_or_else(|| self.unknown(thing, word, at, all))
    }

    /// A number that fits `T`, decimal or `0x…`.
    pub(super) fn number<T: TryFrom<u64>>(&self, word: &str, at: Span) -> Result<T, TextError> {
        let value = parse_number(word).map_err(|reason| {
            let message = match reason {
                NotANumber::Digits if word.is_empty() => "a number is missing here".into(),
                NotANumber::Digits => format!("{} is no number", quoted(word)),
                NotANumber::TooLarge => format!("{} is too large", quoted(word)),
            };
            self.wrong(at, message).expecting("a number such as `8` or `0x21`")
        })?;
        T::try_from(value).map_err(|_| {
            let bits = 8 * size_of::<T>();
            let message = format!("{} does not fit in {bits} bits", quoted(word));
            self.wrong(at, message)
        })
    }

    pub(super) fn number_word<T: TryFrom<u64>>(&mut self, expected: &str) -> Result<T, TextError> {
        let (word, at) = self.word(expected)?;
        if !word.starts_with(|c: char| c.is_ascii_digit()) {
            let message = format!("{} is no number", quoted(word));
            return Err(self.wrong(at, message).expecting(expected));
        }
        self.number(word, at)
    }

    /// Hex digits, two a byte.
    pub(super) fn hex(&self, digits: &str, at: Span) -> Result<Vec<u8>, TextError> {
        let expected = "two hex digits for each byte, e.g. `data=0100ff`";
        if !digits.bytes().all(|c| c.is_ascii_hexdigit()) || !digits.len().is_multiple_of(2) {
            let message = format!("{} are no bytes", quoted(digits));
            return Err(self.wrong(at, message).expecting(expected));
        }
        if digits.len() / 2 > MAX_LISTED as usize * 4 {
            return Err(self.wrong(at, format!("more than {} bytes", MAX_LISTED * 4)));
        }
        let digit = |c: u8| (c as char).to_digit(16).unwrap_or(0) as u8;
        let pairs = digits.as_bytes().chunks_exact(2);
        Ok(pairs.map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect())
    }

    /// `xN`, if it comes next: how many times.
    pub(super) fn times(&mut self, most: u32) -> Result<u32, TextError> {
        let Some(Kind::Word(word)) = self.peek() else { return Ok(1) };
        let Some(count) = word.strip_prefix('x').filter(|rest| is_digits(rest)) else {
            return Ok(1);
        };
        let at = self.here();
        let times = self.number(count, at)?;
        if !(1..=most).contains(&times) {
            let message = format!("{} times can't be", quoted(count));
            return Err(self.wrong(at, message).expecting(format!("1 to {most}")));
        }
        self.advance();
        Ok(times)
    }
}

pub(super) fn is_digits(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|c| c.is_ascii_digit())
}

enum NotANumber {
    Digits,
    TooLarge,
}

fn parse_number(word: &str) -> Result<u64, NotANumber> {
    let (digits, radix) = match word.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None => (word, 10),
    };
    if digits.is_empty() || !digits.bytes().all(|c| (c as char).is_digit(radix)) {
        return Err(NotANumber::Digits);
    }
    u64::from_str_radix(digits, radix).map_err(|_| NotANumber::TooLarge)
}

/// "`a`, `b` or `c`"
pub(super) fn one_of(all: &[&str]) -> String {
    let mut text = String::new();
    for (at, word) in all.iter().enumerate() {
        let joint = match at {
            0 => "",
            _ if at + 1 == all.len() => " or ",
            _ => ", ",
        };
        text.push_str(joint);
        text.push_str(&format!("`{word}`"));
    }
    text
}
