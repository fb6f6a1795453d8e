//! Where functions of a kernel are.
//!
//! Debian's System.map is a stub, so the running kernel is asked (`/proc/kallsyms`), once: guests
//! boot with `nokaslr`, and the answer is kept beside the kernel.

use crate::guest::Guest;
use crate::packages::Kernel;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fs;

/// Functions the stopper knows. The config write is x86's, by ports (arch/x86/pci/direct.c); the
/// MSI-X table is mapped by `ioremap` (drivers/pci/msi/msi.c).
const WANTED: [&str; 2] = ["pci_conf1_write", "ioremap"];
const FILE: &str = "symbols.txt";

/// Addresses of functions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbols(BTreeMap<String, u64>);

impl Symbols {
    /// Those of a kernel; it is booted if they are not known yet.
    ///
    /// # Errors
    /// When it does not boot, or has other functions.
    pub fn of(kernel: &Kernel) -> Result<Self> {
        let file = kernel.folder.join(FILE);
        if let Ok(symbols) =
            fs::read_to_string(&file).map_err(Into::into).and_then(|text| parse(&text))
        {
            return Ok(symbols);
        }
        let pattern = WANTED.join("|");
        let script = format!("grep -E ' ({pattern})$' /proc/kallsyms");
        let ended = Guest::new(kernel).devices(Vec::new()).script(&script).boot()?.wait()?;
        let text = ended.results.join("\n");
        let symbols = parse(&text).with_context(|| format!("the symbols of {}", kernel.release))?;
        fs::write(&file, text).with_context(|| format!("{}", file.display()))?;
        Ok(symbols)
    }

    pub(super) fn config_write(&self) -> u64 {
        self.0[WANTED[0]]
    }

    pub(super) fn map_registers(&self) -> u64 {
        self.0[WANTED[1]]
    }
}

/// Lines of `/proc/kallsyms`: `ffffffff81a2b3c0 t pci_conf1_write`.
fn parse(text: &str) -> Result<Symbols> {
    let line = |line: &str| {
        let mut words = line.split_whitespace();
        let address = u64::from_str_radix(words.next()?, 16).ok()?;
        Some((words.nth(1)?.to_owned(), address))
    };
    let symbols: BTreeMap<_, _> = text.lines().filter_map(line).collect();
    for name in WANTED {
        symbols.get(name).filter(|address| **address != 0).with_context(|| format!("no {name}"))?;
    }
    Ok(Symbols(symbols))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_read_and_all_needed() {
        let text = "ffffffff81a2b3c0 t pci_conf1_write\nffffffff8107a5e0 T ioremap\n";
        let symbols = parse(text).expect("both");
        assert_eq!(symbols.config_write(), 0xffff_ffff_81a2_b3c0);
        assert_eq!(symbols.map_registers(), 0xffff_ffff_8107_a5e0);
        for text in ["", "ffffffff81a2b3c0 t pci_conf1_write", &text.replace("8107a5e0", "x")] {
            parse(text).expect_err(text);
        }
        // Without the right to see them, the kernel shows zeros.
        parse("0 t pci_conf1_write\n0 T ioremap\n").expect_err("hidden");
    }
}
