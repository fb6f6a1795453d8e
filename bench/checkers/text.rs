//! A scenario's lines as what the system does.

use std::collections::BTreeMap;

use vfio_irq_core::device::Fd;
use vfio_irq_core::event::{Call, Outcome};
use vfio_irq_core::machine::Machine;
use vfio_irq_core::scenario::ast::{Action, Data, FdRef, FdRefs, Names, StepLine, WriteData};
use vfio_irq_core::uapi::{CONFIG_REGION, IrqInfo};

use super::system::Act;

/// A descriptor number that is never open.
const CLOSED: Fd = i32::MAX;

/// The descriptors of names, made where they are first used.
pub(super) fn make_fds(action: &Action, machine: &mut Machine, fds: &mut BTreeMap<String, Fd>) {
    let (names, eventfd): (Vec<&Names>, bool) = match action {
        Action::Eventfd(names) => (names.iter().collect(), true),
        Action::Plainfd(names) => (names.iter().collect(), false),
        Action::SetIrqs(request) => match &request.data {
            Data::Eventfd(Some(items)) => {
                let named = items.iter().filter_map(|item| match &item.what {
                    FdRefs::Names(names) => Some(names),
                    _ => None,
                });
                (named.collect(), true)
            }
            _ => return,
        },
        _ => return,
    };
    for name in names.into_iter().flat_map(Names::each) {
        fds.entry(name).or_insert_with(|| machine.create_fd(eventfd, &mut ()).expect("few"));
    }
}

/// The device is opened, with Memory Space and Bus Master on, unless the text's first call does.
pub(super) fn open(steps: &[(u32, &StepLine)], machine: &mut Machine) {
    let call = steps.iter().map(|(_, step)| &step.action.what).find(|action| action.is_call());
    if steps.is_empty() || call == Some(&Action::Open) {
        return;
    }
    machine.call(Call::Open, &mut ());
    let command = Call::RegionRead { region: CONFIG_REGION, offset: 4, len: 2 };
    let Outcome::Data(mut data) = machine.call(command, &mut ()) else {
        unreachable!("an open device has a config space")
    };
    data[0] |= 6;
    machine.call(Call::RegionWrite { region: CONFIG_REGION, offset: 4, data }, &mut ());
}

pub(super) fn act(action: &Action, fds: &BTreeMap<String, Fd>) -> Act {
    let fd = |one: &FdRef| match one {
        FdRef::Name(name) => fds[name],
        FdRef::Number(number) => *number,
        FdRef::Closed => CLOSED,
    };
    match action {
        Action::Open => Act::Call(Call::Open),
        Action::Close => Act::Call(Call::Close),
        Action::Reset => Act::Call(Call::Reset),
        Action::SetIrqs(request) => {
            let (header, data) = request.raw(&|names| numbers(names, fds));
            Act::Call(Call::SetIrqs { header, data })
        }
        Action::IrqInfo { index, argsz } => {
            Act::Call(Call::IrqInfo { argsz: argsz.unwrap_or(IrqInfo::SIZE), index: *index })
        }
        Action::RegionRead { region, offset, width } => {
            Act::Call(Call::RegionRead { region: *region, offset: *offset, len: *width })
        }
        Action::RegionWrite { region, offset, data } => {
            let data = match data {
                WriteData::Value { width, value } => {
                    value.to_le_bytes()[..*width as usize].to_vec()
                }
                WriteData::Bytes(bytes) => bytes.clone(),
            };
            Act::Call(Call::RegionWrite { region: *region, offset: *offset, data })
        }
        Action::Stimulate(stimulus) => Act::Stimulus(*stimulus),
        Action::ReadFd(one) => Act::Read(fd(one)),
        Action::WriteFd(one, value) => Act::Write(fd(one), *value),
        Action::CloseFd(one) => Act::Close(fd(one)),
        Action::Guest(call) => Act::Guest(call.map(fd)),
        Action::Ledger => Act::Ledger,
        Action::Eventfd(_) | Action::Plainfd(_) => unreachable!("made beforehand"),
    }
}

pub(super) fn numbers(names: &Names, fds: &BTreeMap<String, Fd>) -> Vec<Fd> {
    names.each().map(|name| fds[&name]).collect()
}
