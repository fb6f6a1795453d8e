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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conform::pair::Difference;
    use vfio_irq_core::scenario::Scenario;
    use vfio_irq_core::scenario::ast::Statement;

    /// A device that differs once every line of `needed` was done, in this order, counting its
    /// tries.
    struct Needs {
        needed: Vec<String>,
        made: u32,
        most: u32,
    }

    fn steps(text: &str) -> Vec<StepLine> {
        let scenario = Scenario::parse(text).expect("a scenario");
        let steps = scenario.lines().iter().filter_map(|line| match &line.statement {
            Some(Statement::Step(step)) => Some(step.clone()),
            _ => None,
        });
        steps.collect()
    }

    fn texts(run: &[Done]) -> Vec<String> {
        run.iter().map(|done| done.step.step_text()).collect()
    }

    impl Try for Needs {
        fn differs(&mut self, steps: &[StepLine]) -> Option<Vec<Done>> {
            self.made += 1;
            let mut needed = self.needed.iter().peekable();
            let mut run = Vec::new();
            for step in steps {
                if needed.peek().is_some_and(|text| step.step_text().starts_with(*text)) {
                    needed.next();
                }
                let over = needed.peek().is_none();
                let difference = over.then(|| Difference {
                    emulator: "0".into(),
                    device: "1".into(),
                    counters: Vec::new(),
                });
                let (answer, counters) = (None, Vec::new());
                run.push(Done { step: step.clone(), answer, counters, difference });
                if over {
                    return Some(run);
                }
            }
            None
        }

        fn is_over(&self) -> bool {
            self.made >= self.most
        }
    }

    fn shrunk(text: &str, needed: &[&str], most: u32) -> (Vec<String>, u32) {
        let needed = needed.iter().map(|text| (*text).to_owned()).collect();
        let mut device = Needs { needed, made: 0, most };
        let found = device.differs(&steps(text)).expect("differs");
        let shortest = shrink(found, &mut device);
        (texts(&shortest), device.made)
    }

    fn long() -> String {
        let noise = "irq_info msi\nfire 0\nset_irqs req trigger none 0+1\n".repeat(60);
        format!("open\n{noise}set_irqs msix trigger none 0+3 x2\n{noise}fire 7\n{noise}")
    }

    #[test]
    fn run_that_needs_three_steps_shrinks_to_them_in_few_tries() {
        let (left, made) = shrunk(&long(), &["open", "set_irqs msix", "fire"], 2000);
        assert_eq!(left, ["open", "set_irqs msix trigger none 0+0", "fire 0"]);
        assert!(made < 200, "{made} tries");
    }

    #[test]
    fn what_is_needed_as_it_is_stays() {
        let needed = ["open", "set_irqs msix trigger none 0+3 x2", "fire 7"];
        assert_eq!(shrunk(&long(), &needed, 2000).0, needed);
    }

    #[test]
    fn tries_are_bounded() {
        let needed = ["open", "set_irqs msix", "fire 7"];
        let (left, made) = shrunk(&long(), &needed, 5);
        assert!(left.len() > 3 && made == 5, "{} steps in {made} tries", left.len());
    }

    #[test]
    fn first_step_is_never_left_out() {
        assert_eq!(shrunk("open\nfire 0\nfire 1\n", &["fire 1"], 100).0, ["open", "fire 1"]);
    }
}
