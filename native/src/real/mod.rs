//! The commands on a real device.

mod fresh;
mod laboratory;
mod likeness;

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use vfio_irq_core::device::Device;
use vfio_irq_core::host::HostProfile;
use vfio_irq_core::machine::Machine;
use vfio_irq_core::pci::Function;
use vfio_irq_core::scenario::Scenario;
use vfio_irq_core::seen::FlagWords;
use vfio_irq_core::uapi::{IrqIndex, IrqInfo};

use crate::address::{Address, Interface};
use crate::input::Input;
use crate::table::Table;
use crate::vfio::{Places, Unusable, VfioDevice};
use crate::{Error, Exit, Format, Report, answers, conform, inspect, run};

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

/// `vfio-irq run --device`.
pub fn run_scenario(input: &Input, which: Which, options: &run::Options) -> Result<Report, Error> {
    let mut device = Fresh::new(which.device()?);
    let name = which.name(&device.device);
    let host = format!("Linux {}", release());
    run::run_on(input, options, &mut device, name, host)
}

/// `vfio-irq inspect ADDRESS`: what the config space says, and what VFIO says of each index.
pub fn inspect_device(which: Which, format: Format) -> Result<Report, Error> {
    let Which { address, .. } = which;
    let config = Places::default().config(address)?;
    // The kernel shows 64 bytes to those who may not see more, and 256 or 4096 to root.
    let input = Input { name: format!("config space of {address}"), bytes: config };
    let mut report = inspect::inspect_at(&input, &address.to_string(), format)?;
    if format == Format::Json {
        return Ok(report);
    }
    match indexes(which) {
        Ok(text) => report.stdout += &text,
        Err(error) => {
            report.stderr = format!("note: VFIO was not asked: {error}\n");
        }
    }
    Ok(report)
}

/// GET_IRQ_INFO of every index.
fn indexes(which: Which) -> Result<String, Unusable> {
    let mut device = which.device()?;
    let failed = |what| {
        move |errno: vfio_irq_core::errno::Errno| Unusable::Call {
            what,
            source: rustix::io::Errno::from_raw_os_error(errno.0),
        }
    };
    device.open().map_err(failed("VFIO_GROUP_GET_DEVICE_FD"))?;
    let mut table = Table::default();
    for index in IrqIndex::ALL {
        let said = match device.irq_info(IrqInfo::SIZE, index.raw()) {
            Ok(info) => [format!("count {}", info.count), FlagWords(info.flags).to_string()],
            Err(errno) => [errno.to_string(), String::new()],
        };
        table.row([&index.to_string(), &said[0], &said[1]]);
    }
    let reset = match device.can_reset() {
        Ok(true) => "the kernel can reset it",
        _ => "the kernel can't reset it",
    };
    Ok(format!("  VFIO_DEVICE_GET_IRQ_INFO under Linux {}; {reset}\n{}", release(), table.print(4)))
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
    let mut device = which.device()?;
    if let Some(path) = &laboratory.halt {
        device.halt_with(Box::new(laboratory::Control::open(path)?));
    }
    let mut marks = laboratory.marks.as_deref().map(laboratory::Marks::open).transpose()?;
    let mut device = Fresh::new(device);
    for input in inputs {
        let scenario = match Scenario::parse(input.text()?) {
            Ok(scenario) => scenario,
            Err(errors) => {
                let text = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
                return Ok(Report {
                    stdout: String::new(),
                    stderr: text + "\n",
                    exit: Exit::Wrong,
                });
            }
        };
        device.again();
        let mut mark = |line| {
            if let Some(marks) = &mut marks {
                marks.line(line);
            }
        };
        let block = answers::answers(&input.name, &scenario, &mut device, &mut mark);
        if let Some(marks) = &mut marks {
            marks.end();
        }
        if out.write_all(block.text.as_bytes()).and_then(|()| out.flush()).is_err() {
            break;
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
    let host = host.unwrap_or_else(|| host_for(&release).0);
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
        "{} under Linux {release} beside the emulator: {} ({from}), host {}",
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
