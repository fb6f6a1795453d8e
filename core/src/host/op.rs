//! The work of a call: operations that expand into others or make one micro-step.

use crate::clause::Refusal;
use crate::device::{Answer, Fd};
use crate::uapi::IrqIndex;

/// An attempt at a first enable: of the vectors of a request (`wanted`, from 0), it asks for
/// `asked`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Attempt {
    pub(crate) index: IrqIndex,
    /// The request's `start`.
    pub(crate) start: u32,
    pub(crate) wanted: u32,
    pub(crate) asked: u32,
}

/// One operation. Those in the first group make at most one step; those in the second only expand.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Op {
    /// Remembers Command.
    Save,
    /// Opens the bracket around MSI and MSI-X register accesses: remembers Command and sets Memory
    /// Space if it is off (`vfio_pci_memory_lock_and_enable`).
    Lock,
    /// Remembers Command and writes it with Memory Space set, even if it was.
    ForceMemory,
    /// Closes either: writes the remembered Command back, always.
    Unlock,
    /// Writes Command as it was when the device was opened.
    RestoreCommand,
    /// `pci_intx`: writes Interrupt Disable if it changes.
    PciIntx { on: bool },
    /// Writes Command, setting and clearing bits.
    Command { set: u16, clear: u16 },
    /// Writes MSI-X Message Control.
    MsixControl { set: u16, clear: u16 },
    /// Writes an entry's message: the real one, or zeros.
    EntryMessage { vector: u32, zero: bool },
    /// Writes an entry's message as the MSI code has it cached.
    EntryCached { vector: u32 },
    /// Writes an entry's vector control.
    EntryMask { vector: u32, masked: bool },
    /// Masks every entry of the table.
    MaskTable,
    /// Writes MSI Message Control.
    MsiControl { set: u16, clear: u16 },
    /// Writes MSI Message Control with the number of allocated vectors, whatever it held.
    MsiGranted,
    /// Writes MSI Message Address, real or zero.
    MsiAddress { zero: bool },
    /// Writes MSI Message Upper Address (always 0 here), if the capability has it.
    MsiUpper,
    /// Writes MSI Message Data.
    MsiData { zero: bool },
    /// Writes MSI Mask Bits, if the capability has them.
    MsiMask { set: u32, clear: u32 },
    /// Takes host vectors for `first..first + count`.
    Allocate { index: IrqIndex, first: u32, count: u32, active: bool },
    /// Reports that only `granted` of `asked` could be had.
    AllocateFailed { index: IrqIndex, asked: u32, granted: u32 },
    /// Gives every host vector of the capability back.
    Free,
    /// Programs a vector's remapping entry: its message reaches the descriptor from here.
    Activate { vector: u32 },
    /// Installs a vector's handler.
    Install { vector: u32, fd: Fd },
    /// Delivers what waits in the vector's irq descriptor.
    Resend { vector: u32 },
    /// Removes a vector's handler.
    Remove { vector: u32 },
    /// Clears a vector's remapping entry.
    Deactivate { vector: u32 },
    /// vfio-pci counts the index as enabled.
    Enter { index: IrqIndex },
    /// vfio-pci counts no index as enabled.
    Leave,
    /// Sets the virtual limit on Multiple Message Enable.
    LimitMsi { log2: u8 },
    /// An emulated device's index on or off.
    Emulate { index: IrqIndex, on: bool },
    /// Installs INTx's handler.
    InstallIntx,
    /// Removes INTx's handler.
    RemoveIntx,
    /// Sets or drops the trigger of INTx, ERR or REQ.
    SetTrigger { index: IrqIndex, fd: Option<Fd> },
    /// Sets or drops the unmask eventfd.
    SetUnmask { fd: Option<Fd> },
    /// Masks or unmasks INTx as the ioctls do.
    MaskIntx,
    /// See [`Op::MaskIntx`].
    UnmaskIntx,
    /// Signals INTx's trigger for the user.
    LoopbackIntx,
    /// Signals ERR's or REQ's trigger for the user.
    LoopbackErrReq { index: IrqIndex },
    /// Signals vector `start + at` for the user, and so on to the end of the request.
    Loopback { index: IrqIndex, start: u32, count: u32 },
    /// A chunk of the user's config write.
    ConfigChunk { offset: u16, len: u8, bytes: [u8; 4] },
    /// A byte of the user's BAR write.
    BarByte { bar: u8, offset: u64, byte: u8 },
    /// Resets the function.
    ResetFunction,
    /// Writes MSI's registers back after a reset.
    RestoreMsi,
    /// Writes MSI-X's registers and entries back after a reset.
    RestoreMsix,
    /// The device counts as open.
    Opened,
    /// The device counts as closed.
    Closed,

    /// A first enable asks for vectors: what comes of it depends on how many are left by then.
    Attempt(Attempt),
    /// A block of vectors: the next one, and so on to the end.
    Block { index: IrqIndex, start: u32, at: u32, first_enable: bool },
    /// Writes the messages of entries `at..end`.
    WriteEntries { at: u32, end: u32 },
    /// Masks the allocated entries from `at`.
    MaskAllocated { at: u32 },
    /// Restores the allocated entries from `at` (after a reset).
    RestoreEntries { at: u32 },
    /// Installs a handler for a vector of a block that began at `start`.
    Arm { index: IrqIndex, vector: u32, fd: Fd, start: u32, first_enable: bool },
    /// Releases the vector if it is live.
    Release { vector: u32 },
    /// Releases live vectors `at..end`.
    ReleaseRange { at: u32, end: u32 },
    /// Disables the index that is enabled.
    Disable,
    /// The MSI code disables MSI.
    MsiOff,
    /// The MSI code disables MSI-X.
    MsixOff,
    /// The call is over.
    Finish(Result<Answer, Refusal>),
}
