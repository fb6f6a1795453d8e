//! Random operations on emulator and kernel side by side: `vfio-irq conform` in the guest, on each
//! device in turn.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::Difference;
use super::answers::ADDRESSES;
use crate::guest::Guest;
use crate::packages::Kernel;

/// What is to be done.
#[derive(Debug, Clone, Copy)]
pub struct Random {
    /// Makes the operations.
    pub seed: u64,
    /// How many, of each device in the order of [`ADDRESSES`].
    pub ops: [u64; 3],
    /// How long it may take.
    pub timeout: Duration,
}

/// What came of it: what the program said of each device, and differences.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// `agreed: 50012 operations in 126 sequences (…)`, by device.
    pub said: Vec<(String, String)>,
    /// A device that differs is asked no more; the difference is a scenario.
    pub differences: Vec<Difference>,
}

/// Boots a kernel and does random operations on each device.
///
/// # Errors
/// When the guest fails.
pub fn ask(kernel: &Kernel, program: &Path, random: &Random) -> Result<Outcome> {
    let mut script = String::new();
    for ((device, address, _), ops) in ADDRESSES.iter().zip(random.ops) {
        let _ = writeln!(
            script,
            "echo 'device {device}'\nvfio-irq conform --device {address} --seed {} --ops {ops} \
             --host {} 2>&1; echo \"status $?\"",
            random.seed, kernel.host
        );
    }
    let guest = Guest::new(kernel).program("vfio-irq", program)?.timeout(random.timeout);
    let ended = guest.script(&script).boot()?.wait()?;
    let mut outcome = Outcome::default();
    let text = ended.results.join("\n");
    let heads: Vec<String> =
        ADDRESSES.iter().map(|(device, ..)| format!("device {device}")).collect();
    let mut lines = ended.results.iter().peekable();
    while let Some(head) = lines.next() {
        let Some(device) = head.strip_prefix("device ") else { continue };
        let mut said = String::new();
        while let Some(line) = lines.next_if(|line| !heads.contains(line)) {
            let _ = writeln!(said, "{line}");
        }
        let agreed = said.lines().find(|line| line.starts_with("agreed: "));
        let asked =
            ADDRESSES.iter().position(|(name, ..)| *name == device).map(|at| random.ops[at]);
        let enough = |line: &&str| asked.is_some_and(|asked| is_enough(line, asked));
        match agreed.filter(enough).filter(|_| said.contains("\nstatus 0")) {
            Some(line) => outcome.said.push((device.to_owned(), line.to_owned())),
            None => outcome.differences.push(Difference {
                host: kernel.host.clone(),
                device: device.to_owned(),
                what: format!("random operations, seed {}", random.seed),
                text: said,
            }),
        }
    }
    let answered = outcome.said.len() + outcome.differences.len();
    ensure!(answered == ADDRESSES.len(), "{answered} devices answered:\n{text}\n{}", ended.console);
    Ok(outcome)
}

/// Whether `agreed: 50012 operations in 126 sequences (…); 6100 interrupts, …` says that what was
/// asked for was done, and that the device did interrupt.
fn is_enough(line: &str, asked: u64) -> bool {
    let before = |unit: &str| {
        let (head, _) = line.split_once(unit)?;
        head.rsplit(' ').next()?.parse::<u64>().ok()
    };
    before(" operations").is_some_and(|ops| ops >= asked)
        && before(" interrupts").is_some_and(|count| count > 0)
}

#[cfg(test)]
mod tests {
    use super::is_enough;

    #[test]
    fn run_that_did_less_or_saw_no_interrupt_is_not_enough() {
        let line = |ops, interrupts| {
            format!(
                "agreed: {ops} operations in 71 sequences (seed 2, pcg64); {interrupts} \
                 interrupts, 9 counters read"
            )
        };
        assert!(is_enough(&line(30072, 4829), 30000));
        assert!(!is_enough(&line(30072, 0), 30000));
        assert!(!is_enough(&line(29000, 4829), 30000));
        assert!(!is_enough("agreed: nothing", 1));
    }
}
