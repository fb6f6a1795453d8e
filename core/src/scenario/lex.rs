//! A line of text to words.

use alloc::string::String;
use alloc::vec::Vec;

use super::ast::Span;

/// A piece of a line.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) at: Span,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Kind<'a> {
    /// Anything without blanks and without the characters below.
    Word(&'a str),
    /// `"…"`, with `\"` and `\\` for a quotation mark and a backslash.
    Text(String),
    /// `#2`, between braces only: which step of that name.
    Nth(&'a str),
    /// One of `[ ] { } , ; :`
    Mark(char),
    /// `->`
    Arrow,
}

/// A line's tokens, its comment, and the column after its last character.
pub(super) struct Lexed<'a> {
    pub(super) tokens: Vec<Token<'a>>,
    pub(super) comment: Option<&'a str>,
    pub(super) end: u32,
}

/// Where and why a line can't be cut into words.
pub(super) struct Unclosed {
    pub(super) at: Span,
}

struct Scanner<'a> {
    rest: &'a str,
    column: u32,
}

impl<'a> Scanner<'a> {
    /// Takes characters while `keep` says so.
    fn take_while(&mut self, keep: impl Fn(char, &str) -> bool) -> (&'a str, Span) {
        let mut length = 0;
        let end = self.rest.char_indices().find(|(at, c)| {
            let stop = !keep(*c, &self.rest[*at..]);
            length += u32::from(!stop);
            stop
        });
        let (word, rest) = self.rest.split_at(end.map_or(self.rest.len(), |(at, _)| at));
        let at = Span { column: self.column, length };
        self.rest = rest;
        self.column += length;
        (word, at)
    }

    fn take_chars(&mut self, count: u32) -> Span {
        let at = Span { column: self.column, length: count };
        for _ in 0..count {
            let mut chars = self.rest.chars();
            chars.next();
            self.rest = chars.as_str();
        }
        self.column += count;
        at
    }

    /// The string whose opening quotation mark comes next.
    fn text(&mut self) -> Result<(String, Span), Unclosed> {
        let start = self.column;
        let mut text = String::new();
        let mut chars = self.rest.chars();
        chars.next();
        self.column += 1;
        let mut escaped = false;
        for c in chars.by_ref() {
            self.column += 1;
            match c {
                '"' if !escaped => {
                    self.rest = chars.as_str();
                    return Ok((text, Span { column: start, length: self.column - start }));
                }
                '\\' if !escaped => escaped = true,
                _ => {
                    if escaped && c != '"' && c != '\\' {
                        text.push('\\');
                    }
                    escaped = false;
                    text.push(c);
                }
            }
        }
        Err(Unclosed { at: Span { column: start, length: self.column - start } })
    }
}

fn blank(c: char) -> bool {
    // A byte order mark counts as blank: files from elsewhere begin with it.
    c.is_whitespace() || c == '\u{feff}'
}

fn in_word(c: char, rest: &str) -> bool {
    !blank(c)
        && !matches!(c, '[' | ']' | '{' | '}' | ',' | ';' | ':' | '"' | '#')
        && !rest.starts_with("->")
}

/// Cuts a line into tokens.
pub(super) fn lex(line: &str) -> Result<Lexed<'_>, Unclosed> {
    let mut scanner = Scanner { rest: line, column: 1 };
    let mut tokens = Vec::new();
    let mut braces = false;
    let mut comment = None;
    loop {
        scanner.take_while(|c, _| blank(c));
        let Some(next) = scanner.rest.chars().next() else { break };
        let (kind, at) = match next {
            '#' => {
                let after = &scanner.rest[1..];
                if !(braces && after.starts_with(|c: char| c.is_ascii_digit())) {
                    comment = Some(after.trim_end_matches(blank));
                    break;
                }
                let mark = scanner.take_chars(1);
                let (digits, at) = scanner.take_while(|c, _| c.is_ascii_digit());
                (Kind::Nth(digits), Span { column: mark.column, length: at.length + 1 })
            }
            '"' => {
                let (text, at) = scanner.text()?;
                (Kind::Text(text), at)
            }
            '[' | ']' | '{' | '}' | ',' | ';' | ':' => {
                match next {
                    '{' => braces = true,
                    '}' => braces = false,
                    _ => {}
                }
                (Kind::Mark(next), scanner.take_chars(1))
            }
            _ if scanner.rest.starts_with("->") => (Kind::Arrow, scanner.take_chars(2)),
            _ => {
                let (word, at) = scanner.take_while(in_word);
                (Kind::Word(word), at)
            }
        };
        tokens.push(Token { kind, at });
    }
    Ok(Lexed { tokens, comment, end: scanner.column })
}
