//! Boots a kernel in QEMU with functions bound to vfio-pci, and talks with what runs there.
//!
//! The machine is QEMU's q35 with an IOMMU, interpreted (`accel=tcg`), so it needs no KVM below it and one
//! instruction follows the other. Four lines lead out: the console (ttyS0, kept and logged), the
//! results (`/dev/results`, lines from the guest), the control line (`/dev/control`, both ways), and
//! QEMU's trace of register writes. Two more when asked for: gdb's and qtest's. Left out: several CPUs.

mod line;
mod qemu;
mod running;

use crate::initramfs::Initramfs;
use crate::packages::Kernel;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use line::Control;
pub(crate) use line::Next;
pub use running::{Ended, Running};

/// A function the machine has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// QEMU's arguments that make it.
    pub arguments: Vec<String>,
    /// Its address in the guest if it is to be bound to vfio-pci: `0000:00:04.0`.
    pub bind: Option<String>,
}

impl Device {
    /// A function from `-device` and its properties, at a slot of bus 0, bound to vfio-pci.
    pub fn new(properties: &str, slot: u8) -> Self {
        let arguments = vec!["-device".into(), format!("{properties},addr={slot:x}")];
        Self { arguments, bind: Some(format!("0000:00:{slot:02x}.0")) }
    }

    /// e1000e at slot 4, nec-usb-xhci at slot 5, edu at slot 6.
    pub fn usual() -> Vec<Self> {
        let mut network = Self::new("e1000e,netdev=n0,romfile=", 4);
        network.arguments.extend(["-netdev".into(), "user,id=n0,restrict=on".into()]);
        vec![network, Self::new("nec-usb-xhci", 5), Self::new("edu", 6)]
    }
}

/// A guest to be booted.
#[derive(Debug)]
pub struct Guest {
    kernel: Kernel,
    initramfs: Initramfs,
    devices: Vec<Device>,
    command_line: String,
    remapping: bool,
    unsafe_interrupts: Option<bool>,
    trace: Option<Vec<String>>,
    debug: bool,
    log: Option<PathBuf>,
    timeout: Duration,
    qemu: PathBuf,
    arguments: Vec<String>,
}

impl Guest {
    /// A guest of this kernel with the usual three functions, interrupt remapping, no trace, and a
    /// minute to live.
    pub fn new(kernel: &Kernel) -> Self {
        Self {
            kernel: kernel.clone(),
            initramfs: Initramfs::default(),
            devices: Device::usual(),
            command_line: String::new(),
            remapping: true,
            unsafe_interrupts: None,
            trace: None,
            debug: false,
            log: None,
            timeout: Duration::from_secs(60),
            qemu: "qemu-system-x86_64".into(),
            arguments: Vec::new(),
        }
    }

    /// Adds a static program of the machine as `/bin/NAME`.
    ///
    /// # Errors
    /// When it can't be read or is not static.
    pub fn program(mut self, name: &str, file: &Path) -> Result<Self> {
        self.initramfs.program(name, file)?;
        Ok(self)
    }

    /// Adds a file.
    pub fn file(mut self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.initramfs.file(path, 0o644, content.as_ref());
        self
    }

    /// What the guest runs, in busybox's shell. Its standard output is the results line, its
    /// standard error the console.
    pub fn script(mut self, script: &str) -> Self {
        self.initramfs.script(script);
        self
    }

    /// The functions, instead of the usual three.
    pub fn devices(mut self, devices: Vec<Device>) -> Self {
        self.devices = devices;
        self
    }

    /// Adds to the kernel's command line.
    pub fn command_line(mut self, words: &str) -> Self {
        self.command_line = format!("{} {words}", self.command_line);
        self
    }

    /// Whether the IOMMU remaps interrupts. Without it, vfio_iommu_type1 is loaded with
    /// `allow_unsafe_interrupts=1`, or nothing could be opened.
    pub fn remapping(mut self, on: bool) -> Self {
        self.remapping = on;
        self
    }

    /// Sets `allow_unsafe_interrupts` other than [`Self::remapping`] would.
    pub fn unsafe_interrupts(mut self, allowed: bool) -> Self {
        self.unsafe_interrupts = Some(allowed);
        self
    }

    /// Gives a module options, for example `vfio-pci` and `nointxmask=1`.
    pub fn module_options(mut self, module: &str, options: &str) -> Self {
        self.initramfs.module_options(module, options);
        self
    }

    /// Loads KVM: the guest can have guests.
    pub fn kvm(mut self) -> Self {
        self.initramfs.kvm();
        self
    }

    /// Records register writes, and lines of further trace events (`e1000e_irq_*`).
    pub fn trace(mut self, further: &[&str]) -> Self {
        self.trace = Some(further.iter().map(|&name| name.to_owned()).collect());
        self
    }

    /// Opens the lines of gdb and qtest.
    pub fn debug(mut self) -> Self {
        self.debug = true;
        self
    }

    /// Writes the console to a file as it comes.
    pub fn log(mut self, file: &Path) -> Self {
        self.log = Some(file.to_owned());
        self
    }

    /// How long the guest may live; then it is killed, and whoever waits gets an error.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Another QEMU than the one on PATH.
    pub fn qemu(mut self, program: &Path) -> Self {
        self.qemu = program.to_owned();
        self
    }

    /// Adds to QEMU's arguments.
    pub fn arguments(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|&one| one.to_owned()));
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// When QEMU is missing or does not like its arguments.
    pub fn boot(mut self) -> Result<Running> {
        if self.unsafe_interrupts.unwrap_or(!self.remapping) {
            self.initramfs.module_options("vfio_iommu_type1", "allow_unsafe_interrupts=1");
        }
        for address in self.devices.iter().filter_map(|device| device.bind.as_deref()) {
            self.initramfs.function(address);
        }
        let host = self.kernel.host.clone();
        Running::start(self).with_context(|| format!("a guest of {host}"))
    }
}
