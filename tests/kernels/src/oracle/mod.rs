//! The comparisons with Linux.
//!
//! | module | compares |
//! |---|---|
//! | [`answers`] | what the user of a device sees of each scenario, and the registers written meanwhile |
//! | [`inside`] | what becomes of an interrupt after each register write of a call |
//! | [`kselftest`] | which tests of the exported selftest pass |
//! | [`kvm`] | what KVM does with an eventfd that it is given |
//! | [`programs`] | what exported C and Rust programs print |
//! | [`recipes`] | what the book's recipes, C and Rust, say they did |
//! | [`random`] | what the user sees of random operations |
//! | [`keep`] | the answers with the emulator's and with the recordings in the repository, or makes them those |

pub mod answers;
pub mod inside;
pub mod keep;
pub mod kselftest;
pub mod kvm;
pub mod programs;
pub mod random;
pub mod recipes;

pub use vfio_irq_tests::recording::{Recorded, Recording};

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
