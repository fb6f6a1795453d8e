//! Which stimuli the device can carry, by what its function sends with: asked once each, because a
//! real device looks at its registers to say so.

use vfio_irq_core::device::{Stimulus, Target};
use vfio_irq_core::machine::Machine;
use vfio_irq_core::uapi::IrqIndex;

/// Vectors beyond are never fired.
pub(super) const MAX_VECTOR: u16 = 64;

/// What a device can be told in one mode.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Stimuli {
    /// One bit a vector.
    fire: u64,
    assert: bool,
    deassert: bool,
    error: bool,
    request: bool,
}

/// What a device can be told.
#[derive(Clone, Debug, Default)]
pub(super) struct Support {
    /// By mode: none, MSI, MSI-X; what was not asked yet is not there.
    known: [Option<Stimuli>; 3],
    now: Stimuli,
}

impl Support {
    /// Turns to the mode the function is in, and asks the device if it is new. Without access to
    /// its registers a device can't tell its mode: then nothing is asked.
    pub(super) fn turn(&mut self, machine: &Machine, device: &dyn Target) {
        let mode = match machine.function.mode() {
            Some(IrqIndex::Msi) => 1,
            Some(_) => 2,
            None => 0,
        };
        if self.known[mode].is_none() && machine.host.is_open() {
            let fire = (0..MAX_VECTOR).filter(|n| device.supports(Stimulus::Fire(*n)));
            self.known[mode] = Some(Stimuli {
                fire: fire.fold(0, |bits, vector| bits | 1 << vector),
                assert: device.supports(Stimulus::AssertIntx),
                deassert: device.supports(Stimulus::DeassertIntx),
                error: device.supports(Stimulus::Error),
                request: device.supports(Stimulus::Request),
            });
        }
        self.now = self.known[mode].unwrap_or_default();
    }

    /// Whether the device can be told to.
    pub(super) fn can(&self, stimulus: Stimulus) -> bool {
        match stimulus {
            Stimulus::Fire(vector) => vector < MAX_VECTOR && self.now.fire & 1 << vector != 0,
            Stimulus::AssertIntx => self.now.assert,
            Stimulus::DeassertIntx => self.now.deassert,
            Stimulus::Error => self.now.error,
            Stimulus::Request => self.now.request,
            // No device can be told how many vectors its host has left.
            Stimulus::Supply(_) => false,
        }
    }
}
