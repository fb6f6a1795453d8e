//! Drawing primitives: a canvas of two layers, and guesses at how wide text will be.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Which of the two layouts, hence which size of letters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Font {
    Wide,
    Narrow,
}

/// Which side of its position a text stands on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// An SVG under construction: lifelines and tracks below, rows above.
pub(super) struct Canvas {
    pub(super) font: Font,
    pub(super) width: i32,
    pub(super) height: i32,
    pub(super) below: String,
    pub(super) above: String,
}

impl Canvas {
    /// Text on a baseline; the caller has made it fit.
    pub(super) fn text(&mut self, x: i32, y: i32, anchor: Anchor, class: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let text = escape(text);
        self.above +=
            &format!("<text x=\"{x}\" y=\"{y}\"{anchor} class=\"{class}\">{text}</text>\n");
    }

    /// A horizontal line with an open arrowhead at `to`.
    pub(super) fn arrow(&mut self, from: i32, to: i32, y: i32, class: &str) {
        let back = if to < from { 6 } else { -6 };
        self.line(from, to, y, class);
        let class = class.split(' ').next().unwrap_or_default();
        self.above += &format!(
            "<path class=\"{class}\" d=\"M{} {}L{to} {y}L{} {}\"/>\n",
            to + back,
            y - 4,
            to + back,
            y + 4
        );
    }

    /// A horizontal line.
    pub(super) fn line(&mut self, from: i32, to: i32, y: i32, class: &str) {
        self.above += &format!("<path class=\"{class}\" d=\"M{from} {y}H{to}\"/>\n");
    }

    /// A vertical line in the layer below.
    pub(super) fn fall(&mut self, x: i32, from: i32, to: i32, class: &str) {
        self.below += &format!("<path class=\"{class}\" d=\"M{x} {from}V{to}\"/>\n");
    }

    /// A small circle, filled with the ground's colour.
    pub(super) fn dot(&mut self, x: i32, y: i32, class: &str) {
        self.above +=
            &format!("<circle class=\"vi-dot {class}\" cx=\"{x}\" cy=\"{y}\" r=\"3\"/>\n");
    }

    /// The cross of a lost interrupt.
    pub(super) fn cross(&mut self, x: i32, y: i32) {
        let (left, right, top, bottom) = (x - 5, x + 5, y - 5, y + 5);
        self.above += &format!(
            "<path class=\"vi-lost vi-cross\" d=\"M{left} {top}L{right} {bottom}M{left} {bottom}L{right} {top}\"/>\n"
        );
    }

    /// Width of a text in units, at least what common system fonts need.
    pub(super) fn measure(&self, text: &str) -> i32 {
        let thousandths: i32 = text.chars().map(advance).sum();
        (thousandths * self.font.size() as i32 + 999) / 1000
    }

    /// The text, cut to fit.
    pub(super) fn fit<'a>(&self, text: &'a str, room: i32) -> Cow<'a, str> {
        if self.measure(text) <= room {
            return Cow::Borrowed(text);
        }
        let mut cut = String::new();
        let mut used = self.measure("…");
        for c in text.chars() {
            used += (advance(c) * self.font.size() as i32 + 999) / 1000;
            if used > room {
                break;
            }
            cut.push(c);
        }
        Cow::Owned(cut.trim_end().to_string() + "…")
    }

    /// The text in at most `most` lines, split at spaces; what does not fit is cut.
    pub(super) fn wrap(&self, text: &str, room: i32, most: usize) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split(' ') {
            let last = lines.len() == most;
            match lines.last_mut() {
                Some(line)
                    if self.measure(line) + self.measure(word) + self.font.size() as i32 / 2
                        <= room =>
                {
                    line.push(' ');
                    line.push_str(word);
                }
                Some(line) if last => {
                    line.push(' ');
                    line.push_str(word);
                    break;
                }
                _ => lines.push(word.to_string()),
            }
        }
        lines.iter().map(|line| self.fit(line, room).into_owned()).collect()
    }
}

/// Thousandths of the font's size that a character takes, after DejaVu Sans, the widest of the
/// fonts named in the style.
fn advance(c: char) -> i32 {
    match c {
        'i' | 'j' | 'l' | '\'' | '|' => 300,
        ' ' | '.' | ',' | ':' | ';' | '!' | 'I' => 340,
        'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '-' | '/' => 410,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 960,
        'A'..='Z' => 720,
        '=' | '+' | '×' | '→' | '←' | '▲' | '▼' | '…' | '<' | '>' | '#' => 840,
        ' '..='~' | '–' => 636,
        _ if (c as u32) < 0x1100 => 720,
        _ => 1050,
    }
}

/// Text as XML character data or attribute value.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['<', '>', '&', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '&' => escaped += "&amp;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            c => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}
