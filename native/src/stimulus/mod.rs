//! Making a real device interrupt: for devices that have a register which does that.
//!
//! A [`Stimulator`] knows one kind of device. It says which 32-bit register writes make it
//! interrupt; who makes them (this process by pwrite, or a laboratory that holds the kernel still)
//! is not its business. Left out: every device without such a register. A network card can be made
//! to interrupt by traffic, but not once, and not now.

mod e1000e;
mod edu;
mod xhci;

use std::time::Duration;

use vfio_irq_core::device::Stimulus;
use vfio_irq_core::export::Known;

/// Where a device finds the memory it may read.
pub const DMA: u64 = 0x10_0000;

/// A 32-bit write of a BAR.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Write {
    /// BAR, 0 to 5.
    pub bar: u8,
    /// Offset in it, in bytes.
    pub offset: u64,
    /// Value.
    pub value: u32,
}

/// A write of BAR 0, where all of these devices have their registers.
const fn write(offset: u64, value: u32) -> Write {
    Write { bar: 0, offset, value }
}

/// By what a function interrupts at the moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// INTx: neither MSI nor MSI-X is enabled.
    Pin,
    /// MSI.
    Msi,
    /// MSI-X.
    Msix,
}

/// What to know of a kind of device to make it interrupt.
pub trait Stimulator: std::fmt::Debug {
    /// What it is called.
    fn name(&self) -> &'static str;
    /// The writes that make it able to interrupt, once, and again after every reset.
    fn prepare(&self) -> Vec<Write>;
    /// What has to be in the memory at [`DMA`]: offset and value, for devices that read some
    /// before they interrupt.
    fn memory(&self) -> &'static [(usize, u32)];
    /// The writes for a stimulus, or `None`: this device can't be told to, or not in this mode.
    fn stimulate(&self, stimulus: Stimulus, mode: Mode) -> Option<Vec<Write>>;
    /// A register of BAR 0 that can be read without effect. Its value comes back after every
    /// message the device sent before.
    fn settle(&self) -> u64;
    /// The shortest time between two interrupts that the device keeps by itself.
    fn interval(&self) -> Duration;
}

/// The stimulator for a function, by vendor and device id.
pub fn for_function(vendor: u16, device: u16) -> Option<Box<dyn Stimulator>> {
    Some(match Known::by_ids(vendor, device)? {
        Known::E1000e => Box::new(e1000e::E1000e),
        Known::Edu => Box::new(edu::Edu),
        Known::Xhci => Box::new(xhci::Xhci),
    })
}
