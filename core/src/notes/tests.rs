//! Each kind of note, said and not said, on the emulator and as of a real device.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{Kind, Known, Note, Notes, of, text};
use crate::event::{Event, Outcome};
use crate::scenario::{Overrides, Scenario, run_emulated};
use crate::trace::Trace;

/// The trace of a scenario whose expectations hold, and what is known of its device.
fn run(scenario: &str) -> (Trace, Known) {
    let parsed = Scenario::parse(scenario).expect(scenario);
    let overrides = Overrides::default();
    let known = Known::of(&parsed.machine(&overrides).expect("its first lines are right"));
    let trace = run_emulated(&parsed, &overrides).expect("its first lines are right");
    assert!(trace.held, "{scenario}\n{}", crate::render::text(&trace));
    (trace, known)
}

fn notes(scenario: &str) -> Vec<Note> {
    let (trace, known) = run(scenario);
    of(&trace, known)
}

/// The same run as a real device shows it: calls, answers, and what the user did with eventfds.
fn notes_of_real(scenario: &str) -> Vec<Note> {
    let (mut trace, _) = run(scenario);
    for entry in &mut trace.entries {
        entry.events.retain(|event| {
            matches!(
                event,
                Event::Call(_)
                    | Event::Return(_)
                    | Event::Opened { .. }
                    | Event::Read { .. }
                    | Event::Wrote { .. }
                    | Event::Closed { .. }
                    | Event::Guest(_)
            )
        });
        for event in &mut entry.events {
            if let Event::Return(Outcome::Refused { clause, .. }) = event {
                *clause = None;
            }
        }
    }
    of(&trace, Known::nothing())
}

/// Line, kind and clause of each note.
fn short(notes: &[Note]) -> String {
    let one = |note: &Note| format!("{} {} {}", note.line, note.kind.word(), note.clause);
    notes.iter().map(one).collect::<Vec<_>>().join("; ")
}

const ENABLED: &str = "set_irqs msix trigger eventfd 0 [a, b] -> 0\n";

/// What is said of each run: first one with the note, then those like it without.
#[test]
fn note_is_said_of_a_misuse_and_not_of_its_like() {
    let cases = [
        // A vector added: refused under the flag, and for its descriptor without.
        (
            "host linux-6.1",
            "set_irqs msix trigger eventfd 2 [c] -> EINVAL",
            "3 growth MSG-NORESIZE",
        ),
        ("host linux-6.12", "set_irqs msix trigger eventfd 2 [c] -> 0", ""),
        ("host linux-6.12", "set_irqs msix trigger eventfd 2 [closed] -> EBADF", ""),
        ("host linux-6.1", "set_irqs msix trigger eventfd 1 [c] -> 0", ""),
        ("host linux-6.1", "set_irqs msix trigger eventfd 9 [c] -> EINVAL", ""),
        // A rebuild: with more, with as many, and looked after.
        (
            "host linux-6.1",
            "set_irqs msix trigger none 0+0\nset_irqs msix trigger eventfd 0 [a, b, c]",
            "4 rebuild TEARDOWN-LOSS",
        ),
        (
            "host linux-6.12",
            "set_irqs msix trigger none 0+0\nset_irqs msix trigger eventfd 0 [a, b, c]",
            "4 rebuild NORESIZE-REBUILD",
        ),
        (
            "host linux-6.1",
            "set_irqs msix trigger none 0+0\nset_irqs msix trigger eventfd 0 [a, b]",
            "",
        ),
        (
            "host linux-6.1",
            "set_irqs msix trigger none 0+0\nset_irqs msix trigger eventfd 0 [a, b, c]\n\
             set_irqs msix trigger none 0+3\nread a -> 1",
            "",
        ),
        (
            "host linux-6.1",
            "set_irqs msix trigger none 0+0\nset_irqs msix trigger eventfd 0 [a, b, c]\n\
             bar0 read 0 4",
            "",
        ),
        // A loopback: unheard, heard, heard by KVM, and before the eventfd is closed.
        ("host linux-6.12", "set_irqs msix trigger none 0+2 -> 0", "3 fires MSG-LOOPBACK"),
        ("host linux-6.12", "set_irqs msix trigger none 0+2 -> 0\nread b -> 1", ""),
        ("host linux-6.12", "irqfd a gsi 5\nset_irqs msix trigger none 0+1", ""),
        (
            "host linux-6.12",
            "set_irqs msix trigger none 0+1\nset_irqs msix trigger eventfd 0 [-1]\nclose a",
            "3 fires MSG-LOOPBACK",
        ),
        ("host linux-6.12", "set_irqs msix trigger bool 0 [0, 0] -> 0", ""),
        (
            "host linux-6.12",
            "set_irqs msix trigger none 0+2\nset_irqs intx trigger eventfd 0 [c] -> EINVAL",
            "3 fires MSG-LOOPBACK; 4 second-index IRQ-EXCLUSIVE",
        ),
        // Mask actions.
        (
            "host linux-6.12",
            "set_irqs msix mask none 0+1 -> ENOTTY",
            "3 mask-action MSIX-MASK-BY-RELEASE",
        ),
        ("host linux-6.12", "set_irqs msi unmask none 0+1", "3 mask-action MSI-RELEASE-N"),
        // An eventfd that rose: the other is read later, or before, or it is read too.
        ("host linux-6.12", "fire 1\nfire 0 -> a=1", "3 never-read MSG-COUNTER"),
        ("host linux-6.12", "fire 0 -> a=1\nfire 1", ""),
        ("host linux-6.12", "fire 1\nfire 0 -> a=1\nread b -> 1", ""),
        ("host linux-6.12", "irqfd b gsi 5\nfire 1\nfire 0 -> a=1", ""),
        ("host linux-6.12", "fire 1\nfire 0", ""),
        // A refused request: over live vectors, over others, and of a first enable.
        (
            "host linux-6.12",
            "set_irqs msix trigger eventfd 0 [c, closed] -> EBADF",
            "3 dropped MSG-BLOCK-FAIL",
        ),
        ("host linux-6.12", "set_irqs msix trigger eventfd 2 [closed] -> EBADF", ""),
        ("host linux-6.12", "set_irqs msix trigger eventfd 0 [c, d] argsz=24 -> EINVAL", ""),
        // Closed while it is a trigger: the run goes on, ends, or takes the trigger away first.
        ("host linux-6.12", "close a\nfire 0", "3 closed-trigger FD-HELD"),
        (
            "host linux-6.12",
            "close a\nset_irqs msix trigger eventfd 1 [b]",
            "3 closed-trigger FD-HELD; 4 rearmed MSG-REARM",
        ),
        ("host linux-6.12", "close a\nclose b\nclose", ""),
        ("host linux-6.12", "set_irqs msix trigger eventfd 0 [-1]\nclose a\nfire 1", ""),
        ("host linux-6.12", "close a\nset_irqs msix trigger none 0+0", ""),
        // argsz.
        ("host linux-6.12", "set_irqs msix trigger none 0+0 argsz=0", "3 no-size SET-ARGSZ"),
        ("host linux-6.12", "irq_info msix argsz=0", "3 no-size INFO-ARGSZ"),
        ("host linux-6.12", "irq_info msix argsz=15", ""),
        // Descriptors below -1.
        ("host linux-6.12", "set_irqs msix trigger eventfd 0 [-2]", "3 negative FD-NEGATIVE"),
        (
            "host linux-6.12",
            "set_irqs err trigger eventfd 0 [-2]",
            "3 negative ERR-REQ-NEGATIVE-FD",
        ),
        ("host linux-6.12", "set_irqs msix trigger eventfd 0 [-1]", ""),
        // The same trigger again; not after a refusal.
        ("host linux-6.12", "set_irqs msix trigger eventfd 0 [a]", "3 rearmed MSG-REARM"),
        ("host linux-6.12", "set_irqs msix trigger eventfd 0 [c, b] -> 0", "3 rearmed MSG-REARM"),
        ("host linux-6.12", "set_irqs msix trigger eventfd 0 [b]", ""),
        ("host linux-6.12", "reset\nset_irqs msix trigger eventfd 0 [a, b]", ""),
    ];
    for (host, steps, expected) in cases {
        let scenario = format!("{host}\n{ENABLED}{steps}\n");
        assert_eq!(short(&notes(&scenario)), expected, "{scenario}");
    }
}

#[test]
fn positive_answer_is_noted_when_nobody_takes_it_up() {
    let short_of = |steps: &str| {
        let scenario = format!(
            "host linux-6.12 vectors=2\nset_irqs msix trigger eventfd 0 [a, b, c] -> only 2\n{steps}"
        );
        short(&notes(&scenario))
    };
    let said = "2 short MSG-SUPPLY";
    assert_eq!(short_of("set_irqs msix trigger none 0+3 -> EINVAL\n"), said);
    assert_eq!(short_of("set_irqs msix trigger eventfd 1 [b] -> 0\n"), said);
    assert_eq!(short_of("fire 0 -> a=0\n"), said);
    assert_eq!(short_of("irqfd a gsi 1\n"), said);
    assert_eq!(short_of(""), "");
    assert_eq!(short_of("set_irqs msix trigger eventfd 0 [a, b] -> 0\n"), "");
    assert_eq!(short_of("read a -> EAGAIN\nset_irqs msi trigger eventfd 0 [a] -> 0\n"), "");
    assert_eq!(short_of("set_irqs msix trigger none 0+0 -> EINVAL\n"), "");
}

#[test]
fn intx_left_masked_is_noted_once_its_level_is_over() {
    let pin = |steps: &str| {
        short(&notes(&format!("function edu\nset_irqs intx trigger eventfd 0 [a] -> 0\n{steps}")))
    };
    let said = "3 left-masked INTX-AUTOMASK";
    assert_eq!(pin("assert intx -> a=1\ndeassert intx\n"), said);
    assert_eq!(pin("assert intx -> a=1\n"), "", "the run ends in the handler");
    assert_eq!(pin("assert intx\ndeassert intx\n"), "", "nobody has heard it");
    assert_eq!(pin("assert intx -> a=1\ndeassert intx\nset_irqs intx unmask none 0+1\n"), "");
    let by_eventfd = "set_irqs intx unmask eventfd 0 [u]\nassert intx -> a=1\ndeassert intx\n";
    assert_eq!(pin(&format!("{by_eventfd}write u 1\n")), "");
    assert_eq!(pin(by_eventfd), "4 left-masked INTX-AUTOMASK");
    assert_eq!(pin("assert intx -> a=1\ndeassert intx\nset_irqs intx trigger none 0+0\n"), "");
    assert_eq!(pin("assert intx -> a=1\ndeassert intx\nclose\n"), "");
    assert_eq!(
        pin("set_irqs intx trigger none 0+1\nread a -> 1\n"),
        "",
        "a loopback masks nothing"
    );
    assert_eq!(pin("set_irqs intx mask none 0+1\n"), "3 left-masked INTX-MASK");
    assert_eq!(pin("set_irqs intx mask bool 0 [0]\n"), "");
    assert_eq!(pin("set_irqs intx mask none 0+1\nset_irqs intx unmask bool 0 [1]\n"), "");
    let bit = "assert intx -> a=1\ndeassert intx\nconfig write 0x04 2 0x0106\n";
    assert_eq!(pin(bit), "", "clearing Interrupt Disable unmasks");
}

#[test]
fn unmask_of_a_level_that_is_still_up_is_noted() {
    let pin = |steps: &str| {
        short(&notes(&format!("function edu\nset_irqs intx trigger eventfd 0 [a] -> 0\n{steps}")))
    };
    let unmask = "set_irqs intx unmask none 0+1 -> 0\n";
    let early = format!("assert intx -> a=1\n{unmask}read a -> 1\n");
    assert_eq!(pin(&early), "4 early-unmask INTX-UNMASK-PENDING");
    let in_time = format!("assert intx -> a=1\ndeassert intx\n{unmask}");
    assert_eq!(pin(&in_time), "");
    let next = format!("assert intx -> a=1\ndeassert intx\nassert intx\n{unmask}read a -> 1\n");
    assert_eq!(pin(&next), "", "another level came meanwhile");
}

#[test]
fn eventfd_that_signals_and_unmasks_is_noted() {
    let scenario =
        "function edu\nset_irqs intx trigger eventfd 0 [a]\nset_irqs intx unmask eventfd 0 ";
    assert_eq!(short(&notes(&format!("{scenario}[a]\n"))), "3 self-unmask EVENTFD-SELF");
    assert_eq!(short(&notes(&format!("{scenario}[b]\n"))), "");
}

#[test]
fn vector_0_of_msi_is_noted_where_others_need_its_address() {
    let msi = |host: &str, fds: &str, drop: &str| {
        let scenario = format!(
            "function xhci\nhost {host}\nset_irqs msi trigger eventfd 0 [{fds}] -> 0\n\
             set_irqs msi trigger eventfd {drop} -> 0\n"
        );
        short(&notes(&scenario))
    };
    assert_eq!(msi("linux-6.12", "a, b", "0 [-1]"), "4 vector-zero MSI-RELEASE-0");
    assert_eq!(msi("linux-6.12", "a, b", "1 [-1]"), "");
    assert_eq!(msi("linux-6.12", "a", "0 [-1]"), "");
    assert_eq!(msi("linux-6.12", "a, b", "0 [-1, -1]"), "");
    assert_eq!(msi("mediated", "a, b", "0 [-1]"), "");
}

#[test]
fn enable_by_hand_is_noted_when_no_request_follows() {
    let by_hand = "function e1000e\nconfig write 0xa2 2 0x8004\n";
    assert_eq!(short(&notes(by_hand)), "2 by-hand MSIX-CONFIG");
    assert_eq!(
        short(&notes("function e1000e\nconfig write 0xd2 2 0x0001\n")),
        "2 by-hand MSI-CONFIG-ENABLE"
    );
    assert_eq!(short(&notes("function e1000e\nconfig write 0xa2 2 0x0004\n")), "");
    assert_eq!(short(&notes(&format!("{by_hand}set_irqs msix trigger eventfd 0 [a]\n"))), "");
    assert_eq!(
        short(&notes(
            "function e1000e\nset_irqs msix trigger eventfd 0 [a]\nconfig write 0xa2 2 0x8004\n"
        )),
        ""
    );
}

#[test]
fn refused_growth_of_msi_that_kills_is_noted_twice() {
    let msi = |host: &str| {
        let scenario = format!(
            "function xhci\nhost {host}\nset_irqs msi trigger eventfd 0 [a] -> 0\n\
             set_irqs msi trigger eventfd 0 [c, b] -> EINVAL\n"
        );
        short(&notes(&scenario))
    };
    assert_eq!(msi("linux-6.12"), "4 growth MSG-NORESIZE; 4 dropped MSI-RESIZE-3");
    assert_eq!(msi("linux-6.1"), "4 growth MSG-NORESIZE");
}

/// A real device says no clause, shows no step and no signal.
#[test]
fn real_device_has_the_notes_its_answers_and_reads_carry() {
    let enabled =
        |steps: &str| short(&notes_of_real(&format!("host linux-6.1\n{ENABLED}{steps}\n")));
    assert_eq!(enabled("set_irqs msix trigger eventfd 2 [c]"), "3 growth MSG-NORESIZE");
    assert_eq!(enabled("set_irqs msix trigger none 0+2"), "3 fires MSG-LOOPBACK");
    assert_eq!(enabled("set_irqs msix mask none 0+1"), "3 mask-action MSIX-MASK-BY-RELEASE");
    assert_eq!(enabled("set_irqs intx trigger eventfd 0 [c]"), "3 second-index IRQ-EXCLUSIVE");
    assert_eq!(enabled("close a\nfire 0"), "3 closed-trigger FD-HELD");
    assert_eq!(
        enabled("set_irqs msix trigger none 0+0\nset_irqs msix trigger eventfd 0 [a, b, c]"),
        "4 rebuild TEARDOWN-LOSS"
    );
    let dropped = "set_irqs msix trigger eventfd 0 [c, closed]";
    assert_eq!(enabled(dropped), "3 dropped MSG-BLOCK-FAIL");
    let text = &notes_of_real(&format!("{ENABLED}{dropped}\n"))[0].text;
    assert!(text.contains("may be de-assigned"), "{text}");
    assert_eq!(enabled("fire 1\nfire 0 -> a=1"), "", "nobody sees that b rose");
    assert_eq!(enabled("set_irqs msix trigger eventfd 0 [c, d] argsz=24"), "", "nothing was begun");

    // What GET_IRQ_INFO said decides.
    let asked = "host linux-6.12\nirq_info msix\nset_irqs msix trigger eventfd 0 [a]\n\
                 set_irqs msix trigger none 0+0\nset_irqs msix trigger eventfd 0 [a, b]\n";
    assert_eq!(short(&notes_of_real(asked)), "5 rebuild NORESIZE-REBUILD");

    let pin = "function edu\nset_irqs intx trigger eventfd 0 [a]\nassert intx -> a=1\n";
    let over = format!("{pin}deassert intx\n");
    assert_eq!(short(&notes_of_real(&over)), "3 left-masked INTX-AUTOMASK");
    assert_eq!(short(&notes_of_real(&format!("{over}set_irqs intx unmask none 0+1\n"))), "");
    assert_eq!(short(&notes_of_real(pin)), "");
}

#[test]
fn same_note_is_said_once_with_its_later_lines() {
    let mask = "set_irqs msix mask none 0+1\n";
    let notes = notes(&format!("{ENABLED}{mask}{mask}fire 0\n{mask}"));

    assert_eq!(notes.len(), 1);
    assert_eq!((notes[0].line, &*notes[0].also), (2, &[3, 5][..]));
    assert!(notes[0].sentence().starts_with("lines 2, 3 and 1 more, MSIX-MASK-BY-RELEASE: "));
}

#[test]
fn text_stays_within_72_columns_and_ends_in_a_period() {
    let scenario = "host linux-6.1\nset_irqs msix trigger eventfd 0 [a]\n\
                    set_irqs msix trigger eventfd 1 [b]\nset_irqs msix mask none 0+1\n\
                    set_irqs msix trigger none 0+1\nset_irqs intx trigger eventfd 0 [c]\n";
    let text = text(&notes(scenario));

    assert_eq!(text.lines().filter(|line| line.starts_with(" line ")).count(), 4, "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 72), "{text}");
    assert!(text.ends_with(".\n"), "{text}");
    assert_eq!(super::text(&[]), "");
}

/// A page shows notes as the run goes; at the end they are those of the whole run.
#[test]
fn notes_fed_line_by_line_are_those_of_the_run() {
    let (trace, known) =
        run(&format!("host linux-6.1\n{ENABLED}set_irqs msix mask none 0+1\nfire 0\n"));
    let mut fed = Notes::new(known.clone());
    let mut seen = Vec::new();
    for entry in &trace.entries {
        fed.entry(entry, &trace.names);
        seen.push(fed.so_far().len());
    }
    assert_eq!(seen, [0, 1, 1]);
    assert_eq!(fed.finish(&trace.names), of(&trace, known));
}

/// A request says anything, and nothing of it may panic or take long.
#[test]
fn requests_at_the_ends_of_their_ranges_are_taken() {
    let scenario = "set_irqs msix trigger eventfd 0xffffffff+1 [a]\n\
                    set_irqs msix trigger none 0xfffffffe+0xffffffff\n\
                    set_irqs msix mask bool 3+0xffffffff [1]\n\
                    set_irqs 77 trigger none 0+1\n\
                    set_irqs msix trigger eventfd 0+0xfffffff0 [a]\n\
                    set_irqs intx unmask eventfd 0+1\n\
                    config write 0xfff data=ffff\n\
                    set_irqs msix trigger none 0+0 flags=0xffffffff\n";
    let notes = notes(scenario);
    assert!(notes.iter().all(|note| note.kind == Kind::MaskAction), "{}", short(&notes));
    assert_eq!(Kind::ALL.map(|kind| kind.word().to_string()).len(), 17);
}
