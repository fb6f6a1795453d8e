//! A text that ran: its player and its numbered trace.

use std::fmt;

use vfio_irq_core::device::Moment;
use vfio_irq_core::event::{Event, Step};
use vfio_irq_core::machine::Machine;
use vfio_irq_core::scenario::{Overrides, Player, Scenario, TextError};
use vfio_irq_core::trace::{Entry, Trace};

use crate::edit::Spot;
use crate::index::Index;

/// A run, from its first event to its last.
pub struct Run {
    /// The text that ran.
    pub text: Box<str>,
    /// Its trace, numbered.
    pub index: Index,
    player: Player,
}

/// A run equals itself only: comparing is for knowing whether to draw again.
impl PartialEq for Run {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Run {}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("text", &self.text).finish_non_exhaustive()
    }
}

impl Run {
    /// Runs a text.
    pub fn new(text: &str) -> Result<Self, Vec<TextError>> {
        let scenario = Scenario::parse(text)?;
        let player = Player::new(scenario, Overrides::default()).map_err(|error| vec![error])?;
        Ok(Self { text: text.into(), index: Index::new(player.trace()), player })
    }

    /// The trace.
    pub fn trace(&self) -> &Trace {
        self.player.trace()
    }

    /// Number of events.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether nothing happens.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// The machine at a position.
    pub fn machine(&self, position: usize) -> Machine {
        self.player.machine_at(position)
    }

    /// The event that led to a position, with its line.
    pub fn current(&self, position: usize) -> Option<(&Entry, &Event)> {
        self.index.event(self.trace(), position.checked_sub(1)?)
    }

    /// The position right after the first loss, if anything is lost.
    pub fn first_loss(&self) -> Option<usize> {
        let lost = |row: &usize| {
            matches!(self.index.event(self.trace(), *row), Some((_, Event::Lost { .. })))
        };
        (0..self.len()).find(lost).map(|row| row + 1)
    }

    /// The position before the next step or answer: what a step and the interrupts placed after it
    /// bring about is over there.
    fn next_move(&self, position: usize) -> usize {
        let is_move = |row: &usize| {
            let event = self.index.event(self.trace(), *row).map(|(_, event)| event);
            matches!(event, Some(Event::Step(_) | Event::Call(_) | Event::Return(_)))
        };
        (position..self.len()).find(is_move).unwrap_or(self.len())
    }

    /// The position at the end of a line of the text.
    fn end_of_line(&self, line: u32) -> Option<usize> {
        let at = self.trace().entries.iter().position(|entry| entry.line == line)?;
        Some(self.index.span(at).end)
    }

    /// The line that goes on at a position: the current event's.
    pub fn line(&self, position: usize) -> Option<u32> {
        self.current(position).map(|(entry, _)| entry.line)
    }

    /// Where the text takes an interrupt that comes at this position: between two lines a line,
    /// inside a call a moment after the last micro-step.
    pub fn spot(&self, position: usize) -> Spot {
        let trace = self.trace();
        let Some(row) = position.checked_sub(1).and_then(|row| self.index.row(row)) else {
            let first = trace.entries.iter().find(|entry| entry.line > 0);
            return Spot::After(first.map_or(u32::MAX, |entry| entry.line - 1));
        };
        let Some(entry) = trace.entries.get(row.entry as usize) else {
            return Spot::After(u32::MAX);
        };
        let done = &entry.events[..=row.event as usize];
        let returned = done.iter().any(|event| matches!(event, Event::Return(_)));
        let called = matches!(entry.events.first(), Some(Event::Call(_)));
        if !called || returned || done.len() == entry.events.len() {
            return Spot::After(entry.line);
        }
        match moment(done) {
            Some(moment) if entry.line > 0 => Spot::Inside(entry.line, moment),
            // Nothing has happened in the call yet: just before it is the same.
            _ => Spot::After(entry.line.saturating_sub(1)),
        }
    }
}

/// The last step among these events, by its name.
fn moment(events: &[Event]) -> Option<Moment> {
    let steps = || {
        events.iter().filter_map(|event| match event {
            Event::Step(step) => Some(Step::to_string(step)),
            _ => None,
        })
    };
    let name = steps().next_back()?;
    let nth = steps().filter(|step| *step == name).count();
    Some(Moment { step: name, nth: u32::try_from(nth).ok()? })
}

/// The position after what was raised: `new` is the run of `old`'s text with something more at
/// `spot`, which `position` led to.
pub fn position_after(old: &Run, new: &Run, spot: &Spot, position: usize) -> usize {
    match spot {
        Spot::After(line) => {
            let before = u32::try_from(old.text.lines().count()).unwrap_or(u32::MAX);
            new.end_of_line(line.saturating_add(1).min(before.saturating_add(1)))
                .unwrap_or(position)
        }
        Spot::Inside(..) => new.next_move(position),
    }
}
