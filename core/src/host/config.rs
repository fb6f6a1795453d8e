//! Config space as the user sees it, where it touches interrupts, and the BARs.
//!
//! Models `vfio_pci_config_rw` and the permission tables of vfio_pci_config.c: Interrupt Disable,
//! Interrupt Line and Pin, MSI's low control byte, address and data are virtual; MSI-X reads the
//! hardware and drops writes. Left out: virtual BARs (reads and sizing writes go to the function)
//! and everything without influence on interrupts.

use alloc::vec;
use alloc::vec::Vec;

use crate::clause::Refusal;
use crate::device::{Answer, RegionInfo};
use crate::errno::Errno;
use crate::event::{Outcome, Step};
use crate::host::op::Op;
use crate::host::{Host, INTERRUPT_DISABLE, IrqMode, MEMORY_SPACE, msi, virtual_pin};
use crate::machine::Cx;
use crate::pci::Function;
use crate::uapi::CONFIG_REGION;

const COMMAND: u16 = 0x04;
/// First byte after Status, which is read-only to the user.
const STATUS_END: u16 = 0x08;
const INTERRUPT_LINE: u16 = 0x3c;
const INTERRUPT_PIN: u16 = 0x3d;
/// Offset of Message Control in the MSI capability; address and data follow it.
const MSI_CONTROL: u16 = 2;
const MSI_ADDRESS: u16 = 4;

/// Most bytes one region access may have.
pub(crate) const MAX_ACCESS: u32 = 1 << 16;

/// The virtual registers.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Virtual {
    pub(crate) intx_disabled: bool,
    line: u8,
    msi_control: u8,
    /// MSI address and data as the user wrote them; they never reach the function.
    msi_message: [u8; 10],
}

impl Virtual {
    /// The registers of a function just opened.
    pub(crate) fn of(function: &Function) -> Self {
        let mut line = [0];
        function.config_read(INTERRUPT_LINE, &mut line);
        Self {
            line: line[0],
            msi_control: function.msi().map_or(0, |msi| msi.control() as u8),
            intx_disabled: function.intx_status_works()
                && function.command() & INTERRUPT_DISABLE != 0,
            ..Self::default()
        }
    }
}

/// What a byte of the MSI capability is.
enum MsiByte {
    Control,
    Message(usize),
    /// Mask or Pending Bits: the function's, and writes reach it.
    Mask,
    ReadOnly,
}

/// The byte of the MSI capability at this offset of config space, if it lies in it.
fn msi_byte(function: &Function, offset: u16) -> Option<MsiByte> {
    let msi = function.msi()?;
    let at = offset.checked_sub(msi.offset())?;
    let message = if msi.wide() { 10 } else { 6 };
    let masks = if msi.maskable() { 10 } else { 0 };
    match at {
        MSI_CONTROL => Some(MsiByte::Control),
        _ if (MSI_ADDRESS..MSI_ADDRESS + message).contains(&at) => {
            Some(MsiByte::Message(usize::from(at - MSI_ADDRESS)))
        }
        // Two reserved bytes lie between data and mask.
        _ if at < MSI_ADDRESS + message + masks && at >= MSI_ADDRESS + message + 2 => {
            Some(MsiByte::Mask)
        }
        _ if at < MSI_ADDRESS + message + masks => Some(MsiByte::ReadOnly),
        _ => None,
    }
}

/// Whether a write makes Linux write Message Control: `offset + count >= PCI_MSI_FLAGS`, so one that
/// ends right before it does too.
fn reaches_msi_control(function: &Function, offset: u16, len: u16) -> bool {
    let at = function.msi().and_then(|msi| offset.checked_sub(msi.offset()));
    at.is_some_and(|at| at <= MSI_CONTROL && at + len >= MSI_CONTROL)
}

/// Whether this offset lies in the MSI-X capability.
fn in_msix(function: &Function, offset: u16) -> bool {
    function.msix().is_some_and(|msix| (msix.offset()..msix.offset() + 12).contains(&offset))
}

/// Length of the next piece Linux splits an access into.
fn chunk(offset: u16, left: usize) -> usize {
    match (offset % 4, left) {
        (0, 4..) => 4,
        (0 | 2, 2..) => 2,
        _ => 1,
    }
}

impl Host {
    /// Config space as the user reads it. Reads beyond the end give all ones.
    pub fn config_read(&self, function: &Function, offset: u16, data: &mut [u8]) {
        function.config_read(offset, data);
        for (at, byte) in (offset..=u16::MAX).zip(data) {
            match at {
                0x04 if function.is_vf() => *byte |= MEMORY_SPACE as u8,
                0x05 => {
                    // INTX-BIT-VIRTUAL
                    let bit = (INTERRUPT_DISABLE >> 8) as u8;
                    *byte = *byte & !bit | if self.vconfig.intx_disabled { bit } else { 0 };
                }
                INTERRUPT_LINE => *byte = self.vconfig.line,
                // INTX-PIN-HIDDEN
                INTERRUPT_PIN => *byte = virtual_pin(function),
                _ => match msi_byte(function, at) {
                    // MSI-CONFIG-READ, MSI-CONFIG-ADDRESS; MSIX-CONFIG: nothing there is virtual.
                    Some(MsiByte::Control) => *byte = self.vconfig.msi_control,
                    Some(MsiByte::Message(at)) => *byte = self.vconfig.msi_message[at],
                    Some(MsiByte::Mask | MsiByte::ReadOnly) | None => {}
                },
            }
        }
    }

    /// Size of a region; REGION-INDEX for one the function can't have.
    pub(crate) fn region(&self, function: &Function, region: u32) -> Result<RegionInfo, Refusal> {
        let size = match region {
            0..6 => function.bar_size(region as u8),
            CONFIG_REGION => u64::from(function.config_len()),
            // ROM and VGA.
            6 | 8 => 0,
            _ => return Err(Refusal::new(Errno::EINVAL, "REGION-INDEX")),
        };
        Ok(RegionInfo { size })
    }

    fn check_access(
        &self,
        function: &Function,
        region: u32,
        offset: u64,
        len: u64,
    ) -> Result<(), Refusal> {
        let size = self.region(function, region)?.size;
        if size == 0 {
            return Err(Refusal::new(Errno::EINVAL, "REGION-INDEX"));
        }
        if len > u64::from(MAX_ACCESS) || offset.checked_add(len).is_none_or(|end| end > size) {
            // REGION-RANGE: config space has an errno of its own.
            let errno = if region == CONFIG_REGION { Errno::EFAULT } else { Errno::EINVAL };
            return Err(Refusal::new(errno, "REGION-RANGE"));
        }
        let memory = function.command() & MEMORY_SPACE != 0 || function.is_vf();
        // The table is answered for without an access to the function.
        let reaches = (offset..offset + len).any(|at| !in_table(function, region, at));
        if region != CONFIG_REGION && !memory && reaches {
            return Err(Refusal::new(Errno::EIO, "REGION-MEMORY"));
        }
        Ok(())
    }

    /// pread: BARs without the MSI-X table, which reads as all ones.
    pub(crate) fn region_read(
        &self,
        function: &Function,
        region: u32,
        offset: u64,
        len: u32,
    ) -> Result<Outcome, Refusal> {
        self.check_access(function, region, offset, u64::from(len))?;
        let mut data = vec![0; len as usize];
        if region == CONFIG_REGION {
            self.config_read(function, offset as u16, &mut data);
        } else {
            function.bar_read(region as u8, offset, &mut data);
            for (at, byte) in (offset..).zip(&mut data) {
                // MSIX-TABLE-READ
                if in_table(function, region, at) {
                    *byte = 0xff;
                }
            }
        }
        Ok(Outcome::Data(data))
    }

    /// pwrite: the work of it.
    pub(crate) fn region_write(
        &self,
        function: &Function,
        region: u32,
        offset: u64,
        data: &[u8],
    ) -> Result<Vec<Op>, Refusal> {
        self.check_access(function, region, offset, data.len() as u64)?;
        let mut work = Vec::new();
        if region == CONFIG_REGION {
            let mut offset = offset as u16;
            let mut rest = data;
            while !rest.is_empty() {
                let (head, tail) = rest.split_at(chunk(offset, rest.len()));
                let mut bytes = [0; 4];
                bytes[..head.len()].copy_from_slice(head);
                work.push(Op::ConfigChunk { offset, len: head.len() as u8, bytes });
                offset += head.len() as u16;
                rest = tail;
            }
        } else {
            // MSIX-TABLE-WRITE
            let bytes = (offset..).zip(data).filter(|(at, _)| !in_table(function, region, *at));
            work.extend(bytes.map(|(offset, &byte)| Op::BarByte {
                bar: region as u8,
                offset,
                byte,
            }));
        }
        work.push(Op::Finish(Ok(Answer::Done)));
        Ok(work)
    }
}

/// Whether this byte of a BAR belongs to the MSI-X table.
fn in_table(function: &Function, region: u32, at: u64) -> bool {
    function.msix().is_some_and(|msix| {
        let (bar, offset) = msix.table();
        let table = u64::from(offset)..u64::from(offset) + 16 * u64::from(msix.vectors());
        u32::from(bar) == region && table.contains(&at)
    })
}

impl Cx<'_> {
    /// One piece of the user's config write.
    pub(crate) fn config_chunk(&mut self, offset: u16, bytes: &[u8], work: &mut Vec<Op>) {
        if offset == COMMAND || offset == COMMAND + 1 {
            self.write_command(offset, bytes, work);
        }
        let mut value = [0; 4];
        let value = &mut value[..bytes.len()];
        self.function.config_read(offset, value);
        let mut passes = false;
        for ((place, &byte), passed) in (offset..).zip(bytes).zip(value.iter_mut()) {
            let pass = match place {
                COMMAND..STATUS_END => false,
                INTERRUPT_LINE => {
                    self.host.vconfig.line = byte;
                    false
                }
                INTERRUPT_PIN => false,
                // MSIX-CONFIG
                _ if in_msix(self.function, place) => false,
                _ => match msi_byte(self.function, place) {
                    Some(MsiByte::Control) => {
                        self.host.vconfig.msi_control = byte;
                        false
                    }
                    Some(MsiByte::Message(at)) => {
                        self.host.vconfig.msi_message[at] = byte;
                        false
                    }
                    Some(MsiByte::ReadOnly) => false,
                    Some(MsiByte::Mask) | None => true,
                },
            };
            passes |= pass;
            if pass {
                *passed = byte;
            }
        }
        if reaches_msi_control(self.function, offset, bytes.len() as u16) {
            self.msi_control_written(work);
        }
        if passes {
            // CONFIG-WRITE: what the user may not write is written back as it was read.
            let width = value.len() as u8;
            let number = value.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte));
            let step = Step::Config { offset, width, value: number };
            self.step(step, |function, out| function.config_write(offset, value, out));
        }
    }

    /// Command: Interrupt Disable is virtual, and the host follows its changes.
    fn write_command(&mut self, offset: u16, bytes: &[u8], work: &mut Vec<Op>) {
        let old = self.function.command();
        let mut value = old.to_le_bytes();
        for (place, &byte) in (offset..COMMAND + 2).zip(bytes) {
            value[usize::from(place - COMMAND)] = byte;
        }
        let value = u16::from_le_bytes(value);
        let reaches_bit = usize::from(COMMAND + 1 - offset) < bytes.len();
        let was = self.host.vconfig.intx_disabled;
        let now = if reaches_bit { value & INTERRUPT_DISABLE != 0 } else { was };
        self.host.vconfig.intx_disabled = now;
        if now != was {
            let intx = matches!(self.host.mode, IrqMode::Intx(_));
            // INTX-BIT-SET, INTX-BIT-CLEAR, INTX-BIT-OTHER
            match (intx, now) {
                (true, true) => work.push(Op::MaskIntx),
                (true, false) => work.push(Op::UnmaskIntx),
                (false, _) if self.function.intx_status_works() => {
                    work.push(Op::PciIntx { on: !now });
                }
                (false, _) => {}
            }
        }
        let new = value & !INTERRUPT_DISABLE | old & INTERRUPT_DISABLE;
        self.step(Step::Command { old, new }, |function, out| function.set_command(new, out));
    }

    /// MSI's control byte: Enable is forced off unless MSI is enabled by SET_IRQS, Multiple
    /// Message Enable is bounded by what was allocated; the result reaches the hardware.
    fn msi_control_written(&mut self, work: &mut Vec<Op>) {
        let mut control = u16::from(self.host.vconfig.msi_control);
        // MSI-CONFIG-ENABLE
        if self.host.mode != IrqMode::Msi {
            control &= !msi::ENABLE;
        }
        // MSI-CONFIG-MME
        let limit = u16::from(self.host.msi_limit) << 4;
        if control & msi::MULTIPLE > limit {
            control = control & !msi::MULTIPLE | limit;
        }
        self.host.vconfig.msi_control = control as u8;
        let bits = control & (msi::ENABLE | msi::MULTIPLE);
        let clear = (msi::ENABLE | msi::MULTIPLE) & !bits;
        work.push(Op::MsiControl { set: bits, clear });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accesses_split_as_linux_splits_them() {
        let mut offset = 1;
        let mut lengths = Vec::new();
        while offset < 12 {
            let len = chunk(offset, usize::from(12 - offset));
            lengths.push(len);
            offset += len as u16;
        }
        assert_eq!(lengths, [1, 2, 4, 4]);
    }
}
