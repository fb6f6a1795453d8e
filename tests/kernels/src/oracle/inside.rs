//! Interrupts inside an ioctl: Linux is held after the register write a scenario names, the device
//! made to interrupt there, and the rest compared with the emulator's.
//!
//! Which scenarios a device can carry so, [`Part::Inside`] says.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use vfio_irq_tests::corpus::Item;
use vfio_irq_tests::recording::{Recorded, Recording};
use vfio_irq_tests::replay::{Kept, Part, asked};

use super::answers::{ADDRESSES, blocks_of, qemu_version};
use crate::guest::Guest;
use crate::packages::Kernel;
use crate::stopper::{Stopper, Symbols};
use crate::trace::Device;

/// What a kernel answered to each, one recording a device.
///
/// # Errors
/// When the guest fails or can't be followed.
pub fn ask(kernel: &Kernel, program: &Path, items: &[Item]) -> Result<Vec<Kept>> {
    let host = &kernel.host;
    let mut guest =
        Guest::new(kernel).program("vfio-irq", program)?.debug().timeout(Duration::from_secs(900));
    let mut script = String::from("cd /scenarios\n");
    let mut questions = Vec::new();
    for (device, address, kind) in ADDRESSES {
        let asked = asked(items, host, device, Part::Inside);
        let mut list = String::new();
        for (item, _) in &asked {
            guest = guest.file(&format!("scenarios/{}", item.name), &item.text);
            let _ = writeln!(list, "{}", item.name);
        }
        guest = guest.file(&format!("list.{device}"), list);
        let _ = writeln!(
            script,
            "vfio-irq answers $(cat /list.{device}) --device {address} --halt /dev/control || exit 1"
        );
        questions.push((device, kind, asked));
    }
    let symbols = Symbols::of(kernel)?;
    let mut running = guest.script(&script).boot()?;
    let stopper = Stopper::attach(&mut running, symbols)?;
    let mut moments = Vec::new();
    for (device, kind, asked) in &questions {
        for (item, _) in asked {
            let trace = item.emulated(host, device, true).trace;
            let writes = item.writes_to_moment(&trace).context("it was asked for its moment")?;
            moments.push((*kind, writes, item.name.clone()));
        }
    }
    let mut moments = moments.into_iter();
    stopper.follow(&mut running, move |stopper, said| {
        let (kind, writes, name) = moments.next().context("a call nobody expects")?;
        interrupt(stopper, kind, writes, &said).context(name)
    });
    let ended = running.wait()?;
    ensure!(ended.status == 0, "vfio-irq failed in the guest:\n{}", ended.console);
    let mut blocks = blocks_of(&ended.results).into_iter();
    let mut answers = Vec::new();
    for (device, _, asked) in questions {
        let mut scenarios = Vec::new();
        for (item, _) in asked {
            let block = blocks.next().with_context(|| format!("no answer to {}", item.name))?;
            scenarios.push(Recorded::new(&item.fingerprint(), &block, &[]));
        }
        let version = format!("{} ({})", kernel.version, kernel.release);
        let recording =
            Recording { kernel: version, qemu: qemu_version(), scenarios, ..Recording::default() };
        let (host, device) = (host.clone(), device.to_owned());
        answers.push(Kept { host, device, part: Part::Inside, recording });
    }
    if blocks.next().is_some() {
        bail!("more answers than scenarios");
    }
    Ok(answers)
}

/// Lets the call be made, and fires after so many writes of it.
fn interrupt(stopper: &mut Stopper, kind: Device, after: usize, said: &[String]) -> Result<()> {
    // `at #NTH ADDRESS=VALUE,… STEP`
    let plan = said.last().and_then(|line| line.strip_prefix("at "));
    let plan = plan.with_context(|| format!("the guest said {said:?}"))?;
    let mut words = plan.splitn(3, ' ');
    let (Some(nth), Some(writes), Some(step)) = (words.next(), words.next(), words.next()) else {
        bail!("the guest said {said:?}");
    };
    let hex = |text: &str| u64::from_str_radix(text.trim_start_matches("0x"), 16);
    let writes = writes
        .split(',')
        .map(|write| {
            let (address, value) = write.split_once('=').context("no value")?;
            Ok((hex(address)?, hex(value)? as u32))
        })
        .collect::<Result<Vec<_>>>()?;
    let mut fired = false;
    stopper.run_call(|seen, qtest| {
        let ours = seen.iter().filter(|write| write.device == kind).count();
        if !fired && ours == after {
            fired = true;
            writes.iter().try_for_each(|(address, value)| qtest.writel(*address, *value))?;
        }
        Ok(())
    })?;
    if !fired {
        stopper.say(&format!("missed {nth} {step}"))?;
    }
    stopper.say("ok")
}
