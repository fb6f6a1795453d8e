//! crosvm: the whole table, mostly −1, then updates.

use alloc::vec;
use alloc::vec::Vec;

use super::policy::{Policy, Reply};
use super::seat::{Answered, Seat, Want};

/// crosvm.
///
/// crosvm `devices/src/pci/vfio_pci.rs`: `assign_irq` enables INTx before the guest runs. When the guest
/// sets MSI-X Enable, `enable_msix` disables INTx and sends the whole table in one request: what has
/// been unmasked with its eventfd, the rest −1. If no entry has one, vector 0 gets a spare eventfd first,
/// and a second request takes it away. When Function Mask falls, which Linux sets together with Enable,
/// `msix_vectors_update` sends the table once more. `msix_vector_update` arms one vector when its entry is
/// unmasked, and moves it to an eventfd crosvm itself waits for when it is masked (`get_msix_irqfd`).
/// `disable_msix` ends with `enable_intx`. NORESIZE is not looked at: the host allocates the whole
/// table at the first request, so every update lies within it.
///
/// Out of vectors: `devices/src/vfio.rs` `VfioDevice::irq_enable` takes a positive answer for success.
/// Then MSI-X stays off, and the next `msix_vector_update` of vector k is a first enable of 0 to k.
/// An errno of `enable_msix` brings INTx back, and every later request is refused because INTx is on;
/// that is logged. The guest is told nothing.
#[derive(Default)]
pub(super) struct Crosvm {
    /// Entries that have been unmasked while MSI-X was on, and so have an eventfd.
    wired: Vec<u16>,
}

impl Crosvm {
    fn want(&self, entry: u16, seat: &Seat<'_>) -> Want {
        if !self.wired.contains(&entry) {
            Want::Nothing
        } else if seat.view.masked[usize::from(entry)] {
            Want::Aside(entry)
        } else {
            Want::Guest(entry)
        }
    }

    fn table(&self, seat: &Seat<'_>) -> Vec<Want> {
        let entries = u16::try_from(seat.view.entries).unwrap_or(u16::MAX);
        (0..entries).map(|entry| self.want(entry, seat)).collect()
    }

    /// `enable_msix`, in which the first errno counts.
    fn all(&self, seat: &mut Seat<'_>) -> Answered {
        let wants = self.table(seat);
        if wants.iter().all(|want| *want == Want::Nothing) {
            let mut first = vec![Want::Nothing; wants.len()];
            if let Some(first) = first.first_mut() {
                *first = Want::Spare;
            }
            seat.arm(0, &first)?;
        }
        seat.arm(0, &wants)
    }
}

impl Policy for Crosvm {
    fn begin(&mut self, seat: &mut Seat<'_>) -> Reply {
        seat.intx_on();
        Reply::Fine
    }

    fn enable(&mut self, _: u16, seat: &mut Seat<'_>) -> Reply {
        seat.intx_off();
        self.wired = seat.view.unmasked().collect();
        if self.all(seat).is_err() {
            seat.intx_on();
        }
        // `msix_vectors_update`: Function Mask falls.
        let wants = self.table(seat);
        let _ = seat.arm(0, &wants);
        Reply::Fine
    }

    fn unmask(&mut self, entry: u16, seat: &mut Seat<'_>) -> Reply {
        if !self.wired.contains(&entry) {
            self.wired.push(entry);
        }
        let _ = seat.arm(entry, &[Want::Guest(entry)]);
        Reply::Fine
    }

    fn mask(&mut self, entry: u16, seat: &mut Seat<'_>) -> Reply {
        let _ = seat.arm(entry, &[self.want(entry, seat)]);
        Reply::Fine
    }

    fn disable(&mut self, seat: &mut Seat<'_>) -> Reply {
        // `disable_msix` goes no further if the host refuses.
        if seat.msix_off().is_ok() {
            seat.intx_on();
        }
        Reply::Fine
    }
}
