//! Accesses of config space and BARs: at all widths and alignments, also across registers.

use vfio_irq_core::scenario::ast::{Action, StepLine, WriteData};
use vfio_irq_core::uapi::CONFIG_REGION;

use super::{Generator, step};
use crate::conform::avoid::{Now, access};
use crate::conform::track::{COMMAND, INTERRUPT_LINE};

/// Most bytes of one access.
const WIDEST: u64 = 8;
/// Offset of Message Control in both capabilities.
const CONTROL: u64 = 2;

fn write(region: u32, offset: u64, width: u64, value: u64) -> StepLine {
    let value = if width >= 8 { value } else { value & ((1 << (8 * width)) - 1) };
    let data = WriteData::Value { width: width as u32, value };
    step(Action::RegionWrite { region, offset, data }, 1)
}

fn read(region: u32, offset: u64, width: u64) -> StepLine {
    step(Action::RegionRead { region, offset, width: width as u32 }, 1)
}

/// A write of Command.
pub(super) fn command(value: u16) -> StepLine {
    write(CONFIG_REGION, COMMAND, 2, u64::from(value))
}

/// Whether the function may send.
pub(super) fn bus_master(now: &Now<'_>) -> bool {
    now.machine.function.command() & 1 << 2 != 0
}

impl Generator<'_> {
    pub(super) fn config(&mut self, now: &Now<'_>) -> StepLine {
        let msi = access::msi(&now.machine.function);
        let msix = access::msix(&now.machine.function);
        let weights = [
            (5, 'c'),
            (3, 'h'),
            (if msi.is_some() { 7 } else { 0 }, 'm'),
            (if msix.is_some() { 3 } else { 0 }, 'x'),
            (1, 'e'),
        ];
        match self.random.weighed(&weights) {
            'c' => self.write_command(),
            'h' => self.header(),
            'm' => self.msi(now, msi.unwrap_or_default()),
            'x' => self.capability(msix.unwrap_or_default()),
            _ => self.end(u64::from(now.machine.function.config_len())),
        }
    }

    /// Command, whole, by its bytes, or with Status, which takes no write.
    fn write_command(&mut self) -> StepLine {
        let value = match self.random.below(20) {
            0..=10 => 0x0006,
            11..=16 => 0x0406,
            _ => u64::from(self.random.one(&[0_u16, 2, 4, 0x0400, 0x0402, 0x0404])),
        };
        let status = self.random.number() << 16;
        match self.random.below(8) {
            0 => write(CONFIG_REGION, COMMAND, 1, value & 0xff),
            1 | 2 => write(CONFIG_REGION, COMMAND + 1, 1, value >> 8),
            3 => write(CONFIG_REGION, COMMAND, 4, value | status),
            4 => write(CONFIG_REGION, COMMAND, 3, value | status),
            5 => write(CONFIG_REGION, COMMAND + 1, 3, (value | status) >> 8),
            _ => command(value as u16),
        }
    }

    /// Command, Status, Interrupt Line and Pin.
    fn header(&mut self) -> StepLine {
        let (first, len) = self.random.one(&[(COMMAND, 4), (COMMAND, 4), (INTERRUPT_LINE, 2)]);
        let (offset, width) = self.part(first, len);
        let value = self.random.number();
        match (first, self.random.once_in(4)) {
            (INTERRUPT_LINE, true) => write(CONFIG_REGION, offset, width, value),
            // Status alone.
            (_, true) => write(CONFIG_REGION, COMMAND + 2, self.random.one(&[1, 2]), value),
            _ => read(CONFIG_REGION, offset, width),
        }
    }

    /// The MSI capability: its control byte half of the time, which is what Linux acts on.
    fn msi(&mut self, now: &Now<'_>, (first, len): (u64, u64)) -> StepLine {
        if self.random.once_in(2) {
            return self.capability((first, len));
        }
        let live = now.machine.host.vectors().count() as u32;
        // Mostly Enable, and a Multiple Message Enable near what was granted.
        let enable = u64::from(!self.random.once_in(4));
        let multiple = match self.random.once_in(3) {
            true => self.random.below(8),
            false => live.max(1).next_power_of_two().trailing_zeros(),
        };
        let control = enable | u64::from(multiple) << 4 | (self.random.number() & 0x80);
        match self.random.below(6) {
            // With the id before it, and with the address behind.
            0 => write(CONFIG_REGION, first, 4, control << 16),
            1 => write(CONFIG_REGION, first + 1, self.random.one(&[1, 2, 3]), control << 8),
            2 => write(CONFIG_REGION, first + CONTROL, 6, control | self.random.number() << 16),
            3 => write(CONFIG_REGION, first + CONTROL, 2, control),
            _ => write(CONFIG_REGION, first + CONTROL, 1, control),
        }
    }

    /// Any part of a capability.
    fn capability(&mut self, (first, len): (u64, u64)) -> StepLine {
        if self.random.once_in(2) {
            let (offset, width) = self.part(first, len);
            write(CONFIG_REGION, offset, width, self.random.number())
        } else {
            let (offset, width) = self.part(first + CONTROL, len - CONTROL.min(len));
            read(CONFIG_REGION, offset, width)
        }
    }

    /// Across the end of config space, or beyond.
    fn end(&mut self, len: u64) -> StepLine {
        let width = u64::from(self.random.within(1, WIDEST as u32));
        let offset = len + 1 - u64::from(self.random.below(width as u32 + 1));
        let offset = offset.max(len + 1 - width) + u64::from(self.random.once_in(3)) * 0x1000;
        match self.random.once_in(3) {
            true => write(CONFIG_REGION, offset, width, self.random.number()),
            false => read(CONFIG_REGION, offset, width),
        }
    }

    /// Offset and width of any part of these bytes, natural widths more often than others.
    fn part(&mut self, first: u64, len: u64) -> (u64, u64) {
        let widest = len.clamp(1, WIDEST) as u32;
        let width = match self.random.once_in(3) {
            true => self.random.within(1, widest),
            false => self.random.one(&[1, 2, 4]).min(widest),
        };
        let width = u64::from(width);
        let mut at = u64::from(self.random.below((len.saturating_sub(width) + 1) as u32));
        if !self.random.once_in(3) {
            at -= at % width.min(at.max(1));
        }
        (first + at, width)
    }

    /// The MSI-X table and pending bit array through the region, or a region there is none of.
    pub(super) fn bar(&mut self, now: &Now<'_>) -> StepLine {
        let function = &now.machine.function;
        let value = self.random.number();
        match (access::table(function), access::pba(function), self.random.below(7)) {
            (Some((bar, first, len)), _, at @ 0..=2) => {
                // Its first entries, mostly: a table can be 32 KiB.
                let len = if self.random.once_in(4) { len } else { len.min(64) };
                let (offset, width) = self.part(first, len);
                match at {
                    0 => write(bar, offset, width, value),
                    _ => read(bar, offset, width),
                }
            }
            (_, Some((bar, first, len)), 3..=5) => {
                let width = self.random.one(&[4, 8]);
                let at = u64::from(self.random.below((len / width) as u32));
                read(bar, first + at * width, width)
            }
            _ => {
                let region = self.random.one(&[9, 10, 64, 0xffff]);
                match self.random.once_in(3) {
                    true => write(region, 0, 4, value),
                    false => read(region, 0, 4),
                }
            }
        }
    }
}
