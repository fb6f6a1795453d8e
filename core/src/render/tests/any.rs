//! Arbitrary traces: nothing about them need make sense.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use crate::device::{Answer, Fd};
use crate::errno::Errno;
use crate::event::{Call, CauseId, Emulated, Event, Loss, Outcome, Place, Source, Step};
use crate::guest::{GuestEvent, Irqfd};
use crate::ledger::Summary;
use crate::trace::{Check, Entry, Trace};
use crate::uapi::{IrqIndex, IrqInfo, IrqSetHeader};

/// Text as hostile as it gets, and text as it is.
pub(super) fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,6}",
        "(<|&|\"|>|'|\u{1b}\\[31m|\n|\u{202e}|\u{0}|é|漢|—| |x){0,40}",
        "\\PC{0,12}",
        "[a-z ]{0,300}",
    ]
}

fn small() -> impl Strategy<Value = u16> {
    prop_oneof![0u16..6, any::<u16>()]
}

fn cause() -> impl Strategy<Value = CauseId> {
    prop_oneof![0u32..5, any::<u32>()].prop_map(CauseId)
}

fn index() -> impl Strategy<Value = IrqIndex> {
    proptest::sample::select(&IrqIndex::ALL[..])
}

fn fd() -> impl Strategy<Value = Fd> {
    prop_oneof![-2..6i32, any::<i32>()]
}

fn place() -> impl Strategy<Value = Place> {
    prop_oneof![
        Just(Place::IntxLevel),
        small().prop_map(Place::MsiPending),
        small().prop_map(Place::Pba),
        small().prop_map(Place::Held),
        (index(), small()).prop_map(|(index, vector)| Place::Descriptor(index, vector)),
    ]
}

fn loss() -> impl Strategy<Value = Loss> {
    use Loss::*;
    let all = [
        Dropped,
        DivertedUnhandled,
        Withdrawn,
        NoSuchVector,
        BusMasterOff,
        AddressZero,
        NotAllocated,
        NoEventfd,
        Masked,
        Reset,
        Freed,
    ];
    proptest::sample::select(Vec::from(all))
}

fn source() -> impl Strategy<Value = Source> {
    prop_oneof![
        small().prop_map(Source::Fire),
        Just(Source::AssertIntx),
        (index(), any::<u32>()).prop_map(|(index, vector)| Source::Loopback(index, vector)),
        Just(Source::Error),
        Just(Source::Request),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let pair = || (any::<u16>(), any::<u16>());
    let what = proptest::sample::select(&[Emulated::EnableIndex, Emulated::DisableIndex][..]);
    prop_oneof![
        pair().prop_map(|(old, new)| Step::Command { old, new }),
        pair().prop_map(|(old, new)| Step::MsixControl { old, new }),
        pair().prop_map(|(old, new)| Step::MsiControl { old, new }),
        any::<u32>().prop_map(|address| Step::MsiAddress { address }),
        any::<u32>().prop_map(|address| Step::MsiUpperAddress { address }),
        (small(), any::<u8>(), any::<u32>()).prop_map(|(offset, width, value)| Step::Config {
            offset,
            width,
            value
        }),
        any::<u16>().prop_map(|data| Step::MsiData { data }),
        (0u32..8, 0u32..8).prop_map(|(old, new)| Step::MsiMask { old, new }),
        (small(), any::<u64>(), any::<u32>())
            .prop_map(|(vector, address, data)| Step::EntryMessage { vector, address, data }),
        (small(), any::<bool>()).prop_map(|(vector, masked)| Step::EntryMask { vector, masked }),
        (small(), small()).prop_map(|(first, count)| Step::MaskEntries { first, count }),
        (index(), small(), small()).prop_map(|(index, first, count)| Step::Allocate {
            index,
            first,
            count
        }),
        (index(), small(), small()).prop_map(|(index, asked, granted)| Step::AllocateFailed {
            index,
            asked,
            granted
        }),
        (index(), small()).prop_map(|(index, count)| Step::Free { index, count }),
        (index(), small(), option::of(fd()))
            .prop_map(|(index, vector, eventfd)| Step::InstallHandler { index, vector, eventfd }),
        (index(), small()).prop_map(|(index, vector)| Step::RemoveHandler { index, vector }),
        (index(), option::of(fd()))
            .prop_map(|(index, eventfd)| Step::SetTrigger { index, eventfd }),
        option::of(fd()).prop_map(|eventfd| Step::SetUnmask { eventfd }),
        Just(Step::DisableLine),
        Just(Step::EnableLine),
        Just(Step::ResetFunction),
        (what, index()).prop_map(|(what, index)| Step::Emulate { what, index }),
    ]
}

pub(super) fn header() -> impl Strategy<Value = IrqSetHeader> {
    let word = || prop_oneof![0u32..70, any::<u32>()];
    (word(), word(), word(), word(), word()).prop_map(|(argsz, flags, index, start, count)| {
        IrqSetHeader { argsz, flags, index, start, count }
    })
}

fn call() -> impl Strategy<Value = Call> {
    let bytes = || vec(any::<u8>(), 0..70);
    prop_oneof![
        Just(Call::Open),
        Just(Call::Close),
        Just(Call::Reset),
        (any::<u32>(), 0u32..7).prop_map(|(argsz, index)| Call::IrqInfo { argsz, index }),
        (header(), bytes()).prop_map(|(header, data)| Call::SetIrqs { header, data }),
        (0u32..9, any::<u64>(), any::<u32>()).prop_map(|(region, offset, len)| Call::RegionRead {
            region,
            offset,
            len
        }),
        (0u32..9, any::<u64>(), bytes()).prop_map(|(region, offset, data)| Call::RegionWrite {
            region,
            offset,
            data
        }),
    ]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Answer(Answer::Done)),
        any::<u32>().prop_map(|n| Outcome::Answer(Answer::Only(n))),
        (any::<u32>(), any::<u32>(), any::<u32>())
            .prop_map(|(flags, index, count)| Outcome::Info(IrqInfo { flags, index, count })),
        vec(any::<u8>(), 0..20).prop_map(Outcome::Data),
        (any::<i32>(), option::of(words())).prop_map(|(errno, clause)| Outcome::Refused {
            errno: Errno(errno),
            clause: clause.map(Into::into)
        }),
    ]
}

fn guest() -> impl Strategy<Value = GuestEvent> {
    let irqfd = (fd(), any::<u32>(), option::of(fd())).prop_map(|(eventfd, gsi, resample)| Irqfd {
        eventfd,
        gsi,
        resample,
    });
    prop_oneof![
        irqfd.prop_map(GuestEvent::Assigned),
        (fd(), any::<u32>()).prop_map(|(eventfd, gsi)| GuestEvent::Deassigned { eventfd, gsi }),
        (fd(), any::<u32>(), any::<bool>())
            .prop_map(|(eventfd, gsi, merged)| GuestEvent::Injected { eventfd, gsi, merged }),
        any::<u32>().prop_map(|gsi| GuestEvent::Eoi { gsi }),
        (fd(), any::<u32>()).prop_map(|(eventfd, gsi)| GuestEvent::Resampled { eventfd, gsi }),
        (any::<u32>(), any::<bool>()).prop_map(|(gsi, up)| GuestEvent::Looked { gsi, up }),
    ]
}

pub(super) fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        1 => call().prop_map(Event::Call),
        4 => step().prop_map(Event::Step),
        1 => outcome().prop_map(Event::Return),
        1 => (cause(), source()).prop_map(|(cause, source)| Event::Cause { cause, source }),
        1 => (cause(), index(), small(), any::<u64>(), any::<u32>()).prop_map(
            |(cause, index, vector, address, data)| Event::Sent { cause, index, vector, address, data }
        ),
        1 => any::<bool>().prop_map(|up| Event::Line { up }),
        1 => (cause(), small()).prop_map(|(cause, vector)| Event::Diverted { cause, vector }),
        1 => (cause(), place()).prop_map(|(cause, place)| Event::Waits { cause, place }),
        1 => (cause(), cause(), place())
            .prop_map(|(cause, into, place)| Event::Merged { cause, into, place }),
        1 => (cause(), fd(), any::<u64>())
            .prop_map(|(cause, eventfd, counter)| Event::Signalled { cause, eventfd, counter }),
        1 => (cause(), loss()).prop_map(|(cause, why)| Event::Lost { cause, why }),
        1 => (fd(), any::<bool>()).prop_map(|(fd, eventfd)| Event::Opened { fd, eventfd }),
        1 => (fd(), option::of(any::<u64>())).prop_map(|(fd, value)| Event::Read { fd, value }),
        1 => (fd(), any::<u64>()).prop_map(|(fd, value)| Event::Wrote { fd, value }),
        1 => fd().prop_map(|fd| Event::Closed { fd }),
        1 => guest().prop_map(Event::Guest),
        1 => words().prop_map(Event::Note),
    ]
}

pub(super) fn names() -> impl Strategy<Value = BTreeMap<Fd, String>> {
    btree_map(-2..6i32, words(), 0..6)
}

fn entry() -> impl Strategy<Value = Entry> {
    let check = (words(), words(), any::<bool>()).prop_map(|(expected, actual, held)| Check {
        expected,
        actual,
        held,
        column: 1,
    });
    (any::<u32>(), words(), vec(event(), 0..12), vec(check, 0..2))
        .prop_map(|(line, text, events, checks)| Entry { line, text, events, checks })
}

pub(super) fn trace() -> impl Strategy<Value = Trace> {
    let summary = proptest::array::uniform6(any::<u32>()).prop_map(
        |[causes, signalled, merged, waiting, lost, signals]| Summary {
            causes,
            signalled,
            merged,
            waiting,
            lost,
            signals,
        },
    );
    (words(), words(), names(), vec(entry(), 0..8), summary, any::<bool>()).prop_map(
        |(function, host, names, entries, ledger, held)| Trace {
            function,
            host,
            names,
            entries,
            ledger,
            held,
        },
    )
}
