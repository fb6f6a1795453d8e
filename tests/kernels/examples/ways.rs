//! Whether a device answers the same by both ways to it: every scenario by group, by cdev with
//! IOMMUFD, and by the emulator; then random operations by cdev.
//!
//! `cargo run -p vfio-irq-kernels --example ways -- HOST IMAGE PROGRAM [OPS]`: the emulator's host,
//! a kernel built with CONFIG_VFIO_DEVICE_CDEV (CONTRIBUTING says how), the static `vfio-irq`, and
//! how many random operations. Exits with 1 when one way differs from the other, or the random
//! operations do from the emulator. Scenarios in which the device is not the emulator are only
//! named: why is the business of `cargo xtask kernels`, and of no way.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use vfio_irq_kernels::guest::Guest;
use vfio_irq_kernels::oracle::answers::ADDRESSES;
use vfio_irq_kernels::packages::Kernel;
use vfio_irq_tests::corpus::corpus;

const WAYS: [&str; 2] = ["group", "cdev"];

fn main() -> Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = |what: &str| arguments.next().with_context(|| format!("{what} is missing"));
    let (host, image, program) = (argument("HOST")?, argument("IMAGE")?, argument("PROGRAM")?);
    let ops = argument("OPS").unwrap_or_else(|_| "3000".into());
    let kernel = Kernel::of_image(&host, Path::new(&image))?;
    let items = corpus()?;

    let mut guest = Guest::new(&kernel)
        .program("vfio-irq", Path::new(&program))?
        .timeout(Duration::from_secs(300));
    let mut script = String::from("echo \"# $(uname -r) $(ls /dev/iommu)\"\ncd /scenarios\n");
    for item in &items {
        guest = guest.file(&format!("scenarios/{}", item.name), &item.text);
    }
    let mut expected = Vec::new();
    for (device, address, _) in ADDRESSES {
        let asked = items.iter().filter(|item| !item.is_inside());
        let asked: Vec<_> = asked
            .filter_map(|item| Some((item, item.expected(&host, device, true)?.text)))
            .collect();
        let names: String = asked.iter().map(|(item, _)| format!("{}\n", item.name)).collect();
        guest = guest.file(&format!("list.{device}"), names);
        for way in WAYS {
            let _ = writeln!(
                script,
                "vfio-irq answers $(cat /list.{device}) --device {address} --interface {way} || exit 1"
            );
            expected.extend(asked.iter().map(|(_, text)| (device, way, text.clone())));
        }
        let _ = writeln!(
            script,
            "echo '# {device} by cdev'; vfio-irq conform --device {address} --interface cdev \
             --host {host} --ops {ops} 2>&1 | grep -A40 -E '^(agreed|differ|error)' | sed -e '/^operations/,$d' -e 's/^/# /'"
        );
    }
    let begin = Instant::now();
    let mut running = guest.script(&script).boot()?;
    let mut results: Vec<String> = Vec::new();
    while let Some(line) = running
        .next_line()
        .with_context(|| format!("after {:?}", results.last().map_or("nothing", |line| line)))?
    {
        results.push(line);
    }
    let ended = running.wait()?;
    ensure!(ended.status == 0, "vfio-irq failed in the guest:\n{}", ended.console);

    let (notes, answers): (Vec<_>, Vec<_>) =
        results.iter().partition(|line| line.starts_with("# "));
    let mut blocks: Vec<String> = Vec::new();
    for line in answers {
        match blocks.last_mut().filter(|_| !line.starts_with("scenario ")) {
            Some(block) => *block += &format!("{line}\n"),
            None => blocks.push(format!("{line}\n")),
        }
    }
    ensure!(blocks.len() == expected.len(), "{} answers of {}", blocks.len(), expected.len());
    let answered: BTreeMap<_, _> = expected
        .iter()
        .zip(&blocks)
        .filter(|(_, block)| !block.lines().any(|line| line.starts_with("cannot ")))
        .map(|((device, way, ours), theirs)| ((*device, name(ours), *way), (ours, theirs)))
        .collect();
    let mut differ = 0;
    for ((device, name, way), (ours, theirs)) in &answered {
        let other = answered.get(&(*device, *name, WAYS[0])).map(|(_, theirs)| theirs);
        if *way != WAYS[0] && other != Some(theirs) {
            differ += 1;
            let other = other.map_or("nothing\n", |block| block);
            println!("{device}: by {way}\n{theirs}by {}\n{other}", WAYS[0]);
        }
        if ours != theirs {
            println!("{device} by {way} is not the emulator: {name}");
        }
    }
    for line in &notes {
        println!("{}", line.trim_start_matches("# "));
    }
    println!(
        "{} answers, {} carried; {differ} scenarios differ by way; {:.1?}",
        blocks.len(),
        answered.len(),
        begin.elapsed()
    );
    let agreed = notes.iter().filter(|line| line.starts_with("# agreed: ")).count();
    let fine = differ == 0 && agreed == ADDRESSES.len();
    Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A block's scenario.
fn name(block: &str) -> &str {
    block.lines().next().unwrap_or_default().trim_start_matches("scenario ")
}
