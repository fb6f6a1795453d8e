//! One vector more.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use crate::base::{EVENTFD, NORESIZE, NotDone, TRIGGER, all, ask, disable, errno, eventfd, set};

// ANCHOR: add
/// What came of an addition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Added {
    /// No other vector noticed.
    Alone,
    /// The index was rebuilt: handle every vector once, as if it had come.
    Rebuilt,
}

/// Adds a vector to an index whose vectors are on, with these eventfds.
///
/// Where NORESIZE is set the index is rebuilt: mask the interrupt causes in the device's own
/// registers before the call, and unmask them afterwards. After an error the vectors are as they
/// were, but handle each once where NORESIZE is set; after [`NotDone::Off`] the index is off.
pub fn add(device: BorrowedFd<'_>, index: u32, fds: &mut Vec<OwnedFd>) -> Result<Added, NotDone> {
    let (info, live) = (ask(device, index)?, fds.len());
    if live as u32 >= info.count {
        return Err(errno(libc::ENOSPC));
    }
    let new = eventfd()?;
    if info.flags & NORESIZE == 0 {
        // The new one alone: what fails in a request reaches the vectors it names.
        set(device, TRIGGER, index, live as u32, &[Some(new.as_fd())])?;
        fds.push(new);
        return Ok(Added::Alone);
    }
    disable(device, index)?;
    fds.push(new);
    let Err(why) = set(device, TRIGGER, index, 0, &all(fds)) else { return Ok(Added::Rebuilt) };
    fds.pop();
    if live > 0 && set(device, TRIGGER, index, 0, &all(fds)).is_err() {
        return Err(NotDone::Off(io::Error::from_raw_os_error(libc::ENOTRECOVERABLE)));
    }
    Err(if let NotDone::Only(_) = why { errno(libc::ENOSPC) } else { why })
}
// ANCHOR_END: add

// ANCHOR: ahead
/// Enables an index with `count` vectors, of which the first n have an eventfd; the others take one
/// later without a rebuild ([`arm`]). Fails as [`enable`](crate::enable::enable) does.
pub fn enable_ahead(
    device: BorrowedFd<'_>,
    index: u32,
    n: u32,
    count: u32,
) -> Result<Vec<Option<OwnedFd>>, NotDone> {
    let info = ask(device, index)?;
    if info.count == 0 || info.flags & EVENTFD == 0 {
        return Err(errno(libc::ENODEV));
    }
    if count == 0 || n > count {
        return Err(errno(libc::EINVAL));
    }
    if count > info.count {
        return Err(NotDone::Only(info.count));
    }
    let mut fds = Vec::new();
    for vector in 0..count {
        fds.push(if vector < n { Some(eventfd()?) } else { None });
    }
    let data: Vec<_> = fds.iter().map(|fd| fd.as_ref().map(OwnedFd::as_fd)).collect();
    set(device, TRIGGER, index, 0, &data)?;
    Ok(fds)
}

/// Gives a vector that was enabled with −1 its eventfd. An error leaves it without.
pub fn arm(device: BorrowedFd<'_>, index: u32, vector: u32) -> Result<OwnedFd, NotDone> {
    let fd = eventfd()?;
    set(device, TRIGGER, index, vector, &[Some(fd.as_fd())])?;
    Ok(fd)
}
// ANCHOR_END: ahead
