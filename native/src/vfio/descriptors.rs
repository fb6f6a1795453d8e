//! The descriptors a scenario opens: eventfds, and files that are none.
//!
//! They have numbers of their own, counted up from [`FIRST`] and not used again after a close, so
//! that an old number is never by chance a new descriptor: what a scenario says of a closed one
//! must be EBADF. Numbers below are this program's own (the group, the device): a scenario that
//! names them reaches what is there.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use vfio_irq_core::device::Fd;
use vfio_irq_core::errno::Errno;

use super::errno;

/// First number: beyond the descriptors this program itself has open.
pub(super) const FIRST: Fd = 1000;
/// Descriptors a run may have open, where the system lets us.
const OPEN_FILES: u64 = 65_536;
/// How long an eventfd is waited for.
const PATIENCE: Duration = Duration::from_millis(100);

/// Open descriptors, by number.
#[derive(Debug)]
pub(super) struct Descriptors {
    open: BTreeMap<Fd, OwnedFd>,
    next: Fd,
}

impl Descriptors {
    pub(super) fn new() -> Self {
        raise_open_files();
        Self { open: BTreeMap::new(), next: FIRST }
    }

    /// Keeps a descriptor under a number not used before. EMFILE when those the system gives us
    /// are used up.
    pub(super) fn keep(&mut self, made: impl AsFd) -> Result<Fd, Errno> {
        let kept = rustix::io::fcntl_dupfd_cloexec(made, self.next);
        let kept = kept.map_err(|error| match errno(error) {
            // The number is beyond the limit.
            Errno::EINVAL => Errno::EMFILE,
            other => other,
        })?;
        let fd = kept.as_raw_fd();
        self.next = fd + 1;
        self.open.insert(fd, kept);
        Ok(fd)
    }

    /// Closes one.
    pub(super) fn close(&mut self, fd: Fd) -> Result<(), Errno> {
        self.open.remove(&fd).map(drop).ok_or(Errno::EBADF)
    }

    /// Closes all, and counts from the first number again: a long series of runs would else come
    /// to the end of the numbers.
    pub(super) fn forget(&mut self) {
        self.open.clear();
        self.next = FIRST;
    }

    /// Counts from the first number again, if none is open.
    pub(super) fn start_over(&mut self) {
        if self.open.is_empty() {
            self.next = FIRST;
        }
    }

    /// Reads and clears an eventfd's counter. EAGAIN when it is 0, EINVAL for what is no eventfd.
    pub(super) fn read(&self, fd: Fd) -> Result<u64, Errno> {
        let mut value = [0; 8];
        match rustix::io::read(self.get(fd)?, &mut value).map_err(errno)? {
            8 => Ok(u64::from_ne_bytes(value)),
            _ => Err(Errno::EINVAL),
        }
    }

    /// Adds to an eventfd's counter.
    pub(super) fn write(&self, fd: Fd, value: u64) -> Result<(), Errno> {
        rustix::io::write(self.get(fd)?, &value.to_ne_bytes()).map(drop).map_err(errno)
    }

    /// Waits until an eventfd's counter is at least this, or [`PATIENCE`] is over.
    ///
    /// The kernel wakes us at the first signal and not at the n-th; from there on the counter is
    /// looked at, which takes nothing from it.
    pub(super) fn wait(&self, fd: Fd, at_least: u64) {
        let Some(open) = self.open.get(&fd).filter(|_| at_least > 0) else { return };
        let end = Instant::now() + PATIENCE;
        let mut readable = [PollFd::new(open, PollFlags::IN)];
        let patience = Timespec::try_from(PATIENCE).expect("short");
        if !poll(&mut readable, Some(&patience)).is_ok_and(|ready| ready > 0) {
            return;
        }
        while at_least > 1 && Instant::now() < end && counter(open).is_some_and(|n| n < at_least) {
            std::thread::yield_now();
        }
    }

    /// Waits until one of these eventfds has a count, or [`PATIENCE`] is over.
    pub(super) fn wait_any(&self, fds: &[Fd]) {
        let open = fds.iter().filter_map(|fd| self.open.get(fd));
        let mut readable: Vec<PollFd<'_>> = open.map(|fd| PollFd::new(fd, PollFlags::IN)).collect();
        let patience = Timespec::try_from(PATIENCE).expect("short");
        if !readable.is_empty() {
            // Who wants to know reads.
            let _ = poll(&mut readable, Some(&patience));
        }
    }

    /// An eventfd's counter, left as it is. EBADF and EINVAL as `eventfd_ctx_fdget` says them.
    pub(super) fn eventfd(&self, fd: Fd) -> Result<u64, Errno> {
        // The standard streams are open, and no eventfds.
        if (0..3).contains(&fd) {
            return Err(Errno::EINVAL);
        }
        counter(self.open.get(&fd).ok_or(Errno::EBADF)?).ok_or(Errno::EINVAL)
    }

    fn get(&self, fd: Fd) -> Result<BorrowedFd<'_>, Errno> {
        self.open.get(&fd).map(AsFd::as_fd).ok_or(Errno::EBADF)
    }
}

/// Lets this process have as many descriptors as it may: a failure shows when they run out.
fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(OPEN_FILES).min(OPEN_FILES);
    if limit.current.is_some_and(|current| current < most) {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(most), ..limit });
    }
}

/// An eventfd's counter, as proc shows it without reading it; `None` for what is no eventfd.
fn counter(fd: &OwnedFd) -> Option<u64> {
    let path = format!("/proc/self/fdinfo/{}", fd.as_raw_fd());
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("eventfd-count:"))?;
    u64::from_str_radix(line.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use rustix::event::{EventfdFlags, eventfd};

    use super::*;

    fn eventfd_in(descriptors: &mut Descriptors) -> Fd {
        let made = eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC).expect("an eventfd");
        descriptors.keep(made).expect("a number")
    }

    #[test]
    fn number_of_a_closed_descriptor_is_not_given_out_again() {
        let mut descriptors = Descriptors::new();
        let first = eventfd_in(&mut descriptors);
        descriptors.close(first).expect("open");
        let second = eventfd_in(&mut descriptors);

        assert!(second > first, "{second} after {first}");
        assert_eq!(descriptors.close(first), Err(Errno::EBADF));
        assert_eq!(descriptors.read(first), Err(Errno::EBADF));
        assert_eq!(descriptors.write(first, 1), Err(Errno::EBADF));
        descriptors.start_over();
        assert!(eventfd_in(&mut descriptors) > second, "one is open");
    }

    #[test]
    fn number_beyond_the_limit_is_emfile() {
        let mut descriptors = Descriptors::new();
        descriptors.next = Fd::MAX;
        let made = File::open("/dev/null").expect("there is one");

        assert_eq!(descriptors.keep(made), Err(Errno::EMFILE));
    }

    #[test]
    fn counter_read_is_what_was_added_and_gone() {
        let mut descriptors = Descriptors::new();
        let fd = eventfd_in(&mut descriptors);
        descriptors.write(fd, 2).expect("room");
        descriptors.write(fd, 3).expect("room");

        assert_eq!(descriptors.read(fd), Ok(5));
        assert_eq!(descriptors.read(fd), Err(Errno::EAGAIN));
        assert_eq!(descriptors.write(fd, u64::MAX), Err(Errno::EINVAL));
    }

    #[test]
    fn plain_file_has_no_counter() {
        let mut descriptors = Descriptors::new();
        let fd = descriptors.keep(File::open("/dev/null").expect("there is one")).expect("kept");

        assert_eq!(descriptors.read(fd), Err(Errno::EINVAL));
        descriptors.wait(fd, 2);
    }

    #[test]
    fn wait_for_a_count_that_is_there_takes_nothing_from_it() {
        let mut descriptors = Descriptors::new();
        let fd = eventfd_in(&mut descriptors);
        descriptors.write(fd, 3).expect("room");
        descriptors.wait(fd, 0);
        descriptors.wait(fd, 3);

        assert_eq!(descriptors.read(fd), Ok(3));
    }

    #[test]
    fn wait_for_a_count_that_never_comes_ends() {
        let mut descriptors = Descriptors::new();
        let fd = eventfd_in(&mut descriptors);
        descriptors.wait(fd, 1);
        descriptors.write(fd, 1).expect("room");
        descriptors.wait(fd, 2);
        descriptors.wait(fd + 1, 1);

        assert_eq!(descriptors.read(fd), Ok(1));
    }
}
