//! Intel 82574L (e1000e): Interrupt Cause Set raises any cause.
//!
//! Source: the 82574's datasheet, 10.2.4 (interrupt registers), and QEMU's device of that name.
//! IVAR gives receive queues, transmit queues and "other" one MSI-X vector each, in that order.

use std::time::Duration;

use vfio_irq_core::device::Stimulus;

use super::{Mode, Stimulator, Write, write};

#[derive(Debug)]
pub(super) struct E1000e;

const STATUS: u64 = 0x08;
const ICR: u64 = 0xc0;
const ITR: u64 = 0xc4;
const ICS: u64 = 0xc8;
const IMS: u64 = 0xd0;
const EIAC: u64 = 0xdc;
const IVAR: u64 = 0xe4;
const EITR: u64 = 0xe8;

const VECTORS: u16 = 5;
/// Vector n for cause n, each valid.
const IVAR_IN_ORDER: u32 = 0x8000_0000 | 8 | 9 << 4 | 10 << 8 | 11 << 12 | 12 << 16;
/// Bit of the first queue's cause.
const FIRST_CAUSE: u16 = 20;
const ALL_CAUSES: u32 = 0x1f << FIRST_CAUSE | LINK;
const LINK: u32 = 1 << 2;

impl Stimulator for E1000e {
    fn name(&self) -> &'static str {
        "e1000e"
    }

    fn prepare(&self) -> Vec<Write> {
        let mut writes = vec![write(IVAR, IVAR_IN_ORDER), write(EIAC, 0), write(ITR, 0)];
        writes.extend((0..u64::from(VECTORS)).map(|vector| write(EITR + 4 * vector, 0)));
        // What came up before nobody asked for.
        writes.extend([write(ICR, u32::MAX), write(IMS, ALL_CAUSES)]);
        writes
    }

    fn memory(&self) -> &'static [(usize, u32)] {
        &[]
    }

    fn stimulate(&self, stimulus: Stimulus, mode: Mode) -> Option<Vec<Write>> {
        match stimulus {
            // A cause that is set already is not told again: clear it first.
            Stimulus::Fire(vector) if vector < VECTORS => {
                Some(vec![write(ICR, u32::MAX), write(ICS, 1 << (FIRST_CAUSE + vector))])
            }
            Stimulus::AssertIntx if mode == Mode::Pin => Some(vec![write(ICS, LINK)]),
            Stimulus::DeassertIntx => Some(vec![write(ICR, u32::MAX)]),
            _ => None,
        }
    }

    fn settle(&self) -> u64 {
        STATUS
    }

    /// QEMU keeps 500 units of 256 ns between two interrupts of a vector, whatever ITR and EITR
    /// say; one that comes sooner is told when they are over, and QEMU 7.2 dies of an assertion
    /// when MSI-X is off by then. So half as much again.
    fn interval(&self) -> Duration {
        Duration::from_nanos(750 * 256)
    }
}
