//! Config space bytes, decoded as far as interrupts go.
//!
//! Models PCIe 7.5.1 (headers of type 0 and 1; PCI-to-CardBus for type 2), 7.7.1 (MSI), 7.7.2
//! (MSI-X) and the walk of both capability lists; other capabilities are listed by id.

use alloc::vec::Vec;

use super::super::regs;
use super::super::spec::{MsixPart, MsixSpec};
use super::error::ImportProblem;

/// An entry of a capability list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Capability {
    /// Offset in config space.
    pub offset: u16,
    /// Capability id.
    pub id: u16,
}

/// An MSI capability as dumped.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MsiDecoded {
    /// Offset of the capability.
    pub offset: u16,
    /// Vectors the function can use.
    pub vectors: u16,
    /// 64-bit message address.
    pub wide: bool,
    /// Per-vector mask and pending bits.
    pub maskable: bool,
    /// MSI Enable.
    pub enabled: bool,
    /// Vectors granted, at most what it can use.
    pub granted: u16,
    /// Mask Bits, where it has them.
    pub mask: Option<u32>,
    /// Pending Bits, where it has them.
    pub pending: Option<u32>,
}

/// A place in a BAR.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct BarPlace {
    /// BAR, 0 to 5.
    pub bar: u8,
    /// Offset in it, in bytes.
    pub offset: u32,
}

/// An MSI-X capability as dumped.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MsixDecoded {
    /// Offset of the capability.
    pub offset: u16,
    /// Table size.
    pub vectors: u16,
    /// MSI-X Enable.
    pub enabled: bool,
    /// Function Mask.
    pub function_masked: bool,
    /// The table.
    pub table: BarPlace,
    /// The pending bit array.
    pub pba: BarPlace,
}

/// A function's config space, as far as interrupts go.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Decoded {
    /// Vendor id.
    pub vendor: u16,
    /// Device id.
    pub device: u16,
    /// Class code, 24 bits.
    pub class: u32,
    /// Header layout: 0 function, 1 PCI bridge, 2 CardBus bridge.
    pub header_type: u8,
    /// Command.
    pub command: u16,
    /// Status.
    pub status: u16,
    /// Interrupt Pin: 0 none, 1 to 4 for INTA# to INTD#.
    pub pin: u8,
    /// Interrupt Line, whose meaning is the platform's.
    pub line: u8,
    /// Its ids read as all ones, as a virtual function's do (PCIe 9.3.4.1.1).
    pub vf: bool,
    /// Has a PCI Express capability.
    pub express: bool,
    /// Bytes dumped.
    pub config_len: u16,
    /// The capability list; none when the dump ends before it.
    pub capabilities: Option<Vec<Capability>>,
    /// The extended capability list.
    pub extended: Vec<Capability>,
    /// MSI.
    pub msi: Option<MsiDecoded>,
    /// MSI-X.
    pub msix: Option<MsixDecoded>,
}

/// A problem and the offset in config space where it is.
type At<T> = Result<T, (u16, ImportProblem)>;

/// Offset of the Capabilities Pointer in a CardBus bridge's header.
const CARDBUS_CAP_POINTER: u16 = 0x14;

/// Bytes of config space: at least 64, a multiple of 4.
#[derive(Clone, Copy)]
pub(super) struct Config<'a>(pub(super) &'a [u8]);

impl Config<'_> {
    pub(super) fn byte(self, offset: u16) -> u8 {
        self.0.get(usize::from(offset)).copied().unwrap_or(0xff)
    }

    pub(super) fn word(self, offset: u16) -> u16 {
        u16::from_le_bytes([self.byte(offset), self.byte(offset + 1)])
    }

    pub(super) fn dword(self, offset: u16) -> u32 {
        u32::from(self.word(offset)) | u32::from(self.word(offset + 2)) << 16
    }

    pub(super) fn len(self) -> u16 {
        self.0.len() as u16
    }

    /// Number of BARs in a header of this type.
    pub(super) fn bar_count(self) -> u8 {
        match self.byte(regs::HEADER_TYPE) & 0x7f {
            0 => 6,
            1 => 2,
            _ => 1,
        }
    }

    /// BAR register `bar`.
    pub(super) fn bar(self, bar: u8) -> u32 {
        self.dword(regs::BAR0 + 4 * u16::from(bar))
    }

    /// Whether the register is the upper half of a 64-bit BAR.
    pub(super) fn bar_is_upper(self, bar: u8) -> bool {
        let is_64 = |bar| {
            let value = self.bar(bar);
            value & regs::BAR_IO == 0 && value & regs::BAR_TYPE == regs::BAR_64
        };
        // Halves alternate from the first 64-bit BAR on.
        (0..bar).fold(false, |upper, bar| !upper && is_64(bar))
    }
}

/// Decodes 64, 128, 256 or 4096 bytes.
pub(super) fn decode(bytes: &[u8]) -> At<Decoded> {
    let config = Config(bytes);
    if bytes.iter().take(usize::from(regs::HEADER_LEN)).all(|byte| *byte == 0xff) {
        return Err((0, ImportProblem::NobodyAnswers));
    }
    let header_type = config.byte(regs::HEADER_TYPE) & 0x7f;
    if header_type > 2 {
        return Err((regs::HEADER_TYPE, ImportProblem::HeaderType(header_type)));
    }
    let pin = config.byte(regs::INTERRUPT + 1);
    if pin > 4 {
        return Err((regs::INTERRUPT + 1, ImportProblem::Pin(pin)));
    }
    let status = config.word(regs::COMMAND + 2);
    let capabilities = if status & regs::STATUS_CAP_LIST == 0 {
        Some(Vec::new())
    } else if config.len() < regs::CONFIG_LEN {
        None
    } else {
        let first = if header_type == 2 { CARDBUS_CAP_POINTER } else { regs::CAP_POINTER };
        Some(walk(config, first)?)
    };
    let list = capabilities.as_deref().unwrap_or_default();
    check_structures(config, list)?;
    let find = |id: u8| list.iter().find(|cap| cap.id == u16::from(id)).map(|cap| cap.offset);
    let msi = find(regs::CAP_MSI).map(|offset| decode_msi(config, offset)).transpose()?;
    let msix = find(regs::CAP_MSIX).map(|offset| decode_msix(config, offset)).transpose()?;
    let express = find(regs::CAP_EXPRESS).is_some();
    let extended = if express && config.len() == regs::EXTENDED_LEN {
        walk_extended(config)?
    } else {
        Vec::new()
    };
    let (vendor, device) = (config.word(0), config.word(2));
    Ok(Decoded {
        vendor,
        device,
        class: config.dword(regs::CLASS) >> 8,
        header_type,
        command: config.word(regs::COMMAND),
        status,
        pin,
        line: config.byte(regs::INTERRUPT),
        vf: (vendor, device) == (0xffff, 0xffff),
        express,
        config_len: config.len(),
        capabilities,
        extended,
        msi,
        msix,
    })
}

/// The capability list whose first pointer is the byte at `pointer`.
fn walk(config: Config<'_>, mut pointer: u16) -> At<Vec<Capability>> {
    let mut list = Vec::new();
    let mut visited = 0u64;
    loop {
        let offset = u16::from(config.byte(pointer));
        if offset == 0 {
            return Ok(list);
        }
        if offset < regs::HEADER_LEN {
            return Err((pointer, ImportProblem::PointerLow(offset)));
        }
        if !offset.is_multiple_of(4) {
            return Err((pointer, ImportProblem::PointerUnaligned(offset)));
        }
        let bit = 1 << (offset / 4);
        if visited & bit != 0 {
            return Err((pointer, ImportProblem::Loop(offset)));
        }
        visited |= bit;
        let id = config.byte(offset);
        if id == 0xff {
            return Err((offset, ImportProblem::CapabilityOnes(offset)));
        }
        list.push(Capability { offset, id: u16::from(id) });
        pointer = offset + 1;
    }
}

/// The extended capability list (PCIe 7.6.3), which starts at 0x100 if there is one.
fn walk_extended(config: Config<'_>) -> At<Vec<Capability>> {
    let mut list = Vec::new();
    let mut visited = [0u64; 16];
    let mut offset = regs::CONFIG_LEN;
    loop {
        let header = config.dword(offset);
        // No list, or one of conventional PCI behind a bridge.
        if list.is_empty() && (header == 0 || header == u32::MAX) {
            return Ok(list);
        }
        if header == u32::MAX {
            return Err((offset, ImportProblem::CapabilityOnes(offset)));
        }
        list.push(Capability { offset, id: header as u16 });
        let next = (header >> 20) as u16;
        // The pointer's bytes are the upper two.
        let pointer = offset + 2;
        if next == 0 {
            return Ok(list);
        }
        if next < regs::CONFIG_LEN {
            return Err((pointer, ImportProblem::PointerLow(next)));
        }
        if !next.is_multiple_of(4) {
            return Err((pointer, ImportProblem::PointerUnaligned(next)));
        }
        let (word, bit) = (usize::from(offset / 256), 1 << (offset / 4 % 64));
        visited[word] |= bit;
        if visited[usize::from(next / 256)] & 1 << (next / 4 % 64) != 0 {
            return Err((pointer, ImportProblem::Loop(next)));
        }
        offset = next;
    }
}

/// Name and length of the capabilities whose structure matters here.
fn structure(config: Config<'_>, capability: Capability) -> Option<(&'static str, u16)> {
    match u8::try_from(capability.id).ok()? {
        regs::CAP_MSI => {
            let control = config.word(capability.offset + 2);
            let (wide, maskable) =
                (control & regs::MSI_WIDE != 0, control & regs::MSI_MASKABLE != 0);
            Some(("MSI", regs::msi_len(wide, maskable)))
        }
        regs::CAP_MSIX => Some(("MSI-X", regs::MSIX_LEN)),
        regs::CAP_EXPRESS => Some(("PCI Express", regs::EXPRESS_LEAST)),
        _ => None,
    }
}

/// Structures lie within config space and apart from each other, and there is one of each kind.
fn check_structures(config: Config<'_>, list: &[Capability]) -> At<()> {
    for (at, capability) in list.iter().enumerate() {
        let Some((name, len)) = structure(config, *capability) else { continue };
        let offset = capability.offset;
        if offset + len > regs::CONFIG_LEN {
            return Err((offset, ImportProblem::CapabilityCrosses { name, offset, len }));
        }
        if let Some(twice) = list[at + 1..].iter().find(|other| other.id == capability.id) {
            let offset = twice.offset;
            return Err((offset, ImportProblem::CapabilityTwice { name, offset }));
        }
        let inside = offset + 1..offset + len;
        if let Some(inner) = list.iter().find(|other| inside.contains(&other.offset)) {
            let inner = inner.offset;
            return Err((inner, ImportProblem::CapabilityInside { inner, name, offset }));
        }
    }
    Ok(())
}

fn decode_msi(config: Config<'_>, offset: u16) -> At<MsiDecoded> {
    let control = config.word(offset + 2);
    let capable = ((control & regs::MSI_MMC) >> regs::MSI_MMC_SHIFT) as u8;
    if capable > 5 {
        return Err((offset + 2, ImportProblem::MultipleMessage(capable)));
    }
    let (wide, maskable) = (control & regs::MSI_WIDE != 0, control & regs::MSI_MASKABLE != 0);
    let vectors = 1 << capable;
    let mask_at = offset + if wide { 16 } else { 12 };
    Ok(MsiDecoded {
        offset,
        vectors,
        wide,
        maskable,
        enabled: control & regs::MSI_ENABLE != 0,
        granted: vectors.min(1 << ((control & regs::MSI_MME) >> regs::MSI_MME_SHIFT)),
        mask: maskable.then(|| config.dword(mask_at)),
        pending: maskable.then(|| config.dword(mask_at + 4)),
    })
}

fn decode_msix(config: Config<'_>, offset: u16) -> At<MsixDecoded> {
    let control = config.word(offset + 2);
    let place = |part: MsixPart, at: u16| {
        let value = config.dword(at);
        let place =
            BarPlace { bar: (value & regs::MSIX_BIR) as u8, offset: value & !regs::MSIX_BIR };
        check_bar(config, part, place.bar).map_err(|problem| (at, problem))?;
        Ok(place)
    };
    let decoded = MsixDecoded {
        offset,
        vectors: (control & regs::MSIX_SIZE) + 1,
        enabled: control & regs::MSIX_ENABLE != 0,
        function_masked: control & regs::MSIX_FUNCTION_MASK != 0,
        table: place(MsixPart::Table, offset + 4)?,
        pba: place(MsixPart::Pba, offset + 8)?,
    };
    if decoded.spec().overlaps() {
        let bar = decoded.table.bar;
        return Err((offset + 8, ImportProblem::MsixOverlap { bar }));
    }
    Ok(decoded)
}

/// Whether table or array can be in this BAR. One that reads zero can: nothing is assigned to it
/// yet, or it is a VF's.
fn check_bar(config: Config<'_>, part: MsixPart, bar: u8) -> Result<(), ImportProblem> {
    let count = config.bar_count();
    if bar > 5 {
        return Err(ImportProblem::BarReserved { part, bar });
    }
    if bar >= count {
        return Err(ImportProblem::BarMissing { part, bar, count });
    }
    if config.bar_is_upper(bar) {
        let what = "the upper half of a 64-bit BAR";
        return Err(ImportProblem::BarUnfit { part, bar, what });
    }
    if config.bar(bar) & regs::BAR_IO != 0 {
        return Err(ImportProblem::BarUnfit { part, bar, what: "in I/O space" });
    }
    Ok(())
}

impl MsixDecoded {
    /// The same, as something to build.
    pub(super) fn spec(&self) -> MsixSpec {
        MsixSpec {
            vectors: self.vectors,
            table: (self.table.bar, self.table.offset),
            pba: (self.pba.bar, self.pba.offset),
        }
    }
}
