//! The runner, on a device that answers what the test says.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use proptest::collection::vec as vec_of;
use proptest::prelude::*;

use super::fake::Fake;
use crate::device::Answer;
use crate::errno::Errno;
use crate::event::Event;
use crate::machine::Emulator;
use crate::notes::{self, Known};
use crate::scenario::{MAX_EVENTS, Overrides, Scenario, run, run_emulated};
use crate::trace::Trace;
use crate::uapi::IrqSetHeader;

fn run_on(text: &str, fake: &mut Fake) -> Trace {
    run(&Scenario::parse(text).expect("the text is right"), fake)
}

/// Each check of a trace: "LINE:COLUMN EXPECTED / ACTUAL", with `!` where it failed.
fn checks(trace: &Trace) -> Vec<String> {
    let all = trace.entries.iter().flat_map(|entry| {
        entry.checks.iter().map(move |check| {
            let (line, column) = (entry.line, check.column);
            let mark = if check.held { "" } else { "!" };
            format!("{mark}{line}:{column} {} / {}", check.expected, check.actual)
        })
    });
    all.collect()
}

fn checks_of(text: &str) -> Vec<String> {
    checks(&run_on(text, &mut Fake::default()))
}

#[test]
fn answers_stand_beside_what_was_expected() {
    let text = "irq_info msi -> count=3 flags=noresize
config read 4 2 -> 0x1213
config read 4 2 -> 0x12x2
config read 4 4 -> data=12121213
reset -> EINVAL
reset -> errno 71
eventfd a b
read b -> 12
read a -> EAGAIN
write a 1 -> EAGAIN
config read 4 2 -> EINVAL
read b -> EAGAIN a=0 b=11 a=1";
    let expected = [
        "1:17 count=3 / count=3",
        "!1:25 flags=noresize / flags=0x19",
        "!2:20 0x1213 / 0x1212",
        "3:20 0x12x2 / 0x1212",
        "!4:20 data=12121213 / data=12121212",
        "!5:10 EINVAL / errno 71",
        "6:10 errno 71 / errno 71",
        "!8:11 12 / 11",
        "9:11 EAGAIN / EAGAIN",
        "!10:14 EAGAIN / 0",
        "!11:20 EINVAL / 0x1212",
        "!12:11 EAGAIN / 11",
        "12:18 a=0 / a=0",
        "12:22 b=11 / b=11",
        "!12:27 a=1 / a=0",
    ];
    assert_eq!(checks_of(text), expected);
}

#[test]
fn request_carries_every_field() {
    let mut fake = Fake::default();
    run_on(
        "set_irqs msix trigger eventfd 1 [a, -1 x2, b0..b1, closed]
set_irqs 9 mask bool 7+8 [1, 0 x2] argsz=5 flags=0x80000000
set_irqs msi unmask none 3+0xffffffff data=aabb
set_irqs msi trigger eventfd 0+2
set_irqs msi trigger eventfd 0 [a] data=",
        &mut fake,
    );
    let header =
        |argsz, flags, index, start, count| IrqSetHeader { argsz, flags, index, start, count };
    let fds = [10, -1, -1, 11, 12, i32::MAX];
    let expected = [
        (header(20 + 24, 0x24, 2, 1, 6), crate::uapi::eventfd_data(&fds)),
        (header(5, 0x8000_0000, 9, 7, 8), vec![1, 0, 0]),
        (header(22, 0x11, 1, 3, u32::MAX), vec![0xaa, 0xbb]),
        (header(20, 0x24, 1, 0, 2), vec![]),
        (header(20, 0x24, 1, 0, 1), vec![]),
    ];
    assert_eq!(fake.requests, expected);
}

#[test]
fn positive_answer_is_not_success() {
    let set_irqs = vec![Ok(Answer::Only(1)), Ok(Answer::Only(1)), Ok(Answer::Done)];
    let mut fake = Fake { set_irqs, ..Fake::default() };
    let line = "set_irqs msi trigger eventfd 0 [a, b]";
    let trace = run_on(&format!("{line} -> 0\n{line} -> only 1\n{line} -> only 2"), &mut fake);
    let expected = ["!1:42 0 / only 1", "2:42 only 1 / only 1", "!3:42 only 2 / 0"];
    assert_eq!(checks(&trace), expected);
    assert!(!trace.held);
}

#[test]
fn repeated_step_tells_its_answer_once() {
    let set_irqs = vec![Ok(Answer::Done), Err(Errno::EIO), Err(Errno::EBUSY)];
    let mut fake = Fake { set_irqs, ..Fake::default() };
    let text = "set_irqs msi trigger none 0+1 x4 -> 0\nset_irqs msi trigger none 0+1 x4 -> 0";
    let trace = run_on(text, &mut fake);
    assert_eq!(checks(&trace), ["!1:37 0 / EIO (time 2 of 4)", "2:37 0 / 0"]);
    assert_eq!(fake.requests.len(), 8);
    let sizes: Vec<_> = trace.entries.iter().map(|e| (e.line, e.events.len())).collect();
    assert_eq!(sizes, [(1, 8), (2, 8)]);
    assert_eq!(trace.entries[0].text, "set_irqs msi trigger none 0+1 x4");
}

#[test]
fn stimulus_the_device_cannot_carry_is_noted_and_fails() {
    let trace = run_on("fire 0 -> \n".trim_end_matches(" -> \n"), &mut Fake::default());
    assert_eq!(checks(&trace), ["!1:1 fire 0 / unsupported: this device can't be told to"]);
    let note = "fire 0: unsupported: this device can't be told to";
    assert_eq!(trace.entries[0].events, [Event::Note(note.into())]);
    assert_eq!(checks_of("assert intx"), ["!1:1 assert intx / EIO"]);
    let reset = "close  { after \"x\": fire 0 x9 }";
    let expected = "!1:10 after \"x\": fire 0 x9 / unsupported: this device can't be told to";
    assert_eq!(checks_of(reset), [expected]);
}

#[test]
fn moment_that_never_comes_fails_with_the_steps_that_did() {
    let line = "set_irqs msi trigger none 0+1";
    let cases = [
        ("\"disable irq line\": fire 0", ""),
        (
            "\"disable irq line\" #3: fire 0",
            "!1:33 after \"disable irq line\" #3: fire 0 / that step came 1 times only",
        ),
        (
            "\"disable irq lien\": fire 0",
            "!1:33 after \"disable irq lien\": fire 0 / no such step came; did you mean \"disable irq line\"?",
        ),
        (
            "\"x\": fire 0 x2",
            "!1:33 after \"x\": fire 0 x2 / no such step came; these did: disable irq line, enable irq line",
        ),
    ];
    for (moment, expected) in cases {
        let mut fake = Fake { moments: true, ..Fake::default() };
        let trace = run_on(&format!("{line} {{ after {moment} }}"), &mut fake);
        let checks = checks(&trace);
        assert_eq!(checks.join("\n"), expected, "{moment}");
    }
    let mut fake = Fake { moments: true, ..Fake::default() };
    let trace = run_on("close { after \"x\": error }", &mut fake);
    assert_eq!(checks(&trace), ["!1:9 after \"x\": error / no step came in this call"]);
}

#[test]
fn ledger_of_a_device_that_reports_no_causes_is_not_compared() {
    let mut fake = Fake { moments: true, ..Fake::default() };
    let text =
        "ledger -> causes=0\nset_irqs msi trigger none 0+1 { after \"disable irq line\": error }
ledger -> lost=0";
    let trace = run_on(text, &mut fake);
    assert_eq!(checks(&trace), ["1:11 causes=0 / causes=0"]);
    let note = Event::Note("lost=0 not compared: this device does not report causes".into());
    assert!(trace.entries[2].events.contains(&note) && trace.held);
}

#[test]
fn device_is_opened_unless_the_first_call_does_that() {
    let calls = |text: &str| {
        let mut fake = Fake::default();
        run_on(text, &mut fake);
        fake.calls
    };
    assert_eq!(calls("close"), ["open", "region_read", "region_write", "close"]);
    assert_eq!(calls("eventfd a\nopen\nclose\nopen"), ["open", "close", "open"]);
    assert_eq!(calls("# nothing\n"), Vec::<&str>::new());
    let trace = run_on("close", &mut Fake::default());
    assert_eq!(trace.entries.len(), 1);
    assert_eq!(trace.entries[0].events, []);
}

#[test]
fn device_that_cannot_be_opened_ends_the_run() {
    let mut fake = Fake { open: Err(Errno::EBUSY), ..Fake::default() };
    let trace = run_on("# a\n\nclose\nclose", &mut fake);
    assert_eq!(checks(&trace), ["!3:1 open / EBUSY"]);
    assert!(!trace.held);
    assert_eq!(fake.calls, ["open"]);
}

#[test]
fn descriptor_that_cannot_be_made_fails_the_run() {
    let mut fake = Fake { fds: 1, ..Fake::default() };
    let trace = run_on("eventfd a\nplainfd b\nread b -> EBADF", &mut fake);
    let expected = ["!2:1 a new descriptor for b / EMFILE", "3:11 EBADF / EBADF"];
    assert_eq!(checks(&trace), expected);
    assert_eq!(trace.names.into_iter().collect::<Vec<_>>(), [(10, String::from("a"))]);
}

#[test]
fn counters_of_a_row_tell_those_that_differ() {
    let text = "eventfd v0..v20\nclose -> v0..v20=15 v0..v0=0";
    let all =
        "v0=0 v1=11 v2=12 v3=13 v4=14 v6=16 v7=17 v8=18 v9=19 v10=20 v11=21 v12=22 and 8 more";
    let expected = [format!("!2:10 v0..v20=15 / {all}"), "2:21 v0..v0=0 / v0..v0=0".to_string()];
    assert_eq!(checks_of(text), expected);
}

#[test]
fn trace_names_what_the_scenario_says() {
    let text = "function e1000e msix=no\nhost linux-6.1 vectors=2\nclose";
    let trace = run_on(text, &mut Fake::default());
    assert_eq!((&*trace.function, &*trace.host), ("e1000e msix=no", "linux-6.1 vectors=2"));
    let trace = run_on("close", &mut Fake::default());
    assert_eq!((&*trace.function, &*trace.host), ("simple", "linux-6.12"));
}

#[test]
fn run_with_too_many_events_stops() {
    let text = "function msix-2048\nset_irqs msix trigger eventfd 0 [a x2048]
set_irqs msix trigger bool 0 [1 x2048] x90000\nclose";
    let scenario = Scenario::parse(text).unwrap();
    let trace = crate::scenario::run_emulated(&scenario, &Overrides::default()).unwrap();
    assert!(!trace.held);
    let last = trace.entries.last().unwrap();
    assert_eq!(last.line, 3);
    assert!(matches!(last.events.last(), Some(Event::Note(_))));
    assert_eq!(last.checks.last().unwrap().expected, "fewer than 1000000 events");
    let events: usize = trace.entries.iter().map(|entry| entry.events.len()).sum();
    assert!(events as u64 <= MAX_EVENTS + 20_000, "{events}");
}

/// Lines that do something on most functions.
pub(super) const LIVELY: &[&str] = &[
    "set_irqs msix trigger eventfd 0 [a, -1, b]",
    "set_irqs msix trigger eventfd 1 [b, closed]",
    "set_irqs msix trigger eventfd 2 [c x3]  { after \"unmask entry 2\": fire 2; after \"unmask entry 3\": fire 2 x2 }",
    "set_irqs msix trigger none 0+0  { after \"clear MSI-X Enable\": fire 0; after \"mask entry 1\": assert intx }",
    "set_irqs msix trigger bool 0 [1, 1, 1]",
    "set_irqs msi trigger eventfd 0 [a, b]  { after \"set MSI Enable\": fire 1 }",
    "set_irqs msi trigger eventfd 1 [-1]",
    "set_irqs msi trigger none 0+0",
    "set_irqs intx trigger eventfd 0 [a]",
    "set_irqs intx trigger none 0+0",
    "set_irqs intx unmask none 0+1",
    "set_irqs intx unmask eventfd 0 [r]",
    "set_irqs err trigger eventfd 0 [e]",
    "set_irqs req trigger eventfd 0 [e]",
    "fire 0",
    "fire 1 x3",
    "fire 2",
    "assert intx",
    "deassert intx",
    "error",
    "request",
    "eventfd n0..n3",
    "irq_info msix",
    "config write 0x04 2 0x0406",
    "config write 0x04 2 0x0006",
    "config write 0x04 2 0x0002",
    "reset  { after \"reset function\": fire 0 }",
    "close",
    "open",
    "ledger",
];

/// Lively lines, any host and a function of any kind.
pub(super) fn lively_scenario() -> impl Strategy<Value = Scenario> {
    let function =
        proptest::sample::select(&["simple", "e1000e", "vf-hold", "xhci", "broken-intx"]);
    let host = proptest::sample::select(&["linux-6.1", "linux-6.12", "linux-7.3", "mediated"]);
    let lines = vec_of(proptest::sample::select(LIVELY), 1..40);
    (function, host, lines).prop_map(|(function, host, mut lines)| {
        // Names are made once.
        let mut made = false;
        lines.retain(|line| !line.starts_with("eventfd") || !core::mem::replace(&mut made, true));
        let text = format!("function {function}\nhost {host}\n{}", lines.join("\n"));
        Scenario::parse(&text).expect("each line is right")
    })
}

proptest! {
    #[test]
    fn counts_from_events_are_the_ledgers(scenario in lively_scenario()) {
        let machine = scenario.machine(&Overrides::default()).expect("built in");
        let mut emulator = Emulator::new(machine);
        let trace = run(&scenario, &mut emulator);
        prop_assert_eq!(trace.ledger, emulator.machine.ledger.summary());
        prop_assert!(trace.ledger.balances());
    }

    /// A note is about a line of the run, and takes at most 72 columns; whatever is asked.
    #[test]
    fn notes_of_any_run_are_about_its_lines(scenario in lively_scenario()) {
        let machine = scenario.machine(&Overrides::default()).expect("built in");
        let known = Known::of(&machine);
        let trace = run(&scenario, &mut Emulator::new(machine));
        let notes = notes::of(&trace, known);
        for note in &notes {
            let is_of_run = |line: &u32| trace.entries.iter().any(|entry| entry.line == *line);
            prop_assert!(is_of_run(&note.line) && note.also.iter().all(is_of_run), "{:?}", note);
        }
        prop_assert!(notes::text(&notes).lines().all(|line| line.chars().count() <= 72));
    }
}

#[test]
fn supply_runs_out_between_two_vectors_of_a_call() {
    let text = "function e1000e\nhost linux-6.12
set_irqs msix trigger eventfd 0 [a] -> 0
set_irqs msix trigger eventfd 1 [b, c] -> ENOSPC { after \"allocate vector 1\": vectors 0 }
vectors 1
set_irqs msix trigger eventfd 1 [b, c] -> 0";
    let scenario = Scenario::parse(text).unwrap();
    let trace = run_emulated(&scenario, &Overrides::default()).unwrap();
    // Vector 1 stays allocated: one more is enough for both.
    assert!(trace.held, "{:?}", trace.entries);
    assert_eq!(trace.entries[2].events, [Event::Note("the host has 1 vector left".into())]);
}

#[test]
fn host_that_takes_no_vectors_is_never_short() {
    let text = "function e1000e\nhost mediated\nvectors 0
set_irqs msix trigger eventfd 0 [a, b] -> 0";
    let scenario = Scenario::parse(text).unwrap();
    let trace = run_emulated(&scenario, &Overrides::default()).unwrap();
    assert!(trace.held, "{:?}", trace.entries);
}

#[test]
fn supply_that_changes_inside_an_enable_counts_when_the_host_asks() {
    let msix = "set MSI-X Enable and Function Mask";
    let msi = "write MSI Message Control";
    for (setup, call, after, vectors, answer) in [
        ("e1000e\nhost linux-6.1", "msix trigger eventfd 0 [a, b]", msix, "0", "ENOSPC"),
        ("e1000e\nhost linux-7.3", "msix trigger eventfd 0 [a, b]", msix, "1", "only 1"),
        ("e1000e\nhost linux-6.12 vectors=1", "msix trigger eventfd 0 [a, b]", msix, "any", "0"),
        ("msi-only\nhost linux-6.12", "msi trigger eventfd 0 [a, b, c]", msi, "2", "only 1"),
        ("msi-only\nhost linux-6.12", "msi trigger eventfd 0 [a, b, c]", msi, "0", "ENOSPC"),
        ("msi-only\nhost linux-6.12 vectors=2", "msi trigger eventfd 0 [a, b]", msi, "2", "0"),
    ] {
        let text = format!(
            "function {setup}\nset_irqs {call} -> {answer} {{ after \"{after}\": vectors {vectors} }}"
        );
        let scenario = Scenario::parse(&text).unwrap();
        let trace = run_emulated(&scenario, &Overrides::default()).unwrap();
        assert!(trace.held, "{text}\n{:?}", trace.entries);
        // The attempts that failed are taken back.
        let index = call.split(' ').next().unwrap();
        let on = if answer == "0" { "0" } else { "EINVAL" };
        let text = format!("{text}\nset_irqs {index} trigger none 0+1 -> {on}");
        let trace = run_emulated(&Scenario::parse(&text).unwrap(), &Overrides::default()).unwrap();
        assert!(trace.held, "{text}\n{:?}", trace.entries);
    }
}
