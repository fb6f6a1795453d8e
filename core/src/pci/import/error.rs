//! Why a dump can't be taken, and where in it.

use alloc::string::String;
use core::fmt;

/// Where in the input.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ImportPlace {
    /// Offset in bytes from the start of a binary dump.
    Byte(usize),
    /// Line and column of a text, both from 1, columns in characters.
    Text {
        /// Line.
        line: u32,
        /// Column.
        column: u32,
    },
}

impl fmt::Display for ImportPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Byte(offset) => write!(f, "byte {offset:#x}"),
            Self::Text { line, column } => write!(f, "line {line}, column {column}"),
        }
    }
}

/// What is wrong there.
#[derive(Clone, PartialEq, Eq, Hash, Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a field is said in the message of its variant")]
pub enum ImportProblem {
    /// No bytes, or no hex rows.
    #[error("no config space here: give a sysfs config file, or the output of lspci -xxx")]
    Empty,
    /// Above [`MAX_INPUT`](super::MAX_INPUT).
    #[error("{len} bytes are more than the {} MiB taken", super::MAX_INPUT >> 20)]
    TooLarge { len: usize },
    /// A binary dump of a length config space never has.
    #[error("{len} bytes: a config dump has 64, 256 or 4096")]
    Length { len: usize },
    /// A function of a text with no rows of its own.
    #[error("no hex rows for this function: lspci needs -x, -xxx or -xxxx")]
    NoRows,
    /// A function of a text that stops early.
    #[error("truncated: the rows end after {len:#x} bytes, of 64, 256 or 4096")]
    Truncated { len: usize },
    /// A row that is not the next one.
    #[error("row {found:x}: where row {expected:02x}: was due")]
    RowOrder { expected: usize, found: usize },
    /// A row of more or fewer than 16 bytes.
    #[error("a row of {found} bytes, not 16")]
    RowLength { found: usize },
    /// Not two hex digits.
    #[error("`{found}` is not a byte of two hex digits")]
    Hex { found: String },
    /// Every byte is ones.
    #[error("all ones: no function answers here")]
    NobodyAnswers,
    /// Header Type.
    #[error("header type {0:#x} is none of 0 (function), 1 (PCI bridge), 2 (CardBus bridge)")]
    HeaderType(u8),
    /// Interrupt Pin.
    #[error("Interrupt Pin {0:#x} is not in 0 to 4")]
    Pin(u8),
    /// Capability pointer into the header.
    #[error("capability pointer {0:#x} is inside the header")]
    PointerLow(u16),
    /// Capability pointer with low bits.
    #[error("capability pointer {0:#x} is not a multiple of 4")]
    PointerUnaligned(u16),
    /// Capability pointer to one visited before.
    #[error("the capability list loops back to {0:#x}")]
    Loop(u16),
    /// Capability of all ones.
    #[error("the capability at {0:#x} reads as all ones")]
    CapabilityOnes(u16),
    /// Capability structure that does not fit.
    #[error("the {name} capability at {offset:#x} needs {len} bytes, beyond the end at 0x100")]
    CapabilityCrosses { name: &'static str, offset: u16, len: u16 },
    /// Second capability of a kind.
    #[error("a second {name} capability at {offset:#x}")]
    CapabilityTwice { name: &'static str, offset: u16 },
    /// One capability starts inside another.
    #[error("the capability at {inner:#x} starts inside the {name} capability at {offset:#x}")]
    CapabilityInside { inner: u16, name: &'static str, offset: u16 },
    /// Multiple Message Capable above 5.
    #[error("MSI: Multiple Message Capable {0} is reserved (0 to 5, for 1 to 32 vectors)")]
    MultipleMessage(u8),
    /// BAR indicator 6 or 7.
    #[error("{part}: BAR indicator {bar} is reserved (0 to 5)")]
    BarReserved { part: super::MsixPart, bar: u8 },
    /// BAR indicator beyond what the header has.
    #[error("{part}: BAR {bar}, and this header has {count}")]
    BarMissing { part: super::MsixPart, bar: u8, count: u8 },
    /// BAR indicator of an I/O BAR, or of the upper half of a 64-bit one.
    #[error("{part}: BAR {bar} is {what}")]
    BarUnfit { part: super::MsixPart, bar: u8, what: &'static str },
    /// Table and array share bytes.
    #[error("MSI-X table and pending bit array overlap in BAR {bar}")]
    MsixOverlap { bar: u8 },
}

/// An import refused: nothing of the input is used.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ImportError {
    /// Where.
    pub place: ImportPlace,
    /// Address of the function, where the text gives one.
    pub function: Option<String>,
    /// What.
    pub problem: ImportProblem,
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        if let Some(address) = &self.function {
            write!(f, "{address}: ")?;
        }
        write!(f, "{}", self.problem)
    }
}

impl core::error::Error for ImportError {}
