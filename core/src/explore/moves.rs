//! One move from a kept state to a kept state, made once for all states it does the same in.
//!
//! What a move does depends on function, host, guest, ledger and call; what counters hold and where
//! the threads and the other arrivals are does not matter. So its effect is kept by these, with the
//! eventfds it signals, and most moves are looked up. Not so where the user reads or writes, in a
//! text that closes descriptors (which are open matters), and where somebody takes counts: KVM, or
//! INTx's unmask eventfd.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem::size_of;

use super::Invariant;
use super::check::{self, Seen, Violation, is_loss};
use super::plan::{Act, Origin, Plan};
use super::store::{Key, Slot, Store, hash_of, spread, table_bytes};
use super::walk::{self, Caller, Choice, Place, Uses, Watch};
use crate::device::Fd;
use crate::event::{CauseId, Event};
use crate::host::IrqMode;
use crate::scenario::ast::Tally;

use hashbrown::HashTable;

/// The effects kept take at most this share of the memory.
const SHARE: usize = 8;

/// All that an effect depends on.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Cause {
    /// The machine, but for its descriptors.
    core: u32,
    /// Which move.
    which: u32,
}

/// What a move does.
struct Effect {
    cause: Cause,
    core: u32,
    /// Eventfds that rise by one, in order.
    signals: Box<[Fd]>,
    /// The thread's step is over.
    over: bool,
    /// The cause the move brings about was signalled.
    delivered: bool,
    violation: Option<Box<Violation>>,
}

/// A move made.
pub(super) struct Moved {
    pub(super) key: Key,
    pub(super) violation: Option<Violation>,
}

/// Makes moves.
pub(super) struct Moves {
    pub(super) plan: Plan,
    pub(super) store: Store,
    asked: Vec<Invariant>,
    /// Counts the states keep.
    kept: Vec<Tally>,
    /// Counts as lost what [`is_loss`] says, and nothing else.
    strict: bool,
    pub(super) uses: Uses,
    watch: Watch,
    effects: Vec<Effect>,
    table: HashTable<Slot>,
    elsewhere: usize,
    memory: usize,
}

impl Moves {
    /// At the beginning; `memory`: bytes all may take.
    pub(super) fn new(
        plan: Plan,
        asked: Vec<Invariant>,
        kept: Vec<Tally>,
        strict: bool,
        memory: usize,
    ) -> Self {
        let mut store = Store::new(plan.machine.clone());
        store.root(&Place::start(&plan), &kept);
        Self {
            plan,
            store,
            asked,
            kept,
            strict,
            uses: Uses::Alike,
            watch: Watch::default(),
            effects: Vec::new(),
            table: HashTable::new(),
            elsewhere: 0,
            memory,
        }
    }

    /// Forgets every state, and begins again.
    pub(super) fn restart(&mut self) {
        self.store = Store::new(self.plan.machine.clone());
        self.store.root(&Place::start(&self.plan), &self.kept);
        // Effects name parts by the numbers they had.
        self.effects.clear();
        self.table.clear();
        self.elsewhere = 0;
    }

    /// Bytes taken.
    pub(super) fn memory(&self) -> usize {
        self.store.memory() + self.own_memory()
    }

    fn own_memory(&self) -> usize {
        self.effects.capacity() * size_of::<Effect>() + self.elsewhere + table_bytes(&self.table)
    }

    /// What the states may take: all but the effects and what these may grow by.
    pub(super) fn room(&self) -> usize {
        self.memory - self.memory / SHARE
    }

    /// The state a choice leads to; `None`: there is no room for its parts.
    pub(super) fn make(&mut self, from: &Key, place: &Place, choice: Choice) -> Option<Moved> {
        let live = match self.asked.contains(&Invariant::Undisturbed) && !place.is_calling() {
            true if matches!(choice, Choice::Arrival(_)) => 0,
            true => {
                self.store.load(from);
                check::live(&self.store.machine, place, choice, &self.plan)
            }
            false => place.live,
        };
        let cause = self.cause(from, place, choice);
        let Some(cause) = cause else { return self.really(from, place, choice, live, None) };
        let hash = hash_of(&cause);
        let same =
            |slot: &Slot| slot.hash == hash && self.effects[slot.number as usize].cause == cause;
        let Some(slot) = self.table.find(spread(hash), same) else {
            return self.really(from, place, choice, live, Some(cause));
        };
        let effect = &self.effects[slot.number as usize];
        if let Some(violation) = &effect.violation {
            return Some(Moved { key: *from, violation: Some((**violation).clone()) });
        }
        if let (Choice::Arrival(at), false) = (choice, effect.delivered)
            && place.live & 1 << at != 0
        {
            let violation = Violation::Undisturbed { cause: CauseId(cause.which) };
            return Some(Moved { key: *from, violation: Some(violation) });
        }
        let place = place.after(choice, effect.over, live);
        let key = self.store.key_of(from, effect.core, &effect.signals, &place)?;
        Some(Moved { key, violation: None })
    }

    /// Where a state's effect can be kept, what by.
    fn cause(&self, from: &Key, place: &Place, choice: Choice) -> Option<Cause> {
        let (host, guest) = (self.store.host(from), self.store.guest(from));
        let taken = matches!(host.mode(), IrqMode::Intx(intx) if intx.unmask.is_some());
        if taken || self.plan.closes || !guest.irqfds().is_empty() {
            return None;
        }
        let which = match choice {
            Choice::Arrival(at) => {
                let at = usize::from(at);
                // Alike, the machine says which number it gets.
                let came = match self.uses {
                    Uses::Each => self.plan.arrivals[at].times - place.left[at],
                    Uses::Alike => 0,
                };
                Origin::Arrival(at).number(came)
            }
            _ => {
                let caller = place.thread(choice)?;
                match place.at(caller, &self.plan)?.act {
                    Act::Call(_) | Act::Stimulate(_) => {}
                    _ => return None,
                }
                let second = caller == Caller::Second;
                let at = usize::from(if second { place.second } else { place.first });
                Origin::Step { second, at }.number(0)
            }
        };
        Some(Cause { core: from.core, which })
    }

    /// Makes it on the machine.
    fn really(
        &mut self,
        from: &Key,
        place: &Place,
        choice: Choice,
        live: u16,
        cause: Option<Cause>,
    ) -> Option<Moved> {
        self.store.load(from);
        self.watch.clear();
        let machine = &mut self.store.machine;
        let masked = check::intx_masked(machine);
        let lost = machine.ledger.summary().lost;
        let made = walk::make(machine, &self.plan, place, choice, live, self.uses, &mut self.watch);
        let events = self.watch.events();
        let seen =
            Seen { plan: &self.plan, machine, before: place, made: &made, choice, masked, events };
        let violation = self.asked.iter().find_map(|one| seen.violates(*one));
        machine.ledger.forget(&self.kept);
        if self.strict {
            let real = events.iter().filter(
                |event| matches!(event, Event::Lost { cause, why } if is_loss(*cause, *why)),
            );
            machine.ledger.set_lost(lost + real.count() as u32);
        }
        let key = self.store.number(from, &made.place)?;
        // One that depends on the place is not kept with the effect.
        let here = matches!(violation, Some(Violation::Undisturbed { .. }));
        if let Some(cause) = cause
            && !here
            && self.has_room()
        {
            let signals = events.iter().filter_map(|event| match event {
                Event::Signalled { eventfd, .. } => Some(*eventfd),
                _ => None,
            });
            let signals: Box<[Fd]> = signals.collect();
            let delivered =
                made.cause.is_some_and(|cause| walk::signalled(events, cause).next().is_some());
            self.elsewhere += size_of::<Fd>() * signals.len()
                + violation.as_ref().map_or(0, |_| size_of::<Violation>());
            let slot = Slot { hash: hash_of(&cause), number: self.effects.len() as u32 };
            self.table.insert_unique(spread(slot.hash), slot, |slot| spread(slot.hash));
            self.effects.push(Effect {
                cause,
                core: key.core,
                signals,
                over: made.reply.is_some() && made.place.caller == Caller::Nobody,
                delivered,
                violation: violation.clone().map(Box::new),
            });
        }
        Some(Moved { key, violation })
    }

    /// Whether one effect more stays within its share, even if it makes all of it grow.
    fn has_room(&self) -> bool {
        3 * self.own_memory() + 4096 < self.memory / SHARE
    }
}
