//! A run made one step at a time, by someone who makes up the steps as they go.

use alloc::collections::BTreeMap;
use alloc::string::String;

use super::ast::StepLine;
use super::run::Runner;
use crate::device::{Fd, Target};
use crate::trace::Entry;

/// Does steps on a target, one after the other, with the names of descriptors they have in common.
///
/// Opens nothing by itself: the first step should be `open`. Keeps no trace; each step's entry is
/// the caller's.
#[derive(Clone, Debug, Default)]
pub struct Stepper {
    runner: Runner,
}

impl Stepper {
    /// Before the first step.
    pub fn new() -> Self {
        Self::default()
    }

    /// Does a step with its repetitions; `line` is what its entry is called.
    pub fn step(&mut self, line: u32, step: &StepLine, target: &mut dyn Target) -> Entry {
        self.runner.whole_step(line, step, target)
    }

    /// The descriptor that was made for a name. Two names can have the same number, if one was
    /// closed before the other was made.
    pub fn fd(&self, name: &str) -> Option<Fd> {
        self.runner.fd_by_name(name)
    }

    /// The descriptors made so far, and their names.
    pub fn names(&self) -> BTreeMap<Fd, String> {
        self.runner.names_by_fd()
    }
}
