//! Rules about interrupts.

use vfio_irq_core::device::{Fd, Stimulus};
use vfio_irq_core::host::IrqMode;
use vfio_irq_core::request::{Action as Act, Data, Request};
use vfio_irq_core::scenario::ast::{Action, FdRef};
use vfio_irq_core::uapi::{CONFIG_REGION, IrqIndex};

use super::{Now, access};
use crate::conform::track::{len, triggers, unmask};

/// A counter an eventfd may have when it becomes a trigger, and what may be added to one that is.
const MUCH: u64 = 1 << 32;
/// Vectors that may be armed at once.
const LIVE: u32 = 128;

/// The request, if the checks before the index's state let it pass.
fn request<'a>(now: &'a Now<'_>) -> Option<&'a Request> {
    now.asked.as_ref().and_then(|asked| asked.request.as_ref().ok())
}

/// The descriptors a request gives to an index as triggers.
fn armed(request: &Request) -> &[Fd] {
    match &request.data {
        Data::Eventfd(fds) if request.action == Act::Trigger => fds,
        _ => &[],
    }
}

/// The descriptor a request makes INTx's unmask eventfd.
fn unmasking(request: &Request) -> Option<Fd> {
    match &request.data {
        Data::Eventfd(fds) if request.action == Act::Unmask => fds.first().copied(),
        _ => None,
    }
}

pub(super) fn unsupported(now: &Now<'_>, action: &Action) -> bool {
    matches!(action, Action::Stimulate(stimulus) if !now.support.can(*stimulus))
}

pub(super) fn no_such_vector(now: &Now<'_>, action: &Action) -> bool {
    let Action::Stimulate(Stimulus::Fire(vector)) = action else { return false };
    let function = &now.machine.function;
    let vectors = match function.mode() {
        Some(IrqIndex::Msix) => function.msix().map_or(0, |msix| msix.vectors()),
        Some(_) => function.msi().map_or(0, |msi| msi.vectors()),
        None => return false,
    };
    *vector >= vectors
}

pub(super) fn undrained(now: &Now<'_>, action: &Action) -> bool {
    let room = now.machine.host.profile().vectors;
    let vector = match action {
        Action::Stimulate(Stimulus::Fire(vector)) => u32::from(*vector),
        _ => return false,
    };
    !now.machine.function.resets() && room.is_some_and(|room| vector >= room)
}

pub(super) fn spin(now: &Now<'_>, _: &Action) -> bool {
    let Some(request) = request(now) else { return false };
    let unmask = unmask(now.machine);
    let becomes_trigger = armed(request).iter().any(|fd| unmask == Some(*fd));
    let becomes_unmask =
        unmasking(request).is_some_and(|fd| triggers(now.machine).any(|other| other == fd));
    becomes_trigger || becomes_unmask
}

pub(super) fn counter_limit(now: &Now<'_>, action: &Action) -> bool {
    let fds = &now.machine.fds;
    match action {
        Action::WriteFd(FdRef::Name(name), value) if *value > MUCH => {
            let fd = now.track.fds.get(name).map(|named| named.emulator);
            let in_use = triggers(now.machine).chain(unmask(now.machine));
            fd.is_some_and(|fd| in_use.into_iter().any(|other| other == fd))
        }
        Action::SetIrqs(_) => {
            let Some(request) = request(now) else { return false };
            let taken = armed(request).iter().copied().chain(unmasking(request));
            taken.into_iter().any(|fd| fds.counter(fd).is_some_and(|count| count > MUCH))
        }
        _ => false,
    }
}

pub(super) fn cpu_vectors(now: &Now<'_>, _: &Action) -> bool {
    let Some(request) = request(now) else { return false };
    let wanted = armed(request).iter().filter(|fd| **fd >= 0).count();
    let live = now.machine.host.vectors().filter(|vector| vector.eventfd.is_some()).count();
    wanted > 0 && wanted + live > LIVE as usize
}

pub(super) fn fire_merge(now: &Now<'_>, action: &Action) -> bool {
    matches!(action, Action::Stimulate(_)) && now.times > 1
}

pub(super) fn off_vector(now: &Now<'_>, action: &Action) -> bool {
    let off = now.machine.function.mode().is_none();
    matches!(action, Action::Stimulate(Stimulus::Fire(vector)) if off && *vector > 0)
}

pub(super) fn assert_pin(now: &Now<'_>, action: &Action) -> bool {
    let on = now.machine.function.mode().is_some();
    on && *action == Action::Stimulate(Stimulus::AssertIntx)
}

/// Whether a request enables this index, or may.
fn enables(now: &Now<'_>, index: IrqIndex) -> bool {
    request(now).is_some_and(|request| {
        let eventfds = matches!(request.data, Data::Eventfd(_));
        let off = now.machine.host.mode() == IrqMode::None;
        request.index == index && request.action == Act::Trigger && eventfds && off
    })
}

pub(super) fn qemu_ioapic(now: &Now<'_>, _: &Action) -> bool {
    now.machine.function.intx_status() && enables(now, IrqIndex::Intx)
}

pub(super) fn qemu_intx_forgotten(now: &Now<'_>, action: &Action) -> bool {
    if !now.track.asserted {
        return false;
    }
    match action {
        Action::SetIrqs(_) => enables(now, IrqIndex::Msi) || enables(now, IrqIndex::Msix),
        Action::Reset => now.machine.host.mode() != IrqMode::None,
        // The user may turn MSI off and on behind the host's back.
        Action::RegionWrite { region: CONFIG_REGION, offset, data } => {
            let end = offset.saturating_add(len(data));
            let msi = access::msi(&now.machine.function);
            let reached = msi.is_some_and(|(at, len)| *offset < at + len && end > at);
            reached && now.machine.host.mode() == IrqMode::Msi
        }
        _ => false,
    }
}

pub(super) fn qemu_reset_keeps(now: &Now<'_>, action: &Action) -> bool {
    let function = &now.machine.function;
    let resets = matches!(action, Action::Reset | Action::Close) && function.resets();
    let waits = || {
        function.intx_status()
            || function.held().next().is_some()
            || function.msi().is_some_and(|msi| msi.pending().next().is_some())
            || function.msix().is_some_and(|msix| msix.pending().next().is_some())
    };
    // Linux writes the table again after a reset, but 6.12 not while Memory Space is off.
    let host = &now.machine.host;
    let unwritten = || {
        let sets_memory = host.profile().rules.restore_sets_memory;
        *action == Action::Reset && host.mode() == IrqMode::Msix && !sets_memory && !now.memory()
    };
    resets && (waits() || unwritten())
}
