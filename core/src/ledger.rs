//! The ledger of causes and signals.
//!
//! Each cause is in exactly one place: signalled, merged into another, waiting, or lost. Only
//! waiting causes are kept by name; the rest are counts, so a long run costs no memory.

use alloc::vec::Vec;

use crate::event::{CauseId, Place};
use crate::scenario::ast::Tally;
use crate::sorted::Sorted;

/// Counts of a run so far.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Summary {
    /// Raises by the function and loopback triggers.
    pub causes: u32,
    /// Causes an eventfd rose for.
    pub signalled: u32,
    /// Causes that joined one already waiting.
    pub merged: u32,
    /// Causes that may still be signalled.
    pub waiting: u32,
    /// Causes nothing will ever signal for.
    pub lost: u32,
    /// Increments of eventfds by the host; a level can signal more than once.
    pub signals: u32,
}

impl Summary {
    /// Whether every cause is in exactly one place.
    pub fn balances(&self) -> bool {
        self.causes == self.signalled + self.merged + self.waiting + self.lost
    }
}

/// The ledger of one run.
#[derive(PartialEq, Eq, Hash, Debug, Default)]
pub struct Ledger {
    /// Number of the last cause.
    last: u32,
    causes: u32,
    signalled: u32,
    merged: u32,
    lost: u32,
    signals: u32,
    /// Causes between birth and their first place (at most a handful, within one step).
    open: Vec<CauseId>,
    waiting: Sorted<CauseId, Place>,
}

/// `clone_from` keeps what was allocated.
impl Clone for Ledger {
    fn clone(&self) -> Self {
        Self { open: self.open.clone(), waiting: self.waiting.clone(), ..*self }
    }

    fn clone_from(&mut self, other: &Self) {
        self.open.clone_from(&other.open);
        self.waiting.clone_from(&other.waiting);
        let Self { last, causes, signalled, merged, lost, signals, open: _, waiting: _ } = *other;
        (self.last, self.causes, self.signalled) = (last, causes, signalled);
        (self.merged, self.lost, self.signals) = (merged, lost, signals);
    }
}

impl Ledger {
    /// A new cause.
    pub fn cause(&mut self) -> CauseId {
        self.causes += 1;
        self.last += 1;
        let cause = CauseId(self.last);
        self.open.push(cause);
        cause
    }

    /// Gives the next cause this number, 1 or more, instead of the next one up. No waiting cause may
    /// have it.
    pub fn number_from(&mut self, number: u32) {
        self.last = number - 1;
    }

    /// Forgets how many causes and signals there were, except the counts named and what waits: what
    /// came about in different ways is then the same.
    pub fn forget(&mut self, except: &[Tally]) {
        let keep = |tally| except.contains(&tally);
        self.last = 0;
        if keep(Tally::Causes) {
            return;
        }
        let counts = [
            (Tally::Signalled, &mut self.signalled),
            (Tally::Merged, &mut self.merged),
            (Tally::Lost, &mut self.lost),
            (Tally::Signals, &mut self.signals),
        ];
        for (tally, count) in counts {
            if !keep(tally) {
                *count = 0;
            }
        }
        self.causes = self.signalled + self.merged + self.lost + self.waiting.len() as u32;
    }

    /// Takes a cause out of where it is; `false` if it was already settled.
    fn leave(&mut self, cause: CauseId) -> bool {
        if self.waiting.remove(&cause).is_some() {
            return true;
        }
        let open = self.open.iter().position(|id| *id == cause);
        open.map(|at| self.open.swap_remove(at)).is_some()
    }

    /// The cause waits, or waits somewhere else than before.
    pub fn waits(&mut self, cause: CauseId, place: Place) {
        if self.leave(cause) {
            self.waiting.insert(cause, place);
        }
    }

    /// The cause merged into another.
    pub fn merges(&mut self, cause: CauseId) {
        if self.leave(cause) {
            self.merged += 1;
        }
    }

    /// An eventfd rose for the cause: for the first time if it was not settled, else again.
    pub fn signals(&mut self, cause: CauseId) {
        self.signals += 1;
        if self.leave(cause) {
            self.signalled += 1;
        }
    }

    /// Nothing will signal for the cause. `false`, and nothing changes, if it was signalled before.
    pub fn loses(&mut self, cause: CauseId) -> bool {
        let left = self.leave(cause);
        if left {
            self.lost += 1;
        }
        left
    }

    /// Counts so many as lost, and no more: who forgets counts may know better what was one.
    pub(crate) fn set_lost(&mut self, lost: u32) {
        self.causes = self.causes - self.lost + lost;
        self.lost = lost;
    }

    /// Where a waiting cause is.
    pub fn place(&self, cause: CauseId) -> Option<Place> {
        self.waiting.get(&cause).copied()
    }

    /// The waiting causes, oldest first.
    pub fn waiting(&self) -> impl Iterator<Item = (CauseId, Place)> + '_ {
        self.waiting.iter()
    }

    /// Whether every cause is in exactly one place. While one is being dealt with it is in none.
    pub fn balances(&self) -> bool {
        self.open.is_empty() && self.summary().balances()
    }

    /// The counts.
    pub fn summary(&self) -> Summary {
        Summary {
            causes: self.causes,
            signalled: self.signalled,
            merged: self.merged,
            waiting: u32::try_from(self.waiting.len()).unwrap_or(u32::MAX),
            lost: self.lost,
            signals: self.signals,
        }
    }
}
