//! A SET_IRQS step as the host would take it: header, bytes, and what they mean to the checks that
//! come before the state of an index.

use vfio_irq_core::clause::Refusal;
use vfio_irq_core::device::Fd;
use vfio_irq_core::machine::Machine;
use vfio_irq_core::request::Request;
use vfio_irq_core::scenario::ast::{Data, FdRefs, Item, SetAction, SetIrqs};
use vfio_irq_core::uapi::{IrqSetFlags, IrqSetHeader, eventfd_data};

use super::track::Track;

/// Stands for a descriptor that is not open, or not made yet.
const NONE: Fd = i32::MAX;

/// A request, with its names resolved to the emulator's descriptors.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// The header.
    pub(super) header: IrqSetHeader,
    /// Names stand in the data: the two sides have different bytes there.
    pub(super) named: bool,
    /// Bytes written out in the step.
    pub(super) raw: Vec<u8>,
    /// The request, or the clause that refuses it whatever the state of the index.
    pub(super) request: Result<Request, Refusal>,
}

impl Asked {
    pub(super) fn new(step: &SetIrqs, machine: &Machine, track: &Track) -> Self {
        let (flag, data) = match &step.data {
            Data::None => (IrqSetFlags::DATA_NONE, Vec::new()),
            Data::Bool(items) => {
                let bytes = expand(items.as_deref(), |byte| vec![*byte]);
                (IrqSetFlags::DATA_BOOL, bytes)
            }
            Data::Eventfd(items) => {
                let fds = expand(items.as_deref(), |fds| numbers(fds, track));
                (IrqSetFlags::DATA_EVENTFD, eventfd_data(&fds))
            }
        };
        let items = match step.data {
            Data::Eventfd(_) => data.len() / 4,
            _ => data.len(),
        };
        let action = match step.action {
            SetAction::Mask => IrqSetFlags::ACTION_MASK,
            SetAction::Unmask => IrqSetFlags::ACTION_UNMASK,
            SetAction::Trigger => IrqSetFlags::ACTION_TRIGGER,
        };
        let named = matches!(step.data, Data::Eventfd(_)) && step.bytes.is_none();
        let raw = match (&step.bytes, &step.data) {
            (Some(bytes), _) => bytes.clone(),
            (None, Data::Bool(_)) => data.clone(),
            (None, _) => Vec::new(),
        };
        let data = step.bytes.clone().unwrap_or(data);
        let header = IrqSetHeader {
            argsz: step.argsz.unwrap_or(IrqSetHeader::SIZE + data.len() as u32),
            flags: step.flags.unwrap_or((flag | action).bits()),
            index: step.index,
            start: step.start,
            count: step.count.unwrap_or(items as u32),
        };
        let count = |index| machine.host.count(&machine.function, index);
        Self { header, named, raw, request: Request::parse(&header, &data, count) }
    }
}

/// The numbers of a list's item on the emulator.
fn numbers(fds: &FdRefs, track: &Track) -> Vec<Fd> {
    match fds {
        FdRefs::Names(names) => {
            names.each().map(|name| track.fds.get(&name).map_or(NONE, |fd| fd.emulator)).collect()
        }
        FdRefs::Number(number) => vec![*number],
        FdRefs::Closed => vec![NONE],
    }
}

fn expand<T, V: Clone>(items: Option<&[Item<T>]>, each: impl Fn(&T) -> Vec<V>) -> Vec<V> {
    let mut all = Vec::new();
    for item in items.unwrap_or_default() {
        let values = each(&item.what);
        for _ in 0..item.times {
            all.extend_from_slice(&values);
        }
    }
    all
}
