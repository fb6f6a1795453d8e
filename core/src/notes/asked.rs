//! A SET_IRQS request as its sender meant it.

use alloc::format;
use alloc::vec::Vec;

use super::note::{Kind, Said};
use crate::device::Fd;
use crate::request::{Action, Data};
use crate::uapi::{IrqIndex, IrqSetFlags, IrqSetHeader};

/// A request with an index, one action and one data type. Whether its range is right is not asked:
/// its answer says so.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) line: u32,
    pub(super) index: IrqIndex,
    pub(super) action: Action,
    pub(super) start: u32,
    pub(super) count: u32,
    pub(super) data: Data,
    /// `argsz` covers the data, and the data is there.
    pub(super) whole: bool,
}

impl Asked {
    pub(super) fn new(line: u32, header: &IrqSetHeader, data: &[u8]) -> Option<Self> {
        let flags = IrqSetFlags::from_bits(header.flags)?;
        let action = match flags & IrqSetFlags::ACTION {
            IrqSetFlags::ACTION_MASK => Action::Mask,
            IrqSetFlags::ACTION_UNMASK => Action::Unmask,
            IrqSetFlags::ACTION_TRIGGER => Action::Trigger,
            _ => return None,
        };
        let most = header.count as usize;
        let data = match flags & IrqSetFlags::DATA {
            IrqSetFlags::DATA_NONE => Data::None,
            IrqSetFlags::DATA_BOOL => Data::Bool(data.iter().copied().take(most).collect()),
            IrqSetFlags::DATA_EVENTFD => {
                let fds = data.chunks_exact(4).take(most);
                Data::Eventfd(
                    fds.map(|fd| Fd::from_le_bytes([fd[0], fd[1], fd[2], fd[3]])).collect(),
                )
            }
            _ => return None,
        };
        let index = IrqIndex::from_raw(header.index)?;
        let (start, count) = (header.start, header.count);
        let items = match &data {
            Data::None => count as usize,
            Data::Bool(bytes) => bytes.len(),
            Data::Eventfd(fds) => fds.len(),
        };
        let size = match &data {
            Data::None => 0,
            Data::Bool(_) => 1,
            Data::Eventfd(_) => 4,
        };
        let argsz = u64::from(IrqSetHeader::SIZE) + u64::from(count) * size;
        let whole = items == count as usize && u64::from(header.argsz) >= argsz;
        Some(Self { line, index, action, start, count, data, whole })
    }

    /// Whether it sets or takes away triggers: vector and descriptor.
    pub(super) fn triggers(&self) -> Option<Vec<(u32, Fd)>> {
        match &self.data {
            Data::Eventfd(fds) if self.action == Action::Trigger => {
                let at = |(at, fd): (usize, &Fd)| {
                    Some((self.start.checked_add(u32::try_from(at).ok()?)?, *fd))
                };
                Some(fds.iter().enumerate().filter_map(at).collect())
            }
            _ => None,
        }
    }

    pub(super) fn is_disable(&self) -> bool {
        self.action == Action::Trigger && self.data == Data::None && self.count == 0
    }

    /// TRIGGER with no data and a count.
    pub(super) fn is_loopback(&self) -> bool {
        self.action == Action::Trigger && self.data == Data::None && self.count > 0
    }

    /// Whether this vector is in its range.
    pub(super) fn names(&self, vector: u32) -> bool {
        vector.checked_sub(self.start).is_some_and(|at| at < self.count)
    }

    /// A descriptor below -1: a library whose type can't say -1 smuggles one in.
    pub(super) fn descriptors(&self, said: &mut Said) {
        let Data::Eventfd(fds) = &self.data else { return };
        let Some(fd) = fds.iter().find(|fd| **fd < -1) else { return };
        let (clause, why) = match self.index {
            IrqIndex::Err | IrqIndex::Req => {
                ("ERR-REQ-NEGATIVE-FD", "newer kernels refuse any other here, older ones ignore it")
            }
            _ => ("FD-NEGATIVE", "that Linux takes any negative number for it is not promised"),
        };
        let text = format!("{fd} is no way to say \"no eventfd\": the header names -1, and {why}.");
        said.say(self.line, Kind::Negative, clause, text);
    }
}

/// One of the three indexes of which one is enabled at a time.
pub(super) fn is_exclusive(index: IrqIndex) -> bool {
    matches!(index, IrqIndex::Intx | IrqIndex::Msi | IrqIndex::Msix)
}
