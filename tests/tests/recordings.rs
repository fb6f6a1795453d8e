//! What real kernels answered, replayed against the emulator; one test a recording.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use libtest_mimic::{Arguments, Failed, Trial};
use vfio_irq_book::verified::Verified;
use vfio_irq_tests::corpus::{DEVICES, HOSTS, Item};
use vfio_irq_tests::replay::{self, Kept, Part, Problem, RECORD};
use vfio_irq_tests::{kvm, root, scenarios, stories, verified};

fn main() {
    let mut trials: Vec<Trial> = replay::kept()
        .into_iter()
        .map(|kept| {
            trial(&format!("{} replayed", kept.name()), move |items| recording(&kept, items))
        })
        .collect();
    trials.push(trial("what a kernel can be asked is recorded", complete));
    trials.push(trial("differences listed are needed", needed));
    trials.push(trial("verified file is of these recordings", current));
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn trial(name: &str, test: impl FnOnce(&[Item]) -> Result<()> + Send + 'static) -> Trial {
    Trial::test(name, move || {
        let done = stories::with_stories().and_then(|items| test(&items));
        done.map_err(|error| Failed::from(format!("{error:#}")))
    })
}

fn none(problems: &[Problem]) -> Result<()> {
    let text: Vec<String> = problems.iter().map(ToString::to_string).collect();
    ensure!(problems.is_empty(), "{}", text.join("\n\n"));
    Ok(())
}

fn recording(kept: &Kept, items: &[Item]) -> Result<()> {
    none(&replay::check(kept, items, &replay::differences(items)?))
}

/// There is a recording of every kernel, device and part of which something can be asked.
fn complete(items: &[Item]) -> Result<()> {
    let known: BTreeSet<_> = replay::kept().iter().map(Kept::file).collect();
    let files = scenarios::files(&root().join("tests/data/kernels/answers"), "txt");
    let stray = files.iter().find(|file| !known.contains(*file));
    ensure!(stray.is_none(), "{:?} is a recording of no kernel and device there are", stray);
    for host in HOSTS {
        for device in DEVICES {
            for part in Part::ALL {
                if Kept::read(host, device, part).is_none() {
                    let some = replay::asked(items, host, device, part);
                    ensure!(some.is_empty(), "{host}, {device}, {part:?}: none; {RECORD}");
                }
            }
        }
    }
    Ok(())
}

fn needed(items: &[Item]) -> Result<()> {
    let (kept, list) = (replay::kept(), replay::differences(items)?);
    let problems = [replay::needless(&kept, items, &list), replay::unheard(&kept, items, &list)];
    none(&problems.concat())
}

/// Nothing in the verified file is by hand, and nothing has moved since.
fn current(items: &[Item]) -> Result<()> {
    let ours = verified::of(&replay::kept(), &kvm::kept(), items)?.print();
    let file = std::fs::read_to_string(root().join(Verified::FILE)).unwrap_or_default();
    let differs = |(file, ours): &(&str, &str)| file != ours;
    let first = file.lines().zip(ours.lines()).find(differs);
    let (found, expected) = first.unwrap_or(("its length", "another"));
    ensure!(
        file == ours,
        "{} is not what recordings and scenarios say; {RECORD}\n  file: {found}\n  now:  {expected}",
        Verified::FILE
    );
    Ok(())
}
