//! A function: its registers, and what it does when it wants to interrupt.
//!
//! Models PCIe 6.1 (interrupts), 6.6.2 (reset of the function), 7.5.1 (header), 7.7.1 (MSI) and
//! 7.7.2 (MSI-X). Where PCIe leaves a choice, this function's is:
//! - both MSI and MSI-X enabled, which software must not do: MSI-X wins;
//! - more vectors than MSI grants (7.7.1.2): vector n sends as n modulo the granted count;
//! - a vector raised while neither is enabled: by [`WhenOff`];
//! - pending bits when Enable falls: kept (MSIX-PENDING-OFF), and sent once enabled and
//!   unmasked again;
//! - a message while Bus Master is off: lost.
//!
//! Leaves out: power management, error reporting, SR-IOV itself (a built VF stands alone, with its
//! ids and BARs readable as its PF's capability would give them), and the device's own registers
//! (they read as zero).

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt::Write as _;
use core::hash::{Hash, Hasher};

use super::Outputs;
use super::access::{Write, lanes};
use super::config::{self, Header, Shape};
use super::msi::Msi;
use super::msix::{Entry, Msix};
use super::raise::Level;
use super::regs::{self, Command};
use super::spec::{FunctionError, FunctionSpec, WhenOff};
use crate::event::CauseId;
use crate::sorted::Sorted;
use crate::uapi::IrqIndex;

/// A PCI function as a value. Clones share what never changes.
#[derive(PartialEq, Eq, Debug)]
pub struct Function {
    pub(super) shape: Arc<Shape>,
    pub(super) header: Header,
    pub(super) status: Option<Level>,
    pub(super) msi: Option<Msi>,
    pub(super) msix: Option<Msix>,
    pub(super) held: Sorted<u16, CauseId>,
}

/// `clone_from` keeps what was allocated: the explorer goes back and forth a million times a second.
impl Clone for Function {
    fn clone(&self) -> Self {
        let Self { shape, header, status, msi, msix, held } = self;
        Self {
            shape: Arc::clone(shape),
            header: *header,
            status: *status,
            msi: msi.clone(),
            msix: msix.clone(),
            held: held.clone(),
        }
    }

    fn clone_from(&mut self, other: &Self) {
        let Self { shape, header, status, msi, msix, held } = other;
        if !Arc::ptr_eq(&self.shape, shape) {
            self.shape = Arc::clone(shape);
        }
        (self.header, self.status) = (*header, *status);
        self.msi.clone_from(msi);
        self.msix.clone_from(msix);
        self.held.clone_from(held);
    }
}

/// What never changes is left out: functions that are hashed are mostly one function.
impl Hash for Function {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let Self { shape: _, header, status, msi, msix, held } = self;
        (header, status, msi, msix, held).hash(hasher);
    }
}

impl Function {
    /// The function a description asks for, as after reset.
    ///
    /// # Errors
    /// What of the description can't be built.
    pub fn new(spec: &FunctionSpec) -> Result<Self, FunctionError> {
        spec.check()?;
        let msi = spec.msi.map(|msi| Msi::new(msi, spec.msi_at(&msi), config::msi_control(&msi)));
        let msix = spec.msix.map(|msix| Msix::new(msix, spec.msix_at()));
        Ok(Self::assemble(config::build(spec), msi, msix))
    }

    pub(super) fn assemble(shape: Shape, msi: Option<Msi>, msix: Option<Msix>) -> Self {
        let (header, held) = (Header::RESET, Sorted::default());
        Self { shape: Arc::new(shape), header, status: None, msi, msix, held }
    }

    /// Name for people.
    pub fn name(&self) -> &str {
        &self.shape.name
    }

    /// Name and interrupts in one line, e.g. `e1000e-like: intx A, msi 1, msix 5`.
    pub fn describe(&self) -> String {
        let mut text = format!("{}:", self.shape.name);
        let mut separator = " ";
        let mut item = |word: core::fmt::Arguments<'_>| {
            // Writing to a String can't fail.
            let _ = write!(text, "{separator}{word}");
            separator = ", ";
        };
        if self.shape.vf {
            item(format_args!("vf"));
        }
        if let Some(letter) = pin_letter(self.pin()) {
            item(format_args!("intx {letter}"));
        }
        if let Some(msi) = &self.msi {
            item(format_args!("msi {}", msi.vectors()));
        }
        if let Some(msix) = &self.msix {
            item(format_args!("msix {}", msix.vectors()));
        }
        if self.pin() == 0 && self.msi.is_none() && self.msix.is_none() {
            item(format_args!("no interrupts"));
        }
        text
    }

    /// Vectors that wait in it, wherever.
    pub(crate) fn pending_count(&self) -> usize {
        let msi = self.msi.as_ref().map_or(0, |msi| msi.waiting.len());
        self.held.len() + msi + self.msix.as_ref().map_or(0, |msix| msix.waiting.len())
    }

    /// Vendor and device id.
    pub fn id(&self) -> (u16, u16) {
        self.shape.id
    }

    /// Class code, 24 bits.
    pub fn class(&self) -> u32 {
        self.shape.class
    }

    /// Whether it is a virtual function.
    pub fn is_vf(&self) -> bool {
        self.shape.vf
    }

    /// Whether it has a PCI Express capability.
    pub fn is_express(&self) -> bool {
        self.shape.express
    }

    /// Whether Interrupt Disable and Interrupt Status work (PCI 2.3).
    pub fn intx_status_works(&self) -> bool {
        self.shape.intx_status
    }

    /// Whether the host can reset it.
    pub fn resets(&self) -> bool {
        self.shape.resets
    }

    /// What it does with vectors while no message capability is enabled.
    pub fn when_off(&self) -> WhenOff {
        self.shape.when_off
    }

    /// Interrupt Pin: 0 none, 1 to 4 for INTA# to INTD#.
    pub fn pin(&self) -> u8 {
        self.shape.pin
    }

    /// Command register.
    pub fn command(&self) -> u16 {
        self.header.command.bits()
    }

    /// MSI capability.
    pub fn msi(&self) -> Option<&Msi> {
        self.msi.as_ref()
    }

    /// MSI-X capability.
    pub fn msix(&self) -> Option<&Msix> {
        self.msix.as_ref()
    }

    /// The message capability in force: MSI-X before MSI.
    pub fn mode(&self) -> Option<IrqIndex> {
        if self.msix.as_ref().is_some_and(Msix::enabled) {
            Some(IrqIndex::Msix)
        } else if self.msi.as_ref().is_some_and(Msi::enabled) {
            Some(IrqIndex::Msi)
        } else {
            None
        }
    }

    /// Whether the line is asserted: the status is up, and neither Interrupt Disable nor an enabled
    /// message capability hides it.
    pub fn intx_line(&self) -> bool {
        self.status.is_some()
            && !self.header.command.contains(Command::INTERRUPT_DISABLE)
            && self.mode().is_none()
    }

    /// Whether an interrupt is raised inside the function, shown on the line or not. The Interrupt
    /// Status bit says so too, unless [it does not work](Self::intx_status_works).
    pub fn intx_status(&self) -> bool {
        self.status.is_some()
    }

    /// What raised the interrupt status.
    pub fn intx_cause(&self) -> Option<CauseId> {
        self.status.map(|level| level.cause())
    }

    /// Vectors held until a message capability is enabled, in order, each with its cause.
    pub fn held(&self) -> impl Iterator<Item = (u16, CauseId)> + '_ {
        self.held.iter()
    }

    /// Bytes of config space: 256, or 4096 with its extended part.
    pub fn config_len(&self) -> u16 {
        self.shape.image.len() as u16
    }

    /// Reads config space; what lies beyond it reads as ones.
    pub fn config_read(&self, offset: u16, data: &mut [u8]) {
        data.fill(0xff);
        for lane in lanes(u64::from(offset), data.len(), u64::from(self.config_len())) {
            let dword = self.config_dword(lane.dword as u16);
            lane.fill(dword, data);
        }
    }

    fn config_dword(&self, offset: u16) -> u32 {
        if offset < regs::HEADER_LEN
            && let Some(dword) = self.header.read(&self.shape, offset, self.status.is_some())
        {
            return dword;
        }
        let image = self.shape.dword(offset);
        if let Some(msi) = &self.msi
            && let Some(dword) = within(offset, msi.offset(), msi.len())
        {
            return msi.read(dword, image);
        }
        match &self.msix {
            Some(msix) if offset == msix.offset() => {
                image & 0xffff | u32::from(msix.control()) << 16
            }
            _ => image,
        }
    }

    /// Writes config space; what lies beyond it, and what is read-only, stays.
    pub fn config_write(&mut self, offset: u16, data: &[u8], out: &mut Outputs) {
        for lane in lanes(u64::from(offset), data.len(), u64::from(self.config_len())) {
            self.config_write_dword(lane.dword as u16, lane.take(data), out);
        }
    }

    fn config_write_dword(&mut self, offset: u16, write: Write, out: &mut Outputs) {
        if offset == regs::COMMAND {
            return self.set_command(write.over_low(self.command(), u16::MAX), out);
        }
        if offset < regs::HEADER_LEN {
            return self.header.write(&self.shape, offset, write);
        }
        self.change(out, |function| {
            if let Some(msi) = &mut function.msi
                && let Some(dword) = within(offset, msi.offset(), msi.len())
            {
                msi.write(dword, write);
            } else if let Some(msix) = &mut function.msix
                && offset == msix.offset()
            {
                msix.write_control(write);
            }
        });
    }

    /// Bytes a BAR decodes; 0 for one the function does not have.
    pub fn bar_size(&self, bar: u8) -> u64 {
        self.shape.bars.get(usize::from(bar)).map_or(0, |bar| bar.size)
    }

    /// Bytes of the BAR that answer now: none while its space is off in Command.
    fn bar_reach(&self, bar: u8) -> u64 {
        let Some(shape) = self.shape.bars.get(usize::from(bar)) else { return 0 };
        let space =
            if shape.fixed & regs::BAR_IO != 0 { Command::IO_SPACE } else { Command::MEMORY_SPACE };
        // A VF's memory is turned on in its PF (PCIe 9.3.3.3.4).
        if self.shape.vf || self.header.command.contains(space) { shape.size } else { 0 }
    }

    /// Reads a BAR; what does not answer reads as ones.
    pub fn bar_read(&self, bar: u8, offset: u64, data: &mut [u8]) {
        data.fill(0xff);
        for lane in lanes(offset, data.len(), self.bar_reach(bar)) {
            let dword = self.msix.as_ref().map_or(0, |msix| msix.bar_dword(bar, lane.dword));
            lane.fill(dword, data);
        }
    }

    /// Writes a BAR; only the MSI-X table takes it.
    pub fn bar_write(&mut self, bar: u8, offset: u64, data: &[u8], out: &mut Outputs) {
        for lane in lanes(offset, data.len(), self.bar_reach(bar)) {
            let write = lane.take(data);
            let Some(msix) = &self.msix else { return };
            let Some((vector, field)) = msix.table_field(bar, lane.dword) else { continue };
            let Entry { address, data, masked } = msix.entry(vector);
            let (low, high) = (address as u32, (address >> 32) as u32);
            match field {
                0 => {
                    let low = write.over(low, u32::MAX);
                    let address = u64::from(high) << 32 | u64::from(low);
                    self.set_entry_message(vector, address, data, out);
                }
                1 => {
                    let high = write.over(high, u32::MAX);
                    let address = u64::from(high) << 32 | u64::from(low);
                    self.set_entry_message(vector, address, data, out);
                }
                2 => self.set_entry_message(vector, address, write.over(data, u32::MAX), out),
                _ => {
                    let masked = write.over(u32::from(masked), regs::ENTRY_MASK) != 0;
                    self.set_entry_mask(vector, masked, out);
                }
            }
        }
    }

    /// Writes Command.
    pub fn set_command(&mut self, value: u16, out: &mut Outputs) {
        let line = self.intx_line();
        self.header.command = Command::from_bits_truncate(value) & self.shape.command_writable();
        self.report_line(line, out);
    }

    /// Writes MSI Message Control.
    pub fn set_msi_control(&mut self, value: u16, out: &mut Outputs) {
        self.change_msi(out, |msi| msi.set_control(value));
    }

    /// Writes MSI Message Address, and Upper Address where there is one.
    pub fn set_msi_address(&mut self, address: u64, out: &mut Outputs) {
        self.change_msi(out, |msi| msi.set_address(address));
    }

    /// Writes MSI Message Data.
    pub fn set_msi_data(&mut self, data: u16, out: &mut Outputs) {
        self.change_msi(out, |msi| msi.set_data(data));
    }

    /// Writes MSI Mask Bits. Unmasking a pending vector sends it.
    pub fn set_msi_mask(&mut self, mask: u32, out: &mut Outputs) {
        self.change_msi(out, |msi| msi.set_mask(mask));
    }

    fn change_msi(&mut self, out: &mut Outputs, write: impl FnOnce(&mut Msi)) {
        self.change(out, |function| {
            if let Some(msi) = &mut function.msi {
                write(msi);
            }
        });
    }

    /// Writes MSI-X Message Control.
    pub fn set_msix_control(&mut self, value: u16, out: &mut Outputs) {
        self.change(out, |function| {
            if let Some(msix) = &mut function.msix {
                msix.set_control(value);
            }
        });
    }

    /// Writes an entry's Message Address (its low two bits are zero) and Message Data. Acts
    /// whatever Memory Space says, as do the next two; an entry beyond the table is ignored.
    pub fn set_entry_message(&mut self, vector: u16, address: u64, data: u32, _: &mut Outputs) {
        if let Some(entry) = self.entry_mut(vector) {
            entry.address = address & !u64::from(regs::ADDRESS_LOW);
            entry.data = data;
        }
    }

    /// Writes an entry's Vector Control. Unmasking a pending vector sends it.
    pub fn set_entry_mask(&mut self, vector: u16, masked: bool, out: &mut Outputs) {
        let Some(entry) = self.entry_mut(vector) else { return };
        entry.masked = masked;
        let entry = *entry;
        if let Some(msix) = &mut self.msix
            && !masked
            && msix.enabled()
            && !msix.function_masked()
            && let Some(cause) = msix.waiting.remove(&vector)
        {
            self.send(IrqIndex::Msix, vector, entry.address, entry.data, cause, out);
        }
    }

    /// Masks entries `first..first + count`, as far as there are any.
    pub fn mask_entries(&mut self, first: u16, count: u16, _: &mut Outputs) {
        let Some(msix) = &mut self.msix else { return };
        let entries = msix.entries.iter_mut().skip(usize::from(first));
        for entry in entries.take(usize::from(count)) {
            entry.masked = true;
        }
    }

    fn entry_mut(&mut self, vector: u16) -> Option<&mut Entry> {
        self.msix.as_mut()?.entries.get_mut(usize::from(vector))
    }
}

/// The dword number of `offset` in `len` bytes at `start`, if it is there.
fn within(offset: u16, start: u16, len: u16) -> Option<u16> {
    let at = offset.checked_sub(start)?;
    (at < len).then_some(at / 4)
}

/// The letter of an Interrupt Pin, `A` to `D`.
fn pin_letter(pin: u8) -> Option<char> {
    [None, Some('A'), Some('B'), Some('C'), Some('D')].get(usize::from(pin)).copied().flatten()
}
