//! The way of one interrupt through the lanes, from its birth to its ledger entry: a thread
//! through every row between, also those that are about something else.
//!
//! An interrupt that merges goes on as the one it merged into.

use vfio_irq_core::event::{Event, Source};

use super::mark::{Lane, lanes_of};
use crate::index::{Fate, Story};
use crate::run::Run;

/// Most causes followed one into the other.
const MAX_MERGES: usize = 16;

/// The way of a cause.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Way {
    points: Vec<Point>,
    /// The last row it goes through.
    last: usize,
}

/// A row about the cause, and the lanes it comes from and goes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Point {
    row: usize,
    from: Lane,
    to: Lane,
}

/// The part of a way that is in one row.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stretch {
    /// From the top of the row to its middle.
    pub above: Option<Lane>,
    /// In the middle, from where it came to where the row's own mark begins.
    pub across: Option<(Lane, Lane)>,
    /// In the middle, along the row's own arrow.
    pub along: Option<(Lane, Lane)>,
    /// From the middle to the bottom.
    pub below: Option<Lane>,
}

impl Way {
    /// The way of a cause through a whole run.
    pub fn new(run: &Run, story: &Story) -> Self {
        let mut points: Vec<Point> = Vec::with_capacity(story.rows.len());
        let level = story.source == Source::AssertIntx;
        let mut next = Some(story);
        for _ in 0..MAX_MERGES {
            let Some(story) = next.take() else { break };
            let after = points.last().map(|point| point.row);
            let rows = story.rows.iter().filter(|row| after.is_none_or(|after| **row > after));
            for row in rows {
                let Some((_, event)) = run.index.event(run.trace(), *row) else { continue };
                let Some((from, to)) = lanes_of(event) else { continue };
                // A level that an eventfd rose for is still there.
                let stays = level && matches!(event, Event::Signalled { .. });
                let to = if stays { Lane::Intx } else { to };
                points.push(Point { row: *row, from, to });
                if let Event::Merged { into, .. } = event {
                    next = run.index.story(*into);
                }
            }
            if next.is_none() && run.index.fate(run.trace(), story, run.len()).is_open() {
                // It waits to the end, and so does the thread.
                return Self { points, last: run.len().saturating_sub(1) };
            }
        }
        let last = points.last().map_or(0, |point| point.row);
        Self { points, last }
    }

    /// What of it is in a row.
    pub fn at(&self, row: usize) -> Stretch {
        let next = self.points.partition_point(|point| point.row < row);
        let came = next.checked_sub(1).map(|at| self.points[at].to).filter(|_| row <= self.last);
        match self.points.get(next).filter(|point| point.row == row) {
            None => Stretch {
                above: came,
                below: came.filter(|_| row < self.last),
                ..Stretch::default()
            },
            Some(point) => Stretch {
                above: came,
                across: came.filter(|came| *came != point.from).map(|came| (came, point.from)),
                along: Some((point.from, point.to)).filter(|(from, to)| from != to),
                below: Some(point.to).filter(|_| row < self.last),
            },
        }
    }

    /// The row where it ends: what the ledger says in the end.
    pub fn end(&self) -> usize {
        self.points.last().map_or(0, |point| point.row)
    }
}

impl Fate {
    /// Something can still become of it.
    fn is_open(self) -> bool {
        matches!(self, Self::Moving | Self::Waiting(_))
    }
}

// Natively only: what it tests needs no browser.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use vfio_irq_core::event::CauseId;

    fn way(text: &str, cause: u32) -> (Run, Way) {
        let run = Run::new(text).expect("the text of a test is right");
        let way = Way::new(&run, run.index.story(CauseId(cause)).expect("it is born"));
        (run, way)
    }

    fn row_of(run: &Run, is: impl Fn(&Event) -> bool) -> usize {
        (0..run.len())
            .find(|row| is(run.index.event(run.trace(), *row).expect("a row").1))
            .expect("the run has such an event")
    }

    const LOST: &str = "function e1000e\nhost linux-6.1\nset_irqs msix trigger eventfd 0 [a]\n\
        set_irqs msix trigger none 0+0\nfire 0\nread a\nset_irqs msix trigger eventfd 0 [a, b]\n";

    #[test]
    fn thread_of_a_lost_interrupt_goes_from_birth_to_loss() {
        let (run, way) = way(LOST, 1);
        let birth = row_of(&run, |event| matches!(event, Event::Cause { .. }));
        let read = row_of(&run, |event| matches!(event, Event::Read { .. }));
        let lost = row_of(&run, |event| matches!(event, Event::Lost { .. }));
        assert_eq!(way.at(birth - 1), Stretch::default(), "nothing before it is born");
        let born = Stretch { below: Some(Lane::Function), ..Stretch::default() };
        assert_eq!(way.at(birth), born);
        let waits = Some(Lane::Intx);
        let through = Stretch { above: waits, below: waits, ..Stretch::default() };
        assert_eq!(way.at(read), through, "a row about something else");
        assert_eq!(way.at(lost), Stretch { above: waits, ..Stretch::default() });
        assert_eq!(way.at(lost + 1), Stretch::default(), "nothing after the loss");
        assert_eq!(way.end(), lost);
    }

    #[test]
    fn thread_of_a_merged_interrupt_goes_on_as_the_other() {
        let (run, way) = way(&LOST.replace("fire 0\n", "fire 0 x2\n"), 2);
        let lost = row_of(&run, |event| matches!(event, Event::Lost { .. }));
        assert_eq!(way.end(), lost, "it shares the other's fate");
        assert_eq!(way.at(lost).above, Some(Lane::Intx));
    }

    #[test]
    fn thread_of_one_that_waits_goes_to_the_end() {
        let (run, way) = way("function e1000e\nfire 0\nirq_info msix\n", 1);
        assert_eq!(way.at(run.len() - 1).above, Some(Lane::Intx));
        assert_eq!(way.at(run.len()), Stretch::default());
    }
}
