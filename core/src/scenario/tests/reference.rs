//! Scenarios whose outcomes are facts read in Linux, or seen on it: each cites its line of the
//! project's notes on 6.1.192, 6.12.95 and 7.3.4 by the words it is found by.

use alloc::format;
use alloc::string::String;

use crate::scenario::{Overrides, Scenario, run_emulated};

/// Every expectation of the text holds.
fn holds(text: &str) {
    let scenario = Scenario::parse(text).expect("the text is right");
    let trace = run_emulated(&scenario, &Overrides::default()).expect("the machine exists");
    let mut wrong = String::new();
    for entry in &trace.entries {
        for check in entry.checks.iter().filter(|check| !check.held) {
            let (expected, actual) = (&check.expected, &check.actual);
            wrong += &format!("{}: {}: {expected}, not {actual}\n", entry.line, entry.text);
        }
    }
    assert!(wrong.is_empty(), "{wrong}{text}");
    assert!(trace.held && trace.ledger.balances(), "{text}");
}

/// The text holds on each of these hosts.
fn holds_on(hosts: &[&str], text: &str) {
    for host in hosts {
        holds(&format!("function e1000e\nhost {host}\n{text}"));
    }
}

const LINUX: [&str; 3] = ["linux-6.1", "linux-6.12", "linux-7.3"];
const LATER: [&str; 2] = ["linux-6.12", "linux-7.3"];

#[test]
fn irq_info_counts_and_flags() {
    holds_on(
        &LINUX,
        "irq_info intx argsz=15 -> EINVAL\nirq_info 5 -> EINVAL
         irq_info intx -> count=1 flags=0x7\nirq_info msi -> count=1 flags=0x9
         irq_info req -> count=1 flags=0x9\nirq_info err -> count=1 flags=0x9",
    );
    holds_on(&["linux-6.1"], "irq_info msix -> count=5 flags=eventfd|noresize");
    holds_on(&LATER, "irq_info msix -> count=5 flags=eventfd");
}

#[test]
fn set_irqs_header_is_checked_in_order() {
    holds_on(
        &LINUX,
        "set_irqs msix trigger none 0+0 argsz=19 -> EINVAL
         set_irqs 5 trigger none 0+0 -> EINVAL
         set_irqs msix trigger none 1+0xfffffffe -> EINVAL
         set_irqs msix trigger none 0+0 flags=0x61 -> EINVAL
         set_irqs msix trigger none 5+0 -> EINVAL
         set_irqs msix trigger eventfd 0 [v0..v5] -> EINVAL
         set_irqs msix trigger none 0+0 flags=0x20 -> EINVAL
         set_irqs msix trigger none 0+0 flags=0x23 -> EINVAL
         set_irqs msix trigger eventfd 0 [a] argsz=23 -> EINVAL
         set_irqs msix trigger eventfd 0+3 [a] argsz=32 -> EFAULT
         set_irqs msix trigger none 0+1 flags=0x01 -> ENOTTY
         set_irqs msix trigger none 0+1 flags=0x31 -> ENOTTY
         set_irqs msix mask none 0+1 -> ENOTTY
         set_irqs msix mask none 0+6 -> EINVAL",
    );
}

#[test]
fn only_one_of_the_three_indexes_is_active() {
    holds_on(
        &LINUX,
        "set_irqs msix trigger none 0+0 -> EINVAL
         set_irqs msix trigger eventfd 0 [a] -> 0
         set_irqs msi trigger eventfd 0 [b] -> EINVAL
         set_irqs intx trigger eventfd 0 [b] -> EINVAL
         set_irqs req trigger eventfd 0 [r] -> 0
         set_irqs msix trigger none 0+0 -> 0
         set_irqs intx trigger eventfd 0 [b] -> 0",
    );
}

#[test]
fn vector_beyond_those_allocated() {
    holds_on(
        &["linux-6.1"],
        "set_irqs msix trigger eventfd 0 [a, b] -> 0
         set_irqs msix trigger eventfd 2 [c] -> EINVAL
         set_irqs msix trigger eventfd 2 [-1] -> EINVAL
         set_irqs msix trigger none 0+5 -> EINVAL
         fire 0 -> a=1",
    );
    holds_on(
        &LATER,
        "set_irqs msix trigger eventfd 0 [a, b] -> 0
         set_irqs msix trigger eventfd 3 [-1] -> 0
         set_irqs msix trigger eventfd 2 [c] -> 0
         fire 2 -> c=1
         set_irqs msix trigger none 0+5 -> 0 a=1 b=1 c=1",
    );
}

#[test]
fn block_that_fails_releases_from_its_start() {
    holds_on(
        &LINUX,
        "set_irqs msix trigger eventfd 0 [a, b, c] -> 0
         set_irqs msix trigger eventfd 0 [d, closed, e] -> EBADF
         fire 0 -> a=0 d=0\nfire 1 -> b=0\nfire 2 -> c=1 e=0",
    );
    holds_on(
        &LINUX,
        "plainfd p\nset_irqs msix trigger eventfd 0 [a, p] -> EINVAL
         set_irqs msix trigger none 0+0 -> EINVAL",
    );
}

#[test]
fn refused_growth_of_msi() {
    let grow = "set_irqs msi trigger eventfd 0 [a, b, c] -> 0
        set_irqs msi trigger eventfd 0 [a, b, c, d, e] -> EINVAL\nfire 0 x2\nfire 2";
    holds(&format!("function xhci\nhost linux-6.1\n{grow} -> a=2 c=1"));
    for host in LATER {
        holds(&format!("function xhci\nhost {host}\n{grow} -> a=0 b=0 c=0"));
    }
}

#[test]
fn count_zero_enables_nothing() {
    holds_on(&LINUX, "set_irqs msix trigger eventfd 0+0 -> ERANGE");
    holds_on(&["linux-6.1"], "set_irqs msix trigger eventfd 1+0 -> EINVAL");
    holds_on(&LATER, "set_irqs msix trigger eventfd 1+0 -> 0\nset_irqs msix trigger none 0+0 -> 0");
}

#[test]
fn intx_is_automasked_and_signals_again_on_unmask() {
    holds_on(
        &LINUX,
        "set_irqs intx trigger eventfd 0 [a] -> 0
         assert intx -> a=1
         set_irqs intx unmask none 0+1 -> 0 a=1
         deassert intx
         set_irqs intx unmask none 0+1 -> 0 a=0
         set_irqs intx mask eventfd 0 [a] -> ENOTTY
         set_irqs intx unmask eventfd 0 [r] -> 0
         set_irqs intx unmask eventfd 0 [s] -> EBUSY
         set_irqs intx trigger none 0+0 -> 0
         set_irqs intx mask eventfd 0 [a] -> EINVAL
         set_irqs intx trigger eventfd 0 [-1] -> 0",
    );
}

#[test]
fn interrupt_between_teardown_and_set_up_is_lost() {
    holds_on(
        &LINUX,
        "set_irqs msix trigger eventfd 0 [v0..v4] -> 0
         fire 0 -> v0=1
         set_irqs msix trigger none 0+0 -> 0
         fire 0
         set_irqs msix trigger eventfd 0 [v0..v4] -> 0 v0..v4=0
         fire 0 -> v0=1
         ledger -> causes=3 signalled=2 lost=1",
    );
}

#[test]
fn interrupt_inside_the_ioctl() {
    let enabled = "set_irqs msix trigger eventfd 0 [a] -> 0";
    holds_on(
        &LINUX,
        &format!(
            "{enabled}\nset_irqs msix trigger none 0+0 -> 0 {{ after \"clear MSI-X Enable\": fire 0 }}
             {enabled} a=0\nledger -> lost=1"
        ),
    );
    holds_on(
        &LINUX,
        &format!("{enabled} a=1 {{ after \"set MSI-X Enable and Function Mask\": fire 0 }}"),
    );
}

#[test]
fn supply_too_small_answers_a_positive_number() {
    holds(
        "function xhci\nhost linux-6.1 remapping=no
         set_irqs msi trigger eventfd 0 [a, b, c] -> only 1
         set_irqs msi trigger none 0+0 -> EINVAL",
    );
    holds(
        "function simple\nhost linux-7.3 vectors=3
         set_irqs msix trigger eventfd 0 [a, b, c, d] -> only 3
         set_irqs msix trigger eventfd 0 [a, b, c] -> 0",
    );
}

#[test]
fn err_and_req() {
    holds_on(
        &LINUX,
        "set_irqs err trigger none 0+1 -> EINVAL
         set_irqs err trigger eventfd 0+0 -> EINVAL
         set_irqs err trigger eventfd 0 [e] -> 0
         error -> e=1
         set_irqs err trigger none 0+1 -> 0 e=1
         set_irqs err trigger eventfd 0 [-1] -> 0
         set_irqs req trigger eventfd 0 [q] -> 0
         request -> q=1\nset_irqs req trigger none 0+0 -> 0",
    );
    holds_on(&["linux-6.1"], "set_irqs err trigger eventfd 0 [-2] -> 0");
    holds_on(&LATER, "set_irqs err trigger eventfd 0 [-2] -> EINVAL");
}

#[test]
fn msix_table_reads_as_ones() {
    holds(
        "function simple\nbar0 read 0x2000 4 -> 0xffffffff
         config read 0x04 2 -> 0xxxx6\nconfig read 0x0e 1 -> data=00",
    );
}
