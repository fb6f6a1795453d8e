//! OpenVMM's user-mode drivers: one vector at a time, or not at all.

use alloc::vec::Vec;

use super::policy::{Policy, Reply};
use super::seat::{Seat, Want};

/// OpenVMM's user-mode drivers (NVMe, MANA), which drive the device themselves.
///
/// OpenVMM `vm/devices/user_driver/src/vfio.rs`: `VfioDevice::restore` asks GET_IRQ_INFO of MSI-X and
/// gives up if NORESIZE is set; `enable_device` sets Bus Master, Memory Space and Interrupt Disable.
/// `map_interrupt` arms the vector a queue needs, alone (`vfio_sys` `Device::map_msix`); the first of
/// them enables the index. A vector mapped before keeps its eventfd: masking it is the driver's
/// matter, no request is made. Its `unmap_all_interrupts` sends `DATA_NONE` with a count above 0,
/// which fires instead of unmapping (OpenVMM #3778), and is not played here: a driver that shuts down
/// closes the device. The VMM's assigned devices (`vm/devices/pci/vfio_assigned_device`) are another
/// user, which arms the whole table up front.
///
/// Out of vectors: an errno fails `map_interrupt`, and the driver goes without the queue. A positive
/// answer is no error to `nix`'s ioctl wrapper and passes for success; `map_interrupt` then looks for
/// the vector in /proc/interrupts (`find_msix_irq`) and should not find it, so that it fails as well: that
/// is concluded, not seen.
#[derive(Default)]
pub(super) struct OpenVmm {
    mapped: Vec<u16>,
}

/// Bus Master, Memory Space and Interrupt Disable of Command (PCIe 7.5.1.1.3).
const COMMAND: u32 = 1 << 2 | 1 << 1 | 1 << 10;

impl Policy for OpenVmm {
    fn begin(&mut self, seat: &mut Seat<'_>) -> Reply {
        if seat.view.noresize {
            return Reply::Refused;
        }
        seat.command(COMMAND, 0);
        Reply::Fine
    }

    fn enable(&mut self, _: u16, seat: &mut Seat<'_>) -> Reply {
        let unmasked: Vec<u16> = seat.view.unmasked().collect();
        let replies: Vec<Reply> =
            unmasked.into_iter().map(|entry| self.unmask(entry, seat)).collect();
        if replies.contains(&Reply::Refused) { Reply::Refused } else { Reply::Fine }
    }

    fn unmask(&mut self, entry: u16, seat: &mut Seat<'_>) -> Reply {
        if self.mapped.contains(&entry) {
            return Reply::Fine;
        }
        match seat.arm(entry, &[Want::Guest(entry)]) {
            Ok(crate::device::Answer::Done) => {
                self.mapped.push(entry);
                Reply::Fine
            }
            Ok(crate::device::Answer::Only(_)) | Err(_) => Reply::Refused,
        }
    }

    fn mask(&mut self, _: u16, _: &mut Seat<'_>) -> Reply {
        Reply::Fine
    }

    fn disable(&mut self, _: &mut Seat<'_>) -> Reply {
        self.mapped.clear();
        Reply::Fine
    }
}
