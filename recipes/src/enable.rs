//! Enabling vectors, with what there is.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use crate::base::{EVENTFD, INTX, MSI, MSIX, NotDone, TRIGGER, all, ask, errno, eventfd, set};

// ANCHOR: enable
/// Enables vectors 0 to n − 1 of an index, with an eventfd each. No other of INTx, MSI and MSI-X
/// may be on, nor this one. An error leaves the index off and no descriptor open.
pub fn enable(device: BorrowedFd<'_>, index: u32, n: u32) -> Result<Vec<OwnedFd>, NotDone> {
    let info = ask(device, index)?;
    if info.count == 0 || info.flags & EVENTFD == 0 {
        return Err(errno(libc::ENODEV));
    }
    if n == 0 {
        return Err(errno(libc::EINVAL));
    }
    if n > info.count {
        return Err(NotDone::Only(info.count));
    }
    let fds = (0..n).map(|_| eventfd()).collect::<io::Result<Vec<OwnedFd>>>()?;
    set(device, TRIGGER, index, 0, &all(&fds))?;
    Ok(fds)
}
// ANCHOR_END: enable

// ANCHOR: some
/// Enables as many vectors as can be had, from `least` to `most`. ENOSPC: there are not `least`.
pub fn enable_some(
    device: BorrowedFd<'_>,
    index: u32,
    least: u32,
    most: u32,
) -> Result<Vec<OwnedFd>, NotDone> {
    let mut n = most;
    while n > 0 && n >= least {
        n = match enable(device, index, n) {
            // So many there are, says the host.
            Err(NotDone::Only(count)) if count < n => count,
            Err(NotDone::Only(_)) => break,
            // No number: half, but not fewer than will do.
            Err(why) if why.is(libc::ENOSPC) => {
                if n > least && n / 2 < least {
                    least
                } else {
                    n / 2
                }
            }
            done => return done,
        };
    }
    Err(errno(libc::ENOSPC))
}
// ANCHOR_END: some

// ANCHOR: fall_back
/// MSI-X with at least `least` vectors, else MSI with as many, else INTx with its one: which index,
/// and its eventfds. An index that is missing, or refuses, is stepped over.
pub fn fall_back(
    device: BorrowedFd<'_>,
    least: u32,
    most: u32,
) -> Result<(u32, Vec<OwnedFd>), NotDone> {
    for index in [MSIX, MSI] {
        match enable_some(device, index, least, most) {
            Ok(fds) => return Ok((index, fds)),
            // Without descriptors the others fail too.
            Err(why) if why.is(libc::EMFILE) => return Err(why),
            Err(_) => {}
        }
    }
    Ok((INTX, enable_some(device, INTX, 1, 1)?))
}
// ANCHOR_END: fall_back
