//! The playground's state, driven by what a reader does.

use proptest::collection;
use proptest::prelude::*;
use vfio_irq_core::device::Stimulus;
use vfio_irq_core::event::{CauseId, Event, Loss};

use super::*;
use crate::index::Fate;

const TEARDOWN: &str = "\
function e1000e
host     linux-6.1
set_irqs msix trigger eventfd 0 [a]     -> 0
fire 0                                  -> a=1
set_irqs msix trigger none 0+0          -> 0  # off
set_irqs msix trigger eventfd 0 [a, b]  -> 0
";

fn state(text: &str) -> State {
    let state = State::new(text, Some(usize::MAX));
    assert_eq!(&*state.errors, &[], "the text of a test is right");
    state
}

fn edited(state: &State, text: &str) -> State {
    state.reduce(Action::Edit(text.into())).reduce(Action::Settle)
}

/// The position right after the first step of that name.
fn after_step(state: &State, name: &str) -> usize {
    let run = state.run.as_ref().unwrap();
    let is = |row: &usize| match run.index.event(run.trace(), *row) {
        Some((_, Event::Step(step))) => step.to_string() == name,
        _ => false,
    };
    (0..run.len()).find(is).unwrap_or_else(|| panic!("no step {name}")) + 1
}

fn fate(state: &State, cause: u32) -> Fate {
    let run = state.run.as_ref().unwrap();
    let story = run.index.story(CauseId(cause)).expect("the cause is born");
    run.index.fate(run.trace(), story, state.position)
}

#[test]
fn numbered_events_are_the_players() {
    let state = state(TEARDOWN);
    let run = state.run.as_ref().unwrap();
    assert!(run.len() > 20);
    let summary = run.machine(run.len()).ledger.summary();
    assert_eq!(summary.causes as usize, run.index.causes(run.len()).len());
    assert_eq!(run.machine(0).ledger.summary().causes, 0);
}

#[test]
fn ledger_of_the_whole_run_is_the_machines() {
    let lost = TEARDOWN.replace("  # off", "  { after \"clear MSI-X Enable\": fire 0 }");
    for text in [TEARDOWN, &lost, "fire 0 x5\nassert intx\ndeassert intx\n"] {
        let state = state(text);
        let run = state.run.as_ref().unwrap();
        let machine = run.machine(run.len()).ledger.summary();
        assert_eq!(run.index.summary(run.len()), machine, "{text}");
        assert_eq!(run.index.summary(0).causes, 0);
    }
}

#[test]
fn cause_is_not_lost_before_its_event_says_so() {
    let lost = TEARDOWN.replace("  # off", "  { after \"clear MSI-X Enable\": fire 0 }");
    let state = State::new(&lost, None);
    let run = state.run.as_ref().unwrap();
    let at = |position| run.index.summary(position);
    assert_eq!((at(state.position).lost, at(state.position).waiting), (1, 0));
    assert_eq!((at(state.position - 1).lost, at(state.position - 1).waiting), (0, 1));
}

#[test]
fn steps_stay_within_the_run() {
    let end = state(TEARDOWN);
    let len = end.len();
    assert_eq!(end.position, len);
    assert_eq!(end.reduce(Action::Forward(Grain::Event)).position, len);
    assert_eq!(end.reduce(Action::Forward(Grain::Line)).position, len);
    let begin = end.reduce(Action::Begin);
    assert_eq!(begin.reduce(Action::Back(Grain::Event)).position, 0);
    assert_eq!(begin.reduce(Action::Back(Grain::Line)).position, 0);
    assert_eq!(begin.reduce(Action::Forward(Grain::Event)).position, 1);
    assert_eq!(end.reduce(Action::Seek(usize::MAX)).position, len);
    assert_eq!(begin.reduce(Action::End).position, len);
}

#[test]
fn line_steps_meet_at_the_ends_of_lines() {
    let mut state = state(TEARDOWN).reduce(Action::Begin);
    let mut forward = vec![0];
    while state.position < state.len() {
        state = state.reduce(Action::Forward(Grain::Line));
        forward.push(state.position);
    }
    let mut back = vec![state.position];
    while state.position > 0 {
        state = state.reduce(Action::Back(Grain::Line));
        back.push(state.position);
    }
    back.reverse();
    assert_eq!(forward, back);
    assert_eq!(forward.len(), 5, "four lines do something: {forward:?}");
}

#[test]
fn wrong_text_keeps_the_last_run() {
    let good = state(TEARDOWN);
    let bad = edited(&good, &TEARDOWN.replace("fire 0  ", "fier 0  "));
    assert!(bad.stale());
    assert_eq!((bad.errors[0].line, bad.errors[0].column), (4, 1));
    assert_eq!(bad.len(), good.len());
    assert_eq!(bad.position, good.position);
    let fired = bad.reduce(Action::Raise(Stimulus::Fire(0)));
    assert_eq!(fired.text, bad.text, "nothing to fire at");
    assert!(!edited(&bad, TEARDOWN).stale());
}

#[test]
fn text_runs_only_when_settled() {
    let good = state(TEARDOWN);
    let typing = good.reduce(Action::Edit("nonsense".into()));
    assert!(!typing.settled() && !typing.stale());
    assert!(typing.reduce(Action::Settle).stale());
}

#[test]
fn fire_between_lines_becomes_a_line() {
    let begin = state(TEARDOWN).reduce(Action::Begin);
    let enabled = begin.reduce(Action::Forward(Grain::Line));
    let fired = enabled.reduce(Action::Raise(Stimulus::Fire(0)));
    assert_eq!(fired.text.lines().nth(3), Some("fire 0"));
    assert_eq!(fate(&fired, 1).word(), "signalled");
    assert_eq!(fired.run.as_ref().unwrap().line(fired.position), Some(4));
}

#[test]
fn fire_before_everything_comes_before_the_first_step() {
    let fired = state(TEARDOWN).reduce(Action::Begin).reduce(Action::Raise(Stimulus::Fire(0)));
    assert_eq!(fired.text.lines().nth(2), Some("fire 0"));
}

#[test]
fn fire_inside_a_call_is_lost_in_the_teardown_window() {
    let end = state(TEARDOWN);
    let inside = end.reduce(Action::Seek(after_step(&end, "clear MSI-X Enable")));
    let fired = inside.reduce(Action::Raise(Stimulus::Fire(0)));
    let line = fired.text.lines().nth(4).unwrap();
    assert!(line.ends_with("-> 0  { after \"clear MSI-X Enable\": fire 0 } # off"), "{line}");
    assert_eq!(&*fired.errors, &[]);
    assert_eq!(fate(&fired, 2).word(), "waiting");
    let end = fired.reduce(Action::End);
    assert_eq!(fate(&end, 2), Fate::Lost(Loss::DivertedUnhandled));
}

#[test]
fn fire_of_any_vector_anywhere_gives_a_text_that_runs() {
    let end = state(TEARDOWN);
    for position in 0..=end.len() {
        for stimulus in [Stimulus::Fire(u16::MAX), Stimulus::AssertIntx, Stimulus::DeassertIntx] {
            let raised = end.reduce(Action::Seek(position)).reduce(Action::Raise(stimulus));
            assert_eq!(&*raised.errors, &[], "at {position}: {}", raised.text);
            assert_ne!(raised.text, end.text);
        }
    }
}

#[test]
fn host_and_function_rewrite_their_lines() {
    let state = state(TEARDOWN);
    let host = state.reduce(Action::Host("mediated".into()));
    assert!(host.text.contains("\nhost     mediated\n"));
    assert_eq!(host.run.as_ref().unwrap().trace().host, "mediated");
    let function = state.reduce(Action::Function("nvme".into()));
    assert!(function.text.starts_with("function nvme\n"));
    assert!(!function.stale());
}

#[test]
fn changes_can_be_taken_back_and_done_again() {
    let first = state(TEARDOWN);
    let second = first.reduce(Action::Raise(Stimulus::Fire(0)));
    let third = second.reduce(Action::Host("mediated".into()));
    let back = third.reduce(Action::Undo);
    assert_eq!(back.text, second.text);
    assert_eq!(back.reduce(Action::Undo).text, first.text);
    assert_eq!(back.reduce(Action::Redo).text, third.text);
    assert_eq!(third.reduce(Action::Reset).text, first.text);
    assert!(third.reduce(Action::Reset).can_undo());
}

#[test]
fn undo_goes_back_to_where_the_change_was_made() {
    let end = state(TEARDOWN);
    let fire = || Action::Raise(Stimulus::Fire(0));
    let insert = || Action::Insert("irq_info msix".into());
    let replace = || Action::Replace("function simple\n".into());
    for position in 0..=end.len() {
        for change in [fire(), insert(), replace()] {
            let here = end.reduce(Action::Seek(position));
            let changed = here.reduce(change.clone()).reduce(Action::End);
            let back = changed.reduce(Action::Undo);
            assert_eq!((&back.text, back.position), (&end.text, position), "{change:?}");
            let again = back.reduce(Action::Begin).reduce(Action::Redo);
            assert_eq!((&again.text, again.position), (&changed.text, changed.position));
            assert_eq!(again.reduce(Action::Undo).position, 0, "where redo was asked for");
        }
    }
}

#[test]
fn story_with_a_loss_opens_at_it() {
    let fired = TEARDOWN.replace("  # off", "  { after \"clear MSI-X Enable\": fire 0 }");
    let state = State::new(&fired, None);
    let run = state.run.as_ref().unwrap();
    assert!(matches!(run.current(state.position), Some((_, Event::Lost { .. }))));
    assert_eq!(State::new(TEARDOWN, None).position, state_len(TEARDOWN));
}

fn state_len(text: &str) -> usize {
    state(text).len()
}

#[test]
fn any_text_and_action_is_survived() {
    let texts =
        ["", "\u{0}", "{", "}\n{\n\"", "host", "function\nhost\n", "# only\n", "é\r\n\r\n#"];
    let actions = [
        Action::Forward(Grain::Line),
        Action::Back(Grain::Event),
        Action::Raise(Stimulus::Fire(7)),
        Action::Host("linux-7.3".into()),
        Action::Function("vf".into()),
        Action::Undo,
        Action::Redo,
        Action::Follow(Some(CauseId(9))),
        Action::Edit("fire 0".into()),
        Action::Raise(Stimulus::AssertIntx),
        Action::Reset,
        Action::Settle,
    ];
    for text in texts {
        let mut state = State::new(text, Some(3));
        for action in &actions {
            state = state.reduce(action.clone());
            assert!(state.position <= state.len());
        }
    }
}

/// Lines that are right, nearly right, and neither.
fn line() -> impl Strategy<Value = String> {
    let words = "fire [0-9]{1,3}( x[0-9]{1,3})?|host linux-6.1|function (e1000e|vf|intx msi=4)|\
                 set_irqs (msix|msi|intx) trigger (none|eventfd) 0(\\+[0-3])?( \\[a, b\\])?( -> 0)?|\
                 assert intx|# .{0,9}|[{}\"#\\[;>-]{0,6}";
    prop_oneof![words, "\\PC{0,20}", any::<String>()]
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        any::<usize>().prop_map(Action::Seek),
        (0usize..80).prop_map(Action::Seek),
        any::<u16>().prop_map(|vector| Action::Raise(Stimulus::Fire(vector))),
        Just(Action::Raise(Stimulus::AssertIntx)),
        Just(Action::Back(Grain::Line)),
        Just(Action::Forward(Grain::Line)),
        Just(Action::Host("mediated".into())),
        Just(Action::Function("msix-2048".into())),
        Just(Action::Undo),
        Just(Action::Redo),
        line().prop_map(Action::Edit),
        Just(Action::Settle),
    ]
}

proptest! {
    #[test]
    fn state_holds_together_whatever_is_written_and_done(
        lines in collection::vec(line(), 0..8),
        actions in collection::vec(action(), 0..12),
    ) {
        let mut state = State::new(&lines.join("\n"), None);
        for action in actions {
            state = state.reduce(action);
            prop_assert!(state.position <= state.len());
            if let Some(run) = &state.run {
                let machine = run.machine(state.position);
                prop_assert!(machine.ledger.summary().balances());
                let whole = run.machine(run.len()).ledger.summary();
                prop_assert_eq!(run.index.summary(run.len()), whole);
                prop_assert_eq!(run.current(state.position).is_none(), state.position == 0);
            }
        }
    }
}

#[test]
fn burst_of_typing_is_one_undo() {
    let mut state = state(TEARDOWN);
    let mut text = TEARDOWN.to_owned();
    for letter in "fire 1".chars() {
        text.push(letter);
        state = edited(&state, &text);
    }
    let back = state.reduce(Action::Undo);
    assert_eq!(&*back.text, TEARDOWN);
    assert_eq!(&*back.reduce(Action::Redo).text, text);
}

#[test]
fn typing_in_another_line_or_after_a_step_is_another_undo() {
    let first = edited(&state(TEARDOWN), &TEARDOWN.replace("a=1", "a=2"));
    let second = edited(&first, &first.text.replace("linux-6.1", "linux-6.12"));
    assert_eq!(second.reduce(Action::Undo).text, first.text);
    let stepped = first.reduce(Action::Begin);
    let again = edited(&stepped, &first.text.replace("a=2", "a=3"));
    assert_eq!(again.reduce(Action::Undo).text, first.text);
}

#[test]
fn what_a_tool_does_to_the_line_being_typed_is_another_undo() {
    let typed = edited(&state(TEARDOWN), &TEARDOWN.replace("a=1", "a=2"));
    let replaced = typed.reduce(Action::Replace(typed.text.replace("a=2", "a=4")));
    assert_eq!(replaced.reduce(Action::Undo).text, typed.text);
    let after = edited(&replaced, &replaced.text.replace("a=4", "a=5"));
    assert_eq!(after.reduce(Action::Undo).text, replaced.text);
}

#[test]
fn undo_goes_back_a_hundred_changes_of_any_kind() {
    let mut state = state(TEARDOWN);
    let mut texts = vec![state.text.clone()];
    for n in 0..100 {
        state = match n % 4 {
            0 => state.reduce(Action::Insert(format!("fire {n}"))),
            1 => state.reduce(Action::Replace(format!("{TEARDOWN}fire {n}\n"))),
            2 => state.reduce(Action::Host(["linux-6.1", "linux-7.3"][n / 2 % 2].into())),
            _ => edited(&state, &format!("{}fire {n}\n", state.text)),
        };
        assert_ne!(texts.last(), Some(&state.text), "change {n}");
        texts.push(state.text.clone());
    }
    while let Some(text) = texts.pop() {
        assert_eq!(state.text, text);
        state = state.reduce(Action::Undo);
    }
    assert!(!state.can_undo());
}
