//! Time: how far a step goes, where a jump leads, what the ledger says on the way.

use vfio_irq_core::event::{CauseId, Event};
use vfio_irq_core::ledger::Summary;

use super::*;
use crate::index::{Fate, Story};

const TEXT: &str = "\
function e1000e
host     linux-6.1
set_irqs msix trigger eventfd 0 [a]  -> 0
fire 0 x3
set_irqs msix trigger eventfd 1 [b]  -> EINVAL
set_irqs msix trigger none 0+0       -> 0
fire 0 x2
set_irqs msix trigger eventfd 0 [a, b] x2
read a
assert intx
deassert intx
";

fn begin() -> State {
    let state = State::new(TEXT, Some(0));
    assert_eq!(&*state.errors, &[], "the text of a test is right");
    state
}

fn event(state: &State) -> Event {
    let run = state.run.as_deref().expect("a run");
    run.current(state.position).expect("not at the beginning").1.clone()
}

fn line(state: &State) -> u32 {
    state.run.as_deref().and_then(|run| run.line(state.position)).expect("not at the beginning")
}

#[test]
fn request_steps_stop_after_each_repetition() {
    let mut state = begin();
    let mut lines = Vec::new();
    while state.position < state.len() {
        let next = state.reduce(Action::Forward(Grain::Request));
        assert!(next.position > state.position);
        assert_eq!(next.reduce(Action::Back(Grain::Request)).position, state.position);
        state = next;
        lines.push(line(&state));
    }
    assert_eq!(lines, [3, 4, 4, 4, 5, 6, 7, 7, 8, 8, 9, 10, 11]);
}

#[test]
fn other_grain_of_a_micro_step_is_a_request_and_back() {
    assert_eq!(Grain::Event.other(), Grain::Request);
    assert_eq!(Grain::Request.other(), Grain::Event);
}

#[test]
fn jumps_lead_from_one_landmark_to_the_next_and_back() {
    let begin = begin();
    let jump = |state: &State, landmark, back| state.reduce(Action::Jump(landmark, back));
    let loss = jump(&begin, Landmark::Loss, false);
    assert!(matches!(event(&loss), Event::Lost { .. }));
    let refusal = jump(&begin, Landmark::Refusal, false);
    assert_eq!(line(&refusal), 5);
    let answer = jump(&refusal, Landmark::Answer, false);
    assert_eq!(line(&answer), 6);
    assert_eq!(jump(&answer, Landmark::Answer, true).position, refusal.position);
    let end = begin.reduce(Action::End);
    let signal = jump(&end, Landmark::Signal, true);
    assert!(matches!(event(&signal), Event::Signalled { .. }));
    assert_eq!(line(&signal), 4);
    // Where there is none, nothing moves.
    assert_eq!(jump(&begin, Landmark::Loss, true).position, 0);
    assert_eq!(jump(&end, Landmark::Loss, false).position, end.position);
}

#[test]
fn whole_run_plays_in_some_hundred_beats_however_long_it_is() {
    let long = State::new("fire 0 x20000\n", Some(0)).reduce(Action::Speed(Speed::Whole));
    let mut state = long.clone();
    let mut beats = 0;
    while state.position < state.len() {
        state = state.reduce(Action::Beat);
        beats += 1;
    }
    assert!((100..=250).contains(&beats), "{beats} beats for {} events", state.len());
    let short = begin().reduce(Action::Beat);
    assert_eq!(short.position, 1, "one micro-step a beat");
    let request = begin().reduce(Action::Grain(Grain::Request)).reduce(Action::Beat);
    assert_eq!(request.position, begin().reduce(Action::Forward(Grain::Request)).position);
}

#[test]
fn speeds_stay_within_what_there_is() {
    assert_eq!(Speed::Slow.next(false), Speed::Slow);
    assert_eq!(Speed::Slow.next(true), Speed::Normal);
    assert_eq!(Speed::Whole.next(true), Speed::Whole);
}

#[test]
fn followed_cause_has_its_way_until_the_text_knows_it_no_more() {
    let followed = begin().reduce(Action::Follow(Some(CauseId(4))));
    assert!(followed.way.is_some());
    assert_eq!(begin().reduce(Action::Follow(Some(CauseId(99)))).followed, None);
    let without = followed.reduce(Action::Replace("irq_info msix\n".into()));
    assert_eq!((without.followed, without.way), (None, None));
}

/// Where a cause is, by all its events from the first: what the index must say without looking at
/// all of them.
fn folded(run: &Run, story: &Story, position: usize) -> Fate {
    let mut fate = Fate::Moving;
    for row in story.rows.iter().take_while(|row| **row < position) {
        let (_, event) = run.index.event(run.trace(), *row).expect("a story's row");
        fate = match (event, fate) {
            (Event::Signalled { eventfd: fd, .. }, Fate::Signalled { times, .. }) => {
                Fate::Signalled { fd: *fd, times: times + 1 }
            }
            (Event::Signalled { eventfd: fd, .. }, _) => Fate::Signalled { fd: *fd, times: 1 },
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

#[test]
fn ledger_at_every_position_is_what_all_events_add_up_to() {
    let texts = [
        TEXT,
        "function simple\nset_irqs intx trigger eventfd 0 [a]\nassert intx\n\
         set_irqs intx unmask none 0+1 x100\ndeassert intx\n",
        "function simple\nset_irqs msi trigger eventfd 0 [a, -1]\nfire 0 x60\nfire 1 x60\n\
         set_irqs msi trigger none 0+0\n",
    ];
    for text in texts {
        let state = State::new(text, None);
        let run = state.run.as_deref().expect("the text is right");
        assert!(run.len() > 40, "{} events", run.len());
        for position in 0..=run.len() {
            let mut sum = Summary::default();
            for story in run.index.causes(position) {
                let fate = folded(run, story, position);
                assert_eq!(run.index.fate(run.trace(), story, position), fate, "at {position}");
                sum.causes += 1;
                match fate {
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
            assert_eq!(run.index.summary(position), sum, "at {position} of\n{text}");
        }
    }
}
