//! How long an interrupt would be lost, and which queues work in the end.

use alloc::format;
use alloc::vec::Vec;

use super::play::{Beat, Play};
use super::race::Start;
use crate::device::{Fd, Stimulus};
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
            self.machine.advance(&mut ());
            return Some(true);
        }
        let (beat, rest) = self.beats.split_first()?;
        self.beats = rest;
        match beat {
            Beat::Action(_) => {}
            Beat::Start(vector) => started.push(*vector),
            Beat::Call(_, call) => {
                self.machine.begin(call.clone(), &mut ());
                self.machine.advance(&mut ());
                return Some(true);
            }
        }
        Some(false)
    }

    /// Whether an interrupt fired now is lost by the end.
    fn loses(&self, vector: u16) -> bool {
        let mut run = self.clone();
        let before = run.machine.ledger.summary().lost;
        run.machine.stimulate(Stimulus::Fire(vector), &mut ());
        while run.step(&mut Vec::new()).is_some() {}
        run.machine.ledger.summary().lost > before
    }

    /// Whether an interrupt fired now signals an eventfd somebody waits for, or waits for its entry
    /// to be unmasked.
    fn works(&self, vector: u16, play: &Play, fds: &[Fd]) -> bool {
        let name = |fd: Fd| {
            let at = fds.iter().position(|one| *one == fd)?;
            play.eventfds.get(at).map(alloc::string::String::as_str)
        };
        let mut machine = self.machine.clone();
        let mut events: Vec<Event> = Vec::new();
        machine.stimulate(Stimulus::Fire(vector), &mut events);
        let (guest, aside) = (format!("v{vector}"), format!("u{vector}"));
        events.iter().any(|event| match event {
            Event::Signalled { eventfd, .. } => match name(*eventfd) {
                Some("intx") => !play.guest,
                Some(name) => name == guest || name == aside,
                None => false,
            },
            _ => false,
        })
    }
}

/// Plays it once without interrupts, and asks after every micro-step what one would come to.
pub(super) fn window(play: &Play, start: &Start) -> Window {
    let mut run = Run { machine: start.machine.clone(), beats: &play.beats };
    let mut started = Vec::new();
    let (mut longest, mut now) = (0, 0);
    while let Some(stepped) = run.step(&mut started) {
        if stepped {
            let open = started.iter().any(|vector| run.loses(*vector));
            now = if open { now + 1 } else { 0 };
            longest = now.max(longest);
        }
    }
    let working = started.iter().filter(|vector| run.works(**vector, play, &start.fds)).count();
    Window { steps: longest, working: working as u32 }
}
