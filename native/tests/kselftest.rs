//! `vfio-irq export --kselftest`: one C program of many tests, which compiles without a warning and skips
//! without a device.

mod command;

use std::path::Path;

use command::{ran, ran_with};

const REFUSED: &[u8] = b"function e1000e\nset_irqs 9 trigger none 0+0 -> EINVAL\n";

/// Comments that would be old spellings of other characters, or end a comment.
const HOSTILE: &str =
    "# ???/ */ /*/\nfunction e1000e\nset_irqs 9 trigger none 0+0 -> EINVAL # éé( ???/\n";

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
fn page_of_the_book_says_how_many_tests_there_are() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../book/src/kselftest.md");
    let page = std::fs::read_to_string(page).expect("the page is there");
    let tests = ran("export --kselftest").stdout.matches("\nstatic void test_").count();

    for said in [format!("\n1..{tests}\n"), format!("| passed, of {tests} tests |")] {
        assert!(page.contains(&said), "{said}");
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
    let hostile = ran_with("export --kselftest -", HOSTILE.as_bytes()).stdout;
    for (name, text) in [("built-in", built_in), ("one", one), ("hostile", hostile)] {
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

/// The facts that a release decides, in the program's words, and for releases what is so: yes, no or
/// not known. As `DIFFERENCES` says since when, point releases too.
const BY_RELEASE: &[(&str, &str, &str)] = &[
    // RANGE_FIRST, LOOPBACK_IN_RANGE, ERR_ON_CONVENTIONAL, ERR_REQ_STRICT.
    ("4.18.0-553.el8.x86_64", "", "????"),
    ("5.14.0-503.el9.x86_64", "", "????"),
    ("5.15.180", "", "????"),
    ("6.0.19", "", "????"),
    ("6.1.0-56-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-3 (2026-11-20)", "yynn"),
    ("6.1.0-60-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.199-1 (2027-02-20)", "yy??"),
    ("6.1.0-17-generic", "#17-Ubuntu SMP", "yy??"),
    ("6.1.134-152.amzn2023", "", "yynn"),
    ("6.1.193", "", "yy??"),
    ("6.4.16", "", "yy??"),
    ("6.5.0", "", "nn??"),
    ("6.6.119", "", "nn??"),
    ("6.11.11", "", "nn??"),
    ("6.12.0-55.el10.x86_64", "", "nn??"),
    ("6.12.10", "", "nnnn"),
    ("6.12.62", "", "nnnn"),
    ("6.12.63", "", "nnny"),
    ("6.12.95+deb12-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.12.95-1~bpo12+1", "nnny"),
    ("6.12.96", "", "nn?y"),
    ("6.12.1000", "", "nn?y"),
    ("6.14.0-24-generic", "", "nn??"),
    ("6.18.1", "", "nn??"),
    ("6.19.0", "", "nn?y"),
    ("7.2.9", "", "nn?y"),
    ("7.3.0", "", "nnyy"),
    ("7.3.4+deb14-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 7.3.4-1", "nnyy"),
    ("7.3-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 7.3~rc4-1~exp1", "nnyy"),
    ("10.0.0", "", "nnyy"),
    ("what", "", "????"),
];

#[cfg(target_os = "linux")]
#[test]
fn release_decides_only_what_the_table_of_differences_says() {
    use std::fmt::Write;
    use std::process::Command;

    use vfio_irq_core::host::HostProfile;

    if !Path::new("/usr/include/linux/vfio.h").exists() {
        assert!(std::env::var_os("CI").is_none(), "<linux/vfio.h> is missing");
        println!("skipped: <linux/vfio.h> is missing");
        return;
    }
    let folder = command::folder("kselftest-releases");
    let (source, program) = (folder.join("releases.c"), folder.join("releases"));
    // The program itself, asked for one of its functions.
    let text = ran("export --kselftest").stdout.replace("\nint main(", "\nint not_main(");
    let mut asks = String::new();
    for (release, version, _) in BY_RELEASE {
        writeln!(asks, "\task(\"{release}\", \"{version}\");").expect("to a string");
    }
    let text = format!(
        "{text}\nstatic void ask(const char *release, const char *version)\n{{\n\
         \tmemset(so, 0, sizeof(so));\n\tby_release(release, version);\n\
         \tfor (int i = RANGE_FIRST; i < FACTS; i++)\n\t\tputchar(\"?ny\"[so[i]]);\n\
         \tputchar('\\n');\n}}\n\nint main(void)\n{{\n{asks}}}\n"
    );
    std::fs::write(&source, text).expect("writable");
    let mut cc = Command::new("cc");
    cc.args(["-std=gnu11", "-o"]).arg(&program).arg(&source);
    let done = cc.output().expect("cc starts");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let ran = Command::new(&program).output().expect("it starts");
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();

    assert_eq!(said.lines().count(), BY_RELEASE.len());
    for ((release, version, expected), said) in BY_RELEASE.iter().zip(said.lines()) {
        assert_eq!(said, *expected, "{release} {version}");
        // The kernels that were read: as their profiles have it.
        let read = [("192-3", "linux-6.1"), ("6.12.95-1", "linux-6.12"), ("7.3.4-1", "linux-7.3")];
        if let Some((_, host)) = read.iter().find(|(debian, _)| version.contains(debian)) {
            let rules = HostProfile::by_name(host).expect("built in").rules;
            let so = [
                rules.range_first,
                rules.loopback_in_range,
                rules.err_on_conventional,
                rules.err_req_strict_negative,
            ];
            assert_eq!(said, so.map(|so| if so { 'y' } else { 'n' }).iter().collect::<String>());
        }
    }
}
