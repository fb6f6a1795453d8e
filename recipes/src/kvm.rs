//! INTx, and vectors, handed to KVM.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use crate::base::{
    AUTOMASKED, DATA_NONE, INTX, NotDone, TRIGGER, UNMASK, ask, disable, errno, eventfd, request,
    set,
};

// ANCHOR: irqfd
/// From `<linux/kvm.h>`.
const CHECK_EXTENSION: u32 = 0xae03;
const IRQFD: u32 = 0x4020_ae76;
const CAP_IRQFD_RESAMPLE: i32 = 82;
const DEASSIGN: u32 = 1 << 0;
const RESAMPLE: u32 = 1 << 1;

/// `struct kvm_irqfd`.
#[repr(C)]
struct Irqfd {
    fd: u32,
    gsi: u32,
    flags: u32,
    resamplefd: u32,
    pad: [u8; 16],
}

fn irqfd(
    vm: BorrowedFd<'_>,
    flags: u32,
    gsi: u32,
    trigger: BorrowedFd<'_>,
    resample: Option<BorrowedFd<'_>>,
) -> io::Result<()> {
    let resamplefd = resample.map_or(0, |fd| fd.as_raw_fd().cast_unsigned());
    let fd = trigger.as_raw_fd().cast_unsigned();
    let irqfd = Irqfd { fd, gsi, flags, resamplefd, pad: [0; 16] };
    // SAFETY: the kernel reads one structure.
    match unsafe { libc::ioctl(vm.as_raw_fd(), IRQFD as _, &raw const irqfd) } {
        0.. => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Ties an eventfd to a GSI of the guest: a vector of MSI or MSI-X. From here on KVM reads the
/// eventfd, and nobody else may.
pub fn to_kvm(vm: BorrowedFd<'_>, gsi: u32, trigger: BorrowedFd<'_>) -> io::Result<()> {
    irqfd(vm, 0, gsi, trigger, None)
}

/// Unties it.
pub fn from_kvm(vm: BorrowedFd<'_>, gsi: u32, trigger: BorrowedFd<'_>) -> io::Result<()> {
    irqfd(vm, DEASSIGN, gsi, trigger, None)
}
// ANCHOR_END: irqfd

// ANCHOR: to_kvm
/// INTx's two eventfds.
#[derive(Debug)]
pub struct Intx {
    pub trigger: OwnedFd,
    /// KVM's resample eventfd, by which the guest unmasks.
    pub unmask: OwnedFd,
}

/// Enables INTx for a guest: its trigger raises the GSI, and the guest's end of interrupt unmasks.
/// INTx must be off, and MSI and MSI-X: were INTx on, its trigger would be replaced, and an error
/// disable it.
///
/// An error leaves INTx off and no descriptor open. Should the disable fail on the way back, its
/// error is returned, and INTx is still on: [`disable`].
pub fn intx_to_kvm(device: BorrowedFd<'_>, vm: BorrowedFd<'_>, gsi: u32) -> Result<Intx, NotDone> {
    let info = ask(device, INTX)?;
    if info.count == 0 || info.flags & AUTOMASKED == 0 {
        // Not a level: nothing to resample.
        return Err(errno(libc::ENODEV));
    }
    // SAFETY: the argument is a number.
    let can = unsafe { libc::ioctl(vm.as_raw_fd(), CHECK_EXTENSION as _, CAP_IRQFD_RESAMPLE) };
    if can <= 0 {
        return Err(errno(libc::EOPNOTSUPP));
    }
    let intx = Intx { trigger: eventfd()?, unmask: eventfd()? };
    let (trigger, unmask) = (intx.trigger.as_fd(), intx.unmask.as_fd());
    set(device, TRIGGER, INTX, 0, &[Some(trigger)])?;
    let tied = set(device, UNMASK, INTX, 0, &[Some(unmask)]).and_then(|()| {
        // Last: KVM finds what the trigger has counted by now.
        Ok(irqfd(vm, RESAMPLE, gsi, trigger, Some(unmask))?)
    });
    if let Err(why) = tied {
        // Takes the unmask eventfd away, too.
        disable(device, INTX)?;
        return Err(why);
    }
    Ok(intx)
}
// ANCHOR_END: to_kvm

// ANCHOR: from_kvm
/// Takes INTx back into this process, and gives its trigger. Unmasks once, for nobody else will: a
/// line that is up signals at once.
///
/// An error gives both back. Either KVM has not let go, and all is as it was; or it has, and INTx
/// is on, perhaps masked, perhaps with its unmask eventfd. The call can be repeated.
pub fn intx_from_kvm(
    device: BorrowedFd<'_>,
    vm: BorrowedFd<'_>,
    gsi: u32,
    intx: Intx,
) -> Result<OwnedFd, (Intx, NotDone)> {
    let done = from_kvm(vm, gsi, intx.trigger.as_fd())
        .map_err(NotDone::from)
        .and_then(|()| set(device, UNMASK, INTX, 0, &[None]))
        .and_then(|()| request(device, DATA_NONE | UNMASK, INTX, 0, 1, &[]));
    match done {
        Ok(()) => Ok(intx.trigger),
        Err(why) => Err((intx, why)),
    }
}
// ANCHOR_END: from_kvm
