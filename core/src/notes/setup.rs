//! What the user has set up, as far as its requests and their answers tell.

use alloc::collections::{BTreeMap, BTreeSet};

use super::asked::{Asked, is_exclusive};
use crate::device::{Answer, Fd};
use crate::event::Outcome;
use crate::request::{Action, Data};
use crate::uapi::IrqIndex;

/// The one of INTx, MSI and MSI-X that is enabled.
#[derive(Clone, Debug)]
pub(super) struct Active {
    pub(super) index: IrqIndex,
    /// The line that enabled it.
    pub(super) line: u32,
    /// Vectors allocated by the enable: those below.
    pub(super) enabled: u32,
    /// Vectors added later.
    pub(super) added: BTreeSet<u32>,
    /// Triggers.
    pub(super) armed: BTreeMap<u32, Fd>,
    /// INTx's unmask eventfd.
    pub(super) unmask: Option<Fd>,
    /// The last request with eventfds was refused: what is armed may not be.
    pub(super) shaken: bool,
}

impl Active {
    pub(super) fn has(&self, vector: u32) -> bool {
        vector < self.enabled || self.added.contains(&vector)
    }

    /// How many vectors it has had.
    pub(super) fn vectors(&self) -> u32 {
        let above = self.added.iter().filter(|vector| **vector >= self.enabled).count();
        self.enabled.saturating_add(u32::try_from(above).unwrap_or(u32::MAX))
    }
}

/// Everything that is set up.
#[derive(Clone, Debug, Default)]
pub(super) struct Setup {
    pub(super) active: Option<Active>,
    err: Option<Fd>,
    req: Option<Fd>,
}

impl Setup {
    /// The index, if it is the one enabled.
    pub(super) fn on(&self, index: IrqIndex) -> Option<&Active> {
        self.active.as_ref().filter(|active| active.index == index)
    }

    /// INTx's trigger.
    pub(super) fn pin(&self) -> Option<Fd> {
        self.on(IrqIndex::Intx)?.armed.get(&0).copied()
    }

    /// The eventfds of the triggers in a request's range.
    pub(super) fn armed_in(&self, asked: &Asked) -> BTreeMap<u32, Fd> {
        let single = |fd: Option<Fd>| fd.map(|fd| (0, fd)).into_iter().collect();
        match asked.index {
            IrqIndex::Err => single(self.err),
            IrqIndex::Req => single(self.req),
            index => {
                let end = asked.start.saturating_add(asked.count);
                let armed = self.on(index).into_iter();
                let armed = armed.flat_map(|active| active.armed.range(asked.start..end));
                armed.map(|(at, fd)| (*at, *fd)).collect()
            }
        }
    }

    /// The index and vector an eventfd is a trigger of.
    pub(super) fn trigger(&self, fd: Fd) -> Option<(IrqIndex, u32)> {
        if let Some(active) = &self.active
            && let Some((vector, _)) = active.armed.iter().find(|(_, one)| **one == fd)
        {
            return Some((active.index, *vector));
        }
        let is = |one: Option<Fd>, index| (one == Some(fd)).then_some((index, 0));
        is(self.err, IrqIndex::Err).or_else(|| is(self.req, IrqIndex::Req))
    }

    /// The function was reset: what is armed may not be.
    pub(super) fn shaken(&mut self) {
        if let Some(active) = &mut self.active {
            active.shaken = true;
        }
    }

    pub(super) fn answered(&mut self, asked: &Asked, outcome: &Outcome, gone: &BTreeSet<u32>) {
        match outcome {
            Outcome::Answer(Answer::Done) => self.done(asked),
            // A first enable that failed leaves the index off, and it was off before.
            Outcome::Refused { clause, .. } if asked.triggers().is_some() => {
                let Some(active) = &mut self.active else { return };
                if active.index != asked.index || active.index == IrqIndex::Intx {
                    return;
                }
                active.shaken = true;
                if clause.is_some() {
                    active.armed.retain(|vector, _| !gone.contains(vector));
                }
            }
            _ => {}
        }
    }

    fn done(&mut self, asked: &Asked) {
        let triggers = asked.triggers();
        match (asked.index, triggers) {
            (IrqIndex::Err, triggers) => single(&mut self.err, asked, triggers.as_deref()),
            (IrqIndex::Req, triggers) => single(&mut self.req, asked, triggers.as_deref()),
            (index, Some(triggers)) => {
                let mut active = match self.active.take().filter(|active| active.index == index) {
                    Some(active) => active,
                    None => Active {
                        index,
                        line: asked.line,
                        enabled: asked.start.saturating_add(asked.count),
                        added: BTreeSet::new(),
                        armed: BTreeMap::new(),
                        unmask: None,
                        shaken: false,
                    },
                };
                active.shaken = false;
                for (vector, fd) in triggers {
                    if fd < 0 {
                        active.armed.remove(&vector);
                        continue;
                    }
                    active.armed.insert(vector, fd);
                    active.added.insert(vector);
                }
                self.active = Some(active);
            }
            (index, None) if asked.is_disable() => {
                self.active.take_if(|active| active.index == index);
            }
            (IrqIndex::Intx, None) if asked.action == Action::Unmask => {
                if let (Some(active), Data::Eventfd(fds)) = (&mut self.active, &asked.data) {
                    active.unmask = fds.first().copied().filter(|fd| *fd >= 0);
                }
            }
            _ => {}
        }
        debug_assert!(
            self.active.as_ref().is_none_or(|active| is_exclusive(active.index)),
            "ERR and REQ are kept apart"
        );
    }
}

/// ERR's or REQ's trigger after a request that was done.
fn single(trigger: &mut Option<Fd>, asked: &Asked, triggers: Option<&[(u32, Fd)]>) {
    match triggers {
        Some([(_, fd), ..]) if *fd >= -1 => *trigger = Some(*fd).filter(|fd| *fd >= 0),
        None if asked.is_disable() => *trigger = None,
        _ => {}
    }
}
