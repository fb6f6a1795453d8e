//! SET_IRQS: what means something in the state the index is in.

use vfio_irq_core::device::Stimulus;
use vfio_irq_core::host::IrqMode;
use vfio_irq_core::scenario::ast::{
    Action, Data, FdRefs, Item, Names, SetAction, SetIrqs, StepLine,
};
use vfio_irq_core::uapi::IrqIndex;

use super::{Generator, step};
use crate::conform::avoid::Now;

/// Most vectors of one list.
const LISTED: u32 = 24;

/// A request without anything out of the ordinary.
pub(super) fn plain(index: IrqIndex, action: SetAction, data: Data, start: u32) -> SetIrqs {
    let index = index.raw();
    SetIrqs { index, action, data, start, count: None, argsz: None, flags: None, bytes: None }
}

fn none(index: IrqIndex, action: SetAction, start: u32, count: u32) -> SetIrqs {
    SetIrqs { count: Some(count), ..plain(index, action, Data::None, start) }
}

fn item<T>(what: T) -> Item<T> {
    Item { what, times: 1 }
}

fn eventfds(index: IrqIndex, action: SetAction, start: u32, fds: Vec<FdRefs>) -> SetIrqs {
    let items = fds.into_iter().map(item).collect();
    plain(index, action, Data::Eventfd(Some(items)), start)
}

fn bools(index: IrqIndex, action: SetAction, start: u32, bytes: Vec<u8>) -> SetIrqs {
    let items = bytes.into_iter().map(item).collect();
    plain(index, action, Data::Bool(Some(items)), start)
}

impl Generator<'_> {
    pub(super) fn request(&mut self, now: &Now<'_>) -> StepLine {
        let kind = self.random.weighed(&[(60, 'v'), (28, 'n'), (12, 'w')]);
        if kind == 'w' {
            return step(Action::SetIrqs(self.wild()), 1);
        }
        let mut request = match now.machine.host.mode() {
            IrqMode::None => match self.enable(now) {
                Ok(request) => request,
                Err(first) => return step(Action::Stimulate(first), 1),
            },
            IrqMode::Intx(_) => self.intx(now),
            IrqMode::Msi => self.message(now, IrqIndex::Msi),
            IrqMode::Msix => self.message(now, IrqIndex::Msix),
        };
        if kind == 'n' {
            self.spoil(&mut request, now);
        }
        // Nothing else gives the same answer each time.
        let repeats = !matches!(request.data, Data::Eventfd(_)) && request.count != Some(0);
        let times = if repeats && self.random.once_in(8) { self.random.within(2, 3) } else { 1 };
        step(Action::SetIrqs(request), times)
    }

    /// With every index off. The error is what has to be done before.
    fn enable(&mut self, now: &Now<'_>) -> Result<SetIrqs, Stimulus> {
        let has = |index| now.machine.host.count(&now.machine.function, index);
        let counts = [IrqIndex::Intx, IrqIndex::Msi, IrqIndex::Msix].map(has);
        let weights = [
            (if counts[0] > 0 { 5 } else { 0 }, IrqIndex::Intx),
            (if counts[1] > 0 { 5 } else { 0 }, IrqIndex::Msi),
            (if counts[2] > 0 { 6 } else { 0 }, IrqIndex::Msix),
            (2, IrqIndex::Req),
        ];
        let index = self.random.weighed(&weights);
        if index == IrqIndex::Req || self.random.once_in(12) {
            return Ok(self.aside(now));
        }
        // A level that is up is in the way of the next index: it comes down first, mostly.
        let up = now.machine.function.intx_status();
        let deassert = Stimulus::DeassertIntx;
        if up && now.can(deassert) && self.random.once_in(2) {
            return Err(deassert);
        }
        if self.random.once_in(12) {
            // A loopback of what is off.
            let count = self.random.below(2);
            return Ok(none(index, SetAction::Trigger, 0, count));
        }
        if index == IrqIndex::Intx {
            let fd = self.fd(now, 12);
            return Ok(eventfds(index, SetAction::Trigger, 0, vec![fd]));
        }
        let count = has(index);
        let start = if self.random.once_in(5) { self.random.below(count) } else { 0 };
        let len = self.random.within(1, (count - start).min(LISTED));
        Ok(self.block(now, index, start, len))
    }

    /// While INTx is on.
    fn intx(&mut self, now: &Now<'_>) -> SetIrqs {
        const INDEX: IrqIndex = IrqIndex::Intx;
        let byte = self.random.one(&[0, 1, 1, 2, 255]);
        match self.random.weighed(&[
            (8, 'u'),
            (4, 'm'),
            (2, 'U'),
            (1, 'M'),
            (4, 'e'),
            (1, 'E'),
            (2, 'l'),
            (2, 'L'),
            (3, 't'),
            (3, 'd'),
            (2, 'a'),
        ]) {
            'u' => none(INDEX, SetAction::Unmask, 0, 1),
            'm' => none(INDEX, SetAction::Mask, 0, 1),
            'U' => bools(INDEX, SetAction::Unmask, 0, vec![byte]),
            'M' => bools(INDEX, SetAction::Mask, 0, vec![byte]),
            'e' => {
                let fd = self.fd(now, 8);
                eventfds(INDEX, SetAction::Unmask, 0, vec![fd])
            }
            'E' => {
                let fd = self.fd(now, 3);
                eventfds(INDEX, SetAction::Mask, 0, vec![fd])
            }
            'l' => none(INDEX, SetAction::Trigger, 0, 1),
            'L' => bools(INDEX, SetAction::Trigger, 0, vec![byte]),
            't' => {
                let fd = self.fd(now, 6);
                eventfds(INDEX, SetAction::Trigger, 0, vec![fd])
            }
            'd' => none(INDEX, SetAction::Trigger, 0, 0),
            _ => self.aside(now),
        }
    }

    /// While MSI or MSI-X is on.
    fn message(&mut self, now: &Now<'_>, index: IrqIndex) -> SetIrqs {
        let count = now.machine.host.count(&now.machine.function, index);
        let last = now.machine.host.vectors().last().map_or(0, |vector| vector.vector);
        let allocated = u32::from(last) + 1;
        // Within the vectors there are, mostly; else up to the table's end.
        let end = if self.random.once_in(5) { count } else { allocated.min(count) };
        let start = self.random.below(end);
        let len = self.random.within(1, (end - start).clamp(1, LISTED));
        match self.random.weighed(&[
            (9, 'r'),
            (3, 'o'),
            (3, 'l'),
            (4, 'L'),
            (3, 'g'),
            (2, 'd'),
            (2, 'a'),
        ]) {
            'r' => self.block(now, index, start, len),
            'o' => {
                let negative = self.random.one(&[-1, -1, -1, -2, i32::MIN]);
                eventfds(
                    index,
                    SetAction::Trigger,
                    start,
                    vec![FdRefs::Number(negative); len as usize],
                )
            }
            'l' => none(index, SetAction::Trigger, start, len),
            'L' => {
                let bytes = (0..len).map(|_| self.random.one(&[0, 1, 1, 3])).collect();
                bools(index, SetAction::Trigger, start, bytes)
            }
            'g' => {
                // Beyond what is allocated, or across its end.
                let start = allocated.saturating_sub(self.random.below(3)).min(count - 1);
                let len = self.random.within(1, (count - start).clamp(1, 4));
                self.block(now, index, start, len)
            }
            'd' => none(index, SetAction::Trigger, self.random.below(2).min(count - 1), 0),
            _ => self.aside(now),
        }
    }

    /// ERR and REQ, which go beside the others.
    fn aside(&mut self, now: &Now<'_>) -> SetIrqs {
        let index = self.random.one(&[IrqIndex::Err, IrqIndex::Req]);
        match self.random.below(6) {
            0 => none(index, SetAction::Trigger, 0, 0),
            1 => none(index, SetAction::Trigger, 0, 1),
            2 => bools(index, SetAction::Trigger, 0, vec![self.random.one(&[0, 1, 7])]),
            3 => {
                let fd = FdRefs::Number(self.random.one(&[-1, -1, -2, i32::MIN]));
                eventfds(index, SetAction::Trigger, 0, vec![fd])
            }
            _ => {
                let fd = self.fd(now, 20);
                eventfds(index, SetAction::Trigger, 0, vec![fd])
            }
        }
    }

    fn block(&mut self, now: &Now<'_>, index: IrqIndex, start: u32, len: u32) -> SetIrqs {
        let fds = (0..len).map(|_| self.fd(now, 6)).collect();
        eventfds(index, SetAction::Trigger, start, fds)
    }

    /// An eventfd, or -1 once in so many times.
    fn fd(&mut self, now: &Now<'_>, none_once_in: u32) -> FdRefs {
        if self.random.once_in(none_once_in) {
            return FdRefs::Number(-1);
        }
        FdRefs::Names(Names::One(self.eventfd(now)))
    }
}
