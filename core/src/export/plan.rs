//! What a program does, in order, in no language yet.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::Known;
use crate::device::{Fd, Stimulus};
use crate::guest::GuestCall;
use crate::render::clean;
use crate::scenario::Scenario;
use crate::scenario::ast::{
    Action, Data, Expect, FdRef, FdRefs, Item, Line, Names, SetAction, SetIrqs, Statement,
    StepLine, Tally, WriteData,
};
use crate::uapi::IrqSetFlags;

/// The number a scenario's `closed` stands for.
pub(super) const CLOSED: Fd = Fd::MAX;
/// The first number of a scenario's descriptor in a program; the preludes say the same.
const FIRST: Fd = 1000;
/// Longest array. A row of names with higher numbers is variables.
const MAX_ARRAY: u32 = 1 << 16;
/// Things to do after which nothing more is taken up: no program is that long.
pub(super) const MAX_OPS: usize = 1 << 20;

/// A program.
pub(super) struct Plan<'a> {
    /// The scenario's lines and what to do for them.
    pub(super) ops: Vec<Op<'a>>,
    /// The variables of the descriptors.
    pub(super) variables: Variables,
    /// The device, if its registers are known.
    pub(super) known: Option<Known>,
    /// Whether the program opens the device before the first step.
    pub(super) opens: bool,
    /// Lines that a program can't carry, and what of them.
    pub(super) not_carried: Vec<(u32, String)>,
}

/// One thing to do or to say.
pub(super) enum Op<'a> {
    /// An empty line.
    Blank,
    /// A line of the scenario that does nothing.
    Comment(String),
    /// A step begins: its number, its text.
    Step(u32, String),
    /// New descriptors for these, eventfds or not.
    Make(Vec<Place>, bool),
    /// What follows up to `End`, so many times.
    Repeat(u32),
    End,
    Open,
    Close,
    Reset,
    SetIrqs(Request<'a>),
    IrqInfo {
        index: u32,
        argsz: Option<u32>,
    },
    Read {
        region: u32,
        offset: u64,
        width: u32,
    },
    Write {
        region: u32,
        offset: u64,
        data: &'a WriteData,
    },
    Raise(Raise, String),
    /// What has no counterpart: a run can't hold.
    Cannot(String),
    ReadFd {
        fd: One,
        name: String,
        expected: u64,
    },
    WriteFd(One, u64),
    CloseFd(One),
    /// KVM_IRQFD.
    Irqfd(GuestCall<One>),
    /// The answer, as it is printed.
    Expect(String),
    /// The bytes that were read, and how they are printed.
    ExpectData(&'a [u8], String),
    /// The bits of what was read, and how they are written.
    ExpectValue {
        value: u64,
        care: u64,
        width: u32,
        text: String,
    },
    ExpectCount(u32),
    ExpectFlags(u32, String),
    /// Reads these eventfds, which give this.
    Counters(Place, u64, String),
    /// The program's own comment.
    Note(&'static str),
}

/// What a device can be told to do.
#[derive(Clone, Copy)]
pub(super) enum Raise {
    Fire(u16),
    AssertIntx,
    DeassertIntx,
}

impl Raise {
    /// None: it comes from the host, not from the device.
    fn of(stimulus: Stimulus) -> Option<Self> {
        match stimulus {
            Stimulus::Fire(vector) => Some(Self::Fire(vector)),
            Stimulus::AssertIntx => Some(Self::AssertIntx),
            Stimulus::DeassertIntx => Some(Self::DeassertIntx),
            Stimulus::Error | Stimulus::Request | Stimulus::Supply(_) => None,
        }
    }
}

/// Header and data of a SET_IRQS.
pub(super) struct Request<'a> {
    pub(super) argsz: Option<u32>,
    /// Raw flags, or what the words say.
    pub(super) flags: Result<u32, IrqSetFlags>,
    pub(super) index: u32,
    pub(super) start: u32,
    pub(super) count: u32,
    pub(super) data: Bytes<'a>,
}

/// The data of a SET_IRQS.
pub(super) enum Bytes<'a> {
    None,
    /// Bytes, each so many times.
    Bool(&'a [Item<u8>]),
    /// Descriptors, each so many times.
    Fds(Vec<(One, u32)>),
    /// Variables that lie one after the other.
    Row(Place),
    Raw(&'a [u8]),
}

impl Bytes<'_> {
    /// How many bytes.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Bool(items) => items.iter().map(|item| item.times as usize).sum(),
            Self::Fds(fds) => fds.iter().map(|(_, times)| 4 * *times as usize).sum(),
            Self::Row(place) => 4 * place.len() as usize,
            Self::Raw(bytes) => bytes.len(),
        }
    }
}

/// One descriptor.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum One {
    Variable(String),
    /// An element of an array.
    Element(String, u32),
    Number(Fd),
    Closed,
}

/// A variable, or a row in an array, with the scenario's name for it.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Place {
    One {
        variable: String,
        name: String,
    },
    /// Elements `first..=last`; element n's name is `stem` and n.
    Row {
        array: String,
        stem: String,
        first: u32,
        last: u32,
    },
}

impl Place {
    pub(super) fn len(&self) -> u32 {
        match self {
            Self::One { .. } => 1,
            Self::Row { first, last, .. } => last - first + 1,
        }
    }
}

/// Which names are variables, and which elements of arrays.
#[derive(Default)]
pub(super) struct Variables {
    /// By stem: the array, and its length.
    pub(super) arrays: BTreeMap<String, (String, u32)>,
    /// By name: the variable.
    single: BTreeMap<String, String>,
    /// In the order in which they are made.
    pub(super) made: Vec<Place>,
    done: BTreeSet<String>,
}

impl Variables {
    /// Rows of numbered names are arrays; every other name is a variable.
    fn new(scenario: &Scenario) -> Self {
        let mut all = Self::default();
        let mut taken = BTreeSet::new();
        let mut seen: BTreeMap<String, u32> = BTreeMap::new();
        let mut fresh = |name: &str| {
            // Rust's case of a variable has no two `_` in a row.
            let lower = name.to_ascii_lowercase();
            let words: Vec<&str> =
                lower.split(['-', '_']).filter(|word| !word.is_empty()).collect();
            let word = words.join("_");
            let mut variable = format!("fd_{word}");
            let n = seen.entry(word.clone()).or_insert(1);
            while !taken.insert(variable.clone()) {
                *n += 1;
                variable = format!("fd_{word}_{n}");
            }
            variable
        };
        for names in steps(scenario).flat_map(|(_, step)| step.action.what.makes().0) {
            if let Names::Range { stem, last, .. } = names
                && *last < MAX_ARRAY
            {
                let array = all.arrays.entry(stem.clone()).or_insert_with(|| (fresh(stem), 0));
                array.1 = array.1.max(last + 1);
            }
        }
        for names in steps(scenario).flat_map(|(_, step)| step.action.what.makes().0) {
            for name in names.each() {
                if all.element(&name).is_none() && !all.single.contains_key(&name) {
                    let variable = fresh(&name);
                    all.single.insert(name, variable);
                }
            }
        }
        all
    }

    /// The array and number a name stands for.
    fn element(&self, name: &str) -> Option<(&str, &str, u32)> {
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let digits = &name[stem.len()..];
        let number: u32 = digits.parse().ok()?;
        let (key, (array, len)) = self.arrays.get_key_value(stem)?;
        (number < *len && number.to_string() == digits).then_some((array, key, number))
    }

    fn one(&self, name: &str) -> One {
        match self.element(name) {
            Some((array, _, number)) => One::Element(array.to_string(), number),
            None => self.single.get(name).map_or(One::Closed, |one| One::Variable(one.clone())),
        }
    }

    fn place(&self, names: &Names) -> Place {
        match names {
            Names::One(name) => match self.element(name) {
                Some((array, stem, number)) => Place::Row {
                    array: array.to_string(),
                    stem: stem.to_string(),
                    first: number,
                    last: number,
                },
                None => {
                    let variable = self.single.get(name).cloned().unwrap_or_default();
                    Place::One { variable, name: name.clone() }
                }
            },
            Names::Range { stem, first, last } => {
                let array = self.arrays.get(stem).map(|(array, _)| array.clone());
                let array = array.unwrap_or_default();
                Place::Row { array, stem: stem.clone(), first: *first, last: *last }
            }
        }
    }

    /// Whether each name of a row is an element of one array.
    fn is_row(&self, names: &Names) -> bool {
        match names {
            Names::One(_) => true,
            Names::Range { stem, last, .. } => {
                self.arrays.get(stem).is_some_and(|(_, len)| last < len)
            }
        }
    }

    /// The places for these names, in rows as long as can be.
    fn places(&self, names: &Names) -> Vec<Place> {
        if self.is_row(names) {
            return alloc::vec![self.place(names)];
        }
        names.each().map(|name| self.place(&Names::One(name))).collect()
    }

    /// The places of those names that are new.
    fn make(&mut self, names: &Names) -> Vec<Place> {
        let mut new: Vec<Place> = Vec::new();
        for name in names.each() {
            if !self.done.insert(name.clone()) {
                continue;
            }
            let place = self.place(&Names::One(name));
            match (new.last_mut(), &place) {
                (Some(Place::Row { array, last, .. }), Place::Row { array: same, first, .. })
                    if array == same && *last + 1 == *first =>
                {
                    *last = *first;
                }
                _ => new.push(place),
            }
        }
        self.made.extend(new.iter().cloned());
        new
    }
}

fn steps(scenario: &Scenario) -> impl Iterator<Item = (u32, &StepLine)> {
    scenario.lines().iter().zip(1..).filter_map(|(line, number)| match &line.statement {
        Some(Statement::Step(step)) => Some((number, step)),
        _ => None,
    })
}

impl<'a> Plan<'a> {
    pub(super) fn new(scenario: &'a Scenario, known: Option<Known>) -> Self {
        let mut calls = steps(scenario).map(|(_, step)| &step.action.what);
        let opens = calls.find(|action| action.is_call()) != Some(&Action::Open);
        let mut plan = Self {
            ops: Vec::new(),
            variables: Variables::new(scenario),
            known,
            opens,
            not_carried: Vec::new(),
        };
        let text = scenario.to_string();
        for ((line, number), text) in scenario.lines().iter().zip(1..).zip(text.lines()) {
            plan.line(line, number, &clean(text));
        }
        plan
    }

    fn line(&mut self, line: &'a Line, number: u32, text: &str) {
        if self.ops.len() > MAX_OPS {
            return;
        }
        match &line.statement {
            Some(Statement::Step(step)) => self.step(step, number, text.trim()),
            None if text.is_empty() => self.ops.push(Op::Blank),
            Some(Statement::Host(host)) => {
                self.ops.push(Op::Comment(text.into()));
                if host.vectors.is_some() {
                    let note = "A real host has the vectors it has; not carried.";
                    self.ops.push(Op::Note(note));
                    self.not_carried.push((number, "vectors=".into()));
                }
                if host.remapping == Some(false) {
                    let note = "Whether a real host remaps interrupts is not the program's choice.";
                    self.ops.push(Op::Note(note));
                }
            }
            _ => self.ops.push(Op::Comment(text.into())),
        }
    }

    fn step(&mut self, step: &'a StepLine, number: u32, text: &str) {
        self.ops.push(Op::Step(number, text.into()));
        let (names, eventfd) = step.action.what.makes();
        let mut new = Vec::new();
        for names in names {
            new.extend(self.variables.make(names));
        }
        if !new.is_empty() {
            self.ops.push(Op::Make(new, eventfd));
        }
        for moment in &step.moments {
            let what = moment.what.to_string();
            self.ops.push(Op::Note("An interrupt inside a call is not a program's to place."));
            self.ops.push(Op::Cannot(what.clone()));
            self.not_carried.push((number, what));
        }
        if step.times > 1 {
            self.ops.push(Op::Repeat(step.times));
        }
        self.act(step, number);
        for expect in &step.expect {
            self.expect_answer(step, &expect.what);
        }
        if step.times > 1 {
            self.ops.push(Op::End);
        }
        let mut tallies = false;
        for expect in &step.expect {
            match &expect.what {
                Expect::Counter(names, value) => {
                    let text = step.expectation_text(&expect.what);
                    for place in self.variables.places(names) {
                        self.ops.push(Op::Counters(place, *value, text.clone()));
                    }
                }
                Expect::Tally(tally, _) => {
                    let (Tally::Causes
                    | Tally::Signalled
                    | Tally::Merged
                    | Tally::Waiting
                    | Tally::Lost
                    | Tally::Signals) = tally;
                    tallies = true;
                }
                _ => {}
            }
        }
        if tallies {
            self.ops.push(Op::Note(
                "The ledger is the emulator's: only it knows what became of a cause.",
            ));
        }
    }

    fn act(&mut self, step: &'a StepLine, number: u32) {
        let op = match &step.action.what {
            Action::Open => Op::Open,
            Action::Close => Op::Close,
            Action::Reset => Op::Reset,
            Action::SetIrqs(request) => Op::SetIrqs(self.request(request)),
            Action::IrqInfo { index, argsz } => Op::IrqInfo { index: *index, argsz: *argsz },
            Action::RegionRead { region, offset, width } => {
                Op::Read { region: *region, offset: *offset, width: *width }
            }
            Action::RegionWrite { region, offset, data } => {
                Op::Write { region: *region, offset: *offset, data }
            }
            Action::Stimulate(stimulus) => {
                let text = step.action.what.to_string();
                let raise = Raise::of(*stimulus);
                if raise.is_none() || self.known.is_none() {
                    self.not_carried.push((number, text.clone()));
                }
                match raise {
                    Some(raise) => Op::Raise(raise, text),
                    None => {
                        self.ops.push(Op::Note("This comes from the host, not from the device."));
                        Op::Cannot(text)
                    }
                }
            }
            Action::ReadFd(fd) => {
                let expected = step.expect.iter().find_map(|expect| match expect.what {
                    Expect::Value { value, .. } => Some(value),
                    _ => None,
                });
                let name = if let FdRef::Name(name) = fd { name.as_str() } else { "?" };
                let expected = expected.unwrap_or(0);
                self.own(fd, step, number, |fd| Op::ReadFd { fd, name: name.into(), expected })
            }
            Action::WriteFd(fd, value) => self.own(fd, step, number, |fd| Op::WriteFd(fd, *value)),
            Action::CloseFd(fd) => self.own(fd, step, number, Op::CloseFd),
            Action::Guest(call @ (GuestCall::Assign(_) | GuestCall::Deassign { .. })) => {
                Op::Irqfd(call.map(|fd| self.fd(fd)))
            }
            Action::Guest(GuestCall::Eoi(_) | GuestCall::Look(_)) => {
                let text = step.action.what.to_string();
                self.not_carried.push((number, text.clone()));
                self.ops.push(Op::Note("This is the guest's: no guest runs in this program."));
                Op::Cannot(text)
            }
            Action::Eventfd(_) | Action::Plainfd(_) | Action::Ledger => return,
        };
        self.ops.push(op);
    }

    fn expect_answer(&mut self, step: &StepLine, expect: &'a Expect) {
        // Making descriptors answers nothing: the program ends if it can't.
        // A look at a guest is not carried.
        if let Action::Eventfd(_) | Action::Plainfd(_) | Action::Guest(GuestCall::Look(_)) =
            step.action.what
        {
            return;
        }
        let text = step.expectation_text(expect);
        self.ops.push(match (expect, &step.action.what) {
            (Expect::Value { value, care }, Action::RegionRead { width, .. }) => {
                Op::ExpectValue { value: *value, care: *care, width: *width, text }
            }
            (Expect::Value { value, .. }, _) => Op::Expect(value.to_string()),
            (Expect::Data(bytes), _) => Op::ExpectData(bytes, text),
            (Expect::Errno(_) | Expect::Only(_), _) => Op::Expect(text),
            (Expect::Count(count), _) => Op::ExpectCount(*count),
            (Expect::Flags(flags), _) => Op::ExpectFlags(*flags, text),
            (Expect::Counter(..) | Expect::Tally(..), _) => return,
        });
    }

    /// What is done with a descriptor of the scenario. A low number is one of the program's own.
    fn own(
        &mut self,
        fd: &FdRef,
        step: &StepLine,
        number: u32,
        op: impl FnOnce(One) -> Op<'a>,
    ) -> Op<'a> {
        if !matches!(fd, FdRef::Number(0..FIRST)) {
            return op(self.fd(fd));
        }
        let text = step.action.what.to_string();
        self.not_carried.push((number, text.clone()));
        self.ops.push(Op::Note("Numbers this low are the program's own: its terminal, the group."));
        Op::Cannot(text)
    }

    fn fd(&self, fd: &FdRef) -> One {
        match fd {
            FdRef::Name(name) => self.variables.one(name),
            FdRef::Number(CLOSED) | FdRef::Closed => One::Closed,
            FdRef::Number(number) => One::Number(*number),
        }
    }

    fn request(&self, request: &'a SetIrqs) -> Request<'a> {
        let (flag, items, data) = match &request.data {
            Data::None => (IrqSetFlags::DATA_NONE, 0, Bytes::None),
            Data::Bool(items) => {
                let data = Bytes::Bool(items.as_deref().unwrap_or_default());
                (IrqSetFlags::DATA_BOOL, data.len(), data)
            }
            Data::Eventfd(items) => {
                let data = self.descriptors(items.as_deref().unwrap_or_default());
                (IrqSetFlags::DATA_EVENTFD, data.len() / 4, data)
            }
        };
        let action = match request.action {
            SetAction::Mask => IrqSetFlags::ACTION_MASK,
            SetAction::Unmask => IrqSetFlags::ACTION_UNMASK,
            SetAction::Trigger => IrqSetFlags::ACTION_TRIGGER,
        };
        Request {
            argsz: request.argsz,
            flags: request.flags.ok_or(flag | action),
            index: request.index,
            start: request.start,
            count: request.count.unwrap_or(u32::try_from(items).unwrap_or(u32::MAX)),
            data: match &request.bytes {
                Some(bytes) => Bytes::Raw(bytes),
                None => data,
            },
        }
    }

    fn descriptors(&self, items: &[Item<FdRefs>]) -> Bytes<'a> {
        if let [Item { what: FdRefs::Names(names @ Names::Range { .. }), times: 1 }] = items
            && self.variables.is_row(names)
        {
            return Bytes::Row(self.variables.place(names));
        }
        let mut fds = Vec::new();
        for item in items {
            match &item.what {
                FdRefs::Names(Names::One(name)) => fds.push((self.variables.one(name), item.times)),
                FdRefs::Names(names) => {
                    // A row several times is the row written several times.
                    for _ in 0..item.times {
                        fds.extend(names.each().map(|name| (self.variables.one(&name), 1)));
                    }
                }
                FdRefs::Number(CLOSED) | FdRefs::Closed => fds.push((One::Closed, item.times)),
                FdRefs::Number(number) => fds.push((One::Number(*number), item.times)),
            }
        }
        Bytes::Fds(fds)
    }
}
