//! What the user does with descriptors.

use vfio_irq_core::scenario::ast::{Action, FdRef, Names, StepLine};

use super::{Generator, POOL, step};
use crate::conform::avoid::Now;
use crate::conform::track::unmask;

impl Generator<'_> {
    pub(super) fn descriptor(&mut self, now: &Now<'_>) -> StepLine {
        let open = now.track.open();
        let few = open < POOL;
        let plain = now.track.fds.values().filter(|named| named.open && !named.eventfd).count();
        let waits = now.track.fds.values().any(|named| named.left && named.open);
        let action = match self.random.weighed(&[
            (if few { 5 } else { 1 }, 'e'),
            (if plain == 0 { 2 } else { 0 }, 'p'),
            (if waits { 6 } else { 2 }, 'r'),
            (6, 'w'),
            (if few { 1 } else { 5 }, 'c'),
        ]) {
            'e' => {
                let count = self.random.within(1, 3);
                Action::Eventfd((0..count).map(|_| Names::One(self.new_name('e'))).collect())
            }
            'p' => Action::Plainfd(vec![Names::One(self.new_name('p'))]),
            'r' => Action::ReadFd(self.some_fd(now, waits)),
            'w' => {
                let fd = match unmask_name(now).filter(|_| !self.random.once_in(3)) {
                    Some(name) => FdRef::Name(name),
                    None => self.some_fd(now, false),
                };
                Action::WriteFd(fd, self.count())
            }
            _ => Action::CloseFd(self.some_fd(now, false)),
        };
        step(action, 1)
    }

    pub(super) fn new_name(&mut self, stem: char) -> String {
        self.next_name += 1;
        format!("{stem}{}", self.next_name)
    }

    /// An open eventfd, made if there is none or too few.
    pub(super) fn eventfd(&mut self, now: &Now<'_>) -> String {
        let open: Vec<&str> = now.track.eventfds().collect();
        let few = (open.len() as u32) < POOL;
        if open.is_empty() || self.random.once_in(if few { 3 } else { 40 }) {
            return self.new_name('e');
        }
        self.random.one(&open).to_owned()
    }

    /// A descriptor to read, write or close; `left`: one the user left a count in, if there is.
    fn some_fd(&mut self, now: &Now<'_>, left: bool) -> FdRef {
        if self.random.once_in(12) {
            return self.random.one_fd();
        }
        let fds = now.track.fds.iter();
        let open: Vec<&String> = fds
            .filter(|(_, named)| if left { named.left && named.open } else { named.open })
            .map(|(name, _)| name)
            .collect();
        if open.is_empty() || self.random.once_in(20) {
            return match self.closed_name(now) {
                Some(name) => FdRef::Name(name),
                None => FdRef::Closed,
            };
        }
        FdRef::Name(self.random.one(&open).clone())
    }

    /// A name that was closed.
    pub(super) fn closed_name(&mut self, now: &Now<'_>) -> Option<String> {
        let closed = now.track.fds.iter().filter(|(_, named)| !named.open && !named.stale);
        let closed: Vec<&String> = closed.map(|(name, _)| name).collect();
        (!closed.is_empty()).then(|| self.random.one(&closed).clone())
    }

    /// A name of a descriptor that is no eventfd.
    pub(super) fn plain_name(&mut self, now: &Now<'_>) -> Option<String> {
        let plain = now.track.fds.iter().filter(|(_, named)| named.open && !named.eventfd);
        plain.map(|(name, _)| name.clone()).next()
    }

    /// What is added to an eventfd.
    fn count(&mut self) -> u64 {
        match self.random.below(12) {
            0 => 0,
            1 => u64::MAX,
            2 => u64::MAX - 1,
            3 => 1 << self.random.below(64),
            4..=6 => u64::from(self.random.within(2, 9)),
            _ => 1,
        }
    }
}

fn unmask_name(now: &Now<'_>) -> Option<String> {
    let fd = unmask(now.machine)?;
    let mut fds = now.track.fds.iter();
    fds.find(|(_, named)| named.open && named.emulator == fd).map(|(name, _)| name.clone())
}

impl crate::conform::random::Random {
    /// A descriptor that is none.
    fn one_fd(&mut self) -> FdRef {
        if self.once_in(2) { FdRef::Closed } else { FdRef::Number(self.one(&[-1, -2, i32::MIN])) }
    }
}
