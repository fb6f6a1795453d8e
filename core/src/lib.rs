//! The Linux VFIO device-interrupt uAPI as a value: a PCI function, the host's vfio-pci interrupt
//! code, and the user's eventfds, advanced one register access at a time.
//!
//! Three layers that never mix:
//! - [`pci`]: the **function**, what the PCI specifications say (config space, capabilities, table,
//!   pending bits, INTx level);
//! - [`host`]: what vfio-pci and the kernel's MSI code do to it, by [profile](host::HostProfile);
//! - the **user**: eventfds and raw requests ([`uapi`], [`request`]).
//!
//! [`machine::Machine`] holds the three as one plain value. [`device`] is the seam: the same
//! scenario ([`scenario`]) runs on the emulator and on a real device.
//!
//! No unsafe, no I/O, no clock, no randomness, no locks.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod clause;
pub mod device;
pub mod errno;
pub mod event;
pub mod eventfd;
pub mod explore;
pub mod export;
pub mod guest;
pub mod host;
pub mod import;
pub mod ledger;
pub mod link;
pub mod machine;
pub mod notes;
pub mod pci;
pub mod render;
pub mod request;
pub mod scenario;
pub mod seen;
pub mod sorted;
pub mod trace;
pub mod uapi;
pub mod vmm;
