//! What the `vfio-irq` command does, without its argument parsing: scenarios run on the emulator,
//! config dumps decoded, built-in profiles compared.
//!
//! Each command is a function from its input to a [`Report`]: text for standard output, text for
//! standard error, and an exit status. Nothing here prints, so all of it can be tested as values.
//!
//! Left out: real devices behind `/dev/vfio` and vfio-user sockets.

pub mod conform;
mod error;
mod excerpt;
pub mod input;
pub mod inspect;
mod paint;
pub mod profiles;
mod report;
pub mod run;
mod table;

pub use error::Error;
pub use paint::Paint;
pub use report::{Exit, Format, Report};
