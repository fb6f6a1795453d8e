//! Making the device interrupt, through its BARs.
//!
//! Which writes do that, a [`Stimulator`](crate::stimulus::Stimulator) knows; here they are made.
//! They go by the device's descriptor like any user's, so Memory Space has to be on (EIO else).

use std::os::unix::fs::FileExt;
use std::time::Duration;

use vfio_irq_core::device::{Answer, Moment, Stimulate, Stimulus};
use vfio_irq_core::errno::Errno;
use vfio_irq_core::uapi::{IrqIndex, IrqSetFlags, IrqSetHeader};

use super::sys::DmaMemory;
use super::{VfioDevice, errno};
use crate::stimulus::{DMA, Mode, Write};

/// Bytes of memory a device gets that reads some before it interrupts.
const DMA_LEN: usize = 0x2000;

impl VfioDevice {
    /// By what the function interrupts now, from its own registers; `None` where the kernel does
    /// not show them (to those who are not root, it shows 64 bytes).
    pub(super) fn mode(&self) -> Option<Mode> {
        let mut config = [0; 256];
        self.config.read_exact_at(&mut config, 0).ok()?;
        Some(mode_in(&config))
    }

    /// The same, by asking vfio-pci: a trigger of nothing is refused by an index that is off.
    fn mode_by_request(&mut self) -> Mode {
        let mut is_on = |index: IrqIndex| {
            let header = IrqSetHeader {
                argsz: IrqSetHeader::SIZE + 1,
                flags: (IrqSetFlags::DATA_BOOL | IrqSetFlags::ACTION_TRIGGER).bits(),
                index: index.raw(),
                start: 0,
                count: 1,
            };
            self.set_irqs_now(header, &[0]) == Ok(Answer::Done)
        };
        match (is_on(IrqIndex::Msix), is_on(IrqIndex::Msi)) {
            (true, _) => Mode::Msix,
            (false, true) => Mode::Msi,
            (false, false) => Mode::Pin,
        }
    }

    /// Makes the device able to interrupt, once after open and reset.
    pub(super) fn prepare(&mut self) -> Result<(), Errno> {
        let Some(stimulator) = &self.stimulator else { return Err(Errno::EOPNOTSUPP) };
        if self.prepared {
            return Ok(());
        }
        let (contents, writes) = (stimulator.memory(), stimulator.prepare());
        if !contents.is_empty() && self.dma.is_none() {
            let memory = DmaMemory::new(DMA_LEN).map_err(errno)?;
            contents.iter().for_each(|(offset, value)| memory.write(*offset, *value));
            self.connection.map(&mut self.memory, &memory, DMA).map_err(errno)?;
            self.dma = Some(memory);
        }
        self.write_all(&writes)?;
        self.prepared = true;
        Ok(())
    }

    /// Waits as long as the device keeps between two interrupts.
    pub(super) fn rest(&self) {
        let interval = self.stimulator.as_ref().map_or(Duration::ZERO, |known| known.interval());
        // Slept, not spun: an emulated device's timers come due in order with the one that wakes us.
        // More than once: the tick may wake us early, when the emulator itself was kept waiting.
        if !interval.is_zero() {
            for nap in [interval, interval / 3, interval / 3] {
                std::thread::sleep(nap);
            }
        }
    }

    fn write_all(&self, writes: &[Write]) -> Result<(), Errno> {
        writes.iter().try_for_each(|write| {
            self.pwrite(u32::from(write.bar), write.offset, &write.value.to_le_bytes())
        })
    }
}

/// What is enabled, by the capabilities (PCIe 7.7.1.2, 7.7.2.2).
fn mode_in(config: &[u8; 256]) -> Mode {
    const MSI: u8 = 0x05;
    const MSIX: u8 = 0x11;
    let mut mode = Mode::Pin;
    let mut at = config[0x34];
    // At most 48 capabilities fit: a list that loops ends too.
    for _ in 0..48 {
        let place = usize::from(at & 0xfc);
        if place < 0x40 {
            break;
        }
        match (config[place], config[place + 2] & 1, config[place + 3] & 0x80) {
            (MSI, 1, _) => mode = Mode::Msi,
            (MSIX, _, 0x80) => mode = Mode::Msix,
            _ => {}
        }
        at = config[place + 1];
    }
    mode
}

impl Stimulate for VfioDevice {
    fn supports(&self, stimulus: Stimulus) -> bool {
        let modes = match self.mode() {
            Some(mode) => vec![mode],
            None => vec![Mode::Pin, Mode::Msi, Mode::Msix],
        };
        let known = self.stimulator();
        known.is_some_and(|known| modes.iter().any(|&m| known.stimulate(stimulus, m).is_some()))
    }

    fn stimulate(&mut self, stimulus: Stimulus) -> Result<(), Errno> {
        self.prepare()?;
        let mode = self.mode().unwrap_or_else(|| self.mode_by_request());
        let stimulator = self.stimulator.as_ref().ok_or(Errno::EOPNOTSUPP)?;
        let writes = stimulator.stimulate(stimulus, mode).ok_or(Errno::EOPNOTSUPP)?;
        let settle = stimulator.settle();
        self.write_all(&writes)?;
        // A read's completion can't overtake the message (PCIe 2.4.1): when it is here, the message
        // is at the host.
        self.pread(0, settle, &mut [0; 4])?;
        self.rest();
        Ok(())
    }

    fn stimulate_at(&mut self, moment: Moment, stimulus: Stimulus) -> Result<(), Errno> {
        if self.halt.is_none() {
            return Err(Errno::EOPNOTSUPP);
        }
        self.plans.push((moment, stimulus));
        Ok(())
    }

    fn take_missed(&mut self) -> Vec<Moment> {
        self.missed.extend(self.plans.drain(..).map(|(moment, _)| moment));
        std::mem::take(&mut self.missed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Config space with capabilities at 0x40 (MSI) and 0x50 (MSI-X), and their Message Controls.
    fn config(msi: u8, msix: u8) -> [u8; 256] {
        let mut config = [0; 256];
        config[0x34] = 0x40;
        config[0x40..0x44].copy_from_slice(&[0x05, 0x50, msi, 0]);
        config[0x50..0x54].copy_from_slice(&[0x11, 0x00, 4, msix]);
        config
    }

    #[test]
    fn mode_is_the_capability_that_is_enabled() {
        assert_eq!(mode_in(&config(0x80, 0x40)), Mode::Pin);
        assert_eq!(mode_in(&config(0x81, 0)), Mode::Msi);
        assert_eq!(mode_in(&config(0x80, 0xc0)), Mode::Msix);
        assert_eq!(mode_in(&[0; 256]), Mode::Pin);
    }

    #[test]
    fn capability_list_that_loops_or_leaves_ends() {
        let mut looping = config(1, 0);
        looping[0x51] = 0x40;
        assert_eq!(mode_in(&looping), Mode::Msi);
        assert_eq!(mode_in(&[0xff; 256]), Mode::Pin);
    }
}
