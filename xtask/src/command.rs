//! Running programs: each is shown before it runs, and a failure names it in full.

use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus, Stdio};

/// A program with its arguments, in the repository's root, with our tools first on PATH.
pub(crate) fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(crate::workspace::root());
    command.env("PATH", crate::setup::tools::path_with_tools());
    // What `cargo run` sets for us is not meant for the cargo we start.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&*name);
        }
    }
    command
}

/// The command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let quoted = |text: &OsStr| {
        let text = text.to_string_lossy();
        let plain = |c: char| c.is_alphanumeric() || "-_=./:,+@%".contains(c);
        if !text.is_empty() && text.chars().all(plain) {
            text.into_owned()
        } else {
            format!("'{}'", text.replace('\'', r"'\''"))
        }
    };
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(quoted).collect::<Vec<_>>().join(" ")
}

/// Shows and runs; an error unless it succeeds.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = announce(command);
    let status = command.status().with_context(|| cannot_start(&line))?;
    succeeded(&line, status)
}

/// Shows a program and becomes it; returns only if that fails.
pub(crate) fn replace(command: &mut Command) -> Result<()> {
    let line = announce(command);
    Err(command.exec()).with_context(|| cannot_start(&line))
}

/// Shows and runs, and hands each line of standard output on after printing it. Standard error
/// goes where ours goes.
pub(crate) fn run_reading(command: &mut Command, mut each: impl FnMut(&str)) -> Result<ExitStatus> {
    let line = announce(command);
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| cannot_start(&line))?;
    let output = child.stdout.take().expect("standard output is piped");
    for bytes in BufReader::new(output).split(b'\n') {
        let bytes = bytes.with_context(|| format!("cannot read what `{line}` prints"))?;
        let text = String::from_utf8_lossy(&bytes);
        println!("{text}");
        each(&text);
    }
    child.wait().with_context(|| format!("cannot wait for `{line}`"))
}

/// Standard output of a program that is asked something, or `None` if it isn't there or fails.
pub(crate) fn answer(program: &str, arguments: &[&str]) -> Option<String> {
    let output = command(program, arguments).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn announce(command: &Command) -> String {
    let line = shown(command);
    eprintln!("$ {line}");
    line
}

fn cannot_start(line: &str) -> String {
    format!("cannot start `{line}`")
}

fn succeeded(line: &str, status: ExitStatus) -> Result<()> {
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::shown;
    use std::process::Command;

    #[test]
    fn shown_command_quotes_what_a_shell_would_split() {
        let mut command = Command::new("trunk");
        command.args(["serve", "a b", "it's", ""]);
        assert_eq!(shown(&command), r"trunk serve 'a b' 'it'\''s' ''");
    }
}
