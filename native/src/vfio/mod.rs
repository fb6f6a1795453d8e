//! A real device behind `/dev/vfio`: the seam's other implementor.
//!
//! What a scenario says reaches the kernel unchanged, wrong values included, and what the kernel
//! answers comes back unchanged, positive numbers included. The device is opened and closed as
//! often as the scenario says; the way to it (group and container, or an IOMMUFD) stays open
//! meanwhile.
//!
//! | file | does |
//! |---|---|
//! | [`place`] | finds the device in sysfs and `/dev` |
//! | `connection` | opens the way to it |
//! | `device`, `regions`, `stimulate` | are the seam |
//! | `descriptors` | keeps the scenario's eventfds |
//! | `kvm` | takes the counts of eventfds in KVM's place |
//! | `halt` | things that happen inside a call |
//! | `numbers`, `sys` | the header's numbers; every unsafe block |
//!
//! Left out: several devices of one group at once, device fds handed over by other programs,
//! no-IOMMU mode, machines that are not little-endian (requests are spoken as the emulator speaks
//! them).

mod connection;
mod descriptors;
mod device;
mod error;
mod halt;
mod kvm;
mod numbers;
mod place;
mod regions;
mod stimulate;
mod sys;

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use vfio_irq_core::device::{Moment, Stimulus};
use vfio_irq_core::errno::Errno;
use vfio_irq_core::event::Event;

use connection::Connection;
use descriptors::Descriptors;
use kvm::Kvm;
use numbers::{CAN_RESET, DEVICE_GET_INFO, number, numbers};
use regions::Regions;
use sys::{DmaMemory, Guarded};

use crate::address::{Address, Interface};
use crate::stimulus::{Stimulator, for_function};

pub use error::Unusable;
pub use halt::{Halt, Planned};
pub use place::Places;

/// A device under vfio-pci.
pub struct VfioDevice {
    address: Address,
    places: Places,
    /// sysfs' view of config space: the physical registers.
    config: File,
    connection: Connection,
    memory: Guarded,
    device: Option<OwnedFd>,
    regions: Regions,
    fds: Descriptors,
    kvm: Kvm,
    events: Vec<Event>,
    stimulator: Option<Box<dyn Stimulator>>,
    /// Memory the device may read, once it needs it.
    dma: Option<DmaMemory>,
    /// The stimulator's preparations are done since the last reset.
    prepared: bool,
    halt: Option<Box<dyn Halt>>,
    plans: Vec<(Moment, Stimulus)>,
    missed: Vec<Moment>,
}

impl VfioDevice {
    /// Finds the way to a device, and checks that it is free: opens it once, which resets the
    /// function where it can be reset.
    pub fn new(places: Places, address: Address, interface: Interface) -> Result<Self, Unusable> {
        let memory_failed = |source| Unusable::Call { what: "mmap", source };
        let mut memory = Guarded::new(1).map_err(memory_failed)?;
        let connection = Connection::new(&places, address, interface, &mut memory)?;
        let path = places.device(address).join("config");
        let config = File::options().read(true).open(&path);
        let config = config.map_err(|source| Unusable::File { path, source })?;
        let stimulator = places.ids(address)?.and_then(|(vendor, id)| for_function(vendor, id));
        // Whether another program has it shows here, where it can be said.
        drop(connection.device(&mut memory).map_err(|failed| connection.unusable(failed))?);
        // What the kernel leaves to a worker on this CPU (the signal an unmask eventfd calls for)
        // is then done when the call that brought it about comes back.
        sys::give_way();
        Ok(Self {
            address,
            places,
            config,
            connection,
            memory,
            device: None,
            regions: Default::default(),
            fds: Descriptors::new(),
            kvm: Kvm::default(),
            events: Vec::new(),
            stimulator,
            dma: None,
            prepared: false,
            halt: None,
            plans: Vec::new(),
            missed: Vec::new(),
        })
    }

    /// Lets a laboratory interrupt this device's calls.
    pub fn halt_with(&mut self, halt: Box<dyn Halt>) {
        self.halt = Some(halt);
    }

    /// The device's address.
    pub fn address(&self) -> Address {
        self.address
    }

    /// What makes this device interrupt, if anything is known to.
    pub fn stimulator(&self) -> Option<&dyn Stimulator> {
        self.stimulator.as_deref()
    }

    /// Whether the kernel can reset the function (VFIO_DEVICE_FLAGS_RESET).
    pub fn can_reset(&mut self) -> Result<bool, Errno> {
        let mut info = numbers(&[16, 0, 0, 0]);
        self.ioctl(DEVICE_GET_INFO, &mut info)?;
        Ok(number(&info, 4) & CAN_RESET != 0)
    }

    /// Closes the scenario's descriptors and numbers them anew: for the next of many runs.
    pub fn forget_descriptors(&mut self) {
        self.fds.forget();
        self.kvm = Kvm::default();
    }

    /// The device's descriptor, for who speaks to the kernel himself; none while it is closed.
    pub fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.device.as_ref().map(AsFd::as_fd)
    }

    /// The device's descriptor; EBADF, as of a closed one, while there is none.
    fn fd(&self) -> Result<BorrowedFd<'_>, Errno> {
        self.device.as_ref().map(AsFd::as_fd).ok_or(Errno::EBADF)
    }

    fn ioctl(&mut self, request: u32, bytes: &mut [u8]) -> Result<i32, Errno> {
        let fd = self.device.as_ref().map(AsFd::as_fd).ok_or(Errno::EBADF)?;
        self.memory.ioctl(fd, request, bytes).map_err(errno)
    }

    /// Opens the device's descriptor, and learns where its regions are.
    fn open_now(&mut self) -> Result<(), Errno> {
        if self.device.is_some() {
            return Ok(());
        }
        let device = self.connection.device(&mut self.memory).map_err(|failed| failed.errno())?;
        self.device = Some(device);
        self.fds.start_over();
        // The kernel resets what it can when it opens.
        self.prepared &= !self.can_reset().unwrap_or(true);
        self.learn_regions();
        Ok(())
    }
}

fn errno(error: rustix::io::Errno) -> Errno {
    Errno(error.raw_os_error())
}

#[cfg(test)]
mod tests;
