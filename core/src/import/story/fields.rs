//! The fields of a decoded struct, in numbers or words.

use alloc::vec::Vec;

use super::super::value::{Value, number};
use crate::uapi::{IrqInfoFlags, IrqSetFlags, IrqSetHeader};

pub(super) const INDEXES: [(&str, u32); 5] = [
    ("VFIO_PCI_INTX_IRQ_INDEX", 0),
    ("VFIO_PCI_MSI_IRQ_INDEX", 1),
    ("VFIO_PCI_MSIX_IRQ_INDEX", 2),
    ("VFIO_PCI_ERR_IRQ_INDEX", 3),
    ("VFIO_PCI_REQ_IRQ_INDEX", 4),
];

const SET_FLAGS: [(&str, u32); 6] = [
    ("VFIO_IRQ_SET_DATA_NONE", IrqSetFlags::DATA_NONE.bits()),
    ("VFIO_IRQ_SET_DATA_BOOL", IrqSetFlags::DATA_BOOL.bits()),
    ("VFIO_IRQ_SET_DATA_EVENTFD", IrqSetFlags::DATA_EVENTFD.bits()),
    ("VFIO_IRQ_SET_ACTION_MASK", IrqSetFlags::ACTION_MASK.bits()),
    ("VFIO_IRQ_SET_ACTION_UNMASK", IrqSetFlags::ACTION_UNMASK.bits()),
    ("VFIO_IRQ_SET_ACTION_TRIGGER", IrqSetFlags::ACTION_TRIGGER.bits()),
];

pub(super) const INFO_FLAGS: [(&str, u32); 4] = [
    ("VFIO_IRQ_INFO_EVENTFD", IrqInfoFlags::EVENTFD.bits()),
    ("VFIO_IRQ_INFO_MASKABLE", IrqInfoFlags::MASKABLE.bits()),
    ("VFIO_IRQ_INFO_AUTOMASKED", IrqInfoFlags::AUTOMASKED.bits()),
    ("VFIO_IRQ_INFO_NORESIZE", IrqInfoFlags::NORESIZE.bits()),
];

/// A field of 32 bits: a number, or words of this table.
pub(super) fn field(of: &Value, name: &str, words: &[(&str, u32)]) -> Option<u32> {
    match of.field(name)? {
        Value::Number(number) => u32::try_from(*number).ok(),
        Value::Words(said) => said.split('|').try_fold(0, |all, word| {
            let known = words.iter().find(|(known, _)| *known == word);
            let value = known.map(|(_, value)| *value);
            Some(all | value.or_else(|| number(word).and_then(|n| u32::try_from(n).ok()))?)
        }),
        _ => None,
    }
}

/// Header and data of a decoded request. The data is a list or a string, whatever its name.
pub(super) fn header(request: &Value) -> Option<(IrqSetHeader, Option<Vec<u8>>)> {
    let header = IrqSetHeader {
        argsz: field(request, "argsz", &[]).unwrap_or_default(),
        flags: field(request, "flags", &SET_FLAGS)?,
        index: field(request, "index", &INDEXES)?,
        start: field(request, "start", &[])?,
        count: field(request, "count", &[])?,
    };
    let Value::Struct(fields) = request else { return None };
    let known = ["argsz", "flags", "index", "start", "count"];
    let data = fields.iter().find(|(name, _)| !known.contains(&name.as_str()));
    let wide = header.flags & IrqSetFlags::DATA_EVENTFD.bits() != 0;
    let data = match data.map(|(_, value)| value) {
        Some(Value::Bytes(bytes, false)) => Some(bytes.clone()),
        Some(Value::List(items)) => {
            let numbers: Option<Vec<i64>> = items.iter().map(Value::number).collect();
            numbers.map(|numbers| {
                let bytes = numbers.into_iter().flat_map(|number| {
                    let size = if wide { 4 } else { 1 };
                    number.to_le_bytes().into_iter().take(size)
                });
                bytes.collect()
            })
        }
        _ => None,
    };
    let Some(argsz) = request.field("argsz").and_then(Value::number) else {
        // Left out by who wrote this: as it should be.
        let len = data.as_ref().map_or(0, Vec::len) as u32;
        return Some((IrqSetHeader { argsz: IrqSetHeader::SIZE + len, ..header }, data));
    };
    u32::try_from(argsz).ok().map(|argsz| (IrqSetHeader { argsz, ..header }, data))
}
