//! A `set_irqs` line as the ioctl gets it.

use alloc::vec;
use alloc::vec::Vec;

use super::ast::{Data, FdRefs, Item, Names, SetAction, SetIrqs};
use crate::device::Fd;
use crate::uapi::{IrqSetFlags, IrqSetHeader, eventfd_data};

/// A descriptor number that is never open: beyond any limit on open files.
pub(crate) const CLOSED: Fd = i32::MAX;

impl SetIrqs {
    /// Header and data; `fds` knows the descriptors of names, in their order.
    pub fn raw(&self, fds: &dyn Fn(&Names) -> Vec<Fd>) -> (IrqSetHeader, Vec<u8>) {
        let (bytes, items) = match &self.data {
            Data::None => (Vec::new(), 0),
            Data::Bool(items) => {
                let bytes = expand(items.as_deref().unwrap_or_default(), |byte| vec![*byte]);
                let count = bytes.len();
                (bytes, count)
            }
            Data::Eventfd(items) => {
                let fds = expand(items.as_deref().unwrap_or_default(), |one| match one {
                    FdRefs::Names(names) => fds(names),
                    FdRefs::Number(number) => vec![*number],
                    FdRefs::Closed => vec![CLOSED],
                });
                (eventfd_data(&fds), fds.len())
            }
        };
        let bytes = self.bytes.clone().unwrap_or(bytes);
        let size = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        let header = IrqSetHeader {
            argsz: self.argsz.unwrap_or_else(|| IrqSetHeader::SIZE + size(bytes.len())),
            flags: self.flags.unwrap_or_else(|| self.said().bits()),
            index: self.index,
            start: self.start,
            count: self.count.unwrap_or_else(|| size(items)),
        };
        (header, bytes)
    }

    /// The flags the words say; a `flags=` goes before them.
    pub fn said(&self) -> IrqSetFlags {
        let data = match self.data {
            Data::None => IrqSetFlags::DATA_NONE,
            Data::Bool(_) => IrqSetFlags::DATA_BOOL,
            Data::Eventfd(_) => IrqSetFlags::DATA_EVENTFD,
        };
        let action = match self.action {
            SetAction::Mask => IrqSetFlags::ACTION_MASK,
            SetAction::Unmask => IrqSetFlags::ACTION_UNMASK,
            SetAction::Trigger => IrqSetFlags::ACTION_TRIGGER,
        };
        data | action
    }
}

fn expand<T, V: Clone>(items: &[Item<T>], each: impl Fn(&T) -> Vec<V>) -> Vec<V> {
    let mut all = Vec::new();
    for item in items {
        let values = each(&item.what);
        for _ in 0..item.times {
            all.extend_from_slice(&values);
        }
    }
    all
}
