//! Asking VFIO about a device, for `inspect`.

use vfio_irq_core::device::Device;
use vfio_irq_core::errno::Errno;
use vfio_irq_core::pci::import::{Decoded, MsixDecoded};
use vfio_irq_core::seen::FlagWords;
use vfio_irq_core::uapi::{CONFIG_REGION, IrqIndex, IrqInfo};

use super::{Which, release};
use crate::inspect::{Index, View};
use crate::vfio::{Unusable, VfioDevice};

/// Opens the device and asks; the function is reset where it can be.
pub(super) fn view(which: Which, decoded: &Decoded) -> Result<View, Unusable> {
    let mut device = which.device()?;
    device.open().map_err(|errno| Unusable::call("opening the device", errno))?;
    let indexes = IrqIndex::ALL.map(|index| {
        let word = index.word();
        match device.irq_info(IrqInfo::SIZE, index.raw()) {
            Ok(info) => {
                let flags = FlagWords(info.flags).to_string();
                let flags = flags.split('|').map(str::to_owned).collect();
                Index { index: word, count: Some(info.count), flags, errno: None }
            }
            Err(errno) => {
                let errno = Some(errno.to_string());
                Index { index: word, count: None, flags: Vec::new(), errno }
            }
        }
    });
    let can_reset = device.can_reset();
    let can_reset = can_reset.map_err(|errno| Unusable::call("VFIO_DEVICE_GET_INFO", errno))?;
    let masked_entries = decoded.msix.as_ref().and_then(|msix| masked(&mut device, msix).ok());
    Ok(View { kernel: release(), can_reset, indexes: indexes.into(), masked_entries })
}

/// Entries of the MSI-X table whose Mask bit is set (PCIe 7.7.2.7), by mapping it.
fn masked(device: &mut VfioDevice, msix: &MsixDecoded) -> Result<u32, Errno> {
    const ENTRY: u32 = 16;
    let memory_space = [0x02, 0x00];
    device.region_write(CONFIG_REGION, 4, &memory_space)?;
    let len = u32::from(msix.vectors) * ENTRY;
    let words =
        device.region_map_read(u32::from(msix.table.bar), u64::from(msix.table.offset), len)?;
    Ok(words.chunks(4).map(|entry| entry[3] & 1).sum())
}
