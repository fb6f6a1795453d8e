//! Scenarios as exported programs, C and Rust, run in the guest: they must print what the emulator answers.
//!
//! Of the scenarios a device carries on a kernel, those a program can say ([`export::not_carried`]) and in which
//! kernel and emulator are not known to differ, evenly spaced: [`EACH`] of them for each device. The exported text is what is
//! compiled, with every warning an error; many of them are linked into one static program of a
//! language, and `PROGRAM` in the environment chooses. Left out: a host without interrupt remapping.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use vfio_irq_core::export::{self, Known, Language};
use vfio_irq_tests::corpus::Item;
use vfio_irq_tests::recording::Recorded;
use vfio_irq_tests::replay::{Kept, Part, asked, side_by_side};

use super::Difference;
use super::answers::ADDRESSES;
use crate::guest::Guest;
use crate::packages::Kernel;
use crate::program::output;

/// How many scenarios of each device.
const EACH: usize = 16;
/// With fewer, this comparison says too little.
const FEWEST: usize = 12;

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Per device, how many were run and what was left out.
    pub said: Vec<String>,
    /// Programs that printed what the emulator answers.
    pub agreed: usize,
    /// Those that did not.
    pub differences: Vec<Difference>,
}

/// A scenario for a device, and what its programs must print.
struct Program<'a> {
    item: &'a Item,
    device: &'static str,
    address: &'static str,
    expected: Vec<String>,
}

/// Boots a kernel and runs the programs.
///
/// # Errors
/// When a program does not compile, or the guest fails.
pub fn ask(kernel: &Kernel, items: &[Item]) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let mut programs = Vec::new();
    for (device, address, _) in ADDRESSES {
        let chosen = choose(items, &kernel.host, device, &mut outcome.said);
        ensure!(
            chosen.len() >= FEWEST,
            "{device} has {} scenarios for programs, of {FEWEST} at least",
            chosen.len()
        );
        programs.extend(chosen.into_iter().map(|(item, expected)| Program {
            item,
            device,
            address,
            expected,
        }));
    }
    let folder = tempfile::tempdir().context("a folder for the programs")?;
    let c = compile_c(&programs, folder.path())?;
    let rust = compile_rust(&programs, folder.path())?;
    let mut script = String::new();
    for (at, program) in programs.iter().enumerate() {
        for language in ["c", "rust"] {
            let _ = writeln!(
                script,
                "echo 'program {language} {at}'\nPROGRAM={at} {language}-programs {}\necho \"status $?\"",
                program.address
            );
        }
    }
    // What a scenario leaves undone is its verdict's, not the script's.
    script += "exit 0\n";
    let guest = Guest::new(kernel).program("c-programs", &c)?.program("rust-programs", &rust)?;
    let ended = guest.timeout(Duration::from_secs(600)).script(&script).boot()?.wait()?;
    ensure!(ended.status == 0, "the script failed in the guest:\n{}", ended.console);

    let mut printed: Vec<(String, Vec<String>)> = Vec::new();
    for line in &ended.results {
        match (line.strip_prefix("program "), printed.last_mut()) {
            (Some(which), _) => printed.push((which.into(), Vec::new())),
            (None, Some((_, lines))) => lines.push(line.clone()),
            (None, None) => {}
        }
    }
    for (at, program) in programs.iter().enumerate() {
        for language in ["c", "rust"] {
            let which = format!("{language} {at}");
            let lines = printed.iter().find(|(name, _)| *name == which);
            let lines = lines.map_or(&[][..], |(_, lines)| lines);
            let status = i32::from(program.expected.last().is_none_or(|line| line != "held"));
            let expected: Vec<String> =
                program.expected.iter().cloned().chain([format!("status {status}")]).collect();
            if lines == expected {
                outcome.agreed += 1;
                continue;
            }
            outcome.differences.push(Difference {
                host: kernel.host.clone(),
                device: program.device.into(),
                what: format!("{} as a {language} program", program.item.name),
                text: side_by_side(("emulator", &expected), ("program", lines)),
            });
        }
    }
    Ok(outcome)
}

/// The scenarios for a device, evenly spaced, with the lines the emulator answers.
fn choose<'a>(
    items: &'a [Item],
    host: &str,
    device: &str,
    said: &mut Vec<String>,
) -> Vec<(&'a Item, Vec<String>)> {
    let kept = Kept::read(host, device, Part::Usual);
    let heard = |item: &Item| {
        kept.as_ref().and_then(|kept| {
            let mut recorded = kept.recording.scenarios.iter();
            recorded.find(|one| one.name == item.name && one.fingerprint == item.fingerprint())
        })
    };
    let (mut unsaid, mut unlike, mut able) = (0, 0, Vec::new());
    let carried = asked(items, host, device, Part::Usual);
    let count = carried.len();
    for (item, expected) in carried {
        let expected = answers_of(&expected);
        let unable = export::not_carried(&item.scenario, Known::by_name(device));
        if !unable.is_empty() || item.asks_kvm() {
            unsaid += 1;
        } else if heard(item).is_some_and(|heard| answers_of(heard) != expected) {
            unlike += 1;
        } else {
            able.push((item, expected));
        }
    }
    let all = able.len();
    let count_chosen = all.min(EACH);
    let mut at = (0..count_chosen).map(|n| n * all / count_chosen).peekable();
    let chosen = able.into_iter().zip(0..).filter(|(_, place)| at.next_if_eq(place).is_some());
    let chosen: Vec<_> = chosen.map(|(one, _)| one).collect();
    said.push(format!(
        "{device}: {} of {all} scenarios, each in C and Rust; of {count} carried, {unsaid} can't be said \
         by a program, {unlike} are known to differ or not to be carried by QEMU's device",
        chosen.len()
    ));
    chosen
}

/// The lines of a block that are answers.
fn answers_of(block: &Recorded) -> Vec<String> {
    block.lines.iter().filter(|line| !line.contains(" | ")).cloned().collect()
}

fn text(program: &Program<'_>, language: Language) -> Result<String> {
    let known = Known::by_name(program.device);
    export::program(&program.item.scenario, language, known).map_err(anyhow::Error::msg)
}

fn compile_c(programs: &[Program<'_>], folder: &Path) -> Result<std::path::PathBuf> {
    let mut objects = Vec::new();
    let (mut declared, mut listed) = (String::new(), String::new());
    for (at, program) in programs.iter().enumerate() {
        let (source, object) = (folder.join(format!("p{at}.c")), folder.join(format!("p{at}.o")));
        fs::write(&source, text(program, Language::C)?)?;
        let mut cc = Command::new("cc");
        cc.args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O1", "-c"]);
        cc.arg(format!("-Dmain=program_{at}")).arg("-o").arg(&object).arg(&source);
        output(&mut cc, "gcc").with_context(|| program.item.name.clone())?;
        let _ = writeln!(declared, "int program_{at}(int, char **);");
        let _ = write!(listed, "program_{at}, ");
        objects.push(object);
    }
    let main = format!(
        "#include <stdlib.h>\n{declared}\nstatic int (*const programs[])(int, char **) = {{ {listed} }};\n\
         int main(int argc, char **argv) {{ return programs[atoi(getenv(\"PROGRAM\"))](argc, argv); }}\n"
    );
    let (source, program) = (folder.join("main.c"), folder.join("c-programs"));
    fs::write(&source, main)?;
    let mut cc = Command::new("cc");
    cc.args(["-static", "-s", "-o"]).arg(&program).arg(&source).args(&objects);
    output(&mut cc, "gcc libc6-dev")?;
    Ok(program)
}

fn compile_rust(programs: &[Program<'_>], folder: &Path) -> Result<std::path::PathBuf> {
    let (mut modules, mut arms) = (String::new(), String::new());
    for (at, program) in programs.iter().enumerate() {
        fs::write(folder.join(format!("p{at}.rs")), text(program, Language::Rust)?)?;
        let _ = writeln!(
            modules,
            "mod p{at} {{\n    include!(\"p{at}.rs\");\n    pub(crate) fn run() -> ExitCode {{ main() }}\n}}"
        );
        let _ = writeln!(arms, "        \"{at}\" => p{at}::run(),");
    }
    let main = format!(
        "{modules}\nfn main() -> std::process::ExitCode {{\n    \
         match &*std::env::var(\"PROGRAM\").expect(\"said\") {{\n{arms}        \
         _ => unreachable!(),\n    }}\n}}\n"
    );
    let (source, program) = (folder.join("main.rs"), folder.join("rust-programs"));
    fs::write(&source, main)?;
    let mut rustc = Command::new("rustc");
    rustc.args([
        "--edition=2024",
        "--target=x86_64-unknown-linux-musl",
        "-Dwarnings",
        "-Cstrip=symbols",
    ]);
    rustc.arg("-o").arg(&program).arg(&source);
    output(&mut rustc, "rustc")?;
    Ok(program)
}

#[cfg(test)]
mod tests {
    use vfio_irq_tests::corpus::{HOSTS, corpus};

    use super::*;

    #[test]
    fn every_device_has_scenarios_enough_on_every_kernel() {
        let items = corpus().expect("committed");
        for host in HOSTS {
            for (device, _, _) in ADDRESSES {
                let chosen = choose(&items, host, device, &mut Vec::new()).len();
                assert!((FEWEST..=EACH).contains(&chosen), "{host}, {device}: {chosen}");
            }
        }
    }
}
