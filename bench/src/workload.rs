//! What is measured, and how it is set up. Time is the caller's.

use std::fmt::Write;

use vfio_irq_core::device::{Device, Fd, Stimulate, Stimulus};
use vfio_irq_core::host::HostProfile;
use vfio_irq_core::machine::{Emulator, Machine};
use vfio_irq_core::pci::{Function, profiles};
use vfio_irq_core::scenario::{Overrides, Scenario, run_emulated};
use vfio_irq_core::uapi::{CONFIG_REGION, IrqIndex, IrqSetFlags, IrqSetHeader, eventfd_data};

/// Steps of the long run.
pub const SCENARIO_STEPS: usize = 100_000;

/// Memory Space and Bus Master: opening the device clears the latter, and without it no message
/// leaves.
const COMMAND: [u8; 2] = 0x0006_u16.to_le_bytes();

/// Something to measure; an iteration of it is the unit of its figure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Workload {
    /// On a function of 2,048 vectors with this many enabled: SET_IRQS gives the last one its eventfd
    /// again, the function fires it, the user reads the eventfd.
    Rearm(u16),
    /// The first SET_IRQS of a freshly opened device, for this many vectors.
    FirstEnable(u16),
    /// A scenario of [`SCENARIO_STEPS`] lines, half of them with an expectation, from text to trace.
    Scenario,
    /// The same steps, spoken to the machine without text, trace or expectations.
    Machine,
}

/// All of them.
pub const WORKLOADS: [Workload; 8] = [
    Workload::Rearm(1),
    Workload::Rearm(64),
    Workload::Rearm(2048),
    Workload::FirstEnable(1),
    Workload::FirstEnable(64),
    Workload::FirstEnable(2048),
    Workload::Scenario,
    Workload::Machine,
];

impl Workload {
    /// Its name in figures.
    pub fn id(self) -> &'static str {
        match self {
            Self::Rearm(1) => "rearm-fire-read/1",
            Self::Rearm(64) => "rearm-fire-read/64",
            Self::Rearm(_) => "rearm-fire-read/2048",
            Self::FirstEnable(1) => "first-enable/1",
            Self::FirstEnable(64) => "first-enable/64",
            Self::FirstEnable(_) => "first-enable/2048",
            Self::Scenario => "scenario/100000",
            Self::Machine => "machine/100000",
        }
    }

    /// Iterations one preparation may serve: `most` where each needs a machine of its own.
    pub fn batch(self, most: u64) -> u64 {
        match self {
            Self::FirstEnable(_) | Self::Machine => most,
            Self::Rearm(_) | Self::Scenario => u32::MAX.into(),
        }
    }
}

/// A workload with what its iterations need.
pub struct Bench {
    workload: Workload,
    /// A device as each iteration begins with it, and its eventfds.
    origin: (Emulator, Vec<Fd>),
    /// One device an iteration, where an iteration uses one up.
    ready: Vec<Emulator>,
    text: String,
}

impl Bench {
    /// Sets the workload up.
    pub fn new(workload: Workload) -> Self {
        let mut text = String::new();
        if workload == Workload::Scenario {
            text.push_str("function msix-2048\nhost linux-6.12\n");
            text.push_str("config write 0x04 2 0x0006\n");
            text.push_str("set_irqs msix trigger eventfd 0 [a] -> 0\n");
            for _ in 0..SCENARIO_STEPS / 2 {
                writeln!(text, "fire 0\nread a -> 1").expect("a String takes everything");
            }
        }
        let mut origin = opened();
        if let Workload::Rearm(vectors) = workload {
            enable(&mut origin, vectors);
        }
        Self { workload, origin, ready: Vec::new(), text }
    }

    /// Makes ready for `iterations`, at most [`Workload::batch`].
    pub fn prepare(&mut self, iterations: u64) {
        if matches!(self.workload, Workload::FirstEnable(_) | Workload::Machine) {
            self.ready.clear();
            self.ready.extend((0..iterations).map(|_| self.origin.0.clone()));
        }
    }

    /// Runs them. The number returned depends on every answer, so none can be optimised away.
    pub fn run(&mut self, iterations: u64) -> u64 {
        let (emulator, fds) = &mut self.origin;
        match self.workload {
            Workload::Rearm(vectors) => {
                let (vector, fd) = (vectors - 1, fds[usize::from(vectors) - 1]);
                (0..iterations).map(|_| rearm_fire_read(emulator, vector, fd)).sum()
            }
            Workload::FirstEnable(vectors) => {
                let fds = &fds[..vectors.into()];
                self.ready.iter_mut().map(|emulator| set_trigger(emulator, 0, fds)).sum()
            }
            Workload::Scenario => (0..iterations).map(|_| run_text(&self.text)).sum(),
            Workload::Machine => {
                self.ready.iter_mut().map(|emulator| run_steps(emulator, fds[0])).sum()
            }
        }
    }
}

/// An open function of 2,048 vectors on a host that never runs short, and an eventfd a vector.
fn opened() -> (Emulator, Vec<Fd>) {
    let spec = profiles::by_name("msix-2048").expect("it is built in");
    let function = Function::new(&spec).expect("a built-in function can be built");
    let host = HostProfile::by_name("linux-6.12").expect("it is built in");
    let mut emulator = Emulator::new(Machine::new(function, host));
    emulator.open().expect("it is not open yet");
    emulator.region_write(CONFIG_REGION, 4, &COMMAND).expect("Command can be written");
    let create = |_| emulator.eventfd_create().expect("2,048 are fewer than may be open");
    let fds = (0..2048).map(create).collect();
    emulator.take_events();
    (emulator, fds)
}

fn enable((emulator, fds): &mut (Emulator, Vec<Fd>), vectors: u16) {
    set_trigger(emulator, 0, &fds[..vectors.into()]);
}

/// SET_IRQS MSI-X TRIGGER EVENTFD; the number of events it made.
fn set_trigger(emulator: &mut Emulator, start: u16, fds: &[Fd]) -> u64 {
    let data = eventfd_data(fds);
    let header = IrqSetHeader {
        argsz: IrqSetHeader::SIZE + data.len() as u32,
        flags: (IrqSetFlags::DATA_EVENTFD | IrqSetFlags::ACTION_TRIGGER).bits(),
        index: IrqIndex::Msix.raw(),
        start: start.into(),
        count: fds.len() as u32,
    };
    emulator.set_irqs(header, &data).expect("the request is right");
    emulator.take_events().len() as u64
}

fn rearm_fire_read(emulator: &mut Emulator, vector: u16, fd: Fd) -> u64 {
    set_trigger(emulator, vector, &[fd]);
    fire_read(emulator, vector, fd)
}

fn fire_read(emulator: &mut Emulator, vector: u16, fd: Fd) -> u64 {
    emulator.stimulate(Stimulus::Fire(vector)).expect("the function can fire");
    let value = emulator.eventfd_read(fd).expect("the fire was signalled");
    value + emulator.take_events().len() as u64
}

fn run_steps(emulator: &mut Emulator, fd: Fd) -> u64 {
    set_trigger(emulator, 0, &[fd]);
    (0..SCENARIO_STEPS / 2).map(|_| fire_read(emulator, 0, fd)).sum()
}

fn run_text(text: &str) -> u64 {
    let scenario = Scenario::parse(text).expect("the text is right");
    let overrides = Overrides { host: None, function: None };
    let trace = run_emulated(&scenario, &overrides).expect("function and host are built in");
    assert!(trace.held, "every fire is signalled");
    trace.entries.len() as u64
}
