//! A function in the text as its config space: `function config`, and rows as `lspci -xxx` prints
//! them.
//!
//! It is the function that [`pci::import`](crate::pci::import) makes of the same bytes. What no row
//! says is zero; config space has 4096 bytes if a row goes beyond 0x100, 64 if none goes beyond
//! 0x40 (a dump taken without root), else 256.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::Write as _;

use super::Scenario;
use super::ast::{ConfigRow, FunctionLine, FunctionOption, Span, Statement};
use super::error::TextError;
use crate::pci::Function;
use crate::pci::import::{self, Assumed, ImportPlace, Imported};

/// The word in a profile's place.
pub(super) const CONFIG: &str = "config";

/// Bytes a row prints.
const ROW: usize = 16;

impl FunctionLine {
    /// Whether the function is what the rows below say.
    pub fn is_config(&self) -> bool {
        self.profile.as_ref().is_some_and(|profile| profile.what == CONFIG)
    }
}

impl FunctionOption {
    /// Whether it says something that config space does not.
    pub(super) fn beside_config(&self) -> bool {
        matches!(
            self,
            Self::Vf(_) | Self::IntxStatus(_) | Self::Reset(_) | Self::WhenOff(_) | Self::Name(_)
        )
    }
}

impl Scenario {
    /// The rows of config space, each with its line's number.
    fn rows(&self) -> impl Iterator<Item = (u32, &ConfigRow)> {
        self.lines.iter().zip(1..).filter_map(|(line, number)| match &line.statement {
            Some(Statement::ConfigRow(row)) => Some((number, row)),
            _ => None,
        })
    }

    /// The function of `function config`, which is line `number`.
    pub(super) fn dumped(&self, number: u32, line: &FunctionLine) -> Result<Function, TextError> {
        let at = line.profile.as_ref().map(|profile| profile.at).unwrap_or_default();
        let end = |row: &ConfigRow| usize::from(row.offset.what) + row.bytes.len();
        let Some(end) = self.rows().map(|(_, row)| end(row)).max() else {
            let message = "no config space follows";
            let expected = "rows as `lspci -xxx` prints them below, e.g. `00: 86 80 d3 10`";
            return Err(TextError::new(number, at, message).expecting(expected));
        };
        let mut config = vec![0; config_len(end)];
        for (_, row) in self.rows() {
            let to = config.iter_mut().skip(usize::from(row.offset.what));
            to.zip(&row.bytes).for_each(|(to, byte)| *to = byte.what);
        }
        let imported = import::from_config(&config).map_err(|error| {
            let offset = match error.place {
                ImportPlace::Byte(offset) => offset,
                ImportPlace::Text { .. } => 0,
            };
            let (number, at) = self.place(offset).unwrap_or((number, at));
            TextError::new(number, at, error.problem.to_string())
        })?;
        let mut assumed = Assumed::default();
        for option in &line.options {
            match &option.what {
                FunctionOption::Vf(yes) => assumed.vf = Some(*yes),
                FunctionOption::IntxStatus(yes) => assumed.intx_status = *yes,
                FunctionOption::Reset(yes) => assumed.reset = *yes,
                FunctionOption::WhenOff(when_off) => assumed.when_off = Some(*when_off),
                FunctionOption::Name(name) => assumed.name = Some(name.clone()),
                // The parser lets no other stand here.
                _ => {}
            }
        }
        let function = imported.function_assuming(&assumed);
        function.map_err(|error| TextError::new(number, at, error.to_string()))
    }

    /// Where the text says the byte at this offset; if no row has it, the row before.
    fn place(&self, offset: usize) -> Option<(u32, Span)> {
        let (number, row) =
            self.rows().take_while(|(_, row)| usize::from(row.offset.what) <= offset).last()?;
        let byte = row.bytes.get(offset - usize::from(row.offset.what));
        Some((number, byte.map_or(row.offset.at, |byte| byte.at)))
    }
}

/// Bytes of a config space whose last row ends there.
fn config_len(end: usize) -> usize {
    match end {
        0..=64 => 64,
        65..=256 => 256,
        _ => 4096,
    }
}

/// The lines of a scenario that say this function: `function config name="…"` and its rows, those
/// of zeros left out.
pub fn function_text(imported: &Imported) -> String {
    let mut text = format!("function {CONFIG}");
    let line = FunctionOption::Name(imported.name());
    // Writing to a String can't fail.
    let _ = writeln!(text, " {line}");
    let config = imported.config();
    let rows: Vec<&[u8]> = config.chunks(ROW).collect();
    let is_said = |row: &[u8]| row.iter().any(|byte| *byte != 0);
    let end = rows.iter().rposition(|row| is_said(row)).map_or(0, |last| (last + 1) * ROW);
    for (at, row) in rows.iter().enumerate() {
        // The last row says how long the dump was, if no other does.
        let last = at + 1 == rows.len() && config_len(end) != config.len();
        // And rows there must be.
        let only = at == 0 && end == 0;
        if !is_said(row) && !last && !only {
            continue;
        }
        let _ = write!(text, "{:02x}:", at * ROW);
        for byte in *row {
            let _ = write!(text, " {byte:02x}");
        }
        text.push('\n');
    }
    text
}
