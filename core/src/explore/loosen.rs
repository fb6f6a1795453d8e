//! A text that tells one run, as a question about all.

use alloc::vec::Vec;

use crate::device::Stimulus;
use crate::scenario::ast::{Action, At, Expect, Line, Statement, StepLine};
use crate::scenario::{Scenario, is_answer};

impl Scenario {
    /// Whether it leaves something open: a `meanwhile`.
    pub fn is_open(&self) -> bool {
        self.lines().iter().any(|line| match &line.statement {
            Some(Statement::Step(step)) => step.meanwhile,
            _ => false,
        })
    }

    /// The same text with its interrupts let loose: what the function raises, between steps or inside
    /// one, may come there or anywhere below (`meanwhile`). The calls keep the answers expected of
    /// them; what counters and the ledger should show is left out, for that is about one run. A text
    /// that leaves something open already stays as it is.
    pub fn loosened(&self) -> Self {
        if self.is_open() {
            return self.clone();
        }
        let mut lines: Vec<Line> = Vec::new();
        for line in self.lines() {
            let Some(Statement::Step(step)) = &line.statement else {
                lines.push(line.clone());
                continue;
            };
            let loose = |stimulus, times| {
                let step = StepLine {
                    meanwhile: true,
                    times,
                    ..StepLine::of(Action::Stimulate(stimulus))
                };
                Line { statement: Some(Statement::Step(step)), comment: None }
            };
            for At { what, .. } in &step.moments {
                if raises(what.stimulus) {
                    lines.push(loose(what.stimulus, what.times));
                }
            }
            match step.action.what {
                Action::Stimulate(stimulus) if raises(stimulus) => {
                    lines.push(Line {
                        comment: line.comment.clone(),
                        ..loose(stimulus, step.times)
                    });
                }
                Action::Ledger => {}
                _ => {
                    let told = |expect: &&At<Expect>| {
                        is_answer(&expect.what) && step.action.what.is_call()
                    };
                    let expect = step.expect.iter().filter(told).cloned().collect();
                    let step = StepLine { expect, moments: Vec::new(), ..step.clone() };
                    let statement = Some(Statement::Step(step));
                    lines.push(Line { statement, comment: line.comment.clone() });
                }
            }
        }
        Self { lines }
    }
}

/// Whether it is an interrupt: what takes one back, and what the host has to give, stay in place.
fn raises(stimulus: Stimulus) -> bool {
    match stimulus {
        Stimulus::Fire(_) | Stimulus::AssertIntx | Stimulus::Error | Stimulus::Request => true,
        Stimulus::DeassertIntx | Stimulus::Supply(_) => false,
    }
}
