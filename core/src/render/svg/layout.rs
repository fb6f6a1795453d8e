//! Where things stand in the diagram.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::draw::{Anchor, Canvas, Font, escape};
use crate::event::{CauseId, Place};
use crate::render::cycles::Move;
use crate::render::rows::{End, Kind, Path, Row, ledger, waiting};
use crate::render::words::{Lane, place_lane};
use crate::trace::Trace;

/// Gap between a lifeline and a text beside it.
const GAP: i32 = 7;
/// Height of a row that has text only, and of one with text above an arrow.
const PLAIN: i32 = 18;
const ARROW: i32 = 25;
/// Below a row's top: the text's baseline, and the arrow.
const BASE: i32 = 12;
const SHAFT: i32 = 18;

/// Waiting interrupts drawn side by side.
const SLOTS: i32 = 4;

pub(super) struct Diagram {
    canvas: Canvas,
    user: i32,
    host: i32,
    function: i32,
    /// Low and high level of the INTx line.
    line: Option<(i32, i32)>,
    /// Right end of text that stays clear of the INTx line.
    right: i32,
    /// Top of the next row.
    y: i32,
    /// Top of the first row.
    top: i32,
    /// Where the line changed, and to what.
    edges: Vec<(i32, bool)>,
    tracks: Vec<Track>,
    /// Where rows were left out.
    gaps: Vec<i32>,
}

/// An interrupt that waits, drawn as a dotted line down beside the lifeline it waits at.
struct Track {
    causes: (CauseId, CauseId),
    lane: Lane,
    slot: i32,
    from: i32,
}

impl Diagram {
    pub(super) fn new(narrow: bool, line: bool) -> Self {
        let (font, width, user, host, function) = match narrow {
            false => (Font::Wide, 640, 14, 206, 434),
            true => (Font::Narrow, 360, 8, 98, 214),
        };
        let low = width - if narrow { 18 } else { 32 };
        let line = line.then_some((low, low + 12));
        let right = line.map_or(width - 6, |(low, _)| low - 4);
        let canvas = Canvas { font, width, height: 0, below: String::new(), above: String::new() };
        let (edges, tracks, gaps) = (Vec::new(), Vec::new(), Vec::new());
        Self { canvas, user, host, function, line, right, y: 0, top: 0, edges, tracks, gaps }
    }

    pub(super) fn header(&mut self, function: &str, host: &str) {
        let (left, right) = (self.user, self.canvas.width - 8);
        let host = self.canvas.fit(host, right - left).into_owned();
        let beside =
            self.canvas.measure(function) + self.canvas.measure(&host) + 24 <= right - left;
        let mut y = 18;
        for part in self.canvas.wrap(function, right - left, 3) {
            self.canvas.text(left, y, Anchor::Start, "vi-strong", &part);
            y += 16;
        }
        if beside {
            self.canvas.text(right, y - 16, Anchor::End, "vi-strong", &host);
        } else {
            self.canvas.text(left, y, Anchor::Start, "vi-strong", &host);
            y += 16;
        }
        y += 6;
        let lanes =
            [(self.user, Lane::User), (self.host, Lane::Host), (self.function, Lane::Function)];
        for (x, lane) in lanes {
            let anchor = if lane == Lane::User { Anchor::Start } else { Anchor::Middle };
            let x = if lane == Lane::User { x - 4 } else { x };
            self.canvas.text(x, y, anchor, "vi-muted", lane.word());
        }
        if self.line.is_some() {
            let x = self.canvas.width - 4;
            self.canvas.text(x, y, Anchor::End, "vi-muted", Lane::Line.word());
        }
        self.top = y + 6;
        self.y = self.top + 4;
    }

    pub(super) fn row(&mut self, row: &Row, tip: &str) {
        self.canvas.above += &format!(
            "<g class=\"vi-row\" data-line=\"{}\" data-event=\"{}\" data-events=\"{}\">",
            row.line, row.first, row.events
        );
        if !tip.is_empty() {
            self.canvas.above += &format!("<title>{}</title>", escape(tip));
        }
        self.canvas.above.push('\n');
        match &row.kind {
            Kind::Call(words) => {
                if self.y > self.top + 4 {
                    self.y += 5;
                }
                self.tell(self.user, words, "vi-call", 0);
                self.canvas.arrow(self.user, self.host, self.y + SHAFT, "vi-call");
                self.y += ARROW;
            }
            Kind::Return { text, note, refused } => self.answer(text, note.as_deref(), *refused),
            Kind::Step(step) => self.step(step),
            Kind::Path(path) => self.path(path),
            Kind::Line { up } => {
                let words = if *up { "INTx ▲" } else { "INTx ▼" };
                self.say(self.function, words, "vi-line");
                self.edges.push((self.y + BASE - 4, *up));
                self.y += PLAIN;
            }
            Kind::User(words) => {
                self.canvas.dot(self.user, self.y + BASE - 4, "vi-call");
                self.say(self.user, words, "");
                self.y += PLAIN;
            }
            Kind::Note(words) => self.paragraph(&format!("note: {words}"), "vi-muted"),
            Kind::Quiet(words) => self.paragraph(words, "vi-muted"),
            Kind::Failed { expected, actual } => {
                let pill = format!("FAILED line {}", row.line);
                self.pill(self.user + GAP, &pill, &format!("expected {expected}, got {actual}"));
            }
            Kind::Left(left) => {
                self.gaps.push(self.y);
                self.paragraph(&left.words(), "vi-muted");
            }
        }
        self.canvas.above += "</g>\n";
    }

    /// Text right of a lifeline, moved left if it would leave the picture.
    fn say(&mut self, x: i32, words: &str, class: &str) {
        let room = self.right - self.user - GAP;
        let words = self.canvas.fit(words, room).into_owned();
        let x = (x + GAP).min(self.right - self.canvas.measure(&words)).max(self.user + 2);
        self.canvas.text(x, self.y + BASE, Anchor::Start, class, &words);
    }

    /// Text right of a lifeline, in up to three lines; the row moves down to its last one. Returns
    /// where that ends.
    fn tell(&mut self, x: i32, words: &str, class: &str, indent: i32) -> i32 {
        let x = x + GAP + indent;
        let parts = self.canvas.wrap(words, self.right - x, 3);
        let mut end = x;
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                self.y += 14;
            }
            self.canvas.text(x, self.y + BASE, Anchor::Start, class, part);
            end = x + self.canvas.measure(part);
        }
        end
    }

    fn paragraph(&mut self, words: &str, class: &str) {
        let x = self.user + GAP;
        for part in self.canvas.wrap(words, self.right - x, 3) {
            self.canvas.text(x, self.y + BASE, Anchor::Start, class, &part);
            self.y += 15;
        }
        self.y += 4;
    }

    fn answer(&mut self, text: &str, note: Option<&str>, refused: bool) {
        self.say(self.user, text, if refused { "vi-strong" } else { "vi-call" });
        self.canvas.arrow(self.host, self.user, self.y + SHAFT, "vi-call vi-dash");
        let Some(note) = note else {
            self.y += ARROW;
            return;
        };
        let x = self.host + GAP;
        for part in self.canvas.wrap(note, self.right - x, 3) {
            self.canvas.text(x, self.y + BASE + 4, Anchor::Start, "vi-strong", &part);
            self.y += 15;
        }
        self.y += ARROW - 15;
    }

    fn step(&mut self, step: &Move) {
        let indent = if step.inner { 10 } else { 0 };
        let end = self.tell(self.host, &step.text, "vi-step", indent);
        let Some(value) = &step.value else {
            if step.events > 0 {
                self.canvas.dot(self.host, self.y + BASE - 4, "vi-step");
            }
            self.y += PLAIN;
            return;
        };
        let y = self.y + SHAFT;
        self.canvas.arrow(self.host, self.function, y, "vi-step");
        let x = self.function + GAP;
        let value = self.canvas.fit(value, self.right - x).into_owned();
        // Text that runs on over the function's lifeline would touch the value.
        let drop = if end > x { 4 } else { 0 };
        self.canvas.text(x, y + 4 + drop, Anchor::Start, "vi-muted", &value);
        self.y += ARROW + drop;
    }

    fn path(&mut self, path: &Path) {
        let class = match path.end {
            End::Signal(..) => "vi-signal",
            End::Lost(_) => "vi-lost",
            _ => "vi-line",
        };
        let y = self.y + SHAFT;
        let met = self.end_track(path.causes.0, y);
        if path.raises {
            self.edges.push((y, true));
        }
        let from = if path.from == Lane::Host { self.host } else { self.function };
        if let Some(begin) = path.begin() {
            self.say(from, &format!("{begin}  {}", path.ids()), class);
        }
        let rest = match &path.end {
            End::Signal(name, counter) => {
                let room = self.host - self.user - 2 * GAP;
                let counter = format!("={counter}");
                let name = self.canvas.fit(name, room - self.canvas.measure(&counter)).into_owned();
                let (x, y) = (self.user + GAP, self.y + BASE);
                self.canvas.text(x, y, Anchor::Start, class, &format!("{name}{counter}"));
                self.canvas.arrow(from, self.user, self.y + SHAFT, class);
                None
            }
            End::Host => {
                if from != self.host {
                    self.canvas.arrow(from, self.host, y, class);
                }
                None
            }
            End::Waits(place) => {
                self.track(path.causes, *place, y);
                Some(format!("waits: {place}"))
            }
            End::Merged(into, _) => Some(format!("merged into {into}")),
            End::Lost(why) => {
                return self.lost(path, met, from, &format!("{why}"));
            }
        };
        if let Some(rest) = rest {
            let words = match path.what {
                Some(_) => rest,
                None => format!("{} {rest}", path.ids()),
            };
            if path.what.is_some() && from != self.host {
                match path.leaves {
                    true => self.canvas.arrow(from, self.host, y, class),
                    false => self.canvas.line(from - 3, self.host + 1, y, "vi-line vi-dots"),
                }
            }
            let end = self.host + GAP + self.canvas.measure(&words) + GAP;
            let crowded = path.what.is_some() && (from == self.host || end > from);
            if crowded {
                self.y += ARROW - 4;
            }
            self.say(self.host, &words, "vi-line");
            self.y += if crowded { PLAIN + 2 } else { ARROW };
        } else {
            self.y += ARROW;
        }
        if path.what.is_some() {
            self.canvas.dot(from, y, class);
        }
    }

    /// A cross where the interrupt ends, and below it the word and the reason.
    fn lost(&mut self, path: &Path, met: Option<i32>, from: i32, why: &str) {
        let y = self.y + SHAFT;
        let middle = i32::midpoint(self.host, self.function);
        match (&path.what, met) {
            (Some(_), _) if from != self.host => {
                let end = if path.leaves { self.host + 12 } else { middle };
                let class = if path.leaves { "vi-lost" } else { "vi-lost vi-dash" };
                self.canvas.line(from, end + 6, y, class);
                self.canvas.cross(end, y);
                self.canvas.dot(from, y, "vi-lost");
                self.y += ARROW + 2;
            }
            (Some(_), _) => {
                self.canvas.cross(from, y);
                self.y += ARROW + 2;
            }
            (None, Some(x)) => {
                self.canvas.cross(x, y);
                self.y += ARROW + 2;
            }
            (None, None) => {}
        }
        self.pill(self.host + GAP, &format!("LOST {}", path.ids()), why);
    }

    /// White letters on a box, and the explanation beside or below it.
    fn pill(&mut self, x: i32, word: &str, why: &str) {
        let height = 16;
        let width = self.canvas.measure(word) + 16;
        let y = self.y + 1;
        self.canvas.above += &format!(
            "<rect class=\"vi-lost\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"3\"/>\n"
        );
        let middle = x + width / 2;
        self.canvas.text(middle, self.y + BASE + 1, Anchor::Middle, "vi-pill", word);
        let beside = x + width + GAP;
        // Strong letters are wider than measured.
        if self.canvas.measure(why) * 11 / 10 <= self.right - beside {
            self.canvas.text(beside, self.y + BASE + 1, Anchor::Start, "vi-lost", why);
            self.y += 22;
            return;
        }
        self.y += 18;
        for part in self.canvas.wrap(why, (self.right - x) * 10 / 11, 3) {
            self.canvas.text(x, self.y + BASE, Anchor::Start, "vi-lost", &part);
            self.y += 15;
        }
        self.y += 5;
    }

    fn track(&mut self, causes: (CauseId, CauseId), place: Place, from: i32) {
        let lane = place_lane(place);
        let taken =
            |slot: i32| self.tracks.iter().any(|track| (track.lane, track.slot) == (lane, slot));
        if let Some(slot) = (0..SLOTS).find(|slot| !taken(*slot)) {
            self.tracks.push(Track { causes, lane, slot, from });
        }
    }

    fn track_x(&self, track: &Track) -> i32 {
        let lane = if track.lane == Lane::Host { self.host } else { self.function };
        lane - 6 - 6 * track.slot
    }

    /// Ends the track of a cause that is met again; where it stood.
    fn end_track(&mut self, cause: CauseId, y: i32) -> Option<i32> {
        let at = self
            .tracks
            .iter()
            .position(|track| track.causes.0 <= cause && cause <= track.causes.1)?;
        let track = self.tracks.remove(at);
        let x = self.track_x(&track);
        self.canvas.fall(x, track.from, y, "vi-line vi-dots");
        Some(x)
    }

    pub(super) fn footer(&mut self, trace: &Trace) {
        let bottom = self.y + 6;
        let still = waiting(trace);
        for track in core::mem::take(&mut self.tracks) {
            let waits = still.iter().any(|(cause, _)| *cause == track.causes.0);
            let gap = self.gaps.iter().find(|gap| **gap > track.from).copied();
            let end = if waits { bottom } else { gap.unwrap_or(bottom) };
            let x = self.track_x(&track);
            self.canvas.fall(x, track.from, end, "vi-line vi-dots");
        }
        for x in [self.user, self.host, self.function] {
            self.canvas.fall(x, self.top, bottom, "vi-life");
        }
        self.waveform(bottom);
        self.y = bottom + 6;
        let (left, right) = (self.user - 4, self.canvas.width - 8);
        self.canvas.line(left, right, bottom, "vi-life");
        for line in ledger(trace) {
            for part in self.canvas.wrap(&line, right - left, 6) {
                self.canvas.text(left, self.y + BASE, Anchor::Start, "", &part);
                self.y += 16;
            }
        }
        if trace.ledger.lost > 0 {
            // Said in the line above too; here it can't be overlooked.
            self.pill(left, &format!("LOST {}", trace.ledger.lost), "");
        }
        let checks = || trace.entries.iter().flat_map(|entry| &entry.checks);
        let failed = checks().filter(|check| !check.held).count();
        if failed > 0 {
            let words = format!("{failed} of {} expectations FAILED", checks().count());
            self.canvas.text(left, self.y + BASE, Anchor::Start, "vi-lost", &words);
            self.y += 16;
        }
    }

    /// The INTx line's level from top to bottom: low left, high right.
    fn waveform(&mut self, bottom: i32) {
        let Some((low, high)) = self.line else { return };
        let x = |up: bool| if up { high } else { low };
        let mut up = self.edges.first().is_some_and(|(_, up)| !up);
        let mut since = self.top;
        let mut d = format!("M{} {}", x(up), self.top);
        let ends = self.edges.iter().copied().chain([(bottom, !up)]);
        let mut highs = String::new();
        for (y, to) in ends {
            if to == up && y != bottom {
                continue;
            }
            if up {
                let (width, height) = (high - low, y - since);
                highs += &format!(
                    "<rect class=\"vi-high\" x=\"{low}\" y=\"{since}\" width=\"{width}\" height=\"{height}\"/>\n"
                );
            }
            d += &format!("V{y}");
            if y != bottom {
                d += &format!("H{}", x(to));
                (up, since) = (to, y);
            }
        }
        self.canvas.below += &highs;
        self.canvas.below += &format!("<path class=\"vi-line\" d=\"{d}\"/>\n");
    }

    pub(super) fn finish(mut self) -> Canvas {
        self.canvas.height = self.y + 10;
        self.canvas
    }
}
