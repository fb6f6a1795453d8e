//! Figures of a play, over all the moments at which its interrupts can arrive.
//!
//! Each queue sends one interrupt, at any moment from its start to the end: between two requests, inside
//! one after any micro-step, or after the last. A *run* is one choice of these moments, in one order:
//! what an exploration of [`Play::scenario`] counts as an interleaving.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

use super::play::{Beat, Play, Setup, play};
use super::strategy::{STRATEGIES, Strategy};
use super::window::{Window, window};
use super::workload::Workload;
use crate::device::{Fd, Stimulus};
use crate::event::{Call, Event, Place};
use crate::host::{HostProfile, IrqMode};
use crate::machine::Machine;
use crate::scenario::TextError;
use crate::seen::register_writes;

/// Most queues whose runs can be counted.
pub const MAX_QUEUES: u16 = 6;
/// Largest table: each state of a run holds one.
pub const MAX_TABLE: u16 = 256;

/// What strategies come to in workloads on hosts.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Race {
    /// The size of it.
    pub setup: Setup,
    /// The hosts, those together on which all figures are the same.
    pub hosts: Vec<OnHosts>,
}

/// What they come to on a host.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct OnHosts {
    /// Names of the hosts.
    pub hosts: Vec<String>,
    /// MSI-X has NORESIZE there.
    pub noresize: bool,
    /// By workload.
    pub workloads: Vec<InWorkload>,
}

/// What they come to in a workload.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct InWorkload {
    /// Which.
    pub workload: &'static str,
    /// By strategy, in the order of [`STRATEGIES`].
    pub strategies: Vec<Figures>,
}

/// What a strategy came to in a workload on a host.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Figures {
    /// Who.
    pub strategy: &'static str,
    /// It does not run on this host, or not with these vectors, and knows it.
    pub refused: bool,
    /// Queues started: as many interrupts arrive in each run.
    pub started: u32,
    /// Queues that work in the end: their interrupts reach who waits for them.
    pub working: u32,
    /// All runs.
    pub runs: u128,
    /// Runs in which at least one interrupt is lost: it reaches nobody.
    pub losing: u128,
    /// The most interrupts lost in one run. The ledger counts fewer: one that merged into a lost one is
    /// lost here, too, and so is one that still waits when the play is over and nobody will look.
    pub worst: u32,
    /// Host vectors held, at most.
    pub held: u32,
    /// GET_IRQ_INFO and SET_IRQS calls.
    pub ioctls: u32,
    /// Register writes these made: a message is three, each entry of a range one.
    pub writes: u32,
    /// The longest row of micro-steps after each of which an interrupt of a running queue would be
    /// lost. If a queue does not work in the end, the row never ends, and these are those played.
    pub window: u32,
}

/// All runs of a play.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Runs {
    all: u128,
    losing: u128,
    worst: u32,
}

/// What a play begins with.
pub(super) struct Start {
    /// The device open, the play's eventfds made.
    pub(super) machine: Machine,
    /// Their numbers, in the order of the play's names.
    pub(super) fds: Vec<Fd>,
}

impl Start {
    fn of(play: &Play) -> Result<Self, TextError> {
        let mut machine = play.setup.machine(&play.host)?;
        let make = |_: &String| machine.create_fd(true, &mut ()).expect("the play made as many");
        let fds = play.eventfds.iter().map(make).collect();
        Ok(Self { machine, fds })
    }

    fn counted(&self, play: &Play, machine: &Machine, name: &str) -> bool {
        let at = play.eventfds.iter().position(|one| one == name);
        let fd = at.and_then(|at| self.fds.get(at).copied());
        fd.is_some_and(|fd| machine.fds.counter(fd).is_some_and(|count| count > 0))
    }

    /// Whether the one interrupt a vector sent has reached who waits for it by the end of the play, or
    /// waits for the guest to unmask its entry.
    pub(super) fn reached(&self, play: &Play, machine: &Machine, vector: u16) -> bool {
        let names = [format!("v{vector}"), format!("u{vector}")];
        if names.iter().any(|name| self.counted(play, machine, name)) {
            return true;
        }
        let masked = play.masked.get(usize::from(vector)).is_some_and(|masked| *masked);
        let pending = || machine.ledger.waiting().any(|(_, place)| place == Place::Pba(vector));
        masked && pending()
    }

    /// How many of the interrupts of these vectors, one each, reach nobody by the end of the play:
    /// those the ledger calls lost, those merged into a lost one, and those that wait where nobody
    /// will look.
    pub(super) fn lost(&self, play: &Play, machine: &Machine, sent: &[u16]) -> u32 {
        if !play.guest && matches!(machine.host.mode(), IrqMode::Intx(_)) {
            // A driver that has fallen back looks after every queue when the line rises.
            return machine.ledger.summary().lost;
        }
        sent.iter().filter(|vector| !self.reached(play, machine, **vector)).count() as u32
    }
}

/// What every strategy comes to in these workloads on these hosts. The setup is at most
/// [`MAX_QUEUES`] queues and [`MAX_TABLE`] entries.
///
/// # Errors
/// If no function has such a table.
pub fn race(
    workloads: &[&'static Workload],
    hosts: &[HostProfile],
    setup: Setup,
) -> Result<Race, TextError> {
    let mut all: Vec<OnHosts> = Vec::new();
    for host in hosts {
        let figures = |workload: &&'static Workload| {
            let strategies = STRATEGIES.iter();
            let strategies = strategies.map(|strategy| figures(strategy, workload, host, setup));
            let strategies = strategies.collect::<Result<_, _>>()?;
            Ok(InWorkload { workload: workload.name, strategies })
        };
        let workloads = workloads.iter().map(figures).collect::<Result<Vec<_>, TextError>>()?;
        let noresize = !host.rules.dynamic_msix;
        let same = |one: &&mut OnHosts| one.noresize == noresize && one.workloads == workloads;
        match all.iter_mut().find(same) {
            Some(one) => one.hosts.push(host.name.to_string()),
            None => {
                all.push(OnHosts { hosts: vec![host.name.to_string()], noresize, workloads });
            }
        }
    }
    Ok(Race { setup, hosts: all })
}

/// What one strategy comes to.
///
/// # Errors
/// If no function has a table of that size.
pub fn figures(
    strategy: &'static Strategy,
    workload: &'static Workload,
    host: &HostProfile,
    setup: Setup,
) -> Result<Figures, TextError> {
    let play = play(strategy, workload, host, setup)?;
    let start = Start::of(&play)?;
    let cost = cost(&play, start.machine.clone());
    let Window { steps, working } = window(&play, &start);
    let Runs { all, losing, worst } = count(&play, &start);
    Ok(Figures {
        strategy: strategy.name,
        refused: play.refused,
        started: play.started(),
        working,
        runs: all,
        losing,
        worst,
        held: cost.held,
        ioctls: cost.ioctls,
        writes: cost.writes,
        window: steps,
    })
}

/// Host vectors a strategy holds, at most; of any setup.
///
/// # Errors
/// If no function has a table of that size.
pub fn held(
    strategy: &'static Strategy,
    workload: &'static Workload,
    host: &HostProfile,
    setup: Setup,
) -> Result<u32, TextError> {
    let play = play(strategy, workload, host, setup)?;
    let machine = Start::of(&play)?.machine;
    Ok(cost(&play, machine).held)
}

/// What every run of a play costs.
struct Cost {
    held: u32,
    ioctls: u32,
    writes: u32,
}

fn cost(play: &Play, mut machine: Machine) -> Cost {
    let mut cost = Cost { held: 0, ioctls: 0, writes: 0 };
    // MEDIATED-SUPPLY: such a host takes no host vectors.
    let takes = !machine.host.profile().rules.emulated;
    for beat in &play.beats {
        let Beat::Call(_, call) = beat else { continue };
        cost.ioctls += u32::from(matches!(call, Call::IrqInfo { .. } | Call::SetIrqs { .. }));
        let mut events: Vec<Event> = Vec::new();
        machine.call(call.clone(), &mut events);
        if takes {
            cost.held = cost.held.max(machine.host.vectors().count() as u32);
        }
        let writes = events.iter().map(|event| match event {
            Event::Step(step) => register_writes(step),
            _ => 0,
        });
        cost.writes += writes.sum::<u32>();
    }
    cost
}

/// A moment of a run: the machine, what is left to do, which queues have sent their interrupt.
#[derive(Clone, PartialEq, Eq, Hash)]
struct State {
    machine: Machine,
    beat: usize,
    /// Bit k: the k-th queue started has sent.
    sent: u32,
}

/// What was found out about the runs from a state on.
type Known = BTreeMap<u64, Vec<(State, Runs)>>;

/// Counts the runs of a play.
struct Counter<'a> {
    play: &'a Play,
    start: &'a Start,
    known: Known,
}

fn count(play: &Play, start: &Start) -> Runs {
    let machine = start.machine.clone();
    let mut counter = Counter { play, start, known: Known::new() };
    counter.from(State { machine, beat: 0, sent: 0 })
}

impl Counter<'_> {
    /// The runs from here. Each is one order of the steps of calls and of the interrupts, so a run
    /// that goes two ways to the same state counts twice.
    fn from(&mut self, mut state: State) -> Runs {
        // What is no call takes no step: nothing happens between it and the next.
        while let Some(Beat::Start(_) | Beat::Action(_)) = self.play.beats.get(state.beat) {
            state.beat += 1;
        }
        let mut hasher = Fnv::default();
        state.hash(&mut hasher);
        let key = hasher.finish();
        let alike = self.known.get(&key).into_iter().flatten();
        if let Some((_, runs)) = alike.into_iter().find(|(one, _)| *one == state) {
            return *runs;
        }
        let next = self.next(&state);
        let mut runs = Runs::default();
        for next in &next {
            let more = self.from(next.clone());
            runs.all = runs.all.saturating_add(more.all);
            runs.losing = runs.losing.saturating_add(more.losing);
            runs.worst = runs.worst.max(more.worst);
        }
        if next.is_empty() {
            let lost = self.start.lost(self.play, &state.machine, &self.started(&state));
            runs = Runs { all: 1, losing: u128::from(lost > 0), worst: lost };
        }
        self.known.entry(key).or_default().push((state, runs));
        runs
    }

    /// The vectors whose queues have been started, in that order.
    fn started(&self, state: &State) -> Vec<u16> {
        let done = &self.play.beats[..state.beat];
        let started = done.iter().filter_map(|beat| match beat {
            Beat::Start(vector) => Some(*vector),
            Beat::Action(_) | Beat::Call(..) => None,
        });
        started.collect()
    }

    /// What can happen next: an interrupt, or a step of a call.
    fn next(&self, state: &State) -> Vec<State> {
        let mut all = Vec::new();
        for (queue, vector) in self.started(state).into_iter().enumerate() {
            if state.sent & 1 << queue == 0 {
                let mut next = state.clone();
                next.machine.stimulate(Stimulus::Fire(vector), &mut ());
                next.sent |= 1 << queue;
                all.push(next);
            }
        }
        if let Some(Beat::Call(_, call)) = self.play.beats.get(state.beat) {
            let mut next = state.clone();
            if !next.machine.is_calling() {
                next.machine.begin(call.clone(), &mut ());
            }
            // An answer takes no step of its own.
            if next.machine.advance(&mut ()).is_none() && next.machine.is_returning() {
                next.machine.advance(&mut ());
            }
            next.beat += usize::from(!next.machine.is_calling());
            all.push(next);
        }
        all
    }
}

/// FNV-1a, for a key that is compared before it is believed.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
