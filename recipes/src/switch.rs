//! From INTx to messages.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use crate::base::{EVENTFD, INTX, NotDone, TRIGGER, ask, disable, errno, set};
use crate::enable::enable;

// ANCHOR: leave_intx
/// From INTx, with this trigger, to n vectors of MSI or MSI-X. An error gives the trigger back.
///
/// Mask the interrupt causes in the device's own registers before the call; afterwards unmask them,
/// and handle the device once, as if it had interrupted. After an error INTx is as it was, or on
/// without unmask eventfd, and unmasked, or masked where Interrupt Disable is set: set both anew.
/// After [`NotDone::Off`] nothing is on.
pub fn leave_intx(
    device: BorrowedFd<'_>,
    trigger: OwnedFd,
    index: u32,
    n: u32,
) -> Result<Vec<OwnedFd>, (OwnedFd, NotDone)> {
    // What is known before anything is touched.
    let first = match ask(device, index) {
        Ok(info) if info.count == 0 || info.flags & EVENTFD == 0 => Err(errno(libc::ENODEV)),
        Ok(_) if n == 0 => Err(errno(libc::EINVAL)),
        Ok(info) if n > info.count => Err(NotDone::Only(info.count)),
        Ok(_) => disable(device, INTX),
        Err(error) => Err(error.into()),
    };
    if let Err(why) = first {
        return Err((trigger, why));
    }
    let why = match enable(device, index, n) {
        Ok(fds) => return Ok(fds),
        Err(why) => why,
    };
    if set(device, TRIGGER, INTX, 0, &[Some(trigger.as_fd())]).is_err() {
        let off = io::Error::from_raw_os_error(libc::ENOTRECOVERABLE);
        return Err((trigger, NotDone::Off(off)));
    }
    Err((trigger, why))
}
// ANCHOR_END: leave_intx
