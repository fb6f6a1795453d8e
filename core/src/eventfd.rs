//! The user's file descriptors, as far as SET_IRQS sees them: eventfds, and descriptors that are
//! none.
//!
//! Source: eventfd(2). A trigger holds a reference to the eventfd itself, so closing the
//! descriptor does not stop signals; nobody can read them any more.

use alloc::vec::Vec;

use crate::device::Fd;
use crate::errno::Errno;

/// First descriptor number handed out: 0 to 2 are the user's standard streams.
const FIRST_FD: Fd = 3;

/// What a descriptor number stands for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Open {
    Eventfd { counter: u64, open: bool },
    Plain { open: bool },
}

/// The user's descriptors. Numbers are not reused within a run, so a trace stays readable.
#[derive(PartialEq, Eq, Hash, Debug, Default)]
pub struct Fds {
    table: Vec<Open>,
}

/// `clone_from` keeps what was allocated.
impl Clone for Fds {
    fn clone(&self) -> Self {
        Self { table: self.table.clone() }
    }

    fn clone_from(&mut self, other: &Self) {
        self.table.clone_from(&other.table);
    }
}

/// Most descriptors a run may open (Linux's default hard limit).
pub const MAX_FDS: usize = 4096;

impl Fds {
    fn push(&mut self, open: Open) -> Result<Fd, Errno> {
        if self.table.len() >= MAX_FDS {
            return Err(Errno::EMFILE);
        }
        self.table.push(open);
        Ok(FIRST_FD + (self.table.len() - 1) as Fd)
    }

    fn at(&mut self, fd: Fd) -> Result<&mut Open, Errno> {
        // FD-NOT-OPEN
        let at = usize::try_from(fd.wrapping_sub(FIRST_FD)).map_err(|_| Errno::EBADF)?;
        // FD-NOT-OPEN
        self.table.get_mut(at).ok_or(Errno::EBADF)
    }

    /// A new eventfd, counter 0. EMFILE when there are too many.
    pub fn create(&mut self) -> Result<Fd, Errno> {
        self.push(Open::Eventfd { counter: 0, open: true })
    }

    /// A new descriptor that is not an eventfd.
    pub fn create_plain(&mut self) -> Result<Fd, Errno> {
        self.push(Open::Plain { open: true })
    }

    /// What `eventfd_ctx_fdget` says: EBADF for a descriptor that is not open (the standard
    /// streams count as open and are no eventfds), EINVAL for one that is no eventfd.
    ///
    /// EVENTFD-CALLER: when the call is made. EVENTFD-NUMBER: what was found then stays the trigger.
    pub fn lookup(&self, fd: Fd) -> Result<(), Errno> {
        if (0..FIRST_FD).contains(&fd) {
            // FD-NOT-EVENTFD
            return Err(Errno::EINVAL);
        }
        // FD-NOT-OPEN
        let at = usize::try_from(fd.wrapping_sub(FIRST_FD)).map_err(|_| Errno::EBADF)?;
        match self.table.get(at) {
            Some(Open::Eventfd { open: true, .. }) => Ok(()),
            // FD-NOT-EVENTFD
            Some(Open::Plain { open: true }) => Err(Errno::EINVAL),
            // FD-NOT-OPEN
            _ => Err(Errno::EBADF),
        }
    }

    /// Adds 1, as the kernel does for a trigger; returns the counter. Works on a closed descriptor,
    /// through the trigger's reference. The counter saturates at 2^64 - 1, which a write can't reach.
    ///
    /// EVENTFD-COUNT. EVENTFD-ORIGIN: nothing is kept of who it was.
    pub fn signal(&mut self, fd: Fd) -> u64 {
        match self.at(fd) {
            Ok(Open::Eventfd { counter, .. }) => {
                // EVENTFD-FULL
                // EVENTFD-COUNT; EVENTFD-NUMBER: by what was looked up, closed or not.
                *counter = counter.saturating_add(1);
                *counter
            }
            _ => 0,
        }
    }

    /// The host takes the count, through its own reference.
    pub(crate) fn take(&mut self, fd: Fd) {
        if let Ok(Open::Eventfd { counter, .. }) = self.at(fd) {
            *counter = 0;
        }
    }

    /// read(2): the counter, which falls to 0. EAGAIN when it is 0.
    pub fn read(&mut self, fd: Fd) -> Result<u64, Errno> {
        self.lookup(fd)?;
        match self.at(fd)? {
            Open::Eventfd { counter: 0, .. } => Err(Errno::EAGAIN),
            Open::Eventfd { counter, .. } => Ok(core::mem::take(counter)),
            Open::Plain { .. } => Err(Errno::EINVAL),
        }
    }

    /// write(2): adds `value`. EINVAL for 2^64 - 1, EAGAIN when the counter would overflow.
    pub fn write(&mut self, fd: Fd, value: u64) -> Result<(), Errno> {
        self.lookup(fd)?;
        match self.at(fd)? {
            Open::Eventfd { .. } if value == u64::MAX => Err(Errno::EINVAL),
            Open::Eventfd { counter, .. } => {
                let sum = counter.checked_add(value).filter(|sum| *sum < u64::MAX);
                *counter = sum.ok_or(Errno::EAGAIN)?;
                Ok(())
            }
            Open::Plain { .. } => Err(Errno::EINVAL),
        }
    }

    /// close(2).
    pub fn close(&mut self, fd: Fd) -> Result<(), Errno> {
        match self.at(fd)? {
            Open::Eventfd { open, .. } | Open::Plain { open } if *open => {
                *open = false;
                Ok(())
            }
            _ => Err(Errno::EBADF),
        }
    }

    /// Counter of an eventfd, open or closed; `None` for what is no eventfd.
    pub fn counter(&self, fd: Fd) -> Option<u64> {
        let at = usize::try_from(fd.wrapping_sub(FIRST_FD)).ok()?;
        match self.table.get(at)? {
            Open::Eventfd { counter, .. } => Some(*counter),
            Open::Plain { .. } => None,
        }
    }

    /// All descriptors made so far: number, counter (`None`: no eventfd), open.
    pub fn iter(&self) -> impl Iterator<Item = (Fd, Option<u64>, bool)> + '_ {
        self.table.iter().enumerate().map(|(at, open)| {
            let fd = FIRST_FD + at as Fd;
            match *open {
                Open::Eventfd { counter, open } => (fd, Some(counter), open),
                Open::Plain { open } => (fd, None, open),
            }
        })
    }
}
