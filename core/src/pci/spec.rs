//! What a function is built from, and why a description may be refused.

use alloc::string::String;

use super::regs;

/// What a function does with an interrupt for a vector while neither MSI nor MSI-X is enabled.
/// A property of the device: PCIe leaves it open.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum WhenOff {
    /// Raises INTx instead (what e1000e does). A function without a pin drops it.
    #[default]
    Divert,
    /// Drops it.
    Drop,
    /// Holds it until MSI or MSI-X is enabled.
    Hold,
}

/// MSI capability to build.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MsiSpec {
    /// Vectors the function can use: 1, 2, 4, 8, 16 or 32.
    pub vectors: u16,
    /// 64-bit message address.
    pub wide: bool,
    /// Per-vector mask and pending bits.
    pub maskable: bool,
}

/// MSI-X capability to build.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MsixSpec {
    /// Table size, 1 to 2048.
    pub vectors: u16,
    /// BAR (0 to 5) and offset (multiple of 8) of the table.
    pub table: (u8, u32),
    /// BAR and offset of the pending bit array.
    pub pba: (u8, u32),
}

/// Where the capabilities of a built function lie in config space: as in QEMU's device of that
/// name, so that a scenario's config accesses mean the same on both.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Layout {
    /// MSI 0xd0 (maskable: 0xb0, it would not fit), MSI-X 0xa0, Express 0xe0.
    #[default]
    E1000e,
    /// MSI 0x70, MSI-X 0x90, Express 0xa0.
    Xhci,
    /// MSI 0x40, the others as e1000e.
    Edu,
}

impl Layout {
    pub(super) fn msi(self, msi: &MsiSpec) -> u16 {
        match self {
            Self::E1000e if msi.maskable => 0xb0,
            Self::E1000e => 0xd0,
            Self::Xhci => 0x70,
            Self::Edu => 0x40,
        }
    }

    pub(super) fn msix(self) -> u16 {
        if self == Self::Xhci { 0x90 } else { 0xa0 }
    }

    pub(super) fn express(self) -> u16 {
        if self == Self::Xhci { 0xa0 } else { 0xe0 }
    }
}

/// Where capabilities lie in config space; none: where the [`Layout`] has them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
pub struct Places {
    /// MSI.
    pub msi: Option<u16>,
    /// MSI-X.
    pub msix: Option<u16>,
    /// PCI Express.
    pub express: Option<u16>,
}

/// A function to build.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FunctionSpec {
    /// Name for people.
    pub name: String,
    /// Vendor and device id.
    pub id: (u16, u16),
    /// Class code, 24 bits.
    pub class: u32,
    /// Interrupt Pin: 0 none, 1 to 4 for INTA# to INTD#.
    pub pin: u8,
    /// MSI capability.
    pub msi: Option<MsiSpec>,
    /// MSI-X capability.
    pub msix: Option<MsixSpec>,
    /// Has a PCI Express capability (and with it, extended config space).
    pub express: bool,
    /// Is a virtual function (no pin, whatever `pin` says).
    pub vf: bool,
    /// Interrupt Disable and Interrupt Status work (PCI 2.3); without, the host masks at its
    /// interrupt controller.
    pub intx_status: bool,
    /// What happens to vectors raised while no message capability is enabled.
    pub when_off: WhenOff,
    /// The host can reset the function (FLR or another way).
    pub reset: bool,
    /// Where its capabilities lie.
    pub layout: Layout,
    /// Where they lie instead: multiples of 4 from 0x40 on.
    #[cfg_attr(feature = "serde", serde(default))]
    pub places: Places,
}

/// Table or pending bit array, for errors.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum MsixPart {
    /// The table.
    #[error("MSI-X table")]
    Table,
    /// The pending bit array.
    #[error("MSI-X pending bit array")]
    Pba,
}

/// Why a function can't be built.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FunctionError {
    /// MSI count.
    #[error("MSI vectors: {0} is none of 1, 2, 4, 8, 16, 32")]
    MsiVectors(u16),
    /// MSI-X table size.
    #[error("MSI-X vectors: {0} is not in 1 to 2048")]
    MsixVectors(u16),
    /// BAR indicator.
    #[error("{part}: BAR {bar} does not exist (0 to 5)")]
    Bar {
        /// Table or array.
        part: MsixPart,
        /// The number given.
        bar: u8,
    },
    /// Offset in the BAR.
    #[error("{part}: offset {offset:#x} is not a multiple of 8")]
    Offset {
        /// Table or array.
        part: MsixPart,
        /// The offset given.
        offset: u32,
    },
    /// End beyond the largest BAR.
    #[error("{part}: ends at {end:#x}, beyond the 2 GiB a 32-bit BAR can span")]
    TooFar {
        /// Table or array.
        part: MsixPart,
        /// First byte after it.
        end: u64,
    },
    /// Table and pending bit array share bytes.
    #[error("MSI-X table and pending bit array overlap in BAR {bar}")]
    Overlap {
        /// Their BAR.
        bar: u8,
    },
    /// A capability's place.
    #[error("{name} capability: {at:#x} is no multiple of 4 in 0x40 to {last:#x}")]
    Place {
        /// The capability.
        name: &'static str,
        /// The offset given.
        at: u16,
        /// The last offset from which it fits.
        last: u16,
    },
    /// Two capabilities share bytes.
    #[error("the {one} capability at {at:#x} and the {other} capability overlap")]
    Capabilities {
        /// The one that begins later.
        one: &'static str,
        /// Where.
        at: u16,
        /// The other.
        other: &'static str,
    },
    /// A place for a capability that is not there.
    #[error("the function has no {name} capability to place")]
    NoCapability {
        /// The capability.
        name: &'static str,
    },
    /// Interrupt Pin.
    #[error("Interrupt Pin: {0} is not in 0 to 4")]
    Pin(u8),
    /// Class code.
    #[error("class code: {0:#x} has more than 24 bits")]
    Class(u32),
    /// A config dump of 64 bytes whose function has capabilities beyond them.
    #[error(
        "the dump ends before the capabilities: take it as root, or with lspci -xxx, to get \
         256 bytes"
    )]
    HeaderOnly,
}

impl MsixSpec {
    /// Bytes of the table: 16 each entry (PCIe 7.7.2.2).
    pub(super) fn table_len(&self) -> u64 {
        u64::from(self.vectors) * regs::ENTRY_LEN
    }

    /// Bytes of the pending bit array: whole qwords (PCIe 7.7.2.3).
    pub(super) fn pba_len(&self) -> u64 {
        u64::from(self.vectors.div_ceil(64)) * 8
    }

    /// First byte after the table, and after the array, each in its BAR.
    pub(super) fn ends(&self) -> (u64, u64) {
        (u64::from(self.table.1) + self.table_len(), u64::from(self.pba.1) + self.pba_len())
    }

    /// Whether table and array share bytes.
    pub(super) fn overlaps(&self) -> bool {
        let (table_end, pba_end) = self.ends();
        self.table.0 == self.pba.0
            && u64::from(self.table.1) < pba_end
            && u64::from(self.pba.1) < table_end
    }

    /// Bytes of a BAR that table and array need; 0 for neither.
    pub(super) fn bar_need(&self, bar: u8) -> u64 {
        let (table_end, pba_end) = self.ends();
        let table = if self.table.0 == bar { table_end } else { 0 };
        let pba = if self.pba.0 == bar { pba_end } else { 0 };
        table.max(pba)
    }

    fn check(&self) -> Result<(), FunctionError> {
        if !(1..=regs::MSIX_MAX_VECTORS).contains(&self.vectors) {
            return Err(FunctionError::MsixVectors(self.vectors));
        }
        let (table_end, pba_end) = self.ends();
        let parts = [(MsixPart::Table, self.table, table_end), (MsixPart::Pba, self.pba, pba_end)];
        for (part, (bar, offset), end) in parts {
            if bar > 5 {
                return Err(FunctionError::Bar { part, bar });
            }
            if !offset.is_multiple_of(8) {
                return Err(FunctionError::Offset { part, offset });
            }
            if end > regs::BAR32_MAX {
                return Err(FunctionError::TooFar { part, end });
            }
        }
        if self.overlaps() {
            return Err(FunctionError::Overlap { bar: self.table.0 });
        }
        Ok(())
    }
}

impl FunctionSpec {
    /// A function with all three kinds of interrupt: INTA#, MSI 4 (64-bit, maskable), MSI-X 8.
    pub fn simple() -> Self {
        Self {
            name: "simple".into(),
            id: (0x1234, 0x0001),
            class: 0xff_0000,
            pin: 1,
            msi: Some(MsiSpec { vectors: 4, wide: true, maskable: true }),
            msix: Some(MsixSpec { vectors: 8, table: (0, 0x2000), pba: (0, 0x3000) }),
            express: true,
            vf: false,
            intx_status: true,
            when_off: WhenOff::Divert,
            reset: true,
            layout: Layout::default(),
            places: Places::default(),
        }
    }

    /// Where the MSI capability lies.
    pub(super) fn msi_at(&self, msi: &MsiSpec) -> u16 {
        self.places.msi.unwrap_or_else(|| self.layout.msi(msi))
    }

    pub(super) fn msix_at(&self) -> u16 {
        self.places.msix.unwrap_or_else(|| self.layout.msix())
    }

    pub(super) fn express_at(&self) -> u16 {
        self.places.express.unwrap_or_else(|| self.layout.express())
    }

    /// Capabilities lie in config space, apart from each other.
    fn check_places(&self) -> Result<(), FunctionError> {
        let msi = self.msi.map(|msi| (self.msi_at(&msi), regs::msi_len(msi.wide, msi.maskable)));
        let msix = self.msix.map(|_| (self.msix_at(), regs::MSIX_LEN));
        let express = self.express.then(|| (self.express_at(), regs::EXPRESS_LEN));
        let all = [
            ("MSI", msi, self.places.msi),
            ("MSI-X", msix, self.places.msix),
            ("PCI Express", express, self.places.express),
        ];
        for (name, there, wanted) in all {
            let Some((at, len)) = there else {
                match wanted {
                    Some(_) => return Err(FunctionError::NoCapability { name }),
                    None => continue,
                }
            };
            let last = regs::CONFIG_LEN - len;
            if !at.is_multiple_of(4) || !(regs::HEADER_LEN..=last).contains(&at) {
                return Err(FunctionError::Place { name, at, last });
            }
        }
        for (one, there, _) in all {
            for (other, before, _) in all {
                if let (Some((at, _)), Some((from, len))) = (there, before)
                    && one != other
                    && (from..from + len).contains(&at)
                {
                    return Err(FunctionError::Capabilities { one, at, other });
                }
            }
        }
        Ok(())
    }

    /// Whether [`Function::new`](super::Function::new) will take it.
    pub fn check(&self) -> Result<(), FunctionError> {
        if let Some(msi) = self.msi
            && !(msi.vectors.is_power_of_two() && msi.vectors <= regs::MSI_MAX_VECTORS)
        {
            return Err(FunctionError::MsiVectors(msi.vectors));
        }
        if let Some(msix) = self.msix {
            msix.check()?;
        }
        if self.pin > 4 {
            return Err(FunctionError::Pin(self.pin));
        }
        if self.class > 0xff_ffff {
            return Err(FunctionError::Class(self.class));
        }
        self.check_places()
    }
}
