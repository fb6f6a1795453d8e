//! Every run a text allows: can an interrupt be lost?
//!
//! A text with `meanwhile` lines says what may happen at any time. [`Explorer`] visits every state
//! the [`Machine`](crate::machine::Machine) can be in then, micro-step by micro-step, breadth
//! first, and asks of each whether what should hold does ([`Invariant`]). What fails comes with
//! the shortest run that shows it, as a scenario that runs anywhere; what holds comes with the
//! number of states, the bound, and what was assumed.
//!
//! # What is explored
//! - Lines without `meanwhile` are the first thread's, in their order.
//! - `meanwhile STIMULUS xN`: happens N times in every run, each time here or anywhere below:
//!   between two steps, between two micro-steps of a call, after the last step. Stimuli have no
//!   order among each other.
//! - `meanwhile STEP`, any other step: the second thread's, in its own order, each here or
//!   anywhere below. Two calls are never under way at once (SET-SERIAL): one waits for the other.
//! - Descriptors are made beforehand, in the order of the text; that is no step here.
//! - Counters of `a=1` are read one by one after their step, each read a step of its own.
//!
//! A micro-step is one transition; so is what is no call. The first micro-step of a call comes with
//! its beginning, its answer with the last.
//!
//! # Exact, and small
//! A state is the whole machine and where both threads are; none is left out and none is taken for
//! another. A cause is known by the stimulus it comes from, not by when it came, and counts of what
//! is settled are kept only where the text asks for them: so runs that differ in nothing that
//! matters meet. Each part of a machine is kept once ([`store`]), a state is three numbers.
//! Which of several arrivals of one line it is that waits is not told apart ([`walk`]), and
//! [`reduce`] passes over orders that can't matter.

mod check;
mod loosen;
mod moves;
mod plan;
mod reduce;
mod store;
mod story;
mod tally;
mod walk;

#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::scenario::{Overrides, Scenario, TextError};

use check::Violation;
use moves::{Moved, Moves};
use plan::Plan;
use walk::{Choice, Uses};

pub use plan::{MAX_ARRIVALS, MAX_MOVES, MAX_TIMES};
pub use tally::{Tallied, tally};

/// What should hold in every state.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Invariant {
    /// No interrupt of the function's is lost. One whose status the function itself took back is not.
    Lost,
    /// None falls back to INTx, or is dropped by the function, because no message capability is on,
    /// and is lost by that. Part of [`Invariant::Lost`]: for who asks about this way only.
    Fallback,
    /// A vector signals no eventfd that no request ties to it; one that fell back to INTx signals
    /// INTx's.
    Eventfd,
    /// Nothing is delivered that is masked.
    Masked,
    /// What waits and could be delivered was delivered, once no call is under way.
    Pending,
    /// On an index without NORESIZE, a request delays and loses nothing of a vector it does not
    /// name.
    Undisturbed,
    /// What the text expects.
    Expected,
}

impl Invariant {
    /// All.
    pub const ALL: [Self; 7] = [
        Self::Lost,
        Self::Fallback,
        Self::Eventfd,
        Self::Masked,
        Self::Pending,
        Self::Undisturbed,
        Self::Expected,
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Fallback => "fallback",
            Self::Eventfd => "eventfd",
            Self::Masked => "masked",
            Self::Pending => "pending",
            Self::Undisturbed => "undisturbed",
            Self::Expected => "expected",
        }
    }

    /// What it says when it holds.
    pub fn statement(self) -> &'static str {
        match self {
            Self::Lost => "no interrupt is lost",
            Self::Fallback => "none is lost for want of an enabled capability",
            Self::Eventfd => "none signals another's eventfd",
            Self::Masked => "none is delivered while masked",
            Self::Pending => "none is left waiting that could be delivered",
            Self::Undisturbed => "without NORESIZE, no other vector is disturbed",
            Self::Expected => "what the text expects holds",
        }
    }
}

/// How much an exploration may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// Bytes for the states kept.
    pub memory: usize,
}

impl Default for Bounds {
    /// 1 GiB: some 20 million states.
    fn default() -> Self {
        Self { memory: 1 << 30 }
    }
}

/// How far an exploration is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Reached {
    /// States seen.
    pub states: u32,
    /// Of them, not yet followed.
    pub open: u32,
    /// Moves from a state to one.
    pub transitions: u64,
    /// Moves from the beginning to the farthest state, at least.
    pub depth: u32,
    /// Bytes they take.
    pub memory: usize,
}

/// The end of an exploration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// What came out.
    pub answer: Answer,
    /// After how much.
    pub reached: Reached,
}

/// What came out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// All that was asked holds in every state.
    Holds,
    /// Something does not; no shorter run shows it.
    Fails(Box<Counterexample>),
    /// The memory was used up before all was seen: what was seen holds.
    Unknown,
}

/// A run in which something does not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counterexample {
    /// What does not.
    pub invariant: Invariant,
    /// In which way, in one sentence.
    pub what: String,
    /// Moves until then.
    pub length: u32,
    /// The run as a scenario, up to the end of the call it happens in.
    pub scenario: Scenario,
}

/// A search under way.
pub struct Explorer {
    scenario: Scenario,
    moves: Moves,
    reduced: bool,
    /// An order was passed over somewhere.
    passed_over: bool,
    next: u32,
    transitions: u64,
    /// Where the states of the depth begun last start, and how deep they are.
    layer: u32,
    depth: u32,
}

impl fmt::Debug for Explorer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Explorer").field("reached", &self.reached()).finish_non_exhaustive()
    }
}

/// Why a search can't go on.
enum Stop {
    Failed { from: u32, choice: Choice, violation: Violation },
    Full,
}

impl Explorer {
    /// A search that has seen the beginning only.
    ///
    /// # Errors
    /// A text that can't be explored, and where.
    pub fn new(
        scenario: &Scenario,
        overrides: &Overrides,
        asked: &[Invariant],
        bounds: Bounds,
    ) -> Result<Self, TextError> {
        let plan = Plan::new(scenario, overrides)?;
        let mut asked = asked.to_vec();
        asked.sort_unstable();
        asked.dedup();
        let kept = if asked.contains(&Invariant::Expected) { plan.tallies() } else { Vec::new() };
        Ok(Self {
            scenario: scenario.clone(),
            moves: Moves::new(plan, asked, kept, false, bounds.memory),
            reduced: true,
            passed_over: false,
            next: 0,
            transitions: 0,
            layer: 1,
            depth: 0,
        })
    }

    /// Follows every order, whether it can matter or not, and tells every cause from every other: to
    /// compare. For a search that has not begun.
    pub fn in_full(mut self) -> Self {
        self.reduced = false;
        self.moves.uses = Uses::Each;
        self
    }

    /// How far it is.
    pub fn reached(&self) -> Reached {
        Reached {
            states: self.moves.store.len(),
            open: self.moves.store.len() - self.next,
            transitions: self.transitions,
            depth: self.depth,
            memory: self.moves.memory(),
        }
    }

    /// Goes on with at most so many states; the end, once it is there. After the end there is none.
    pub fn run(&mut self, states: u32) -> Option<Verdict> {
        let until = self.next.saturating_add(states);
        while self.next < self.moves.store.len() {
            if self.next >= until {
                return None;
            }
            if self.next >= self.layer {
                self.layer = self.moves.store.len();
                self.depth += 1;
            }
            match self.follow(self.next) {
                Ok(()) => self.next += 1,
                Err(Stop::Full) => return Some(self.verdict(Answer::Unknown)),
                Err(Stop::Failed { from, choice, violation }) => {
                    if self.reduced && self.passed_over {
                        // Shorter runs may have been passed over.
                        return self.again();
                    }
                    let found = self.tell(from, choice, &violation);
                    return Some(self.verdict(Answer::Fails(Box::new(found))));
                }
            }
        }
        Some(self.verdict(Answer::Holds))
    }

    /// Begins anew, in full: something is known to fail, and the shortest way there is wanted.
    fn again(&mut self) -> Option<Verdict> {
        self.reduced = false;
        self.moves.restart();
        self.passed_over = false;
        (self.next, self.layer, self.depth) = (0, 1, 0);
        None
    }

    /// To the end, however long it takes.
    pub fn finish(mut self) -> Verdict {
        loop {
            if let Some(verdict) = self.run(u32::MAX) {
                return verdict;
            }
        }
    }

    fn verdict(&self, answer: Answer) -> Verdict {
        Verdict { answer, reached: self.reached() }
    }

    /// Makes every move from a state.
    fn follow(&mut self, from: u32) -> Result<(), Stop> {
        let (key, place) = self.moves.store.state(from);
        let choices = place.choices(&self.moves.plan);
        let alone = match self.reduced && choices.len() > 1 {
            true => reduce::alone(&self.moves.store, &key, &place, &self.moves.plan),
            false => None,
        };
        for choice in choices {
            let Moved { key, violation } =
                self.moves.make(&key, &place, choice).ok_or(Stop::Full)?;
            self.transitions += 1;
            if let Some(violation) = violation {
                return Err(Stop::Failed { from, choice, violation });
            }
            let room = self.moves.room();
            self.moves.store.keep(&key, from, choice, room).ok_or(Stop::Full)?;
            if alone.is_some_and(|before| reduce::took_one(&self.moves.store, &key, before)) {
                self.passed_over = true;
                break;
            }
        }
        Ok(())
    }

    /// The run that leads from the beginning through a state and one choice more.
    fn tell(&self, from: u32, choice: Choice, violation: &Violation) -> Counterexample {
        let mut way: Vec<Choice> = self.moves.store.way(from);
        way.push(choice);
        let what = violation.say(&self.moves.plan);
        let story = story::tell(&self.scenario, &self.moves.plan, &way, &what);
        Counterexample {
            invariant: violation.invariant(),
            what,
            length: u32::try_from(way.len()).unwrap_or(u32::MAX),
            scenario: story,
        }
    }
}
