//! What the `vfio-irq` command does, without its argument parsing: scenarios run on the emulator or on a
//! real device behind `/dev/vfio`, config dumps decoded, built-in profiles compared.
//!
//! Each command is a function from its input to a [`Report`]: text for standard output, text for
//! standard error, and an exit status. Nothing here prints, so all of it can be tested as values.
//!
//! Left out: vfio-user sockets; real devices on other systems than Linux.

pub mod address;
pub mod answers;
pub mod conform;
mod error;
mod excerpt;
pub mod explore;
pub mod export;
pub mod import;
pub mod input;
pub mod inspect;
pub mod kselftest;
mod paint;
pub mod profiles;
pub mod race;
#[cfg(target_os = "linux")]
pub mod real;
mod report;
pub mod run;
#[cfg(target_os = "linux")]
pub mod stimulus;
mod table;
#[cfg(target_os = "linux")]
pub mod vfio;

pub use error::Error;
pub use paint::Paint;
pub use report::{Exit, Format, Report};
