//! A trace as plain text for a mail, and as coloured text for a terminal.
//!
//! Three columns. An arrow ends in the column it reaches; a text too long for its column runs on
//! into the next, and the arrow starts where it ends.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::cycles::Move;
use super::rows::{End, Kind, Path, ledger, rows};
use super::words::{Lane, clean, short};
use crate::trace::Trace;

/// How [`text_with`] writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Style {
    /// ANSI colours (SGR sequences of the 16-colour palette).
    pub color: bool,
    /// Most characters in a line; 72 to 160, other values count as the nearer of the two.
    pub width: usize,
    /// Most rows; a longer trace is shortened in the middle, saying by how much.
    pub rows: usize,
}

impl Default for Style {
    /// For a mail: no colour, 72 columns, 400 rows.
    fn default() -> Self {
        Self { color: false, width: 72, rows: 400 }
    }
}

/// The trace as plain text, no line longer than 72 characters.
pub fn text(trace: &Trace) -> String {
    text_with(trace, &Style::default())
}

/// The trace as text in the given style.
pub fn text_with(trace: &Trace, style: &Style) -> String {
    let width = style.width.clamp(72, 160);
    let extra = width - 72;
    let host = 25 + extra / 3;
    let mut page = Page { width, host, function: host + 26 + extra / 3, lines: Vec::new() };
    page.header(trace);
    for row in rows(trace, style.rows) {
        page.row(&row.kind, row.line);
    }
    page.footer(trace);
    page.lines.iter().map(|line| line.print(style.color) + "\n").collect()
}

/// What a piece of text is, hence its colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ink {
    Plain,
    Heading,
    Muted,
    Call,
    Signal,
    Line,
    Lost,
}

impl Ink {
    /// SGR parameters.
    fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Heading => Some("1"),
            Self::Muted => Some("2"),
            Self::Call => Some("36"),
            Self::Signal => Some("32"),
            Self::Line => Some("33"),
            Self::Lost => Some("1;31"),
        }
    }
}

/// One line, one cell a character.
#[derive(Default)]
struct Line(Vec<(char, Ink)>);

impl Line {
    /// Writes at a column, over what is there.
    fn put(&mut self, column: usize, ink: Ink, text: &str) -> &mut Self {
        for (at, c) in (column..).zip(text.chars()) {
            if self.0.len() <= at {
                self.0.resize(at + 1, (' ', Ink::Plain));
            }
            self.0[at] = (c, ink);
        }
        self
    }

    /// Fills the columns `from..to`.
    fn fill(&mut self, from: usize, to: usize, ink: Ink, c: char) -> &mut Self {
        for at in from..to {
            self.put(at, ink, c.encode_utf8(&mut [0; 4]));
        }
        self
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn print(&self, color: bool) -> String {
        let mut text = String::new();
        let mut now = None;
        for (c, ink) in &self.0 {
            let code = if color && *c != ' ' { ink.code() } else { now };
            if color && code != now {
                if now.is_some() {
                    text += "\x1b[0m";
                }
                if let Some(code) = code {
                    text += &format!("\x1b[{code}m");
                }
                now = code;
            }
            text.push(*c);
        }
        if now.is_some() {
            text += "\x1b[0m";
        }
        text.trim_end().to_string()
    }
}

const USER: usize = 1;

struct Page {
    width: usize,
    host: usize,
    function: usize,
    lines: Vec<Line>,
}

impl Page {
    fn line(&mut self) -> &mut Line {
        self.lines.push(Line::default());
        self.lines.last_mut().expect("just pushed")
    }

    /// Text from a column on, wrapped at words; further lines are indented by two.
    fn wrapped(&mut self, column: usize, ink: Ink, text: &str) {
        for (at, part) in wrap(text, self.width - column).iter().enumerate() {
            let indent = if at > 0 { 2 } else { 0 };
            self.line().put(column + indent, ink, part);
        }
    }

    fn header(&mut self, trace: &Trace) {
        let function = clean(&trace.function).into_owned();
        let function = short(&function, 200).into_owned();
        let host = format!("host {}", short(&clean(&trace.host), 40));
        let length = host.chars().count();
        let width = self.width;
        if USER + function.chars().count() + 2 + length <= width {
            let line = self.line();
            line.put(USER, Ink::Heading, &function).put(width - length, Ink::Heading, &host);
        } else {
            self.wrapped(USER, Ink::Heading, &function);
            self.line().put(width - length, Ink::Heading, &host);
        }
        let (host, function) = (self.host, self.function);
        self.line()
            .put(USER, Ink::Muted, Lane::User.word())
            .put(host, Ink::Muted, Lane::Host.word())
            .put(function, Ink::Muted, Lane::Function.word());
    }

    fn footer(&mut self, trace: &Trace) {
        let checks = || trace.entries.iter().flat_map(|entry| &entry.checks);
        let failed = checks().filter(|check| !check.held).count();
        if failed > 0 {
            let words = format!("{failed} of {} expectations FAILED", checks().count());
            self.wrapped(USER, Ink::Lost, &words);
        }
        let ink = if trace.ledger.lost > 0 { Ink::Lost } else { Ink::Heading };
        for line in ledger(trace) {
            self.wrapped(USER, ink, &line);
        }
    }

    fn row(&mut self, kind: &Kind, line: u32) {
        match kind {
            Kind::Call(words) => self.call(words),
            Kind::Return { text, note, refused } => self.answer(text, note.as_deref(), *refused),
            Kind::Step(step) => self.step(step),
            Kind::Path(path) => self.path(path),
            Kind::Line { up } => {
                let function = self.function;
                self.line().put(function, Ink::Line, if *up { "INTx ▲" } else { "INTx ▼" });
            }
            Kind::User(words) => self.wrapped(USER, Ink::Plain, words),
            Kind::Note(words) => self.wrapped(USER, Ink::Muted, &format!("note: {words}")),
            Kind::Quiet(words) => self.wrapped(USER, Ink::Muted, words),
            Kind::Failed { expected, actual } => {
                let (expected, actual) = (short(expected, 200), short(actual, 200));
                let words = format!("FAILED line {line}: expected {expected}, got {actual}");
                self.wrapped(USER, Ink::Lost, &words);
            }
            Kind::Left(left) => self.wrapped(USER, Ink::Muted, &left.words()),
        }
    }

    fn call(&mut self, words: &str) {
        let most = self.width - USER - 5;
        let mut parts = wrap(words, most);
        let last = parts.pop().unwrap_or_default();
        let indent = if parts.is_empty() { USER } else { USER + 2 };
        for (at, part) in parts.iter().enumerate() {
            self.line().put(if at > 0 { USER + 2 } else { USER }, Ink::Call, part);
        }
        let host = self.host;
        let line = self.line();
        line.put(indent, Ink::Call, &last);
        let from = line.len() + 1;
        let head = (from + 1).max(host - 2);
        line.fill(from, head, Ink::Call, '─').put(head, Ink::Call, "►");
    }

    fn answer(&mut self, text: &str, note: Option<&str>, refused: bool) {
        let ink = if refused { Ink::Lost } else { Ink::Call };
        let host = self.host;
        let most = self.width - USER - 3;
        let line = self.line();
        line.put(USER, ink, &short(text, most));
        let from = line.len() + 1;
        line.put(from, ink, "◄").fill(from + 1, (from + 2).max(host - 1), ink, '─');
        if let Some(note) = note {
            if from + 3 > host {
                return self.wrapped(host, ink, note);
            }
            let parts = wrap(note, self.width - host);
            for (at, part) in parts.iter().enumerate() {
                let line =
                    if at == 0 { self.lines.last_mut().expect("just put") } else { self.line() };
                line.put(if at > 0 { host + 2 } else { host }, Ink::Plain, part);
            }
        }
    }

    fn step(&mut self, step: &Move) {
        let (function, width) = (self.function, self.width);
        let at = self.host + if step.inner { 2 } else { 0 };
        let mut line = &mut Line::default();
        for (further, part) in wrap(&step.text, width - at - 2).iter().enumerate() {
            line = self.line();
            line.put(if further > 0 { at + 2 } else { at }, Ink::Plain, part);
        }
        let Some(value) = &step.value else { return };
        let from = line.len() + 1;
        let head = from.max(function - 2);
        line.fill(from, head, Ink::Plain, '─').put(head, Ink::Plain, "►");
        let length = value.chars().count();
        if head + 2 + length <= width {
            line.put(head + 2, Ink::Muted, value);
        } else {
            let value = short(value, width - function).into_owned();
            self.line().put(function, Ink::Muted, &value);
        }
    }

    fn path(&mut self, path: &Path) {
        let Some(begin) = path.begin() else { return self.met_again(path) };
        let (host, width) = (self.host, self.width);
        let ids = path.ids();
        let id_column = width - ids.chars().count();
        let most = id_column - host - 4;
        let begin = short(&begin, most).into_owned();
        let column = if path.from == Lane::Host { host } else { self.function };
        let column = column.min(id_column - 1 - begin.chars().count());
        let ink = match path.end {
            End::Signal(..) => Ink::Signal,
            End::Lost(_) => Ink::Lost,
            _ => Ink::Line,
        };
        let dash = if path.leaves || path.from == Lane::Host { '─' } else { '┄' };
        let line = self.line();
        line.put(column, ink, &begin).put(id_column, ink, &ids);
        match &path.end {
            End::Signal(name, counter) => {
                let rest = format!("={counter}");
                let name = short(name, host - 2 - rest.len().min(host - 3)).into_owned();
                let signal = format!("{name}{rest}");
                let from = USER + signal.chars().count() + 1;
                line.put(USER, ink, &signal);
                if from + 2 < column {
                    line.put(from, ink, "◄").fill(from + 1, column - 1, ink, dash);
                }
            }
            End::Host if path.from == Lane::Host => {}
            End::Host => {
                line.put(host, ink, "◄").fill(host + 1, column - 1, ink, dash);
            }
            End::Waits(place) => self.rests(path, column, &format!("waits: {place}"), dash),
            End::Merged(into, _) => self.rests(path, column, &format!("merged into {into}"), dash),
            End::Lost(_) => {
                if path.from == Lane::Function {
                    line.put(host, ink, "✗").fill(host + 2, column - 1, ink, dash);
                }
                self.met_again(path);
            }
        }
    }

    /// Says in the host's column where an interrupt comes to rest: before its begin if there is
    /// room, else below.
    fn rests(&mut self, path: &Path, column: usize, words: &str, dash: char) {
        let host = self.host;
        let end = host + words.chars().count() + 1;
        let line = self.lines.last_mut().expect("the path's own line");
        if path.from == Lane::Host {
            self.wrapped(host + 2, Ink::Line, words);
        } else if end + 3 <= column {
            line.put(host, Ink::Line, words);
            let arrow = if path.leaves { "◄" } else { "┄" };
            line.put(end, Ink::Line, arrow).fill(end + 1, column - 1, Ink::Line, dash);
        } else {
            let arrow = if path.leaves { "◄" } else { "┄" };
            line.put(host, Ink::Line, arrow).fill(host + 1, column - 1, Ink::Line, dash);
            self.wrapped(host, Ink::Line, words);
        }
    }

    /// A cause met again: lost, or waiting elsewhere.
    fn met_again(&mut self, path: &Path) {
        let ids = path.ids();
        let (ink, words) = match &path.end {
            End::Lost(why) => (Ink::Lost, format!("✗ LOST {ids}: {why}")),
            End::Waits(place) => (Ink::Line, format!("{ids} waits: {place}")),
            End::Merged(into, _) => (Ink::Line, format!("{ids} merged into {into}")),
            End::Signal(..) | End::Host => (Ink::Line, ids),
        };
        self.wrapped(self.host, ink, &words);
    }
}

/// Splits text at spaces into lines of at most `most` characters, two less from the second on; a
/// longer word is cut.
pub(crate) fn wrap(text: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut room = most;
    for word in text.split(' ') {
        let mut word: Vec<char> = word.chars().collect();
        loop {
            let used = line.chars().count();
            let space = usize::from(used > 0);
            if used + space + word.len() <= room {
                if space > 0 {
                    line.push(' ');
                }
                line.extend(word);
                break;
            }
            if used > 0 {
                lines.push(core::mem::take(&mut line));
            } else {
                lines.push(word.drain(..room).collect());
            }
            room = most - 2;
        }
    }
    lines.push(line);
    lines
}
