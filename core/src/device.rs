//! The seam: what a scenario needs of a device, whoever answers.
//!
//! Two implementors: [`crate::machine::Emulator`] here, and the native crate's device behind
//! `/dev/vfio`. Integers are raw, so that wrong requests can be spoken. No default bodies: what an
//! implementor can't do it says.

use alloc::string::String;
use alloc::vec::Vec;

use crate::errno::Errno;
use crate::event::Event;
use crate::guest::GuestCall;
use crate::uapi::{IrqInfo, IrqSetHeader};

/// A file descriptor number of the user. Negative values are data, never open.
pub type Fd = i32;

/// What SET_IRQS answers when it does not refuse.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum Answer {
    /// 0: done.
    Done,
    /// A positive number: nothing was enabled, and only this many vectors can be had.
    Only(u32),
}

/// What VFIO_DEVICE_GET_REGION_INFO says of a region, as far as interrupts need it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RegionInfo {
    /// Size in bytes; 0 when the function has no such region.
    pub size: u64,
}

/// A device as its user sees it.
pub trait Device {
    /// Opens the device (VFIO_GROUP_GET_DEVICE_FD or the cdev). Interrupts start disabled.
    fn open(&mut self) -> Result<(), Errno>;
    /// Closes it: the host disables every index.
    fn close(&mut self) -> Result<(), Errno>;
    /// VFIO_DEVICE_GET_IRQ_INFO with any `argsz` and index.
    fn irq_info(&mut self, argsz: u32, index: u32) -> Result<IrqInfo, Errno>;
    /// VFIO_DEVICE_SET_IRQS: the header as it is, followed by `data` (which may be shorter than
    /// `argsz` claims: memory beyond it is unreadable).
    fn set_irqs(&mut self, header: IrqSetHeader, data: &[u8]) -> Result<Answer, Errno>;
    /// VFIO_DEVICE_GET_REGION_INFO.
    fn region_info(&mut self, region: u32) -> Result<RegionInfo, Errno>;
    /// pread of a region: BAR 0 to 5, or [`crate::uapi::CONFIG_REGION`].
    fn region_read(&mut self, region: u32, offset: u64, data: &mut [u8]) -> Result<(), Errno>;
    /// pwrite of a region.
    fn region_write(&mut self, region: u32, offset: u64, data: &[u8]) -> Result<(), Errno>;
    /// VFIO_DEVICE_RESET.
    fn reset(&mut self) -> Result<(), Errno>;

    /// A new non-blocking eventfd with counter 0.
    fn eventfd_create(&mut self) -> Result<Fd, Errno>;
    /// An open file descriptor that is not an eventfd.
    fn plain_fd_create(&mut self) -> Result<Fd, Errno>;
    /// Waits, within a bound, until the counter is at least this: a real interrupt takes its time.
    /// Says nothing; who wants to know reads.
    fn eventfd_wait(&mut self, fd: Fd, at_least: u64);
    /// Reads and clears the counter; EAGAIN when it is 0.
    fn eventfd_read(&mut self, fd: Fd) -> Result<u64, Errno>;
    /// Adds to the counter (how a user signals an unmask eventfd).
    fn eventfd_write(&mut self, fd: Fd, value: u64) -> Result<(), Errno>;
    /// Closes the descriptor; a trigger holds its own reference to what was behind it.
    fn eventfd_close(&mut self, fd: Fd) -> Result<(), Errno>;

    /// Asks something of KVM, or lets the guest do something. The answer to
    /// [`GuestCall::Look`] is whether the interrupt is up, to others nothing. EOPNOTSUPP where
    /// there is no KVM and nothing in its place.
    fn guest(&mut self, call: GuestCall) -> Result<bool, Errno>;

    /// The events since the last call, oldest first. A real device reports what it can see: calls
    /// and their answers.
    fn take_events(&mut self) -> Vec<Event>;
}

/// Something done from outside the uAPI, to the function or its host.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Stimulus {
    /// The function wants to send vector n, by whichever means is enabled.
    Fire(u16),
    /// The function's interrupt status rises (a level).
    AssertIntx,
    /// The function's interrupt status falls (its driver acknowledged).
    DeassertIntx,
    /// The host signals ERR (an uncorrectable error was reported).
    Error,
    /// The host signals REQ (it wants the device back).
    Request,
    /// From here on the host can give this many vectors more; none: it is never short.
    Supply(Option<u32>),
}

/// A place between two micro-steps of a call: right after the `nth` step that `step` names.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Moment {
    /// A step's name, as [`Step`](crate::event::Step) displays it, e.g. `clear MSI-X Enable`.
    pub step: String,
    /// 1 for the first step of that name in the call.
    pub nth: u32,
}

/// A function that can be told to raise interrupts.
pub trait Stimulate {
    /// Whether this device can carry the stimulus.
    fn supports(&self, stimulus: Stimulus) -> bool;
    /// Does it now. EOPNOTSUPP where [`supports`](Self::supports) says no.
    fn stimulate(&mut self, stimulus: Stimulus) -> Result<(), Errno>;
    /// Does it inside the next call, at this moment. EOPNOTSUPP where calls can't be interrupted.
    fn stimulate_at(&mut self, moment: Moment, stimulus: Stimulus) -> Result<(), Errno>;
    /// Takes back the plans of [`stimulate_at`](Self::stimulate_at) whose moment has not come.
    fn take_missed(&mut self) -> Vec<Moment>;
}

/// What a scenario runs on.
pub trait Target: Device + Stimulate {}
impl<T: Device + Stimulate> Target for T {}
