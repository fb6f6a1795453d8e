//! A trace as rows: what text and diagram lay out, in order.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::cycles::{Move, moves};
use super::words::{Lane, call_words, clean, fd_name, only, outcome_words, short, source_lane};
use crate::device::{Answer, Fd};
use crate::event::{CauseId, Event, Loss, Outcome, Place, Source, Step};
use crate::trace::{Entry, Trace};

/// One row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Row {
    /// Line of the scenario, from 1.
    pub(super) line: u32,
    /// Number of the first event it shows, counted over the run from 0.
    pub(super) first: usize,
    /// How many events it shows.
    pub(super) events: usize,
    /// What it shows.
    pub(super) kind: Kind,
}

/// What a row shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// User to host.
    Call(String),
    /// Host to user.
    Return { text: String, note: Option<String>, refused: bool },
    /// The host's own moves, and its writes to the function.
    Step(Move),
    /// An interrupt on its way.
    Path(Path),
    /// The INTx line changes level by itself.
    Line { up: bool },
    /// The user alone.
    User(String),
    /// The run's own comment.
    Note(String),
    /// A line of the scenario without events.
    Quiet(String),
    /// An expectation that did not hold.
    Failed { expected: String, actual: String },
    /// Rows left out in the middle of a long run.
    Left(Left),
}

/// An interrupt (or several alike) on its way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Path {
    /// Where this part of the way begins.
    pub(super) from: Lane,
    /// What happens there, `None` if the cause was only met again.
    pub(super) what: Option<String>,
    /// Whether something left the function: a message, or the line went up.
    pub(super) leaves: bool,
    /// Whether the INTx line goes up on the way.
    pub(super) raises: bool,
    /// First and last cause.
    pub(super) causes: (CauseId, CauseId),
    /// Where this part of the way ends.
    pub(super) end: End,
}

impl Path {
    /// How many causes go this way.
    pub(super) fn times(&self) -> u32 {
        (self.causes.1.0 - self.causes.0.0).saturating_add(1)
    }

    /// `#3`, `#3–#9`.
    pub(super) fn ids(&self) -> String {
        let (first, last) = self.causes;
        if first == last { first.to_string() } else { format!("{first}–{last}") }
    }

    /// What happens at its begin, with how often.
    pub(super) fn begin(&self) -> Option<String> {
        let what = self.what.as_ref()?;
        Some(if self.times() == 1 { what.clone() } else { format!("{what} ×{}", self.times()) })
    }
}

/// Where a part of an interrupt's way ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// An eventfd rose; its name and its counter after that.
    Signal(String, u64),
    /// It waits.
    Waits(Place),
    /// It joined another.
    Merged(CauseId, Place),
    /// It is gone.
    Lost(Loss),
    /// On its way to the host; rows below tell.
    Host,
}

/// What was left out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Left {
    pub(super) events: usize,
    pub(super) lines: (u32, u32),
    pub(super) lost: u32,
    pub(super) failed: u32,
}

impl Left {
    /// One line that says what is missing.
    pub(super) fn words(&self) -> String {
        let (first, last) = self.lines;
        let lines =
            if first == last { format!("line {first}") } else { format!("lines {first}–{last}") };
        let mut words = format!("… {} events left out ({lines})", self.events);
        if self.lost > 0 {
            words += &format!(", {} LOST among them", self.lost);
        }
        if self.failed > 0 {
            words += &format!(", {} FAILED", self.failed);
        }
        words
    }
}

/// Lost causes and failed expectations kept in the part of a long run that is left out.
const KEPT: usize = 20;

/// The rows of a trace, about `most` at most: of a longer one the begin, the end, and between
/// them the first lost causes and failed expectations.
pub(super) fn rows(trace: &Trace, most: usize) -> Vec<Row> {
    let mut squeeze = Squeeze { most: most.max(2), ..Squeeze::default() };
    let mut first = 0;
    for entry in &trace.entries {
        for row in entry_rows(entry, first, &trace.names) {
            squeeze.push(row);
        }
        first += entry.events.len();
    }
    squeeze.finish()
}

/// Keeps the begin and the end of a stream of rows.
#[derive(Default)]
struct Squeeze {
    most: usize,
    head: Vec<Row>,
    kept: usize,
    left: Option<Row>,
    tail: VecDeque<Row>,
}

impl Squeeze {
    fn push(&mut self, row: Row) {
        if self.tail.is_empty() && self.left.is_none() && self.head.len() < self.most / 2 {
            return self.head.push(row);
        }
        self.tail.push_back(row);
        if self.tail.len() > self.most - self.most / 2 {
            let row = self.tail.pop_front().expect("just pushed");
            self.leave_out(row);
        }
    }

    fn leave_out(&mut self, row: Row) {
        let lost = match &row.kind {
            Kind::Path(path) if matches!(path.end, End::Lost(_)) => path.times(),
            _ => 0,
        };
        let failed = u32::from(matches!(row.kind, Kind::Failed { .. }));
        if (lost > 0 || failed > 0) && self.kept < KEPT {
            self.kept += 1;
            self.head.extend(self.left.take());
            return self.head.push(row);
        }
        let Row { line, first, events, .. } = row;
        match &mut self.left {
            Some(Row { events: all, kind: Kind::Left(left), .. }) => {
                *all += events;
                left.events += events;
                left.lines.1 = line;
                left.lost += lost;
                left.failed += failed;
            }
            _ => {
                let kind = Kind::Left(Left { events, lines: (line, line), lost, failed });
                self.left = Some(Row { line, first, events, kind });
            }
        }
    }

    fn finish(mut self) -> Vec<Row> {
        self.head.extend(self.left);
        self.head.extend(self.tail);
        self.head
    }
}

fn entry_rows(entry: &Entry, first: usize, names: &BTreeMap<Fd, String>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut push = |at: usize, events: usize, kind: Kind| {
        rows.push(Row { line: entry.line, first: first + at, events, kind });
    };
    let events = &entry.events;
    // An eventfd that is made because a request names it is no news.
    let implied = events.iter().any(|event| !matches!(event, Event::Opened { .. }));
    let mut at = 0;
    while at < events.len() {
        let rest = &events[at..];
        let mut taken = 1;
        match &rest[0] {
            Event::Step(_) => {
                let steps: Vec<&Step> = rest
                    .iter()
                    .map_while(|event| match event {
                        Event::Step(step) => Some(step),
                        _ => None,
                    })
                    .collect();
                taken = steps.len();
                let mut step = at;
                for a_move in moves(&steps) {
                    let events = a_move.events;
                    push(step, events, Kind::Step(a_move));
                    step += events;
                }
            }
            Event::Call(call) => push(at, 1, Kind::Call(call_words(call, names))),
            Event::Return(outcome) => push(at, 1, returned(outcome)),
            Event::Line { up } => push(at, 1, Kind::Line { up: *up }),
            Event::Opened { fd, eventfd } => {
                if !implied {
                    let word = if *eventfd { "eventfd" } else { "plainfd" };
                    push(at, 1, Kind::User(format!("{word} {}", fd_name(*fd, names))));
                }
            }
            Event::Read { fd, value } => {
                let fd = fd_name(*fd, names);
                push(
                    at,
                    1,
                    Kind::User(match value {
                        Some(value) => format!("read {fd} = {value}"),
                        None => format!("read {fd}: EAGAIN"),
                    }),
                );
            }
            Event::Wrote { fd, value } => {
                push(at, 1, Kind::User(format!("write {} += {value}", fd_name(*fd, names))));
            }
            Event::Closed { fd } => {
                push(at, 1, Kind::User(format!("close {}", fd_name(*fd, names))))
            }
            Event::Guest(event) => {
                push(at, 1, Kind::User(event.words(|fd| fd_name(fd, names))));
            }
            Event::Note(note) => push(at, 1, Kind::Note(clean(note).into_owned())),
            Event::Cause { .. }
            | Event::Sent { .. }
            | Event::Diverted { .. }
            | Event::Waits { .. }
            | Event::Merged { .. }
            | Event::Signalled { .. }
            | Event::Lost { .. } => {
                if let Some((path, length)) = path(rest, names) {
                    taken = length;
                    push(at, length, Kind::Path(path));
                }
            }
        }
        at += taken;
    }
    let mut rows = alike(rows);
    let row = |kind| Row { line: entry.line, first, events: 0, kind };
    if rows.is_empty() {
        let text = clean(&entry.text).into_owned();
        let text = short(&text, 200);
        rows.push(row(Kind::Quiet(match entry.checks.as_slice() {
            [] => format!("{text} (nothing seen)"),
            checks if checks.iter().all(|check| check.held) => format!("{text}: as expected"),
            _ => text.into_owned(),
        })));
    }
    rows.extend(entry.checks.iter().filter(|check| !check.held).map(|check| {
        row(Kind::Failed {
            expected: clean(&check.expected).into_owned(),
            actual: clean(&check.actual).into_owned(),
        })
    }));
    rows
}

fn returned(outcome: &Outcome) -> Kind {
    let (note, refused) = match outcome {
        Outcome::Answer(Answer::Only(n)) => (Some(only(*n)), true),
        Outcome::Refused { clause, .. } => {
            (clause.as_ref().map(|clause| format!("refused: {}", clean(clause))), true)
        }
        _ => (None, false),
    };
    Kind::Return { text: outcome_words(outcome), note, refused }
}

/// How far ahead in its line a cause's signal is looked for.
const AHEAD: usize = 16;

/// The way of the cause that the first event is about, and how many events tell it.
fn path(events: &[Event], names: &BTreeMap<Fd, String>) -> Option<(Path, usize)> {
    let cause = events.first()?.cause()?;
    let mut path = Path {
        from: Lane::Function,
        what: None,
        leaves: false,
        raises: false,
        causes: (cause, cause),
        end: End::Host,
    };
    let mut fired = None;
    let mut length = 0;
    for event in events {
        match event {
            Event::Line { up: true } if !path.raises => {
                (path.leaves, path.raises) = (true, true);
            }
            event if event.cause() != Some(cause) => break,
            Event::Cause { .. } if length > 0 => break,
            Event::Cause { source, .. } => {
                path.from = source_lane(*source);
                path.what = Some(source.to_string());
                if let Source::Fire(vector) = source {
                    fired = Some(*vector);
                }
            }
            Event::Sent { index, vector, .. } => {
                path.leaves = true;
                match &mut path.what {
                    None => path.what = Some(format!("send {vector}")),
                    Some(what) if fired != Some(*vector) => {
                        *what += &format!(" → {index} {vector}")
                    }
                    Some(_) => {}
                }
            }
            Event::Diverted { .. } => {
                let what = path.what.get_or_insert_with(String::new);
                *what += if what.is_empty() { "→ INTx" } else { " → INTx" };
            }
            Event::Signalled { eventfd, counter, .. } => {
                if path.what.is_none() {
                    (path.from, path.what) = (Lane::Host, Some("signal".into()));
                }
                path.end = End::Signal(fd_name(*eventfd, names), *counter);
            }
            Event::Waits { place, .. } => path.end = End::Waits(*place),
            Event::Merged { into, place, .. } => path.end = End::Merged(*into, *place),
            Event::Lost { why, .. } => path.end = End::Lost(*why),
            _ => break,
        }
        length += 1;
        if path.end != End::Host {
            break;
        }
    }
    // The line may be told after the cause that raised it.
    if path.end == End::Waits(Place::IntxLevel)
        && !path.raises
        && events.get(length) == Some(&Event::Line { up: true })
    {
        (path.leaves, path.raises) = (true, true);
        length += 1;
    }
    let signalled =
        |event: &Event| matches!(event, Event::Signalled { cause: other, .. } if *other == cause);
    if path.leaves
        && matches!(path.end, End::Waits(_))
        && events.iter().skip(length).take(AHEAD).any(signalled)
    {
        path.end = End::Host;
    }
    if path.raises {
        let what = path.what.get_or_insert_with(|| "INTx".into());
        what.push_str(" ▲");
    }
    Some((path, length))
}

/// Joins interrupts that go the same way one after another, from three on.
fn alike(rows: Vec<Row>) -> Vec<Row> {
    let mut joined: Vec<Row> = Vec::with_capacity(rows.len());
    let mut rest = rows.as_slice();
    while let Some(row) = rest.first() {
        let mut length = 1;
        while rest.get(length).is_some_and(|next| follows(&rest[length - 1], next, row)) {
            length += 1;
        }
        if length < 3 {
            length = 1;
        }
        let mut row = row.clone();
        let last = &rest[length - 1];
        if let (Kind::Path(path), Kind::Path(end)) = (&mut row.kind, &last.kind) {
            path.causes.1 = end.causes.1;
            path.end = end.end.clone();
        }
        row.events = rest[..length].iter().map(|row| row.events).sum();
        joined.push(row);
        rest = &rest[length..];
    }
    joined
}

/// Whether the next row is the same once more, for the next cause.
fn follows(last: &Row, next: &Row, first: &Row) -> bool {
    let (Kind::Path(last), Kind::Path(next), Kind::Path(first)) =
        (&last.kind, &next.kind, &first.kind)
    else {
        return false;
    };
    let same_end = match (&last.end, &next.end) {
        (End::Signal(name, counter), End::Signal(other, after)) => {
            name == other && counter.checked_add(1) == Some(*after)
        }
        (last, next) => last == next,
    };
    same_end
        && next.what == first.what
        && next.from == first.from
        && next.leaves == first.leaves
        && next.raises == first.raises
        && last.causes.1.0.checked_add(1) == Some(next.causes.0.0)
}

/// Where the causes that wait at the end of a trace wait, oldest first.
pub(super) fn waiting(trace: &Trace) -> Vec<(CauseId, Place)> {
    let mut waiting = BTreeMap::new();
    for event in trace.entries.iter().flat_map(|entry| &entry.events) {
        match event {
            Event::Waits { cause, place } => {
                waiting.insert(*cause, *place);
            }
            Event::Signalled { cause, .. }
            | Event::Merged { cause, .. }
            | Event::Lost { cause, .. } => {
                waiting.remove(cause);
            }
            _ => {}
        }
    }
    waiting.into_iter().collect()
}

/// The ledger's lines: the counts, then where waiting causes wait.
pub(super) fn ledger(trace: &Trace) -> Vec<String> {
    let sum = &trace.ledger;
    let raises = |text: &str| ["fire ", "assert "].iter().any(|verb| text.starts_with(verb));
    if sum.causes == 0 && trace.entries.iter().any(|entry| raises(&entry.text)) {
        return Vec::from(["causes: this device does not report them".into()]);
    }
    let mut counts = format!(
        "causes {} = signalled {} + merged {} + waiting {} + lost {}",
        sum.causes, sum.signalled, sum.merged, sum.waiting, sum.lost
    );
    if sum.signals != sum.signalled {
        counts += &format!("; signals {}", sum.signals);
    }
    let mut lines = Vec::from([counts]);
    let waiting = waiting(trace);
    if !waiting.is_empty() {
        const SHOWN: usize = 6;
        let mut places: Vec<String> =
            waiting.iter().take(SHOWN).map(|(cause, place)| format!("{cause} {place}")).collect();
        if waiting.len() > SHOWN {
            places.push(format!("… {} more", waiting.len() - SHOWN));
        }
        lines.push(format!("waiting: {}", places.join("; ")));
    }
    lines
}
