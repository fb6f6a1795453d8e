//! A strategy, a workload and a host, played once: what was requested and answered, and when each
//! queue was started.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::Vmm;
use super::policy::{Action, Reply};
use super::strategy::Strategy;
use super::workload::Workload;
use crate::device::{Answer, Device, Fd, RegionInfo, Stimulus};
use crate::errno::Errno;
use crate::event::{Call, Event};
use crate::guest::GuestCall;
use crate::host::HostProfile;
use crate::machine::{Emulator, Machine};
use crate::scenario::ast::{
    self, Data, Expect, FdRefs, FunctionLine, FunctionOption, HostLine, Item, Line, MsixOption,
    Names, SetAction, SetIrqs, Statement, StepLine, WriteData,
};
use crate::scenario::{Overrides, Scenario, TextError};
use crate::uapi::{IrqIndex, IrqInfo, IrqSetFlags, IrqSetHeader};

/// How large the device is, and how short its host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Setup {
    /// Vectors the driver uses, one queue each; at least 2.
    pub queues: u16,
    /// Entries of the MSI-X table, at least as many; at most 2048.
    pub table: u16,
    /// Vectors the host can give in all; none: it is never short.
    pub vectors: Option<u32>,
}

impl Default for Setup {
    /// Four queues, a table of eight, and a host that is not short.
    fn default() -> Self {
        Self { queues: 4, table: 8, vectors: None }
    }
}

impl Setup {
    /// The lines every play begins with: a function with INTA# and MSI-X that falls back to INTx.
    fn lines(&self, host: &HostProfile) -> Vec<Line> {
        let msix = MsixOption { vectors: self.table, table: None, pba: None };
        let options = [FunctionOption::Intx(1), FunctionOption::Msix(Some(msix))];
        let function = FunctionLine { profile: None, options: options.map(Into::into).to_vec() };
        let profile = host.name.to_string().into();
        let host = HostLine { profile, vectors: self.vectors, remapping: None };
        [Statement::Function(function), Statement::Host(host)].map(said).to_vec()
    }

    /// The function on this host, the device open, Memory Space and Bus Master on, as every scenario
    /// begins.
    pub(super) fn machine(&self, host: &HostProfile) -> Result<Machine, TextError> {
        let overrides = Overrides { host: Some(host.clone()), function: None };
        let scenario =
            Scenario::from_lines(self.lines(host)).map_err(|mut errors| errors.remove(0))?;
        let mut machine = scenario.machine(&overrides)?;
        machine.call(Call::Open, &mut ());
        let data = vec![0x06, 0x00];
        let region = crate::uapi::CONFIG_REGION;
        machine.call(Call::RegionWrite { region, offset: 4, data }, &mut ());
        Ok(machine)
    }
}

/// One thing of a play, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Beat {
    /// The guest or the driver does something.
    Action(Action),
    /// What was called, as a line of a scenario, and as the host gets it.
    Call(StepLine, Call),
    /// From here on, the function may fire this vector.
    Start(u16),
}

/// What came of a strategy, a workload and a host.
#[derive(Clone, Debug)]
pub struct Play {
    /// Who.
    pub strategy: &'static str,
    /// What for.
    pub workload: &'static str,
    /// On what.
    pub host: HostProfile,
    /// How large.
    pub setup: Setup,
    /// What happened.
    pub beats: Vec<Beat>,
    /// The user gave the device up: it does not run.
    pub refused: bool,
    /// Queues the driver goes without, because it heard that their vectors can't be had.
    pub without: u32,
    /// The names of the eventfds made, in the order in which they were made.
    pub(super) eventfds: Vec<String>,
    /// A guest is behind it: INTx in place of MSI-X is of no use to it.
    pub(super) guest: bool,
    /// The virtual Mask bits at the end.
    pub(super) masked: Vec<bool>,
}

/// Plays a strategy against a workload on a host.
///
/// # Errors
/// If no function has a table of that size.
pub fn play(
    strategy: &'static Strategy,
    workload: &'static Workload,
    host: &HostProfile,
    setup: Setup,
) -> Result<Play, TextError> {
    let machine = setup.machine(host)?;
    let mut recorder = Recorder { emulator: Emulator::new(machine), calls: Vec::new() };
    let mut vmm = Vmm::new(strategy);
    let mut beats = Vec::new();
    let mut gone = Vec::new();
    let mut refused = vmm.begin(&mut recorder) == Reply::Refused;
    recorder.told(&vmm, &mut beats);
    for action in workload.actions(setup.queues) {
        if refused {
            break;
        }
        let of = match &action {
            Action::Request(queue)
            | Action::Unmask(queue)
            | Action::Mask(queue)
            | Action::Start(queue) => Some(*queue),
            Action::Enable { .. } | Action::Disable | Action::HandleIntx => None,
        };
        if of.is_some_and(|queue| gone.contains(&queue)) {
            continue;
        }
        if let Action::Start(queue) = action {
            beats.push(Beat::Start(queue));
            continue;
        }
        let reply = vmm.act(&action, &mut recorder);
        beats.push(Beat::Action(action));
        recorder.told(&vmm, &mut beats);
        match (reply, of) {
            (Reply::Fine, _) => {}
            (Reply::Refused, Some(queue)) => gone.push(queue),
            (Reply::Refused, None) => refused = true,
        }
    }
    Ok(Play {
        strategy: strategy.name,
        workload: workload.name,
        host: host.clone(),
        setup,
        beats,
        refused,
        without: gone.len() as u32,
        eventfds: vmm.names(),
        guest: strategy.guest,
        masked: vmm.view().masked.clone(),
    })
}

impl Play {
    /// The text of it: the requests with their answers, and each queue as a line that begins with
    /// `meanwhile` where it is started. It runs, and can be explored, as it is.
    pub fn scenario(&self) -> Scenario {
        let title = format!("{} on {}, {}", self.strategy, self.host.name, self.workload);
        let mut lines = vec![comment(title)];
        lines.extend(self.setup.lines(&self.host));
        let asks = |beat: &Beat| matches!(beat, Beat::Call(_, Call::IrqInfo { .. }));
        let begun = self.beats.iter().position(|beat| !asks(beat));
        for (at, beat) in self.beats.iter().enumerate() {
            if Some(at) == begun {
                lines.push(Line::default());
            }
            lines.push(match beat {
                Beat::Action(action) => comment(told(action)),
                Beat::Call(step, _) => said(Statement::Step(step.clone())),
                Beat::Start(queue) => {
                    let fire = ast::Action::Stimulate(Stimulus::Fire(*queue));
                    said(Statement::Step(StepLine { meanwhile: true, ..StepLine::of(fire) }))
                }
            });
        }
        if self.refused {
            lines.push(comment("the user gives up: no queue is started".to_string()));
        }
        Scenario::from_lines(lines).expect("a play says what a text can say")
    }

    /// Queues started.
    pub fn started(&self) -> u32 {
        self.beats.iter().filter(|beat| matches!(beat, Beat::Start(_))).count() as u32
    }
}

fn comment(text: String) -> Line {
    Line { statement: None, comment: Some(format!(" {text}")) }
}

fn said(statement: Statement) -> Line {
    Line { statement: Some(statement), comment: None }
}

/// What the guest does, for a comment.
fn told(action: &Action) -> String {
    match action {
        Action::Enable { unmasked, .. } if unmasked.is_empty() => {
            "the driver enables MSI-X, every entry masked".into()
        }
        Action::Enable { unmasked, .. } => {
            let entries: Vec<String> = unmasked.iter().map(ToString::to_string).collect();
            format!("the driver enables MSI-X, unmasked: {}", entries.join(", "))
        }
        Action::Request(vector) => format!("it requests vector {vector} without enabling it"),
        Action::Unmask(entry) => format!("it unmasks entry {entry}"),
        Action::Mask(entry) => format!("it masks entry {entry}"),
        Action::Disable => "it disables MSI-X".into(),
        Action::HandleIntx => "it has handled INTx".into(),
        Action::Start(queue) => format!("it starts queue {queue}"),
    }
}

/// The emulator, and a list of what was asked of it.
struct Recorder {
    emulator: Emulator,
    calls: Vec<(Call, Expected)>,
}

/// What a call answered, for its line.
enum Expected {
    Info(Result<IrqInfo, Errno>),
    Answered(Result<Answer, Errno>),
    /// Of no matter.
    Any,
}

impl Recorder {
    /// The calls since the last time, as beats.
    fn told(&mut self, vmm: &Vmm, beats: &mut Vec<Beat>) {
        for (call, expected) in self.calls.drain(..) {
            let mut step = StepLine::of(action(&call, vmm));
            step.expect = expectations(&expected).into_iter().map(Into::into).collect();
            beats.push(Beat::Call(step, call));
        }
    }
}

fn expectations(expected: &Expected) -> Vec<Expect> {
    match expected {
        // INTx's flags are the same everywhere, and long.
        Expected::Info(Ok(info)) if info.index == IrqIndex::Intx.raw() => {
            vec![Expect::Count(info.count)]
        }
        Expected::Info(Ok(info)) => vec![Expect::Count(info.count), Expect::Flags(info.flags)],
        Expected::Answered(Ok(Answer::Done)) => vec![Expect::Value { value: 0, care: u64::MAX }],
        Expected::Answered(Ok(Answer::Only(count))) => vec![Expect::Only(*count)],
        Expected::Info(Err(errno)) | Expected::Answered(Err(errno)) => vec![Expect::Errno(*errno)],
        Expected::Any => Vec::new(),
    }
}

fn action(call: &Call, vmm: &Vmm) -> ast::Action {
    match call {
        Call::IrqInfo { index, .. } => ast::Action::IrqInfo { index: *index, argsz: None },
        Call::SetIrqs { header, data } => ast::Action::SetIrqs(set_irqs(*header, data, vmm)),
        Call::RegionRead { region, offset, len } => {
            ast::Action::RegionRead { region: *region, offset: *offset, width: *len }
        }
        Call::RegionWrite { region, offset, data } => {
            let value = data.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte));
            let data = WriteData::Value { width: data.len() as u32, value };
            ast::Action::RegionWrite { region: *region, offset: *offset, data }
        }
        Call::Reset => ast::Action::Reset,
        Call::Open => ast::Action::Open,
        Call::Close => ast::Action::Close,
    }
}

fn set_irqs(header: IrqSetHeader, data: &[u8], vmm: &Vmm) -> SetIrqs {
    let flags = IrqSetFlags::from_bits_retain(header.flags);
    let eventfds = flags.contains(IrqSetFlags::DATA_EVENTFD);
    let fds = data.chunks_exact(4).map(|one| Fd::from_le_bytes([one[0], one[1], one[2], one[3]]));
    let data = if eventfds { Data::Eventfd(Some(items(fds, vmm))) } else { Data::None };
    let unmask = flags.contains(IrqSetFlags::ACTION_UNMASK);
    SetIrqs {
        index: header.index,
        action: if unmask { SetAction::Unmask } else { SetAction::Trigger },
        data,
        start: header.start,
        count: (!eventfds).then_some(header.count),
        argsz: None,
        flags: None,
        bytes: None,
    }
}

/// A list of descriptors, shortened: `v0..v7`, `-1 x5`.
fn items(fds: impl Iterator<Item = Fd>, vmm: &Vmm) -> Vec<Item<FdRefs>> {
    let mut items: Vec<Item<FdRefs>> = Vec::new();
    for fd in fds {
        let what = match vmm.name(fd) {
            Some(name) => FdRefs::Names(Names::One(name.to_string())),
            None => FdRefs::Number(fd),
        };
        if let Some(last) = items.last_mut() {
            if last.what == what {
                last.times += 1;
                continue;
            }
            if let (FdRefs::Names(row), 1) = (&mut last.what, last.times)
                && extend(row, &what)
            {
                continue;
            }
        }
        items.push(Item { what, times: 1 });
    }
    items
}

/// Whether a row of numbered names goes on with this one; then it does.
fn extend(row: &mut Names, next: &FdRefs) -> bool {
    let FdRefs::Names(Names::One(next)) = next else { return false };
    let Some((next_stem, next)) = apart(next) else { return false };
    let (stem, first, last) = match &*row {
        Names::One(name) => match apart(name) {
            Some((stem, number)) => (stem.to_string(), number, number),
            None => return false,
        },
        Names::Range { stem, first, last } => (stem.clone(), *first, *last),
    };
    if stem != next_stem || last + 1 != next {
        return false;
    }
    *row = Names::Range { stem, first, last: next };
    true
}

/// A name's letters and its number.
fn apart(name: &str) -> Option<(&str, u32)> {
    let stem = name.trim_end_matches(|digit: char| digit.is_ascii_digit());
    Some((stem, name[stem.len()..].parse().ok()?))
}

impl Device for Recorder {
    fn open(&mut self) -> Result<(), Errno> {
        self.emulator.open()
    }

    fn close(&mut self) -> Result<(), Errno> {
        self.emulator.close()
    }

    fn irq_info(&mut self, argsz: u32, index: u32) -> Result<IrqInfo, Errno> {
        let info = self.emulator.irq_info(argsz, index);
        self.calls.push((Call::IrqInfo { argsz, index }, Expected::Info(info)));
        info
    }

    fn set_irqs(&mut self, header: IrqSetHeader, data: &[u8]) -> Result<Answer, Errno> {
        let answer = self.emulator.set_irqs(header, data);
        let call = Call::SetIrqs { header, data: data.to_vec() };
        self.calls.push((call, Expected::Answered(answer)));
        answer
    }

    fn region_info(&mut self, region: u32) -> Result<RegionInfo, Errno> {
        self.emulator.region_info(region)
    }

    fn region_read(&mut self, region: u32, offset: u64, data: &mut [u8]) -> Result<(), Errno> {
        let read = self.emulator.region_read(region, offset, data);
        let call = Call::RegionRead { region, offset, len: data.len() as u32 };
        self.calls.push((call, Expected::Any));
        read
    }

    fn region_write(&mut self, region: u32, offset: u64, data: &[u8]) -> Result<(), Errno> {
        let wrote = self.emulator.region_write(region, offset, data);
        let answer = wrote.map(|()| Answer::Done);
        let call = Call::RegionWrite { region, offset, data: data.to_vec() };
        self.calls.push((call, Expected::Answered(answer)));
        wrote
    }

    fn reset(&mut self) -> Result<(), Errno> {
        let reset = self.emulator.reset();
        self.calls.push((Call::Reset, Expected::Answered(reset.map(|()| Answer::Done))));
        reset
    }

    fn eventfd_create(&mut self) -> Result<Fd, Errno> {
        self.emulator.eventfd_create()
    }

    fn plain_fd_create(&mut self) -> Result<Fd, Errno> {
        self.emulator.plain_fd_create()
    }

    fn eventfd_wait(&mut self, fd: Fd, at_least: u64) {
        self.emulator.eventfd_wait(fd, at_least);
    }

    fn eventfd_read(&mut self, fd: Fd) -> Result<u64, Errno> {
        self.emulator.eventfd_read(fd)
    }

    fn eventfd_write(&mut self, fd: Fd, value: u64) -> Result<(), Errno> {
        self.emulator.eventfd_write(fd, value)
    }

    fn eventfd_close(&mut self, fd: Fd) -> Result<(), Errno> {
        self.emulator.eventfd_close(fd)
    }

    fn guest(&mut self, call: GuestCall) -> Result<bool, Errno> {
        self.emulator.guest(call)
    }

    fn take_events(&mut self) -> Vec<Event> {
        self.emulator.take_events()
    }
}
