//! The keyboard: which key does what.

use vfio_irq_core::device::Stimulus;

use crate::state::{Action, Grain};

/// What a key asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Key {
    /// A change of state.
    Do(Action),
    /// Fires the chosen vector.
    Fire,
    /// Plays, or pauses.
    Play,
    /// To the text.
    Text,
    /// To the vector.
    Vector,
    /// Out of the text, to the timeline.
    Leave,
    /// Copies the trace as text.
    Copy,
    /// Follows the current event's cause.
    Follow,
    /// Opens or closes the list of keys.
    Help,
}

/// Where the focus is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Focus {
    /// In the text, where keys write.
    Text,
    /// In a choice, where letters and arrows have a meaning of their own.
    Field,
    /// In the field of the vector.
    Vector,
    /// On the slider, whose arrows step.
    Slider,
    /// On the timeline, whose arrows up and down step too.
    Timeline,
    /// Anywhere else.
    Other,
}

/// What a key does, by its `KeyboardEvent.key`.
pub fn key(name: &str, shift: bool, focus: Focus) -> Option<Key> {
    let grain = if shift { Grain::Line } else { Grain::Event };
    match (focus, name) {
        (_, "Escape") => Some(Key::Leave),
        (Focus::Vector, "Enter") => Some(Key::Fire),
        (Focus::Text | Focus::Field | Focus::Vector, _) => None,
        (Focus::Timeline, "ArrowDown") | (_, "ArrowRight") => Some(Key::Do(Action::Forward(grain))),
        (Focus::Timeline, "ArrowUp") | (_, "ArrowLeft") => Some(Key::Do(Action::Back(grain))),
        (_, "Home") => Some(Key::Do(Action::Begin)),
        (_, "End") => Some(Key::Do(Action::End)),
        (_, "e") => Some(Key::Text),
        (_, "f") => Some(Key::Fire),
        (_, "v") => Some(Key::Vector),
        (_, "a") => Some(Key::Do(Action::Raise(Stimulus::AssertIntx))),
        (_, "d") => Some(Key::Do(Action::Raise(Stimulus::DeassertIntx))),
        (_, "p") => Some(Key::Play),
        (_, "t") => Some(Key::Follow),
        (_, "c") => Some(Key::Copy),
        (_, "u") => Some(Key::Do(Action::Undo)),
        (_, "r") => Some(Key::Do(Action::Redo)),
        (_, "?") => Some(Key::Help),
        _ => None,
    }
}

/// The list for people.
pub const LIST: &[(&str, &str)] = &[
    ("← →", "one event back, on"),
    ("Shift ← →", "one line back, on"),
    ("Home End", "before all, after all"),
    ("p", "play, pause"),
    ("f", "fire the chosen vector here"),
    ("v", "choose the vector"),
    ("a d", "assert, deassert INTx here"),
    ("e", "edit the text"),
    ("Esc", "leave the text, or this list"),
    ("t", "follow the interrupt of this event, or none"),
    ("u r", "undo, redo"),
    ("c", "copy the trace as text"),
    ("?", "this list"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_in_the_text_are_text() {
        for name in ["f", "ArrowLeft", "Home", "e", "?"] {
            assert_eq!(key(name, false, Focus::Text), None);
            assert_eq!(key(name, false, Focus::Field), None);
        }
        assert_eq!(key("Escape", false, Focus::Text), Some(Key::Leave));
    }

    #[test]
    fn shift_steps_by_line() {
        let step = |shift| key("ArrowRight", shift, Focus::Slider);
        assert_eq!(step(false), Some(Key::Do(Action::Forward(Grain::Event))));
        assert_eq!(step(true), Some(Key::Do(Action::Forward(Grain::Line))));
    }
}
