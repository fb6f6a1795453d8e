//! Small changes to a scenario, for pages and tools that add what a person clicked.

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::ast::{At, HostLine, Injection, Line, Span, Statement};
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

    /// The same scenario with the function of another's first lines, or on the built-in host of this
    /// name, or both: as if the text said so itself. Options beside the host's profile stay.
    pub fn on(&self, function: Option<&Self>, host: Option<&str>) -> Self {
        let is_function = |line: &&Line| {
            matches!(line.statement, Some(Statement::Function(_) | Statement::ConfigRow(_)))
        };
        let mut lines = self.lines.clone();
        if let Some(other) = function {
            lines.retain(|line| !is_function(&line));
            let at = lines.iter().position(|line| line.statement.is_some()).unwrap_or(lines.len());
            lines.splice(at..at, other.lines.iter().filter(is_function).cloned());
        }
        let Some(name) = host else { return Self { lines } };
        let profile = At::from(name.to_string());
        let own = lines.iter_mut().find_map(|line| match &mut line.statement {
            Some(Statement::Host(own)) => Some(own),
            _ => None,
        });
        match own {
            Some(own) => own.profile = profile,
            None => {
                let at = match lines.iter().rposition(|line| is_function(&line)) {
                    Some(last) => last + 1,
                    None => lines.iter().position(|line| line.statement.is_some()).unwrap_or(0),
                };
                let host = HostLine { profile, vectors: None, remapping: None };
                lines.insert(at, Line { statement: Some(Statement::Host(host)), comment: None });
            }
        }
        Self { lines }
    }
}
