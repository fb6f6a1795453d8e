//! A function read from a real one's config space: a sysfs `config` file, or the text of
//! `lspci -x`, `-xxx` or `-xxxx` with any number of functions.
//!
//! Whatever is wrong with one function refuses the whole input and says where. Memory is bounded
//! by a small multiple of the input, and the input by [`MAX_INPUT`].

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

mod build;
mod decode;
mod error;
mod text;

pub use decode::{BarPlace, Capability, Decoded, MsiDecoded, MsixDecoded};
pub use error::{ImportError, ImportPlace, ImportProblem};

use super::function::Function;
use super::spec::{FunctionError, MsixPart, WhenOff};

/// Most bytes of input: more than `lspci -vvv -xxxx` prints of a thousand functions.
pub const MAX_INPUT: usize = 16 << 20;

/// A function found in a dump.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Imported {
    /// Its address, as the text has it: `00:06.0`.
    pub address: Option<String>,
    /// What the text says it is; its ids, if nothing.
    pub description: String,
    /// What it offers, and how it is set.
    pub decoded: Decoded,
    #[cfg_attr(feature = "serde", serde(skip))]
    config: Vec<u8>,
}

impl Imported {
    fn new(
        address: Option<String>,
        mut description: String,
        decoded: Decoded,
        config: Vec<u8>,
    ) -> Self {
        if description.is_empty() {
            description = decoded.ids();
        }
        Self { address, description, decoded, config }
    }

    /// Config space as dumped.
    pub fn config(&self) -> &[u8] {
        &self.config
    }

    /// A function with this config space, as after reset: ids, capabilities and all other bytes as
    /// dumped; Command, BARs, Interrupt Line, Enable and mask bits at their reset values.
    ///
    /// What a dump can't tell is assumed: Interrupt Disable and Interrupt Status work; BARs have
    /// the least size that holds table and pending bit array; vectors raised while no message
    /// capability is enabled fall back to INTx, and without a pin are dropped.
    ///
    /// # Errors
    /// The dump ends before the capabilities, or the MSI-X table is beyond what its BAR can span.
    pub fn function(&self) -> Result<Function, FunctionError> {
        self.function_assuming(&Assumed::default())
    }

    /// The same with other assumptions.
    ///
    /// # Errors
    /// Those of [`function`](Self::function).
    pub fn function_assuming(&self, assumed: &Assumed) -> Result<Function, FunctionError> {
        build::function(self, assumed)
    }

    /// Its name for people, if nothing else is assumed: address and ids.
    pub fn name(&self) -> String {
        match &self.address {
            Some(address) => format!("{address} {}", self.decoded.ids()),
            None => self.decoded.ids(),
        }
    }
}

/// What a dump does not tell of its function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assumed {
    /// Name for people; none: [`Imported::name`].
    pub name: Option<String>,
    /// Whether it is a virtual function; none: if its ids read as all ones.
    pub vf: Option<bool>,
    /// Interrupt Disable and Interrupt Status work.
    pub intx_status: bool,
    /// The host can reset it.
    pub reset: bool,
    /// What becomes of vectors raised while no message capability is enabled; none: INTx instead,
    /// and without a pin they are dropped.
    pub when_off: Option<WhenOff>,
}

impl Default for Assumed {
    fn default() -> Self {
        Self { name: None, vf: None, intx_status: true, reset: true, when_off: None }
    }
}

impl Decoded {
    /// Vendor and device id, `8086:10d3`.
    pub fn ids(&self) -> String {
        format!("{:04x}:{:04x}", self.vendor, self.device)
    }
}

fn whole(place: ImportPlace, problem: ImportProblem) -> ImportError {
    ImportError { place, function: None, problem }
}

/// The function of a sysfs `config` file: 64, 256 or 4096 bytes.
///
/// # Errors
/// Another length, or a config space that no function can have.
pub fn from_config(bytes: &[u8]) -> Result<Imported, ImportError> {
    let len = bytes.len();
    match len {
        0 => return Err(whole(ImportPlace::Byte(0), ImportProblem::Empty)),
        64 | 256 | 4096 => {}
        _ => return Err(whole(ImportPlace::Byte(len), ImportProblem::Length { len })),
    }
    match decode::decode(bytes) {
        Ok(decoded) => Ok(Imported::new(None, String::new(), decoded, bytes.into())),
        Err((offset, problem)) => Err(whole(ImportPlace::Byte(offset.into()), problem)),
    }
}

/// The functions of `lspci`'s text, in its order; at least one.
///
/// # Errors
/// The first thing wrong, with its line and column.
pub fn from_lspci(text: &str) -> Result<Vec<Imported>, ImportError> {
    let len = text.len();
    if len > MAX_INPUT {
        let place = ImportPlace::Text { line: 1, column: 1 };
        return Err(whole(place, ImportProblem::TooLarge { len }));
    }
    text::parse(text)
}

/// Either of the two. Bytes with a NUL in them, or of a dump's length and not UTF-8, are config
/// space; all else is text, where bytes that are not UTF-8 may stand in descriptions.
///
/// # Errors
/// Those of the one it is taken for.
pub fn from_any(bytes: &[u8]) -> Result<Vec<Imported>, ImportError> {
    let len = bytes.len();
    if len > MAX_INPUT {
        return Err(whole(ImportPlace::Byte(MAX_INPUT), ImportProblem::TooLarge { len }));
    }
    let is_dump = matches!(len, 64 | 256 | 4096);
    match core::str::from_utf8(bytes) {
        _ if bytes.contains(&0) => from_config(bytes).map(|function| vec![function]),
        Err(_) if is_dump => from_config(bytes).map(|function| vec![function]),
        Ok(text) => from_lspci(text),
        Err(_) => from_lspci(&String::from_utf8_lossy(bytes)),
    }
}

#[cfg(test)]
mod tests;
