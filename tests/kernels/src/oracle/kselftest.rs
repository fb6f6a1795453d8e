//! The program of `vfio-irq export --kselftest`, run in the guest: each of its tests passes where the
//! emulator says that it applies, and is skipped where not.
//!
//! What applies is worked out twice, from the emulator's device and host here and from what the real ones
//! show there. A second boot without interrupt remapping is for the tests of a host that is short of
//! MSI vectors. One test is spoilt in a second program, which must find it.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use vfio_irq::kselftest::SCENARIOS;
use vfio_irq_core::export::kselftest::{Choice, Selftest, Shown, Source, selftest};
use vfio_irq_core::host::HostProfile;
use vfio_irq_core::pci::profiles;

use super::Difference;
use super::answers::ADDRESSES;
use crate::guest::Guest;
use crate::packages::Kernel;
use crate::program::output;

/// With fewer tests that pass, a device says too little.
const FEWEST: [(&str, usize); 3] = [("e1000e", 45), ("xhci", 45), ("edu", 16)];
/// The test that is spoilt, what it expects first, and what it is made to expect.
const SPOILT: (&str, &str, &str) =
    ("header/index_beyond", "expect(\"EINVAL\")", "expect(\"ENOTTY\")");
/// The device it is spoilt on.
const SPOILT_ON: &str = "edu";

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Per boot and device, how many tests passed and were skipped.
    pub said: Vec<String>,
    /// Tests that passed.
    pub agreed: usize,
    /// What did not go as expected.
    pub differences: Vec<Difference>,
}

/// How a test ended.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ended {
    Passed,
    Failed,
    /// With its reason.
    Skipped(String),
}

/// What a program printed, and its exit status.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Tap {
    plan: usize,
    tests: Vec<(String, Ended)>,
    status: Option<i32>,
}

/// Boots a kernel twice and runs the program on each device.
///
/// # Errors
/// When it does not compile, or a guest fails.
pub fn ask(kernel: &Kernel) -> Result<Outcome> {
    let made = made()?;
    let folder = tempfile::tempdir().context("a folder for the programs")?;
    let good = compile(&made.program, folder.path(), "vfio_irq_test")?;
    let spoilt = compile(&spoil(&made.program)?, folder.path(), "spoilt_test")?;
    let mut outcome = Outcome::default();
    for remapping in [true, false] {
        let mut script = String::new();
        for (device, address, _) in ADDRESSES {
            let _ = writeln!(
                script,
                "echo 'device {device}'\nvfio_irq_test {address}\necho \"status $?\""
            );
            if remapping && device == SPOILT_ON {
                let _ = writeln!(
                    script,
                    "echo 'device spoilt'\nspoilt_test {address}\necho \"status $?\""
                );
            }
        }
        // What a test finds is its verdict's, not the script's.
        script += "exit 0\n";
        let guest = Guest::new(kernel).remapping(remapping).timeout(Duration::from_secs(300));
        let guest = guest.program("vfio_irq_test", &good)?.program("spoilt_test", &spoilt)?;
        let ended = guest.script(&script).boot()?.wait()?;
        ensure!(ended.status == 0, "the script failed in the guest:\n{}", ended.console);
        let host = HostProfile::by_name(&kernel.host).context("a built-in host")?;
        judge(&made, &HostProfile { remapping, ..host }, &ended.results, &mut outcome);
    }
    Ok(outcome)
}

fn made() -> Result<Selftest> {
    let sources: Vec<Source<'_>> =
        SCENARIOS.iter().map(|(name, text)| Source { name, text }).collect();
    selftest(&sources, Choice::ErrnoAndResize).map_err(|why| anyhow!(why))
}

/// The program with a wrong expectation in one test.
fn spoil(program: &str) -> Result<String> {
    let (test, right, wrong) = SPOILT;
    let head = format!("static void test_{}(void)", test.replace('/', "_"));
    let at = program.find(&head).with_context(|| format!("no test {test}"))?;
    let (before, after) = program.split_at(at);
    ensure!(after.contains(right), "{test} expects no {right}");
    Ok(format!("{before}{}", after.replacen(right, wrong, 1)))
}

fn compile(text: &str, folder: &Path, name: &str) -> Result<PathBuf> {
    let (source, program) = (folder.join(format!("{name}.c")), folder.join(name));
    fs::write(&source, text)?;
    let mut cc = Command::new("cc");
    cc.args(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O1", "-static", "-s", "-o"]);
    output(cc.arg(&program).arg(&source), "gcc libc6-dev")?;
    Ok(program)
}

/// Holds what the programs printed on a host against what the emulator says.
fn judge(made: &Selftest, host: &HostProfile, printed: &[String], outcome: &mut Outcome) {
    let machine = if host.remapping { "" } else { ", no remapping" };
    for (device, _, _) in ADDRESSES {
        let problems = match of_device(printed, device) {
            None => vec!["it said nothing".to_owned()],
            Some(tap) => {
                let spec = profiles::by_name(device).expect("a built-in function");
                let shown = Shown::of(&spec, host);
                let passed = tap.tests.iter().filter(|(_, ended)| *ended == Ended::Passed).count();
                let skipped = tap.tests.len() - passed;
                outcome.said.push(format!("{device}{machine}: {passed} passed, {skipped} skipped"));
                outcome.agreed += passed;
                let fewest = FEWEST.iter().find(|(name, _)| *name == device).expect("listed").1;
                let mut problems = differences(made, &shown, &tap);
                if passed < fewest {
                    problems.push(format!("{passed} tests passed, of {fewest} at least"));
                }
                problems
            }
        };
        if !problems.is_empty() {
            outcome.differences.push(Difference {
                host: host.name.to_string(),
                device: format!("{device}{machine}"),
                what: "kselftest".into(),
                text: problems.iter().map(|one| format!("  {one}\n")).collect(),
            });
        }
    }
    if host.remapping {
        let failed = of_device(printed, "spoilt").map(|tap| {
            let failed = tap.tests.iter().filter(|(_, ended)| *ended == Ended::Failed);
            (failed.map(|(name, _)| name.clone()).collect::<Vec<_>>(), tap.status)
        });
        if failed != Some((vec![SPOILT.0.to_owned()], Some(1))) {
            outcome.differences.push(Difference {
                host: host.name.to_string(),
                device: SPOILT_ON.into(),
                what: "kselftest with a wrong expectation".into(),
                text: format!("  it should fail {} alone, and did: {failed:?}\n", SPOILT.0),
            });
        }
    }
}

/// What is otherwise than the emulator says of this device.
fn differences(made: &Selftest, shown: &Shown, tap: &Tap) -> Vec<String> {
    let mut problems = Vec::new();
    if tap.plan != made.tests.len() || tap.tests.len() != tap.plan {
        problems.push(format!(
            "{} tests, {} planned, {} run",
            made.tests.len(),
            tap.plan,
            tap.tests.len()
        ));
    }
    if tap.status != Some(0) {
        problems.push(format!("exit status {:?}", tap.status));
    }
    for (test, (name, ended)) in made.tests.iter().zip(&tap.tests) {
        let applies = test.needs.are_met(shown);
        match ended {
            _ if *name != test.name => problems.push(format!("{} came as {name}", test.name)),
            Ended::Failed => problems.push(format!("{name} failed")),
            Ended::Passed if !applies => problems.push(format!("{name} should not apply")),
            Ended::Skipped(why) if applies => {
                problems.push(format!("{name} should apply, and did not: {why}"));
            }
            Ended::Skipped(why) if !why.starts_with("needs ") => {
                problems.push(format!("{name} was skipped without a reason"));
            }
            Ended::Passed | Ended::Skipped(_) => {}
        }
    }
    problems
}

/// What was printed of this device.
fn of_device(printed: &[String], device: &str) -> Option<Tap> {
    let head = format!("device {device}");
    let mut lines = printed.iter().skip_while(|line| **line != head).skip(1);
    (lines.next()? == "TAP version 13")
        .then(|| parse(lines.take_while(|line| !line.starts_with("device "))))
}

fn parse<'a>(lines: impl Iterator<Item = &'a String>) -> Tap {
    let mut tap = Tap::default();
    for line in lines {
        if let Some(plan) = line.strip_prefix("1..") {
            tap.plan = plan.parse().unwrap_or(0);
        } else if let Some(status) = line.strip_prefix("status ") {
            tap.status = status.parse().ok();
        }
        let numbered = |line: &str| {
            let (number, rest) = line.split_once(' ')?;
            (number.parse() == Ok(tap.tests.len() + 1)).then(|| rest.to_owned())
        };
        let ok = line.strip_prefix("ok ").and_then(numbered);
        let test = match (ok, line.strip_prefix("not ok ").and_then(numbered)) {
            (Some(rest), _) => {
                match rest.strip_prefix("# SKIP ").and_then(|rest| rest.split_once(": ")) {
                    Some((name, why)) => (name.to_owned(), Ended::Skipped(why.to_owned())),
                    None => (rest, Ended::Passed),
                }
            }
            (None, Some(rest)) => (rest, Ended::Failed),
            (None, None) => continue,
        };
        tap.tests.push(test);
    }
    tap
}

#[cfg(test)]
mod tests {
    use vfio_irq_tests::corpus::HOSTS;

    use super::*;

    const PRINTED: &str = "device edu\nTAP version 13\n1..3\n# edu\nok 1 a\nok 2 # SKIP b: needs c: d\n\
        # line 3\nnot ok 3 e\n# Totals\nstatus 1\ndevice none\nerror\n";

    #[test]
    fn tap_is_read_device_by_device() {
        let lines: Vec<String> = PRINTED.lines().map(Into::into).collect();
        let tests = vec![
            ("a".into(), Ended::Passed),
            ("b".into(), Ended::Skipped("needs c: d".into())),
            ("e".into(), Ended::Failed),
        ];

        assert_eq!(of_device(&lines, "edu"), Some(Tap { plan: 3, tests, status: Some(1) }));
        assert_eq!(of_device(&lines, "none"), None);
    }

    #[test]
    fn test_that_fails_or_is_skipped_where_it_applies_is_told() {
        let made = made().expect("scenarios that can be tests");
        let host = HostProfile::by_name("linux-6.12").expect("built in");
        let spec = profiles::by_name("edu").expect("built in");
        let shown = Shown::of(&spec, &host);
        let ended = |one: &vfio_irq_core::export::kselftest::Test| match one.needs.are_met(&shown) {
            true => Ended::Passed,
            false => Ended::Skipped("needs another device".into()),
        };
        let tests: Vec<_> = made.tests.iter().map(|one| (one.name.clone(), ended(one))).collect();
        let good = Tap { plan: tests.len(), tests, status: Some(0) };
        assert_eq!(differences(&made, &shown, &good), Vec::<String>::new());

        let passed = good.tests.iter().position(|(_, ended)| *ended == Ended::Passed);
        let skipped = good.tests.iter().position(|(_, ended)| *ended != Ended::Passed);
        for (at, instead) in [
            (passed, Ended::Failed),
            (passed, Ended::Skipped("needs more".into())),
            (skipped, Ended::Passed),
            (skipped, Ended::Skipped("".into())),
        ] {
            let mut bad = good.clone();
            bad.tests[at.expect("there are both")].1 = instead.clone();
            assert_eq!(differences(&made, &shown, &bad).len(), 1, "{instead:?}");
        }
        let fewer = Tap { tests: good.tests[1..].to_vec(), ..good.clone() };
        assert!(!differences(&made, &shown, &fewer).is_empty());
        assert!(!differences(&made, &shown, &Tap { status: Some(1), ..good }).is_empty());
    }

    #[test]
    fn every_device_has_tests_enough_on_every_kernel() {
        let made = made().expect("scenarios that can be tests");
        let mut never: Vec<&str> = made.tests.iter().map(|test| test.name.as_str()).collect();
        for name in HOSTS {
            for remapping in [true, false] {
                let host = HostProfile::by_name(name).expect("built in");
                let host = HostProfile { remapping, ..host };
                for (device, fewest) in FEWEST {
                    let shown = Shown::of(&profiles::by_name(device).expect("built in"), &host);
                    let met: Vec<&str> = made
                        .tests
                        .iter()
                        .filter(|test| test.needs.are_met(&shown))
                        .map(|test| test.name.as_str())
                        .collect();
                    assert!(met.len() >= fewest, "{name}, {device}: {}", met.len());
                    never.retain(|name| !met.contains(name));
                }
            }
        }
        // Those of other devices: a virtual function, an NVMe controller.
        assert!(never.len() * 10 < made.tests.len(), "no kernel and device runs {never:?}");
    }

    #[test]
    fn spoilt_program_differs_in_one_expectation() {
        let program = made().expect("scenarios that can be tests").program;
        let spoilt = spoil(&program).expect("the test is there");
        let changed = program.lines().zip(spoilt.lines()).filter(|(one, other)| one != other);
        assert_eq!(changed.count(), 1);
    }
}
