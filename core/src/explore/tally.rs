//! How many runs lose something, and how much.

use alloc::vec;
use alloc::vec::Vec;

use super::moves::{Moved, Moves};
use super::plan::Plan;
use super::store::Store;
use super::{Bounds, Reached, story};
use crate::scenario::ast::Tally;
use crate::scenario::{Overrides, Scenario, TextError};

/// What the runs of a text lose.
#[derive(Clone, PartialEq, Debug)]
pub struct Tallied {
    /// Runs: orders of all that happens, each counted once. Saturates at 2^128 - 1.
    pub runs: u128,
    /// Runs in which something is lost.
    pub losing: u128,
    /// Most interrupts lost in one.
    pub worst: u32,
    /// A run that loses so many, no longer than any other; where something is lost.
    pub example: Option<Scenario>,
    /// What it took.
    pub reached: Reached,
}

/// Follows every run to its end and counts. `None`: the memory was used up before all was seen.
///
/// # Errors
/// A text that can't be explored, and where.
pub fn tally(
    scenario: &Scenario,
    overrides: &Overrides,
    bounds: Bounds,
) -> Result<Option<Tallied>, TextError> {
    let plan = Plan::new(scenario, overrides)?;
    let mut moves = Moves::new(plan, Vec::new(), vec![Tally::Lost], true, bounds.memory);
    // Where each state's moves lead, one list behind another.
    let (mut to, mut ends) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < moves.store.len() {
        let (key, place) = moves.store.state(at);
        for choice in place.choices(&moves.plan) {
            let Some(Moved { key, .. }) = moves.make(&key, &place, choice) else {
                return Ok(None);
            };
            // The lists count, and what a longer one takes while it grows; so does what counting
            // takes in the end.
            let lists = 4 * 3 * to.capacity() + 32 * ends.capacity();
            let room = moves.room().saturating_sub(lists);
            let Some(next) = moves.store.keep(&key, at, choice, room) else {
                return Ok(None);
            };
            to.push(next);
        }
        ends.push(to.len() as u32);
        at += 1;
    }
    let Moves { plan, store, .. } = moves;
    Ok(Some(count(scenario, &plan, &store, &to, &ends)))
}

fn count(scenario: &Scenario, plan: &Plan, store: &Store, to: &[u32], ends: &[u32]) -> Tallied {
    let states = ends.len();
    let of = |at: usize| {
        let first = if at == 0 { 0 } else { ends[at - 1] as usize };
        &to[first..ends[at] as usize]
    };
    // Every move goes on: no state is come back to. So states can be taken up once all that lead to
    // them were.
    let mut open = vec![0u32; states];
    to.iter().for_each(|next| open[*next as usize] += 1);
    let mut ways = vec![0u128; states];
    ways[0] = 1;
    let mut ready = vec![0usize];
    let mut found = Tallied {
        runs: 0,
        losing: 0,
        worst: 0,
        example: None,
        reached: Reached {
            states: store.len(),
            open: 0,
            transitions: to.len() as u64,
            depth: 0,
            memory: store.memory(),
        },
    };
    let mut worst: Option<u32> = None;
    while let Some(at) = ready.pop() {
        let here = ways[at];
        for next in of(at) {
            let next = *next as usize;
            ways[next] = ways[next].saturating_add(here);
            open[next] -= 1;
            if open[next] == 0 {
                ready.push(next);
            }
        }
        if !of(at).is_empty() {
            continue;
        }
        let number = at as u32;
        let lost = store.lost(number);
        found.runs = found.runs.saturating_add(here);
        if lost > 0 {
            found.losing = found.losing.saturating_add(here);
        }
        let better = lost > found.worst || lost == found.worst && worst.is_some_and(|w| number < w);
        if lost > 0 && better {
            (found.worst, worst) = (lost, Some(number));
        }
    }
    if let Some(at) = worst {
        let way = store.way(at);
        found.reached.depth = way.len() as u32;
        let why = match found.worst {
            1 => "one interrupt is lost".into(),
            worst => alloc::format!("{worst} interrupts are lost"),
        };
        found.example = Some(story::tell(scenario, plan, &way, &why));
    }
    found
}
