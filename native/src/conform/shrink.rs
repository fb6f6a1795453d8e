//! The shortest run that still differs, as far as a bounded number of tries finds it.
//!
//! First steps are left out, many at once and then fewer (Zeller's ddmin), then each of those that
//! stay is made simpler. Any run that differs will do, wherever it does: what was found is a
//! difference, not this difference.

use vfio_irq_core::scenario::ast::StepLine;

use super::pair::Done;
use super::simpler::simpler;

/// Runs steps on both sides; the steps that were done and what they showed, up to a difference, or
/// `None` without one.
pub(super) trait Try {
    fn differs(&mut self, steps: &[StepLine]) -> Option<Vec<Done>>;
    /// No more tries.
    fn is_over(&self) -> bool;
}

fn steps(done: &[Done]) -> Vec<StepLine> {
    done.iter().map(|done| done.step.clone()).collect()
}

/// Shrinks a run that differs in its last step.
pub(super) fn shrink(mut found: Vec<Done>, tries: &mut dyn Try) -> Vec<Done> {
    loop {
        let before = steps(&found);
        found = leave_out(found, tries);
        found = simplify(found, tries);
        if tries.is_over() || steps(&found) == before {
            return found;
        }
    }
}

/// Leaves out steps behind the first, which opens the device.
fn leave_out(mut found: Vec<Done>, tries: &mut dyn Try) -> Vec<Done> {
    let mut size = found.len() / 2;
    while size > 0 {
        // From the end: what lies before the difference by little is most often needed, and what
        // it needs comes before it.
        let mut end = found.len();
        while end > 1 && !tries.is_over() {
            let start = end.saturating_sub(size).max(1);
            let mut shorter = steps(&found);
            shorter.drain(start..end);
            if let Some(done) = tries.differs(&shorter) {
                found = done;
                end = start.min(found.len());
            } else {
                end = start;
            }
        }
        size = if size == 1 { 0 } else { size.div_ceil(2) };
    }
    found
}

fn simplify(mut found: Vec<Done>, tries: &mut dyn Try) -> Vec<Done> {
    let mut at = 0;
    while at < found.len() {
        let mut improved = false;
        for step in simpler(&found[at].step) {
            if tries.is_over() {
                return found;
            }
            let mut changed = steps(&found);
            changed[at] = step;
            if let Some(done) = tries.differs(&changed) {
                found = done;
                improved = true;
                break;
            }
        }
        // A step made simpler may be made simpler still.
        if !improved {
            at += 1;
        }
    }
    found
}
