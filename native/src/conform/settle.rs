//! A device brought to rest, so that the next run finds it as a new one.
//!
//! Needed by functions that can't be reset, or whose reset does nothing: they keep pending bits and
//! INTx level over a close, and deliver them to whoever enables a vector next. Linux keeps how many
//! MSI vectors were enabled last (`msi_qmax`), and the function its Multiple Message Enable.

use vfio_irq_core::device::{Answer, Fd, Stimulus, Target};
use vfio_irq_core::errno::Errno;
use vfio_irq_core::machine::Machine;
use vfio_irq_core::uapi::{CONFIG_REGION, IrqIndex, IrqSetFlags, IrqSetHeader, eventfd_data};

use super::support::MAX_VECTOR;

/// Memory Space and Bus Master.
const COMMAND: [u8; 2] = [0x06, 0x00];

/// Brings the device to rest and closes it, whatever state it is in. Errors are not told: a device
/// that can't do this shows it in the next run.
pub(super) fn settle(device: &mut dyn Target, machine: &Machine) {
    // To open what is open changes nothing. It is not closed first: that may cost two resets.
    let _ = device.open();
    let _ = quiet(device, machine);
    let _ = device.close();
    device.take_events();
}

fn quiet(device: &mut dyn Target, machine: &Machine) -> Result<(), Errno> {
    device.region_write(CONFIG_REGION, 4, &COMMAND)?;
    for index in [IrqIndex::Intx, IrqIndex::Msi, IrqIndex::Msix] {
        // Two of the three refuse: one is on at most.
        let _ = off(device, index);
    }
    deassert(device)?;
    let fd = device.eventfd_create()?;
    let counts = [IrqIndex::Msix, IrqIndex::Msi].map(|index| {
        let count = machine.host.count(&machine.function, index);
        (index, count.min(u32::from(MAX_VECTOR)))
    });
    for (index, count) in counts {
        // Pending bits of every vector come out, then one vector is the last that was enabled.
        for count in [count, count.min(1)] {
            if count > 0 && on(device, index, &vec![fd; count as usize]) == Ok(Answer::Done) {
                off(device, index)?;
            }
        }
    }
    device.eventfd_close(fd)?;
    deassert(device)
}

fn deassert(device: &mut dyn Target) -> Result<(), Errno> {
    match device.supports(Stimulus::DeassertIntx) {
        true => device.stimulate(Stimulus::DeassertIntx),
        false => Ok(()),
    }
}

fn on(device: &mut dyn Target, index: IrqIndex, fds: &[Fd]) -> Result<Answer, Errno> {
    let header = IrqSetHeader {
        argsz: IrqSetHeader::SIZE + 4 * fds.len() as u32,
        flags: (IrqSetFlags::DATA_EVENTFD | IrqSetFlags::ACTION_TRIGGER).bits(),
        index: index.raw(),
        start: 0,
        count: fds.len() as u32,
    };
    device.set_irqs(header, &eventfd_data(fds))
}

fn off(device: &mut dyn Target, index: IrqIndex) -> Result<Answer, Errno> {
    let header = IrqSetHeader {
        argsz: IrqSetHeader::SIZE,
        flags: (IrqSetFlags::DATA_NONE | IrqSetFlags::ACTION_TRIGGER).bits(),
        index: index.raw(),
        start: 0,
        count: 0,
    };
    device.set_irqs(header, &[])
}
