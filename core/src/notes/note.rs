//! A note, and the words it is made of.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::Names;
use crate::clause::Clause;
use crate::device::Fd;
use crate::render::wrap;

/// What a note is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Kind {
    /// A vector is to be added where vectors come and go as a set.
    Growth,
    /// An index was disabled and enabled again with more vectors.
    Rebuild,
    /// A positive answer of SET_IRQS taken for success.
    Short,
    /// DATA_NONE with a count, and nobody listens to what it fires.
    Fires,
    /// A mask or unmask action on MSI or MSI-X.
    MaskAction,
    /// INTx stays masked to the end.
    LeftMasked,
    /// An eventfd rose and was never read, while others were.
    NeverRead,
    /// A refused request took live triggers away.
    Dropped,
    /// The eventfd of a trigger was closed.
    ClosedTrigger,
    /// `argsz` is 0.
    NoSize,
    /// A second one of INTx, MSI and MSI-X is to be enabled.
    SecondIndex,
    /// Enable was set in config space, and by no request.
    ByHand,
    /// MSI's vector 0 was de-assigned while others are live.
    VectorZero,
    /// A descriptor below -1.
    Negative,
    /// A live vector was given the eventfd it has.
    Rearmed,
    /// INTx's trigger is its unmask eventfd.
    SelfUnmask,
    /// INTx was unmasked while the device still asserted it.
    EarlyUnmask,
}

impl Kind {
    /// All, in the order of the book's page.
    pub const ALL: [Self; 17] = [
        Self::Growth,
        Self::Rebuild,
        Self::Short,
        Self::Fires,
        Self::MaskAction,
        Self::LeftMasked,
        Self::NeverRead,
        Self::Dropped,
        Self::ClosedTrigger,
        Self::NoSize,
        Self::SecondIndex,
        Self::ByHand,
        Self::VectorZero,
        Self::Negative,
        Self::Rearmed,
        Self::SelfUnmask,
        Self::EarlyUnmask,
    ];

    /// Its name in JSON and in lists.
    pub fn word(self) -> &'static str {
        match self {
            Self::Growth => "growth",
            Self::Rebuild => "rebuild",
            Self::Short => "short",
            Self::Fires => "fires",
            Self::MaskAction => "mask-action",
            Self::LeftMasked => "left-masked",
            Self::NeverRead => "never-read",
            Self::Dropped => "dropped",
            Self::ClosedTrigger => "closed-trigger",
            Self::NoSize => "no-size",
            Self::SecondIndex => "second-index",
            Self::ByHand => "by-hand",
            Self::VectorZero => "vector-zero",
            Self::Negative => "negative",
            Self::Rearmed => "rearmed",
            Self::SelfUnmask => "self-unmask",
            Self::EarlyUnmask => "early-unmask",
        }
    }
}

/// One note.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Note {
    /// The line it is about, from 1.
    pub line: u32,
    /// Later lines of which the same would be said.
    pub also: Vec<u32>,
    /// What it is about.
    pub kind: Kind,
    /// The rule that says why.
    pub clause: Clause,
    /// What was done, and what to do instead: plain sentences.
    pub text: String,
}

impl Note {
    /// `line 4, MSG-LOOPBACK: …`, not wrapped.
    pub fn sentence(&self) -> String {
        let mut lines = format!("line {}", self.line);
        match &self.also[..] {
            [] => {}
            [one] => lines = format!("lines {} and {one}", self.line),
            [one, rest @ ..] => {
                lines = format!("lines {}, {one} and {} more", self.line, rest.len());
            }
        }
        format!("{lines}, {}: {}", self.clause, self.text)
    }
}

/// The notes as text, no line longer than 72 characters; empty when there are none.
pub fn text(notes: &[Note]) -> String {
    let mut text = String::new();
    for note in notes {
        for (at, part) in wrap(&note.sentence(), 71).iter().enumerate() {
            text += if at == 0 { " " } else { "   " };
            text += part;
            text.push('\n');
        }
    }
    text
}

/// The notes so far, each kind and clause once.
#[derive(Clone, Debug, Default)]
pub(super) struct Said(pub(super) Vec<Note>);

impl Said {
    pub(super) fn say(&mut self, line: u32, kind: Kind, clause: &'static str, text: String) {
        let same = |note: &&mut Note| note.kind == kind && note.clause == clause;
        match self.0.iter_mut().find(same) {
            // Lines come mostly in order: what is left twice, the end takes out.
            Some(note) if note.line == line || note.also.last() == Some(&line) => {}
            Some(note) => note.also.push(line),
            None => {
                let clause = Cow::Borrowed(clause);
                self.0.push(Note { line, also: Vec::new(), kind, clause, text });
            }
        }
    }

    /// All of them, by line.
    pub(super) fn finish(self) -> Vec<Note> {
        let mut notes = self.0;
        for note in &mut notes {
            note.also.push(note.line);
            note.also.sort_unstable();
            note.also.dedup();
            note.line = note.also.remove(0);
        }
        notes.sort_by_key(|note| (note.line, note.kind));
        notes
    }
}

/// `a`, or the number of a descriptor that has no name.
pub(super) fn name(fd: Fd, names: &Names) -> String {
    names.get(&fd).map_or_else(|| format!("fd {fd}"), ToString::to_string)
}

/// `vector 3`, `vectors 0 and 1`, `vectors 0 to 4`, `vectors 0, 2 and 3 more`.
pub(super) fn vectors_words(vectors: &[u32]) -> String {
    match vectors {
        [] => "no vector".into(),
        [one] => format!("vector {one}"),
        [one, two] => format!("vectors {one} and {two}"),
        [first, .., last] if (last - first) as usize == vectors.len() - 1 => {
            format!("vectors {first} to {last}")
        }
        [one, two, rest @ ..] => format!("vectors {one}, {two} and {} more", rest.len()),
    }
}

/// `a`, `a and b`, `a, b and 3 more`.
pub(super) fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [one, two, rest @ ..] => format!("{one}, {two} and {} more", rest.len()),
    }
}
