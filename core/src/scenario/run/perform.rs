//! A step, done.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::{Part, Runner};
use crate::device::{Answer, Fd, Stimulus, Target};
use crate::errno::Errno;
use crate::event::Event;
use crate::guest::GuestCall;
use crate::scenario::ast::{Action, Expect, FdRef, Names, Span, StepLine, WriteData};
use crate::scenario::raw::CLOSED;
use crate::trace::Check;
use crate::uapi::IrqInfo;

/// What a step answered.
pub(crate) enum Reply {
    /// Nothing that could be compared.
    Nothing,
    /// 0, or SET_IRQS's positive number.
    Answer(Answer),
    /// GET_IRQ_INFO.
    Info(IrqInfo),
    /// Bytes of a region.
    Data(Vec<u8>),
    /// An eventfd's counter.
    Counter(u64),
    /// Refused.
    Refused(Errno),
}

impl Reply {
    fn done(result: Result<(), Errno>) -> Self {
        Self::from(result, |()| Self::Answer(Answer::Done))
    }

    fn from<T>(result: Result<T, Errno>, done: impl FnOnce(T) -> Self) -> Self {
        result.map_or_else(Self::Refused, done)
    }
}

impl Runner {
    /// Does a step once: makes the descriptors it needs, plans what happens inside it, does it,
    /// and compares its answer.
    pub(super) fn perform(&mut self, step: &StepLine, target: &mut dyn Target, part: &mut Part) {
        let at = step.action.at;
        if self.done == 0 {
            self.make_names(step, target, part);
        }
        for moment in &step.moments {
            self.stimuli = self.stimuli.saturating_add(moment.what.times);
            for _ in 0..moment.what.times {
                let planned = target.stimulate_at(moment.what.moment.clone(), moment.what.stimulus);
                if let Err(errno) = planned {
                    let expected = format!("{}", moment.what);
                    unsupported(part, expected, errno, moment.at);
                    break;
                }
            }
        }
        if let (Action::ReadFd(fd), Some(value)) = (&step.action.what, expected_counter(step)) {
            target.eventfd_wait(self.fd(fd), value);
        }
        let reply = self.act(&step.action.what, target, part, at);
        let missed = target.take_missed();
        self.take_events(target, part);
        self.missed(step, missed, part);
        self.expect_answer(step, &reply, part);
    }

    fn act(
        &mut self,
        action: &Action,
        target: &mut dyn Target,
        part: &mut Part,
        at: Span,
    ) -> Reply {
        match action {
            Action::Open => Reply::done(target.open()),
            Action::Close => Reply::done(target.close()),
            Action::Reset => Reply::done(target.reset()),
            Action::SetIrqs(request) => {
                // Repeated, a request is the same each time: the names stay.
                let (header, data) = match self.request.take() {
                    Some(ready) if self.done > 0 => ready,
                    _ => request.raw(&|names| self.numbers(names)),
                };
                let answer = target.set_irqs(header, &data);
                self.request = Some((header, data));
                Reply::from(answer, Reply::Answer)
            }
            Action::IrqInfo { index, argsz } => {
                let argsz = argsz.unwrap_or(IrqInfo::SIZE);
                Reply::from(target.irq_info(argsz, *index), Reply::Info)
            }
            Action::RegionRead { region, offset, width } => {
                let mut data = vec![0; *width as usize];
                let read = target.region_read(*region, *offset, &mut data);
                Reply::from(read, |()| Reply::Data(data))
            }
            Action::RegionWrite { region, offset, data } => {
                let bytes = match data {
                    WriteData::Value { width, value } => {
                        &value.to_le_bytes()[..(*width as usize).min(8)]
                    }
                    WriteData::Bytes(bytes) => bytes,
                };
                Reply::done(target.region_write(*region, *offset, bytes))
            }
            Action::Stimulate(stimulus) => {
                self.stimulate(*stimulus, action, target, part, at);
                Reply::Nothing
            }
            // The names were made before.
            Action::Eventfd(_) | Action::Plainfd(_) => Reply::done(Ok(())),
            Action::ReadFd(fd) => Reply::from(target.eventfd_read(self.fd(fd)), Reply::Counter),
            Action::WriteFd(fd, value) => Reply::done(target.eventfd_write(self.fd(fd), *value)),
            Action::CloseFd(fd) => Reply::done(target.eventfd_close(self.fd(fd))),
            Action::Guest(call) => match target.guest(call.map(|fd| self.fd(fd))) {
                Ok(up) if matches!(call, GuestCall::Look(_)) => Reply::Counter(up.into()),
                Err(Errno::EOPNOTSUPP) => {
                    unsupported(part, format!("{action}"), Errno::EOPNOTSUPP, at);
                    Reply::Nothing
                }
                answer => Reply::done(answer.map(drop)),
            },
            Action::Ledger => Reply::Nothing,
        }
    }

    fn stimulate(
        &mut self,
        stimulus: Stimulus,
        action: &Action,
        target: &mut dyn Target,
        part: &mut Part,
        at: Span,
    ) {
        self.stimuli = self.stimuli.saturating_add(1);
        let done = match target.supports(stimulus) {
            true => target.stimulate(stimulus),
            false => Err(Errno::EOPNOTSUPP),
        };
        if let Err(errno) = done {
            unsupported(part, format!("{action}"), errno, at);
        }
    }

    /// Makes the descriptors of an action's names, where there are none yet.
    fn make_names(&mut self, step: &StepLine, target: &mut dyn Target, part: &mut Part) {
        let (all, eventfd) = step.action.what.makes();
        for name in all.into_iter().flat_map(Names::each) {
            if self.names.get(&name).is_some() {
                continue;
            }
            let made = match eventfd {
                true => target.eventfd_create(),
                false => target.plain_fd_create(),
            };
            match made {
                Ok(fd) => {
                    self.names.insert(name, fd);
                }
                Err(errno) => {
                    let expected = format!("a new descriptor for {name}");
                    let column = step.action.at.column.max(1);
                    let actual = format!("{errno}");
                    part.checks.push(Check { expected, actual, held: false, column });
                    return;
                }
            }
        }
    }

    fn named(&self, name: &str) -> Fd {
        // A name without a descriptor could not be made; that was told.
        self.names.get(name).copied().unwrap_or(CLOSED)
    }

    fn fd(&self, fd: &FdRef) -> Fd {
        match fd {
            FdRef::Name(name) => self.named(name),
            FdRef::Number(number) => *number,
            FdRef::Closed => CLOSED,
        }
    }

    /// The descriptors of names, in order.
    pub(super) fn fds(&self, names: &Names) -> Vec<(String, Fd)> {
        names.each().map(|name| (name.clone(), self.named(&name))).collect()
    }

    fn numbers(&self, names: &Names) -> Vec<Fd> {
        names.each().map(|name| self.named(&name)).collect()
    }
}

/// The count `read FD` is expected to give.
fn expected_counter(step: &StepLine) -> Option<u64> {
    step.expect.iter().find_map(|expect| match expect.what {
        Expect::Value { value, .. } => Some(value),
        _ => None,
    })
}

/// The device can't be told to do this: a note in the trace and a failed check.
fn unsupported(part: &mut Part, expected: String, errno: Errno, at: Span) {
    let actual = match errno {
        Errno::EOPNOTSUPP => String::from("unsupported: this device can't be told to"),
        errno => format!("{errno}"),
    };
    part.events.push(Event::Note(format!("{expected}: {actual}")));
    part.checks.push(Check { expected, actual, held: false, column: at.column.max(1) });
}
