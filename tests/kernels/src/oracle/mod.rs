//! The comparisons with Linux.
//!
//! | module | compares |
//! |---|---|
//! | [`answers`] | what the user of a device sees of each scenario, and the registers written meanwhile |
//! | [`inside`] | what becomes of an interrupt after each register write of a call |
//! | [`keep`] | the answers with the emulator's and with the recordings in the repository, or makes them those |

pub mod answers;
pub mod inside;
pub mod keep;
