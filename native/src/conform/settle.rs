//! A device brought to rest, so that the next run finds it as a new one.
//!
//! Needed by functions that can't be reset, or whose reset does nothing: they keep pending bits and
//! INTx level over a close, and deliver them to whoever enables a vector next. Linux keeps how many
//! MSI vectors were enabled last (`msi_qmax`), and the function its Multiple Message Enable.
//!
//! Left out: pending bits of vectors the host can't give; they are not raised in such a function.

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
    let drained = drain(device, machine, fd);
    device.eventfd_close(fd)?;
    drained?;
    deassert(device)
}

/// Lets out what is pending in vectors, into an eventfd nobody reads.
fn drain(device: &mut dyn Target, machine: &Machine, fd: Fd) -> Result<(), Errno> {
    for index in [IrqIndex::Msix, IrqIndex::Msi] {
        let count = machine.host.count(&machine.function, index).min(u32::from(MAX_VECTOR));
        if count == 0 {
            continue;
        }
        let all = match on(device, index, fd, count)? {
            Answer::Done => Answer::Done,
            Answer::Only(fewer) => on(device, index, fd, fewer)?,
        };
        if all == Answer::Done {
            off(device, index)?;
        }
        // One vector is what a new device had last.
        if count > 1 && on(device, index, fd, 1)? == Answer::Done {
            off(device, index)?;
        }
    }
    Ok(())
}

fn deassert(device: &mut dyn Target) -> Result<(), Errno> {
    match device.supports(Stimulus::DeassertIntx) {
        true => device.stimulate(Stimulus::DeassertIntx),
        false => Ok(()),
    }
}

/// Enables vectors `0..count`, all with this eventfd.
fn on(device: &mut dyn Target, index: IrqIndex, fd: Fd, count: u32) -> Result<Answer, Errno> {
    let fds = vec![fd; count as usize];
    let header = IrqSetHeader {
        argsz: IrqSetHeader::SIZE + 4 * fds.len() as u32,
        flags: (IrqSetFlags::DATA_EVENTFD | IrqSetFlags::ACTION_TRIGGER).bits(),
        index: index.raw(),
        start: 0,
        count,
    };
    device.set_irqs(header, &eventfd_data(&fds))
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
