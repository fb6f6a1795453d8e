//! The guest's root file system: busybox, the modules of vfio-pci, the caller's files and script.
//!
//! `/init` loads the modules, gives the functions to vfio-pci by `driver_override`, runs the script
//! with its standard output on the results line, and switches the machine off. It says
//! where it is in lines on the console that begin with `lab: `. Left out: udev, mounts beyond
//! `/proc`, `/sys` and `/dev`, and any network.

pub mod cpio;

use crate::packages::{Kernel, busybox};
use anyhow::{Context, Result, bail};
use cpio::Archive;
use std::fs;
use std::path::Path;

const INIT: &str = include_str!("init.sh");

/// A root file system being packed.
#[derive(Debug, Default)]
pub struct Initramfs {
    archive: Archive,
    script: String,
    functions: Vec<String>,
    options: Vec<(String, String)>,
    kvm: bool,
}

impl Initramfs {
    /// Adds a file with its permissions.
    pub fn file(&mut self, path: &str, permissions: u32, content: &[u8]) {
        self.archive.file(path, permissions, content);
    }

    /// Adds a program of the machine as `/bin/NAME`.
    ///
    /// # Errors
    /// When it can't be read, or needs libraries: the guest has none.
    pub fn program(&mut self, name: &str, file: &Path) -> Result<()> {
        let content = fs::read(file).with_context(|| format!("{}", file.display()))?;
        if !is_static(&content) {
            bail!(
                "{} is not a static program for x86-64, and the guest has no libraries; build it \
                 with --target x86_64-unknown-linux-musl",
                file.display()
            );
        }
        self.archive.file(&format!("bin/{name}"), 0o755, &content);
        Ok(())
    }

    /// Sets the script: lines for busybox's shell.
    pub fn script(&mut self, script: &str) {
        script.clone_into(&mut self.script);
    }

    /// Names a function to be bound to vfio-pci, as `0000:00:04.0`.
    pub fn function(&mut self, address: &str) {
        self.functions.push(address.to_owned());
    }

    /// Gives a module options, for example `vfio-pci` and `nointxmask=1`.
    pub fn module_options(&mut self, module: &str, options: &str) {
        self.options.push((module.to_owned(), options.to_owned()));
    }

    /// Loads KVM's modules, too.
    pub fn kvm(&mut self) {
        self.kvm = true;
    }

    /// Packs it for a kernel.
    ///
    /// # Errors
    /// When busybox can't be had or a module can't be read.
    pub fn pack(mut self, kernel: &Kernel) -> Result<Vec<u8>> {
        let archive = &mut self.archive;
        for folder in ["proc", "sys", "dev", "tmp"] {
            archive.folder(folder);
        }
        archive.file("init", 0o755, INIT.as_bytes());
        archive.file("bin/busybox", 0o755, &fs::read(busybox()?)?);
        // They are large, and one guest of many wants them.
        let kvm: &[String] = if self.kvm { &kernel.kvm } else { &[] };
        let loaded = || kernel.modules.iter().chain(kvm);
        for name in loaded().chain(&kernel.extras) {
            let file = kernel.module(name);
            let content = fs::read(&file).with_context(|| format!("{}", file.display()))?;
            archive.file(&format!("modules/{name}.ko"), 0o644, &content);
        }
        let mut modules = String::new();
        for name in loaded() {
            modules += name;
            for (_, options) in self.options.iter().filter(|(module, _)| module == name) {
                modules += " ";
                modules += options;
            }
            modules += "\n";
        }
        archive.file("lab/modules", 0o644, modules.as_bytes());
        let functions: String = self.functions.iter().map(|one| format!("{one}\n")).collect();
        archive.file("lab/functions", 0o644, functions.as_bytes());
        archive.file("lab/script", 0o644, self.script.as_bytes());
        Ok(self.archive.finish())
    }
}

/// Whether this is an ELF program for x86-64 that asks for no interpreter, that is, no libraries.
pub fn is_static(program: &[u8]) -> bool {
    const INTERPRETER: u32 = 3;
    const X86_64: u64 = 62;
    let number = |at: usize, size: usize| -> Option<u64> {
        let bytes = program.get(at..at.checked_add(size)?)?;
        Some(bytes.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte)))
    };
    let headers = || -> Option<Vec<u64>> {
        let at = usize::try_from(number(32, 8)?).ok()?;
        let (size, count) = (number(54, 2)? as usize, number(56, 2)? as usize);
        (0..count).map(|i| number(at.checked_add(i * size)?, 4)).collect()
    };
    program.starts_with(b"\x7fELF\x02\x01")
        && number(18, 2) == Some(X86_64)
        && headers().is_some_and(|kinds| !kinds.contains(&u64::from(INTERPRETER)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elf(kinds: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 64];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        bytes[18] = 62;
        bytes[32] = 64;
        bytes[54] = 56;
        bytes[56] = kinds.len() as u8;
        for &kind in kinds {
            bytes.push(kind);
            bytes.extend_from_slice(&[0; 55]);
        }
        bytes
    }

    #[test]
    fn program_with_interpreter_is_not_static() {
        assert!(is_static(&elf(&[1, 2])));
        assert!(!is_static(&elf(&[1, 3])));
    }

    #[test]
    fn other_files_are_not_static_programs() {
        let whole = elf(&[1, 1]);
        for cut in 0..whole.len() - 52 {
            assert!(!is_static(&whole[..cut]), "cut at {cut}");
        }
        let mut wild = elf(&[1]);
        wild[32..40].fill(0xff);
        assert!(!is_static(&wild));
        assert!(!is_static(b"#!/bin/sh"));
    }
}
