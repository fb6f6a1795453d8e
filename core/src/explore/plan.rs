//! A text as what two threads do and what may arrive.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::device::{Fd, Stimulus};
use crate::event::Call;
use crate::guest::GuestCall;
use crate::machine::{Emulator, Machine};
use crate::scenario::ast::{
    Action, At, Expect, FdRef, Names, Statement, StepLine, Tally, WriteData,
};
use crate::scenario::{CLOSED, Overrides, Scenario, TextError, is_answer, open};
use crate::uapi::{IrqIndex, IrqInfo, IrqSetHeader};

/// Most lines that let something arrive at any time.
pub const MAX_ARRIVALS: usize = 16;
/// Most times one of them may.
pub const MAX_TIMES: u32 = 255;
/// Most steps of a thread, repetitions and reads counted.
pub const MAX_MOVES: usize = 1 << 14;

/// What a thread does next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Act {
    Call(Call),
    Stimulate(Stimulus),
    Read(Fd),
    Write(Fd, u64),
    Close(Fd),
    Guest(GuestCall),
    /// The counter of an expectation.
    Look {
        name: String,
        fd: Fd,
        value: u64,
    },
    /// The counts of the ledger.
    Count,
    /// A step that does nothing here.
    Nothing,
}

/// One step of a thread.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Move {
    pub(super) act: Act,
    /// Index of its line.
    pub(super) line: usize,
    /// Moves of the first thread that come before it.
    pub(super) after: u16,
    /// It begins its line anew: not a counter's read.
    pub(super) begins: bool,
}

/// A stimulus that may arrive at any time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Arrival {
    pub(super) stimulus: Stimulus,
    pub(super) times: u8,
    pub(super) line: usize,
    pub(super) after: u16,
}

/// The whole text.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// The machine at the beginning: the device open, the descriptors made.
    pub(super) machine: Machine,
    pub(super) first: Vec<Move>,
    pub(super) second: Vec<Move>,
    pub(super) arrivals: Vec<Arrival>,
    /// Names and descriptors, in the order made.
    pub(super) names: Vec<(String, Fd)>,
    /// What lines expect, by index of line.
    pub(super) lines: Vec<Option<StepLine>>,
    /// Descriptors are closed somewhere.
    pub(super) closes: bool,
    /// Eventfds that requests tie to a vector.
    pub(super) ties: Vec<(u32, u32, Fd)>,
}

/// Numbers causes have, by what they come from.
const FIRST: u32 = 1 << 16;
const SECOND: u32 = 1 << 17;
const CALLS: u32 = 1 << 18;

/// What a cause comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Origin {
    /// An arrival, by its place among them.
    Arrival(usize),
    /// A step of the first or second thread.
    Step { second: bool, at: usize },
    /// A call: a loopback.
    Call,
}

impl Origin {
    pub(super) fn of(cause: u32) -> Self {
        match cause {
            CALLS.. => Self::Call,
            SECOND.. => Self::Step { second: true, at: (cause - SECOND) as usize },
            FIRST.. => Self::Step { second: false, at: (cause - FIRST) as usize },
            _ => Self::Arrival((cause as usize - 1) / 256),
        }
    }

    /// The number of the cause; of an arrival's, the `use`th.
    pub(super) fn number(self, used: u8) -> u32 {
        match self {
            Self::Arrival(at) => 1 + 256 * at as u32 + u32::from(used),
            Self::Step { second: false, at } => FIRST + at as u32,
            Self::Step { second: true, at } => SECOND + at as u32,
            Self::Call => CALLS,
        }
    }
}

impl Plan {
    pub(super) fn new(scenario: &Scenario, overrides: &Overrides) -> Result<Self, TextError> {
        let mut emulator = Emulator::new(scenario.machine(overrides)?);
        if let Err(entry) = open(scenario, &mut emulator) {
            let actual = entry.checks.first().map_or("", |check| &check.actual);
            let message = format!("the device can't be opened: {actual}");
            return Err(TextError::new(entry.line, crate::scenario::ast::Span::default(), message));
        }
        let mut machine = emulator.machine;
        machine.ledger = crate::ledger::Ledger::default();
        let mut plan = Self {
            machine,
            first: Vec::new(),
            second: Vec::new(),
            arrivals: Vec::new(),
            names: Vec::new(),
            lines: vec![None; scenario.lines().len()],
            closes: false,
            ties: Vec::new(),
        };
        let mut fds = BTreeMap::new();
        for (at, line) in scenario.lines().iter().enumerate() {
            if let Some(Statement::Step(step)) = &line.statement {
                plan.line(at, step, &mut fds)?;
                plan.lines[at] = Some(step.clone());
            }
        }
        Ok(plan)
    }

    fn line(
        &mut self,
        at: usize,
        step: &StepLine,
        fds: &mut BTreeMap<String, Fd>,
    ) -> Result<(), TextError> {
        let number = u32::try_from(at + 1).unwrap_or(u32::MAX);
        let wrong = |message: String| Err(TextError::new(number, step.action.at, message));
        self.make(number, step, fds)?;
        // Made beforehand: no step of the thread.
        if matches!(step.action.what, Action::Eventfd(_) | Action::Plainfd(_)) {
            return Ok(());
        }
        if !step.moments.is_empty() {
            return wrong("what happens inside a call is found here, not said: `meanwhile`".into());
        }
        let after = self.first.len() as u16;
        if step.meanwhile
            && let Action::Stimulate(stimulus) = step.action.what
        {
            if self.arrivals.len() == MAX_ARRIVALS {
                return wrong(format!("more than {MAX_ARRIVALS} lines that let something arrive"));
            }
            let times = u8::try_from(step.times).ok().filter(|_| step.times <= MAX_TIMES);
            let Some(times) = times else {
                return wrong(format!("more than {MAX_TIMES} times"));
            };
            self.arrivals.push(Arrival { stimulus, times, line: at, after });
            if step.expect.is_empty() {
                return Ok(());
            }
            return wrong("nothing can be expected of what may come at any time".into());
        }
        let act = self.act(&step.action.what, fds);
        self.closes |= matches!(act, Act::Close(_));
        let looks = step.expect.iter().filter_map(|expect| match &expect.what {
            Expect::Counter(names, value) => Some((names, *value)),
            _ => None,
        });
        let looks: Vec<Act> = looks
            .flat_map(|(names, value)| names.each().map(move |name| (name.clone(), value)))
            .map(|(name, value)| {
                let fd = fds.get(&name).copied().unwrap_or(CLOSED);
                Act::Look { name, fd, value }
            })
            .collect();
        let thread = if step.meanwhile { &mut self.second } else { &mut self.first };
        if thread.len() + step.times as usize + looks.len() > MAX_MOVES {
            return wrong(format!("more than {MAX_MOVES} steps of a thread"));
        }
        let acts = core::iter::repeat_n(act, step.times as usize).map(|act| (act, true));
        for (act, begins) in acts.chain(looks.into_iter().map(|look| (look, false))) {
            let after = if step.meanwhile { after } else { thread.len() as u16 };
            thread.push(Move { act, line: at, after, begins });
        }
        Ok(())
    }

    /// Makes the descriptors of a line's names, where there are none yet.
    fn make(
        &mut self,
        line: u32,
        step: &StepLine,
        fds: &mut BTreeMap<String, Fd>,
    ) -> Result<(), TextError> {
        let (all, eventfd) = step.action.what.makes();
        for name in all.into_iter().flat_map(Names::each) {
            if fds.contains_key(&name) {
                continue;
            }
            let fd = self.machine.create_fd(eventfd, &mut ()).map_err(|errno| {
                let message = format!("no descriptor can be made for {name}: {errno}");
                TextError::new(line, step.action.at, message)
            })?;
            fds.insert(name.clone(), fd);
            self.names.push((name, fd));
        }
        Ok(())
    }

    fn act(&mut self, action: &Action, fds: &BTreeMap<String, Fd>) -> Act {
        let named = |name: &str| fds.get(name).copied().unwrap_or(CLOSED);
        let one = |fd: &FdRef| match fd {
            FdRef::Name(name) => named(name),
            FdRef::Number(number) => *number,
            FdRef::Closed => CLOSED,
        };
        match action {
            Action::Open => Act::Call(Call::Open),
            Action::Close => Act::Call(Call::Close),
            Action::Reset => Act::Call(Call::Reset),
            Action::SetIrqs(request) => {
                let (header, data) =
                    request.raw(&|names| names.each().map(|n| named(&n)).collect());
                self.tie(&header, &data);
                Act::Call(Call::SetIrqs { header, data })
            }
            Action::IrqInfo { index, argsz } => {
                let argsz = argsz.unwrap_or(IrqInfo::SIZE);
                Act::Call(Call::IrqInfo { argsz, index: *index })
            }
            Action::RegionRead { region, offset, width } => {
                Act::Call(Call::RegionRead { region: *region, offset: *offset, len: *width })
            }
            Action::RegionWrite { region, offset, data } => {
                let data = match data {
                    WriteData::Value { width, value } => {
                        value.to_le_bytes()[..(*width as usize).min(8)].to_vec()
                    }
                    WriteData::Bytes(bytes) => bytes.clone(),
                };
                Act::Call(Call::RegionWrite { region: *region, offset: *offset, data })
            }
            Action::Stimulate(stimulus) => Act::Stimulate(*stimulus),
            Action::ReadFd(fd) => Act::Read(one(fd)),
            Action::WriteFd(fd, value) => Act::Write(one(fd), *value),
            Action::CloseFd(fd) => Act::Close(one(fd)),
            Action::Guest(call) => Act::Guest(call.map(one)),
            Action::Ledger => Act::Count,
            Action::Eventfd(_) | Action::Plainfd(_) => Act::Nothing,
        }
    }

    /// Remembers which eventfds a request ties to which vectors.
    fn tie(&mut self, header: &IrqSetHeader, data: &[u8]) {
        for (vector, bytes) in (header.start..).zip(data.chunks_exact(4)) {
            let fd = Fd::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            self.ties.push((header.index, vector, fd));
        }
    }

    /// Whether some request ties this eventfd to what the function raised.
    pub(super) fn is_tied(&self, stimulus: Stimulus, fd: Fd) -> bool {
        let tied = |index: IrqIndex, vector: &dyn Fn(u32) -> bool| {
            let mut ties = self.ties.iter();
            ties.any(|(i, v, tied)| *tied == fd && *i == index.raw() && vector(*v))
        };
        match stimulus {
            Stimulus::Fire(vector) => {
                let vector = u32::from(vector);
                // With fewer messages granted, MSI's vector n sends as n modulo their number.
                let granted = |v: u32| (0..6).any(|log2| vector % (1 << log2) == v);
                tied(IrqIndex::Msix, &|v| v == vector)
                    || tied(IrqIndex::Msi, &|v| v == vector || granted(v))
                    || tied(IrqIndex::Intx, &|_| true)
            }
            Stimulus::AssertIntx | Stimulus::DeassertIntx => tied(IrqIndex::Intx, &|_| true),
            Stimulus::Error => tied(IrqIndex::Err, &|_| true),
            Stimulus::Request => tied(IrqIndex::Req, &|_| true),
            Stimulus::Supply(_) => true,
        }
    }

    /// What brought a cause about.
    pub(super) fn stimulus(&self, origin: Origin) -> Option<Stimulus> {
        match origin {
            Origin::Arrival(at) => self.arrivals.get(at).map(|arrival| arrival.stimulus),
            Origin::Step { second, at } => match self.thread(second).get(at)?.act {
                Act::Stimulate(stimulus) => Some(stimulus),
                _ => None,
            },
            Origin::Call => None,
        }
    }

    /// Index of the line a cause comes from.
    pub(super) fn line_of(&self, origin: Origin) -> Option<usize> {
        match origin {
            Origin::Arrival(at) => self.arrivals.get(at).map(|arrival| arrival.line),
            Origin::Step { second, at } => self.thread(second).get(at).map(|one| one.line),
            Origin::Call => None,
        }
    }

    pub(super) fn thread(&self, second: bool) -> &[Move] {
        if second { &self.second } else { &self.first }
    }

    /// The counts the text asks for.
    pub(super) fn tallies(&self) -> Vec<Tally> {
        let expects = self.lines.iter().flatten().flat_map(|step| &step.expect);
        let mut all: Vec<Tally> = Vec::new();
        for At { what, .. } in expects {
            if let Expect::Tally(tally, _) = what
                && !all.contains(tally)
            {
                all.push(*tally);
            }
        }
        all
    }

    /// What a line's answer should be.
    pub(super) fn expected(&self, line: usize) -> impl Iterator<Item = &Expect> {
        let step = self.lines.get(line).and_then(Option::as_ref);
        let all = step.into_iter().flat_map(|step| &step.expect).map(|expect| &expect.what);
        all.filter(|expect| is_answer(expect))
    }

    /// The counts expected at a line.
    pub(super) fn counted(&self, line: usize) -> impl Iterator<Item = (Tally, u32)> + '_ {
        let step = self.lines.get(line).and_then(Option::as_ref);
        let all = step.into_iter().flat_map(|step| &step.expect);
        all.filter_map(|expect| match expect.what {
            Expect::Tally(tally, value) => Some((tally, value)),
            _ => None,
        })
    }
}
