//! Functions built in, by name.
//!
//! The real ones have the ids, counts, table places and pins of what QEMU 7.2 and later offer a
//! guest; BAR sizes are the least that hold table and pending bit array, not the devices' own.

use alloc::string::String;

use super::regs;
use super::spec::{FunctionSpec, Layout, MsiSpec, MsixSpec, WhenOff};

/// A built-in function.
#[derive(Clone, Copy, Debug)]
pub struct FunctionProfile {
    /// The word a scenario or the command names it by.
    pub name: &'static str,
    /// What is particular about it, in one line.
    pub summary: &'static str,
    change: fn(&mut FunctionSpec),
}

impl FunctionProfile {
    /// What to build.
    pub fn spec(&self) -> FunctionSpec {
        let mut spec = FunctionSpec { name: String::from(self.name), ..FunctionSpec::simple() };
        (self.change)(&mut spec);
        spec
    }
}

/// The built-in functions: the simple one, those like real devices, then one peculiarity each.
pub fn all() -> &'static [FunctionProfile] {
    PROFILES
}

/// The built-in function of that name.
pub fn by_name(name: &str) -> Option<FunctionSpec> {
    PROFILES.iter().find(|profile| profile.name == name).map(FunctionProfile::spec)
}

/// MSI with neither per-vector mask nor, unless `wide`, a 64-bit address.
const fn msi(vectors: u16, wide: bool) -> Option<MsiSpec> {
    Some(MsiSpec { vectors, wide, maskable: false })
}

const fn maskable_msi(vectors: u16) -> Option<MsiSpec> {
    Some(MsiSpec { vectors, wide: true, maskable: true })
}

const fn msix(vectors: u16, bar: u8, table: u32, pba: u32) -> Option<MsixSpec> {
    Some(MsixSpec { vectors, table: (bar, table), pba: (bar, pba) })
}

static PROFILES: &[FunctionProfile] = &[
    FunctionProfile {
        name: "simple",
        summary: "all three kinds: INTA#, MSI 4 (64-bit, maskable), MSI-X 8",
        change: |_| {},
    },
    FunctionProfile {
        name: "e1000e",
        summary: "Intel 82574L as QEMU has it: INTA#, MSI 1, MSI-X 5; falls back to INTx",
        change: |spec| {
            spec.name = String::from("e1000e-like");
            spec.id = (0x8086, 0x10d3);
            spec.class = 0x02_0000;
            spec.msi = msi(1, true);
            spec.msix = msix(5, 3, 0, 0x2000);
        },
    },
    FunctionProfile {
        name: "xhci",
        summary: "NEC USB 3.0 controller as QEMU has it: INTA#, MSI 16, MSI-X 16",
        change: |spec| {
            spec.name = String::from("xhci-like");
            spec.id = (0x1033, 0x0194);
            spec.class = 0x0c_0330;
            spec.msi = msi(16, true);
            spec.msix = msix(16, 0, 0x3000, 0x3800);
            spec.reset = false;
            spec.layout = Layout::Xhci;
        },
    },
    FunctionProfile {
        name: "edu",
        summary: "QEMU's teaching device: conventional PCI, INTA#, MSI 1",
        change: |spec| {
            spec.name = String::from("edu-like");
            spec.id = (0x1234, 0x11e8);
            spec.class = 0x00_ff00;
            spec.msi = msi(1, true);
            spec.msix = None;
            spec.express = false;
            spec.reset = false;
            spec.layout = Layout::Edu;
        },
    },
    FunctionProfile {
        name: "nvme",
        summary: "an NVMe controller with 64 queues: INTA#, MSI-X 65",
        change: |spec| {
            spec.name = String::from("nvme-like");
            spec.id = (0x1b36, 0x0010);
            spec.class = 0x01_0802;
            spec.msi = None;
            spec.msix = msix(65, 0, 0x2000, 0x3000);
        },
    },
    FunctionProfile {
        name: "vf",
        summary: "a virtual function: MSI-X 3, no INTx to fall back to; drops while MSI-X is off",
        change: |spec| {
            spec.id = (0x8086, 0x10ca);
            spec.class = 0x02_0000;
            spec.pin = 0;
            spec.vf = true;
            spec.msi = None;
            spec.msix = msix(3, 3, 0, 0x2000);
            spec.when_off = WhenOff::Drop;
        },
    },
    FunctionProfile {
        name: "vf-hold",
        summary: "the same virtual function, built to hold what it raises while MSI-X is off",
        change: |spec| {
            spec.id = (0x8086, 0x10ca);
            spec.class = 0x02_0000;
            spec.pin = 0;
            spec.vf = true;
            spec.msi = None;
            spec.msix = msix(3, 3, 0, 0x2000);
            spec.when_off = WhenOff::Hold;
        },
    },
    FunctionProfile {
        name: "msi-only",
        summary: "INTA# and MSI 32 (64-bit, maskable), no MSI-X",
        change: |spec| {
            spec.msi = maskable_msi(32);
            spec.msix = None;
        },
    },
    FunctionProfile {
        name: "msi-plain",
        summary: "INTA# and MSI 8 with a 32-bit address and no per-vector mask, no MSI-X",
        change: |spec| {
            spec.msi = msi(8, false);
            spec.msix = None;
        },
    },
    FunctionProfile {
        name: "msix-2048",
        summary: "INTA# and the largest MSI-X table there is",
        change: |spec| {
            spec.msi = None;
            spec.msix = msix(regs::MSIX_MAX_VECTORS, 2, 0, 0x8000);
        },
    },
    FunctionProfile {
        name: "intx-only",
        summary: "INTA# and nothing else, conventional PCI",
        change: |spec| {
            spec.msi = None;
            spec.msix = None;
            spec.express = false;
        },
    },
    FunctionProfile {
        name: "broken-intx",
        summary: "INTA# without a working Interrupt Disable and Interrupt Status; MSI 1",
        change: |spec| {
            spec.msi = msi(1, true);
            spec.msix = None;
            spec.express = false;
            spec.intx_status = false;
        },
    },
    FunctionProfile {
        name: "no-interrupts",
        summary: "a function that offers no interrupt at all",
        change: |spec| {
            spec.pin = 0;
            spec.msi = None;
            spec.msix = None;
        },
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pci::Function;

    #[test]
    fn profiles_all_build_under_distinct_names() {
        for (at, profile) in all().iter().enumerate() {
            let spec = by_name(profile.name).expect("named by itself");
            Function::new(&spec).expect("builds");
            assert!(all()[..at].iter().all(|other| other.name != profile.name));
        }
    }

    #[test]
    fn e1000e_described_names_its_three_kinds() {
        let spec = by_name("e1000e").expect("built in");
        let function = Function::new(&spec).expect("builds");
        assert_eq!(function.describe(), "e1000e-like: intx A, msi 1, msix 5");
    }

    /// Against the capability list of QEMU's e1000e, without its power management.
    #[test]
    fn e1000e_capabilities_are_where_qemu_has_them() {
        let function = Function::new(&by_name("e1000e").expect("built in")).expect("builds");
        let read = |offset| {
            let mut data = [0; 4];
            function.config_read(offset, &mut data);
            u32::from_le_bytes(data)
        };
        assert_eq!(read(0x00), 0x10d3_8086);
        assert_eq!(read(0xd0) & 0xffff_00ff, 0x0080_0005, "MSI: 64-bit, 1 vector");
        assert_eq!(read(0xe0) & 0xff, 0x10, "PCI Express");
        assert_eq!(read(0xa0) & 0xffff_00ff, 0x0004_0011, "MSI-X: 5 vectors");
        assert_eq!((read(0xa4), read(0xa8)), (0x0000_0003, 0x0000_2003), "table, array: BAR 3");
    }

    #[test]
    fn unknown_name_gives_none() {
        assert!(by_name("e1000").is_none());
    }
}
