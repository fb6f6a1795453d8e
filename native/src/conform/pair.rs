//! The emulator and the device side by side: each step done on both, and what a user sees of it
//! compared.
//!
//! Seen are the answers of calls and the counters of eventfds. After each step those eventfds are
//! read that rose, and those that might have risen on the device alone: triggers, and one other a
//! step in turn. Reading takes the count on both sides alike. The device is given time first: it
//! waits for the emulator's count. One the user wrote to is left alone until it is a trigger or is
//! read by a step, so that a count can be there when the host gets the eventfd.

use vfio_irq_core::device::{Device, Fd, Target};
use vfio_irq_core::errno::Errno;
use vfio_irq_core::event::{Event, Outcome};
use vfio_irq_core::machine::{Emulator, Machine};
use vfio_irq_core::scenario::Stepper;
use vfio_irq_core::scenario::ast::{Action, Data, FdRef, FdRefs, Names, StepLine};
use vfio_irq_core::seen::user_words;
use vfio_irq_core::trace::Entry;

use super::avoid::Now;
use super::support::Support;
use super::tally::Tally;
use super::track::{Track, triggers};

/// What a step showed.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub(super) step: StepLine,
    /// The emulator's answer, as an expectation says it.
    pub(super) answer: Option<String>,
    /// Counters the emulator's eventfds had, where they were not 0.
    pub(super) counters: Vec<(String, u64)>,
    pub(super) difference: Option<Difference>,
}

/// What each side says, where they differ.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Difference {
    pub(super) emulator: String,
    pub(super) device: String,
    /// Eventfds among what differs, and their counters on the emulator.
    pub(super) counters: Vec<(String, u64)>,
}

/// Which eventfds are read that should be 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Watch {
    /// Triggers, and one other a step.
    Likely,
    /// All.
    All,
}

/// A run on both sides.
pub(super) struct Pair<'a> {
    emulator: Emulator,
    device: &'a mut dyn Target,
    steppers: [Stepper; 2],
    track: Track,
    support: &'a mut Support,
    watch: Watch,
    line: u32,
    /// Which eventfd is looked at next, in turn.
    turn: usize,
}

impl<'a> Pair<'a> {
    /// Before `open`.
    pub(super) fn new(
        machine: &Machine,
        device: &'a mut dyn Target,
        support: &'a mut Support,
        watch: Watch,
    ) -> Self {
        device.take_events();
        Self {
            emulator: Emulator::new(machine.clone()),
            device,
            steppers: [Stepper::new(), Stepper::new()],
            track: Track::default(),
            support,
            watch,
            line: 0,
            turn: 0,
        }
    }

    /// The run as it is, for who makes up the next step.
    pub(super) fn now(&mut self, descriptors: u32) -> Now<'_> {
        self.support.turn(&self.emulator.machine, self.device);
        Now::new(&self.emulator.machine, &self.track, self.support, descriptors)
    }

    /// Does a step on both.
    pub(super) fn step(&mut self, step: &StepLine, tally: &mut Tally) -> Done {
        self.line += 1;
        tally.step(&step.action.what, step.times);
        let (answer, mut difference) = match &step.action.what {
            Action::ReadFd(_) | Action::WriteFd(..) | Action::CloseFd(_) => self.descriptor(step),
            _ => self.call(step, tally),
        };
        self.track.done(step, &self.emulator.machine);
        let counters = self.read(&step.action.what, &mut difference, tally);
        Done { step: step.clone(), answer, counters, difference }
    }

    fn call(&mut self, step: &StepLine, tally: &mut Tally) -> (Option<String>, Option<Difference>) {
        let [ours, theirs] = &mut self.steppers;
        let ours = ours.step(self.line, step, &mut self.emulator);
        let theirs = theirs.step(self.line, step, self.device);
        tally.emulated(&ours);
        self.learn_names(&step.action.what);
        let failed = theirs.checks.iter().find(|check| !check.held);
        let same = outcomes(&ours).eq(outcomes(&theirs)) && failed.is_none();
        let answer = outcomes(&ours).next().map(|_| words(&ours));
        let difference = (!same).then(|| {
            let device = failed.map_or_else(|| words(&theirs), |check| check.actual.clone());
            let emulator = match &answer {
                Some(answer) => answer.clone(),
                None => "done".into(),
            };
            Difference { emulator, device, counters: Vec::new() }
        });
        (answer, difference)
    }

    /// What `read`, `write` and `close` answer is in no event: the sides are asked directly.
    fn descriptor(&mut self, step: &StepLine) -> (Option<String>, Option<Difference>) {
        let (ours, theirs) = match &step.action.what {
            Action::ReadFd(fd) => {
                let [ours, theirs] = self.numbers(fd);
                let ours = self.emulator.eventfd_read(ours);
                self.device.eventfd_wait(theirs, ours.unwrap_or(0));
                (said(ours), said(self.device.eventfd_read(theirs)))
            }
            Action::WriteFd(fd, value) => {
                let [ours, theirs] = self.numbers(fd);
                let ours = self.emulator.eventfd_write(ours, *value).map(|()| 0);
                let theirs = self.device.eventfd_write(theirs, *value).map(|()| 0);
                (said(ours), said(theirs))
            }
            Action::CloseFd(fd) => {
                let [ours, theirs] = self.numbers(fd);
                let ours = self.emulator.eventfd_close(ours).map(|()| 0);
                (said(ours), said(self.device.eventfd_close(theirs).map(|()| 0)))
            }
            _ => return (None, None),
        };
        self.emulator.take_events();
        self.device.take_events();
        let difference = (ours != theirs).then(|| Difference {
            emulator: ours.clone(),
            device: theirs,
            counters: Vec::new(),
        });
        (Some(ours), difference)
    }

    /// A descriptor's number on each side.
    fn numbers(&self, fd: &FdRef) -> [Fd; 2] {
        match fd {
            FdRef::Name(name) => match self.track.fds.get(name) {
                Some(named) => [named.emulator, named.device],
                None => [Fd::MAX; 2],
            },
            FdRef::Number(number) => [*number; 2],
            FdRef::Closed => [Fd::MAX; 2],
        }
    }

    /// Takes up the descriptors a step made, in the order it made them.
    fn learn_names(&mut self, action: &Action) {
        let [ours, theirs] = &self.steppers;
        let plain = matches!(action, Action::Plainfd(_));
        each_name(action, &mut |name| {
            if !self.track.fds.contains_key(name)
                && let (Some(ours), Some(theirs)) = (ours.fd(name), theirs.fd(name))
            {
                self.track.made(name.to_owned(), (ours, theirs), !plain);
            }
        });
    }

    /// Reads eventfds on both sides; gives the counters, and adds what differs.
    fn read(
        &mut self,
        action: &Action,
        difference: &mut Option<Difference>,
        tally: &mut Tally,
    ) -> Vec<(String, u64)> {
        let mut counters = Vec::new();
        for (name, ours, theirs) in self.due(action) {
            let count = self.emulator.eventfd_read(ours);
            let wanted = count.unwrap_or(0);
            self.device.eventfd_wait(theirs, wanted);
            let came = self.device.eventfd_read(theirs);
            tally.counters += 1;
            if wanted > 0 {
                counters.push((name.clone(), wanted));
            }
            if came != count {
                let came = match came {
                    Err(Errno::EAGAIN) => "0".into(),
                    came => said(came),
                };
                let told = difference.get_or_insert_with(|| Difference {
                    emulator: String::new(),
                    device: String::new(),
                    counters: Vec::new(),
                });
                push_word(&mut told.emulator, &format!("{name}={wanted}"));
                push_word(&mut told.device, &format!("{name}={came}"));
                told.counters.push((name, wanted));
            }
        }
        self.emulator.take_events();
        self.device.take_events();
        counters
    }

    fn due(&mut self, action: &Action) -> Vec<(String, Fd, Fd)> {
        let machine = &self.emulator.machine;
        let all = *action == Action::Ledger;
        // A step that can make a device signal.
        let loud = matches!(
            action,
            Action::SetIrqs(_)
                | Action::Stimulate(_)
                | Action::RegionWrite { .. }
                | Action::Reset
                | Action::WriteFd(..)
        );
        let mut attached: Vec<Fd> = Vec::new();
        if loud {
            attached.extend(triggers(machine));
            self.turn += 1;
        }
        let open = self.track.fds.iter().filter(|(_, named)| named.open && named.eventfd);
        let turn = self.turn % (self.track.fds.len() + 1);
        let wanted = open.enumerate().filter(|(at, (_, named))| {
            let rose = machine.fds.counter(named.emulator).is_some_and(|count| count > 0);
            let watched = self.watch == Watch::All || *at == turn;
            let may = loud && (watched || attached.contains(&named.emulator));
            all || !named.left && (rose || may)
        });
        wanted.map(|(_, (name, named))| (name.clone(), named.emulator, named.device)).collect()
    }

    /// The open descriptors, by name.
    pub(super) fn open_names(&self) -> Vec<String> {
        let open = self.track.fds.iter().filter(|(_, named)| named.open);
        open.map(|(name, _)| name.clone()).collect()
    }

    /// Leaves the device as a new one: descriptors closed, every index off, nothing waiting in the
    /// function. A device without reset keeps what waits over a close, and Linux the number of MSI
    /// vectors. What the device answers to all this was compared often enough elsewhere.
    pub(super) fn leave(self) {
        for named in self.track.fds.values().filter(|named| named.open) {
            let _ = self.device.eventfd_close(named.device);
        }
        super::settle::settle(self.device, &self.emulator.machine);
    }
}

/// The names a step makes where they are new.
pub(super) fn each_name(action: &Action, take: &mut dyn FnMut(&str)) {
    let mut names = |names: &Names| match names {
        Names::One(name) => take(name),
        range @ Names::Range { .. } => range.each().for_each(|name| take(&name)),
    };
    match action {
        Action::Eventfd(all) | Action::Plainfd(all) => all.iter().for_each(names),
        Action::SetIrqs(request) => {
            let Data::Eventfd(Some(items)) = &request.data else { return };
            for item in items {
                if let FdRefs::Names(all) = &item.what {
                    names(all);
                }
            }
        }
        _ => {}
    }
}

/// What calls answered, without what only one of two sides can know.
fn outcomes(entry: &Entry) -> impl Iterator<Item = Outcome> + '_ {
    entry.events.iter().filter_map(|event| match event {
        Event::Return(Outcome::Refused { errno, .. }) => {
            Some(Outcome::Refused { errno: *errno, clause: None })
        }
        Event::Return(outcome) => Some(outcome.clone()),
        _ => None,
    })
}

/// What the user saw; descriptors are read elsewhere.
fn words(entry: &Entry) -> String {
    user_words(entry, &std::collections::BTreeMap::new())
}

fn said(answer: Result<u64, Errno>) -> String {
    match answer {
        Ok(value) => value.to_string(),
        Err(errno) => errno.to_string(),
    }
}

fn push_word(text: &mut String, word: &str) {
    if !text.is_empty() {
        text.push_str(", ");
    }
    text.push_str(word);
}
