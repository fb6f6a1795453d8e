//! How long an interrupt would be lost, and which queues work in the end.

use alloc::vec::Vec;

use super::play::{Beat, Play};
use super::race::Start;
use crate::device::Stimulus;
use crate::event::Event;
use crate::machine::Machine;

/// What can be said of single interrupts.
pub(super) struct Window {
    /// The longest row of micro-steps after each of which an interrupt of a running queue would be
    /// lost.
    pub(super) steps: u32,
    /// Queues running at the end whose interrupts reach who waits for them.
    pub(super) working: u32,
}

/// A machine in the midst of a play.
#[derive(Clone)]
struct Run<'a> {
    machine: Machine,
    beats: &'a [Beat],
}

impl Run<'_> {
    /// Goes on to the end of the next micro-step, or past what is none. `None`: it is over; else
    /// whether it was one.
    fn step(&mut self, started: &mut Vec<u16>) -> Option<bool> {
        if self.machine.is_calling() {
            return Some(self.advance());
        }
        let (beat, rest) = self.beats.split_first()?;
        self.beats = rest;
        match beat {
            Beat::Action(_) => {}
            Beat::Start(vector) => started.push(*vector),
            Beat::Call(_, call) => {
                self.machine.begin(call.clone(), &mut ());
                return Some(self.advance());
            }
        }
        Some(false)
    }

    /// Whether what was done was a micro-step; vfio-pci's own bookkeeping is none.
    fn advance(&mut self) -> bool {
        let mut events: Vec<Event> = Vec::new();
        self.machine.advance(&mut events);
        events.iter().any(|event| matches!(event, Event::Step(_)))
    }

    /// Whether an interrupt fired now reaches nobody by the end.
    fn loses(&self, vector: u16, play: &Play, start: &Start) -> bool {
        let mut run = self.clone();
        run.machine.stimulate(Stimulus::Fire(vector), &mut ());
        while run.step(&mut Vec::new()).is_some() {}
        start.lost(play, &run.machine, &[vector]) > 0
    }
}

/// Plays it once without interrupts, and asks after every micro-step what one would come to.
pub(super) fn window(play: &Play, start: &Start) -> Window {
    let mut run = Run { machine: start.machine.clone(), beats: &play.beats };
    let mut started = Vec::new();
    let (mut longest, mut now) = (0, 0);
    while let Some(stepped) = run.step(&mut started) {
        if stepped {
            let open = started.iter().any(|vector| run.loses(*vector, play, start));
            now = if open { now + 1 } else { 0 };
            longest = now.max(longest);
        }
    }
    let working = started.iter().filter(|vector| !run.loses(**vector, play, start)).count();
    Window { steps: longest, working: working as u32 }
}
