//! Colours, pipes that close, and lists for programs.

mod command;

use std::io::Read;
use std::process::Stdio;

use command::{ran, ran_with, vfio_irq};

const WRONG: &[u8] = b"fire x\n";
const ESCAPE: char = '\x1b';

#[test]
fn output_into_a_pipe_is_not_coloured() {
    for arguments in ["run -", "run - --color auto", "run - --color never"] {
        assert!(!ran_with(arguments, WRONG).stderr.contains(ESCAPE), "{arguments}");
    }
}

#[test]
fn color_always_colours_messages_and_trace() {
    assert!(ran_with("run - --color always", WRONG).stderr.contains(ESCAPE));
    let trace = ran_with("run - --color always", b"function simple\nfire 0\n").stdout;
    assert!(trace.contains(ESCAPE), "{trace}");
}

#[test]
fn color_in_json_and_svg_never_appears() {
    for format in ["json", "svg"] {
        let arguments = format!("run - --color always --format {format}");
        let stdout = ran_with(&arguments, b"function simple\nfire 0\n").stdout;
        assert!(!stdout.is_empty() && !stdout.contains(ESCAPE), "{stdout}");
    }
}

/// Runs the command on a terminal of its own, made by util-linux's `script`; `None` without it.
#[cfg(target_os = "linux")]
fn on_a_terminal(environment: &str) -> Option<String> {
    let command = format!(
        "printf 'fire x\\n' | env {environment} TERM=xterm {} run -",
        env!("CARGO_BIN_EXE_vfio-irq")
    );
    let script = ["-qec", &command, "/dev/null"];
    let ran = std::process::Command::new("script").args(script).stdin(Stdio::null()).output();
    ran.ok().map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
#[cfg(target_os = "linux")]
fn terminal_gets_colours_unless_no_color_is_set() {
    let Some(coloured) = on_a_terminal("-u NO_COLOR") else {
        assert!(std::env::var_os("CI").is_none(), "CI needs util-linux's `script`");
        eprintln!("skipped: no `script` on this machine");
        return;
    };
    assert!(coloured.contains(ESCAPE), "{coloured:?}");
    assert!(on_a_terminal("NO_COLOR=").expect("script runs").contains(ESCAPE));
    assert!(!on_a_terminal("NO_COLOR=1").expect("script runs").contains(ESCAPE));
}

#[test]
fn reader_that_goes_away_is_no_error() {
    // Far more than a pipe holds, so that the command is still writing when the reader leaves.
    let text = "fire 0\n".repeat(5000);
    let mut command = vfio_irq();
    command.args(["run", "-", "--format", "json"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut stdin = child.stdin.take().expect("piped");
    std::io::Write::write_all(&mut stdin, text.as_bytes()).expect("the command reads its input");
    drop(stdin);

    let mut stdout = child.stdout.take().expect("piped");
    stdout.read_exact(&mut [0; 10]).expect("it prints something");
    drop(stdout);

    let output = child.wait_with_output().expect("the command ends");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
#[cfg(target_os = "linux")]
fn output_that_can_not_be_written_is_an_error() {
    let full = std::fs::File::options().write(true).open("/dev/full").expect("Linux has it");
    let output = vfio_irq().arg("hosts").stdout(full).output().expect("the command starts");

    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.starts_with("error: can't write the output: "), "{stderr}");
}

#[test]
fn hosts_show_every_profile_and_the_difference_noresize_makes() {
    let ran = ran("hosts");

    assert_eq!((ran.status, &*ran.stderr), (0, ""));
    for name in ["linux-6.1 ", "linux-6.12 ", "linux-7.3 ", "mediated "] {
        assert!(ran.stdout.contains(name), "{name} is missing in\n{}", ran.stdout);
    }
    // Linux gives vfio-pci dynamic MSI-X since 6.5.
    let noresize = ran.stdout.lines().find(|line| line.contains("NORESIZE is set"));
    let noresize = noresize.expect("the answer of 6.1 is shown");
    assert!(noresize.ends_with("linux-6.1"), "{noresize}");
}

#[test]
fn functions_show_every_profile_with_its_vectors() {
    let ran = ran("functions");

    assert_eq!((ran.status, &*ran.stderr), (0, ""));
    let (_, table) = ran.stdout.split_once("\n\n").expect("summaries, then the table");
    let row = |name: &str| {
        let found = table.lines().find(|line| line.split_whitespace().next() == Some(name));
        found.unwrap_or_else(|| panic!("{name} is missing in\n{}", ran.stdout)).to_owned()
    };
    assert!(row("msix-2048").contains("2048"));
    // QEMU's e1000e, as lspci shows it: INTA#, one 64-bit MSI vector, five MSI-X vectors.
    let e1000e: Vec<String> = row("e1000e").split_whitespace().map(str::to_owned).collect();
    assert_eq!(e1000e[1..5], ["PCIe", "A", "1,", "64-bit"]);
    assert_eq!(e1000e[5], "5");
}

#[test]
fn lists_in_json_name_the_same_profiles_as_the_text() {
    for (list, pointer, key) in [("hosts", "/hosts", "name"), ("functions", "", "profile")] {
        let json = ran(&format!("{list} --format json")).stdout;
        let json: serde_json::Value = serde_json::from_str(&json).expect("valid JSON");
        let profiles = json.pointer(pointer).and_then(|list| list.as_array()).expect("a list");

        assert!(profiles.len() >= 4);
        let text = ran(list).stdout;
        for profile in profiles {
            let name = profile[key].as_str().expect("a name");
            assert!(text.lines().any(|line| line.starts_with(name)), "{name} is not in\n{text}");
        }
    }
}
