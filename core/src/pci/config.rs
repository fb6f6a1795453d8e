//! Config space: what is fixed in it, and the header registers that are not.
//!
//! Models PCIe 7.5.1.1 (common header) and 7.5.1.2.1 (BARs, with sizing). Every other byte is
//! read-only, as built or as dumped: in particular the PCI Express capability, whose Initiate
//! Function Level Reset does nothing (a reset is [`Function::reset`](super::Function::reset)).

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

use super::access::Write;
use super::regs::{self, Command};
use super::spec::{FunctionSpec, MsiSpec, MsixSpec, WhenOff};

/// One Base Address Register: size of what it decodes, fixed and writable bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Bar {
    /// Bytes decoded; 0 for none, and for the upper half of a 64-bit BAR.
    pub(super) size: u64,
    /// Type bits.
    pub(super) fixed: u32,
    /// Address bits that can be written.
    pub(super) writable: u32,
}

impl Bar {
    /// A BAR of `size` bytes (a power of two) with these type bits.
    pub(super) fn new(size: u64, fixed: u32) -> Self {
        let type_bits = if fixed & regs::BAR_IO != 0 { 0b11 } else { 0b1111 };
        Self { size, fixed, writable: (!(size - 1)) as u32 & !type_bits }
    }

    /// The register above a 64-bit BAR of `size` bytes.
    pub(super) fn upper(size: u64) -> Self {
        Self { size: 0, fixed: 0, writable: (!(size - 1) >> 32) as u32 }
    }
}

/// What never changes about a function: shared by all clones of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Shape {
    pub(super) name: String,
    pub(super) id: (u16, u16),
    pub(super) class: u32,
    pub(super) pin: u8,
    pub(super) vf: bool,
    pub(super) express: bool,
    pub(super) intx_status: bool,
    pub(super) when_off: WhenOff,
    pub(super) resets: bool,
    pub(super) bars: [Bar; 6],
    /// Number of BARs in the header: 6, or 2 and 1 in those of bridges.
    pub(super) bar_count: u8,
    /// Config space after reset, except what other fields say.
    pub(super) image: Vec<u8>,
}

/// By name and ids only: hashing the image would cost more than all the rest of a function, and
/// functions hashed side by side are mostly the same one in different states.
impl Hash for Shape {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.name, self.id).hash(state);
    }
}

impl Shape {
    /// The dword of the image at `offset`, a multiple of 4 within it.
    pub(super) fn dword(&self, offset: u16) -> u32 {
        let at = usize::from(offset);
        self.image[at..at + 4].try_into().map_or(u32::MAX, u32::from_le_bytes)
    }

    /// Bits of the Command register software can change. A VF has neither spaces nor pin to turn
    /// off (PCIe 9.3.4.1.3).
    pub(super) fn command_writable(&self) -> Command {
        if self.vf {
            return Command::BUS_MASTER;
        }
        let mut writable = Command::all();
        writable.set(Command::INTERRUPT_DISABLE, self.intx_status);
        writable
    }
}

/// Header registers that change.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Header {
    pub(super) command: Command,
    bars: [u32; 6],
    interrupt_line: u8,
}

impl Header {
    pub(super) const RESET: Self =
        Self { command: Command::empty(), bars: [0; 6], interrupt_line: 0 };

    /// The dword at `offset`, unless the image has it all.
    pub(super) fn read(&self, shape: &Shape, offset: u16, interrupt: bool) -> Option<u32> {
        let image = shape.dword(offset);
        match offset {
            regs::COMMAND => {
                let status =
                    if interrupt && shape.intx_status { regs::STATUS_INTERRUPT } else { 0 };
                Some(image & !0xffff | u32::from(self.command.bits()) | u32::from(status) << 16)
            }
            regs::INTERRUPT => Some(image & !0xff | u32::from(self.interrupt_line)),
            _ => {
                let bar = bar_at(shape, offset)?;
                Some(self.bars[bar] | shape.bars[bar].fixed)
            }
        }
    }

    /// Writes a dword other than Command.
    pub(super) fn write(&mut self, shape: &Shape, offset: u16, write: Write) {
        if offset == regs::INTERRUPT {
            self.interrupt_line = write.over(u32::from(self.interrupt_line), 0xff) as u8;
        } else if let Some(bar) = bar_at(shape, offset) {
            self.bars[bar] = write.over(self.bars[bar], shape.bars[bar].writable);
        }
    }
}

/// Number of the BAR whose register is at `offset`.
fn bar_at(shape: &Shape, offset: u16) -> Option<usize> {
    let bar = usize::from(offset.checked_sub(regs::BAR0)? / 4);
    (bar < usize::from(shape.bar_count)).then_some(bar)
}

/// Least bytes of a BAR, and of BAR 0, which has the device's own registers.
const BAR_LEAST: u64 = 4096;
const BAR0_LEAST: u64 = 16 * 1024;

/// Message Control of an MSI capability after reset.
pub(super) fn msi_control(msi: &MsiSpec) -> u16 {
    let count = msi.vectors.trailing_zeros() as u16;
    let wide = if msi.wide { regs::MSI_WIDE } else { 0 };
    let maskable = if msi.maskable { regs::MSI_MASKABLE } else { 0 };
    count << regs::MSI_MMC_SHIFT | wide | maskable
}

/// Size of a BAR that has to hold `need` bytes.
pub(super) fn bar_size(need: u64, least: u64) -> u64 {
    need.max(least).next_power_of_two()
}

fn built_bars(msix: Option<&MsixSpec>) -> [Bar; 6] {
    core::array::from_fn(|bar| {
        let need = msix.map_or(0, |msix| msix.bar_need(bar as u8));
        match (bar, need) {
            (0, _) => Bar::new(bar_size(need, BAR0_LEAST), 0),
            (_, 0) => Bar::default(),
            _ => Bar::new(bar_size(need, BAR_LEAST), 0),
        }
    })
}

/// The shape of a function that a checked spec describes.
pub(super) fn build(spec: &FunctionSpec) -> Shape {
    let pin = if spec.vf { 0 } else { spec.pin };
    let len = if spec.express { regs::EXTENDED_LEN } else { regs::CONFIG_LEN };
    let mut image = vec![0; usize::from(len)];
    let mut put = |offset: u16, bytes: &[u8]| {
        let at = usize::from(offset);
        image[at..at + bytes.len()].copy_from_slice(bytes);
    };
    put(0, &spec.id.0.to_le_bytes());
    put(2, &spec.id.1.to_le_bytes());
    put(regs::CLASS, &(spec.class << 8).to_le_bytes());
    put(regs::INTERRUPT + 1, &[pin]);

    // The chain, first to last; each next pointer is written once the next one is known.
    let mut pointer = regs::CAP_POINTER;
    let mut link = |offset: u16, id: u8, put: &mut dyn FnMut(u16, &[u8])| {
        put(pointer, &[offset as u8]);
        put(offset, &[id, 0]);
        pointer = offset + 1;
    };
    if let Some(msi) = &spec.msi {
        let at = spec.msi_at(msi);
        link(at, regs::CAP_MSI, &mut put);
        put(at + 2, &msi_control(msi).to_le_bytes());
    }
    if spec.express {
        let at = spec.express_at();
        link(at, regs::CAP_EXPRESS, &mut put);
        // Version 1, endpoint; Device Capabilities: Role-Based Error Reporting, and Function Level
        // Reset (7.5.3.2, 7.5.3.3).
        put(at + 2, &1u16.to_le_bytes());
        put(at + 4, &(1u32 << 15 | u32::from(spec.reset) << 28).to_le_bytes());
    }
    if let Some(msix) = &spec.msix {
        let place = spec.msix_at();
        link(place, regs::CAP_MSIX, &mut put);
        put(place + 2, &(msix.vectors - 1).to_le_bytes());
        for (at, (bar, offset)) in [(place + 4, msix.table), (place + 8, msix.pba)] {
            put(at, &(offset | u32::from(bar)).to_le_bytes());
        }
    }
    if pointer != regs::CAP_POINTER {
        put(regs::COMMAND + 2, &regs::STATUS_CAP_LIST.to_le_bytes());
    }
    Shape {
        name: spec.name.clone(),
        id: spec.id,
        class: spec.class,
        pin,
        vf: spec.vf,
        express: spec.express,
        intx_status: spec.intx_status,
        when_off: spec.when_off,
        resets: spec.reset,
        bars: built_bars(spec.msix.as_ref()),
        bar_count: 6,
        image,
    }
}
