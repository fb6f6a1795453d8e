//! QEMU: vector 0 with −1, then singly; under NORESIZE, tear down and rebuild.

use alloc::vec::Vec;

use super::policy::{Policy, Reply};
use super::seat::{Answered, Seat, Want};
use crate::device::Answer;

/// QEMU.
///
/// QEMU `hw/vfio/pci.c`, as of 10.1: `vfio_intx_enable` when the device is realized and after
/// `vfio_msix_disable`; `vfio_msix_enable` disables INTx, then arms the entries the guest has
/// unmasked (`vfio_enable_vectors`), or, if none is, gives vector 0 the descriptor −1
/// (`vfio_enable_msix_no_vec`). Without NORESIZE `vfio_enable_vectors` begins with that, too, so that
/// only armed vectors are allocated. `vfio_msix_vector_do_use`, for an entry that is unmasked: a vector
/// at or above `nr_vectors` under NORESIZE disables the index and enables 0 to that vector again; any
/// other is armed alone (`set_irq_signalling`). `vfio_msix_vector_release`, for an entry that is masked:
/// the vector goes to an eventfd QEMU itself waits for. INTx's unmask eventfd, which KVM signals, is left
/// out.
///
/// Out of vectors: `vfio_enable_vectors` and `vfio_enable_msix_no_vec` hand an errno or a positive
/// answer up, and their callers log it and go on. INTx was disabled before, the guest is not told.
/// Under NORESIZE the rebuild has then taken the vectors that worked, too. (For MSI, which is not
/// played here, `vfio_msi_enable` does ask again for what the positive answer says.)
#[derive(Default)]
pub(super) struct Qemu {
    /// `nr_vectors`: one above the highest vector armed so far.
    vectors: u16,
    /// Vectors armed so far: `use` of `VFIOMSIVector`.
    used: Vec<u16>,
}

impl Qemu {
    /// `vfio_enable_msix_no_vec`.
    fn none(seat: &mut Seat<'_>) -> Answered {
        seat.arm(0, &[Want::Nothing])
    }

    /// `vfio_enable_vectors`.
    fn all(&self, seat: &mut Seat<'_>) {
        if !seat.view.noresize && !matches!(Self::none(seat), Ok(Answer::Done)) {
            return;
        }
        let want = |vector: u16| {
            if !self.used.contains(&vector) {
                Want::Nothing
            } else if seat.view.masked[usize::from(vector)] {
                Want::Aside(vector)
            } else {
                Want::Guest(vector)
            }
        };
        let wants: Vec<Want> = (0..self.vectors).map(want).collect();
        let _ = seat.arm(0, &wants);
    }

    fn r#use(&mut self, vector: u16) {
        if !self.used.contains(&vector) {
            self.used.push(vector);
        }
    }
}

impl Policy for Qemu {
    fn begin(&mut self, seat: &mut Seat<'_>) -> Reply {
        seat.intx_on();
        Reply::Fine
    }

    fn enable(&mut self, _: u16, seat: &mut Seat<'_>) -> Reply {
        seat.intx_off();
        let unmasked: Vec<u16> = seat.view.unmasked().collect();
        for vector in unmasked {
            self.r#use(vector);
            self.vectors = self.vectors.max(vector + 1);
        }
        if self.vectors > 0 {
            self.all(seat);
        } else {
            let _ = Self::none(seat);
        }
        Reply::Fine
    }

    fn unmask(&mut self, entry: u16, seat: &mut Seat<'_>) -> Reply {
        self.r#use(entry);
        let resizing = self.vectors <= entry;
        if resizing {
            self.vectors = entry + 1;
        }
        if seat.view.noresize && resizing {
            let _ = seat.msix_off();
            self.all(seat);
        } else {
            let _ = seat.arm(entry, &[Want::Guest(entry)]);
        }
        Reply::Fine
    }

    fn mask(&mut self, entry: u16, seat: &mut Seat<'_>) -> Reply {
        let _ = seat.arm(entry, &[Want::Aside(entry)]);
        Reply::Fine
    }

    fn disable(&mut self, seat: &mut Seat<'_>) -> Reply {
        let mut used = core::mem::take(&mut self.used);
        used.sort_unstable();
        for vector in used {
            let _ = seat.arm(vector, &[Want::Aside(vector)]);
        }
        let _ = seat.msix_off();
        self.vectors = 0;
        seat.intx_on();
        Reply::Fine
    }
}
