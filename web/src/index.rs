//! A trace, numbered: every event of a run in one row, every line a span of rows, every cause a
//! story of rows.
//!
//! A *position* is a number of events that have happened: 0 is before all, the current event is
//! the one before the position.

use std::collections::BTreeMap;
use std::ops::Range;

use vfio_irq_core::device::Fd;
use vfio_irq_core::event::{CauseId, Event, Loss, Place, Source};
use vfio_irq_core::ledger::Summary;
use vfio_irq_core::trace::{Entry, Trace};

/// What a row shows besides its own event: what goes on while it happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Row {
    /// Number of the entry (line) in the trace.
    pub entry: u32,
    /// Number of the event in the entry.
    pub event: u32,
    /// The INTx line's level before the event.
    pub line_before: bool,
    /// The INTx line's level after it.
    pub line_after: bool,
    /// Causes that wait after it.
    pub waiting: Waiting,
}

/// Where causes wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Waiting {
    /// In the host: an irq descriptor.
    pub host: bool,
    /// In the function: pending bits, or held.
    pub function: bool,
    /// On the INTx level.
    pub intx: bool,
}

/// A cause and the rows it is in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Story {
    /// Its number.
    pub id: CauseId,
    /// What brought it into being.
    pub source: Source,
    /// The rows about it, from birth, ascending.
    pub rows: Vec<usize>,
}

/// Where a cause is at a position.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// Born, and in no place yet: on its way.
    Moving,
    /// An eventfd rose for it.
    Signalled {
        /// Which, the last time.
        fd: Fd,
        /// How often: a level can signal more than once.
        times: u32,
    },
    /// It joined another.
    Merged {
        /// Which shares its fate with it.
        into: CauseId,
    },
    /// It waits.
    Waiting(Place),
    /// Nothing will ever signal for it.
    Lost(Loss),
}

impl Fate {
    /// The ledger's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Moving => "on its way",
            Self::Signalled { .. } => "signalled",
            Self::Merged { .. } => "merged",
            Self::Waiting(_) => "waiting",
            Self::Lost(_) => "lost",
        }
    }
}

/// The numbered trace.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Index {
    rows: Vec<Row>,
    spans: Vec<Range<usize>>,
    stories: Vec<Story>,
}

impl Index {
    /// Numbers a trace.
    pub fn new(trace: &Trace) -> Self {
        let mut index = Self::default();
        let mut line = false;
        let mut waits = Waits::default();
        for (entry, at) in trace.entries.iter().zip(0..) {
            let first = index.rows.len();
            for (event, number) in entry.events.iter().zip(0..) {
                let before = line;
                if let Event::Line { up } = event {
                    line = *up;
                }
                waits.follow(event);
                index.tell(event);
                index.rows.push(Row {
                    entry: at,
                    event: number,
                    line_before: before,
                    line_after: line,
                    waiting: waits.now(),
                });
            }
            index.spans.push(first..index.rows.len());
        }
        index
    }

    /// Adds the row about to be pushed to the story of its cause.
    fn tell(&mut self, event: &Event) {
        let row = self.rows.len();
        if let Event::Cause { cause, source } = event {
            self.stories.push(Story { id: *cause, source: *source, rows: vec![row] });
        } else if let Some(at) = event.cause().and_then(|cause| self.find(cause)) {
            self.stories[at].rows.push(row);
        }
    }

    /// Causes are numbered as they are born.
    fn find(&self, cause: CauseId) -> Option<usize> {
        self.stories.binary_search_by_key(&cause, |story| story.id).ok()
    }

    /// Number of events.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A row.
    pub fn row(&self, row: usize) -> Option<Row> {
        self.rows.get(row).copied()
    }

    /// The line and the event of a row.
    pub fn event<'t>(&self, trace: &'t Trace, row: usize) -> Option<(&'t Entry, &'t Event)> {
        let row = self.row(row)?;
        let entry = trace.entries.get(row.entry as usize)?;
        Some((entry, entry.events.get(row.event as usize)?))
    }

    /// The rows of an entry.
    pub fn span(&self, entry: usize) -> Range<usize> {
        self.spans.get(entry).cloned().unwrap_or_default()
    }

    /// The position after the line that goes on, or of the next one.
    pub fn line_after(&self, position: usize) -> usize {
        self.spans.iter().map(|span| span.end).find(|end| *end > position).unwrap_or(self.len())
    }

    /// The position before the line that goes on, or of the one before.
    pub fn line_before(&self, position: usize) -> usize {
        let ends = self.spans.iter().map(|span| span.end);
        ends.take_while(|end| *end < position).last().unwrap_or(0)
    }

    /// The causes born before a position, oldest first.
    pub fn causes(&self, position: usize) -> &[Story] {
        let born = self.stories.partition_point(|story| story.rows[0] < position);
        &self.stories[..born]
    }

    /// The ledger at a position, by the events that came before it. (A machine is only ever seen
    /// after a whole micro-step, which may bring several events.) What is in no place yet, "on its
    /// way", is what the causes are more than the sum.
    pub fn summary(&self, trace: &Trace, position: usize) -> Summary {
        let mut sum = Summary::default();
        for story in self.causes(position) {
            sum.causes += 1;
            match self.fate(trace, story, position) {
                Fate::Moving => {}
                Fate::Signalled { times, .. } => {
                    sum.signalled += 1;
                    sum.signals += times;
                }
                Fate::Merged { .. } => sum.merged += 1,
                Fate::Waiting(_) => sum.waiting += 1,
                Fate::Lost(_) => sum.lost += 1,
            }
        }
        sum
    }

    /// A cause's story.
    pub fn story(&self, cause: CauseId) -> Option<&Story> {
        self.find(cause).map(|at| &self.stories[at])
    }

    /// Where a cause is at a position.
    pub fn fate(&self, trace: &Trace, story: &Story, position: usize) -> Fate {
        let mut fate = Fate::Moving;
        for row in story.rows.iter().take_while(|row| **row < position) {
            let Some((_, event)) = self.event(trace, *row) else { continue };
            fate = match (event, fate) {
                (Event::Signalled { eventfd: fd, .. }, Fate::Signalled { times, .. }) => {
                    Fate::Signalled { fd: *fd, times: times + 1 }
                }
                (Event::Signalled { eventfd: fd, .. }, _) => Fate::Signalled { fd: *fd, times: 1 },
                // A level that was signalled for stays signalled, whatever becomes of the level.
                (_, Fate::Signalled { .. }) => fate,
                (Event::Merged { into, .. }, _) => Fate::Merged { into: *into },
                (Event::Waits { place, .. }, _) => Fate::Waiting(*place),
                (Event::Lost { why, .. }, _) => Fate::Lost(*why),
                (Event::Sent { .. }, Fate::Waiting(_)) => Fate::Moving,
                _ => fate,
            };
        }
        fate
    }
}

/// The causes that wait, and how many in each lane.
#[derive(Default)]
struct Waits {
    places: BTreeMap<CauseId, Place>,
    host: usize,
    function: usize,
    intx: usize,
}

impl Waits {
    fn lane(&mut self, place: Place) -> &mut usize {
        match place {
            Place::IntxLevel => &mut self.intx,
            Place::MsiPending(_) | Place::Pba(_) | Place::Held(_) => &mut self.function,
            Place::Descriptor(..) => &mut self.host,
        }
    }

    fn follow(&mut self, event: &Event) {
        if let Some(place) = event.cause().and_then(|cause| self.places.remove(&cause)) {
            *self.lane(place) -= 1;
        }
        if let Event::Waits { cause, place } = event {
            self.places.insert(*cause, *place);
            *self.lane(*place) += 1;
        }
    }

    fn now(&self) -> Waiting {
        Waiting { host: self.host > 0, function: self.function > 0, intx: self.intx > 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(line: u32, events: Vec<Event>) -> Entry {
        Entry { line, text: String::new(), events, checks: Vec::new() }
    }

    fn trace() -> Trace {
        let cause = CauseId(1);
        let other = CauseId(2);
        Trace {
            function: String::new(),
            host: String::new(),
            names: Default::default(),
            entries: vec![
                entry(3, vec![Event::Note("a".into()), Event::Note("b".into())]),
                entry(
                    4,
                    vec![
                        Event::Cause { cause, source: Source::Fire(0) },
                        Event::Diverted { cause, vector: 0 },
                        Event::Line { up: true },
                        Event::Waits { cause, place: Place::IntxLevel },
                    ],
                ),
                entry(5, vec![]),
                entry(
                    6,
                    vec![
                        Event::Cause { cause: other, source: Source::Fire(1) },
                        Event::Merged { cause: other, into: cause, place: Place::IntxLevel },
                        Event::Line { up: false },
                        Event::Lost { cause, why: Loss::DivertedUnhandled },
                    ],
                ),
            ],
            ledger: Summary::default(),
            held: true,
        }
    }

    #[test]
    fn lines_step_over_whole_spans() {
        let index = Index::new(&trace());
        assert_eq!(index.len(), 10);
        assert_eq!([0, 1, 2, 5, 6, 10].map(|at| index.line_after(at)), [2, 2, 6, 6, 10, 10]);
        assert_eq!([0, 1, 2, 5, 6, 10].map(|at| index.line_before(at)), [0, 0, 0, 2, 2, 6]);
    }

    #[test]
    fn line_level_and_waiting_cover_the_rows_between() {
        let index = Index::new(&trace());
        let up: Vec<bool> = (0..10).map(|at| index.row(at).unwrap().line_after).collect();
        assert_eq!(up, [false, false, false, false, true, true, true, true, false, false]);
        let waits: Vec<bool> = (0..10).map(|at| index.row(at).unwrap().waiting.intx).collect();
        assert_eq!(waits, [false, false, false, false, false, true, true, true, true, false]);
    }

    #[test]
    fn fate_follows_the_position() {
        let trace = trace();
        let index = Index::new(&trace);
        let first = index.story(CauseId(1)).unwrap();
        assert_eq!(index.causes(2).len(), 0);
        assert_eq!(index.causes(3).len(), 1);
        assert_eq!(index.fate(&trace, first, 3), Fate::Moving);
        assert_eq!(index.fate(&trace, first, 6), Fate::Waiting(Place::IntxLevel));
        assert_eq!(index.fate(&trace, first, 10), Fate::Lost(Loss::DivertedUnhandled));
        let second = index.story(CauseId(2)).unwrap();
        assert_eq!(index.fate(&trace, second, 10), Fate::Merged { into: CauseId(1) });
    }
}
