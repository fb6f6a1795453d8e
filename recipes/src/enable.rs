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
/// Enables as many vectors as can be had, from `least` to `most`. Before the call as for
/// [`enable`]. An error leaves the index off. ENOSPC: there are not `least`; EMFILE, ENFILE: not so
/// many descriptors.
pub fn enable_some(
    device: BorrowedFd<'_>,
    index: u32,
    least: u32,
    most: u32,
) -> Result<Vec<OwnedFd>, NotDone> {
    let mut n = most;
    let mut last = errno(libc::ENOSPC);
    while n > 0 && n >= least {
        last = match enable(device, index, n) {
            Ok(fds) => return Ok(fds),
            Err(why) => why,
        };
        let short = [libc::ENOSPC, libc::EMFILE, libc::ENFILE].iter().any(|&errno| last.is(errno));
        n = match last {
            // So many there are, says the host.
            NotDone::Only(count) if count < n => count,
            // No number: half, or what will do.
            _ if short && n > least => least.max(n / 2),
            _ => break,
        };
    }
    Err(if let NotDone::Only(_) = last { errno(libc::ENOSPC) } else { last })
}
// ANCHOR_END: some

// ANCHOR: fall_back
/// MSI-X with at least `least` vectors, else MSI with as many, else INTx with its one: which index,
/// and its eventfds. None of the three may be on: beside INTx, MSI-X and MSI would refuse, and
/// INTx "succeed", with its live trigger replaced.
///
/// An index that is missing, or refuses, is stepped over. When none is left all are off: why the
/// last that is not missing refused, or ENODEV.
pub fn fall_back(
    device: BorrowedFd<'_>,
    least: u32,
    most: u32,
) -> Result<(u32, Vec<OwnedFd>), NotDone> {
    let mut last = errno(libc::ENODEV);
    for (index, least, most) in [(MSIX, least, most), (MSI, least, most), (INTX, 1, 1)] {
        match enable_some(device, index, least, most) {
            Ok(fds) => return Ok((index, fds)),
            Err(missing) if missing.is(libc::ENODEV) => {}
            Err(why) => last = why,
        }
    }
    Err(last)
}
// ANCHOR_END: fall_back
