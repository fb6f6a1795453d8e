//! Each rule: a step it refuses, and one beside it that it lets pass.

use std::collections::BTreeSet;

use vfio_irq_core::host::HostProfile;
use vfio_irq_core::machine::{Emulator, Machine};
use vfio_irq_core::pci::{Function, profiles};
use vfio_irq_core::scenario::Scenario;
use vfio_irq_core::scenario::ast::{Statement, StepLine};

use super::{Avoid, RULES};
use crate::conform::pair::{Pair, Watch};
use crate::conform::support::Support;
use crate::conform::tally::Tally;

/// Descriptors a run may have open here.
const DESCRIPTORS: u32 = 4;

fn steps(text: &str) -> Vec<StepLine> {
    let scenario = Scenario::parse(text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
    let steps = scenario.lines().iter().filter_map(|line| match &line.statement {
        Some(Statement::Step(step)) => Some(step.clone()),
        _ => None,
    });
    steps.collect()
}

fn machine(function: &str) -> Machine {
    let spec = profiles::by_name(function).expect("built in");
    let host = HostProfile::by_name("linux-6.12").expect("built in");
    Machine::new(Function::new(&spec).expect("builds"), host)
}

/// Does the steps but the last, and asks about that one.
fn refused(machine: &Machine, avoid: &Avoid, text: &str) -> Option<&'static str> {
    let mut device = Emulator::new(machine.clone());
    let mut support = Support::default();
    let mut pair = Pair::new(machine, &mut device, &mut support, Watch::All);
    let all = steps(text);
    let (last, before) = all.split_last().expect("steps");
    for step in before {
        let now = pair.now(DESCRIPTORS);
        assert_eq!(avoid.refuses(&now, step).map(|rule| rule.id), None, "{}", step.step_text());
        pair.step(step, &mut Tally::default());
    }
    avoid.refuses(&pair.now(DESCRIPTORS), last).map(|rule| rule.id)
}

const MSIX: &str = "open\nset_irqs msix trigger eventfd 0 [a]\n";

/// Function, steps before, refused step, and one in its place that is not.
const CASES: &[(&str, &str, &str, &str, &str)] = &[
    ("descriptors", "simple", "open\neventfd a b c d", "eventfd e", "close a"),
    (
        "descriptors",
        "simple",
        "open\neventfd a b c",
        "set_irqs msi trigger eventfd 0 [d, e]",
        "set_irqs msi trigger eventfd 0 [d, a]",
    ),
    (
        "open-number",
        "simple",
        "open",
        "set_irqs msi trigger eventfd 0 [7]",
        "set_irqs msi trigger eventfd 0 [-7]",
    ),
    ("open-number", "simple", "open", "read 65535", "read 65536"),
    (
        "open-number",
        "simple",
        "open",
        "set_irqs msi trigger bool 0 [1, 0, 0, 0] flags=0x24 argsz=24",
        "set_irqs msi trigger bool 0 [1, 0, 0, 0]",
    ),
    (
        "names-as-bytes",
        "simple",
        "open",
        "set_irqs msi trigger eventfd 0 [a] flags=0x22",
        "set_irqs msi trigger eventfd 0 [a] flags=0x26",
    ),
    ("fd-reuse", "simple", "open\neventfd a\nclose a\neventfd b", "read a", "read b"),
    (
        "fd-reuse",
        "simple",
        "open\neventfd a\nclose a",
        "set_irqs msi trigger eventfd 0 [a, b]",
        "set_irqs msi trigger eventfd 0 [a, a]",
    ),
    ("fd-reuse", "simple", "open\neventfd a\nclose a\nclose\nopen", "close a", "close closed"),
    ("plain-io", "simple", "open\nplainfd p", "write p 1", "close p"),
    ("modelled-range", "e1000e", "open", "config read 0xd0 4", "config read 0xd2 4"),
    (
        "modelled-range",
        "e1000e",
        "open",
        "config write 0x10 4 0xffffffff",
        "config write 0xd0 4 0x00000000",
    ),
    ("modelled-range", "e1000e", "open", "config read 0x0ffc 4", "config read 0x0ffd 4"),
    ("modelled-range", "e1000e", "open", "bar3 read 0x50 4", "bar3 read 0x4c 4"),
    ("modelled-range", "e1000e", "open", "region 6 read 0x00 4", "region 9 read 0x00 4"),
    ("modelled-range", "e1000e", "open", "config read 0xd2 0", "config read 0xd2 1"),
    ("pba-width", "e1000e", "open", "bar3 read 0x2000 2", "bar3 read 0x2004 4"),
    (
        "pba-width",
        "e1000e",
        "open",
        "bar3 write 0x2000 4 0x00000000",
        "bar3 write 0x00 4 0x00000000",
    ),
    (
        "unknown-register",
        "simple",
        "open\nconfig write 0x04 1 0x06",
        "config read 0x04 2",
        "config read 0x04 1",
    ),
    ("unknown-register", "simple", "open", "config read 0x3c 2", "config read 0x3d 1"),
    (
        "unknown-register",
        "simple",
        "open\nconfig write 0x04 2 0x0006\nclose\nopen",
        "config read 0x04 2",
        "config read 0x06 2",
    ),
    (
        "command-bits",
        "simple",
        "open",
        "config write 0x04 2 0x0007",
        "config write 0x04 4 0xffff0006",
    ),
    ("command-bits", "simple", "open", "config write 0x05 1 0x05", "config write 0x05 1 0x04"),
    ("open-twice", "simple", "open", "open", "close"),
    ("no-access", "simple", "open\nconfig write 0x04 2 0x0004", "fire 0", "irq_info msi"),
    ("no-access", "simple", "open\nclose", "deassert intx", "open"),
    ("no-such-vector", "e1000e", MSIX, "fire 5", "fire 4"),
    ("no-such-vector", "edu", "open\nset_irqs msi trigger eventfd 0 [a]", "fire 1", "fire 0"),
    (
        "spin",
        "simple",
        "open\nset_irqs intx trigger eventfd 0 [a]",
        "set_irqs intx unmask eventfd 0 [a]",
        "set_irqs intx unmask eventfd 0 [b]",
    ),
    (
        "spin",
        "simple",
        "open\nset_irqs intx trigger eventfd 0 [a]\nset_irqs intx unmask eventfd 0 [b]",
        "set_irqs req trigger eventfd 0 [b]",
        "set_irqs req trigger eventfd 0 [a]",
    ),
    (
        "counter-limit",
        "simple",
        "open\neventfd a\nwrite a 0x200000000",
        "set_irqs msi trigger eventfd 0 [a]",
        "read a",
    ),
    ("counter-limit", "simple", MSIX, "write a 0x200000000", "write a 9"),
    (
        "cpu-vectors",
        "msix-2048",
        "open\neventfd a",
        "set_irqs msix trigger eventfd 0 [a x129]",
        "set_irqs msix trigger eventfd 0 [a x128]",
    ),
    ("fire-merge", "simple", MSIX, "fire 0 x2", "fire 0"),
    ("off-vector", "simple", "open", "fire 1", "fire 0"),
    ("assert-pin", "simple", MSIX, "assert intx", "deassert intx"),
    (
        "qemu-ioapic",
        "simple",
        "open\nfire 0",
        "set_irqs intx trigger eventfd 0 [a]",
        "set_irqs msi trigger eventfd 0 [a]",
    ),
    (
        "qemu-ioapic",
        "simple",
        "open\nset_irqs intx trigger eventfd 0 [a]\nfire 0\nset_irqs intx trigger none 0+0",
        "set_irqs intx trigger eventfd 0 [a]",
        "deassert intx",
    ),
    (
        "qemu-intx-forgotten",
        "simple",
        "open\nassert intx",
        "set_irqs msix trigger eventfd 0 [a]",
        "deassert intx",
    ),
    (
        "qemu-intx-forgotten",
        "simple",
        "open\nset_irqs msi trigger eventfd 0 [a]\nconfig write 0xb2 1 0x00\nassert intx",
        "config write 0xb2 1 0x01",
        "config write 0x3c 1 0x01",
    ),
    ("qemu-reset-keeps", "simple", "open\nfire 0", "reset", "deassert intx"),
    (
        "qemu-reset-keeps",
        "simple",
        "open\nset_irqs msix trigger eventfd 0 [-1]\nfire 0",
        "close",
        "set_irqs msix trigger eventfd 0 [a]",
    ),
    (
        "qemu-reset-keeps",
        "simple",
        "open\nset_irqs msix trigger eventfd 0 [a]\nconfig write 0x04 1 0x00",
        "reset",
        "config write 0x04 1 0x06",
    ),
];

#[test]
fn step_a_rule_speaks_of_is_refused_and_its_neighbour_is_not() {
    for (rule, function, before, bad, good) in CASES {
        let machine = machine(function);
        let ask = |step| refused(&machine, &Avoid::all(), &format!("{before}\n{step}\n"));
        assert_eq!(ask(bad), Some(*rule), "{before}\n{bad}");
        assert_eq!(ask(good), None, "{before}\n{good}");
    }
}

/// A function without reset keeps what waits in it: nobody can say it is gone.
#[test]
fn reset_of_a_function_without_one_is_let_pass_with_something_waiting() {
    assert_eq!(refused(&machine("edu"), &Avoid::all(), "open\nfire 0\nreset\n"), None);
}

#[test]
fn vector_the_host_has_no_room_for_is_refused_in_a_function_without_reset() {
    for (function, rule) in [("xhci", Some("undrained")), ("e1000e", None)] {
        let mut machine = machine(function);
        let host = HostProfile { vectors: Some(2), ..machine.host.profile().clone() };
        machine = Machine::new(machine.function, host);
        let text = format!("{MSIX}fire 2\n");
        assert_eq!(refused(&machine, &Avoid::all(), &text), rule, "{function}");
        assert_eq!(refused(&machine, &Avoid::all(), &format!("{MSIX}fire 1\n")), None);
    }
}

/// Those the table can't say: a name must be made before a text may use it, and an emulator can be
/// told everything.
#[test]
fn every_rule_is_in_the_table() {
    let told: BTreeSet<&str> = CASES.iter().map(|(rule, ..)| *rule).collect();
    let elsewhere = ["unnamed", "unsupported", "undrained"];
    for rule in RULES {
        assert_ne!(told.contains(rule.id), elsewhere.contains(&rule.id), "{}", rule.id);
    }
}

#[test]
fn name_that_was_not_made_is_refused() {
    let machine = machine("simple");
    let mut device = Emulator::new(machine.clone());
    let mut support = Support::default();
    let mut pair = Pair::new(&machine, &mut device, &mut support, Watch::All);
    let all = steps("open\neventfd a\nread a\n");
    let asked = |pair: &mut Pair<'_>, step: &StepLine| {
        Avoid::all().refuses(&pair.now(DESCRIPTORS), step).map(|rule| rule.id)
    };
    assert_eq!(asked(&mut pair, &all[2]), Some("unnamed"));
    pair.step(&all[0], &mut Tally::default());
    pair.step(&all[1], &mut Tally::default());
    assert_eq!(asked(&mut pair, &all[2]), None);
    assert_eq!(asked(&mut pair, &all[1]), Some("unnamed"), "made twice");
}

#[test]
fn rule_switched_off_refuses_nothing() {
    let avoid = Avoid::all().without("off-vector").expect("optional");
    assert_eq!(refused(&machine("simple"), &avoid, "open\nfire 1\n"), None);
    assert_eq!(refused(&machine("simple"), &avoid, "open\nfire 0 x2\n"), Some("fire-merge"));
}
