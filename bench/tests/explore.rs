//! Core's explorer and two other checkers say the same: how many states there are, whether an
//! interrupt can be lost, and how many transitions the shortest run takes in which one is.

#[path = "../checkers/mod.rs"]
mod checkers;
mod random;

use checkers::model::{self, Found};
use checkers::spin::{self, Search, Verifier};
use checkers::{core, grow};
use vfio_irq_core::explore::Invariant;

/// States of the growing case, and length of its shortest loss, by vectors and arrivals. Counted by
/// SPIN, which knows the function and the host from `spin/grow.pml` alone.
const GROW: [(u32, u32, u32, u32); 5] =
    [(1, 1, 122, 21), (1, 3, 547, 21), (2, 1, 567, 32), (2, 2, 3314, 32), (2, 3, 13_295, 32)];

#[test]
fn growing_counted_by_all_gives_the_states_written_down() {
    for (vectors, arrivals, states, length) in GROW {
        let text = grow(vectors, arrivals);
        let case = format!("{vectors} vectors, {arrivals} arrivals");

        let seen = core::explore(&text, &[], true);
        let found = model::explore(&text, false, false);

        assert_eq!((seen.states, found.states), (states, states as usize), "{case}");
        assert_eq!(seen.transitions, found.transitions as u64, "{case}");
        assert_eq!(core::explore(&text, &[Invariant::Lost], true).length, Some(length), "{case}");
        assert_eq!((found.lost, model::nearest_loss(&text).length), (Some(length), Some(length)));
    }
}

#[test]
fn growing_counted_by_spin_gives_the_states_written_down() {
    if let Some(why) = spin::missing() {
        eprintln!("not compared with SPIN, because {why}");
        return;
    }
    for (vectors, arrivals, states, length) in GROW.into_iter().filter(|case| case.1 == 3) {
        let case = format!("{vectors} vectors, {arrivals} arrivals");
        let all = Verifier::new(vectors, arrivals, Search::States, &["-O0", "-DNOREDUCE"]).run(16);
        assert_eq!((all.states, all.before_loss), (states.into(), None), "{case}");

        let flags = ["-O0", "-DBFS", "-DNOREDUCE"];
        let nearest = Verifier::new(vectors, arrivals, Search::Losses, &flags).run(16);
        assert_eq!(nearest.before_loss, Some(length - 1), "{case}");
    }
}

/// What of random scenarios came up, so that a generator gone dull is noticed.
#[derive(Debug, Default)]
struct Kinds {
    lost: u32,
    kept: u32,
    unexpected: u32,
    second_thread: u32,
    /// Fewer transitions where orders that can't matter are passed over.
    reduced: u32,
}

#[test]
fn random_scenarios_explored_by_both_agree() {
    let mut kinds = Kinds::default();
    for seed in 0..random::SCENARIOS {
        let text = random::scenario(seed);
        let Found { states, transitions, lost, unexpected } = model::explore(&text, false, false);

        let seen = core::explore(&text, &[], true);
        let all = (seen.states as usize, seen.transitions as usize);
        assert_eq!(all, (states, transitions), "states and transitions, seed {seed}\n{text}");

        for full in [true, false] {
            let length = core::explore(&text, &[Invariant::Lost], full).length;
            assert_eq!(length, lost, "loss, in full: {full}, seed {seed}\n{text}");
        }
        assert_eq!(model::nearest_loss(&text).length, lost, "seed {seed}\n{text}");

        let compared = model::explore(&text, true, false);
        let expected = core::explore(&text, &[Invariant::Expected], true);
        assert_eq!(expected.length, compared.unexpected, "expected, seed {seed}\n{text}");
        if expected.length.is_none() {
            assert_eq!(expected.states as usize, compared.states, "seed {seed}\n{text}");
        }
        assert_eq!(compared.lost, lost, "the counts kept change nothing, seed {seed}\n{text}");

        kinds.lost += u32::from(lost.is_some());
        kinds.kept += u32::from(lost.is_none());
        kinds.unexpected += u32::from(unexpected.is_some());
        let reduced = core::explore(&text, &[], false).transitions;
        kinds.reduced += u32::from(reduced < seen.transitions);
        kinds.second_thread += u32::from(text.contains("meanwhile set_irqs"));
    }
    let Kinds { lost, kept, unexpected, second_thread, reduced } = kinds;
    let least = [lost, kept, unexpected, second_thread, reduced].into_iter().min();
    assert!(least >= Some(random::SCENARIOS as u32 / 16), "{kinds:?}");
}
