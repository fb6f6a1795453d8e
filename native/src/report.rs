//! The outcome of a command.

use std::process::ExitCode;

/// How a command ended, and its exit status.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// 0: done, and every expectation held.
    Held,
    /// 1: the scenario ran, and an expectation failed.
    Failed,
    /// 2: the input is wrong; nothing ran.
    Wrong,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Held => 0,
            Exit::Failed => 1,
            Exit::Wrong => 2,
        })
    }
}

/// How `inspect`, `hosts` and `functions` answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Aligned columns, for people.
    Text,
    /// For programs.
    Json,
}

/// What a command says, and how it ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// For standard output.
    pub stdout: String,
    /// For standard error.
    pub stderr: String,
    /// The exit status.
    pub exit: Exit,
}

impl Report {
    /// A command that did what it was asked.
    pub fn done(stdout: String) -> Self {
        Self { stdout, stderr: String::new(), exit: Exit::Held }
    }
}
