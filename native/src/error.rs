//! Why a command can't do what it is asked. All of these exit with status 2.

use vfio_irq_core::pci::FunctionError;
use vfio_irq_core::pci::import::ImportError;

use crate::input::MAX_INPUT;

/// What is wrong with a command's input.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file can't be opened or read.
    #[error("can't read {name}")]
    Read {
        /// The file.
        name: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The answers can't be written.
    #[error("can't write the output")]
    Write {
        /// What the system says.
        source: std::io::Error,
    },
    /// The input is larger than [`MAX_INPUT`].
    #[error("{name} is larger than {} MiB, the most this command reads", MAX_INPUT >> 20)]
    TooLarge {
        /// The file.
        name: String,
    },
    /// A scenario can't be exported.
    #[error("{name}: {message}")]
    Export {
        /// The file.
        name: String,
        /// Why.
        message: String,
    },
    /// An argument is a link, and a wrong one; or the link would be too long.
    #[error(transparent)]
    Link {
        /// What is wrong.
        source: vfio_irq_core::link::LinkError,
    },
    /// A scenario is no UTF-8.
    #[error("{name}:{line}:{column}: not text: a scenario is UTF-8, and this byte is not")]
    NotText {
        /// The file.
        name: String,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
    },
    /// No built-in host has this name.
    #[error("no host is called `{name}`; built in: {known}")]
    UnknownHost {
        /// What was asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// Neither a built-in function nor a file.
    #[error("`{name}` is neither a file nor a built-in function; built in: {known}")]
    UnknownFunction {
        /// What was asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// No strategy or workload has this name.
    #[error("no {kind} is called `{name}`; there are: {known}")]
    Unknown {
        /// What it is.
        kind: &'static str,
        /// What was asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// There can be no such race.
    #[error("{message}")]
    Race {
        /// Why.
        message: String,
    },
    /// The config dump can't be decoded.
    #[error("{name}")]
    Import {
        /// The file.
        name: String,
        /// What is wrong, and where.
        source: ImportError,
    },
    /// The dump decodes, but no function can be built from it.
    #[error("{name}")]
    Function {
        /// The file, and the function in it.
        name: String,
        /// Which part can't be.
        source: FunctionError,
    },
    /// A real device can't be used.
    #[cfg(target_os = "linux")]
    #[error(transparent)]
    Unusable(#[from] crate::vfio::Unusable),
    /// This build has no backend for real devices.
    #[error("this build of vfio-irq can't reach real devices: that needs Linux")]
    NoBackend,
    /// The dump holds several functions, or not the one asked for.
    #[error("{name} {problem}; say which by one of: {choices}")]
    Choose {
        /// The file.
        name: String,
        /// What is the matter.
        problem: String,
        /// What to write instead.
        choices: String,
    },
}
