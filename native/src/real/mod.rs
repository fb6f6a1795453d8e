//! The commands on a real device.

mod fresh;
mod laboratory;
mod likeness;
mod view;

use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use vfio_irq_core::host::HostProfile;
use vfio_irq_core::machine::Machine;
use vfio_irq_core::pci::Function;
use vfio_irq_core::scenario::Scenario;

use crate::address::{Address, Interface};
use crate::input::Input;
use crate::vfio::{Places, Unusable, VfioDevice};
use crate::{Error, Format, Report, answers, conform, inspect, run};

pub use fresh::Fresh;
pub use likeness::{host_for, likeness, release};

/// Which device, and how to reach it.
#[derive(Clone, Copy, Debug)]
pub struct Which {
    /// Its address.
    pub address: Address,
    /// The way.
    pub interface: Interface,
}

impl Which {
    fn device(self) -> Result<VfioDevice, Unusable> {
        VfioDevice::new(Places::default(), self.address, self.interface)
    }

    /// What a trace calls the device.
    fn name(self, device: &VfioDevice) -> String {
        match device.stimulator() {
            Some(stimulator) => format!("{} ({})", self.address, stimulator.name()),
            None => self.address.to_string(),
        }
    }
}

/// `vfio-irq run --device`. The device is not touched unless the text is right.
pub fn run_scenario(input: &Input, which: Which, options: &run::Options) -> Result<Report, Error> {
    run::run_on(input, options, || {
        let device = which.device()?;
        let function = which.name(&device);
        let host = format!("Linux {}", release());
        Ok(run::On { target: Fresh::new(device), function, host })
    })
}

/// `vfio-irq inspect ADDRESS`: what the config space says, and what VFIO says of each index.
pub fn inspect_device(which: Which, format: Format) -> Result<Report, Error> {
    let Which { address, .. } = which;
    // The kernel shows 64 bytes to those who may not see more, and 256 or 4096 to root.
    let bytes = Places::default().config(address)?;
    let input = Input { name: format!("config space of {address}"), bytes };
    let function = inspect::decode_at(&input, &address.to_string())?;
    Ok(match view::view(which, &function.decoded) {
        Ok(view) => inspect::show_real(function, Some(&view), format),
        Err(error) => {
            let error = anyhow::Error::from(error);
            let stderr = format!("note: VFIO was not asked: {error:#}\n");
            Report { stderr, ..inspect::show_real(function, None, format) }
        }
    })
}

/// What `vfio-irq answers --device` needs beside the files.
#[derive(Debug, Default)]
pub struct Laboratory {
    /// Where each line's number is written before the line is run: a config space file, at the
    /// host bridge's Interrupt Line, where nobody minds and a tracing emulator sees it.
    pub marks: Option<PathBuf>,
    /// Where to ask someone to hold the kernel inside a call.
    pub halt: Option<PathBuf>,
}

/// `vfio-irq answers --device`: prints each scenario's block as it is done.
pub fn print_answers(
    inputs: &[Input],
    which: Which,
    laboratory: &Laboratory,
    out: &mut dyn Write,
) -> Result<Report, Error> {
    let mut scenarios = Vec::new();
    for input in inputs {
        match Scenario::parse(input.text()?) {
            Ok(scenario) => scenarios.push((&input.name, scenario)),
            Err(errors) => return Ok(answers::wrong(input, &errors)),
        }
    }
    let mut device = which.device()?;
    if let Some(path) = &laboratory.halt {
        device.halt_with(Box::new(laboratory::Control::open(path)?));
    }
    let mut marks = laboratory.marks.as_deref().map(laboratory::Marks::open).transpose()?;
    let mut device = Fresh::new(device);
    for (name, scenario) in &scenarios {
        device.again();
        let mut mark = |line| {
            if let Some(marks) = &mut marks {
                marks.line(line);
            }
        };
        let block = answers::answers(name, scenario, &mut device, &mut mark);
        if let Some(marks) = &mut marks {
            marks.end();
        }
        match out.write_all(block.text.as_bytes()).and_then(|()| out.flush()) {
            Ok(()) => {}
            // Who read has what he wanted.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => break,
            Err(source) => return Err(Error::Write { source }),
        }
    }
    Ok(Report::done(String::new()))
}

/// What `vfio-irq conform` is asked for.
#[derive(Debug)]
pub struct Conform {
    /// The emulator's host; without, the one most like the running kernel.
    pub host: Option<HostProfile>,
    /// The emulator's function; without, the one most like the device.
    pub function: Option<Function>,
    /// Whether the host has interrupt remapping.
    pub remapping: bool,
    /// Makes the steps.
    pub seed: u64,
    /// How many operations.
    pub ops: u64,
    /// The first sequence.
    pub sequence: u64,
    /// Bounds, and what is left out.
    pub limits: conform::Limits,
}

/// `vfio-irq conform --device`; what the emulator was made like, and how far it is, goes to
/// `progress`.
pub fn conform_device(
    which: Which,
    wanted: Conform,
    progress: &mut dyn Write,
) -> Result<Report, Error> {
    let Conform { host, function, remapping, seed, ops, sequence, limits } = wanted;
    let device = which.device()?;
    let release = release();
    let (host, like) = match host {
        Some(host) => (host, ""),
        None => match host_for(&release) {
            (host, true) => (host, ""),
            (host, false) => (host, ", the nearest there is (a difference may be the kernel's)"),
        },
    };
    let host = HostProfile { remapping, ..host };
    let (function, from) = match function {
        Some(function) => (function, "as asked".to_owned()),
        None => {
            let config = Places::default().config(which.address)?;
            likeness(&config, &which.address.to_string())?
        }
    };
    // Nothing more can be said if standard error is what fails.
    let _ = writeln!(
        progress,
        "{} under Linux {release} beside the emulator: {} ({from}), host {}{like}",
        which.name(&device),
        function.describe(),
        host.name
    );
    let mut device = Fresh::new(device);
    let mut told = Instant::now();
    let mut tell = |now: conform::Progress| {
        if told.elapsed() > Duration::from_secs(10) {
            told = Instant::now();
            let _ = match now {
                conform::Progress::Comparing { ops, .. } => writeln!(progress, "{ops} operations"),
                conform::Progress::Shrinking { reruns, steps } => {
                    writeln!(progress, "shortening: {steps} steps after {reruns} runs")
                }
            };
        }
    };
    let machine = Machine::new(function, host);
    let setup = conform::Setup { machine, seed, ops, sequence, limits, progress: &mut tell };
    Ok(conform::conform(setup, &mut device).report(seed))
}
