//! Function, host and user as one plain value.
//!
//! [`Machine::begin`] starts a call, [`Machine::advance`] makes one micro-step of it; between two
//! of them anything may happen to the function. A call that is half done is part of the value, so
//! a copy taken at any moment can be kept, compared, and run on.

mod emulator;

use alloc::format;
use alloc::vec::Vec;

use crate::clause::Refusal;
use crate::device::{Answer, Fd, Stimulus};
use crate::errno::Errno;
use crate::event::{Call, CauseId, Event, Loss, Outcome, Place, Sink, Source, Step};
use crate::eventfd::Fds;
use crate::guest::{Guest, GuestCall};
use crate::host::op::Op;
use crate::host::{Host, HostProfile};
use crate::ledger::Ledger;
use crate::pci::{Function, Output, Outputs};
use crate::request::Data;

pub use emulator::Emulator;

/// The whole emulated world.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Machine {
    /// The function.
    pub function: Function,
    /// The host.
    pub host: Host,
    /// The user's descriptors.
    pub fds: Fds,
    /// Who takes their counts in the kernel, and the guest behind.
    pub guest: Guest,
    /// Where every cause is.
    pub ledger: Ledger,
    /// Outputs of the function not yet dealt with; empty between two operations.
    out: Outputs,
    pub(crate) call: Option<Progress>,
}

/// A call under way.
#[derive(PartialEq, Eq, Hash, Debug)]
pub(crate) struct Progress {
    /// What is left to do, last first.
    pub(crate) work: Vec<Op>,
    /// The request's data.
    pub(crate) data: Data,
    /// Command as it was when the bracket opened.
    pub(crate) command: u16,
    /// The answer, where it is known from the start.
    pub(crate) outcome: Option<Outcome>,
}

/// `clone_from` keeps what was allocated.
impl Clone for Progress {
    fn clone(&self) -> Self {
        let (work, data) = (self.work.clone(), self.data.clone());
        Self { work, data, command: self.command, outcome: self.outcome.clone() }
    }

    fn clone_from(&mut self, other: &Self) {
        self.work.clone_from(&other.work);
        if self.data != other.data {
            self.data.clone_from(&other.data);
        }
        self.command = other.command;
        self.outcome.clone_from(&other.outcome);
    }
}

impl Machine {
    /// A machine with the device closed and no descriptor open.
    pub fn new(function: Function, profile: HostProfile) -> Self {
        Self {
            function,
            host: Host::new(profile),
            fds: Fds::default(),
            guest: Guest::default(),
            ledger: Ledger::default(),
            out: Outputs::new(),
            call: None,
        }
    }

    /// Whether a call is under way.
    pub fn is_calling(&self) -> bool {
        self.call.is_some()
    }

    /// Whether nothing is left of the call under way but its answer.
    pub fn is_returning(&self) -> bool {
        self.call.as_ref().is_some_and(|progress| {
            progress.outcome.is_some() || matches!(progress.work[..], [Op::Finish(_)])
        })
    }

    /// Starts a call. A call already under way is finished first: vfio-pci lets only one
    /// at a time at a device (`igate`).
    pub fn begin(&mut self, call: Call, sink: &mut dyn Sink) {
        // SET-SERIAL
        while self.call.is_some() {
            self.advance(sink);
        }
        let started = self.host.start(&self.function, &self.fds, &call);
        let mut progress =
            Progress { work: Vec::new(), data: Data::None, command: 0, outcome: None };
        match started {
            Ok(Started::Work { mut work, data }) => {
                work.reverse();
                // Room for what the operations expand to, for most calls.
                work.reserve(16);
                progress.work = work;
                progress.data = data;
            }
            Ok(Started::Outcome(outcome)) => progress.outcome = Some(outcome),
            Err(refusal) => progress.work.push(Op::Finish(Err(refusal))),
        }
        sink.event(Event::Call(call));
        self.call = Some(progress);
    }

    /// Makes one micro-step of the call under way, or ends it. `None`: not over yet (or no call).
    pub fn advance(&mut self, sink: &mut dyn Sink) -> Option<Outcome> {
        let mut progress = self.call.take()?;
        if let Some(outcome) = progress.outcome.take() {
            return Some(Self::finish(outcome, sink));
        }
        while let Some(op) = progress.work.pop() {
            if let Op::Finish(result) = op {
                return Some(Self::finish(outcome(result), sink));
            }
            let mut cx = self.cx(sink);
            cx.execute(op, &mut progress);
            if cx.stepped {
                break;
            }
        }
        debug_assert!(!progress.work.is_empty(), "every call's work ends in Finish");
        self.call = Some(progress);
        debug_assert!(self.ledger.balances(), "a cause is in two places, or in none");
        None
    }

    fn finish(outcome: Outcome, sink: &mut dyn Sink) -> Outcome {
        sink.event(Event::Return(outcome.clone()));
        outcome
    }

    /// A call from beginning to end.
    pub fn call(&mut self, call: Call, sink: &mut dyn Sink) -> Outcome {
        self.begin(call, sink);
        loop {
            if let Some(outcome) = self.advance(sink) {
                return outcome;
            }
        }
    }

    fn cx<'a>(&'a mut self, sink: &'a mut dyn Sink) -> Cx<'a> {
        Cx {
            function: &mut self.function,
            host: &mut self.host,
            fds: &mut self.fds,
            guest: &mut self.guest,
            ledger: &mut self.ledger,
            out: &mut self.out,
            sink,
            stepped: false,
            waking: false,
        }
    }

    /// Does something to the function from outside the uAPI, now.
    pub fn stimulate(&mut self, stimulus: Stimulus, sink: &mut dyn Sink) {
        let mut cx = self.cx(sink);
        match stimulus {
            Stimulus::Fire(vector) => {
                let cause = cx.cause(Source::Fire(vector));
                cx.function.fire(vector, cause, cx.out);
            }
            Stimulus::AssertIntx => {
                let cause = cx.cause(Source::AssertIntx);
                cx.function.assert_intx(cause, cx.out);
            }
            Stimulus::DeassertIntx => cx.function.deassert_intx(cx.out),
            Stimulus::Error => {
                let trigger = cx.host.err;
                cx.signal_new(Source::Error, trigger, Loss::NoEventfd);
            }
            // REQ-LIVE: nothing but the eventfd.
            Stimulus::Request => {
                let trigger = cx.host.req;
                cx.signal_new(Source::Request, trigger, Loss::NoEventfd);
            }
            Stimulus::Supply(supply) => {
                cx.host.set_supply(supply);
                cx.sink.event(Event::Note(match supply {
                    _ if cx.host.profile().rules.emulated => {
                        "this host takes no host vectors".into()
                    }
                    Some(1) => "the host has 1 vector left".into(),
                    Some(count) => format!("the host has {count} vectors left"),
                    None => "the host has vectors enough".into(),
                }));
            }
        }
        cx.settle();
        debug_assert!(self.ledger.balances(), "a cause is in two places, or in none");
    }

    /// The user makes an eventfd, or a descriptor that is none.
    pub fn create_fd(&mut self, eventfd: bool, sink: &mut dyn Sink) -> Result<Fd, Errno> {
        let fd = if eventfd { self.fds.create() } else { self.fds.create_plain() }?;
        sink.event(Event::Opened { fd, eventfd });
        Ok(fd)
    }

    /// The user reads an eventfd.
    pub fn read_fd(&mut self, fd: Fd, sink: &mut dyn Sink) -> Result<u64, Errno> {
        let read = self.fds.read(fd);
        match read {
            Ok(value) => sink.event(Event::Read { fd, value: Some(value) }),
            Err(Errno::EAGAIN) => sink.event(Event::Read { fd, value: None }),
            Err(_) => {}
        }
        read
    }

    /// The user adds to an eventfd. Who waits for it in the kernel takes the count: KVM, or the
    /// host, which unmasks INTx.
    pub fn write_fd(&mut self, fd: Fd, value: u64, sink: &mut dyn Sink) -> Result<(), Errno> {
        self.fds.write(fd, value)?;
        sink.event(Event::Wrote { fd, value });
        self.cx(sink).woken(fd);
        Ok(())
    }

    /// The user asks something of KVM, or the guest does something.
    pub fn guest_call(&mut self, call: GuestCall, sink: &mut dyn Sink) -> Result<bool, Errno> {
        self.cx(sink).guest_call(call)
    }

    /// The user closes a descriptor. Closing the unmask eventfd, or one that KVM waits for,
    /// detaches it; a trigger stays.
    pub fn close_fd(&mut self, fd: Fd, sink: &mut dyn Sink) -> Result<(), Errno> {
        self.fds.close(fd)?;
        sink.event(Event::Closed { fd });
        // IRQFD-CLOSE, INTX-UNMASK-CLOSED; a trigger stays: FD-HELD.
        self.host.detach_unmask(fd);
        self.cx(sink).kvm_lets_go(fd);
        Ok(())
    }
}

fn outcome(result: Result<Answer, Refusal>) -> Outcome {
    match result {
        Ok(answer) => Outcome::Answer(answer),
        Err(refusal) => {
            Outcome::Refused { errno: refusal.errno, clause: Some(refusal.clause.into()) }
        }
    }
}

/// How a call begins.
pub(crate) enum Started {
    /// With work to do, first first, ending in [`Op::Finish`].
    Work { work: Vec<Op>, data: Data },
    /// With its answer.
    Outcome(Outcome),
}

/// Everything an operation may touch.
pub(crate) struct Cx<'a> {
    pub(crate) function: &'a mut Function,
    pub(crate) host: &'a mut Host,
    pub(crate) fds: &'a mut Fds,
    pub(crate) guest: &'a mut Guest,
    pub(crate) ledger: &'a mut Ledger,
    pub(crate) out: &'a mut Outputs,
    sink: &'a mut dyn Sink,
    pub(crate) stepped: bool,
    /// An unmask eventfd is being answered: what it signals does not unmask again.
    pub(crate) waking: bool,
}

impl Cx<'_> {
    pub(crate) fn event(&mut self, event: Event) {
        self.sink.event(event);
    }

    /// Makes a micro-step: it is told, done to the function, and what follows from it settled.
    pub(crate) fn step(&mut self, step: Step, act: impl FnOnce(&mut Function, &mut Outputs)) {
        self.sink.event(Event::Step(step));
        self.stepped = true;
        act(self.function, self.out);
        self.settle();
    }

    /// A micro-step inside the kernel.
    pub(crate) fn note(&mut self, step: Step) {
        self.step(step, |_, _| {});
    }

    /// Does something to the function that is no register access of this host.
    pub(crate) fn silently(&mut self, act: impl FnOnce(&mut Function, &mut Outputs)) {
        act(self.function, self.out);
        self.settle();
    }

    pub(crate) fn cause(&mut self, source: Source) -> CauseId {
        let cause = self.ledger.cause();
        self.sink.event(Event::Cause { cause, source });
        cause
    }

    /// An eventfd rises for a cause.
    pub(crate) fn signal(&mut self, cause: CauseId, eventfd: Fd) {
        // MSG-SHARED-FD, EVENTFD-SHARED: nobody has the eventfd for itself. FD-HELD: a closed one
        // rises unseen. EVENTFD-ORIGIN: the count is all that changes.
        let counter = self.fds.signal(eventfd);
        self.ledger.signals(cause);
        self.sink.event(Event::Signalled { cause, eventfd, counter });
        self.woken(eventfd);
    }

    /// A new cause that ends at once: signalled, or lost for this reason.
    pub(crate) fn signal_new(&mut self, source: Source, trigger: Option<Fd>, why: Loss) {
        let cause = self.cause(source);
        match trigger {
            Some(fd) => self.signal(cause, fd),
            None => self.lose(cause, why),
        }
    }

    pub(crate) fn lose(&mut self, cause: CauseId, why: Loss) {
        if self.ledger.loses(cause) {
            self.sink.event(Event::Lost { cause, why });
        }
    }

    pub(crate) fn wait(&mut self, cause: CauseId, place: Place) {
        self.ledger.waits(cause, place);
        self.sink.event(Event::Waits { cause, place });
    }

    pub(crate) fn merge(&mut self, cause: CauseId, into: CauseId, place: Place) {
        // EVENTFD-MERGED
        self.ledger.merges(cause);
        self.sink.event(Event::Merged { cause, into, place });
    }

    /// Deals with what the function put out, and with what follows from that, in order.
    pub(crate) fn settle(&mut self) {
        while !self.out.is_empty() {
            let mut batch = core::mem::take(self.out);
            for output in batch.drain(..) {
                self.output(output);
                self.settle();
            }
            // Keep the allocation: a run settles millions of times.
            *self.out = batch;
        }
    }

    fn output(&mut self, output: Output) {
        match output {
            Output::Sent { cause, index, vector, address, data } => {
                self.sink.event(Event::Sent { cause, index, vector, address, data });
                self.receive(cause, address, data);
            }
            Output::Line { up } => {
                self.sink.event(Event::Line { up });
                self.intx_interrupt();
            }
            Output::Diverted { cause, vector } => {
                self.sink.event(Event::Diverted { cause, vector });
            }
            Output::Waits { cause, place } => self.wait(cause, place),
            Output::Merged { cause, into, place } => self.merge(cause, into, place),
            Output::Lost { cause, why } => self.lose(cause, why),
        }
    }
}
