//! What happens, in order: calls, micro-steps, and the way of each interrupt.
//!
//! Every way of showing a run (text, diagram, page, JSON, expectations) is made from these.

#![expect(missing_docs, reason = "a field is said in the line of its variant")]

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::clause::Clause;
use crate::device::{Answer, Fd};
use crate::errno::Errno;
use crate::guest::GuestEvent;
use crate::uapi::{IrqIndex, IrqInfo, IrqSetHeader};

/// A cause: one raise by the function or one loopback trigger, numbered from 1 in a run.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CauseId(pub u32);

impl fmt::Display for CauseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// What brought a cause into being.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Source {
    /// The function wants to send vector n.
    Fire(u16),
    /// The function's interrupt status rose.
    AssertIntx,
    /// The user triggered vector n of an index by SET_IRQS (loopback).
    Loopback(IrqIndex, u32),
    /// The host noticed an uncorrectable error.
    Error,
    /// The host asks for the device.
    Request,
}

/// Where a cause can wait.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Place {
    /// The function's interrupt status: a level nobody has handled yet.
    IntxLevel,
    /// The MSI pending bit of a vector (per-vector mask).
    MsiPending(u16),
    /// The MSI-X pending bit array.
    Pba(u16),
    /// Inside the function, until a message capability is enabled (a function built to hold).
    Held(u16),
    /// The host's irq descriptor, until a handler is installed.
    Descriptor(IrqIndex, u16),
}

/// Why a cause is lost: nothing will ever signal for it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Loss {
    /// The function drops what it raises while neither MSI nor MSI-X is enabled.
    Dropped,
    /// It fell back to INTx, and the line went down before anyone handled it.
    DivertedUnhandled,
    /// The function's status fell before anyone handled it.
    Withdrawn,
    /// The function has no such vector.
    NoSuchVector,
    /// Bus Master is off: the message can't leave.
    BusMasterOff,
    /// The message went to address 0 (a vector released while Enable is set).
    AddressZero,
    /// The message's vector is not allocated in the host.
    NotAllocated,
    /// A handler ran, and no eventfd is attached.
    NoEventfd,
    /// Interrupt Disable stops the loopback.
    Masked,
    /// The function was reset while it waited.
    Reset,
    /// The host freed the irq descriptor it waited in.
    Freed,
}

/// A single move of the host: a register access to the function, or a kernel-internal one.
///
/// Its `Display` is its name, by which a scenario places an interrupt after it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Step {
    /// Config write of the Command register.
    Command { old: u16, new: u16 },
    /// Config write of MSI-X Message Control.
    MsixControl { old: u16, new: u16 },
    /// Config write of MSI Message Control.
    MsiControl { old: u16, new: u16 },
    /// Config write of MSI Message Address.
    MsiAddress { address: u32 },
    /// Config write of MSI Message Upper Address.
    MsiUpperAddress { address: u32 },
    /// Config write of MSI Message Data.
    MsiData { data: u16 },
    /// Config write of MSI Mask Bits.
    MsiMask { old: u32, new: u32 },
    /// Write of a table entry's message address and message data.
    EntryMessage { vector: u16, address: u64, data: u32 },
    /// Write of a table entry's vector control.
    EntryMask { vector: u16, masked: bool },
    /// Ranged: vector control of entries `first..first + count`, all masked.
    MaskEntries { first: u16, count: u16 },
    /// Host vectors taken from the supply for `first..first + count`.
    Allocate { index: IrqIndex, first: u16, count: u16 },
    /// The supply did not have what was asked for; `granted` vectors could be had.
    AllocateFailed { index: IrqIndex, asked: u16, granted: u16 },
    /// All host vectors of an index given back.
    Free { index: IrqIndex, count: u16 },
    /// A handler installed for a vector, with its eventfd.
    InstallHandler { index: IrqIndex, vector: u16, eventfd: Option<Fd> },
    /// A handler removed.
    RemoveHandler { index: IrqIndex, vector: u16 },
    /// The eventfd of an installed handler replaced or dropped, the handler kept (INTx, ERR, REQ).
    SetTrigger { index: IrqIndex, eventfd: Option<Fd> },
    /// An unmask eventfd attached or dropped.
    SetUnmask { eventfd: Option<Fd> },
    /// The irq line disabled at the interrupt controller.
    DisableLine,
    /// The irq line enabled at the interrupt controller.
    EnableLine,
    /// A config write of the user's that the host passes to the function.
    Config { offset: u16, width: u8, value: u32 },
    /// The function reset (FLR or what the host has).
    ResetFunction,
    /// A move of a host that emulates the device: state only, no register.
    Emulate { what: Emulated, index: IrqIndex },
}

/// What a host that emulates its device does instead of writing registers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Emulated {
    /// The index counts as enabled from here.
    EnableIndex,
    /// The index counts as disabled from here.
    DisableIndex,
}

/// What the user asked for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Call {
    /// Open the device.
    Open,
    /// Close the device.
    Close,
    /// VFIO_DEVICE_RESET.
    Reset,
    /// VFIO_DEVICE_GET_IRQ_INFO.
    IrqInfo { argsz: u32, index: u32 },
    /// VFIO_DEVICE_SET_IRQS.
    SetIrqs { header: IrqSetHeader, data: Vec<u8> },
    /// pread of a region.
    RegionRead { region: u32, offset: u64, len: u32 },
    /// pwrite of a region.
    RegionWrite { region: u32, offset: u64, data: Vec<u8> },
}

/// What a call answered.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Outcome {
    /// SET_IRQS, open, close, reset, pwrite: 0, or SET_IRQS's positive number.
    Answer(Answer),
    /// GET_IRQ_INFO.
    Info(IrqInfo),
    /// pread.
    Data(Vec<u8>),
    /// Refused: the errno and the clause that says so (none known on a real device).
    Refused { errno: Errno, clause: Option<Clause> },
}

/// One thing that happened.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Event {
    /// User to host.
    Call(Call),
    /// Host, or host to function.
    Step(Step),
    /// Host to user.
    Return(Outcome),
    /// A cause came into being.
    Cause { cause: CauseId, source: Source },
    /// The function's message left.
    Sent { cause: CauseId, index: IrqIndex, vector: u16, address: u64, data: u32 },
    /// The INTx line changed level (after Interrupt Disable and the capabilities' Enable bits).
    Line { up: bool },
    /// The function fell back to INTx with a cause meant for a vector.
    Diverted { cause: CauseId, vector: u16 },
    /// The cause waits.
    Waits { cause: CauseId, place: Place },
    /// The cause merged into one that already waits there; it shares that one's fate.
    Merged { cause: CauseId, into: CauseId, place: Place },
    /// An eventfd rose by 1; `counter` is its value after that. A level can signal more than once.
    Signalled { cause: CauseId, eventfd: Fd, counter: u64 },
    /// Nothing will ever signal for this cause.
    Lost { cause: CauseId, why: Loss },
    /// The user made an eventfd (or a descriptor that is none).
    Opened { fd: Fd, eventfd: bool },
    /// The user read an eventfd; `None`: the counter was 0 (EAGAIN).
    Read { fd: Fd, value: Option<u64> },
    /// The user added to an eventfd.
    Wrote { fd: Fd, value: u64 },
    /// The user closed a descriptor.
    Closed { fd: Fd },
    /// Something between KVM, an eventfd and the guest.
    Guest(GuestEvent),
    /// A comment of the run itself, e.g. a stimulus the device can't carry.
    Note(String),
}

impl Event {
    /// The cause this event is about, if it is about one.
    pub fn cause(&self) -> Option<CauseId> {
        match self {
            Self::Cause { cause, .. }
            | Self::Sent { cause, .. }
            | Self::Diverted { cause, .. }
            | Self::Waits { cause, .. }
            | Self::Merged { cause, .. }
            | Self::Signalled { cause, .. }
            | Self::Lost { cause, .. } => Some(*cause),
            _ => None,
        }
    }
}

/// Takes events as they happen.
pub trait Sink {
    /// Called once for each event, in order.
    fn event(&mut self, event: Event);
}

impl Sink for Vec<Event> {
    fn event(&mut self, event: Event) {
        self.push(event);
    }
}

/// Nobody listens.
impl Sink for () {
    fn event(&mut self, _: Event) {}
}

mod names;
