//! How one moves through a run: how far a step goes, how fast it plays, what one jumps to.

use vfio_irq_core::event::{Event, Outcome};

/// How far a step goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Grain {
    /// One event: a micro-step.
    #[default]
    Event,
    /// One request, or whatever else a line does: one repetition of a line.
    Request,
    /// One line of the scenario, with its repetitions.
    Line,
}

impl Grain {
    /// The other of the two that play and plain arrows choose from.
    pub fn other(self) -> Self {
        if self == Self::Event { Self::Request } else { Self::Event }
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Event => "micro-step",
            Self::Request => "request",
            Self::Line => "line",
        }
    }
}

/// How fast it plays.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Speed {
    /// To read every word.
    Slow,
    /// To follow.
    #[default]
    Normal,
    /// To see the shape.
    Fast,
    /// Any run within some ten seconds.
    Whole,
}

impl Speed {
    /// From slow to fast.
    pub const ALL: [Self; 4] = [Self::Slow, Self::Normal, Self::Fast, Self::Whole];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Slow => "slow",
            Self::Normal => "normal",
            Self::Fast => "fast",
            Self::Whole => "whole run",
        }
    }

    /// Between two steps, in milliseconds.
    pub fn beat(self) -> u32 {
        match self {
            Self::Slow => 1000,
            Self::Normal => 450,
            Self::Fast => 150,
            Self::Whole => 40,
        }
    }

    /// Events a step goes at least, in a run of so many.
    pub fn stride(self, len: usize) -> usize {
        if self == Self::Whole { len.div_ceil(250).max(1) } else { 1 }
    }

    /// One faster, or slower; the last of its kind stays.
    pub fn next(self, faster: bool) -> Self {
        let at = self as usize;
        let at = if faster { at + 1 } else { at.saturating_sub(1) };
        Self::ALL[at.min(Self::ALL.len() - 1)]
    }
}

/// What one can jump to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Landmark {
    /// An interrupt is lost.
    #[default]
    Loss,
    /// An eventfd rises.
    Signal,
    /// A call is refused.
    Refusal,
    /// A call is answered, or refused.
    Answer,
}

impl Landmark {
    /// All, in the order they are offered.
    pub const ALL: [Self; 4] = [Self::Loss, Self::Signal, Self::Refusal, Self::Answer];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Loss => "loss",
            Self::Signal => "signal",
            Self::Refusal => "errno",
            Self::Answer => "answer",
        }
    }

    /// Whether an event is one.
    pub fn is(self, event: &Event) -> bool {
        match self {
            Self::Loss => matches!(event, Event::Lost { .. }),
            Self::Signal => matches!(event, Event::Signalled { .. }),
            Self::Refusal => matches!(event, Event::Return(Outcome::Refused { .. })),
            Self::Answer => matches!(event, Event::Return(_)),
        }
    }
}
