//! Notes about INTx: a level that masks itself at each signal.

use super::Names;
use super::asked::Asked;
use super::note::{Kind, Said, name};
use super::setup::Setup;
use crate::device::{Answer, Fd};
use crate::event::{CauseId, Outcome, Source};
use crate::guest::GuestEvent;
use crate::request::{Action, Data};
use crate::uapi::{CONFIG_REGION, IrqIndex};
use alloc::format;

/// Who masked, and what has happened since.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Masked {
    /// A signal did, on this line.
    Signal { line: u32, taken: bool, over: bool, by_user: bool },
    /// A MASK request did.
    Request { line: u32 },
}

/// INTx as far as a user can tell.
#[derive(Clone, Debug, Default)]
pub(super) struct Pin {
    masked: Option<Masked>,
    /// The loopback made last: its signal masks nothing.
    loopback: Option<CauseId>,
    /// Loopbacks since the trigger was read: on a real device a count may be theirs.
    loopbacks: u32,
    /// The level signalled last.
    level: Option<CauseId>,
    /// What it was before the request under way.
    before: Option<Masked>,
    /// The request under way is an UNMASK without an eventfd, of a signal the user took.
    unmasks: bool,
}

impl Pin {
    /// A request begins. What it does to the mask, it does before it signals.
    pub(super) fn begin(&mut self, setup: &Setup, asked: &Asked, counted: impl Fn(Fd) -> bool) {
        self.before = self.masked;
        self.unmasks = false;
        if asked.index != IrqIndex::Intx || setup.on(IrqIndex::Intx).is_none() {
            return;
        }
        let yes = match &asked.data {
            Data::None => true,
            Data::Bool(bytes) => bytes.first().is_some_and(|byte| *byte != 0),
            Data::Eventfd(fds) => fds.first().is_some_and(|fd| *fd >= 0 && counted(*fd)),
        };
        match asked.action {
            Action::Unmask if yes => {
                let taken = matches!(self.masked, Some(Masked::Signal { by_user: true, .. }));
                self.unmasks = taken && !matches!(asked.data, Data::Eventfd(_));
                self.masked = None;
            }
            Action::Mask if yes && self.masked.is_none() => {
                self.masked = Some(Masked::Request { line: asked.line });
            }
            _ => {}
        }
    }

    /// A request was answered; `setup` is as it was before.
    pub(super) fn answered(
        &mut self,
        setup: &Setup,
        asked: &Asked,
        outcome: &Outcome,
        said: &mut Said,
        names: &Names,
    ) {
        self.unmasks = false;
        if !matches!(outcome, Outcome::Answer(Answer::Done)) {
            self.masked = self.before;
            return;
        }
        if asked.index != IrqIndex::Intx {
            return;
        }
        if asked.is_loopback() {
            self.loopbacks = self.loopbacks.saturating_add(1);
        }
        if asked.is_disable() {
            *self = Self::default();
        }
        let (trigger, unmask) = match (&asked.data, asked.action) {
            (Data::Eventfd(fds), Action::Unmask) => (setup.pin(), fds.first().copied()),
            (Data::Eventfd(fds), Action::Trigger) => {
                let active = setup.on(IrqIndex::Intx);
                (fds.first().copied(), active.and_then(|active| active.unmask))
            }
            _ => return,
        };
        if let (Some(trigger), Some(unmask)) = (trigger, unmask)
            && trigger == unmask
            && trigger >= 0
        {
            let text = format!(
                "{} is INTx's trigger and its unmask eventfd: the host takes each count before a \
                 reader can, and unmasks. Use two eventfds.",
                name(trigger, names)
            );
            said.say(asked.line, Kind::SelfUnmask, "EVENTFD-SELF", text);
        }
    }

    pub(super) fn cause(&mut self, cause: CauseId, source: Source) {
        match source {
            Source::Loopback(IrqIndex::Intx, _) => self.loopback = Some(cause),
            Source::AssertIntx => self.over(),
            _ => {}
        }
    }

    /// The driver made the device take its level back.
    pub(super) fn acknowledged(&mut self) {
        self.over();
    }

    fn over(&mut self) {
        if let Some(Masked::Signal { over, .. }) = &mut self.masked {
            *over = true;
        }
    }

    pub(super) fn signalled(
        &mut self,
        setup: &Setup,
        cause: CauseId,
        fd: Fd,
        line: u32,
        said: &mut Said,
    ) {
        if setup.pin() != Some(fd) || self.loopback == Some(cause) {
            return;
        }
        if self.unmasks && self.level == Some(cause) {
            let text = "The device still asserted INTx, so this unmask signalled once more and INTx \
                        is masked again. Handle the device first, then unmask.";
            said.say(line, Kind::EarlyUnmask, "INTX-UNMASK-PENDING", text.into());
        }
        self.level = Some(cause);
        self.masked = Some(Masked::Signal { line, taken: false, over: false, by_user: false });
    }

    /// A count was taken from an eventfd. On a real device this is how a signal is known.
    pub(super) fn read(&mut self, setup: &Setup, fd: Fd, line: u32, by_user: bool) {
        if setup.pin() != Some(fd) {
            return;
        }
        match &mut self.masked {
            Some(Masked::Signal { taken, by_user: user, .. }) => (*taken, *user) = (true, by_user),
            None if self.loopbacks == 0 && self.level.is_none() => {
                self.masked = Some(Masked::Signal { line, taken: true, over: false, by_user });
            }
            _ => {}
        }
        self.loopbacks = 0;
    }

    /// The user, or KVM, wrote to an eventfd.
    pub(super) fn wrote(&mut self, setup: &Setup, fd: Fd) {
        let unmask = setup.on(IrqIndex::Intx).and_then(|active| active.unmask);
        if unmask == Some(fd) {
            self.masked = None;
        }
    }

    pub(super) fn guest(&mut self, setup: &Setup, event: &GuestEvent, line: u32) {
        match event {
            GuestEvent::Injected { eventfd, .. } => self.read(setup, *eventfd, line, false),
            GuestEvent::Resampled { eventfd, .. } => self.wrote(setup, *eventfd),
            _ => {}
        }
    }

    /// A write to config space: Interrupt Disable masks and unmasks too. INTX-BIT-CLEAR
    pub(super) fn write(&mut self, region: u32, offset: u64, data: &[u8]) {
        let high = 5u64.checked_sub(offset).and_then(|at| usize::try_from(at).ok());
        let high = high.and_then(|at| data.get(at)).filter(|_| region == CONFIG_REGION);
        if high.is_some() {
            self.masked = None;
        }
    }

    /// Nothing comes any more.
    pub(super) fn finish(&mut self, setup: &Setup, said: &mut Said, names: &Names) {
        let Some(trigger) = setup.pin() else { return };
        let (line, text) = match self.masked.take() {
            Some(Masked::Signal { line, taken: true, over: true, .. }) => {
                let text = format!(
                    "INTx masked itself when it signalled {}, and nothing unmasks it: there is no \
                     second signal. Once the device is handled: UNMASK, or an unmask eventfd.",
                    name(trigger, names)
                );
                (line, text)
            }
            Some(Masked::Request { line }) => {
                let text =
                    "INTx was masked here, and nothing unmasks it by the end: no signal comes \
                            any more. UNMASK undoes it."
                        .into();
                (line, text)
            }
            _ => return,
        };
        // INTX-AUTOMASK, INTX-MASK
        let clause = if text.contains("itself") { "INTX-AUTOMASK" } else { "INTX-MASK" };
        said.say(line, Kind::LeftMasked, clause, text);
    }
}
