//! Stops each kernel after every register write of e1000e's first MSI-X enable, once for each
//! write, fires vector 0 there, and shows what became of the interrupt. The stops are compared with
//! QEMU's trace of the same run.
//!
//! `cargo run -p vfio-irq-kernels --example stop -- PROGRAM SCRIPT [HOST…]`: a static program that
//! talks on its `$HALT` as `stopper` describes, and its script: the lines for one round.

use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use vfio_irq_kernels::guest::Guest;
use vfio_irq_kernels::notation::Notation;
use vfio_irq_kernels::packages::{KERNELS, Kernel, Refresh};
use vfio_irq_kernels::stopper::{Stopper, Symbols};
use vfio_irq_kernels::trace::{Device, Place, RawWrite};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let program = arguments.next().context("which program?")?;
    let round = arguments.next().context("which script?")?;
    let round = std::fs::read_to_string(&round).with_context(|| round.clone())?;
    let mut hosts: Vec<String> = arguments.collect();
    if hosts.is_empty() {
        hosts = KERNELS.iter().map(|source| source.host.to_owned()).collect();
    }
    hosts.iter().try_for_each(|host| demonstrate(host, &program, &round))
}

fn demonstrate(host: &str, program: &str, round: &str) -> Result<()> {
    let kernel = Kernel::ready(host, Refresh::Never)?;
    let symbols = Symbols::of(&kernel)?;
    let mut running = Guest::new(&kernel)
        .program("guest", Path::new(program))?
        .file("/round", round)
        .script("export HALT=/dev/control; while guest /round; do echo round; done")
        .trace(&[])
        .debug()
        .timeout(Duration::from_secs(240))
        .boot()?;
    let stopper = Stopper::attach(&mut running, symbols)?;
    println!("== {host}, up after {:.1?}", running.elapsed());
    let begin = Instant::now();
    // Round 0 counts the writes; round n fires after the n-th.
    let (sender, receiver) = channel();
    let mut stop_at = 0;
    stopper.follow(&mut running, move |stopper, _| {
        let writes = stopper.run_call(|writes, qtest| {
            if writes.len() != stop_at {
                return Ok(());
            }
            let registers = qtest.bar(Device::E1000e.address(), 0)?;
            qtest.writel(registers + 0xc0, 0xffff_ffff)?;
            qtest.writel(registers + 0xc8, 1 << 20)
        })?;
        stop_at += 1;
        sender.send(writes)?;
        stopper.say("ok")
    });
    let mut calls: Vec<Vec<RawWrite>> = Vec::new();
    while calls.first().is_none_or(|first| calls.len() <= first.len()) {
        let mut said = Vec::new();
        loop {
            match running.next_line()?.context("the guest ended")?.as_str() {
                "round" => break,
                line if line.trim_start().starts_with("efd:") => said.push(line.trim().to_owned()),
                _ => {}
            }
        }
        let writes = receiver.recv()?;
        let place = calls.len().checked_sub(1).and_then(|at| writes.get(at));
        let place = place.map_or("nowhere".into(), word);
        println!("{:3} {place:12} {}", calls.len(), said.join(" | "));
        calls.push(writes);
    }
    println!("== {} rounds in {:.1?}", calls.len(), begin.elapsed());
    let writes = calls.concat();
    let trace = running.kill();
    let mut notation = Notation::new(Device::E1000e);
    let mut found = 0;
    for segment in &trace.segments {
        let ours = |write: &&RawWrite| match write.place {
            Place::Config { offset, .. } => write.device == Device::E1000e && offset < 0x100,
            Place::Table { .. } => true,
        };
        let traced: Vec<RawWrite> = segment.writes.iter().filter(ours).copied().collect();
        let words = notation.words(&segment.writes);
        if calls.get(found).is_some_and(|call| *call == traced) {
            if found == 0 {
                println!("{}", words.join(" "));
            }
            found += 1;
        }
    }
    println!(
        "== {} writes stopped at; calls that equal a segment of the trace: {found} of {}",
        writes.len(),
        calls.len()
    );
    ensure!(found == calls.len(), "the stops are not those of the trace");
    Ok(())
}

fn word(write: &RawWrite) -> String {
    match write.place {
        Place::Config { offset, value } => format!("@{offset:02x}={value:x}"),
        Place::Table { entry, dword, value } => format!("E{entry}+{dword}={value:x}"),
    }
}
