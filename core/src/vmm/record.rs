//! A device that writes down what is asked of it, and says it as lines of a scenario.

use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

use super::Vmm;
use super::play::Beat;
use crate::device::{Answer, Device, Fd, RegionInfo};
use crate::errno::Errno;
use crate::event::{Call, Event};
use crate::guest::GuestCall;
use crate::machine::{Emulator, Machine};
use crate::scenario::ast::{
    self, Data, Expect, FdRefs, Item, Names, SetAction, SetIrqs, StepLine, WriteData,
};
use crate::uapi::{IrqIndex, IrqInfo, IrqSetFlags, IrqSetHeader};

/// The emulator, and a list of what was asked of it.
pub(super) struct Recorder {
    emulator: Emulator,
    calls: Vec<(Call, Expected)>,
}

/// What a call answered, for its line.
enum Expected {
    Info(Result<IrqInfo, Errno>),
    Answered(Result<Answer, Errno>),
    /// Of no matter.
    Any,
}

impl Recorder {
    pub(super) fn new(machine: Machine) -> Self {
        Self { emulator: Emulator::new(machine), calls: Vec::new() }
    }

    /// The calls since the last time, as beats.
    pub(super) fn told(&mut self, vmm: &Vmm, beats: &mut Vec<Beat>) {
        for (call, expected) in self.calls.drain(..) {
            let mut step = StepLine::of(action(&call, vmm));
            step.expect = expectations(&expected).into_iter().map(Into::into).collect();
            beats.push(Beat::Call(step, call));
        }
    }
}

fn expectations(expected: &Expected) -> Vec<Expect> {
    match expected {
        // INTx's flags are the same everywhere, and long.
        Expected::Info(Ok(info)) if info.index == IrqIndex::Intx.raw() => {
            vec![Expect::Count(info.count)]
        }
        Expected::Info(Ok(info)) => vec![Expect::Count(info.count), Expect::Flags(info.flags)],
        Expected::Answered(Ok(Answer::Done)) => vec![Expect::Value { value: 0, care: u64::MAX }],
        Expected::Answered(Ok(Answer::Only(count))) => vec![Expect::Only(*count)],
        Expected::Info(Err(errno)) | Expected::Answered(Err(errno)) => vec![Expect::Errno(*errno)],
        Expected::Any => Vec::new(),
    }
}

fn action(call: &Call, vmm: &Vmm) -> ast::Action {
    match call {
        Call::IrqInfo { index, .. } => ast::Action::IrqInfo { index: *index, argsz: None },
        Call::SetIrqs { header, data } => ast::Action::SetIrqs(set_irqs(*header, data, vmm)),
        Call::RegionRead { region, offset, len } => {
            ast::Action::RegionRead { region: *region, offset: *offset, width: *len }
        }
        Call::RegionWrite { region, offset, data } => {
            let value = data.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte));
            let data = WriteData::Value { width: data.len() as u32, value };
            ast::Action::RegionWrite { region: *region, offset: *offset, data }
        }
        Call::Reset => ast::Action::Reset,
        Call::Open => ast::Action::Open,
        Call::Close => ast::Action::Close,
    }
}

fn set_irqs(header: IrqSetHeader, data: &[u8], vmm: &Vmm) -> SetIrqs {
    let flags = IrqSetFlags::from_bits_retain(header.flags);
    let eventfds = flags.contains(IrqSetFlags::DATA_EVENTFD);
    let fds = data.chunks_exact(4).map(|one| Fd::from_le_bytes([one[0], one[1], one[2], one[3]]));
    let data = if eventfds { Data::Eventfd(Some(items(fds, vmm))) } else { Data::None };
    let unmask = flags.contains(IrqSetFlags::ACTION_UNMASK);
    SetIrqs {
        index: header.index,
        action: if unmask { SetAction::Unmask } else { SetAction::Trigger },
        data,
        start: header.start,
        count: (!eventfds).then_some(header.count),
        argsz: None,
        flags: None,
        bytes: None,
    }
}

/// A list of descriptors, shortened: `v0..v7`, `-1 x5`.
fn items(fds: impl Iterator<Item = Fd>, vmm: &Vmm) -> Vec<Item<FdRefs>> {
    let mut items: Vec<Item<FdRefs>> = Vec::new();
    for fd in fds {
        let what = match vmm.name(fd) {
            Some(name) => FdRefs::Names(Names::One(name.to_string())),
            None => FdRefs::Number(fd),
        };
        if let Some(last) = items.last_mut() {
            if last.what == what {
                last.times += 1;
                continue;
            }
            if let (FdRefs::Names(row), 1) = (&mut last.what, last.times)
                && extend(row, &what)
            {
                continue;
            }
        }
        items.push(Item { what, times: 1 });
    }
    items
}

/// Whether a row of numbered names goes on with this one; then it does.
fn extend(row: &mut Names, next: &FdRefs) -> bool {
    let FdRefs::Names(Names::One(next)) = next else { return false };
    let Some((next_stem, next)) = apart(next) else { return false };
    let (stem, first, last) = match &*row {
        Names::One(name) => match apart(name) {
            Some((stem, number)) => (stem.to_string(), number, number),
            None => return false,
        },
        Names::Range { stem, first, last } => (stem.clone(), *first, *last),
    };
    if stem != next_stem || last + 1 != next {
        return false;
    }
    *row = Names::Range { stem, first, last: next };
    true
}

/// A name's letters and its number.
fn apart(name: &str) -> Option<(&str, u32)> {
    let stem = name.trim_end_matches(|digit: char| digit.is_ascii_digit());
    Some((stem, name[stem.len()..].parse().ok()?))
}

impl Device for Recorder {
    fn open(&mut self) -> Result<(), Errno> {
        self.emulator.open()
    }

    fn close(&mut self) -> Result<(), Errno> {
        self.emulator.close()
    }

    fn irq_info(&mut self, argsz: u32, index: u32) -> Result<IrqInfo, Errno> {
        let info = self.emulator.irq_info(argsz, index);
        self.calls.push((Call::IrqInfo { argsz, index }, Expected::Info(info)));
        info
    }

    fn set_irqs(&mut self, header: IrqSetHeader, data: &[u8]) -> Result<Answer, Errno> {
        let answer = self.emulator.set_irqs(header, data);
        let call = Call::SetIrqs { header, data: data.to_vec() };
        self.calls.push((call, Expected::Answered(answer)));
        answer
    }

    fn region_info(&mut self, region: u32) -> Result<RegionInfo, Errno> {
        self.emulator.region_info(region)
    }

    fn region_read(&mut self, region: u32, offset: u64, data: &mut [u8]) -> Result<(), Errno> {
        let read = self.emulator.region_read(region, offset, data);
        let call = Call::RegionRead { region, offset, len: data.len() as u32 };
        self.calls.push((call, Expected::Any));
        read
    }

    fn region_write(&mut self, region: u32, offset: u64, data: &[u8]) -> Result<(), Errno> {
        let wrote = self.emulator.region_write(region, offset, data);
        let answer = wrote.map(|()| Answer::Done);
        let call = Call::RegionWrite { region, offset, data: data.to_vec() };
        self.calls.push((call, Expected::Answered(answer)));
        wrote
    }

    fn reset(&mut self) -> Result<(), Errno> {
        let reset = self.emulator.reset();
        self.calls.push((Call::Reset, Expected::Answered(reset.map(|()| Answer::Done))));
        reset
    }

    fn eventfd_create(&mut self) -> Result<Fd, Errno> {
        self.emulator.eventfd_create()
    }

    fn plain_fd_create(&mut self) -> Result<Fd, Errno> {
        self.emulator.plain_fd_create()
    }

    fn eventfd_wait(&mut self, fd: Fd, at_least: u64) {
        self.emulator.eventfd_wait(fd, at_least);
    }

    fn eventfd_read(&mut self, fd: Fd) -> Result<u64, Errno> {
        self.emulator.eventfd_read(fd)
    }

    fn eventfd_write(&mut self, fd: Fd, value: u64) -> Result<(), Errno> {
        self.emulator.eventfd_write(fd, value)
    }

    fn eventfd_close(&mut self, fd: Fd) -> Result<(), Errno> {
        self.emulator.eventfd_close(fd)
    }

    fn guest(&mut self, call: GuestCall) -> Result<bool, Errno> {
        self.emulator.guest(call)
    }

    fn take_events(&mut self) -> Vec<Event> {
        self.emulator.take_events()
    }
}
