//! Help that teaches must be true: every example in it is run.

mod command;

use std::path::Path;
use std::process::Command;

use command::{configs, folder, ran};

const SUBCOMMANDS: [&str; 11] = [
    "run",
    "explore",
    "inspect",
    "import",
    "answers",
    "export",
    "conform",
    "race",
    "hosts",
    "functions",
    "completions",
];

/// How the address of a real device begins in an example.
const ADDRESS: &str = "0000:00:0";

/// A story that holds on every host, so that `--host` examples do too.
const STORY: &str = "function simple\nset_irqs msix trigger eventfd 0 [a] -> 0\nfire 0 -> a=1\n";

/// Growing with and without NORESIZE, an interrupt at any time.
const ADD: &str = "set_irqs msix trigger eventfd 0 [a] -> 0\nmeanwhile fire 0\n\
                   set_irqs msix trigger eventfd 1 [b] -> 0\n";
const GROW: &str = "set_irqs msix trigger eventfd 0 [a] -> 0\nmeanwhile fire 0\n\
                    set_irqs msix trigger none 0+0 -> 0\n";

#[test]
fn help_of_every_subcommand_has_examples_that_work() {
    let folder = folder("help-examples");
    lay_out(&folder);
    let mut examples = 0;
    for subcommand in SUBCOMMANDS {
        let help = ran(&format!("{subcommand} --help"));
        assert_eq!(help.status, 0);
        let (_, shown) = help.stdout.split_once("Examples:\n").expect("each help has examples");
        for line in shown.lines().take_while(|line| line.starts_with("  ")) {
            match line.find(ADDRESS) {
                Some(_) => check_example_with_a_device(&folder, line.trim()),
                None => check_example(&folder, line.trim()),
            }
            examples += 1;
        }
    }
    assert!(examples >= 20, "only {examples} examples found");
}

#[test]
fn examples_of_the_short_help_work_too() {
    let folder = folder("help-short");
    lay_out(&folder);
    for help in [ran("--help").stdout, ran("-h").stdout] {
        let (_, shown) = help.split_once("Examples:\n").expect("the help has examples");
        for line in shown.lines().take_while(|line| line.starts_with("  ")) {
            check_example(&folder, line.trim());
        }
    }
}

#[test]
fn scenario_in_the_help_of_run_holds() {
    let help = ran("run --help").stdout;
    let lines = help.lines().skip_while(|line| line.trim() != "function e1000e");
    let text: String =
        lines.take_while(|line| !line.is_empty()).map(|line| format!("{line}\n")).collect();

    assert!(text.lines().count() >= 7, "{help}");
    let ran = command::ran_with("run -", text.as_bytes());
    assert_eq!((ran.status, &*ran.stderr), (0, ""), "{text}");
}

#[test]
fn help_of_run_names_the_defaults() {
    use vfio_irq_core::scenario::{DEFAULT_FUNCTION, DEFAULT_HOST};
    let help = ran("run --help").stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let function = format!("Without a `function` line the function is `{DEFAULT_FUNCTION}`");
    let host = format!("without a `host` line the host is {DEFAULT_HOST}");
    assert!(help.contains(&function) && help.contains(&host), "{help}");
}

#[test]
fn wrong_arguments_exit_2_and_show_the_usage() {
    for arguments in ["", "frobnicate", "run", "run - --format pdf", "inspect", "hosts extra"] {
        let ran = ran(arguments);
        assert_eq!((ran.status, &*ran.stdout), (2, ""), "{arguments}");
        assert!(
            ran.stderr.contains("Usage: vfio-irq") || ran.stderr.contains("--help"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn completions_know_the_subcommands_and_hosts() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = ran(&format!("completions {shell}"));
        assert_eq!(ran.status, 0);
        // The last two complete no values of options.
        let hosts: &[&str] = match shell {
            "elvish" | "powershell" => &[],
            _ => &["linux-6.12", "mediated"],
        };
        for word in SUBCOMMANDS.iter().chain(hosts) {
            assert!(ran.stdout.contains(word), "{shell} does not complete {word}");
        }
    }
}

/// The files the examples name, and an `lspci` that prints a committed dump.
fn lay_out(folder: &Path) {
    let write =
        |name: &str, text: &[u8]| std::fs::write(folder.join(name), text).expect("writable");
    let copy =
        |name: &str, to: &str| write(to, &std::fs::read(configs().join(name)).expect("committed"));
    write("teardown.scenario", STORY.as_bytes());
    write("refused.scenario", b"set_irqs 9 trigger none 0+0 -> EINVAL\n");
    write("add.scenario", ADD.as_bytes());
    write("grow.scenario", GROW.as_bytes());
    copy("firecracker-virtio-net.config", "nic.config");
    copy("firecracker.lspci.txt", "machine.lspci");
}

fn check_example(folder: &Path, example: &str) {
    let output = run_example(folder, example);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let expected = |line: &str| {
        line.starts_with("note: this link is relative") || line.contains(" scenarios are none: ")
    };
    let quiet = stderr.lines().all(expected);
    assert!(output.status.success() && quiet, "{example}: {stderr}");
}

/// An example that wants hardware is run with an address no machine has: it gets as far as looking
/// for the device.
fn check_example_with_a_device(folder: &Path, example: &str) {
    let elsewhere = example.replace(ADDRESS, "ffff:ff:1");
    let output = run_example(folder, &elsewhere);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{elsewhere}: {stderr}");
    let said = if cfg!(target_os = "linux") { "no PCI device ffff:ff:1" } else { "needs Linux" };
    assert!(stderr.contains(said), "{elsewhere}: {stderr}");
}

fn run_example(folder: &Path, example: &str) -> std::process::Output {
    // The examples are written for a shell, with our command and lspci on PATH.
    let own = Path::new(env!("CARGO_BIN_EXE_vfio-irq")).parent().expect("it is in a folder");
    let path = std::env::var("PATH").expect("there is a PATH");
    Command::new("sh")
        .args(["-ec", &format!("lspci() {{ cat machine.lspci; }}\n{example}")])
        .env("PATH", format!("{}:{path}", own.display()))
        .current_dir(folder)
        .output()
        .expect("there is a shell")
}
