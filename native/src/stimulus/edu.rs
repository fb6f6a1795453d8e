//! QEMU's teaching device (edu): one register raises, another acknowledges.
//!
//! Source: QEMU's `docs/specs/edu`.

use std::time::Duration;

use vfio_irq_core::device::Stimulus;

use super::{Mode, Stimulator, Write, write};

#[derive(Debug)]
pub(super) struct Edu;

const IDENTIFICATION: u64 = 0x00;
const RAISE: u64 = 0x60;
const ACKNOWLEDGE: u64 = 0x64;

impl Stimulator for Edu {
    fn name(&self) -> &'static str {
        "edu"
    }

    fn prepare(&self) -> Vec<Write> {
        Vec::new()
    }

    fn memory(&self) -> &'static [(usize, u32)] {
        &[]
    }

    fn stimulate(&self, stimulus: Stimulus, mode: Mode) -> Option<Vec<Write>> {
        match stimulus {
            Stimulus::Fire(0) => Some(vec![write(RAISE, 1)]),
            Stimulus::AssertIntx if mode == Mode::Pin => Some(vec![write(RAISE, 2)]),
            Stimulus::DeassertIntx => Some(vec![write(ACKNOWLEDGE, u32::MAX)]),
            _ => None,
        }
    }

    fn settle(&self) -> u64 {
        IDENTIFICATION
    }

    fn interval(&self) -> Duration {
        Duration::ZERO
    }
}
