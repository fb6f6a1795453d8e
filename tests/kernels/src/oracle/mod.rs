//! The comparisons with Linux.
//!
//! | module | compares |
//! |---|---|
//! | [`answers`] | what the user of a device sees of each scenario, and the registers written meanwhile |
//! | [`inside`] | what becomes of an interrupt after each register write of a call |
//! | [`random`] | what the user sees of random operations |
//!
//! What a kernel answered is a [`Recording`], which is also how it is kept in the repository.

pub mod answers;
pub mod inside;
pub mod random;
mod recording;

pub use recording::{Recorded, Recording};

/// A difference between emulator and kernel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// The kernel's host profile.
    pub host: String,
    /// The device.
    pub device: String,
    /// The scenario, or what else was compared.
    pub what: String,
    /// Both sides, for people.
    pub text: String,
}
