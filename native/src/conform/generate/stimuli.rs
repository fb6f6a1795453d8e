//! What the function is told to do.

use vfio_irq_core::device::Stimulus;
use vfio_irq_core::scenario::ast::{Action, StepLine};
use vfio_irq_core::uapi::IrqIndex;

use super::{Generator, step};
use crate::conform::avoid::Now;
use crate::conform::support::MAX_VECTOR;

impl Generator<'_> {
    pub(super) fn stimulus(&mut self, now: &Now<'_>) -> StepLine {
        let up = now.machine.function.intx_status();
        let sends = now.machine.function.mode().is_some();
        let kinds = [
            (if sends { 16 } else { 6 }, Stimulus::Fire(0)),
            (if sends { 0 } else { 3 }, Stimulus::AssertIntx),
            (if up { 7 } else { 1 }, Stimulus::DeassertIntx),
            (1, Stimulus::Error),
            (1, Stimulus::Request),
        ];
        let able: Vec<(u32, Stimulus)> =
            kinds.into_iter().filter(|(_, stimulus)| now.can(*stimulus)).collect();
        if able.is_empty() {
            return self.request(now);
        }
        let stimulus = match self.random.weighed(&able) {
            Stimulus::Fire(_) => Stimulus::Fire(self.vector(now)),
            other => other,
        };
        let times = if self.random.once_in(10) { self.random.within(2, 3) } else { 1 };
        step(Action::Stimulate(stimulus), times)
    }

    /// A vector to fire: mostly an allocated one.
    fn vector(&mut self, now: &Now<'_>) -> u16 {
        let function = &now.machine.function;
        let vectors = match function.mode() {
            None => return if self.random.once_in(8) { self.random.below(4) as u16 } else { 0 },
            Some(IrqIndex::Msix) => function.msix().map_or(1, |msix| msix.vectors()),
            Some(_) => function.msi().map_or(1, |msi| msi.vectors()),
        };
        let allocated = now.machine.host.vectors().map(|vector| vector.vector);
        let allocated: Vec<u16> = allocated.filter(|vector| *vector < MAX_VECTOR).collect();
        if allocated.is_empty() || self.random.once_in(5) {
            self.random.below(u32::from(vectors.min(MAX_VECTOR))) as u16
        } else {
            self.random.one(&allocated)
        }
    }
}
