//! The built command, started with arguments and input.

#![allow(dead_code, reason = "each test file uses a part")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What a run of the command left behind.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the command prints UTF-8");
        Self {
            status: output.status.code().expect("the command exits and is not killed"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

/// The command, in an environment that says nothing about colours.
pub(crate) fn vfio_irq() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vfio-irq"));
    command.env_remove("NO_COLOR").env("TERM", "xterm").env_remove("COLUMNS");
    command
}

/// Runs it with arguments separated by blanks, nothing on standard input.
pub(crate) fn ran(arguments: &str) -> Ran {
    let mut command = vfio_irq();
    command.args(arguments.split_whitespace()).stdin(Stdio::null());
    command.output().expect("the command starts").into()
}

/// Runs it with `input` on standard input.
pub(crate) fn ran_with(arguments: &str, input: &[u8]) -> Ran {
    let mut command = vfio_irq();
    command.args(arguments.split_whitespace());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    let mut stdin = child.stdin.take().expect("standard input is piped");
    let input = input.to_vec();
    // In a thread of its own: the command may print before it has read everything, or stop reading.
    let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("the command ends");
    feeder.join().expect("the feeder does not panic");
    output.into()
}

/// The committed config dumps.
pub(crate) fn configs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/configs")
}

/// An empty folder of this test's own.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the target folder is writable");
    folder
}
