//! Traces written by hand, after the host's moves in the kernel sources.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use crate::device::{Answer, Fd};
use crate::errno::Errno;
use crate::event::{Call, CauseId, Event, Loss, Outcome, Place, Source, Step};
use crate::ledger::Summary;
use crate::trace::{Check, Entry, Trace};
use crate::uapi::{IrqIndex, IrqInfo, IrqSetFlags, IrqSetHeader, eventfd_data};

pub(super) const A: Fd = 3;
pub(super) const B: Fd = 4;

pub(super) fn trace(entries: Vec<Entry>, ledger: [u32; 6]) -> Trace {
    let [causes, signalled, merged, waiting, lost, signals] = ledger;
    let held = entries.iter().flat_map(|entry| &entry.checks).all(|check| check.held);
    Trace {
        function: "e1000e-like: intx A, msi 1, msix 5".into(),
        host: "linux-6.1".into(),
        names: names(),
        entries,
        ledger: Summary { causes, signalled, merged, waiting, lost, signals },
        held,
    }
}

pub(super) fn names() -> BTreeMap<Fd, String> {
    BTreeMap::from([(A, "a".to_string()), (B, "b".to_string())])
}

pub(super) fn entry(line: u32, text: &str, events: Vec<Event>) -> Entry {
    Entry { line, text: text.into(), events, checks: Vec::new() }
}

pub(super) fn failing(mut entry: Entry, expected: &str, actual: &str) -> Entry {
    let check = Check { expected: expected.into(), actual: actual.into(), held: false, column: 40 };
    entry.checks.push(check);
    entry
}

/// A call of SET_IRQS with `fds` (none: DATA_NONE).
pub(super) fn set_irqs(index: IrqIndex, action: IrqSetFlags, start: u32, fds: &[Fd]) -> Event {
    let data = eventfd_data(fds);
    let kind = if fds.is_empty() { IrqSetFlags::DATA_NONE } else { IrqSetFlags::DATA_EVENTFD };
    let header = IrqSetHeader {
        argsz: IrqSetHeader::SIZE + data.len() as u32,
        flags: (action | kind).bits(),
        index: index.raw(),
        start,
        count: fds.len() as u32,
    };
    Event::Call(Call::SetIrqs { header, data })
}

pub(super) fn unmask_intx() -> Event {
    let flags = (IrqSetFlags::ACTION_UNMASK | IrqSetFlags::DATA_NONE).bits();
    let header = IrqSetHeader { argsz: 20, flags, index: 0, start: 0, count: 1 };
    Event::Call(Call::SetIrqs { header, data: Vec::new() })
}

pub(super) fn done() -> Event {
    Event::Return(Outcome::Answer(Answer::Done))
}

pub(super) fn refused(errno: Errno, clause: &'static str) -> Event {
    Event::Return(Outcome::Refused { errno, clause: Some(clause.into()) })
}

pub(super) fn command(old: u16, new: u16) -> Event {
    Event::Step(Step::Command { old, new })
}

pub(super) fn msix_control(old: u16, new: u16) -> Event {
    Event::Step(Step::MsixControl { old, new })
}

pub(super) fn msix_install(vector: u16, fd: Fd) -> Vec<Event> {
    let index = IrqIndex::Msix;
    vec![
        Event::Step(Step::InstallHandler { index, vector, eventfd: Some(fd) }),
        Event::Step(Step::EntryMask { vector, masked: false }),
        command(0x0103, 0x0103),
    ]
}

pub(super) fn msix_enable(fds: &[Fd]) -> Vec<Event> {
    let count = fds.len() as u16;
    let mut events = vec![
        set_irqs(IrqIndex::Msix, IrqSetFlags::ACTION_TRIGGER, 0, fds),
        Event::Step(Step::Allocate { index: IrqIndex::Msix, first: 0, count }),
        msix_control(0x0004, 0xc004),
    ];
    for vector in 0..count {
        let data = 0x21 + u32::from(vector);
        events.push(Event::Step(Step::EntryMessage { vector, address: 0xfee0_0000, data }));
    }
    events.extend([
        command(0x0103, 0x0503),
        Event::Step(Step::MaskEntries { first: 0, count: 5 }),
        msix_control(0xc004, 0x8004),
        command(0x0503, 0x0103),
    ]);
    for (vector, fd) in (0..).zip(fds) {
        events.extend(msix_install(vector, *fd));
    }
    events.push(done());
    events
}

pub(super) fn msix_disable() -> Vec<Event> {
    vec![
        set_irqs(IrqIndex::Msix, IrqSetFlags::ACTION_TRIGGER, 0, &[]),
        Event::Step(Step::RemoveHandler { index: IrqIndex::Msix, vector: 0 }),
        command(0x0103, 0x0103),
        Event::Step(Step::MaskEntries { first: 0, count: 5 }),
        msix_control(0x8004, 0x0004),
        command(0x0103, 0x0103),
        Event::Step(Step::Free { index: IrqIndex::Msix, count: 1 }),
        done(),
    ]
}

/// Fire vector 0 and signal `fd`.
pub(super) fn fire(cause: u32, fd: Fd, counter: u64) -> Vec<Event> {
    let cause = CauseId(cause);
    vec![
        Event::Cause { cause, source: Source::Fire(0) },
        Event::Sent { cause, index: IrqIndex::Msix, vector: 0, address: 0xfee0_0000, data: 0x21 },
        Event::Signalled { cause, eventfd: fd, counter },
    ]
}

/// The teardown of June 2021: growing from one vector to two, an interrupt in between.
pub(super) fn teardown() -> Trace {
    let lost = CauseId(2);
    let mut disable = msix_disable();
    disable.splice(
        5..5,
        [
            Event::Cause { cause: lost, source: Source::Fire(0) },
            Event::Diverted { cause: lost, vector: 0 },
            Event::Line { up: true },
            Event::Waits { cause: lost, place: Place::IntxLevel },
        ],
    );
    let mut grow = msix_enable(&[A, B]);
    grow.splice(
        3..3,
        [Event::Line { up: false }, Event::Lost { cause: lost, why: Loss::DivertedUnhandled }],
    );
    trace(
        vec![
            entry(3, "set_irqs msix trigger eventfd 0 [a]", msix_enable(&[A])),
            entry(4, "fire msix 0", fire(1, A, 1)),
            entry(5, "read a", vec![Event::Read { fd: A, value: Some(1) }]),
            entry(
                6,
                "set_irqs msix trigger eventfd 1 [b]",
                vec![
                    Event::Opened { fd: B, eventfd: true },
                    set_irqs(IrqIndex::Msix, IrqSetFlags::ACTION_TRIGGER, 1, &[B]),
                    refused(Errno::EINVAL, "MSIX-RESIZE-1"),
                ],
            ),
            entry(7, "set_irqs msix trigger none 0+0", disable),
            entry(8, "set_irqs msix trigger eventfd 0 [a, b]", grow),
        ],
        [2, 1, 0, 0, 1, 1],
    )
}

/// INTx: automask, unmask with the line still up, deassert, unmask.
pub(super) fn intx_cycle() -> Trace {
    let cause = CauseId(1);
    let index = IrqIndex::Intx;
    let signal = |counter| Event::Signalled { cause, eventfd: A, counter };
    trace(
        vec![
            entry(
                3,
                "set_irqs intx trigger eventfd 0 [a]",
                vec![
                    set_irqs(index, IrqSetFlags::ACTION_TRIGGER, 0, &[A]),
                    Event::Step(Step::InstallHandler { index, vector: 0, eventfd: Some(A) }),
                    done(),
                ],
            ),
            entry(
                4,
                "assert intx",
                vec![
                    Event::Cause { cause, source: Source::AssertIntx },
                    Event::Line { up: true },
                    Event::Waits { cause, place: Place::IntxLevel },
                    command(0x0103, 0x0503),
                    Event::Line { up: false },
                    signal(1),
                ],
            ),
            entry(5, "set_irqs intx unmask none 0+1", vec![unmask_intx(), signal(2), done()]),
            entry(6, "deassert intx", vec![]),
            entry(
                7,
                "set_irqs intx unmask none 0+1",
                vec![unmask_intx(), command(0x0503, 0x0103), done()],
            ),
            failing(entry(8, "read a", vec![Event::Read { fd: A, value: Some(2) }]), "a=1", "a=2"),
        ],
        [1, 1, 0, 0, 0, 2],
    )
}

/// Everything that is not in the two stories above, one line each.
pub(super) fn gallery() -> Trace {
    let c = CauseId;
    let fired = |cause| Event::Cause { cause: c(cause), source: Source::Fire(3) };
    let msix = IrqIndex::Msix;
    let mut burst = Vec::new();
    for n in 0..5 {
        burst.extend(fire(10 + n, A, 1 + u64::from(n)));
    }
    let raw = IrqSetHeader { argsz: 24, flags: 0x21, index: 7, start: 0, count: 3 };
    trace(
        vec![
            entry(1, "open", vec![Event::Call(Call::Open), done()]),
            entry(
                2,
                "irq_info msix",
                vec![
                    Event::Call(Call::IrqInfo { argsz: 16, index: 2 }),
                    Event::Return(Outcome::Info(IrqInfo { flags: 9, index: 2, count: 5 })),
                ],
            ),
            entry(
                3,
                "set_irqs raw",
                vec![
                    Event::Call(Call::SetIrqs { header: raw, data: vec![0, 1, 2] }),
                    refused(Errno::EINVAL, "SET-HEADER-1"),
                ],
            ),
            entry(
                4,
                "set_irqs msi trigger eventfd 0 [a, b, -1, -1]",
                vec![
                    set_irqs(IrqIndex::Msi, IrqSetFlags::ACTION_TRIGGER, 0, &[A, B, -1, -1]),
                    Event::Step(Step::AllocateFailed {
                        index: IrqIndex::Msi,
                        asked: 4,
                        granted: 1,
                    }),
                    Event::Return(Outcome::Answer(Answer::Only(1))),
                ],
            ),
            entry(5, "fire 3", vec![fired(1), Event::Waits { cause: c(1), place: Place::Pba(3) }]),
            entry(
                6,
                "fire 3",
                vec![fired(2), Event::Merged { cause: c(2), into: c(1), place: Place::Pba(3) }],
            ),
            entry(
                7,
                "unmask",
                vec![
                    Event::Step(Step::EntryMask { vector: 3, masked: false }),
                    Event::Sent { cause: c(1), index: msix, vector: 3, address: 0, data: 0 },
                    Event::Lost { cause: c(1), why: Loss::AddressZero },
                ],
            ),
            entry(8, "fire 3", vec![fired(3), Event::Lost { cause: c(3), why: Loss::Dropped }]),
            entry(
                9,
                "fire 3",
                vec![
                    fired(4),
                    Event::Sent { cause: c(4), index: msix, vector: 3, address: 0, data: 0 },
                    Event::Waits { cause: c(4), place: Place::Descriptor(msix, 3) },
                ],
            ),
            entry(
                10,
                "set_irqs msix trigger none 0+1",
                vec![
                    Event::Cause { cause: c(5), source: Source::Loopback(msix, 0) },
                    Event::Signalled { cause: c(5), eventfd: B, counter: 1 },
                ],
            ),
            entry(
                11,
                "error",
                vec![
                    Event::Cause { cause: c(6), source: Source::Error },
                    Event::Lost { cause: c(6), why: Loss::NoEventfd },
                ],
            ),
            entry(
                12,
                "fire 3",
                vec![fired(7), Event::Waits { cause: c(7), place: Place::Held(3) }],
            ),
            entry(
                13,
                "fire 3",
                vec![
                    fired(8),
                    Event::Sent {
                        cause: c(8),
                        index: IrqIndex::Msi,
                        vector: 1,
                        address: 1,
                        data: 1,
                    },
                    Event::Signalled { cause: c(8), eventfd: 9, counter: 12 },
                ],
            ),
            entry(14, "fire 0 x5", burst),
            entry(
                15,
                "config read 0x04 2",
                vec![
                    Event::Call(Call::RegionRead { region: 7, offset: 4, len: 2 }),
                    Event::Return(Outcome::Data(vec![3, 1])),
                ],
            ),
            entry(
                16,
                "config write 0x04 2 0x0503",
                vec![
                    Event::Call(Call::RegionWrite { region: 7, offset: 4, data: vec![3, 5] }),
                    command(0x0103, 0x0503),
                    done(),
                ],
            ),
            entry(17, "eventfd x", vec![Event::Opened { fd: 12, eventfd: true }]),
            entry(18, "write a 1", vec![Event::Wrote { fd: A, value: 1 }]),
            entry(19, "close a", vec![Event::Closed { fd: A }]),
            entry(20, "note", vec![Event::Note("the device can't assert INTx".into())]),
        ],
        [14, 7, 1, 2, 4, 7],
    )
}

/// Enabling 2048 vectors, every second one with an eventfd.
pub(super) fn many() -> Trace {
    let msix = IrqIndex::Msix;
    let fds: Vec<Fd> = (0..2048).map(|vector| 10 + vector).collect();
    let mut events = vec![
        set_irqs(msix, IrqSetFlags::ACTION_TRIGGER, 0, &fds),
        Event::Step(Step::Allocate { index: msix, first: 0, count: 2048 }),
        msix_control(0x07ff, 0xc7ff),
    ];
    for vector in 0..2048 {
        let data = 0x21 + u32::from(vector);
        events.push(Event::Step(Step::EntryMessage { vector, address: 0xfee0_0000, data }));
    }
    for vector in 0..2048 {
        events.extend(msix_install(vector, 10 + Fd::from(vector)));
    }
    events.push(done());
    for vector in (0..2048).rev() {
        events.push(Event::Step(Step::RemoveHandler { index: msix, vector }));
    }
    trace(vec![entry(3, "set_irqs", events)], [0; 6])
}
