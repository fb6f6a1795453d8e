//! Programs of the machine: run one, say what it said when it fails.

use anyhow::{Context, Result, bail};
use std::process::{Command, Stdio};

/// Runs a program and gives its standard output; `package` is what brings it on Debian.
///
/// # Errors
/// When it is not installed, or ends with another status than 0: then with its last words.
pub(crate) fn output(command: &mut Command, package: &str) -> Result<Vec<u8>> {
    let name = command.get_program().to_string_lossy().into_owned();
    let done = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{name} can't be run; on Debian: apt-get install {package}"))?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        bail!("{name} failed ({}): {}", done.status, last_lines(&said, 12));
    }
    Ok(done.stdout)
}

/// The last lines of a text: an error names its end, not its beginning.
pub(crate) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}
