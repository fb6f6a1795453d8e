//! What can happen in a scenario with `meanwhile`, one transition at a time, on whole copies of the
//! machine.
//!
//! A state is the machine, where both threads are, whose call is under way, and how often each
//! arrival is still to come. Interleavings meet because nothing in it tells how it was reached: a
//! cause is numbered by the line that raises it and by how often that line did, and of settled causes
//! the ledger keeps those counts only that the text compares, and these only if that is asked about.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use vfio_irq_core::device::{Fd, Stimulus};
use vfio_irq_core::event::{Call, CauseId, Event, Loss, Outcome, Sink, Source};
use vfio_irq_core::guest::GuestCall;
use vfio_irq_core::machine::Machine;
use vfio_irq_core::scenario::ast::{Action, Expect, Statement, StepLine, Tally};
use vfio_irq_core::scenario::{Overrides, Scenario};

use super::expect::{self, Reply};
use super::text::{act, make_fds, numbers, open};

/// Causes a line can raise before their numbers run into the next line's.
const CAUSES_A_LINE: u32 = 1 << 12;

/// A scenario, ready to be explored.
#[derive(Debug)]
pub(crate) struct System {
    start: Machine,
    threads: [Vec<Step>; 2],
    arrivals: Vec<Arrival>,
    /// Counts of the ledger that are part of the state, because the text compares them.
    kept: Vec<Tally>,
}

/// A step of a thread.
#[derive(Debug)]
struct Step {
    line: u32,
    act: Act,
    times: u32,
    expect: Vec<Expect>,
    /// Eventfds read after it, and what they should give.
    reads: Vec<(Fd, u64)>,
    /// Steps of the first thread that stand above it.
    after: u16,
}

#[derive(Debug)]
pub(super) enum Act {
    Call(Call),
    Stimulus(Stimulus),
    Read(Fd),
    Write(Fd, u64),
    Close(Fd),
    Guest(GuestCall),
    Ledger,
}

/// `meanwhile STIMULUS xN`.
#[derive(Debug)]
struct Arrival {
    line: u32,
    stimulus: Stimulus,
    times: u16,
    /// Steps of the first thread that stand above it.
    after: u16,
}

/// Where a thread is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
struct Position {
    step: u16,
    /// Times the step was done.
    done: u16,
    /// Eventfds read after it.
    read: u16,
}

/// A state.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) machine: Machine,
    at: [Position; 2],
    /// The thread whose call is under way.
    calling: Option<u8>,
    /// How often each arrival is still to come.
    left: Box<[u16]>,
    /// Transitions made; not part of its identity.
    pub(crate) depth: u32,
    /// Whether something was lost on the way, for a checker that wants it in the state.
    pub(crate) lost: bool,
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
            && self.calling == other.calling
            && self.left == other.left
            && self.lost == other.lost
            && self.machine == other.machine
    }
}

impl Eq for State {}

impl Hash for State {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        (self.at, self.calling, &self.left, self.lost).hash(hasher);
        self.machine.hash(hasher);
    }
}

/// One thing that can happen next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Move {
    /// A thread goes on.
    Thread(u8),
    /// The arrival of this number comes.
    Arrive(u16),
}

/// What a transition did wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Wrong {
    /// It lost a cause.
    pub(crate) lost: bool,
    /// Something else came than the text expects.
    pub(crate) unexpected: bool,
}

impl System {
    /// The scenario of a text. `compares`: what it expects is asked about, so the counts it names are
    /// part of the state.
    pub(crate) fn new(text: &str, compares: bool) -> Self {
        let scenario = Scenario::parse(text).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
        let mut start = scenario.machine(&Overrides::default()).expect("the text has a machine");
        let mut fds = BTreeMap::new();
        let steps = scenario.lines().iter().zip(1..).filter_map(|(line, number)| {
            let Some(Statement::Step(step)) = &line.statement else { return None };
            Some((number, step))
        });
        let steps: Vec<(u32, &StepLine)> = steps.collect();
        for (_, step) in &steps {
            make_fds(&step.action.what, &mut start, &mut fds);
        }
        open(&steps, &mut start);
        let (threads, arrivals) = ([Vec::new(), Vec::new()], Vec::new());
        let mut system = Self { start, threads, arrivals, kept: Vec::new() };
        for (line, step) in steps {
            system.add(line, step, &fds);
        }
        let steps = system.threads.iter().flatten().filter(|_| compares);
        let tallies = steps.flat_map(|step| &step.expect).filter_map(|expect| match expect {
            Expect::Tally(tally, _) => Some(*tally),
            _ => None,
        });
        system.kept = tallies.collect();
        system
    }

    fn add(&mut self, line: u32, step: &StepLine, fds: &BTreeMap<String, Fd>) {
        let after = self.threads[0].len() as u16;
        let thread = usize::from(step.meanwhile);
        let act = match &step.action.what {
            Action::Eventfd(_) | Action::Plainfd(_) => return,
            Action::Stimulate(stimulus) if step.meanwhile => {
                let (stimulus, times) = (*stimulus, step.times as u16);
                return self.arrivals.push(Arrival { line, stimulus, times, after });
            }
            action => act(action, fds),
        };
        let expect = step.expect.iter().map(|expect| expect.what.clone());
        let (reads, expect) = expect.partition::<Vec<_>, _>(|e| matches!(e, Expect::Counter(..)));
        let reads = reads.iter().flat_map(|read| match read {
            Expect::Counter(names, value) => {
                numbers(names, fds).into_iter().map(|fd| (fd, *value)).collect()
            }
            _ => Vec::new(),
        });
        let reads = reads.collect();
        self.threads[thread].push(Step { line, act, times: step.times, expect, reads, after });
    }

    /// The state everything begins with.
    pub(crate) fn start(&self) -> State {
        let mut machine = self.start.clone();
        self.settle(&mut machine);
        let left = self.arrivals.iter().map(|arrival| arrival.times).collect();
        State { machine, at: Default::default(), calling: None, left, depth: 0, lost: false }
    }

    /// What of the machine tells how a state was reached, and nothing else, goes.
    fn settle(&self, machine: &mut Machine) {
        machine.ledger.forget(&self.kept);
    }

    /// Everything that can happen next.
    pub(crate) fn moves(&self, state: &State, moves: &mut Vec<Move>) {
        let first = state.at[0].step;
        for (thread, (steps, at)) in (0_u8..).zip(self.threads.iter().zip(&state.at)) {
            let Some(step) = steps.get(usize::from(at.step)) else { continue };
            let free = state.calling.is_none_or(|calling| calling == thread);
            if free && (thread == 0 || step.after <= first) {
                moves.push(Move::Thread(thread));
            }
        }
        for (number, (arrival, left)) in (0..).zip(self.arrivals.iter().zip(&state.left)) {
            if *left > 0 && arrival.after <= first {
                moves.push(Move::Arrive(number));
            }
        }
    }

    /// What comes of it, and what of that is wrong.
    pub(crate) fn next(&self, state: &State, which: Move) -> (State, Wrong) {
        let mut next = state.clone();
        next.depth += 1;
        let mut watch = Watch::default();
        let mut wrong = Wrong::default();
        match which {
            Move::Arrive(number) => {
                let arrival = &self.arrivals[usize::from(number)];
                let left = &mut next.left[usize::from(number)];
                let so_far = arrival.times - *left;
                *left -= 1;
                next.machine.ledger.number_from(first_number(arrival.line, so_far));
                next.machine.stimulate(arrival.stimulus, &mut watch);
            }
            Move::Thread(thread) => {
                wrong.unexpected = !self.go_on(&mut next, thread, &mut watch);
            }
        }
        wrong.lost = watch.lost;
        self.settle(&mut next.machine);
        (next, wrong)
    }

    /// A thread's next transition. Whether what came was expected.
    fn go_on(&self, state: &mut State, thread: u8, watch: &mut Watch) -> bool {
        let at = state.at[usize::from(thread)];
        let step = &self.threads[usize::from(thread)][usize::from(at.step)];
        let machine = &mut state.machine;
        machine.ledger.number_from(first_number(step.line, at.done));
        let held;
        if u32::from(at.done) == step.times {
            let (fd, value) = step.reads[usize::from(at.read)];
            held = expect::read(machine.read_fd(fd, watch)) == Ok(value);
            state.at[usize::from(thread)].read += 1;
        } else {
            let reply = match &step.act {
                Act::Call(call) => {
                    if state.calling.is_none() {
                        machine.begin(call.clone(), watch);
                    }
                    Self::micro_step(machine, watch).map(Reply::Outcome)
                }
                act => Some(act.done(machine, watch)),
            };
            let Some(reply) = reply else {
                state.calling = Some(thread);
                return true;
            };
            state.calling = None;
            held = step.expect.iter().all(|expect| expect::holds(expect, &reply, machine));
            state.at[usize::from(thread)].done += 1;
        }
        let now = &mut state.at[usize::from(thread)];
        if u32::from(now.done) == step.times && usize::from(now.read) == step.reads.len() {
            *now = Position { step: now.step + 1, ..Position::default() };
        }
        held
    }

    /// A micro-step, and the call's return if nothing else is left of it.
    fn micro_step(machine: &mut Machine, watch: &mut Watch) -> Option<Outcome> {
        let outcome = machine.advance(watch);
        if outcome.is_none() && machine.is_returning() {
            return machine.advance(watch);
        }
        outcome
    }
}

impl Act {
    fn done(&self, machine: &mut Machine, watch: &mut Watch) -> Reply {
        match self {
            Self::Call(_) => unreachable!("a call is made in micro-steps"),
            Self::Stimulus(stimulus) => {
                machine.stimulate(*stimulus, watch);
                Reply::Nothing
            }
            Self::Read(fd) => expect::read(machine.read_fd(*fd, watch)).into(),
            Self::Write(fd, value) => machine.write_fd(*fd, *value, watch).map(|()| 0).into(),
            Self::Close(fd) => machine.close_fd(*fd, watch).map(|()| 0).into(),
            Self::Guest(call) => machine.guest_call(*call, watch).map(u64::from).into(),
            Self::Ledger => Reply::Nothing,
        }
    }
}

/// Number of the next cause of a line that has done what it does `so_far` times.
fn first_number(line: u32, so_far: u16) -> u32 {
    line * CAUSES_A_LINE + u32::from(so_far)
}

/// Looks for losses. A level taken back by the device, and a loopback nobody listens to, are none.
#[derive(Default)]
struct Watch {
    lost: bool,
    loopback: Option<CauseId>,
}

impl Sink for Watch {
    fn event(&mut self, event: Event) {
        match event {
            Event::Cause { cause, source: Source::Loopback(..) } => self.loopback = Some(cause),
            Event::Lost { cause, why } => {
                self.lost |= why != Loss::Withdrawn && self.loopback != Some(cause);
            }
            _ => {}
        }
    }
}
