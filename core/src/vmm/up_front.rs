//! All vectors up front: cloud-hypervisor for a guest, DPDK for itself.

use alloc::vec::Vec;

use super::policy::{Policy, Reply};
use super::seat::{Seat, Want};
use crate::device::Answer;

/// cloud-hypervisor.
///
/// cloud-hypervisor `pci/src/vfio.rs`: `VfioCommon::initialize_legacy_interrupt` enables INTx, where
/// there is a pin, before the guest runs; `update_msix_capabilities` disables INTx and calls
/// `enable_msix` when the guest sets MSI-X Enable, `disable_msix` and then `enable_intx` when it clears
/// it. `enable_msix` collects one eventfd for each entry of the table, and rust-vmm
/// `vfio-ioctls/src/vfio_device.rs` `VfioDevice::enable_irq` sends them in one request from vector 0.
/// Masking and unmasking an entry changes KVM's routes only.
///
/// Out of vectors: `vfio_syscall::set_device_irqs` takes every number from 0 up for success, so a
/// positive answer passes unnoticed; an errno is logged by `write_config_register`. Either way MSI-X
/// stays off, INTx was disabled before, and the guest is not told: nothing arrives.
#[derive(Default)]
pub(super) struct CloudHypervisor;

impl Policy for CloudHypervisor {
    fn begin(&mut self, seat: &mut Seat<'_>) -> Reply {
        seat.intx_on();
        Reply::Fine
    }

    fn enable(&mut self, _: u16, seat: &mut Seat<'_>) -> Reply {
        seat.intx_off();
        let entries = u16::try_from(seat.view.entries).unwrap_or(u16::MAX);
        let all: Vec<Want> = (0..entries).map(Want::Guest).collect();
        // A positive answer is taken for success, an errno is logged.
        let _ = seat.arm(0, &all);
        Reply::Fine
    }

    fn unmask(&mut self, _: u16, _: &mut Seat<'_>) -> Reply {
        Reply::Fine
    }

    fn mask(&mut self, _: u16, _: &mut Seat<'_>) -> Reply {
        Reply::Fine
    }

    fn disable(&mut self, seat: &mut Seat<'_>) -> Reply {
        let _ = seat.msix_off();
        seat.intx_on();
        Reply::Fine
    }
}

/// DPDK.
///
/// DPDK `lib/eal/linux/eal_interrupts.c` `vfio_enable_msix`: one request from vector 0 with as many
/// eventfds as the driver said it uses (`max_intr`), the whole table or not; `vfio_disable_msix`:
/// `DATA_NONE` with count 0. INTx is never enabled for a device that has MSI-X. That drivers call
/// `rte_intr_enable` once for one vector and again for all of them, with `rte_intr_disable` in between
/// and no queue running, is left out here.
///
/// Out of vectors: anything but 0, positive answers too, is an error of `rte_intr_enable`, and the
/// driver decides; here it does not start the device. Whether each driver looks at the error was not
/// checked.
#[derive(Default)]
pub(super) struct Dpdk;

impl Policy for Dpdk {
    fn begin(&mut self, _: &mut Seat<'_>) -> Reply {
        Reply::Fine
    }

    fn enable(&mut self, vectors: u16, seat: &mut Seat<'_>) -> Reply {
        let used: Vec<Want> = (0..vectors).map(Want::Guest).collect();
        match seat.arm(0, &used) {
            Ok(Answer::Done) => Reply::Fine,
            Ok(Answer::Only(_)) | Err(_) => Reply::Refused,
        }
    }

    fn unmask(&mut self, _: u16, _: &mut Seat<'_>) -> Reply {
        Reply::Fine
    }

    fn mask(&mut self, _: u16, _: &mut Seat<'_>) -> Reply {
        Reply::Fine
    }

    fn disable(&mut self, seat: &mut Seat<'_>) -> Reply {
        let _ = seat.msix_off();
        Reply::Fine
    }
}
