//! The words for steps, places and losses, as scenarios, texts and pages show them.

use core::fmt;

use super::{Emulated, Loss, Place, Source, Step};

const INTERRUPT_DISABLE: u16 = 1 << 10;
const MSIX_ENABLE: u16 = 1 << 15;
const MSIX_FUNCTION_MASK: u16 = 1 << 14;
const MSI_ENABLE: u16 = 1;

/// "set A and B, clear C", from what a write changes; "write REGISTER" where it changes nothing.
fn changes(
    f: &mut fmt::Formatter<'_>,
    old: u16,
    new: u16,
    bits: &[(u16, &str)],
    register: &str,
) -> fmt::Result {
    let mut written = false;
    for (verb, mask) in [("set", new & !old), ("clear", old & !new)] {
        let mut first = true;
        for (_, name) in bits.iter().filter(|(bit, _)| mask & bit != 0) {
            match (first, written) {
                (true, false) => write!(f, "{verb} {name}")?,
                (true, true) => write!(f, ", {verb} {name}")?,
                (false, _) => write!(f, " and {name}")?,
            }
            first = false;
            written = true;
        }
    }
    if written { Ok(()) } else { write!(f, "write {register}") }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command { old, new } => {
                const BITS: [(u16, &str); 3] = [
                    (1 << 1, "Memory Space"),
                    (1 << 2, "Bus Master"),
                    (INTERRUPT_DISABLE, "Interrupt Disable"),
                ];
                changes(f, *old, *new, &BITS, "Command")
            }
            Self::MsixControl { old, new } => {
                const BITS: [(u16, &str); 2] =
                    [(MSIX_ENABLE, "MSI-X Enable"), (MSIX_FUNCTION_MASK, "Function Mask")];
                changes(f, *old, *new, &BITS, "MSI-X Message Control")
            }
            Self::MsiControl { old, new } => {
                const BITS: [(u16, &str); 1] = [(MSI_ENABLE, "MSI Enable")];
                if (old ^ new) & MSI_ENABLE == 0 && (old ^ new) & 0x70 != 0 {
                    return write!(f, "set Multiple Message Enable to {}", 1 << ((new >> 4) & 7));
                }
                changes(f, *old, *new, &BITS, "MSI Message Control")
            }
            Self::MsiAddress { address: 0 } => f.write_str("clear MSI address"),
            Self::MsiAddress { .. } => f.write_str("write MSI address"),
            Self::MsiUpperAddress { address: 0 } => f.write_str("clear MSI upper address"),
            Self::MsiUpperAddress { .. } => f.write_str("write MSI upper address"),
            Self::MsiData { .. } => f.write_str("write MSI data"),
            Self::MsiMask { old, new } => {
                match ((new & !old).count_ones(), (old & !new).count_ones()) {
                    (1, 0) => write!(f, "mask MSI vector {}", (new & !old).trailing_zeros()),
                    (0, 1) => write!(f, "unmask MSI vector {}", (old & !new).trailing_zeros()),
                    (0, 0) => f.write_str("write MSI Mask Bits"),
                    (_, 0) => f.write_str("mask MSI vectors"),
                    (0, _) => f.write_str("unmask MSI vectors"),
                    _ => f.write_str("write MSI Mask Bits"),
                }
            }
            Self::EntryMessage { vector, address: 0, .. } => write!(f, "clear entry {vector}"),
            Self::EntryMessage { vector, .. } => write!(f, "write entry {vector}"),
            Self::EntryMask { vector, masked: true } => write!(f, "mask entry {vector}"),
            Self::EntryMask { vector, masked: false } => write!(f, "unmask entry {vector}"),
            Self::MaskEntries { .. } => f.write_str("mask all entries"),
            Self::Allocate { count: 1, first, .. } => write!(f, "allocate vector {first}"),
            Self::Allocate { count, .. } => write!(f, "allocate {count} vectors"),
            Self::AllocateFailed { asked, granted, .. } => {
                let vectors = if *asked == 1 { "vector" } else { "vectors" };
                write!(f, "allocation of {asked} {vectors} fails ({granted} available)")
            }
            Self::Free { count: 1, .. } => f.write_str("free 1 vector"),
            Self::Free { count, .. } => write!(f, "free {count} vectors"),
            Self::InstallHandler { vector, .. } => write!(f, "install handler {vector}"),
            Self::RemoveHandler { vector, .. } => write!(f, "remove handler {vector}"),
            Self::SetTrigger { eventfd: Some(_), .. } => f.write_str("set trigger"),
            Self::SetTrigger { eventfd: None, .. } => f.write_str("drop trigger"),
            Self::SetUnmask { eventfd: Some(_) } => f.write_str("set unmask eventfd"),
            Self::SetUnmask { eventfd: None } => f.write_str("drop unmask eventfd"),
            Self::DisableLine => f.write_str("disable irq line"),
            Self::EnableLine => f.write_str("enable irq line"),
            Self::Config { offset, .. } => write!(f, "write config {offset:#04x}"),
            Self::ResetFunction => f.write_str("reset function"),
            Self::Emulate { what, index } => match what {
                Emulated::EnableIndex => write!(f, "emulate {index} on"),
                Emulated::DisableIndex => write!(f, "emulate {index} off"),
            },
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fire(vector) => write!(f, "fire {vector}"),
            Self::AssertIntx => f.write_str("assert INTx"),
            Self::Loopback(index, vector) => write!(f, "loopback {index} {vector}"),
            Self::Error => f.write_str("error"),
            Self::Request => f.write_str("device request"),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IntxLevel => f.write_str("INTx level"),
            Self::MsiPending(vector) => write!(f, "MSI pending bit {vector}"),
            Self::Pba(vector) => write!(f, "pending bit {vector}"),
            Self::Held(vector) => write!(f, "held in the function, vector {vector}"),
            Self::Descriptor(index, vector) => write!(f, "irq descriptor, {index} {vector}"),
        }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dropped => "dropped by the function: no capability enabled",
            Self::DivertedUnhandled => "diverted to INTx, never handled",
            Self::Withdrawn => "the level fell before anyone handled it",
            Self::NoSuchVector => "the function has no such vector",
            Self::BusMasterOff => "Bus Master is off",
            Self::AddressZero => "message to address 0",
            Self::NotAllocated => "message for a vector the host has not set up",
            Self::NoEventfd => "handled, no eventfd attached",
            Self::Masked => "Interrupt Disable stops the loopback",
            Self::Reset => "the function was reset",
            Self::Freed => "the irq descriptor was freed",
        })
    }
}
