//! What every recipe uses: the two ioctls, a disable, eventfds.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

// ANCHOR: numbers
/// From `<linux/vfio.h>`.
pub const INTX: u32 = 0;
pub const MSI: u32 = 1;
pub const MSIX: u32 = 2;
pub const EVENTFD: u32 = 1 << 0;
pub const AUTOMASKED: u32 = 1 << 2;
pub const NORESIZE: u32 = 1 << 3;
pub const DATA_NONE: u32 = 1 << 0;
pub const DATA_EVENTFD: u32 = 1 << 2;
pub const UNMASK: u32 = 1 << 4;
pub const TRIGGER: u32 = 1 << 5;
const GET_IRQ_INFO: u32 = 0x3b6d;
const SET_IRQS: u32 = 0x3b6e;
// ANCHOR_END: numbers

// ANCHOR: not_done
/// Why a request was not carried out.
#[derive(Debug)]
pub enum NotDone {
    /// Nothing is on; so many vectors can be had.
    Only(u32),
    /// An errno.
    Error(io::Error),
    /// What was on before could not be put back, and is off.
    Off(io::Error),
}

impl From<io::Error> for NotDone {
    fn from(error: io::Error) -> Self {
        Self::Error(error)
    }
}

pub fn errno(number: i32) -> NotDone {
    NotDone::Error(io::Error::from_raw_os_error(number))
}

impl NotDone {
    /// Whether it is this errno.
    pub fn is(&self, number: i32) -> bool {
        matches!(self, Self::Error(error) if error.raw_os_error() == Some(number))
    }
}
// ANCHOR_END: not_done

// ANCHOR: ask
/// `struct vfio_irq_info`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct IrqInfo {
    argsz: u32,
    pub flags: u32,
    index: u32,
    pub count: u32,
}

/// What the host says of an index. One it does not have is 0 vectors and no flags: some say so
/// with EINVAL.
pub fn ask(device: BorrowedFd<'_>, index: u32) -> io::Result<IrqInfo> {
    let mut info = IrqInfo { argsz: size_of::<IrqInfo>() as u32, index, ..IrqInfo::default() };
    // SAFETY: the kernel writes argsz bytes at most.
    if unsafe { libc::ioctl(device.as_raw_fd(), GET_IRQ_INFO as _, &raw mut info) } == 0 {
        return Ok(info);
    }
    match io::Error::last_os_error() {
        error if error.raw_os_error() == Some(libc::EINVAL) => Ok(IrqInfo::default()),
        error => Err(error),
    }
}
// ANCHOR_END: ask

// ANCHOR: set
/// SET_IRQS with eventfds; `None` is −1.
pub fn set(
    device: BorrowedFd<'_>,
    action: u32,
    index: u32,
    start: u32,
    fds: &[Option<BorrowedFd<'_>>],
) -> Result<(), NotDone> {
    let data: Vec<i32> = fds.iter().map(|fd| fd.map_or(-1, |fd| fd.as_raw_fd())).collect();
    request(device, DATA_EVENTFD | action, index, start, fds.len() as u32, &data)
}

/// SET_IRQS. Only 0 is done: above it, nothing was.
pub fn request(
    device: BorrowedFd<'_>,
    flags: u32,
    index: u32,
    start: u32,
    count: u32,
    data: &[i32],
) -> Result<(), NotDone> {
    let argsz = 4 * (5 + data.len()) as u32;
    let mut words = vec![argsz, flags, index, start, count];
    words.extend(data.iter().map(|fd| fd.cast_unsigned()));
    // SAFETY: argsz bytes are there, and the kernel only reads them.
    match unsafe { libc::ioctl(device.as_raw_fd(), SET_IRQS as _, words.as_ptr()) } {
        0 => Ok(()),
        count @ 1.. => Err(NotDone::Only(count.cast_unsigned())),
        _ => Err(io::Error::last_os_error().into()),
    }
}
// ANCHOR_END: set

// ANCHOR: disable
/// Disables an index. EINVAL says that it is not on, which is what was wanted; the number of an
/// index the device does not have gets it too, so a wrong one is not noticed.
pub fn disable(device: BorrowedFd<'_>, index: u32) -> Result<(), NotDone> {
    match request(device, DATA_NONE | TRIGGER, index, 0, 0, &[]) {
        Err(why) if why.is(libc::EINVAL) => Ok(()),
        done => done,
    }
}
// ANCHOR_END: disable

// ANCHOR: eventfds
/// A new eventfd.
pub fn eventfd() -> io::Result<OwnedFd> {
    // SAFETY: no memory is passed.
    match unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) } {
        // SAFETY: it is ours, just made.
        fd @ 0.. => Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The data of a request for all of them.
pub fn all(fds: &[OwnedFd]) -> Vec<Option<BorrowedFd<'_>>> {
    use std::os::fd::AsFd;
    fds.iter().map(|fd| Some(fd.as_fd())).collect()
}
// ANCHOR_END: eventfds
