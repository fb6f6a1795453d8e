//! What a policy has in front of it: what its guest sees, its eventfds, and the device.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::device::{Answer, Device, Fd};
use crate::errno::Errno;
use crate::uapi::{CONFIG_REGION, IrqIndex, IrqSetFlags, IrqSetHeader, eventfd_data};

/// What SET_IRQS answered: 0, a positive number, or an errno.
pub type Answered = Result<Answer, Errno>;

/// What the guest sees of its device's interrupts, and what the VMM knows of the real one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct View {
    /// Entries of the MSI-X table (`count` of GET_IRQ_INFO).
    pub entries: u32,
    /// MSI-X has NORESIZE.
    pub noresize: bool,
    /// The device has INTx.
    pub pin: bool,
    /// The virtual MSI-X Enable.
    pub enabled: bool,
    /// The virtual Mask bit of each entry.
    pub masked: Vec<bool>,
    /// The VMM has INTx enabled on the device.
    pub intx: bool,
}

impl View {
    /// The entries that are unmasked, rising.
    pub fn unmasked(&self) -> impl Iterator<Item = u16> + '_ {
        (0..).zip(&self.masked).filter(|(_, masked)| !**masked).map(|(entry, _)| entry)
    }
}

/// The eventfds a VMM has made, by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Eventfds(Vec<(String, Fd)>);

impl Eventfds {
    fn get(&mut self, name: String, device: &mut dyn Device) -> Result<Fd, Errno> {
        if let Some((_, fd)) = self.0.iter().find(|(one, _)| *one == name) {
            return Ok(*fd);
        }
        let fd = device.eventfd_create()?;
        self.0.push((name, fd));
        Ok(fd)
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| name.clone()).collect()
    }

    pub(super) fn name(&self, fd: Fd) -> Option<&str> {
        self.0.iter().find(|(_, one)| *one == fd).map(|(name, _)| name.as_str())
    }
}

/// What a vector is to be tied to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Want {
    /// −1: nothing.
    Nothing,
    /// The eventfd that interrupts the guest.
    Guest(u16),
    /// The eventfd the VMM itself waits for, while the guest masks the entry.
    Aside(u16),
    /// An eventfd nobody waits for.
    Spare,
}

/// A policy's hands.
pub struct Seat<'a> {
    /// What the guest sees.
    pub view: &'a mut View,
    fds: &'a mut Eventfds,
    device: &'a mut dyn Device,
}

impl<'a> Seat<'a> {
    pub(super) fn new(
        view: &'a mut View,
        fds: &'a mut Eventfds,
        device: &'a mut dyn Device,
    ) -> Self {
        Self { view, fds, device }
    }

    fn fd(&mut self, want: Want) -> Result<Fd, Errno> {
        let name = match want {
            Want::Nothing => return Ok(-1),
            Want::Guest(vector) => format!("v{vector}"),
            Want::Aside(vector) => format!("u{vector}"),
            Want::Spare => "spare".to_string(),
        };
        self.fds.get(name, self.device)
    }

    /// Ties MSI-X vectors from `start` on to eventfds, in one request.
    ///
    /// # Errors
    /// What the host answers, or why an eventfd can't be made.
    pub fn arm(&mut self, start: u16, wants: &[Want]) -> Answered {
        let fds = wants.iter().map(|want| self.fd(*want)).collect::<Result<Vec<_>, _>>()?;
        self.eventfds(IrqIndex::Msix, u32::from(start), &fds)
    }

    /// Disables MSI-X.
    ///
    /// # Errors
    /// What the host answers.
    pub fn msix_off(&mut self) -> Answered {
        self.none(IrqIndex::Msix, IrqSetFlags::ACTION_TRIGGER, 0)
    }

    /// Enables INTx, if the device has it.
    pub fn intx_on(&mut self) {
        if !self.view.pin || self.view.intx {
            return;
        }
        let Ok(fd) = self.fds.get("intx".to_string(), self.device) else { return };
        self.view.intx = self.eventfds(IrqIndex::Intx, 0, &[fd]).is_ok();
    }

    /// Disables INTx, if it is on.
    pub fn intx_off(&mut self) {
        if self.view.intx {
            let off = self.none(IrqIndex::Intx, IrqSetFlags::ACTION_TRIGGER, 0);
            self.view.intx = off.is_err();
        }
    }

    /// Unmasks INTx, which the host masked when it signalled.
    ///
    /// # Errors
    /// What the host answers.
    pub fn intx_unmask(&mut self) -> Answered {
        self.none(IrqIndex::Intx, IrqSetFlags::ACTION_UNMASK, 1)
    }

    /// Sets and clears bits of Command, reading and writing its four bytes.
    pub fn command(&mut self, set: u32, clear: u32) {
        let mut bytes = [0; 4];
        if self.device.region_read(CONFIG_REGION, COMMAND, &mut bytes).is_err() {
            return;
        }
        let value = u32::from_le_bytes(bytes) & !clear | set;
        // A device whose Command can't be written fails at the first interrupt.
        let _ = self.device.region_write(CONFIG_REGION, COMMAND, &value.to_le_bytes());
    }

    fn eventfds(&mut self, index: IrqIndex, start: u32, fds: &[Fd]) -> Answered {
        let data = eventfd_data(fds);
        let flags = IrqSetFlags::DATA_EVENTFD | IrqSetFlags::ACTION_TRIGGER;
        self.request(index, flags, start, fds.len() as u32, &data)
    }

    fn none(&mut self, index: IrqIndex, action: IrqSetFlags, count: u32) -> Answered {
        self.request(index, IrqSetFlags::DATA_NONE | action, 0, count, &[])
    }

    fn request(
        &mut self,
        index: IrqIndex,
        flags: IrqSetFlags,
        start: u32,
        count: u32,
        data: &[u8],
    ) -> Answered {
        let argsz = IrqSetHeader::SIZE + data.len() as u32;
        let header = IrqSetHeader { argsz, flags: flags.bits(), index: index.raw(), start, count };
        self.device.set_irqs(header, data)
    }
}

/// Offset of Command in config space.
const COMMAND: u64 = 4;
