//! The keyboard: which key does what.
//!
//! Keys count only while the focus is in a playground (WCAG 2.1.4), and never with Ctrl, Alt or
//! Meta, which are the browser's and the screen reader's. Of the keys browsers take alone, none is
//! used: Firefox's quick find (`/`, `'`), Space and Backspace. A screen reader's own letters work
//! in its browse mode, where the page sees no key; on the timeline and the ledger, which are list
//! boxes, it hands letters on. In fields keys write, but for Escape.

use vfio_irq_core::device::Stimulus;

use crate::components::tabs::Tool;
use crate::state::{Action, Grain, Landmark};

/// What a key asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Key {
    /// A change of state.
    Do(Action),
    /// A step by what the reader chose, or by the other.
    Step {
        /// Back, not on.
        back: bool,
        /// By what was not chosen.
        other: bool,
    },
    /// Fires the chosen vector.
    Fire,
    /// Plays, or pauses.
    Play,
    /// Plays faster, or slower.
    Faster(bool),
    /// Micro-steps or requests.
    Grain,
    /// To the text.
    Text,
    /// To the vector.
    Vector,
    /// To the number of an event.
    Number,
    /// To the ledger's list.
    Ledger,
    /// Follows the cause after the one followed, or the one before.
    Cause {
        /// The one before.
        back: bool,
    },
    /// To the birth of the cause followed, or to what became of it.
    CauseEvent {
        /// To its birth.
        birth: bool,
    },
    /// Out of the text, to the timeline.
    Leave,
    /// Copies the trace as text.
    Copy,
    /// Follows the current event's cause.
    Follow,
    /// Opens or closes the sheet of keys.
    Help,
    /// The sheet was closed.
    HelpClosed,
    /// Opens a tool, or closes the open one.
    Tool(Option<Tool>),
    /// Fires where an interrupt is lost: for who never saw it.
    Lose,
}

/// Where the focus is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Focus {
    /// In the text, where keys write.
    Text,
    /// In a field, where letters and arrows have a meaning of their own.
    Field,
    /// In the field of the vector, or of an event's number.
    Number,
    /// On the slider, whose arrows step.
    Slider,
    /// On the timeline, whose arrows up and down step too.
    Timeline,
    /// On the ledger's list, whose arrows up and down follow causes.
    Ledger,
    /// In the sheet of keys, which takes its keys itself.
    Sheet,
    /// Anywhere else.
    Other,
}

/// What a key does, by its `KeyboardEvent.key`.
pub fn key(name: &str, shift: bool, focus: Focus) -> Option<Key> {
    let act = |action| Some(Key::Do(action));
    let step = |back| Some(Key::Step { back, other: shift });
    // By the letter and Shift: with Caps Lock a letter alone is a capital one.
    let jump = |landmark| act(Action::Jump(landmark, shift));
    let small = name.to_ascii_lowercase();
    let name = if name.len() == 1 { &*small } else { name };
    match (focus, name) {
        (Focus::Sheet, "?") => Some(Key::Help),
        (Focus::Sheet, _) => None,
        (_, "Escape") => Some(Key::Leave),
        (Focus::Number, "Enter") => Some(Key::Leave),
        (Focus::Text | Focus::Field | Focus::Number, _) => None,
        (Focus::Ledger, "ArrowDown" | "ArrowUp") => Some(Key::Cause { back: name == "ArrowUp" }),
        (Focus::Ledger, "Enter") => Some(Key::CauseEvent { birth: shift }),
        (Focus::Timeline, "ArrowDown") | (_, "ArrowRight") => step(false),
        (Focus::Timeline, "ArrowUp") | (_, "ArrowLeft") => step(true),
        (Focus::Timeline, "PageDown") => act(Action::Forward(Grain::Line)),
        (Focus::Timeline, "PageUp") => act(Action::Back(Grain::Line)),
        (_, "Home") => act(Action::Begin),
        (_, "End") => act(Action::End),
        (_, "m") => Some(Key::Grain),
        (_, "p") => Some(Key::Play),
        (_, "<") => Some(Key::Faster(false)),
        (_, ">") => Some(Key::Faster(true)),
        (_, "l") => jump(Landmark::Loss),
        (_, "s") => jump(Landmark::Signal),
        (_, "n") => jump(Landmark::Refusal),
        (_, "w") => jump(Landmark::Answer),
        (_, "g") => Some(Key::Number),
        (_, "i") => Some(Key::Ledger),
        (_, "t") => Some(Key::Follow),
        (_, "e") => Some(Key::Text),
        (_, "f") => Some(Key::Fire),
        (_, "v") => Some(Key::Vector),
        (_, "a") => act(Action::Raise(Stimulus::AssertIntx)),
        (_, "d") => act(Action::Raise(Stimulus::DeassertIntx)),
        (_, "c") => Some(Key::Copy),
        (_, "u") => act(Action::Undo),
        (_, "r") => act(Action::Redo),
        (_, "x") => Some(Key::Tool(Some(Tool::Explore))),
        (_, "?") => Some(Key::Help),
        _ => None,
    }
}

/// What a key does with Control (or Command) in the text: the usual undo and redo.
pub fn with_control(name: &str, shift: bool) -> Option<Key> {
    match (name, shift) {
        ("z", false) => Some(Key::Do(Action::Undo)),
        ("Z" | "z", true) | ("y", false) => Some(Key::Do(Action::Redo)),
        _ => None,
    }
}

/// The list for people, by what one wants.
pub const LIST: &[(&str, &[(&str, &str)])] = &[
    (
        "Time",
        &[
            ("← →", "a step back, on (on the timeline ↑ ↓ too)"),
            ("Shift ← →", "the same by the other: request, or micro-step"),
            ("m", "arrows and play go by micro-step, or by request"),
            ("PgUp PgDn", "on the timeline: a line back, on"),
            ("Home End", "before all, after all"),
            ("p", "play, pause"),
            ("< >", "slower, faster"),
            ("g", "to the event with a number; Enter goes there"),
        ],
    ),
    (
        "Next; with Shift the one before",
        &[("l", "loss"), ("s", "signal"), ("n", "errno"), ("w", "answer")],
    ),
    (
        "Interrupts",
        &[
            ("f", "fire the chosen vector here"),
            ("v", "choose the vector; Enter goes back to the timeline"),
            ("a d", "assert, deassert INTx here"),
            ("t", "follow this event's interrupt, or none"),
            ("x", "can one be lost? asks every run the text allows"),
            ("i", "to the ledger: ↑ ↓ follow one, Enter goes to its end, Shift Enter to its birth"),
        ],
    ),
    (
        "Text",
        &[
            ("e", "edit the text"),
            ("Esc", "out of a field, to the timeline"),
            ("u r", "undo, redo; in the text Ctrl Z, Ctrl Y"),
            ("c", "copy the trace as text"),
            ("?", "this sheet"),
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_in_fields_are_text() {
        for name in ["f", "ArrowLeft", "Home", "e", "?"] {
            assert_eq!(key(name, false, Focus::Text), None);
            assert_eq!(key(name, false, Focus::Field), None);
        }
        assert_eq!(key("Escape", false, Focus::Text), Some(Key::Leave));
    }

    #[test]
    fn enter_in_the_field_of_a_number_leaves_it_and_fires_nothing() {
        assert_eq!(key("Enter", false, Focus::Number), Some(Key::Leave));
        assert_eq!(key("f", false, Focus::Number), None);
        assert_eq!(key("Enter", false, Focus::Field), None);
    }

    #[test]
    fn shift_steps_by_the_other_grain() {
        let step = |shift| key("ArrowRight", shift, Focus::Slider);
        assert_eq!(step(false), Some(Key::Step { back: false, other: false }));
        assert_eq!(step(true), Some(Key::Step { back: false, other: true }));
    }

    #[test]
    fn shift_jumps_back_whatever_caps_lock_says() {
        let jump = |back| Some(Key::Do(Action::Jump(Landmark::Loss, back)));
        assert_eq!(key("l", false, Focus::Timeline), jump(false));
        assert_eq!(key("L", true, Focus::Timeline), jump(true));
        assert_eq!(key("L", false, Focus::Timeline), jump(false));
    }

    #[test]
    fn sheet_leaves_escape_to_the_browser() {
        assert_eq!(key("Escape", false, Focus::Sheet), None);
        assert_eq!(key("?", true, Focus::Sheet), Some(Key::Help));
    }

    #[test]
    fn keys_of_the_list_do_something() {
        let name = |word| match word {
            "←" => Some("ArrowLeft"),
            "→" => Some("ArrowRight"),
            "PgUp" => Some("PageUp"),
            "PgDn" => Some("PageDown"),
            "Esc" => Some("Escape"),
            "Shift" => None,
            name => Some(name),
        };
        for (keys, what) in LIST.iter().flat_map(|(_, keys)| *keys) {
            for name in keys.split(' ').filter_map(name) {
                assert!(key(name, false, Focus::Timeline).is_some(), "{name}: {what}");
            }
        }
    }
}
