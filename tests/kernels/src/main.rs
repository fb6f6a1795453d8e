//! The real-kernel run: `cargo xtask kernels` calls it.
//!
//! `vfio-irq-kernels PROGRAM [--record] [HOST…]`: boots the kernels (or those of the hosts named),
//! asks them every scenario, and compares; with `--record` what they say is kept.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use vfio_irq_kernels::oracle::answers::{self, Remapping};
use vfio_irq_kernels::oracle::{inside, keep, random};
use vfio_irq_kernels::packages::{KERNELS, Kernel, Refresh};
use vfio_irq_tests::corpus::corpus;

fn main() -> Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let program = PathBuf::from(arguments.next().context("the static vfio-irq")?);
    let (options, hosts): (Vec<String>, Vec<String>) =
        arguments.partition(|one| one.starts_with("--"));
    let record = options.iter().any(|option| option == "--record");
    let items = corpus()?;
    let mut heard = Vec::new();
    for source in KERNELS.iter().filter(|k| hosts.is_empty() || hosts.iter().any(|h| h == k.host)) {
        let kernel = Kernel::ready(source.host, Refresh::Never)?;
        if let Ok(ops) = std::env::var("RANDOM") {
            let ops: Vec<u64> = ops.split(',').map(|n| n.parse().unwrap()).collect();
            let begin = std::time::Instant::now();
            let seed = std::env::var("SEED").map_or(1, |seed| seed.parse().unwrap());
            let random = random::Random {
                seed,
                ops: [ops[0], ops[1], ops[2]],
                timeout: std::time::Duration::from_secs(6000),
            };
            let outcome = random::ask(&kernel, &program, &random)?;
            println!("{} random in {:.1?}", kernel.host, begin.elapsed());
            for (device, said) in &outcome.said {
                println!("{device}: {said}");
            }
            for difference in &outcome.differences {
                println!(
                    "{} {} {}\n{}",
                    difference.host, difference.device, difference.what, difference.text
                );
            }
            continue;
        }
        if std::env::var_os("INSIDE").is_some() {
            let begin = std::time::Instant::now();
            let stories = inside::stories(&kernel.host)?;
            let recorded = inside::ask(&kernel, &program, &stories)?;
            println!("{} inside: {} in {:.1?}", kernel.host, stories.len(), begin.elapsed());
            for difference in inside::compare(&kernel.host, &stories, &recorded) {
                println!(
                    "{} {} {}\n{}",
                    difference.host, difference.device, difference.what, difference.text
                );
            }
            for one in
                recorded.iter().filter(|one| one.lines.last().is_none_or(|line| line != "held"))
            {
                println!("{}: {:?}", one.name, one.lines.last());
            }
            continue;
        }
        for remapping in [Remapping::On, Remapping::Off] {
            let begin = std::time::Instant::now();
            let answers = answers::ask(&kernel, &program, &items, remapping)?;
            println!("{} {remapping:?}: {:.1?}", kernel.host, begin.elapsed());
            for one in &answers {
                let asked = &one.recording.scenarios;
                let carried = asked.iter().filter(|one| one.was_carried()).count();
                println!("  {}: {} asked, {carried} carried", one.device, asked.len());
            }
            heard.extend(answers);
        }
    }
    let kept = if record { keep::record(&heard, &items)? } else { keep::drift(&heard, &items) };
    let compared = keep::compare(&heard, &items)?;
    for note in kept.notes.iter().chain(&compared.notes) {
        println!("note: {note}");
    }
    let problems = [kept.problems, compared.problems].concat();
    for problem in &problems {
        println!("{problem}\n");
    }
    println!("{} problems", problems.len());
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
