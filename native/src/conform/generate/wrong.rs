//! SET_IRQS with something wrong: one thing, or all.

use vfio_irq_core::scenario::ast::{Data, FdRefs, Item, Names, SetAction, SetIrqs};
use vfio_irq_core::uapi::{IrqIndex, IrqSetFlags, IrqSetHeader};

use super::Generator;
use crate::conform::avoid::Now;

/// Most bytes of data nobody asked for.
const BYTES: u32 = 64;

/// How many items a request's list has, and bytes each.
fn items(data: &Data) -> (usize, u32) {
    fn len<T>(items: Option<&Vec<Item<T>>>) -> usize {
        items.into_iter().flatten().map(|item| item.times as usize).sum()
    }
    match data {
        Data::None => (0, 0),
        Data::Bool(items) => (len(items.as_ref()), 1),
        Data::Eventfd(items) => (len(items.as_ref()), 4),
    }
}

/// The flags the words of a request say.
fn flags(request: &SetIrqs) -> u32 {
    let data = match request.data {
        Data::None => IrqSetFlags::DATA_NONE,
        Data::Bool(_) => IrqSetFlags::DATA_BOOL,
        Data::Eventfd(_) => IrqSetFlags::DATA_EVENTFD,
    };
    let action = match request.action {
        SetAction::Mask => IrqSetFlags::ACTION_MASK,
        SetAction::Unmask => IrqSetFlags::ACTION_UNMASK,
        SetAction::Trigger => IrqSetFlags::ACTION_TRIGGER,
    };
    (data | action).bits()
}

impl Generator<'_> {
    /// Makes one thing wrong, or at least another.
    pub(super) fn spoil(&mut self, request: &mut SetIrqs, now: &Now<'_>) {
        let (len, size) = items(&request.data);
        let count = request.count.unwrap_or(len as u32);
        let index = IrqIndex::from_raw(request.index);
        let vectors = index.map_or(1, |index| now.machine.host.count(&now.machine.function, index));
        match self.random.below(11) {
            0 => {
                let right = IrqSetHeader::SIZE + count.saturating_mul(size);
                let near = [right - 1, right + 1, 0, 19, 20, u32::MAX];
                request.argsz = Some(self.random.one(&near));
            }
            1 => {
                let data = self.random.below(8);
                request.flags = Some(flags(request) & !IrqSetFlags::DATA.bits() | data);
            }
            2 => {
                let action = self.random.below(8) << 3;
                request.flags = Some(flags(request) & !IrqSetFlags::ACTION.bits() | action);
            }
            3 => request.flags = Some(flags(request) | self.random.one(&[0x40, 0x80, 1 << 31])),
            4 | 5 => self.spoil_fd(request, now),
            6 => {
                let near = [0, count.saturating_sub(1), count + 1, vectors, vectors + 1];
                let far = u32::MAX - request.start - self.random.below(2);
                let near = self.random.one(&near);
                request.count = Some(if self.random.once_in(5) { far } else { near });
            }
            7 => {
                let near = [request.start + 1, vectors.saturating_sub(1), vectors, u32::MAX];
                request.start = self.random.one(&near);
            }
            8 => request.index = self.random.below(7),
            9 => {
                let other = [SetAction::Mask, SetAction::Unmask, SetAction::Trigger];
                request.action = self.random.one(&other);
            }
            // Less memory than argsz says.
            _ if len > 0 => {
                let whole = len as u32 * size;
                request.argsz = Some(IrqSetHeader::SIZE + whole);
                request.count = Some(len as u32);
                request.bytes = Some(vec![0xff; self.random.below(whole) as usize]);
            }
            _ => request.count = Some(self.random.below(vectors + 2)),
        }
    }

    /// Puts a descriptor into the list that can't be used.
    fn spoil_fd(&mut self, request: &mut SetIrqs, now: &Now<'_>) {
        let Data::Eventfd(Some(items)) = &mut request.data else {
            request.index = self.random.below(7);
            return;
        };
        let Some(last) = (items.len() as u32).checked_sub(1) else { return };
        let at = self.random.within(0, last) as usize;
        let named = |name: Option<String>| name.map(|name| FdRefs::Names(Names::One(name)));
        let bad = match self.random.below(6) {
            0 => Some(FdRefs::Number(self.random.one(&[-2, i32::MIN]))),
            1 => named(self.closed_name(now)),
            2 | 3 => named(self.plain_name(now)),
            _ => None,
        };
        items[at].what = bad.unwrap_or(FdRefs::Closed);
    }

    /// Any numbers anywhere, and any bytes behind them.
    pub(super) fn wild(&mut self) -> SetIrqs {
        let index = if self.random.once_in(6) { self.anything() } else { self.random.below(6) };
        let flags = match self.random.below(4) {
            0 => self.anything(),
            1 => self.random.below(64),
            _ => 1 << self.random.below(3) | 8 << self.random.below(3),
        };
        let start = if self.random.once_in(3) { self.anything() } else { self.random.below(3) };
        let count = if self.random.once_in(3) { self.anything() } else { self.random.below(5) };
        let bytes: Vec<u8> = match self.random.once_in(3) {
            true => Vec::new(),
            false => self.bytes(),
        };
        let argsz = match self.random.below(4) {
            0 => self.anything(),
            1 => IrqSetHeader::SIZE + self.random.below(BYTES),
            _ => IrqSetHeader::SIZE + bytes.len() as u32,
        };
        SetIrqs {
            index,
            action: SetAction::Trigger,
            data: Data::None,
            start,
            count: Some(count),
            argsz: Some(argsz),
            flags: Some(flags),
            bytes: (!bytes.is_empty()).then_some(bytes),
        }
    }

    fn bytes(&mut self) -> Vec<u8> {
        let len = self.random.below(BYTES);
        let mut bytes: Vec<u8> = (0..len).map(|_| self.random.number() as u8).collect();
        // Read as descriptors, mostly negative ones.
        for number in bytes.chunks_exact_mut(4) {
            number[3] |= if self.random.once_in(4) { 0x01 } else { 0x80 };
        }
        bytes
    }
}
