//! A trace, numbered: every event of a run in one row, every line a span of rows, every cause a
//! story of rows.
//!
//! A *position* is a number of events that have happened: 0 is before all, the current event is
//! the one before the position.

use std::mem::discriminant;
use std::ops::Range;

use vfio_irq_core::device::Fd;
use vfio_irq_core::event::{CauseId, Event, Loss, Place, Source};
use vfio_irq_core::ledger::Summary;
use vfio_irq_core::sorted::Sorted;
use vfio_irq_core::trace::{Entry, Trace};

use crate::time::Landmark;

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
    /// What its cause counted as before it, and counts as after it.
    turn: (Kind, Kind),
    /// An eventfd rises.
    signals: bool,
}

/// What a cause counts as in the ledger.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Kind {
    #[default]
    Unborn,
    Moving,
    Signalled,
    Merged,
    Waiting,
    Lost,
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
    /// Those where an eventfd rises.
    signals: Vec<usize>,
    /// What it counts as after the last of them.
    kind: Kind,
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
    /// The positions after each repetition of each line, ascending.
    ends: Vec<usize>,
    stories: Vec<Story>,
    /// The rows of each kind of landmark, ascending.
    landmarks: [Vec<usize>; Landmark::ALL.len()],
    /// The ledger at every position that is a multiple of [`STRIDE`].
    sums: Vec<Summary>,
}

/// Rows between two ledgers kept: looking one up adds up at most so many.
const STRIDE: usize = 128;

impl Index {
    /// Numbers a trace.
    pub fn new(trace: &Trace) -> Self {
        let mut index = Self::default();
        let mut line = false;
        let mut waits = Waits::default();
        let mut sum = Summary::default();
        for (entry, at) in trace.entries.iter().zip(0..) {
            let first = index.rows.len();
            // A repetition begins where what the line began with comes again.
            let mut begins = entry.events.iter();
            let begins = begins.find(|event| !matches!(event, Event::Opened { .. }));
            let begins = begins.map(discriminant);
            let mut begun = false;
            for (event, number) in entry.events.iter().zip(0..) {
                if begins == Some(discriminant(event)) && std::mem::replace(&mut begun, true) {
                    index.ends.push(index.rows.len());
                }
                let before = line;
                if let Event::Line { up } = event {
                    line = *up;
                }
                waits.follow(event);
                if index.rows.len().is_multiple_of(STRIDE) {
                    index.sums.push(sum);
                }
                let row = Row {
                    entry: at,
                    event: number,
                    line_before: before,
                    line_after: line,
                    waiting: waits.now(),
                    turn: index.tell(event),
                    signals: matches!(event, Event::Signalled { .. }),
                };
                row.add_to(&mut sum);
                for (landmark, rows) in Landmark::ALL.iter().zip(&mut index.landmarks) {
                    if landmark.is(event) {
                        rows.push(index.rows.len());
                    }
                }
                index.rows.push(row);
            }
            index.spans.push(first..index.rows.len());
            if index.ends.last() != Some(&index.rows.len()) && !index.rows.is_empty() {
                index.ends.push(index.rows.len());
            }
        }
        index
    }

    /// Adds the row about to be pushed to the story of its cause; what that counted as before,
    /// and counts as now.
    fn tell(&mut self, event: &Event) -> (Kind, Kind) {
        let row = self.rows.len();
        if let Event::Cause { cause, source } = event {
            self.stories.push(Story {
                id: *cause,
                source: *source,
                rows: vec![row],
                signals: Vec::new(),
                kind: Kind::Moving,
            });
            return (Kind::Unborn, Kind::Moving);
        }
        let Some(at) = event.cause().and_then(|cause| self.find(cause)) else {
            return Default::default();
        };
        let story = &mut self.stories[at];
        story.rows.push(row);
        let before = story.kind;
        story.kind = match (event, before) {
            (Event::Signalled { .. }, _) => {
                story.signals.push(row);
                Kind::Signalled
            }
            // A level that was signalled for stays signalled, whatever becomes of the level.
            (_, Kind::Signalled) => Kind::Signalled,
            (Event::Merged { .. }, _) => Kind::Merged,
            (Event::Waits { .. }, _) => Kind::Waiting,
            (Event::Lost { .. }, _) => Kind::Lost,
            (Event::Sent { .. }, Kind::Waiting) => Kind::Moving,
            _ => before,
        };
        (before, story.kind)
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
        let at = self.spans.partition_point(|span| span.end <= position);
        self.spans.get(at).map_or(self.len(), |span| span.end)
    }

    /// The position before the line that goes on, or of the one before.
    pub fn line_before(&self, position: usize) -> usize {
        let at = self.spans.partition_point(|span| span.end < position);
        at.checked_sub(1).map_or(0, |at| self.spans[at].end)
    }

    /// The position after the request that goes on, or of the next one: a line, or one repetition
    /// of it.
    pub fn request_after(&self, position: usize) -> usize {
        let at = self.ends.partition_point(|end| *end <= position);
        self.ends.get(at).copied().unwrap_or(self.len())
    }

    /// The position before the request that goes on, or of the one before.
    pub fn request_before(&self, position: usize) -> usize {
        let at = self.ends.partition_point(|end| *end < position);
        at.checked_sub(1).map_or(0, |at| self.ends[at])
    }

    /// The position right after the next event of a kind, or after the one before the current.
    pub fn landmark(&self, landmark: Landmark, position: usize, back: bool) -> Option<usize> {
        let rows = &self.landmarks[landmark as usize];
        let row = match back {
            false => rows.get(rows.partition_point(|row| *row < position)),
            true => rows[..rows.partition_point(|row| row + 1 < position)].last(),
        };
        row.map(|row| row + 1)
    }

    /// The causes born before a position, oldest first.
    pub fn causes(&self, position: usize) -> &[Story] {
        let born = self.stories.partition_point(|story| story.rows[0] < position);
        &self.stories[..born]
    }

    /// The ledger at a position, by the events that came before it. (A machine is only ever seen
    /// after a whole micro-step, which may bring several events.) What is in no place yet, "on its
    /// way", is what the causes are more than the sum.
    pub fn summary(&self, position: usize) -> Summary {
        let position = position.min(self.len());
        let kept = (position / STRIDE).min(self.sums.len().saturating_sub(1));
        let mut sum = self.sums.get(kept).copied().unwrap_or_default();
        for row in &self.rows[kept * STRIDE..position] {
            row.add_to(&mut sum);
        }
        sum
    }

    /// Number of a cause among the causes, from 0.
    pub fn number(&self, cause: CauseId) -> Option<usize> {
        self.find(cause)
    }

    /// A cause by its number.
    pub fn nth(&self, number: usize) -> Option<&Story> {
        self.stories.get(number)
    }

    /// A cause's story.
    pub fn story(&self, cause: CauseId) -> Option<&Story> {
        self.find(cause).map(|at| &self.stories[at])
    }

    /// Where a cause is at a position.
    pub fn fate(&self, trace: &Trace, story: &Story, position: usize) -> Fate {
        let times = story.signals.partition_point(|row| *row < position);
        let last = times.checked_sub(1).map(|at| story.signals[at]);
        if let Some((_, Event::Signalled { eventfd, .. })) =
            last.and_then(|row| self.event(trace, row))
        {
            let times = u32::try_from(times).unwrap_or(u32::MAX);
            return Fate::Signalled { fd: *eventfd, times };
        }
        let done = story.rows.partition_point(|row| *row < position);
        let mut left = false;
        for row in story.rows[..done].iter().rev() {
            match self.event(trace, *row).map(|(_, event)| event) {
                Some(Event::Merged { into, .. }) => return Fate::Merged { into: *into },
                Some(Event::Lost { why, .. }) => return Fate::Lost(*why),
                Some(Event::Waits { .. }) if left => return Fate::Moving,
                Some(Event::Waits { place, .. }) => return Fate::Waiting(*place),
                Some(Event::Sent { .. }) => left = true,
                _ => {}
            }
        }
        Fate::Moving
    }
}

impl Row {
    /// What its event changes in the ledger.
    fn add_to(&self, sum: &mut Summary) {
        let (before, after) = self.turn;
        if before != after {
            if before == Kind::Unborn {
                sum.causes += 1;
            }
            if let Some(count) = before.count(sum) {
                *count -= 1;
            }
            if let Some(count) = after.count(sum) {
                *count += 1;
            }
        }
        sum.signals += u32::from(self.signals);
    }
}

impl Kind {
    /// Where it is counted.
    fn count(self, sum: &mut Summary) -> Option<&mut u32> {
        match self {
            Self::Unborn | Self::Moving => None,
            Self::Signalled => Some(&mut sum.signalled),
            Self::Merged => Some(&mut sum.merged),
            Self::Waiting => Some(&mut sum.waiting),
            Self::Lost => Some(&mut sum.lost),
        }
    }
}

/// The causes that wait, and how many in each lane.
#[derive(Default)]
struct Waits {
    places: Sorted<CauseId, Place>,
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
