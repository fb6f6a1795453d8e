//! A clean slate before each run.
//!
//! vfio-pci resets a function when it opens it, if the function can be reset, but a reset by power
//! state (D3hot and back) leaves pending bits and status of some: QEMU's e1000e keeps them.

use vfio_irq_core::device::{Answer, Device, Fd, Moment, RegionInfo, Stimulate, Stimulus};
use vfio_irq_core::errno::Errno;
use vfio_irq_core::event::Event;
use vfio_irq_core::guest::GuestCall;
use vfio_irq_core::uapi::{
    CONFIG_REGION, IrqIndex, IrqInfo, IrqSetFlags, IrqSetHeader, eventfd_data,
};

use crate::vfio::VfioDevice;

/// A device that starts each run anew: what the function kept from the run before is taken away
/// before the first open. Turned off inside a run, where the scenario's own opens find
/// what there is.
pub struct Fresh {
    /// The device.
    pub device: VfioDevice,
    /// The next open is a run's first.
    first: bool,
}

impl Fresh {
    /// The next open finds a clean function.
    pub fn new(device: VfioDevice) -> Self {
        Self { device, first: true }
    }

    /// The next open is a new run's first.
    pub fn again(&mut self) {
        self.first = true;
        self.device.forget_descriptors();
    }

    /// Takes away what a function keeps over a close: pending bits, its INTx level, Multiple Message
    /// Enable.
    pub fn clean(&mut self) -> Result<(), Errno> {
        let device = &mut self.device;
        device.open()?;
        let cleaned = clean_open(device);
        let closed = device.close();
        device.take_events();
        cleaned.and(closed)
    }
}

/// Cleans an open device.
fn clean_open(device: &mut VfioDevice) -> Result<(), Errno> {
    let memory_space_and_bus_master = [0x06, 0x00];
    device.region_write(CONFIG_REGION, 4, &memory_space_and_bus_master)?;
    if device.supports(Stimulus::DeassertIntx) {
        device.stimulate(Stimulus::DeassertIntx)?;
    }
    for index in [IrqIndex::Msix, IrqIndex::Msi] {
        let count = device.irq_info(IrqInfo::SIZE, index.raw())?.count;
        // One MSI vector: the count stays in Multiple Message Enable.
        let count = if index == IrqIndex::Msi { count.min(1) } else { count };
        if count > 0 {
            let fd = device.eventfd_create()?;
            let done = on_and_off(device, index, &vec![fd; count as usize]);
            device.eventfd_close(fd)?;
            done?;
        }
    }
    if device.supports(Stimulus::DeassertIntx) {
        device.stimulate(Stimulus::DeassertIntx)?;
    }
    Ok(())
}

/// Enables an index with these eventfds, and disables it.
fn on_and_off(device: &mut VfioDevice, index: IrqIndex, fds: &[Fd]) -> Result<(), Errno> {
    let mut header = IrqSetHeader {
        argsz: IrqSetHeader::SIZE + 4 * fds.len() as u32,
        flags: (IrqSetFlags::DATA_EVENTFD | IrqSetFlags::ACTION_TRIGGER).bits(),
        index: index.raw(),
        start: 0,
        count: fds.len() as u32,
    };
    if device.set_irqs(header, &eventfd_data(fds))? != Answer::Done {
        // The host has not that many vectors, and the index is off.
        return Ok(());
    }
    header.argsz = IrqSetHeader::SIZE;
    header.flags = (IrqSetFlags::DATA_NONE | IrqSetFlags::ACTION_TRIGGER).bits();
    header.count = 0;
    device.set_irqs(header, &[]).map(drop)
}

impl Device for Fresh {
    fn open(&mut self) -> Result<(), Errno> {
        if std::mem::take(&mut self.first) {
            self.clean()?;
        }
        self.device.open()
    }

    fn close(&mut self) -> Result<(), Errno> {
        self.device.close()
    }

    fn irq_info(&mut self, argsz: u32, index: u32) -> Result<IrqInfo, Errno> {
        self.device.irq_info(argsz, index)
    }

    fn set_irqs(&mut self, header: IrqSetHeader, data: &[u8]) -> Result<Answer, Errno> {
        self.device.set_irqs(header, data)
    }

    fn region_info(&mut self, region: u32) -> Result<RegionInfo, Errno> {
        self.device.region_info(region)
    }

    fn region_read(&mut self, region: u32, offset: u64, data: &mut [u8]) -> Result<(), Errno> {
        self.device.region_read(region, offset, data)
    }

    fn region_write(&mut self, region: u32, offset: u64, data: &[u8]) -> Result<(), Errno> {
        self.device.region_write(region, offset, data)
    }

    fn reset(&mut self) -> Result<(), Errno> {
        self.device.reset()
    }

    fn eventfd_create(&mut self) -> Result<Fd, Errno> {
        self.device.eventfd_create()
    }

    fn plain_fd_create(&mut self) -> Result<Fd, Errno> {
        self.device.plain_fd_create()
    }

    fn eventfd_wait(&mut self, fd: Fd, at_least: u64) {
        self.device.eventfd_wait(fd, at_least);
    }

    fn eventfd_read(&mut self, fd: Fd) -> Result<u64, Errno> {
        self.device.eventfd_read(fd)
    }

    fn eventfd_write(&mut self, fd: Fd, value: u64) -> Result<(), Errno> {
        self.device.eventfd_write(fd, value)
    }

    fn eventfd_close(&mut self, fd: Fd) -> Result<(), Errno> {
        self.device.eventfd_close(fd)
    }

    fn guest(&mut self, call: GuestCall) -> Result<bool, Errno> {
        self.device.guest(call)
    }

    fn take_events(&mut self) -> Vec<Event> {
        self.device.take_events()
    }
}

impl Stimulate for Fresh {
    fn supports(&self, stimulus: Stimulus) -> bool {
        self.device.supports(stimulus)
    }

    fn stimulate(&mut self, stimulus: Stimulus) -> Result<(), Errno> {
        self.device.stimulate(stimulus)
    }

    fn stimulate_at(&mut self, moment: Moment, stimulus: Stimulus) -> Result<(), Errno> {
        self.device.stimulate_at(moment, stimulus)
    }

    fn take_missed(&mut self) -> Vec<Moment> {
        self.device.take_missed()
    }
}
