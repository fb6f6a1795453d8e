//! Traces of the emulator itself.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::device::{Device, Fd, Moment, Stimulate, Stimulus};
use crate::errno::Errno;
use crate::host::PROFILES;
use crate::machine::{Emulator, Machine};
use crate::pci::{Function, profiles};
use crate::trace::{Entry, Trace};
use crate::uapi::{CONFIG_REGION, IrqSetHeader, eventfd_data};

/// A run on the emulator, one entry a line.
pub(super) struct Run {
    emulator: Emulator,
    names: BTreeMap<Fd, String>,
    entries: Vec<Entry>,
}

impl Run {
    /// A function by profile on a host by profile, opened.
    pub(super) fn new(function: &str, host: &str) -> Self {
        let spec = profiles::by_name(function).expect("built in");
        let function = Function::new(&spec).expect("a valid profile");
        let host = PROFILES.iter().find(|profile| profile.name == host).expect("built in");
        let emulator = Emulator::new(Machine::new(function, host.clone()));
        let mut run = Self { emulator, names: BTreeMap::new(), entries: Vec::new() };
        run.emulator.open().expect("opens");
        let memory_and_master = [0x06, 0x00];
        run.emulator.region_write(CONFIG_REGION, 4, &memory_and_master).expect("any width");
        run.emulator.take_events();
        run
    }

    fn took(&mut self, text: &str) {
        let line = self.entries.len() as u32 + 3;
        let events = self.emulator.take_events();
        self.entries.push(Entry { line, text: text.into(), events, checks: Vec::new() });
    }

    pub(super) fn eventfd(&mut self, name: &str) -> Fd {
        let fd = self.emulator.eventfd_create().expect("few");
        self.names.insert(fd, name.into());
        self.emulator.take_events();
        fd
    }

    pub(super) fn set_irqs(&mut self, flags: u32, index: u32, start: u32, count: u32, fds: &[Fd]) {
        let data = eventfd_data(fds);
        let argsz = 20 + data.len() as u32;
        let _ = self.emulator.set_irqs(IrqSetHeader { argsz, flags, index, start, count }, &data);
        self.took("set_irqs");
    }

    pub(super) fn during(&mut self, step: &str, stimulus: Stimulus) {
        let moment = Moment { step: step.to_string(), nth: 1 };
        self.emulator.stimulate_at(moment, stimulus).expect("the emulator can");
    }

    pub(super) fn stimulate(&mut self, stimulus: Stimulus) {
        let _ = self.emulator.stimulate(stimulus);
        self.took("stimulate");
    }

    pub(super) fn call(&mut self, call: impl FnOnce(&mut Emulator) -> Result<(), Errno>) {
        // Refused or not, the trace tells.
        let _ = call(&mut self.emulator);
        self.took("call");
    }

    pub(super) fn trace(self) -> Trace {
        let machine = &self.emulator.machine;
        Trace {
            function: machine.function.describe(),
            host: machine.host.profile().name.to_string(),
            names: self.names,
            entries: self.entries,
            ledger: machine.ledger.summary(),
            held: true,
        }
    }
}

/// Enable one MSI-X vector, tear down with an interrupt in the window, enable two.
pub(super) fn teardown(function: &str, host: &str) -> Trace {
    let mut run = Run::new(function, host);
    let (a, b) = (run.eventfd("a"), run.eventfd("b"));
    run.set_irqs(0x24, 2, 0, 1, &[a]);
    run.stimulate(Stimulus::Fire(0));
    run.set_irqs(0x24, 2, 1, 1, &[b]);
    run.during("clear MSI-X Enable", Stimulus::Fire(0));
    run.set_irqs(0x21, 2, 0, 0, &[]);
    run.set_irqs(0x24, 2, 0, 2, &[a, b]);
    run.trace()
}

/// INTx asserted, unmasked while still up, deasserted, disabled.
pub(super) fn intx(function: &str, host: &str) -> Trace {
    let mut run = Run::new(function, host);
    let a = run.eventfd("a");
    run.set_irqs(0x24, 0, 0, 1, &[a]);
    run.stimulate(Stimulus::AssertIntx);
    run.set_irqs(0x11, 0, 0, 1, &[]);
    run.stimulate(Stimulus::DeassertIntx);
    run.set_irqs(0x11, 0, 0, 1, &[]);
    run.call(|emulator| emulator.eventfd_read(a).map(drop));
    run.set_irqs(0x21, 0, 0, 1, &[]);
    run.set_irqs(0x21, 0, 0, 0, &[]);
    run.trace()
}

/// MSI with several vectors, one released, one masked by the user's config write.
pub(super) fn msi(function: &str, host: &str) -> Trace {
    let mut run = Run::new(function, host);
    let fds: Vec<Fd> = ["a", "b", "c", "d"].map(|name| run.eventfd(name)).into();
    run.set_irqs(0x24, 1, 0, 4, &fds);
    run.call(|emulator| emulator.irq_info(16, 1).map(drop));
    run.stimulate(Stimulus::Fire(1));
    run.call(|emulator| {
        let offset = emulator.machine.function.msi().map_or(0x50, |msi| u64::from(msi.offset()));
        emulator.region_write(CONFIG_REGION, offset + 16, &[2, 0, 0, 0])
    });
    run.stimulate(Stimulus::Fire(1));
    run.stimulate(Stimulus::Fire(1));
    run.set_irqs(0x24, 1, 0, 1, &[-1]);
    run.stimulate(Stimulus::Fire(2));
    run.set_irqs(0x24, 1, 0, 2, &[fds[0], 99]);
    run.call(|emulator| emulator.reset());
    run.set_irqs(0x24, 1, 0, 5, &fds);
    run.trace()
}

/// All of 2048 vectors, then none.
pub(super) fn many(function: &str, host: &str) -> Trace {
    let mut run = Run::new(function, host);
    let fds: Vec<Fd> = (0..2048).map(|n| run.eventfd(&alloc::format!("v{n}"))).collect();
    run.set_irqs(0x24, 2, 0, 2048, &fds);
    run.stimulate(Stimulus::Fire(2047));
    run.set_irqs(0x24, 2, 10, 3, &[-1, -1, fds[0]]);
    run.set_irqs(0x21, 2, 0, 0, &[]);
    run.trace()
}
