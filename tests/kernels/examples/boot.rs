//! Boots kernels, runs a script in each and prints its results.
//!
//! `cargo run -p vfio-irq-kernels --example boot -- [HOST…] [--script TEXT] [--program NAME=FILE]
//! [--file PATH=FILE] [--append WORDS] [--no-remapping] [--trace] [--console] [--refresh]`
//!
//! `--image FILE` boots a kernel of your own, with everything built in, instead of HOST's.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::time::Instant;
use vfio_irq_kernels::guest::Guest;
use vfio_irq_kernels::packages::{KERNELS, Kernel, Refresh};
use vfio_irq_kernels::{notation, trace::Device};

const SCRIPT: &str = "uname -r; for f in /sys/bus/pci/drivers/vfio-pci/0*; do \
                      echo ${f##*/} $(cat $f/vendor $f/device); done";

fn main() -> Result<()> {
    let mut hosts = Vec::new();
    let (mut script, mut words, mut console) = (SCRIPT.to_owned(), String::new(), false);
    let (mut programs, mut files) = (Vec::new(), Vec::new());
    let (mut remapping, mut trace, mut refresh) = (true, false, Refresh::Never);
    let mut image: Option<PathBuf> = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} what?"));
        match argument.as_str() {
            "--script" => script = value()?,
            "--append" => words = value()?,
            "--program" => programs.push(value()?),
            "--file" => files.push(value()?),
            "--image" => image = Some(value()?.into()),
            "--no-remapping" => remapping = false,
            "--trace" => trace = true,
            "--console" => console = true,
            "--refresh" => refresh = Refresh::Always,
            host if !host.starts_with('-') => hosts.push(host.to_owned()),
            _ => bail!("unknown: {argument}"),
        }
    }
    if hosts.is_empty() && image.is_some() {
        hosts = vec!["linux-7.3".into()];
    } else if hosts.is_empty() {
        hosts = KERNELS.iter().map(|source| source.host.to_owned()).collect();
    }
    for host in hosts {
        let begin = Instant::now();
        let kernel = match &image {
            Some(image) => Kernel::of_image(&host, image)?,
            None => Kernel::ready(&host, refresh)?,
        };
        println!(
            "== {host}: {} ({}), ready in {:.1?}",
            kernel.release,
            kernel.version,
            begin.elapsed()
        );
        let mut guest =
            Guest::new(&kernel).script(&script).command_line(&words).remapping(remapping);
        for pair in &programs {
            let (name, file) = pair.split_once('=').context("--program NAME=FILE")?;
            guest = guest.program(name, Path::new(file))?;
        }
        for pair in &files {
            let (path, file) = pair.split_once('=').context("--file PATH=FILE")?;
            guest = guest.file(path, std::fs::read(file).with_context(|| file.to_owned())?);
        }
        if trace {
            guest = guest.trace(&[]);
        }
        let mut running = guest.boot()?;
        let (mut lines, mut bytes, mut first) = (0, 0, None);
        while let Some(line) = running.next_line()? {
            first.get_or_insert_with(Instant::now);
            (lines, bytes) = (lines + 1, bytes + line.len() + 1);
            if lines <= 200 {
                println!("{line}");
            }
        }
        let took = first.map(|first| first.elapsed()).unwrap_or_default();
        let ended = running.wait()?;
        if console {
            println!("-- console\n{}", ended.console);
        }
        for device in if trace { &Device::ALL[..] } else { &[] } {
            println!("-- {}", device.name());
            for (segment, words) in ended
                .trace
                .segments
                .iter()
                .zip(notation::of_segments(*device, &ended.trace.segments))
            {
                if let (Some(mark), false) = (segment.mark, words.is_empty()) {
                    println!("{mark:3} {}", words.join(" "));
                }
            }
        }
        if !ended.qemu.is_empty() {
            println!("-- QEMU\n{}", ended.qemu);
        }
        println!(
            "== status {}, {lines} lines, {bytes} bytes in {took:.1?} after the first; whole run {:.1?}",
            ended.status, ended.elapsed
        );
    }
    Ok(())
}
