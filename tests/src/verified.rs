//! What the verified file says, from the recordings and the scenarios' headers.
//!
//! A scenario is confirmed on a kernel and device when its recording is of the present text, its
//! expectations held there, and the emulator answers as the kernel did. A clause is confirmed where
//! a scenario whose header names it is, on kernels that scenario is meant to speak for. Rules of KVM's
//! are confirmed by no scenario, but where KVM itself was asked, device `kvm` ([`crate::kvm`]).

use anyhow::{Result, ensure};
use vfio_irq_book::verified::{Kernel, Scenario, Verified};

use crate::corpus::Item;
use crate::kvm::{DEVICE, Heard};
use crate::replay::Kept;

/// What the file says.
///
/// # Errors
/// When recordings of one kernel are of several versions.
pub fn of(kept: &[Kept], kvm: &[Heard], items: &[Item]) -> Result<Verified> {
    let mut verified = Verified::default();
    for one in kept {
        let Kept { host, recording, .. } = one;
        let (version, qemu) = (recording.kernel.clone(), recording.qemu.clone());
        let kernel = Kernel { version, qemu, recorded: recording.day.clone() };
        let before = verified.kernels.entry(host.clone()).or_insert_with(|| kernel.clone());
        // The day of the oldest: all is true of that day on.
        before.recorded = before.recorded.clone().min(kernel.recorded.clone());
        ensure!(
            (&before.version, &before.qemu) == (&kernel.version, &kernel.qemu),
            "{}: recorded on {}, others of {host} on Linux {}, QEMU {}",
            one.name(),
            recording.versions(),
            before.version,
            before.qemu
        );
    }
    for item in items.iter().filter(|item| !item.is_story()) {
        let fingerprint = item.fingerprint();
        let mut scenario = Scenario { fingerprint, clauses: item.clauses(), ..Scenario::default() };
        for one in kept.iter().filter(|one| is_confirmed(item, one)) {
            let devices = scenario.kernels.entry(one.host.clone()).or_default();
            add(devices, &one.device);
            let of_linux = |clause: &&String| item.speaks_for(&one.host) && !is_kvms(clause);
            for clause in scenario.clauses.iter().filter(of_linux) {
                let seen = verified.clauses.entry(clause.clone()).or_default();
                add(seen.entry(one.host.clone()).or_default(), &one.device);
            }
        }
        verified.scenarios.insert(item.name.clone(), scenario);
    }
    for heard in kvm.iter().filter(|heard| !heard.kernel.is_empty()) {
        let asked = verified.kernels.get(&heard.host);
        ensure!(
            asked.is_none_or(|asked| (&asked.version, &asked.qemu) == (&heard.kernel, &heard.qemu)),
            "{}: KVM recorded on Linux {}, QEMU {}, others on another",
            heard.host,
            heard.kernel,
            heard.qemu
        );
        for clause in heard.confirmed() {
            let seen = verified.clauses.entry(clause).or_default();
            add(seen.entry(heard.host.clone()).or_default(), DEVICE);
        }
    }
    Ok(verified)
}

/// A scenario in which no call is made says nothing of VFIO.
fn is_confirmed(item: &Item, kept: &Kept) -> bool {
    if !item.steps().any(|(_, step)| step.action.what.is_call()) {
        return false;
    }
    let mut scenarios = kept.recording.scenarios.iter();
    scenarios.find(|one| one.name == item.name).is_some_and(|recorded| {
        recorded.lines.last().is_some_and(|line| line == "held")
            && *recorded == kept.part.emulated(item, &kept.host, &kept.device)
    })
}

/// Whether a rule is KVM's: in a run on a kernel the KVM is played by the program.
fn is_kvms(clause: &str) -> bool {
    clause.starts_with("IRQFD-")
}

fn add(names: &mut Vec<String>, name: &str) {
    if !names.iter().any(|one| one == name) {
        names.push(name.to_owned());
        names.sort();
    }
}
