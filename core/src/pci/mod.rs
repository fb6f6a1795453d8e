//! The PCI function.

use alloc::string::String;
use alloc::vec::Vec;

use crate::event::{CauseId, Loss, Place};
use crate::uapi::IrqIndex;

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
}

/// What a function does that others notice, in order.
#[expect(missing_docs, reason = "a field is said in the line of its variant")]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Output {
    /// A message left.
    Sent { cause: CauseId, index: IrqIndex, vector: u16, address: u64, data: u32 },
    /// The line changed level.
    Line { up: bool },
    /// Fell back to INTx.
    Diverted { cause: CauseId, vector: u16 },
    /// The cause waits in the function.
    Waits { cause: CauseId, place: Place },
    /// The cause joined one that waits in the function.
    Merged { cause: CauseId, into: CauseId, place: Place },
    /// The cause is gone.
    Lost { cause: CauseId, why: Loss },
}

/// Outputs in order; the caller drains it after each operation on the function.
pub type Outputs = Vec<Output>;
