//! The MSI capability: registers and pending bits.
//!
//! Models PCIe 7.7.1 and 6.1.4: Enable, Multiple Message Enable, 32- and 64-bit address,
//! per-vector mask and pending bits. Leaves out Extended Message Data (its Capable bit is kept as
//! a dump has it, its Enable bit can't be set).

use super::access::Write;
use super::regs::{self, MsiRegister as Register};
use super::spec::MsiSpec;
use crate::event::CauseId;
use crate::sorted::Sorted;

/// An MSI capability.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Msi {
    spec: MsiSpec,
    offset: u16,
    /// Read-only bits of Message Control.
    fixed: u16,
    /// Enable and Multiple Message Enable.
    control: u16,
    address: u64,
    data: u16,
    mask: u32,
    pub(super) waiting: Sorted<u16, CauseId>,
}

impl Msi {
    /// `fixed`: Message Control as the function has it after reset.
    pub(super) fn new(spec: MsiSpec, offset: u16, fixed: u16) -> Self {
        let fixed = fixed & !(regs::MSI_ENABLE | regs::MSI_MME | regs::MSI_EXTENDED_ENABLE);
        let waiting = Sorted::default();
        Self { spec, offset, fixed, control: 0, address: 0, data: 0, mask: 0, waiting }
    }

    /// Vectors the function can use, 1 to 32 (Multiple Message Capable).
    pub fn vectors(&self) -> u16 {
        self.spec.vectors
    }

    /// 64-bit message address.
    pub fn wide(&self) -> bool {
        self.spec.wide
    }

    /// Per-vector mask and pending bits.
    pub fn maskable(&self) -> bool {
        self.spec.maskable
    }

    /// Offset of the capability in config space.
    pub fn offset(&self) -> u16 {
        self.offset
    }

    /// Message Control.
    pub fn control(&self) -> u16 {
        self.fixed | self.control
    }

    /// MSI Enable.
    pub fn enabled(&self) -> bool {
        self.control & regs::MSI_ENABLE != 0
    }

    /// Vectors software granted (Multiple Message Enable). PCIe leaves values above what the
    /// function can use undefined; here they grant all it can use.
    pub fn granted(&self) -> u16 {
        let granted = 1 << ((self.control & regs::MSI_MME) >> regs::MSI_MME_SHIFT);
        self.spec.vectors.min(granted)
    }

    /// Message Address.
    pub fn address(&self) -> u64 {
        self.address
    }

    /// Message Data.
    pub fn data(&self) -> u16 {
        self.data
    }

    /// Mask Bits; 0 without per-vector mask.
    pub fn mask(&self) -> u32 {
        self.mask
    }

    /// Pending Bits.
    pub fn pending_bits(&self) -> u32 {
        self.waiting.iter().fold(0, |bits, (vector, _)| bits | 1 << vector)
    }

    /// Pending vectors in order, each with the cause that waits there.
    pub fn pending(&self) -> impl Iterator<Item = (u16, CauseId)> + '_ {
        self.waiting.iter()
    }

    /// Whether the vector's mask bit is set.
    pub fn masked(&self, vector: u16) -> bool {
        1u32.checked_shl(u32::from(vector)).is_some_and(|bit| self.mask & bit != 0)
    }

    /// The data of a vector's message: its low bits say which vector (7.7.1.5).
    pub fn message_data(&self, vector: u16) -> u32 {
        u32::from(self.data & !(self.granted() - 1) | vector)
    }

    pub(super) fn len(&self) -> u16 {
        regs::msi_len(self.spec.wide, self.spec.maskable)
    }

    fn register(&self, dword: u16) -> Option<Register> {
        regs::msi_register(self.spec.wide, self.spec.maskable, dword)
    }

    /// Dword `dword` of the capability; `image` is what config space holds below it.
    pub(super) fn read(&self, dword: u16, image: u32) -> u32 {
        match self.register(dword) {
            Some(Register::Control) => image & 0xffff | u32::from(self.control()) << 16,
            Some(Register::Address) => self.address as u32,
            Some(Register::UpperAddress) => (self.address >> 32) as u32,
            Some(Register::Data) => image & 0xffff_0000 | u32::from(self.data),
            Some(Register::Mask) => self.mask,
            Some(Register::Pending) => self.pending_bits(),
            None => image,
        }
    }

    pub(super) fn write(&mut self, dword: u16, write: Write) {
        match self.register(dword) {
            Some(Register::Control) => self.set_control(write.over_high(self.control, u16::MAX)),
            Some(Register::Address) => {
                let low = write.over(self.address as u32, u32::MAX);
                self.set_address(self.address & !0xffff_ffff | u64::from(low));
            }
            Some(Register::UpperAddress) => {
                let high = write.over((self.address >> 32) as u32, u32::MAX);
                self.set_address(self.address & 0xffff_ffff | u64::from(high) << 32);
            }
            Some(Register::Data) => self.data = write.over_low(self.data, u16::MAX),
            Some(Register::Mask) => self.set_mask(write.over(self.mask, u32::MAX)),
            Some(Register::Pending) | None => {}
        }
    }

    pub(super) fn set_control(&mut self, value: u16) {
        self.control = value & (regs::MSI_ENABLE | regs::MSI_MME);
    }

    pub(super) fn set_address(&mut self, address: u64) {
        let upper = if self.spec.wide { u64::MAX } else { 0xffff_ffff };
        self.address = address & upper & !u64::from(regs::ADDRESS_LOW);
    }

    pub(super) fn set_data(&mut self, data: u16) {
        self.data = data;
    }

    pub(super) fn set_mask(&mut self, mask: u32) {
        if self.spec.maskable {
            self.mask = mask & (u32::MAX >> (32 - self.spec.vectors));
        }
    }

    /// Registers to their reset values; who waited is the caller's to tell.
    pub(super) fn reset(&mut self) {
        *self = Self::new(self.spec, self.offset, self.fixed);
    }
}
