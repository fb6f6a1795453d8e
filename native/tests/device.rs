//! `--device` and addresses on a machine that has no such device: what is said, and the status.

#![cfg(target_os = "linux")]

mod command;

use command::{folder, ran, ran_with};

/// An address no machine has.
const NOWHERE: &str = "ffff:ff:1f.7";

#[test]
fn device_that_is_not_there_exits_2_and_is_named() {
    let file = folder("device-nowhere").join("story.scenario");
    std::fs::write(&file, "irq_info msix\n").expect("the folder is writable");
    let file = file.display();
    let commands = [
        format!("run {file} --device {NOWHERE}"),
        format!("run {file} --device {NOWHERE} --interface cdev"),
        format!("answers {file} --device {NOWHERE}"),
        format!("inspect {NOWHERE}"),
        format!("inspect {NOWHERE} --format json"),
        format!("conform --device {NOWHERE} --ops 1"),
    ];
    for arguments in commands {
        let ran = ran(&arguments);
        assert_eq!((ran.status, &*ran.stdout), (2, ""), "{arguments}");
        let said = "error: there is no PCI device ffff:ff:1f.7; `lspci -D` lists those there are\n";
        assert_eq!(ran.stderr, said, "{arguments}");
    }
}

#[test]
fn scenario_that_is_wrong_is_told_before_the_device_is_looked_for() {
    for subcommand in ["run", "answers"] {
        let ran =
            ran_with(&format!("{subcommand} - --device {NOWHERE}"), b"irq_info msix\nfire x\n");

        assert_eq!((ran.status, &*ran.stdout), (2, ""), "{subcommand}");
        assert!(ran.stderr.contains("expected a vector"), "{subcommand}: {}", ran.stderr);
        assert!(!ran.stderr.contains("PCI device"), "{subcommand}: {}", ran.stderr);
    }
}

#[test]
fn address_that_is_none_says_how_one_looks() {
    for arguments in ["run - --device nonsense", "conform --device 0000:00:06"] {
        let ran = ran(arguments);
        assert_eq!((ran.status, &*ran.stdout), (2, ""), "{arguments}");
        assert!(ran.stderr.contains("one looks like 0000:00:06.0"), "{arguments}: {}", ran.stderr);
    }
}

#[test]
fn device_excludes_what_belongs_to_the_emulator() {
    for other in ["--host linux-6.1", "--function edu"] {
        let ran = ran(&format!("run - --device {NOWHERE} {other}"));
        assert_eq!((ran.status, &*ran.stdout), (2, ""), "{other}");
        assert!(ran.stderr.contains("cannot be used with"), "{other}: {}", ran.stderr);
    }
}

#[test]
fn interface_without_a_device_is_refused() {
    let ran = ran("run - --interface group");

    assert_eq!((ran.status, &*ran.stdout), (2, ""));
    assert!(ran.stderr.contains("--device"), "{}", ran.stderr);
}

#[test]
fn address_for_inspect_that_is_also_a_file_is_the_file() {
    let folder = folder("device-file");
    let dump = std::fs::read(command::configs().join("e1000e.config")).expect("committed");
    std::fs::write(folder.join(NOWHERE), dump).expect("the folder is writable");
    let mut command = command::vfio_irq();
    let output = command.args(["inspect", NOWHERE]).current_dir(&folder).output();
    let ran = command::Ran::from(output.expect("the command starts"));

    assert_eq!((ran.status, &*ran.stderr), (0, ""));
    assert!(ran.stdout.contains("8086:10d3"), "{}", ran.stdout);
}
