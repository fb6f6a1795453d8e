//! The system as a model of Stateright's.
//!
//! Stateright asks its properties of states, and a loss is no state: what the explorer counts does
//! not say whether something was lost on the way. So there are two models. [`Count::States`] has
//! exactly the explorer's states; a loss is written down beside the model, as it happens, with the
//! depth, which in a breadth-first search is the least. [`Count::Losses`] has the loss in the state, as
//! Stateright wants it, and ends there: its own counterexample must have the same length.

use std::sync::atomic::{AtomicU32, Ordering};

use stateright::{Checker, Model, Property};

use super::system::{Move, State, System};

/// What a search is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Count {
    /// All states.
    States,
    /// The first loss.
    Losses,
}

/// What a search found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Found {
    /// Different states.
    pub(crate) states: usize,
    /// Transitions, those to known states too.
    pub(crate) transitions: usize,
    /// Fewest transitions to a loss.
    pub(crate) lost: Option<u32>,
    /// Fewest transitions to something the text does not expect.
    pub(crate) unexpected: Option<u32>,
}

struct Explored {
    system: System,
    count: Count,
    lost: AtomicU32,
    unexpected: AtomicU32,
}

impl Model for Explored {
    type State = State;
    type Action = Move;

    fn init_states(&self) -> Vec<State> {
        vec![self.system.start()]
    }

    fn actions(&self, state: &State, moves: &mut Vec<Move>) {
        if !state.lost {
            self.system.moves(state, moves);
        }
    }

    fn next_state(&self, state: &State, which: Move) -> Option<State> {
        let (mut next, wrong) = self.system.next(state, which);
        if wrong.lost {
            self.lost.fetch_min(next.depth, Ordering::Relaxed);
            next.lost = self.count == Count::Losses;
        }
        if wrong.unexpected {
            self.unexpected.fetch_min(next.depth, Ordering::Relaxed);
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        // Holds in every state where losses are not in them: the search then goes to the end.
        vec![Property::always("none lost", |_, state: &State| !state.lost)]
    }
}

/// Every reachable state of a scenario, in one thread.
///
/// `compares`: what the text expects is asked about; else only losses are.
pub(crate) fn explore(text: &str, compares: bool, depth_first: bool) -> Found {
    let builder = model(text, Count::States, compares).checker().threads(1);
    if depth_first { found(builder.spawn_dfs().join()) } else { found(builder.spawn_bfs().join()) }
}

fn found(checker: impl Checker<Explored>) -> Found {
    let depth = |found: &AtomicU32| match found.load(Ordering::Relaxed) {
        u32::MAX => None,
        depth => Some(depth),
    };
    checker.assert_properties();
    let model = checker.model();
    Found {
        states: checker.unique_state_count(),
        transitions: checker.state_count() - 1,
        lost: depth(&model.lost),
        unexpected: depth(&model.unexpected),
    }
}

/// Stateright's own counterexample to "none lost", and what was searched for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Nearest {
    pub(crate) states: usize,
    pub(crate) transitions: usize,
    /// Its length; `None`: there is none.
    pub(crate) length: Option<u32>,
}

/// Looks for the nearest loss.
pub(crate) fn nearest_loss(text: &str) -> Nearest {
    let checker = model(text, Count::Losses, false).checker().threads(1).spawn_bfs().join();
    let path = checker.discovery("none lost");
    Nearest {
        states: checker.unique_state_count(),
        transitions: checker.state_count() - 1,
        length: path.map(|path| path.into_actions().len() as u32),
    }
}

fn model(text: &str, count: Count, compares: bool) -> Explored {
    let (lost, unexpected) = (AtomicU32::new(u32::MAX), AtomicU32::new(u32::MAX));
    Explored { system: System::new(text, compares), count, lost, unexpected }
}
