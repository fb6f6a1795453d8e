//! Core's own explorer, asked as the others are.

use vfio_irq_core::explore::{Answer, Bounds, Explorer, Invariant, Verdict};
use vfio_irq_core::scenario::{Overrides, Scenario};

/// What it found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Seen {
    pub(crate) states: u32,
    pub(crate) transitions: u64,
    /// Transitions of the shortest run in which what was asked does not hold; `None`: it holds.
    pub(crate) length: Option<u32>,
}

/// Looks for a state in which one of these does not hold. Without any, sees every state. `full`: in
/// every order, as the others do.
pub(crate) fn explore(text: &str, asked: &[Invariant], full: bool) -> Seen {
    let scenario = Scenario::parse(text).unwrap_or_else(|errors| panic!("{errors:?}\n{text}"));
    let bounds = Bounds { memory: 16 << 30 };
    let explorer = Explorer::new(&scenario, &Overrides::default(), asked, bounds);
    let explorer = explorer.unwrap_or_else(|error| panic!("{error}\n{text}"));
    let explorer = if full { explorer.in_full() } else { explorer };
    let Verdict { answer, reached } = explorer.finish();
    let length = match answer {
        Answer::Holds => None,
        Answer::Fails(found) => Some(found.length),
        Answer::Unknown => panic!("16 GiB are not enough for\n{text}"),
    };
    Seen { states: reached.states, transitions: reached.transitions, length }
}
