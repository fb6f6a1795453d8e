//! A `struct vfio_irq_set` to the `set_irqs` line that says it.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::scenario::MAX_LISTED;
use crate::scenario::ast::{Data, FdRefs, Item, SetAction, SetIrqs};
use crate::uapi::{IrqSetFlags, IrqSetHeader};

/// The request of this header and the bytes behind it, as far as they are known. `fd` says what a
/// descriptor number is called. The error is why no line can say it.
pub(super) fn set_irqs(
    header: IrqSetHeader,
    data: Option<&[u8]>,
    mut fd: impl FnMut(i32) -> FdRefs,
) -> Result<SetIrqs, String> {
    let flags = IrqSetFlags::from_bits_retain(header.flags);
    let has = |flag| flags.contains(flag);
    let action = match () {
        () if has(IrqSetFlags::ACTION_MASK) => (SetAction::Mask, IrqSetFlags::ACTION_MASK),
        () if has(IrqSetFlags::ACTION_UNMASK) => (SetAction::Unmask, IrqSetFlags::ACTION_UNMASK),
        () => (SetAction::Trigger, IrqSetFlags::ACTION_TRIGGER),
    };
    let (data_flag, size) = match () {
        () if has(IrqSetFlags::DATA_EVENTFD) => (IrqSetFlags::DATA_EVENTFD, 4),
        () if has(IrqSetFlags::DATA_BOOL) => (IrqSetFlags::DATA_BOOL, 1),
        () => (IrqSetFlags::DATA_NONE, 0),
    };
    let need = size * u64::from(header.count);
    if size > 0 && header.count > MAX_LISTED {
        return Err(format!("{} vectors are more than a line lists", header.count));
    }
    let need = need as usize;
    let data = match data {
        _ if need == 0 => &[],
        None => return Err("its data is not shown".into()),
        Some(data) => data.get(..need).ok_or_else(|| {
            format!("{need} bytes of data belong to it, and {} are here", data.len())
        })?,
    };
    let list = match data_flag {
        IrqSetFlags::DATA_EVENTFD => {
            let fds = data.chunks_exact(4).map(|fd| [fd[0], fd[1], fd[2], fd[3]]);
            Data::Eventfd(list(fds.map(|number| fd(i32::from_le_bytes(number)))))
        }
        IrqSetFlags::DATA_BOOL => Data::Bool(list(data.iter().copied())),
        _ => Data::None,
    };
    let counted = !matches!(list, Data::None | Data::Bool(None) | Data::Eventfd(None));
    let usual = IrqSetHeader::SIZE + need as u32;
    Ok(SetIrqs {
        index: header.index,
        action: action.0,
        data: list,
        start: header.start,
        count: (!counted).then_some(header.count),
        argsz: (header.argsz != usual).then_some(header.argsz),
        flags: ((data_flag | action.1).bits() != header.flags).then_some(header.flags),
        bytes: None,
    })
}

/// The items, equal neighbours as one; none if there are none.
fn list<T: PartialEq>(all: impl Iterator<Item = T>) -> Option<Vec<Item<T>>> {
    let mut items: Vec<Item<T>> = Vec::new();
    for what in all {
        match items.last_mut() {
            Some(last) if last.what == what => last.times += 1,
            _ => items.push(Item { what, times: 1 }),
        }
    }
    (!items.is_empty()).then_some(items)
}
