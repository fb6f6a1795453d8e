//! Numbers of the PCI specifications: offsets and bits, no behaviour.
//!
//! Sections are those of the PCI Express Base Specification 5.0.

/// Command and Status (7.5.1.1.3, 7.5.1.1.4), one dword.
pub(super) const COMMAND: u16 = 0x04;
/// Revision ID and Class Code (7.5.1.1.5, 7.5.1.1.6).
pub(super) const CLASS: u16 = 0x08;
/// Header Type (7.5.1.1.9).
pub(super) const HEADER_TYPE: u16 = 0x0e;
/// First Base Address Register (7.5.1.2.1).
pub(super) const BAR0: u16 = 0x10;
/// Capabilities Pointer (7.5.1.1.11); a CardBus bridge has it at 0x14.
pub(super) const CAP_POINTER: u16 = 0x34;
/// Interrupt Line, Interrupt Pin (7.5.1.1.12, 7.5.1.1.13) and two more bytes, one dword.
pub(super) const INTERRUPT: u16 = 0x3c;
/// End of the header every function has.
pub(super) const HEADER_LEN: u16 = 0x40;
/// Config space of conventional PCI.
pub(super) const CONFIG_LEN: u16 = 256;
/// Config space with the extended part.
pub(super) const EXTENDED_LEN: u16 = 4096;

bitflags::bitflags! {
    /// Command register bits that matter here.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
    pub(super) struct Command: u16 {
        const IO_SPACE = 1;
        const MEMORY_SPACE = 1 << 1;
        const BUS_MASTER = 1 << 2;
        const PARITY = 1 << 6;
        const SERR = 1 << 8;
        const INTERRUPT_DISABLE = 1 << 10;
    }
}

/// Status: Interrupt Status.
pub(super) const STATUS_INTERRUPT: u16 = 1 << 3;
/// Status: Capabilities List.
pub(super) const STATUS_CAP_LIST: u16 = 1 << 4;
/// Status bits a function sets and software clears: errors, zero after reset.
pub(super) const STATUS_ERRORS: u16 = 0xf900;

/// Capability ids (PCI Code and ID Assignment Specification).
pub(super) const CAP_MSI: u8 = 0x05;
/// PCI Express.
pub(super) const CAP_EXPRESS: u8 = 0x10;
/// MSI-X.
pub(super) const CAP_MSIX: u8 = 0x11;

/// MSI Message Control (7.7.1.2): MSI Enable.
pub(super) const MSI_ENABLE: u16 = 1;
/// Multiple Message Capable.
pub(super) const MSI_MMC: u16 = 0x0e;
/// Its position.
pub(super) const MSI_MMC_SHIFT: u16 = 1;
/// Multiple Message Enable.
pub(super) const MSI_MME: u16 = 0x70;
/// Its position.
pub(super) const MSI_MME_SHIFT: u16 = 4;
/// 64-bit Address Capable.
pub(super) const MSI_WIDE: u16 = 1 << 7;
/// Per-Vector Masking Capable.
pub(super) const MSI_MASKABLE: u16 = 1 << 8;
/// Extended Message Data Capable.
pub(super) const MSI_EXTENDED: u16 = 1 << 9;
/// Extended Message Data Enable.
pub(super) const MSI_EXTENDED_ENABLE: u16 = 1 << 10;
/// Most vectors of MSI.
pub(super) const MSI_MAX_VECTORS: u16 = 32;

/// MSI-X Message Control (7.7.2.2): MSI-X Enable.
pub(super) const MSIX_ENABLE: u16 = 1 << 15;
/// Function Mask.
pub(super) const MSIX_FUNCTION_MASK: u16 = 1 << 14;
/// Table Size, as N - 1.
pub(super) const MSIX_SIZE: u16 = 0x07ff;
/// Table Offset and PBA Offset (7.7.2.3, 7.7.2.4): the low bits say which BAR.
pub(super) const MSIX_BIR: u32 = 0b111;
/// Vector Control of a table entry (7.7.2.8): Mask bit.
pub(super) const ENTRY_MASK: u32 = 1;
/// Bytes of the capability.
pub(super) const MSIX_LEN: u16 = 12;
/// Most vectors of MSI-X.
pub(super) const MSIX_MAX_VECTORS: u16 = 2048;
/// Bytes of a table entry.
pub(super) const ENTRY_LEN: u64 = 16;

/// Least bytes of a PCI Express capability (7.5.3): those before the link's registers, which a
/// version 1 integrated endpoint leaves out.
pub(super) const EXPRESS_LEAST: u16 = 0x0c;
/// Bytes of the PCI Express capability of a built function: of an endpoint with a link, version 1.
pub(super) const EXPRESS_LEN: u16 = 0x14;

/// BAR: decodes I/O space.
pub(super) const BAR_IO: u32 = 1;
/// BAR: type field of a memory BAR.
pub(super) const BAR_TYPE: u32 = 0b110;
/// BAR: takes this register and the next for one 64-bit address.
pub(super) const BAR_64: u32 = 0b100;
/// Most bytes a 32-bit memory BAR can span.
pub(super) const BAR32_MAX: u64 = 1 << 31;

/// Message Address of MSI and MSI-X (7.7.1.3, 7.7.2.5): bits that are always 0.
pub(super) const ADDRESS_LOW: u32 = 0b11;

/// Registers of an MSI capability, one a dword.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum MsiRegister {
    Control,
    Address,
    UpperAddress,
    Data,
    Mask,
    Pending,
}

/// The register in this dword of an MSI capability (7.7.1).
pub(super) fn msi_register(wide: bool, maskable: bool, dword: u16) -> Option<MsiRegister> {
    let dword = if wide || dword < 2 { dword } else { dword + 1 };
    Some(match dword {
        0 => MsiRegister::Control,
        1 => MsiRegister::Address,
        2 => MsiRegister::UpperAddress,
        3 => MsiRegister::Data,
        4 if maskable => MsiRegister::Mask,
        5 if maskable => MsiRegister::Pending,
        _ => return None,
    })
}

/// Bytes of an MSI capability (7.7.1), rounded up to whole dwords.
pub(super) fn msi_len(wide: bool, maskable: bool) -> u16 {
    match (wide, maskable) {
        (false, false) => 12,
        (true, false) => 16,
        (false, true) => 20,
        (true, true) => 24,
    }
}
