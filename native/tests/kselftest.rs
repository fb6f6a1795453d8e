//! `vfio-irq export --kselftest`: one C program of many tests, which compiles without a warning and skips
//! without a device.

mod command;

use std::path::Path;

use command::{ran, ran_with};

const REFUSED: &[u8] = b"function e1000e\nset_irqs 9 trigger none 0+0 -> EINVAL\n";

#[test]
fn without_files_it_makes_tests_of_the_scenarios_built_in() {
    let made = ran("export --kselftest");

    assert_eq!(made.status, 0);
    assert!(made.stdout.starts_with("// SPDX-License-Identifier: MIT OR Apache-2.0\n"));
    let tests = made.stdout.matches("\nstatic void test_").count();
    assert!(tests >= 80, "{tests} tests");
    assert!(made.stderr.starts_with(&format!("note: {tests} tests; ")), "{}", made.stderr);
    for said in [
        "{ \"noresize/set_refuses\", test_noresize_set_refuses,",
        "- the device would have to interrupt:",
    ] {
        assert!(made.stdout.contains(said), "{said}");
    }
}

#[test]
fn with_files_it_makes_tests_of_those_and_notes_what_is_none() {
    let folder = command::folder("kselftest-files");
    let write = |name: &str, text: &[u8]| {
        let file = folder.join(name);
        std::fs::write(&file, text).expect("writable");
        file.display().to_string()
    };
    let (good, bad) = (write("good.scenario", REFUSED), write("bad.scenario", b"error\n"));
    let made = ran(&format!("export --kselftest {good} {bad}"));

    assert_eq!(made.status, 0, "{}", made.stderr);
    assert_eq!(made.stdout.matches("\nstatic void test_").count(), 1);
    assert!(
        made.stderr.contains("/bad is no test: the host would have to report"),
        "{}",
        made.stderr
    );
    let none = ran(&format!("export --kselftest {bad}"));
    assert_eq!((none.status, &*none.stdout), (2, ""));
    assert!(none.stderr.contains("no scenario can be a test"), "{}", none.stderr);
}

#[test]
fn other_forms_take_one_scenario() {
    let two = ran("export a.scenario b.scenario --as c");
    assert_eq!((two.status, &*two.stdout), (2, ""));
    assert!(two.stderr.contains("--kselftest takes many"), "{}", two.stderr);
    let both = ran("export a.scenario --as c --kselftest");
    assert!(both.status == 2 && both.stderr.contains("cannot be used with"), "{}", both.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn program_compiles_without_a_warning_and_skips_without_its_device() {
    use std::process::Command;

    let has = |program: &str| Command::new(program).arg("--version").output().is_ok();
    if !has("cc") || !Path::new("/usr/include/linux/vfio.h").exists() {
        assert!(std::env::var_os("CI").is_none(), "cc or <linux/vfio.h> is missing");
        println!("skipped: cc or <linux/vfio.h> is missing");
        return;
    }
    let folder = command::folder("kselftest-compiled");
    let built_in = ran("export --kselftest").stdout;
    let one = ran_with("export --kselftest -", REFUSED).stdout;
    for (name, text) in [("built-in", built_in), ("one", one)] {
        let (source, program) = (folder.join(format!("{name}.c")), folder.join(name));
        std::fs::write(&source, text).expect("writable");
        let compilers = ["cc", "clang"].into_iter().filter(|compiler| has(compiler));
        for compiler in compilers {
            let mut cc = Command::new(compiler);
            cc.args(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O1", "-o"]);
            let done = cc.arg(&program).arg(&source).output().expect("it starts");
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        }
        for (address, said) in
            [(Some("ffff:ff:1f.7"), "no PCI device ffff:ff:1f.7"), (None, "usage: ")]
        {
            let mut run = Command::new(&program);
            let ran =
                run.args(address).env_remove("VFIO_SELFTESTS_BDF").output().expect("it starts");
            let tap = String::from_utf8_lossy(&ran.stdout).into_owned();
            assert_eq!(ran.status.code(), Some(4), "{tap}");
            assert!(tap.starts_with(&format!("TAP version 13\n1..0 # SKIP {said}")), "{tap}");
        }
    }
}
