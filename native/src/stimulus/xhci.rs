//! NEC's USB 3.0 controller (xhci) as QEMU has it: an interrupter whose event ring looks unread
//! interrupts again.
//!
//! Source: xHCI 1.2, 4.17 (interrupters) and 5.5.2 (their registers). Each interrupter gets the
//! same event ring of one segment; writing its dequeue pointer with Event Handler Busy set, short
//! of the enqueue pointer, makes it interrupt. Vector n is interrupter n.

use std::time::Duration;

use vfio_irq_core::device::Stimulus;

use super::{DMA, Mode, Stimulator, Write, write};

#[derive(Debug)]
pub(super) struct Xhci;

const CAPLENGTH: u64 = 0x00;
const USBCMD: u64 = 0x40;
const INTE: u32 = 1 << 2;
const VECTORS: u16 = 16;
/// Bits of an interrupter's IMAN: pending (cleared by a one) and enable.
const PENDING_AND_ENABLE: u32 = 3;
const EVENT_HANDLER_BUSY: u32 = 1 << 3;
/// The event ring, behind its segment table.
const RING: u64 = 0x1000;

/// Register of an interrupter.
fn interrupter(vector: u16, register: u64) -> u64 {
    0x1020 + 0x20 * u64::from(vector) + register
}

const IMAN: u64 = 0x00;
const ERSTSZ: u64 = 0x08;
const ERSTBA: u64 = 0x10;
const ERDP: u64 = 0x18;

impl Stimulator for Xhci {
    fn name(&self) -> &'static str {
        "xhci"
    }

    fn prepare(&self) -> Vec<Write> {
        let mut writes = vec![write(USBCMD, INTE)];
        for vector in 0..VECTORS {
            writes.extend([
                write(interrupter(vector, ERSTSZ), 1),
                write(interrupter(vector, ERSTBA), DMA as u32),
                write(interrupter(vector, ERSTBA + 4), (DMA >> 32) as u32),
                write(interrupter(vector, IMAN), PENDING_AND_ENABLE),
            ]);
        }
        writes
    }

    /// The segment table: the ring's address, and that it has 16 entries.
    fn memory(&self) -> &'static [(usize, u32)] {
        &[(0, DMA as u32 + RING as u32), (4, 0), (8, 16)]
    }

    fn stimulate(&self, stimulus: Stimulus, mode: Mode) -> Option<Vec<Write>> {
        let stimulus = match (stimulus, mode) {
            (Stimulus::AssertIntx, Mode::Pin) => Stimulus::Fire(0),
            _ => stimulus,
        };
        match stimulus {
            // Only the first interrupter drives the pin.
            Stimulus::Fire(vector) if vector < VECTORS && (mode != Mode::Pin || vector == 0) => {
                let pointer = DMA + RING + 0x10;
                Some(vec![
                    write(interrupter(vector, IMAN), PENDING_AND_ENABLE),
                    write(interrupter(vector, ERDP + 4), (pointer >> 32) as u32),
                    write(interrupter(vector, ERDP), pointer as u32 | EVENT_HANDLER_BUSY),
                ])
            }
            Stimulus::DeassertIntx => Some(vec![write(interrupter(0, IMAN), PENDING_AND_ENABLE)]),
            _ => None,
        }
    }

    fn settle(&self) -> u64 {
        CAPLENGTH
    }

    fn interval(&self) -> Duration {
        Duration::ZERO
    }
}
