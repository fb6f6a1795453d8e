//! `conform` against a second emulator: it agrees with itself, finds what a device lies about, and
//! does nothing that must not be done.

mod device;

use std::collections::BTreeSet;

use device::{Liar, Lie};
use vfio_irq::Exit;
use vfio_irq::conform::{
    Avoid, Differs, KINDS, Limits, Outcome, Progress, RULES, Setup, Tally, conform, rules,
};
use vfio_irq_core::clause;
use vfio_irq_core::device::Stimulus;
use vfio_irq_core::host::{HostProfile, Rules};
use vfio_irq_core::machine::Machine;
use vfio_irq_core::pci::{Function, profiles};
use vfio_irq_core::scenario::{Overrides, Scenario, run, run_emulated};

const HOSTS: [&str; 3] = ["linux-6.1", "linux-6.12", "linux-7.3"];
const FUNCTIONS: [&str; 4] = ["simple", "e1000e", "xhci", "edu"];

fn host(name: &str) -> HostProfile {
    HostProfile::by_name(name).expect("built in")
}

fn function(name: &str) -> Function {
    Function::new(&profiles::by_name(name).expect("built in")).expect("builds")
}

fn machine(of: &str, on: &str) -> Machine {
    Machine::new(function(of), host(on))
}

fn compare(machine: &Machine, device: &mut Liar, seed: u64, ops: u64, limits: Limits) -> Outcome {
    let progress = &mut |_: Progress| {};
    let machine = machine.clone();
    conform(Setup { machine, seed, ops, sequence: 0, limits, progress }, device)
}

/// The counts of a comparison without a difference.
fn agreed(outcome: Outcome) -> Tally {
    match outcome {
        Outcome::Agreed(tally) => tally,
        Outcome::Differs(differs) => panic!("{}", differs.scenario),
    }
}

fn differs(outcome: Outcome) -> Differs {
    match outcome {
        Outcome::Differs(differs) => *differs,
        Outcome::Agreed(tally) => panic!("agreed over {} ops", tally.ops),
    }
}

/// The difference found in a device that lies.
fn caught(of: &str, on: &str, lie: Lie) -> Differs {
    let machine = machine(of, on);
    let mut device = Liar::new(machine.clone(), lie);
    differs(compare(&machine, &mut device, 1, 100_000, Limits::default()))
}

#[test]
fn emulator_and_itself_agree() {
    for of in FUNCTIONS {
        for on in HOSTS {
            for seed in 0..3 {
                let machine = machine(of, on);
                let mut device = Liar::new(machine.clone(), Lie::None);
                let tally = agreed(compare(&machine, &mut device, seed, 1500, Limits::default()));
                assert!(tally.ops >= 1500 && tally.signals > 50, "{of} {on}: {tally:?}");
            }
        }
    }
}

/// Also those no real device here is like: virtual functions, 32 maskable MSI vectors, 2,048
/// entries, no working Interrupt Disable, no interrupts; and hosts short of vectors.
#[test]
fn every_function_and_itself_agree() {
    for profile in profiles::all() {
        let mut machine = machine(profile.name, "linux-6.12");
        for short in [false, true] {
            if short {
                let host = HostProfile { vectors: Some(3), remapping: false, ..host("linux-6.1") };
                machine = Machine::new(function(profile.name), host);
            }
            let mut device = Liar::new(machine.clone(), Lie::None);
            agreed(compare(&machine, &mut device, 5, 1000, Limits::default()));
        }
    }
}

#[test]
fn same_seed_makes_the_same_steps() {
    let log = |seed| {
        let machine = machine("e1000e", "linux-6.12");
        let mut device = Liar::new(machine.clone(), Lie::None);
        device.log = Some(Vec::new());
        let tally = agreed(compare(&machine, &mut device, seed, 2000, Limits::default()));
        (device.log, tally)
    };
    assert_eq!(log(1), log(1));
    assert_ne!(log(1).0, log(2).0);
}

/// A sequence does not depend on those before it.
#[test]
fn sequence_run_alone_is_the_same() {
    let lie = Lie::MsiEnableShown;
    let found = caught("xhci", "linux-6.1", lie);
    assert!(found.sequence > 0, "the lie is found too early to say anything");
    let machine = machine("xhci", "linux-6.1");
    let setup = Setup {
        machine: machine.clone(),
        seed: 1,
        ops: 1,
        sequence: found.sequence,
        limits: Limits::default(),
        progress: &mut |_| {},
    };
    let alone = differs(conform(setup, &mut Liar::new(machine, lie)));
    assert_eq!((alone.scenario, alone.shrunk_from), (found.scenario, found.shrunk_from));
}

#[test]
fn lies_are_found_and_shortened() {
    let lies = [
        ("e1000e", Lie::WrongErrno),
        ("e1000e", Lie::LostAfterRearm),
        ("simple", Lie::CountOffByOne),
        ("xhci", Lie::MsiEnableShown),
        ("edu", Lie::UnmaskNotTaken),
        ("xhci", Lie::Resizes),
    ];
    for (of, lie) in lies {
        for on in HOSTS {
            let found = caught(of, on, lie);
            assert!(found.steps <= 6, "{lie:?} on {on}: {}", found.scenario);
            assert_eq!(found.reproduced, (3, 3));
            assert!(found.reruns <= Limits::default().reruns + 3);
        }
    }
}

#[test]
fn difference_is_a_scenario_that_holds_on_the_emulator_and_fails_on_the_device() {
    for lie in [Lie::WrongErrno, Lie::LostAfterRearm, Lie::CountOffByOne] {
        let found = caught("e1000e", "linux-6.12", lie);
        let scenario = Scenario::parse(&found.scenario).expect("a scenario");
        assert_eq!(scenario.to_string(), found.scenario, "canonical");
        let trace = run_emulated(&scenario, &Overrides::default()).expect("runs");
        assert!(trace.held, "{}", found.scenario);

        let mut device = Liar::new(machine("e1000e", "linux-6.12"), lie);
        let trace = run(&scenario, &mut device);
        let failed = trace.entries.iter().filter(|entry| entry.checks.iter().any(|c| !c.held));
        let lines: Vec<u32> = failed.map(|entry| entry.line).collect();
        assert_eq!(lines, [found.line], "{}", found.scenario);
    }
}

#[test]
fn difference_reads_as_written_by_hand() {
    let found = caught("e1000e", "linux-6.1", Lie::LostAfterRearm);
    let (_, steps) = found.scenario.split_once("\n\n").expect("set-up and steps");
    let last = steps.lines().last().expect("steps");
    assert!(last.starts_with("fire 0") && last.ends_with("-> a=1  # device: a=0"), "{steps}");
    assert_eq!((found.emulator.as_str(), found.device.as_str()), ("a=1", "a=0"));
}

#[test]
fn difference_that_never_comes_again_is_told_whole() {
    let found = caught("e1000e", "linux-6.1", Lie::OnceOnly(30));
    assert_eq!((found.reproduced, found.steps), ((0, 3), found.shrunk_from));
    assert!(found.scenario.contains("did not come again"), "{}", found.scenario);
    Scenario::parse(&found.scenario).expect("a scenario");
}

/// What differs between the built-in hosts is what a comparison has to find first.
#[test]
fn host_with_one_rule_changed_is_found() {
    type Change = fn(&mut Rules);
    let changes: [(&str, &str, Change); 6] = [
        ("e1000e", "linux-6.12", |rules| rules.dynamic_msix = false),
        ("xhci", "linux-6.12", |rules| rules.range_first = true),
        ("xhci", "linux-6.12", |rules| rules.loopback_in_range = true),
        ("edu", "linux-6.12", |rules| rules.err_on_conventional = true),
        ("edu", "linux-7.3", |rules| rules.err_req_strict_negative = false),
        ("e1000e", "linux-7.3", |rules| rules.restore_sets_memory = false),
    ];
    for (at, (of, on, change)) in changes.into_iter().enumerate() {
        let emulated = machine(of, on);
        let mut other = host(on);
        change(&mut other.rules);
        let mut device = Liar::new(Machine::new(function(of), other), Lie::None);
        // The last of them takes a reset with Memory Space off: let there be many.
        let limits = Limits { reset_once_in: 100, ..Limits::default() };
        let found = differs(compare(&emulated, &mut device, 1, 200_000, limits));
        assert!(found.steps <= 8, "change {at}: {}", found.scenario);
    }
}

#[test]
fn function_that_keeps_what_the_other_diverts_is_found() {
    let mut spec = profiles::by_name("e1000e").expect("built in");
    spec.when_off = vfio_irq_core::pci::WhenOff::Hold;
    let other = Function::new(&spec).expect("builds");
    let mut device = Liar::new(Machine::new(other, host("linux-6.12")), Lie::None);
    let emulated = machine("e1000e", "linux-6.12");
    let found = differs(compare(&emulated, &mut device, 1, 10_000, Limits::default()));
    assert!(found.steps <= 6, "{}", found.scenario);
}

/// Clauses no request can reach, or none of these functions and hosts.
const UNREACHED: [(&str, &str); 3] = [
    ("ERR-REQ-SHAPE", "ERR and REQ have one vector: SET-RANGE comes first"),
    ("RESET-RESTORE", "says what a reset does, and refuses nothing"),
    ("MSG-SUPPLY", "needs a host short of vectors; see the test of those"),
];

#[test]
fn every_kind_and_clause_is_reached() {
    let mut kinds = BTreeSet::new();
    let mut clauses = BTreeSet::new();
    for (of, on) in [("e1000e", "linux-6.12"), ("xhci", "linux-6.1"), ("edu", "linux-6.1")] {
        let machine = machine(of, on);
        let mut device = Liar::new(machine.clone(), Lie::None);
        let tally = agreed(compare(&machine, &mut device, 1, 20_000, Limits::default()));
        kinds.extend(tally.kinds.into_keys());
        clauses.extend(tally.clauses.into_keys().map(String::from));
    }
    let missing: Vec<&str> = KINDS.iter().copied().filter(|kind| !kinds.contains(kind)).collect();
    assert!(missing.is_empty(), "never done: {missing:?}");
    let all = clause::RULES.iter().map(|rule| rule.id);
    let missing: Vec<&str> = all.filter(|id| !clauses.contains(*id)).collect();
    let explained: BTreeSet<&str> = UNREACHED.iter().map(|(id, _)| *id).collect();
    assert_eq!(BTreeSet::from_iter(missing), explained);
}

#[test]
fn host_short_of_vectors_refuses_for_supply() {
    let short = HostProfile { vectors: Some(2), ..host("linux-6.12") };
    let machine = Machine::new(function("xhci"), short);
    let mut device = Liar::new(machine.clone(), Lie::None);
    let tally = agreed(compare(&machine, &mut device, 1, 5000, Limits::default()));
    assert!(tally.clauses.contains_key("MSG-SUPPLY"), "{tally:?}");
}

/// What QEMU's e1000e, xhci and edu can be told.
fn able(of: &str) -> fn(Stimulus) -> bool {
    match of {
        "e1000e" => |stimulus| match stimulus {
            Stimulus::Fire(vector) => vector < 5,
            Stimulus::AssertIntx | Stimulus::DeassertIntx => true,
            Stimulus::Error | Stimulus::Request | Stimulus::Supply(_) => false,
        },
        "xhci" => |stimulus| match stimulus {
            Stimulus::Fire(vector) => vector < 16,
            stimulus => stimulus == Stimulus::DeassertIntx,
        },
        _ => |_| true,
    }
}

/// The device watches itself: see `Liar`.
#[test]
fn device_is_never_asked_for_what_must_be_avoided() {
    for of in FUNCTIONS {
        for on in HOSTS {
            let machine = machine(of, on);
            let mut device = Liar::new(machine.clone(), Lie::None);
            device.able = able(of);
            let limits = Limits { reset_once_in: 100, reopen_once_in: 100, ..Limits::default() };
            agreed(compare(&machine, &mut device, 9, 4000, limits));
            assert_eq!(device.trespasses, BTreeSet::new(), "{of} on {on}");
            assert!(device.most_open <= 40, "{} descriptors", device.most_open);
            assert_eq!(device.open_fds(), 0, "descriptors left open");
            assert!(!device.machine().host.is_open(), "device left open");
        }
    }
}

/// Shortening must not leave out what kept a step from harm.
#[test]
fn device_is_never_asked_for_what_must_be_avoided_while_shortening() {
    for (of, lie) in [("e1000e", Lie::LostAfterRearm), ("edu", Lie::UnmaskNotTaken)] {
        let machine = machine(of, "linux-6.12");
        let mut device = Liar::new(machine.clone(), lie);
        differs(compare(&machine, &mut device, 3, 100_000, Limits::default()));
        assert_eq!(device.trespasses, BTreeSet::new(), "{of}");
        assert_eq!(device.open_fds(), 0);
    }
}

#[test]
fn device_that_can_be_told_nothing_is_still_compared() {
    let machine = machine("e1000e", "linux-6.12");
    let mut device = Liar::new(machine.clone(), Lie::None);
    device.able = |_| false;
    let tally = agreed(compare(&machine, &mut device, 1, 3000, Limits::default()));
    assert!(!tally.kinds.contains_key("fire") && tally.signals > 100, "{tally:?}");
}

#[test]
fn optional_rule_switched_off_lets_its_steps_happen() {
    let avoid = Avoid::all().without("qemu-ioapic").expect("optional");
    let limits = Limits { avoid, ..Limits::default() };
    let machine = machine("e1000e", "linux-6.12");
    let mut device = Liar::new(machine.clone(), Lie::None);
    let tally = agreed(compare(&machine, &mut device, 1, 5000, limits));
    assert!(device.trespasses.contains("INTx enabled with its level up"));
    assert!(!tally.avoided.contains_key("qemu-ioapic"));
}

#[test]
fn rule_that_is_needed_or_unknown_can_not_be_switched_off() {
    let needed = Avoid::all().without("spin").expect_err("needed").to_string();
    assert!(needed.contains("can't be switched off"), "{needed}");
    let unknown = Avoid::all().without("qemu-ioapik").expect_err("unknown").to_string();
    assert!(unknown.contains("`qemu-ioapik`") && unknown.contains("qemu-ioapic"), "{unknown}");
}

#[test]
fn rules_listed_have_names_of_their_own_and_reasons() {
    let ids: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), RULES.len());
    let listed = rules();
    assert!(RULES.iter().all(|rule| listed.contains(rule.id) && listed.contains(rule.reason)));
}

#[test]
fn progress_is_told_while_comparing_and_while_shortening() {
    let machine = machine("xhci", "linux-6.1");
    let mut told = Vec::new();
    let setup = Setup {
        machine: machine.clone(),
        seed: 1,
        ops: 100_000,
        sequence: 0,
        limits: Limits::default(),
        progress: &mut |progress| told.push(progress),
    };
    differs(conform(setup, &mut Liar::new(machine, Lie::MsiEnableShown)));
    assert!(matches!(told[0], Progress::Comparing { sequences: 1, ops } if ops > 300));
    assert!(matches!(told.last(), Some(Progress::Shrinking { reruns: 4.., steps: ..=6 })));
}

#[test]
fn reports_say_what_was_done_or_what_differs() {
    let emulated = machine("edu", "linux-6.1");
    let mut device = Liar::new(emulated.clone(), Lie::None);
    let report = compare(&emulated, &mut device, 4, 1000, Limits::default()).report(4);
    assert_eq!((report.exit, report.stderr.as_str()), (Exit::Held, ""));
    assert!(report.stdout.starts_with("agreed: 1"), "{}", report.stdout);
    assert!(report.stdout.contains("seed 4, pcg64") && report.stdout.contains("SET-RANGE"));

    let mut device = Liar::new(emulated.clone(), Lie::WrongErrno);
    let report = compare(&emulated, &mut device, 4, 10_000, Limits::default()).report(4);
    assert_eq!(report.exit, Exit::Failed);
    assert!(report.stdout.ends_with("# device: EINVAL\n"), "{}", report.stdout);
    let says = "the emulator says `ENOTTY`, the device says `EINVAL`";
    assert!(report.stderr.contains(says), "{}", report.stderr);
}
