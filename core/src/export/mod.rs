//! A scenario as a program that does the same to a real device: C or Rust, one file each.
//!
//! [`plan`](self::plan) says in which order what is done; `c` and `rust` write it down. What every program needs (the way to
//! the device, the words of its answers) is text that lies beside this file and is taken in by parts: a
//! program has those it uses. What the programs print is what `vfio-irq answers` prints, without its first line.
//!
//! Reaches the device by group and container (`/dev/vfio/N`). Left out: what only an emulator can
//! do or know. A ledger is a comment; an interrupt inside a call, and one of a device without a register for it, are said to be
//! *not carried*, in the program and by it.

mod c;
pub mod kselftest;
mod parts;
mod plan;
mod rust;

#[cfg(test)]
mod tests;

use alloc::format;
use alloc::string::String;

use crate::scenario::Scenario;
use plan::Plan;

/// Longest program in bytes. Lists of thousands of descriptors are written out.
pub const MAX_PROGRAM: usize = 8 << 20;

/// In which language.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    /// C11, with libc and `<linux/vfio.h>`.
    C,
    /// Rust, edition 2024, with std alone.
    Rust,
}

/// A device with registers that make it interrupt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Known {
    /// Intel 82574L.
    E1000e,
    /// NEC's xHCI as QEMU has it.
    Xhci,
    /// QEMU's teaching device.
    Edu,
}

impl Known {
    /// The device a built-in function stands for.
    pub fn by_name(function: &str) -> Option<Self> {
        Some(match function {
            "e1000e" => Self::E1000e,
            "xhci" => Self::Xhci,
            "edu" => Self::Edu,
            _ => return None,
        })
    }

    /// The device with this vendor and device id.
    pub fn by_ids(vendor: u16, device: u16) -> Option<Self> {
        Some(match (vendor, device) {
            (0x8086, 0x10d3) => Self::E1000e,
            (0x1033, 0x0194) => Self::Xhci,
            (0x1234, 0x11e8) => Self::Edu,
            _ => return None,
        })
    }

    /// The device a scenario's `function` line says, by its name or by its ids.
    pub fn of(scenario: &Scenario) -> Option<Self> {
        let (_, line) = scenario.function_line()?;
        let named = line.profile.as_ref().and_then(|profile| Self::by_name(&profile.what));
        named.or_else(|| {
            let mut ids = [0; 4];
            scenario.function().ok()?.config_read(0, &mut ids);
            let [vendor, vendor_high, device, device_high] = ids;
            Self::by_ids(
                u16::from_le_bytes([vendor, vendor_high]),
                u16::from_le_bytes([device, device_high]),
            )
        })
    }
}

/// What a program can't do as the scenario says, a line each; empty: all of it.
pub fn not_carried(scenario: &Scenario, known: Option<Known>) -> alloc::vec::Vec<(u32, String)> {
    Plan::new(scenario, known).not_carried
}

/// The program for a scenario, for a device whose registers are `known`. The error is a sentence.
pub fn program(
    scenario: &Scenario,
    language: Language,
    known: Option<Known>,
) -> Result<String, String> {
    let plan = Plan::new(scenario, known);
    let text = match language {
        Language::C => c::program(&plan),
        Language::Rust => rust::program(&plan),
    };
    text.ok_or_else(|| {
        format!(
            "the program would be longer than {} MB: shorten the lists of descriptors",
            MAX_PROGRAM >> 20
        )
    })
}

/// The program for a scenario's text, for the device its `function` line says. The error is
/// sentences, a line each.
pub fn of_text(text: &str, language: Language) -> Result<String, String> {
    let scenario = Scenario::parse(text)
        .map_err(|errors| errors.iter().map(|error| format!("{error}\n")).collect::<String>())?;
    program(&scenario, language, Known::of(&scenario))
}
