//! The text a mail would carry.
//!
//! The expected texts are the stories told by hand, checked by eye; a change of layout changes
//! them, and whoever changes it reads them again.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::any;
use super::real;
use super::stories::{
    A, entry, failing, fire, gallery, intx_cycle, many, set_irqs, teardown, trace,
};
use crate::event::{CauseId, Event, Loss, Source};
use crate::render::{Style, text, text_with};
use crate::trace::{Check, Trace};
use crate::uapi::{IrqIndex, IrqSetFlags};

/// Compares line by line, without the header: the header is the same in every story.
fn assert_reads(story: &Trace, expected: &str) {
    assert_eq!(text(story).trim_end(), expected.trim_matches('\n'));
}

#[test]
fn teardown_story_reads_as_in_a_mail() {
    assert_reads(&teardown(), TEARDOWN);
}

#[test]
fn intx_cycle_shows_line_automask_and_failed_expectation() {
    assert_reads(&intx_cycle(), INTX);
}

#[test]
fn gallery_shows_every_way_of_an_interrupt() {
    assert_reads(&gallery(), GALLERY);
}

#[test]
fn enable_of_2048_vectors_takes_a_few_lines() {
    assert_reads(&many(), MANY);
    assert!(text(&real::many("msix-2048", "linux-7.3")).lines().count() < 50);
}

#[test]
fn real_hosts_lose_the_interrupt_and_the_mediated_one_does_not() {
    for host in ["linux-6.1", "linux-7.3"] {
        let story = text(&real::teardown("e1000e", host));
        assert!(story.contains("✗ LOST #2: diverted to INTx, never handled"), "{story}");
    }
    assert!(!text(&real::teardown("e1000e", "mediated")).contains("LOST"));
}

#[test]
fn colour_changes_no_character() {
    let style = Style { color: true, ..Style::default() };
    for story in [
        teardown(),
        gallery(),
        real::intx("e1000e", "linux-6.1"),
        real::intx("broken-intx", "linux-6.1"),
        real::msi("simple", "linux-6.1"),
    ] {
        let colored = text_with(&story, &style);
        assert!(colored.contains("\x1b["));
        assert_eq!(without_color(&colored), text(&story));
    }
}

#[test]
fn long_run_is_shortened_in_the_middle_and_keeps_what_matters() {
    let lost = CauseId(9001);
    let mut entries: Vec<_> = (1..=9000).map(|n| entry(n, "fire 0", fire(n, A, 1))).collect();
    let loss = vec![
        Event::Cause { cause: lost, source: Source::Fire(1) },
        Event::Lost { cause: lost, why: Loss::NoEventfd },
    ];
    entries.insert(3000, entry(3001, "fire 1", loss));
    entries[6000] = failing(entries[6000].clone(), "a=2", "a=1");
    let story = text(&trace(entries, [9001, 9000, 0, 0, 1, 9000]));
    assert!(story.lines().count() < 420);
    assert!(story.contains("✗ LOST #9001: handled, no eventfd attached"));
    assert!(story.contains("FAILED line 6000: expected a=2, got a=1"));
    // 200 rows before, 200 after; each of the other causes is three events.
    assert!(story.contains("… 8400 events left out (lines 201–3000)"), "{story}");
}

#[test]
fn terminal_is_safe_from_names() {
    let mut story = teardown();
    story.names.insert(A, "\x1b[2J\u{202e}a\n".into());
    let request = set_irqs(IrqIndex::Msix, IrqSetFlags::ACTION_TRIGGER, 0, &[A]);
    story.entries = vec![entry(1, "", vec![request])];
    assert!(text(&story).contains("[\u{fffd}[2J\u{fffd}a\u{fffd}]"));
}

#[test]
fn line_without_events_says_how_its_expectation_fared() {
    let held = Check { expected: "lost=0".into(), actual: "lost=0".into(), held: true, column: 11 };
    let ledger = |line| entry(line, "ledger", Vec::new());
    let mut first = ledger(3);
    first.checks.push(held);
    let story = text(&trace(vec![first, failing(ledger(4), "lost=1", "lost=0")], [0; 6]));
    assert!(story.contains("\n ledger: as expected\n ledger\n FAILED line 4: "), "{story}");
}

/// Takes SGR sequences out.
fn without_color(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = String::from(parts.next().unwrap_or_default());
    parts.fold(first, |text, part| {
        format!("{text}{}", part.split_once('m').expect("SGR ends with m").1)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_line_is_longer_than_72(trace in any::trace(), rows in 0usize..40) {
        for line in text(&trace).lines() {
            prop_assert!(line.chars().count() <= 72, "{line}");
            prop_assert!(!line.contains(char::is_control));
        }
        let _ = text_with(&trace, &Style { rows, ..Style::default() });
    }

    #[test]
    fn no_line_is_longer_than_asked(trace in any::trace(), width in 72usize..160) {
        for line in text_with(&trace, &Style { width, ..Style::default() }).lines() {
            prop_assert!(line.chars().count() <= width, "{line}");
        }
    }

    #[test]
    fn ledger_is_the_last_word(trace in any::trace()) {
        let text = text(&trace);
        let at = text.rfind(" causes ").expect("a ledger");
        prop_assert!(text[at..].lines().count() < 24);
    }
}

const TEARDOWN: &str = "
 e1000e-like: intx A, msi 1, msix 5                       host linux-6.1
 user                    host                      function
 msix trigger eventfd 0+1 [a] ─►
                         allocate vector 0
                         set MSI-X Enable and Function Mask ► 0xc004
                         write entry 0 ──────────► 0xfee00000 ← 0x21
                         set Interrupt Disable ──► 0x0503
                         mask all entries ───────► entries 0–4
                         clear Function Mask ────► 0x8004
                         clear Interrupt Disable ► 0x0103
                         install handler 0
                         unmask entry 0 ─────────► Mask bit 0
                         write Command ──────────► 0x0103
 0 ◄────────────────────
 a=1 ◄──────────────────────────────────────────── fire 0             #1
 read a = 1
 msix trigger eventfd 1+1 [b] ─►
 EINVAL ◄─────────────── refused: MSIX-RESIZE-1
 msix trigger none 0+0 ─►
                         remove handler 0
                         write Command ──────────► 0x0103
                         mask all entries ───────► entries 0–4
                         clear MSI-X Enable ─────► 0x0004
                         waits: INTx level ◄────── fire 0 → INTx ▲    #2
                         write Command ──────────► 0x0103
                         free 1 vector
 0 ◄────────────────────
 msix trigger eventfd 0+2 [a, b] ─►
                         allocate 2 vectors
                         set MSI-X Enable and Function Mask ► 0xc004
                                                   INTx ▼
                         ✗ LOST #2: diverted to INTx, never handled
                         write entries 0–1 ──────► 0xfee00000 ← 0x21, …
                         set Interrupt Disable ──► 0x0503
                         mask all entries ───────► entries 0–4
                         clear Function Mask ────► 0x8004
                         clear Interrupt Disable ► 0x0103
                         for each of 0–1:
                           install handler
                           unmask entry ─────────► Mask bit 0
                           write Command ────────► 0x0103
 0 ◄────────────────────
 causes 2 = signalled 1 + merged 0 + waiting 0 + lost 1
";

const INTX: &str = "
 e1000e-like: intx A, msi 1, msix 5                       host linux-6.1
 user                    host                      function
 intx trigger eventfd 0+1 [a] ─►
                         install handler 0
 0 ◄────────────────────
                         ◄──────────────────────── assert INTx ▲      #1
                         set Interrupt Disable ──► 0x0503
                                                   INTx ▼
 a=1 ◄────────────────── signal                                       #1
 intx unmask none 0+1 ─►
 a=2 ◄────────────────── signal                                       #1
 0 ◄────────────────────
 deassert intx (nothing seen)
 intx unmask none 0+1 ─►
                         clear Interrupt Disable ► 0x0103
 0 ◄────────────────────
 read a = 2
 FAILED line 8: expected a=1, got a=2
 1 of 1 expectations FAILED
 causes 1 = signalled 1 + merged 0 + waiting 0 + lost 0; signals 2
";

const GALLERY: &str = "
 e1000e-like: intx A, msi 1, msix 5                       host linux-6.1
 user                    host                      function
 open ─────────────────►
 0 ◄────────────────────
 irq_info msix ────────►
 count=5 flags=eventfd|noresize ◄─
 index=7 trigger none 0+3 data=000102 argsz=24 ─►
 EINVAL ◄─────────────── refused: SET-HEADER-1
 msi trigger eventfd 0+4 [a, b, -1, -1] ─►
                         allocation of 4 vectors fails (1 available)
 1 ◄──────────────────── only 1 vector to be had, nothing enabled
                         waits: pending bit 3 ┄┄┄┄ fire 3             #1
                         merged into #1 ┄┄┄┄┄┄┄┄┄┄ fire 3             #2
                         unmask entry 3 ─────────► Mask bit 0
                         ✗ ─────────────────────── send 3             #1
                         ✗ LOST #1: message to address 0
                         ✗ ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄ fire 3             #3
                         ✗ LOST #3: dropped by the function: no
                           capability enabled
                         ◄──────────────────────── fire 3             #4
                         waits: irq descriptor, MSI-X 3
 b=1 ◄────────────────── loopback MSI-X 0                             #5
                         error                                        #6
                         ✗ LOST #6: handled, no eventfd attached
                         ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄ fire 3             #7
                         waits: held in the function, vector 3
 fd 9=12 ◄──────────────────────────────────────── fire 3 → MSI 1     #8
 a=5 ◄──────────────────────────────────────────── fire 0 ×5     #10–#14
 config read 0x04 2 ───►
 0x0103 ◄───────────────
 config write 0x04 0x0503 ─►
                         set Interrupt Disable ──► 0x0503
 0 ◄────────────────────
 eventfd fd 12
 write a += 1
 close a
 note: the device can't assert INTx
 causes 14 = signalled 7 + merged 1 + waiting 2 + lost 4
 waiting: #4 irq descriptor, MSI-X 3; #7 held in the function, vector 3
";

const MANY: &str = "
 e1000e-like: intx A, msi 1, msix 5                       host linux-6.1
 user                    host                      function
 msix trigger eventfd 0+2048 [10, 11, 12, 13, 14, 15, … 2042 more] ─►
                         allocate 2048 vectors
                         set MSI-X Enable and Function Mask ► 0xc7ff
                         write entries 0–2047 ───► 0xfee00000 ← 0x21, …
                         for each of 0–2047:
                           install handler
                           unmask entry ─────────► Mask bit 0
                           write Command ────────► 0x0103
 0 ◄────────────────────
                         remove handlers 2047 down to 0
 causes 0 = signalled 0 + merged 0 + waiting 0 + lost 0
";
