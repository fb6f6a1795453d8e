//! A SET_IRQS request in words.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::words::fd_word;
use crate::device::Fd;
use crate::uapi::{IrqIndex, IrqSetFlags, IrqSetHeader};

/// Most items of the data shown; a run of equal ones counts as one.
const ITEMS: usize = 6;

/// A SET_IRQS request in the scenario's words, e.g. `msix trigger eventfd 0+2 [a, b]`.
///
/// What a well-formed request would not have is shown raw: an unknown index by number, flags that
/// are not one action and one data type as `flags=0x21`, an argsz that differs from header plus
/// data as `argsz=24`, bytes that are no whole items as `data=00ff`.
pub fn request(header: &IrqSetHeader, data: &[u8], names: &BTreeMap<Fd, String>) -> String {
    let mut words = match IrqIndex::from_raw(header.index) {
        Some(index) => index.word().to_string(),
        None => format!("index={}", header.index),
    };
    let flags = IrqSetFlags::from_bits_retain(header.flags);
    let action = match flags.difference(IrqSetFlags::DATA) {
        IrqSetFlags::ACTION_MASK => Some("mask"),
        IrqSetFlags::ACTION_UNMASK => Some("unmask"),
        IrqSetFlags::ACTION_TRIGGER => Some("trigger"),
        _ => None,
    };
    let kind = match flags.intersection(IrqSetFlags::DATA) {
        IrqSetFlags::DATA_NONE => Some("none"),
        IrqSetFlags::DATA_BOOL => Some("bool"),
        IrqSetFlags::DATA_EVENTFD => Some("eventfd"),
        _ => None,
    };
    let range = format!("{}+{}", header.start, header.count);
    match (action, kind) {
        (Some(action), Some(kind)) => words += &format!(" {action} {kind} {range}"),
        _ => words += &format!(" flags={:#x} {range}", header.flags),
    }
    let (items, rest) = match kind {
        Some("eventfd") => {
            let (whole, rest) = data.as_chunks::<4>();
            let fds = whole.iter().map(|bytes| fd_word(i32::from_le_bytes(*bytes), names));
            (list(fds), rest)
        }
        Some("bool") => (list(data.iter().map(u8::to_string)), &[][..]),
        _ => (None, data),
    };
    if let Some(items) = items {
        words += &format!(" [{items}]");
    }
    if !rest.is_empty() {
        let hex: String = rest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        words += &format!(" data={hex}{}", if rest.len() > 8 { "…" } else { "" });
    }
    if u64::from(header.argsz) != u64::from(IrqSetHeader::SIZE) + data.len() as u64 {
        words += &format!(" argsz={}", header.argsz);
    }
    words
}

/// `a, b, -1 ×5, … 40 more`; `None` without items.
fn list(items: impl Iterator<Item = String>) -> Option<String> {
    let mut runs: Vec<(String, usize)> = Vec::new();
    let mut more = 0usize;
    for item in items {
        let full = runs.len() == ITEMS;
        match runs.last_mut() {
            Some((last, times)) if *last == item && more == 0 => *times += 1,
            _ if full => more += 1,
            _ => runs.push((item, 1)),
        }
    }
    if runs.is_empty() {
        return None;
    }
    let mut shown: Vec<String> = Vec::new();
    for (item, times) in runs {
        match times {
            1 => shown.push(item),
            2 => shown.extend([item.clone(), item]),
            _ => shown.push(format!("{item} ×{times}")),
        }
    }
    if more > 0 {
        shown.push(format!("… {more} more"));
    }
    Some(shown.join(", "))
}
