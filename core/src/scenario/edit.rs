//! Small changes to a scenario, for pages and tools that add what a person clicked.

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::ast::{At, Injection, Line, Span, Statement};
use super::{Scenario, TextError};
use crate::device::{Moment, Stimulus};

impl Scenario {
    /// The canonical text with more lines after this one (0: at the top). The errors' lines are
    /// those of the new text.
    pub fn with_step_inserted(&self, after: u32, text: &str) -> Result<String, Vec<TextError>> {
        let at = (after as usize).min(self.lines.len());
        // Parsed within the whole: names come from the lines before.
        let mut texts: Vec<String> = self.to_string().lines().map(String::from).collect();
        texts.splice(at..at, text.lines().map(String::from));
        let mut whole = texts.join("\n");
        whole.push('\n');
        Self::parse(&whole).map(|scenario| scenario.to_string())
    }

    /// The canonical text in which a line's call is interrupted at this moment, too.
    pub fn inject(
        &self,
        line: u32,
        moment: Moment,
        stimulus: Stimulus,
    ) -> Result<String, Vec<TextError>> {
        let mut lines: Vec<Line> = self.lines.clone();
        let at = (line as usize).checked_sub(1).and_then(|at| lines.get_mut(at));
        match at.and_then(|line| line.statement.as_mut()) {
            Some(Statement::Step(step)) if step.action.what.is_call() && !step.meanwhile => {
                step.moments.push(At::from(Injection { moment, stimulus, times: 1 }));
            }
            _ => {
                let message = "there is no call in this line to interrupt";
                return Err(vec![TextError::new(line.max(1), Span::default(), message)]);
            }
        }
        Self::from_lines(lines).map(|scenario| scenario.to_string())
    }
}
