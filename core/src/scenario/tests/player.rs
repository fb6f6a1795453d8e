//! Going back in time shows what was.

use alloc::format;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::run::lively_scenario;
use crate::device::Target;
use crate::event::{Event, Step};
use crate::machine::{Emulator, Machine};
use crate::scenario::{Overrides, Player, Scenario, run, run_emulated};

fn player(text: &str) -> Player {
    let scenario = Scenario::parse(text).expect("the text is right");
    Player::new(scenario, Overrides::default()).expect("the machine exists")
}

/// The machine after `n` events of the trace, found by running all from the beginning.
fn machine_by_running(scenario: &Scenario, n: usize) -> Machine {
    let mut emulator = Emulator::new(scenario.machine(&Overrides::default()).unwrap());
    // What opening does comes before the trace: count it on a run of the same beginning.
    let mut opened = emulator.clone();
    let nothing = Scenario::parse("ledger").unwrap();
    let opens = scenario.to_string_has_open_first();
    if !opens {
        run(&nothing, &mut opened as &mut dyn Target);
    }
    emulator.capture_after(opened.event_count() + n as u64);
    run(scenario, &mut emulator);
    emulator.take_capture().map_or(emulator.machine, |(machine, _)| machine)
}

impl Scenario {
    fn to_string_has_open_first(&self) -> bool {
        use crate::scenario::ast::{Action, Statement};
        let call = self.lines().iter().find_map(|line| match &line.statement {
            Some(Statement::Step(step)) if step.action.what.is_call() => Some(&step.action.what),
            _ => None,
        });
        call == Some(&Action::Open)
    }
}

#[test]
fn machine_between_two_micro_steps_is_half_way() {
    let player = player("function e1000e\nset_irqs msix trigger eventfd 0 [a]\nclose");
    let enable = (0..player.len())
        .find(|n| match player.event(*n) {
            Some((_, Event::Step(Step::MsixControl { new, .. }))) => new & 0x8000 != 0,
            _ => false,
        })
        .expect("enabling writes Enable");
    let enabled = |n| player.machine_at(n).function.msix().is_some_and(|msix| msix.enabled());
    assert!(!enabled(enable) && enabled(enable + 1));
    let (entry, _) = player.event(enable).unwrap();
    assert_eq!(entry.line, 2);
    assert!(player.machine_at(enable + 1).is_calling());
    assert!(!player.machine_at(0).is_calling() && player.machine_at(0).host.is_open());
    assert!(!player.machine_at(usize::MAX).host.is_open());
    assert_eq!(player.event(player.len()), None);
}

#[test]
fn long_run_goes_back_anywhere() {
    let text =
        "set_irqs msix trigger eventfd 0 [a]\nfire 0 x700\nset_irqs msix trigger none 0+1 x300";
    let player = player(text);
    let scenario = Scenario::parse(text).unwrap();
    for n in (0..player.len()).step_by(177).chain([player.len() - 1, player.len()]) {
        assert_eq!(player.machine_at(n), machine_by_running(&scenario, n), "{n}");
    }
    assert!(player.len() > 2000);
}

#[test]
fn scenario_without_steps_has_a_machine() {
    let player = player("# nothing\n");
    assert!(player.is_empty());
    assert_eq!(player.machine_at(5), player.machine_at(0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn machine_at_any_event_is_the_machine_then(scenario in lively_scenario(), at in 0.0f64..1.0) {
        let player = Player::new(scenario.clone(), Overrides::default()).expect("built in");
        let trace = run_emulated(&scenario, &Overrides::default()).expect("built in");
        prop_assert_eq!(player.trace(), &trace);
        let events: Vec<_> = trace.entries.iter().flat_map(|entry| &entry.events).collect();
        prop_assert_eq!(player.len(), events.len());
        let n = (at * (player.len() + 1) as f64) as usize;
        if let Some(event) = events.get(n) {
            prop_assert_eq!(player.event(n).map(|(_, event)| event), Some(*event));
        }
        for n in [n, 0, player.len()] {
            let machine = machine_by_running(&scenario, n);
            prop_assert_eq!(player.machine_at(n), machine, "{}", format!("{n}\n{scenario}"));
        }
    }
}
