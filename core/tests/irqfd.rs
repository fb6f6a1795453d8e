//! KVM as the one who takes the counts: each case is a scenario and what virt/kvm/eventfd.c makes
//! of it.

use vfio_irq_core::event::Event;
use vfio_irq_core::guest::GuestEvent;
use vfio_irq_core::scenario::{Overrides, Scenario, run_emulated};
use vfio_irq_core::trace::Trace;

fn run(text: &str) -> Trace {
    let scenario = Scenario::parse(text).unwrap_or_else(|errors| panic!("{errors:?}"));
    run_emulated(&scenario, &Overrides::default()).expect("a machine")
}

fn holds(text: &str) -> Trace {
    let trace = run(text);
    let wrong: Vec<_> = trace.entries.iter().flat_map(|entry| &entry.checks).collect();
    assert!(trace.held, "{wrong:#?}");
    trace
}

fn guest_events(trace: &Trace) -> Vec<GuestEvent> {
    let events = trace.entries.iter().flat_map(|entry| &entry.events);
    events
        .filter_map(|event| match event {
            Event::Guest(event) => Some(*event),
            _ => None,
        })
        .collect()
}

#[test]
fn eventfd_in_kvms_hands_is_empty_for_the_user() {
    let trace = holds(
        "set_irqs msix trigger eventfd 0 [a] -> 0\n\
         irqfd a gsi 5 -> 0\n\
         fire 0\n\
         read a -> EAGAIN\n\
         guest 5 -> 1\n\
         ledger -> causes=1 signalled=1\n",
    );
    assert!(guest_events(&trace).contains(&GuestEvent::Injected {
        eventfd: 3,
        gsi: 5,
        merged: false
    }));
}

#[test]
fn signals_before_the_guest_takes_the_interrupt_are_one() {
    let trace = holds(
        "set_irqs msix trigger eventfd 0 [a] -> 0\n\
         irqfd a gsi 5 -> 0\n\
         fire 0 x3\n\
         guest 5 -> 1\n\
         eoi 5\n\
         guest 5 -> 0\n\
         ledger -> causes=3 signalled=3 signals=3\n",
    );
    let merged = |event: &&GuestEvent| matches!(event, GuestEvent::Injected { merged: true, .. });
    assert_eq!(guest_events(&trace).iter().filter(merged).count(), 2);
}

#[test]
fn signals_after_the_guest_took_the_interrupt_are_one_more() {
    holds(
        "eventfd a\n\
         irqfd a gsi 5 -> 0\n\
         write a 1\n\
         guest 5 -> 1\n\
         write a 1 x2\n\
         guest 5 -> 1\n\
         eoi 5\n\
         guest 5 -> 1\n\
         eoi 5\n\
         guest 5 -> 0\n",
    );
}

#[test]
fn level_that_falls_takes_no_edge_along() {
    holds(
        "eventfd a b u\n\
         irqfd a gsi 5 resample u -> 0\n\
         irqfd b gsi 5 -> 0\n\
         write b 1\n\
         irqfd a gsi 5 off -> 0\n\
         guest 5 -> 1\n\
         eoi 5\n\
         guest 5 -> 0 u=0\n",
    );
}

#[test]
fn count_from_before_injects_and_stays_until_the_next_signal() {
    holds(
        "set_irqs msix trigger eventfd 0 [a] -> 0\n\
         fire 0\n\
         irqfd a gsi 5 -> 0\n\
         guest 5 -> 1\n\
         eoi 5\n\
         read a -> 1\n\
         fire 0\n\
         guest 5 -> 1 a=0\n",
    );
}

#[test]
fn level_that_stays_up_comes_again_at_each_end_of_interrupt() {
    holds(
        "set_irqs intx trigger eventfd 0 [a] -> 0\n\
         set_irqs intx unmask eventfd 0 [u] -> 0\n\
         irqfd a gsi 5 resample u -> 0\n\
         assert intx\n\
         guest 5 -> 1\n\
         eoi 5\n\
         guest 5 -> 1 u=0\n\
         deassert intx\n\
         eoi 5\n\
         guest 5 -> 0\n\
         assert intx\n\
         guest 5 -> 1\n\
         ledger -> causes=2 signalled=2 signals=3\n",
    );
}

#[test]
fn level_without_resample_comes_once() {
    holds(
        "set_irqs intx trigger eventfd 0 [a] -> 0\n\
         irqfd a gsi 5 -> 0\n\
         assert intx\n\
         guest 5 -> 1\n\
         deassert intx\n\
         eoi 5\n\
         assert intx\n\
         guest 5 -> 0\n\
         ledger -> causes=2 signalled=1 waiting=1\n",
    );
}

#[test]
fn end_of_an_interrupt_that_is_not_up_signals_nobody() {
    holds(
        "eventfd a u\n\
         irqfd a gsi 5 resample u -> 0\n\
         eoi 5\n\
         read u -> EAGAIN\n",
    );
}

#[test]
fn resample_reaches_everyone_on_the_gsi_and_no_other() {
    holds(
        "eventfd a b c u v w\n\
         irqfd a gsi 5 resample u -> 0\n\
         irqfd b gsi 5 resample v -> 0\n\
         irqfd c gsi 6 resample w -> 0\n\
         write a 1 -> 0\n\
         eoi 5 -> u=1 v=1 w=0\n",
    );
}

#[test]
fn kvm_irqfd_refuses_in_the_kernels_order() {
    holds(
        "eventfd a b\n\
         plainfd p\n\
         irqfd closed gsi 5 -> EBADF\n\
         irqfd p gsi 5 -> EINVAL\n\
         irqfd 0 gsi 5 -> EINVAL\n\
         irqfd a gsi 5 resample closed -> EBADF\n\
         irqfd a gsi 5 resample p -> EINVAL\n\
         irqfd a gsi 5 -> 0\n\
         irqfd a gsi 6 resample closed -> EBADF\n\
         irqfd a gsi 6 -> EBUSY\n\
         irqfd b gsi 5 -> 0\n\
         irqfd closed gsi 5 off -> EBADF\n\
         irqfd p gsi 5 off -> EINVAL\n",
    );
}

#[test]
fn deassign_needs_the_same_gsi_and_gives_the_counter_back() {
    holds(
        "set_irqs msix trigger eventfd 0 [a] -> 0\n\
         irqfd a gsi 5 -> 0\n\
         irqfd a gsi 6 off -> 0\n\
         fire 0 -> a=0\n\
         irqfd a gsi 5 off -> 0\n\
         fire 0 -> a=1\n\
         guest 5 -> 1\n",
    );
}

#[test]
fn deassign_takes_the_count_along_and_lets_a_level_fall() {
    holds(
        "eventfd a b u v\n\
         write a 3 -> 0\n\
         irqfd a gsi 5 resample u -> 0\n\
         irqfd b gsi 5 resample v -> 0\n\
         irqfd a gsi 5 off -> 0\n\
         read a -> EAGAIN\n\
         guest 5 -> 1\n\
         irqfd b gsi 5 off -> 0\n\
         guest 5 -> 0 u=0 v=0\n",
    );
}

#[test]
fn closing_the_eventfd_takes_it_from_kvm_and_signals_go_on_unseen() {
    holds(
        "set_irqs msix trigger eventfd 0 [a] -> 0\n\
         irqfd a gsi 5 -> 0\n\
         close a -> 0\n\
         fire 0\n\
         guest 5 -> 0\n\
         ledger -> causes=1 signalled=1\n",
    );
}

#[test]
fn closing_the_resample_eventfd_leaves_intx_masked() {
    holds(
        "set_irqs intx trigger eventfd 0 [a] -> 0\n\
         set_irqs intx unmask eventfd 0 [u] -> 0\n\
         irqfd a gsi 5 resample u -> 0\n\
         close u -> 0\n\
         assert intx\n\
         guest 5 -> 1\n\
         deassert intx\n\
         eoi 5\n\
         assert intx\n\
         guest 5 -> 0\n",
    );
}

#[test]
fn kvm_comes_before_the_unmask_eventfd() {
    holds(
        "set_irqs intx trigger eventfd 0 [a] -> 0\n\
         set_irqs intx unmask eventfd 0 [u] -> 0\n\
         irqfd u gsi 7 -> 0\n\
         assert intx -> a=1\n\
         write u 0 -> 0\n\
         guest 7 -> 1 a=0\n",
    );
}

#[test]
fn resample_that_leads_back_to_itself_comes_once_an_end() {
    holds(
        "eventfd a\n\
         irqfd a gsi 5 resample a -> 0\n\
         write a 1 -> 0\n\
         eoi 5 x3\n\
         guest 5 -> 1\n",
    );
}

#[test]
fn text_of_a_trace_shows_what_kvm_takes() {
    let trace = holds(
        "set_irqs msix trigger eventfd 0 [a] -> 0\n\
         irqfd a gsi 5\n\
         fire 0\n\
         eoi 5\n",
    );
    let text = vfio_irq_core::render::text(&trace);
    for words in ["KVM takes a: gsi 5", "guest: gsi 5 ▲ (a = 0)", "guest: EOI, gsi 5"] {
        assert!(text.contains(words), "{words}:\n{text}");
    }
}

#[test]
fn wrong_lines_say_what_should_stand_there() {
    for (line, column, expected) in [
        ("irqfd a 5", 9, "`gsi`"),
        ("irqfd a gsi", 12, "the number of a guest's interrupt, e.g. `5`"),
        ("irqfd a gsi 5 resample", 23, "a descriptor: its name, `closed` or a number"),
        ("irqfd z gsi 5", 7, "a name that stood in a list, in `eventfd` or in `plainfd` before"),
        ("guest 5 -> 2", 12, "`1` for up, `0` for down, or a counter such as `a=1`"),
        ("guest 5 -> EINVAL", 12, "`1` for up, `0` for down, or a counter such as `a=1`"),
        ("eoi 5 -> 0", 10, "a counter such as `a=1`"),
    ] {
        let errors = Scenario::parse(&format!("eventfd a\n{line}\n")).expect_err(line);
        let error = &errors[0];
        assert_eq!((error.line, error.column), (2, column), "{line}: {error:?}");
        assert_eq!(error.expected.as_deref(), Some(expected), "{line}: {error:?}");
    }
}
