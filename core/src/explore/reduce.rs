//! Orders that can't matter.
//!
//! Inside a call the only other moves are arrivals. A micro-step of the host that touches nothing but
//! one MSI-X vector commutes with an arrival that has nothing to do with this vector: either may
//! come first, in whatever state arrivals lead to, and the state after both is the same. So where
//! no arrival of the vector is left, the micro-step alone is followed (an ample set of one, in the
//! words of partial-order reduction: nothing that depends on it can come before it). What is passed
//! over ends where something that is followed ends, so whether an invariant fails is found out
//! either way. Which failing run is the shortest is not: that is searched for in full.
//!
//! That the arrivals of one line are interchangeable is seen to elsewhere (`walk::Uses`).

use super::plan::Plan;
use super::store::{Key, Store};
use super::walk::Place;
use crate::device::Stimulus;
use crate::host::op::Op;
use crate::uapi::IrqIndex;

/// The length of the call's work if its next micro-step may stand for all other choices, provided it
/// takes one operation off the work.
pub(super) fn alone(store: &Store, key: &Key, place: &Place, plan: &Plan) -> Option<usize> {
    let work = &store.call(key)?.work;
    let vector = vector(work.last()?)?;
    // Not through KVM: there, which eventfd rose first may show in what merged.
    let irqs = &store.host(key).irqs;
    let through = store.function(key).mode() == Some(IrqIndex::Msix)
        && store.guest(key).irqfds().is_empty()
        && irqs.as_ref().is_some_and(|irqs| irqs.index == IrqIndex::Msix);
    let mut left = plan.arrivals.iter().zip(&place.left).filter(|(_, left)| **left > 0);
    let touched = left.any(|(arrival, _)| match arrival.stimulus {
        Stimulus::Fire(fired) => u32::from(fired) == vector,
        // A host short of vectors decides what comes next.
        Stimulus::Supply(_) => true,
        _ => false,
    });
    (through && !touched).then_some(work.len())
}

/// The only vector an operation touches.
fn vector(op: &Op) -> Option<u32> {
    match *op {
        Op::EntryMessage { vector, .. }
        | Op::EntryCached { vector }
        | Op::EntryMask { vector, .. }
        | Op::Activate { vector }
        | Op::Install { vector, .. }
        | Op::Resend { vector }
        | Op::Remove { vector }
        | Op::Deactivate { vector } => Some(vector),
        _ => None,
    }
}

/// Whether the micro-step took one operation off the work, and put none on.
pub(super) fn took_one(store: &Store, key: &Key, before: usize) -> bool {
    store.call(key).is_some_and(|progress| progress.work.len() + 1 == before)
}
