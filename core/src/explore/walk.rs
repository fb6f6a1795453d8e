//! One move: what can be next, and what it does.

use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

use super::plan::{Act, Arrival, MAX_ARRIVALS, Move, Origin, Plan};
use crate::device::{Answer, Fd};
use crate::errno::Errno;
use crate::event::{CauseId, Event, Outcome, Sink};
use crate::guest::GuestCall;
use crate::machine::Machine;
use crate::scenario::Reply;

/// Where both threads and the arrivals are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place {
    /// Moves of the first thread that are done.
    pub(super) first: u16,
    /// Moves of the second.
    pub(super) second: u16,
    /// Arrivals whose vectors the call under way must leave alone, a bit each.
    pub(super) live: u16,
    /// Whose call is under way.
    pub(super) caller: Caller,
    /// How often each arrival is still to come.
    pub(super) left: [u8; MAX_ARRIVALS],
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Caller {
    Nobody,
    First,
    Second,
}

/// In four words: a place is looked up for every move.
impl Hash for Place {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let threads = u64::from(self.first) << 32 | u64::from(self.second) << 16;
        let call = u64::from(self.live) << 48 | self.caller as u64;
        hasher.write_u64(threads ^ call);
        hasher.write_u128(u128::from_le_bytes(self.left));
    }
}

/// What happens next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Choice {
    /// The call under way goes on, or else the first thread.
    First,
    /// The second thread.
    Second,
    /// An arrival.
    Arrival(u8),
}

impl Choice {
    pub(super) fn number(self) -> u8 {
        match self {
            Self::First => 0,
            Self::Second => 1,
            Self::Arrival(at) => 2 + at,
        }
    }

    pub(super) fn numbered(number: u8) -> Self {
        match number {
            0 => Self::First,
            1 => Self::Second,
            at => Self::Arrival(at - 2),
        }
    }
}

/// What can be next; never more than the arrivals and the two threads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choices {
    all: [Choice; MAX_ARRIVALS + 2],
    len: u8,
    at: u8,
}

impl Choices {
    fn none() -> Self {
        Self { all: [Choice::First; MAX_ARRIVALS + 2], len: 0, at: 0 }
    }

    fn push(&mut self, choice: Choice) {
        self.all[usize::from(self.len)] = choice;
        self.len += 1;
    }

    pub(super) fn len(&self) -> u8 {
        self.len
    }
}

impl From<Choice> for Choices {
    fn from(choice: Choice) -> Self {
        let mut choices = Self::none();
        choices.push(choice);
        choices
    }
}

impl Iterator for Choices {
    type Item = Choice;

    fn next(&mut self) -> Option<Choice> {
        let choice = self.all[..usize::from(self.len)].get(usize::from(self.at)).copied();
        self.at += 1;
        choice
    }
}

impl Place {
    pub(super) fn start(plan: &Plan) -> Self {
        let mut left = [0; MAX_ARRIVALS];
        for (left, arrival) in left.iter_mut().zip(&plan.arrivals) {
            *left = arrival.times;
        }
        Self { first: 0, second: 0, live: 0, caller: Caller::Nobody, left }
    }

    pub(super) fn is_calling(&self) -> bool {
        self.caller != Caller::Nobody
    }

    /// What can be next, in the order of [`Choice::number`].
    pub(super) fn choices(&self, plan: &Plan) -> Choices {
        let mut choices = Choices::none();
        if self.is_calling() {
            choices.push(Choice::First);
        } else {
            if usize::from(self.first) < plan.first.len() {
                choices.push(Choice::First);
            }
            let second = plan.second.get(usize::from(self.second));
            if second.is_some_and(|one| one.after <= self.first) {
                choices.push(Choice::Second);
            }
        }
        for (at, _) in self.arriving(plan) {
            choices.push(Choice::Arrival(at));
        }
        choices
    }

    /// The arrivals that may come now.
    pub(super) fn arriving<'a>(
        &'a self,
        plan: &'a Plan,
    ) -> impl Iterator<Item = (u8, &'a Arrival)> {
        let all = plan.arrivals.iter().zip(&self.left).zip(0u8..);
        all.filter(|((arrival, left), _)| **left > 0 && arrival.after <= self.first)
            .map(|((arrival, _), at)| (at, arrival))
    }

    /// Whose move a choice is, if a thread's.
    pub(super) fn thread(&self, choice: Choice) -> Option<Caller> {
        match (choice, self.caller) {
            (Choice::Arrival(_), _) => None,
            (_, Caller::Nobody) if choice == Choice::First => Some(Caller::First),
            (_, Caller::Nobody) => Some(Caller::Second),
            (_, caller) => Some(caller),
        }
    }

    /// The move a thread is at.
    pub(super) fn at<'a>(&self, caller: Caller, plan: &'a Plan) -> Option<&'a Move> {
        match caller {
            Caller::Nobody => None,
            Caller::First => plan.first.get(usize::from(self.first)),
            Caller::Second => plan.second.get(usize::from(self.second)),
        }
    }

    /// Where all is after a choice; `over`: the thread's step is.
    pub(super) fn after(&self, choice: Choice, over: bool, live: u16) -> Self {
        let mut after = *self;
        match (choice, self.thread(choice)) {
            (Choice::Arrival(at), _) => after.left[usize::from(at)] -= 1,
            (_, Some(caller)) if over => after.over(caller),
            (_, Some(caller)) => (after.caller, after.live) = (caller, live),
            (_, None) => {}
        }
        after
    }

    /// The step of the thread that has come this far is over.
    fn over(&mut self, caller: Caller) {
        match caller {
            Caller::Nobody => {}
            Caller::First => self.first += 1,
            Caller::Second => self.second += 1,
        }
        (self.caller, self.live) = (Caller::Nobody, 0);
    }
}

/// What came of a move.
pub(super) struct Made {
    pub(super) place: Place,
    /// The answer of a step that ended.
    pub(super) reply: Option<Reply>,
    /// The cause it brought about, if it was a stimulus.
    pub(super) cause: Option<u32>,
}

/// Keeps what invariants look at.
#[derive(Clone, Default, Debug)]
pub(super) struct Watch(Vec<Event>);

impl Watch {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn events(&self) -> &[Event] {
        &self.0
    }
}

impl Sink for Watch {
    fn event(&mut self, event: Event) {
        if matches!(event, Event::Lost { .. } | Event::Signalled { .. } | Event::Sent { .. }) {
            self.0.push(event);
        }
    }
}

/// How the causes of one arrival, which comes several times, are told apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Uses {
    /// By when they came.
    Each,
    /// As far as there is anything to tell apart: one takes the first number that no other has which
    /// is still somewhere. Which of those that came is the one that waits does not matter.
    Alike,
}

impl Uses {
    fn number(self, machine: &Machine, at: usize, came: u8) -> u32 {
        let origin = Origin::Arrival(at);
        match self {
            Self::Each => origin.number(came),
            Self::Alike => {
                let somewhere = |number: u32| {
                    let cause = CauseId(number);
                    machine.ledger.place(cause).is_some()
                        || machine.function.intx_cause() == Some(cause)
                };
                let mut numbers = (0..=came).map(|used| origin.number(used));
                numbers.find(|number| !somewhere(*number)).unwrap_or(origin.number(came))
            }
        }
    }
}

/// Makes a move that [`Place::choices`] has. `live`: [`Place::live`] of a call it begins.
pub(super) fn make(
    machine: &mut Machine,
    plan: &Plan,
    place: &Place,
    choice: Choice,
    live: u16,
    uses: Uses,
    sink: &mut dyn Sink,
) -> Made {
    let mut made = Made { place: *place, reply: None, cause: None };
    if let Choice::Arrival(at) = choice {
        let left = &mut made.place.left[usize::from(at)];
        let arrival = &plan.arrivals[usize::from(at)];
        let cause = uses.number(machine, usize::from(at), arrival.times - *left);
        *left -= 1;
        machine.ledger.number_from(cause);
        machine.stimulate(arrival.stimulus, sink);
        made.cause = Some(cause);
        return made;
    }
    let caller = place.thread(choice).unwrap_or(Caller::Nobody);
    let Some(step) = place.at(caller, plan) else { return made };
    let (second, at) = match caller {
        Caller::Second => (true, place.second),
        _ => (false, place.first),
    };
    let number = match step.act {
        Act::Call(_) => Origin::Call.number(0),
        _ => Origin::Step { second, at: usize::from(at) }.number(0),
    };
    machine.ledger.number_from(number);
    let done = |result: Result<(), Errno>| match result {
        Ok(()) => Reply::Answer(Answer::Done),
        Err(errno) => Reply::Refused(errno),
    };
    let read = |result: Result<u64, Errno>| result.map_or_else(Reply::Refused, Reply::Counter);
    let reply = match &step.act {
        Act::Call(call) => {
            if !place.is_calling() {
                machine.begin(call.clone(), sink);
                (made.place.caller, made.place.live) = (caller, live);
            }
            let mut outcome = machine.advance(sink);
            if machine.is_returning() {
                outcome = machine.advance(sink);
            }
            match outcome {
                None => return made,
                Some(outcome) => reply(outcome),
            }
        }
        Act::Stimulate(stimulus) => {
            machine.stimulate(*stimulus, sink);
            made.cause = Some(number);
            Reply::Nothing
        }
        Act::Read(fd) => read(machine.read_fd(*fd, sink)),
        Act::Look { fd, .. } => read(machine.read_fd(*fd, sink)),
        Act::Write(fd, value) => done(machine.write_fd(*fd, *value, sink)),
        Act::Close(fd) => done(machine.close_fd(*fd, sink)),
        Act::Guest(call) => match machine.guest_call(*call, sink) {
            Ok(up) if matches!(call, GuestCall::Look(_)) => Reply::Counter(up.into()),
            answer => done(answer.map(drop)),
        },
        Act::Count | Act::Nothing => Reply::Nothing,
    };
    made.place.over(caller);
    made.reply = Some(reply);
    made
}

fn reply(outcome: Outcome) -> Reply {
    match outcome {
        Outcome::Answer(answer) => Reply::Answer(answer),
        Outcome::Info(info) => Reply::Info(info),
        Outcome::Data(data) => Reply::Data(data),
        Outcome::Refused { errno, .. } => Reply::Refused(errno),
    }
}

/// The eventfds a cause signalled.
pub(super) fn signalled(events: &[Event], cause: u32) -> impl Iterator<Item = Fd> + '_ {
    events.iter().filter_map(move |event| match event {
        Event::Signalled { cause: of, eventfd, .. } if of.0 == cause => Some(*eventfd),
        _ => None,
    })
}
