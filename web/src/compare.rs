//! Two runs side by side: their lines aligned, within a line their events, and for two hosts on one
//! text the rule that makes them differ first.
//!
//! Events are the same if a reader would see the same: descriptors count by their names, causes by
//! the line they are born in, whatever their numbers are.

use vfio_irq_core::event::{CauseId, Event};
use vfio_irq_core::host::{DIFFERENCES, Difference, HostProfile};
use vfio_irq_core::scenario::{Overrides, Scenario, run_emulated};
use vfio_irq_core::trace::{Entry, Trace};

use crate::run::Run;
use crate::view::mark::mark;

/// How far a pair is looked for before two events count as changed into each other.
const AHEAD: usize = 64;

/// A row of the comparison: a line of the text, or an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    /// Line numbers in the two texts, from 1.
    pub lines: [Option<u32>; 2],
    /// Numbers of the entries in the two traces.
    pub entries: [Option<usize>; 2],
    /// Numbers of the events in their entries; `None`: the row is the line itself.
    pub events: Option<[Option<usize>; 2]>,
    /// Both sides say the same.
    pub same: bool,
    /// The position in the first run that shows it.
    pub seek: usize,
}

/// The comparison.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Comparison {
    /// Its rows.
    pub rows: Vec<Row>,
    /// The rows at which runs of differences begin.
    pub hunks: Vec<usize>,
}

/// How much a comparison shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Shown {
    /// Events of lines that went the same on both sides, too.
    pub all: bool,
    /// Each side has rows of its own: there is no room for two columns.
    pub narrow: bool,
}

impl Comparison {
    /// Compares two runs.
    pub fn new(a: &Run, b: &Run, shown: Shown) -> Self {
        let mut making =
            Making { made: Self::default(), runs: [a, b], born: Vec::new(), shown, position: 0 };
        let texts = [a, b].map(|run| run.text.lines().collect::<Vec<&str>>());
        let same = |i: usize, j: usize| texts[0][i].trim_end() == texts[1][j].trim_end();
        for (lines, same) in align(texts[0].len(), texts[1].len(), &same) {
            making.line(lines, same);
        }
        making.made.find_hunks();
        making.made
    }

    /// The first event that differs, or line that has no counterpart.
    pub fn first(&self) -> Option<&Row> {
        // A line that begins no event (`host`, a comment) may differ: that is no difference yet.
        let happens = |row: &&Row| !row.same && row.entries != [None, None];
        self.rows.iter().find(happens)
    }

    fn find_hunks(&mut self) {
        let mut before = true;
        for (at, row) in self.rows.iter().enumerate() {
            // A line that differs is its events' heading.
            let differs = !row.same && (row.events.is_some() || !self.has_events(at));
            if differs && before {
                self.hunks.push(at);
            }
            before = !differs;
        }
    }

    fn has_events(&self, line: usize) -> bool {
        self.rows.get(line + 1).is_some_and(|next| next.events.is_some())
    }
}

struct Making<'r> {
    made: Comparison,
    runs: [&'r Run; 2],
    /// For each cause of the second run, by its number, the one of the first that it is.
    born: Vec<CauseId>,
    shown: Shown,
    position: usize,
}

impl<'r> Making<'r> {
    /// Two lines that belong together, or one that has no counterpart.
    fn line(&mut self, at: [Option<usize>; 2], same_text: bool) {
        let lines = at.map(|at| at.and_then(|at| u32::try_from(at + 1).ok()));
        let entry = |side: usize| {
            let entries = &self.runs[side].trace().entries;
            entries.binary_search_by_key(&lines[side]?, |entry| entry.line).ok()
        };
        let entries = [entry(0), entry(1)];
        if entries == [None, None] && same_text {
            return;
        }
        let before = self.position;
        if let Some(entry) = entries[0] {
            self.position = self.runs[0].index.span(entry).end;
        }
        let pairs = self.events(entries);
        let same_events = pairs.iter().all(|(_, same)| *same);
        let mut row = Row {
            lines,
            entries,
            events: None,
            same: same_text && same_events,
            seek: self.position,
        };
        self.made.rows.push(row);
        if same_events && !self.shown.all {
            return;
        }
        row.seek = before;
        for (events, same) in pairs {
            row.seek += usize::from(events[0].is_some());
            row.same = same;
            row.events = Some(events);
            match events {
                [Some(a), Some(b)] if !same && self.shown.narrow => {
                    for events in [[Some(a), None], [None, Some(b)]] {
                        self.made.rows.push(Row { events: Some(events), ..row });
                    }
                }
                _ => self.made.rows.push(row),
            }
        }
    }

    /// The events of two entries, aligned.
    fn events(&mut self, entries: [Option<usize>; 2]) -> Vec<([Option<usize>; 2], bool)> {
        let [a, b] = self.runs.map(Run::trace);
        let entry = |trace: &'r Trace, at: Option<usize>| trace.entries.get(at?);
        let (ours, theirs) = (entry(a, entries[0]), entry(b, entries[1]));
        let count = |entry: Option<&Entry>| entry.map_or(0, |entry| entry.events.len());
        let (n, m) = (count(ours), count(theirs));
        let (Some(ours), Some(theirs)) = (ours, theirs) else {
            let left = (0..n).map(|at| ([Some(at), None], false));
            return left.chain((0..m).map(|at| ([None, Some(at)], false))).collect();
        };
        self.births(ours, theirs);
        let equal = |i: usize, j: usize| ours.events[i] == renamed(&theirs.events[j], &self.born);
        if n == m && (0..n).all(|at| equal(at, at)) {
            return (0..n).map(|at| ([Some(at), Some(at)], true)).collect();
        }
        let words = |trace: &Trace, entry: &Entry| -> Vec<String> {
            entry.events.iter().map(|event| words(trace, entry, event)).collect()
        };
        let (left, right) = (words(a, ours), words(b, theirs));
        let same = |i: usize, j: usize| {
            left[i] == right[j] && cause_agrees(&ours.events[i], &theirs.events[j], &self.born)
        };
        align(n, m, &same)
    }

    /// The n-th cause born in a line is the n-th of its counterpart.
    fn births(&mut self, ours: &Entry, theirs: &Entry) {
        let births = |entry: &Entry| -> Vec<CauseId> {
            let born = entry.events.iter().filter_map(|event| match event {
                Event::Cause { cause, .. } => Some(*cause),
                _ => None,
            });
            born.collect()
        };
        for (ours, theirs) in births(ours).into_iter().zip(births(theirs)) {
            let at = theirs.0 as usize;
            if self.born.len() <= at {
                self.born.resize(at + 1, CauseId(0));
            }
            self.born[at] = ours;
        }
    }
}

fn counterpart(cause: CauseId, born: &[CauseId]) -> CauseId {
    born.get(cause.0 as usize).copied().unwrap_or(CauseId(0))
}

fn cause_agrees(ours: &Event, theirs: &Event, born: &[CauseId]) -> bool {
    ours.cause() == theirs.cause().map(|cause| counterpart(cause, born))
}

/// The event with the first run's numbers of its causes.
fn renamed(event: &Event, born: &[CauseId]) -> Event {
    let mut event = event.clone();
    match &mut event {
        Event::Merged { cause, into, .. } => {
            *cause = counterpart(*cause, born);
            *into = counterpart(*into, born);
        }
        Event::Cause { cause, .. }
        | Event::Sent { cause, .. }
        | Event::Diverted { cause, .. }
        | Event::Waits { cause, .. }
        | Event::Signalled { cause, .. }
        | Event::Lost { cause, .. } => *cause = counterpart(*cause, born),
        _ => {}
    }
    event
}

/// What a reader sees of an event, numbers of causes and descriptors left out.
fn words(trace: &Trace, entry: &Entry, event: &Event) -> String {
    let mark = mark(trace, entry, event);
    match event {
        Event::Opened { .. } => mark.words,
        Event::Merged { .. } => mark.detail,
        _ => [mark.badge.as_deref().unwrap_or_default(), &mark.words, " ", &mark.detail].concat(),
    }
}

/// Pairs of what is the same, in order; what is in between stands alone, or changed into each
/// other. Takes time in proportion to the lengths: it looks a little ahead, not for the best.
fn align(
    n: usize,
    m: usize,
    same: &dyn Fn(usize, usize) -> bool,
) -> Vec<([Option<usize>; 2], bool)> {
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::with_capacity(n.max(m));
    // What both end in is never taken for something else.
    let tail = (0..n.min(m)).take_while(|at| same(n - 1 - at, m - 1 - at)).count();
    let (end_a, end_b) = (n - tail, m - tail);
    while i < end_a && j < end_b {
        if same(i, j) {
            pairs.push(([Some(i), Some(j)], true));
            (i, j) = (i + 1, j + 1);
            continue;
        }
        let ahead = (1..AHEAD).find_map(|step| {
            let more = j + step < end_b && same(i, j + step);
            let less = i + step < end_a && same(i + step, j);
            (more || less).then_some((step, more))
        });
        match ahead {
            Some((step, true)) => {
                pairs.extend((j..j + step).map(|at| ([None, Some(at)], false)));
                j += step;
            }
            Some((step, false)) => {
                pairs.extend((i..i + step).map(|at| ([Some(at), None], false)));
                i += step;
            }
            None => {
                pairs.push(([Some(i), Some(j)], false));
                (i, j) = (i + 1, j + 1);
            }
        }
    }
    pairs.extend((i..end_a).map(|at| ([Some(at), None], false)));
    pairs.extend((j..end_b).map(|at| ([None, Some(at)], false)));
    pairs.extend((0..tail).map(|at| ([Some(end_a + at), Some(end_b + at)], true)));
    pairs
}

/// The difference between two hosts that is responsible for what a line does: switched alone, it
/// makes one of them do what the other does there; or at least something else. Both ways count: an
/// addition that 6.1 refuses twice over is granted by no single switch, and refused by one.
pub fn responsible(
    text: &str,
    a: &HostProfile,
    b: &HostProfile,
    line: u32,
) -> Option<&'static Difference> {
    let mut cut = String::with_capacity(text.len());
    for line in text.lines().take(line as usize) {
        cut.push_str(line);
        cut.push('\n');
    }
    let scenario = Scenario::parse(&cut).ok()?;
    let entry = |host: &HostProfile| {
        let overrides = Overrides { host: Some(host.clone()), function: None };
        run_emulated(&scenario, &overrides).ok()?.entries.pop()
    };
    let did = [entry(a)?, entry(b)?];
    let mut other = None;
    for difference in DIFFERENCES {
        if (difference.of)(&a.rules) == (difference.of)(&b.rules) {
            continue;
        }
        for (side, host) in [a, b].into_iter().enumerate() {
            let mut host = host.clone();
            let on = (difference.of)(&host.rules);
            (difference.set)(&mut host.rules, !on);
            let switched = entry(&host)?;
            if switched.events == did[1 - side].events {
                return Some(difference);
            }
            if switched.events != did[side].events {
                other = other.or(Some(difference));
            }
        }
    }
    other
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
