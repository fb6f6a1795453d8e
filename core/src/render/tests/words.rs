//! Labels, sentences, requests.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::any;
use super::stories::{A, B, command, msix_control, names, refused};
use crate::errno::Errno;
use crate::event::{CauseId, Event, Loss, Place, Source, Step};
use crate::render::{Lane, label, lane, request, sentence};
use crate::uapi::{IrqIndex, IrqSetHeader, eventfd_data};

#[test]
fn sentences_say_who_does_what() {
    let cause = CauseId(2);
    let index = IrqIndex::Msix;
    let told = [
        (msix_control(0x8004, 0x0004), "The host clears MSI-X Enable (0x8004 → 0x0004)."),
        (
            msix_control(0x0004, 0xc004),
            "The host sets MSI-X Enable and Function Mask (0x0004 → 0xc004).",
        ),
        (command(0x0103, 0x0103), "The host writes Command (0x0103 → 0x0103)."),
        (
            Event::Step(Step::InstallHandler { index, vector: 0, eventfd: Some(A) }),
            "The host installs handler 0 for MSI-X, eventfd a.",
        ),
        (
            Event::Step(Step::MaskEntries { first: 0, count: 5 }),
            "The host masks all entries (entries 0–4).",
        ),
        (refused(Errno::EINVAL, "SET-RANGE"), "The call fails with EINVAL (rule SET-RANGE)."),
        (Event::Cause { cause, source: Source::Fire(0) }, "The function fires vector 0: cause #2."),
        (Event::Waits { cause, place: Place::Pba(0) }, "Cause #2 waits: pending bit 0."),
        (Event::Signalled { cause, eventfd: B, counter: 1 }, "Eventfd b rises to 1, for cause #2."),
        (
            Event::Lost { cause, why: Loss::DivertedUnhandled },
            "Cause #2 is LOST: diverted to INTx, never handled.",
        ),
    ];
    for (event, told) in told {
        assert_eq!(sentence(&event, &names()), told);
    }
}

#[test]
fn event_stands_in_the_lane_of_who_acts() {
    let cause = CauseId(1);
    let index = IrqIndex::Msix;
    assert_eq!(lane(&command(0, 0)), Lane::Host);
    assert_eq!(lane(&Event::Line { up: true }), Lane::Line);
    assert_eq!(lane(&Event::Cause { cause, source: Source::Fire(0) }), Lane::Function);
    assert_eq!(lane(&Event::Cause { cause, source: Source::Loopback(index, 0) }), Lane::Host);
    assert_eq!(lane(&Event::Waits { cause, place: Place::Descriptor(index, 0) }), Lane::Host);
    assert_eq!(lane(&Event::Signalled { cause, eventfd: A, counter: 1 }), Lane::User);
}

/// A header with data behind it: `argsz` as it should be.
fn header(flags: u32, index: u32, start: u32, count: u32, data: &[u8]) -> IrqSetHeader {
    IrqSetHeader { argsz: 20 + data.len() as u32, flags, index, start, count }
}

#[test]
fn request_speaks_the_scenario_language() {
    let fds = eventfd_data(&[A, B]);
    let unusable = eventfd_data(&[i32::MAX, -2]);
    let many = eventfd_data(&[A, -1, -1, -1, 7, 8, 9, 10, 11]);
    let told = [
        (header(0x24, 2, 0, 2, &fds), &fds[..], "msix trigger eventfd 0+2 [a, b]"),
        (header(0x24, 2, 0, 2, &unusable), &unusable[..], "msix trigger eventfd 0+2 [closed, -2]"),
        (header(0x21, 2, 0, 0, &[]), &[][..], "msix trigger none 0+0"),
        (header(0x11, 0, 0, 1, &[]), &[][..], "intx unmask none 0+1"),
        (header(0x22, 1, 1, 2, &[1, 0]), &[1, 0][..], "msi trigger bool 1+2 [1, 0]"),
        (
            header(0x24, 2, 0, 9, &many),
            &many[..],
            "msix trigger eventfd 0+9 [a, -1 ×3, 7, 8, 9, 10, … 1 more]",
        ),
    ];
    for (header, data, told) in told {
        assert_eq!(request(&header, data, &names()), told);
    }
}

#[test]
fn request_shows_what_is_wrong_raw() {
    let fds = eventfd_data(&[A]);
    let short = IrqSetHeader { argsz: 19, ..header(0x21, 2, 0, 0, &[]) };
    let told = [
        (header(0x25, 9, 0, 1, &fds), &fds[..], "index=9 flags=0x25 0+1 data=03000000"),
        (header(0x64, 2, 0, 1, &fds), &fds[..], "msix flags=0x64 0+1 [a]"),
        (short, &[][..], "msix trigger none 0+0 argsz=19"),
        (header(0x24, 2, 0, 2, &fds), &fds[..], "msix trigger eventfd 0+2 [a]"),
        (header(0x24, 2, 0, 1, &fds[..3]), &fds[..3], "msix trigger eventfd 0+1 data=030000"),
        (header(0x21, 2, 0, 1, &[1]), &[1][..], "msix trigger none 0+1 data=01"),
    ];
    for (header, data, told) in told {
        assert_eq!(request(&header, data, &names()), told);
    }
}

proptest! {
    #[test]
    fn label_has_at_most_28_characters(event in any::event(), names in any::names()) {
        let label = label(&event, &names);
        prop_assert!(label.chars().count() <= 28, "{label}");
        prop_assert!(!label.contains(char::is_control));
    }

    #[test]
    fn sentence_is_one_line(event in any::event(), names in any::names()) {
        let sentence = sentence(&event, &names);
        prop_assert!(!sentence.contains(char::is_control));
        let note = matches!(event, Event::Note(_));
        prop_assert!(note || sentence.ends_with('.'), "{sentence}");
    }

    #[test]
    fn request_is_short(header in any::header(), data: Vec<u8>) {
        let words = request(&header, &data, &BTreeMap::<i32, String>::new());
        prop_assert!(words.chars().count() < 250, "{words}");
    }
}
