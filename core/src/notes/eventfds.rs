//! Notes about eventfds: who reads them, and who closes them.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::Names;
use super::asked::Asked;
use super::note::{Kind, Said, list, name};
use super::setup::Setup;
use crate::device::Fd;
use crate::event::{CauseId, Source};
use crate::guest::GuestEvent;
use crate::uapi::IrqIndex;

/// What is known of eventfds.
#[derive(Clone, Debug, Default)]
pub(super) struct Eventfds {
    /// Counts, as far as they are seen.
    counts: BTreeMap<Fd, u64>,
    /// Those that rose for the device, with the line of the first time.
    rose: BTreeMap<Fd, u32>,
    /// The loopback made last: what it signals, the user made.
    loopback: Option<CauseId>,
    /// Those that somebody looks at: the user, KVM, or the host as one that unmasks.
    watched: BTreeSet<Fd>,
    /// The last line on which a count was read.
    last_read: u32,
    /// The last line that closed nothing.
    last_line: u32,
    /// Closed while they are triggers.
    closed: BTreeMap<Fd, Closed>,
    /// Closed at all.
    gone: BTreeSet<Fd>,
    /// In KVM's hands.
    kvm: BTreeSet<Fd>,
}

#[derive(Clone, Copy, Debug)]
struct Closed {
    line: u32,
    index: IrqIndex,
    vector: u32,
}

impl Closed {
    fn say(self, fd: Fd, said: &mut Said, names: &Names) {
        let Self { line, index, vector } = self;
        let what = match index {
            IrqIndex::Msi | IrqIndex::Msix => format!("{index} vector {vector}"),
            index => format!("{index}"),
        };
        let text = format!(
            "{} is still the trigger of {what}: closing it takes the reader away, not the trigger. \
             De-assign first (-1), then close.",
            name(fd, names)
        );
        said.say(line, Kind::ClosedTrigger, "FD-HELD", text);
    }
}

impl Eventfds {
    pub(super) fn has_count(&self, fd: Fd) -> bool {
        self.counts.get(&fd).is_some_and(|count| *count > 0)
    }

    /// Whether a loopback of these waits to be heard: the user has one open that the host does not
    /// take the counts of, and KVM, which hears at once, has none.
    pub(super) fn waits(&self, mut fds: impl Iterator<Item = Fd> + Clone, setup: &Setup) -> bool {
        let unmask = setup.active.as_ref().and_then(|active| active.unmask);
        let heard = fds.clone().any(|fd| self.kvm.contains(&fd));
        !heard && fds.any(|fd| !self.gone.contains(&fd) && unmask != Some(fd))
    }

    pub(super) fn cause(&mut self, cause: CauseId, source: Source) {
        if matches!(source, Source::Loopback(..)) {
            self.loopback = Some(cause);
        }
    }

    pub(super) fn signalled(
        &mut self,
        cause: CauseId,
        (fd, counter): (Fd, u64),
        line: u32,
        said: &mut Said,
        names: &Names,
    ) {
        self.counts.insert(fd, counter);
        if self.loopback != Some(cause) {
            self.rose.entry(fd).or_insert(line);
        }
        if let Some(closed) = self.closed.remove(&fd) {
            closed.say(fd, said, names);
        }
    }

    pub(super) fn read(&mut self, fd: Fd, counted: bool, line: u32) {
        self.watched.insert(fd);
        self.counts.remove(&fd);
        if counted {
            self.last_read = line;
        }
    }

    pub(super) fn wrote(&mut self, fd: Fd, value: u64) {
        let count = self.counts.entry(fd).or_default();
        *count = count.saturating_add(value);
    }

    /// The user closed a descriptor. INTX-UNMASK-CLOSED: one that unmasks goes with it.
    pub(super) fn closed(&mut self, fd: Fd, line: u32, setup: &mut Setup) {
        self.watched.insert(fd);
        self.gone.insert(fd);
        if let Some((index, vector)) = setup.trigger(fd) {
            self.closed.insert(fd, Closed { line, index, vector });
        }
        if let Some(active) = &mut setup.active
            && active.unmask == Some(fd)
        {
            active.unmask = None;
        }
    }

    /// What KVM does; the eventfd of which it took counts.
    pub(super) fn guest(&mut self, event: &GuestEvent) -> Option<Fd> {
        match *event {
            GuestEvent::Assigned(irqfd) => {
                self.watched.insert(irqfd.eventfd);
                self.kvm.insert(irqfd.eventfd);
                // It takes what was counted before.
                Some(irqfd.eventfd)
            }
            GuestEvent::Deassigned { eventfd, .. } => {
                self.kvm.remove(&eventfd);
                None
            }
            GuestEvent::Injected { eventfd, .. } => {
                self.counts.remove(&eventfd);
                Some(eventfd)
            }
            GuestEvent::Resampled { eventfd, .. } => {
                self.wrote(eventfd, 1);
                None
            }
            _ => None,
        }
    }

    /// A request was answered, and `setup` is as it is now: what is no trigger any more can be
    /// closed.
    pub(super) fn answered(&mut self, setup: &Setup, asked: &Asked) {
        let same = |closed: &Closed| {
            closed.index == asked.index && (asked.is_disable() || asked.names(closed.vector))
        };
        self.closed.retain(|fd, closed| !same(closed) || setup.trigger(*fd).is_some());
        let unmask = setup.active.as_ref().and_then(|active| active.unmask);
        self.watched.extend(unmask);
    }

    /// The device was closed, and its triggers went.
    pub(super) fn device_closed(&mut self) {
        self.closed.clear();
    }

    /// The run goes on with something else than closing what it has.
    pub(super) fn goes_on(&mut self, line: u32) {
        self.last_line = line;
    }

    /// The run is over.
    pub(super) fn finish(self, said: &mut Said, names: &Names) {
        for (fd, closed) in self.closed.iter().filter(|(_, closed)| closed.line < self.last_line) {
            closed.say(*fd, said, names);
        }
        // Who reads nothing at all shows something else, and what rose last may be read later.
        let unread =
            |(fd, line): &(&Fd, &u32)| !self.watched.contains(fd) && **line < self.last_read;
        let unread: Vec<(&Fd, &u32)> = self.rose.iter().filter(unread).collect();
        let Some(line) = unread.iter().map(|(_, line)| **line).min() else { return };
        let words: Vec<String> = unread.iter().map(|(fd, _)| name(**fd, names)).collect();
        let (has, it) = if words.len() == 1 { ("has", "it") } else { ("have", "them") };
        let text = format!(
            "{} {has} a count, and nobody has read {it}, while others are read. Was that the \
             interrupt waited for? A count stays until it is read.",
            list(&words)
        );
        said.say(line, Kind::NeverRead, "MSG-COUNTER", text);
    }
}
