//! The real-kernel run: `cargo xtask kernels` calls it.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use vfio_irq_kernels::oracle::answers::{self, Remapping};
use vfio_irq_kernels::packages::{KERNELS, Kernel, Refresh};
use vfio_irq_tests::corpus::corpus;

fn main() -> Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let program = PathBuf::from(arguments.next().context("the static vfio-irq")?);
    let hosts: Vec<String> = arguments.collect();
    let items = corpus()?;
    for source in KERNELS.iter().filter(|k| hosts.is_empty() || hosts.iter().any(|h| h == k.host)) {
        let kernel = Kernel::ready(source.host, Refresh::Never)?;
        for remapping in [Remapping::On, Remapping::Off] {
            let begin = std::time::Instant::now();
            let answers = answers::ask(&kernel, &program, &items, remapping)?;
            println!("{} {remapping:?}: {:.1?}", kernel.host, begin.elapsed());
            for (device, recording) in &answers.recordings {
                let carried = recording.scenarios.iter().filter(|one| one.was_carried()).count();
                println!("  {device}: {} asked, {carried} carried", recording.scenarios.len());
                for one in recording.scenarios.iter().filter(|one| !one.was_carried()) {
                    println!("    {}: {}", one.name, one.lines.last().unwrap());
                }
            }
            for difference in answers::compare(&kernel.host, &answers, &items, remapping) {
                println!(
                    "{} {} {}\n{}",
                    difference.host, difference.device, difference.what, difference.text
                );
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
