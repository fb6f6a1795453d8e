//! What a guest does, and who decides what becomes of it.

use alloc::vec::Vec;

use super::seat::Seat;

/// What a guest does with its device's interrupts, or what the driver does where there is no guest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Sets MSI-X Enable, for a driver that will use this many vectors, with these entries unmasked
    /// already. (Linux masks all entries first, and unmasks each when its interrupt is requested.)
    Enable {
        /// Vectors the driver uses, from 0; not more than the table has.
        vectors: u16,
        /// Entries whose Mask bit is clear by then.
        unmasked: Vec<u16>,
    },
    /// Requests a vector's interrupt without enabling it. A guest's entry stays masked, and its VMM
    /// sees nothing; a driver that is the user itself asks for the vector now.
    Request(u16),
    /// Clears an entry's Mask bit: the driver requests the vector's interrupt, or enables it again.
    Unmask(u16),
    /// Sets an entry's Mask bit.
    Mask(u16),
    /// Clears MSI-X Enable.
    Disable,
    /// Has handled INTx and ends it.
    HandleIntx,
    /// Starts the queue behind a vector: from here on the function may fire it.
    Start(u16),
}

/// What the driver hears. A guest behind a VMM hears of no failure: it has written a register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reply {
    /// Nothing, or that it worked.
    Fine,
    /// It failed: the driver goes without.
    Refused,
}

/// What a VMM requests when its guest does something. The view of the [`Seat`] holds what the guest
/// wrote already.
pub trait Policy {
    /// The VMM takes the device, before the guest runs.
    fn begin(&mut self, seat: &mut Seat<'_>) -> Reply;
    /// MSI-X Enable goes from 0 to 1.
    fn enable(&mut self, vectors: u16, seat: &mut Seat<'_>) -> Reply;
    /// An entry is unmasked while MSI-X is enabled.
    fn unmask(&mut self, entry: u16, seat: &mut Seat<'_>) -> Reply;
    /// An entry is masked while MSI-X is enabled.
    fn mask(&mut self, entry: u16, seat: &mut Seat<'_>) -> Reply;
    /// MSI-X Enable goes from 1 to 0.
    fn disable(&mut self, seat: &mut Seat<'_>) -> Reply;
}
