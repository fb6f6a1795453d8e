//! What the language says, by example.

use alloc::string::ToString;

use crate::device::Stimulus;
use crate::scenario::Scenario;
use crate::scenario::ast::*;

/// Text in canonical form: each kind of line, each field of the requests.
const CANONICAL: &str = r#"# The story of June 2021.
function intx msi=4,wide,maskable msix=8,table=0+0x2000,pba=0+0x3000 express name="my \"card\""
host     linux-6.1 vectors=16 remapping=no

set_irqs msix trigger eventfd 0 [a]  -> 0
fire 0 x3                            -> a=3     # all three
set_irqs msix trigger eventfd 1 [b]  -> EINVAL  # NORESIZE: a new vector needs a teardown
set_irqs msix trigger none 0+0       -> 0  { after "clear MSI-X Enable": fire 0 }
ledger                               -> causes=2 signalled=1 lost=1

set_irqs 7 mask bool 0+0xffffffff [1, 0 x7] argsz=24 flags=0x21 data=00ff  -> EINVAL
set_irqs msi trigger eventfd 0 [-1 x5, v0..v7, closed, -2]  -> only 3 v0..v7=0
set_irqs intx unmask eventfd 0 [b]  { after "set unmask eventfd" #2: assert intx; after "x": fire 1 x2 }
irq_info msix argsz=8  -> EINVAL
irq_info msix          -> count=8 flags=eventfd|noresize

open
config read 0x04 2             -> 0x0103
config read 0x06 2             -> 0xxx1x
config read 0x00 64
bar0 read 0x2000 4             -> 0xffffffff a=0
config write 0x04 2 0x0503     -> 0
config write 0x04 data=000102  -> 0
assert intx
deassert intx
error
request
eventfd c d0..d3
plainfd p
read a                         -> EAGAIN
read a                         -> 5
write a 1                      -> 0
write 17 0xffffffffffffffff    -> errno 71
close closed                   -> EBADF
close a
reset
close                          -> 0

region 9 write 0x10000 8 0x0000000000000001  -> EINVAL
"#;

#[test]
fn canonical_text_prints_as_it_was() {
    let scenario = Scenario::parse(CANONICAL).expect("it is right");
    let printed = scenario.to_string();
    for (one, other) in printed.lines().zip(CANONICAL.lines()) {
        assert_eq!(one, other);
    }
    assert_eq!(printed, CANONICAL);
}

#[test]
fn other_spellings_print_canonically() {
    let cases = [
        (
            "set_irqs msix trigger eventfd 0 [a,b] count=3 index=7",
            "set_irqs 7 trigger eventfd 0+3 [a, b]",
        ),
        ("set_irqs 2 trigger none 0+1 start=0x2", "set_irqs msix trigger none 2+1"),
        (
            "  reset\t\t{ after \"reset function\": fire 0 }->-EINVAL ",
            "reset  -> EINVAL  { after \"reset function\": fire 0 }",
        ),
        ("function pin=b vf=yes", "function intx=b vf"),
        ("function vf=yes vf", ""),
        ("function vf vf=no", "function vf vf=no"),
        ("host a remapping=yes vectors=0x10", "host a vectors=16 remapping=yes"),
        ("host a\nfunction b", "host     a\nfunction b"),
        ("function name = \"a\"", ""),
        ("region 7 read 4 2->0x1", "config read 0x04 2  -> 0x0001"),
        ("region 2 read 4 2", "bar2 read 0x04 2"),
        ("irq_info err -> flags=9", "irq_info err  -> flags=eventfd|noresize"),
        ("irq_info err -> flags=0", "irq_info err  -> flags=none"),
        ("irq_info err -> flags=0x19", "irq_info err  -> flags=0x19"),
        ("fire 0 x1#c ", "fire 0  #c"),
        ("\u{feff}open\r", "open"),
        ("   # indented  ", "# indented"),
    ];
    for (text, canonical) in cases {
        match Scenario::parse(text) {
            Ok(scenario) => assert_eq!(scenario.to_string().trim_end(), canonical, "{text}"),
            Err(errors) => assert!(canonical.is_empty(), "{text}: {errors:?}"),
        }
    }
}

fn only_step(text: &str) -> StepLine {
    let scenario = Scenario::parse(text).expect("it is right");
    match scenario.lines() {
        [Line { statement: Some(Statement::Step(step)), .. }] => step.clone(),
        other => panic!("no single step: {other:?}"),
    }
}

#[test]
fn set_irqs_says_every_field() {
    let step = only_step("set_irqs 9 unmask bool 3+4 [1, 255] argsz=1 flags=0xffffffff data=00");
    let expected = SetIrqs {
        index: 9,
        action: SetAction::Unmask,
        data: Data::Bool(Some([Item { what: 1, times: 1 }, Item { what: 255, times: 1 }].into())),
        start: 3,
        count: Some(4),
        argsz: Some(1),
        flags: Some(u32::MAX),
        bytes: Some([0].into()),
    };
    assert_eq!(step.action.what, Action::SetIrqs(expected));
}

#[test]
fn moments_keep_their_order_and_repetitions() {
    let step = only_step("reset { after \"a\" #3: fire 2 x4; after \"b\": deassert intx } -> 0");
    let moments: Vec<_> = step.moments.iter().map(|moment| &moment.what).collect();
    assert_eq!((moments[0].moment.step.as_str(), moments[0].moment.nth), ("a", 3));
    assert_eq!((moments[0].stimulus, moments[0].times), (Stimulus::Fire(2), 4));
    assert_eq!((moments[1].moment.nth, moments[1].stimulus), (1, Stimulus::DeassertIntx));
}

#[test]
fn value_with_open_digits_compares_the_others() {
    let step = only_step("config read 0 4 -> 0x1x3");
    let care = 0xffff_ffff_ffff_ff0f;
    assert_eq!(step.expect[0].what, Expect::Value { value: 0x103, care });
}

#[test]
fn expectation_keeps_its_column() {
    let scenario = Scenario::parse("eventfd ä1").unwrap_err();
    assert_eq!(scenario[0].column, 9);
    let scenario = Scenario::parse("set_irqs msi trigger eventfd 0 [a] ->  only 3  a=1").unwrap();
    let Some(Statement::Step(step)) = &scenario.lines()[0].statement else { panic!("a step") };
    let places: Vec<_> = step.expect.iter().map(|e| (e.at.column, e.at.length)).collect();
    assert_eq!(places, [(40, 6), (48, 3)]);
}

use alloc::vec::Vec;
