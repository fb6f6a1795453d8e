//! Accesses of any width and alignment as dwords with byte enables, which is how a bus carries
//! them (PCIe 2.2.5, First/Last DW Byte Enables).

use core::ops::Range;

/// The part of an access that falls into one dword.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    /// Offset of the dword, a multiple of 4.
    pub(super) dword: u64,
    /// Bytes of the dword.
    bytes: Range<usize>,
    /// Bytes of the access's data.
    data: Range<usize>,
}

/// Splits `len` bytes at `offset` into dwords, lowest first; what lies beyond `space` is left out.
pub(super) fn lanes(offset: u64, len: usize, space: u64) -> impl Iterator<Item = Lane> {
    let end = offset.saturating_add(len as u64).min(space);
    let mut at = offset;
    core::iter::from_fn(move || {
        if at >= end {
            return None;
        }
        let dword = at & !3;
        let next = (dword + 4).min(end);
        let (first, count) = ((at - dword) as usize, (next - at) as usize);
        let done = (at - offset) as usize;
        at = next;
        Some(Lane { dword, bytes: first..first + count, data: done..done + count })
    })
}

impl Lane {
    /// Puts the dword's bytes where the access wants them.
    pub(super) fn fill(self, dword: u32, data: &mut [u8]) {
        data[self.data].copy_from_slice(&dword.to_le_bytes()[self.bytes]);
    }

    /// What the access writes to the dword.
    pub(super) fn take(&self, data: &[u8]) -> Write {
        let (mut value, mut enabled) = ([0; 4], [0; 4]);
        value[self.bytes.clone()].copy_from_slice(&data[self.data.clone()]);
        enabled[self.bytes.clone()].fill(0xff);
        Write { value: u32::from_le_bytes(value), enabled: u32::from_le_bytes(enabled) }
    }
}

/// A write to one dword, with the bits of the bytes it touches.
#[derive(Clone, Copy, Debug)]
pub(super) struct Write {
    value: u32,
    enabled: u32,
}

impl Write {
    /// The dword after the write, if only `writable` bits can change.
    pub(super) fn over(self, old: u32, writable: u32) -> u32 {
        let change = self.enabled & writable;
        (old & !change) | (self.value & change)
    }

    /// The same for the upper half of the dword.
    pub(super) fn over_high(self, old: u16, writable: u16) -> u16 {
        (self.over(u32::from(old) << 16, u32::from(writable) << 16) >> 16) as u16
    }

    /// The same for the lower half.
    pub(super) fn over_low(self, old: u16, writable: u16) -> u16 {
        self.over(u32::from(old), u32::from(writable)) as u16
    }
}
