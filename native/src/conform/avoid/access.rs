//! Rules about descriptors and registers.

use vfio_irq_core::device::Fd;
use vfio_irq_core::pci::Function;
use vfio_irq_core::scenario::ast::{Action, Data, FdRef, FdRefs, Names, SetIrqs};
use vfio_irq_core::uapi::{CONFIG_REGION, IrqSetFlags};

use super::Now;
use crate::conform::track::{COMMAND, INTERRUPT_LINE, Named, bytes, len};

/// Numbers below may be open: more descriptors than that no process here may have.
const MAY_BE_OPEN: std::ops::Range<Fd> = 0..65_536;

/// Bytes of Command that may be written, and their bits: Memory Space and Bus Master, Interrupt
/// Disable.
const COMMAND_BITS: [u8; 2] = [0x06, 0x04];

fn named<'a>(now: &Now<'a>, fd: &FdRef) -> Option<&'a Named> {
    match fd {
        FdRef::Name(name) => now.track.fds.get(name),
        FdRef::Number(_) | FdRef::Closed => None,
    }
}

/// The names in a request's list.
fn listed(request: &SetIrqs) -> impl Iterator<Item = &Names> {
    let items = match &request.data {
        Data::Eventfd(Some(items)) => items.as_slice(),
        _ => &[],
    };
    items.iter().filter_map(|item| match &item.what {
        FdRefs::Names(names) => Some(names),
        FdRefs::Number(_) | FdRefs::Closed => None,
    })
}

pub(super) fn unnamed(now: &Now<'_>, action: &Action) -> bool {
    match action {
        Action::ReadFd(fd) | Action::WriteFd(fd, _) | Action::CloseFd(fd) => {
            matches!(fd, FdRef::Name(_)) && named(now, fd).is_none()
        }
        // A name is made once.
        Action::Eventfd(all) | Action::Plainfd(all) => {
            all.iter().flat_map(Names::each).any(|name| now.track.fds.contains_key(&name))
        }
        _ => false,
    }
}

pub(super) fn descriptors(now: &Now<'_>, action: &Action) -> bool {
    let new = match action {
        Action::Eventfd(all) | Action::Plainfd(all) => all.iter().map(Names::len).sum(),
        Action::SetIrqs(request) => {
            let new = |name: &String| !now.track.fds.contains_key(name);
            listed(request).flat_map(Names::each).filter(new).count() as u32
        }
        _ => return false,
    };
    new > 0 && now.track.open() + new > now.descriptors
}

pub(super) fn open_number(now: &Now<'_>, action: &Action) -> bool {
    let number = |fd: &FdRef| matches!(fd, FdRef::Number(n) if MAY_BE_OPEN.contains(n));
    match action {
        Action::ReadFd(fd) | Action::WriteFd(fd, _) | Action::CloseFd(fd) => number(fd),
        Action::SetIrqs(request) => {
            let items = match &request.data {
                Data::Eventfd(Some(items)) => items.as_slice(),
                _ => &[],
            };
            let numbers = items.iter().filter_map(|item| match item.what {
                FdRefs::Number(number) => Some(number),
                FdRefs::Names(_) | FdRefs::Closed => None,
            });
            let asked = now.asked.as_ref();
            let eventfds = IrqSetFlags::DATA_EVENTFD.bits();
            let raw = asked.filter(|asked| asked.header.flags & eventfds != 0);
            let raw = raw.map_or(&[][..], |asked| &asked.raw);
            let raw = raw.chunks_exact(4).map(|b| Fd::from_le_bytes([b[0], b[1], b[2], b[3]]));
            numbers.chain(raw).any(|number| MAY_BE_OPEN.contains(&number))
        }
        _ => false,
    }
}

pub(super) fn names_as_bytes(now: &Now<'_>, _: &Action) -> bool {
    now.asked.as_ref().is_some_and(|asked| {
        let kind = asked.header.flags & IrqSetFlags::DATA.bits();
        asked.named && kind == IrqSetFlags::DATA_BOOL.bits()
    })
}

pub(super) fn fd_reuse(now: &Now<'_>, action: &Action) -> bool {
    let stale = |named: Option<&Named>| named.is_some_and(|named| named.stale);
    match action {
        Action::ReadFd(fd) | Action::WriteFd(fd, _) | Action::CloseFd(fd) => stale(named(now, fd)),
        Action::SetIrqs(request) => {
            let fds = || listed(request).flat_map(Names::each).map(|name| now.track.fds.get(&name));
            // A name that is made by this very step takes the number of one closed before.
            let makes = fds().any(|named| named.is_none());
            fds().any(|named| stale(named) || makes && named.is_some_and(|named| !named.open))
        }
        _ => false,
    }
}

pub(super) fn plain_io(now: &Now<'_>, action: &Action) -> bool {
    match action {
        Action::ReadFd(fd) | Action::WriteFd(fd, _) => {
            named(now, fd).is_some_and(|named| !named.eventfd && named.open)
        }
        _ => false,
    }
}

/// An access: region, first byte, byte after the last, whether it writes.
fn access(action: &Action) -> Option<(u32, u64, u64, bool)> {
    match action {
        Action::RegionRead { region, offset, width } => {
            Some((*region, *offset, offset.saturating_add(u64::from(*width)), false))
        }
        Action::RegionWrite { region, offset, data } => {
            Some((*region, *offset, offset.saturating_add(len(data)), true))
        }
        _ => None,
    }
}

/// Offset and bytes of the MSI capability, as vfio-pci counts them.
pub(in crate::conform) fn msi(function: &Function) -> Option<(u64, u64)> {
    let msi = function.msi()?;
    let len = match (msi.wide(), msi.maskable()) {
        (false, false) => 10,
        (true, false) => 14,
        (false, true) => 20,
        (true, true) => 24,
    };
    Some((u64::from(msi.offset()), len))
}

/// Offset and bytes of the MSI-X capability.
pub(in crate::conform) fn msix(function: &Function) -> Option<(u64, u64)> {
    function.msix().map(|msix| (u64::from(msix.offset()), 12))
}

/// BAR, offset and bytes of the MSI-X table.
pub(in crate::conform) fn table(function: &Function) -> Option<(u32, u64, u64)> {
    let msix = function.msix()?;
    let (bar, offset) = msix.table();
    Some((u32::from(bar), u64::from(offset), 16 * u64::from(msix.vectors())))
}

/// BAR, offset and bytes of the pending bit array.
pub(in crate::conform) fn pba(function: &Function) -> Option<(u32, u64, u64)> {
    let msix = function.msix()?;
    let (bar, offset) = msix.pba();
    Some((u32::from(bar), u64::from(offset), 8 * u64::from(msix.vectors().div_ceil(64))))
}

/// Whether an access lies in this part of this region.
fn inside((region, start, end): (u32, u64, u64), part: Option<(u32, u64, u64)>) -> bool {
    part.is_some_and(|(other, first, len)| {
        region == other && start >= first && end <= first.saturating_add(len)
    })
}

pub(super) fn modelled_range(now: &Now<'_>, action: &Action) -> bool {
    let Some((region, start, end, write)) = access(action) else { return false };
    let function = &now.machine.function;
    let place = (region, start, end);
    if start == end {
        // Linux answers 0 to no bytes, wherever they are.
        return true;
    }
    if region > 8 {
        // None of vfio-pci's.
        return false;
    }
    let config = |first, len| inside(place, Some((CONFIG_REGION, first, len)));
    // Its id and Next pointer can be written, without effect. They are not read: what comes next is
    // the device's own.
    let capability = |(first, len): (u64, u64)| {
        if write { config(first, len) } else { config(first + 2, len - 2) }
    };
    let known = config(COMMAND, 4)
        || config(INTERRUPT_LINE, 2)
        || msi(function).is_some_and(capability)
        || msix(function).is_some_and(capability)
        || inside(place, table(function))
        || inside(place, pba(function))
        || region == CONFIG_REGION && end > u64::from(function.config_len());
    !known
}

pub(super) fn pba_width(now: &Now<'_>, action: &Action) -> bool {
    let Some((region, start, end, write)) = access(action) else { return false };
    let in_pba = inside((region, start, end), pba(&now.machine.function));
    in_pba && (write || !matches!((start % 8, end - start), (0, 8) | (0 | 4, 4)))
}

pub(super) fn unknown_register(now: &Now<'_>, action: &Action) -> bool {
    let Some((CONFIG_REGION, start, end, false)) = access(action) else { return false };
    if end > u64::from(now.machine.function.config_len()) {
        return false;
    }
    let covers = |byte: u64| (start..end).contains(&byte);
    let command = now.track.command_known;
    covers(COMMAND) && !command[0]
        || covers(COMMAND + 1) && !command[1]
        || covers(INTERRUPT_LINE) && !now.track.line_known
}

pub(super) fn command_bits(_: &Now<'_>, action: &Action) -> bool {
    let Action::RegionWrite { region: CONFIG_REGION, offset, data } = action else { return false };
    let places = (*offset..).zip(bytes(data));
    places.into_iter().any(|(at, byte)| {
        let bits = at.checked_sub(COMMAND).and_then(|at| COMMAND_BITS.get(at as usize));
        bits.is_some_and(|bits| byte & !bits != 0)
    })
}

pub(super) fn open_twice(now: &Now<'_>, action: &Action) -> bool {
    *action == Action::Open && now.machine.host.is_open()
}

pub(super) fn no_access(now: &Now<'_>, action: &Action) -> bool {
    let reachable = now.machine.host.is_open() && now.memory();
    matches!(action, Action::Stimulate(_)) && !reachable
}
