//! The PCI function: what the PCI specifications say of config space and interrupts.
//!
//! [`Function`] models PCIe 5.0 sections 6.1 (interrupts), 6.6.2 (reset of the function), 7.5.1
//! (header), 7.7.1 (MSI) and 7.7.2 (MSI-X); its module says what it leaves out. [`profiles`] has
//! functions built in, [`import`] makes one from a real function's config space.
//!
//! A function never acts by itself: each operation appends what others notice of it to
//! [`Outputs`].

use alloc::vec::Vec;

use crate::event::{CauseId, Loss, Place};
use crate::uapi::IrqIndex;

mod access;
mod config;
mod function;
pub mod import;
pub mod layout;
mod msi;
mod msix;
pub mod profiles;
mod raise;
mod regs;
mod spec;

pub use function::Function;
pub use msi::Msi;
pub use msix::{Entry, Msix};
pub use spec::{FunctionError, FunctionSpec, Layout, MsiSpec, MsixPart, MsixSpec, Places, WhenOff};

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

#[cfg(test)]
mod tests;
