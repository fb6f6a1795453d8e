//! The real-kernel run: `cargo xtask kernels` calls it.
//!
//! `vfio-irq-kernels PROGRAM [--record] [--ready] [--only COMPARISON] [--ops N] [--seed N] [HOST…]`: boots
//! the kernels (or those of the hosts named), two at a time, and compares; with `--record` what
//! they say is kept; with `--ready` the kernels are only fetched. `vfio-irq-recipes` lies beside PROGRAM.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use vfio_irq_kernels::oracle::answers::{self, Remapping};
use vfio_irq_kernels::oracle::keep::{self, Findings};
use vfio_irq_kernels::oracle::{Difference, inside, kselftest, kvm, programs, random, recipes};
use vfio_irq_kernels::packages::{KERNELS, Kernel, Refresh};
use vfio_irq_tests::corpus::Item;
use vfio_irq_tests::kvm::Heard as KvmHeard;
use vfio_irq_tests::replay::Kept;
use vfio_irq_tests::stories::with_stories;

/// Guests at a time: one a core of the smallest machine this is meant for.
const AT_A_TIME: usize = 2;
/// Exit status: a kernel can't be fetched.
const NOT_TO_BE_HAD: u8 = 3;
/// Random operations of each kernel and device, unless said otherwise.
const OPS: u64 = 50_000;

/// A comparison of one kernel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Comparison {
    Random,
    Inside,
    Scenarios(Remapping),
    Programs,
    Recipes,
    Kselftest,
    Kvm,
}

/// The longest first, so that no core waits at the end.
const COMPARISONS: [Comparison; 8] = [
    Comparison::Random,
    Comparison::Inside,
    Comparison::Scenarios(Remapping::On),
    Comparison::Scenarios(Remapping::Off),
    Comparison::Programs,
    Comparison::Recipes,
    Comparison::Kselftest,
    Comparison::Kvm,
];

impl Comparison {
    fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Inside => "inside",
            Self::Scenarios(Remapping::On) => "scenarios",
            Self::Scenarios(Remapping::Off) => "no-remapping",
            Self::Programs => "programs",
            Self::Recipes => "recipes",
            Self::Kselftest => "kselftest",
            Self::Kvm => "kvm",
        }
    }
}

/// What is asked for.
struct Options {
    program: PathBuf,
    record: bool,
    ready: bool,
    only: Option<String>,
    ops: u64,
    seed: u64,
    hosts: Vec<String>,
}

impl Options {
    fn parse() -> Result<Self> {
        let mut arguments = std::env::args().skip(1);
        let program = PathBuf::from(arguments.next().context("the static vfio-irq comes first")?);
        let (record, ready, only) = (false, false, None);
        let mut options =
            Self { program, record, ready, only, ops: OPS, seed: 1, hosts: Vec::new() };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{argument} what?"));
            match argument.as_str() {
                "--record" => options.record = true,
                "--ready" => options.ready = true,
                "--only" => options.only = Some(value()?),
                "--ops" => options.ops = value()?.parse().context("--ops N")?,
                "--seed" => options.seed = value()?.parse().context("--seed N")?,
                host if KERNELS.iter().any(|one| one.host == host) => {
                    options.hosts.push(host.into());
                }
                other => bail!("{other}: neither an option nor a host that has a kernel"),
            }
        }
        let known = |name: &String| COMPARISONS.iter().any(|one| one.name() == name);
        if let Some(unknown) = options.only.as_ref().filter(|name| !known(name)) {
            let names = COMPARISONS.map(Comparison::name).join(", ");
            bail!("there is no comparison {unknown}; there are {names}");
        }
        Ok(options)
    }
}

/// What came of all comparisons.
#[derive(Default)]
struct Heard {
    answers: Vec<Kept>,
    kvm: Vec<KvmHeard>,
    /// Comparisons that agreed, one for each device and random run.
    agreed: usize,
    problems: Vec<String>,
}

fn main() -> Result<ExitCode> {
    let options = Options::parse()?;
    let asked = |host: &str| options.hosts.is_empty() || options.hosts.iter().any(|h| h == host);
    let mut kernels = Vec::new();
    for source in KERNELS.iter().filter(|source| asked(source.host)) {
        let kernel = match Kernel::ready(source.host, Refresh::Never) {
            Ok(kernel) => kernel,
            Err(error) => {
                eprintln!("error: {error:#}");
                return Ok(ExitCode::from(NOT_TO_BE_HAD));
            }
        };
        println!("{}: Linux {} ({})", kernel.host, kernel.version, kernel.release);
        kernels.push(kernel);
    }
    println!("QEMU {}", answers::qemu_version());
    if options.ready {
        return Ok(ExitCode::SUCCESS);
    }
    let items = with_stories()?;
    let jobs: Vec<(Comparison, &Kernel)> = COMPARISONS
        .into_iter()
        .filter(|one| options.only.as_ref().is_none_or(|only| only == one.name()))
        .flat_map(|one| kernels.iter().map(move |kernel| (one, kernel)))
        .collect();
    let heard = all(&options, &jobs, &items);
    let mut findings = Findings { problems: heard.problems, notes: Vec::new() };
    let kept = if options.record {
        keep::record(&heard.answers, &heard.kvm, &items)?
    } else {
        keep::drift(&heard.answers, &heard.kvm, &items)
    };
    for more in [kept, keep::compare(&heard.answers, &items)?] {
        findings.problems.extend(more.problems);
        findings.notes.extend(more.notes);
    }
    let scenarios = heard.answers.iter().flat_map(|one| &one.recording.scenarios);
    let carried = scenarios.filter(|one| one.was_carried()).count();
    for note in &findings.notes {
        println!("note: {note}");
    }
    for problem in &findings.problems {
        println!("\n{problem}");
    }
    let (passed, failed) = (carried + heard.agreed, findings.problems.len());
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!("\ntest result: {verdict}. {passed} passed; {failed} failed; 0 ignored");
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Does all jobs, some at a time.
fn all(options: &Options, jobs: &[(Comparison, &Kernel)], items: &[Item]) -> Heard {
    let left = Mutex::new(jobs.iter());
    let heard = Mutex::new(Heard::default());
    let next = || left.lock().expect("no job panics with it").next();
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME.min(jobs.len()) {
            scope.spawn(|| {
                while let Some((comparison, kernel)) = next() {
                    let begin = Instant::now();
                    let done = again(|| one(options, *comparison, kernel, items));
                    let mut heard = heard.lock().expect("no job panics with it");
                    let name = format!("{}, {}", kernel.host, comparison.name());
                    match done {
                        Ok((lines, more)) => {
                            println!("{name}: {:.0} s", begin.elapsed().as_secs_f32());
                            lines.iter().for_each(|line| println!("  {line}"));
                            heard.answers.extend(more.answers);
                            heard.kvm.extend(more.kvm);
                            heard.agreed += more.agreed;
                            heard.problems.extend(more.problems);
                        }
                        Err(error) => heard.problems.push(format!("{name}: {error:#}")),
                    }
                }
            });
        }
    });
    heard.into_inner().expect("no job panicked")
}

/// Once more when what failed is known to be the machine's: QEMU's e1000e dies of its timers and
/// MSI-X; a kernel that boots on a busy machine finds that its timer does not tick.
fn again<T>(mut job: impl FnMut() -> Result<T>) -> Result<T> {
    const FLAWS: [&str; 2] = ["throttling_timer: Assertion", "timer doesn't work"];
    for _ in 0..2 {
        match job() {
            Err(error) => {
                let said = format!("{error:#}");
                let Some(flaw) = FLAWS.iter().find(|flaw| said.contains(**flaw)) else {
                    return Err(error);
                };
                println!("note: a guest ended with \"{flaw}\"; once more");
            }
            done => return done,
        }
    }
    job()
}

fn tell(one: &Difference) -> String {
    format!("{}, {}, {}:\n{}", one.host, one.device, one.what, one.text)
}

/// One comparison: lines on how it went, and what was heard.
fn one(
    options: &Options,
    comparison: Comparison,
    kernel: &Kernel,
    items: &[Item],
) -> Result<(Vec<String>, Heard)> {
    let program = &options.program;
    let mut heard = Heard::default();
    let mut lines = Vec::new();
    match comparison {
        Comparison::Random => {
            let Options { seed, ops, .. } = *options;
            // 400 operations a second are a slow machine with others on it.
            let timeout = Duration::from_secs(120 + 3 * ops / 400);
            let outcome =
                random::ask(kernel, program, &random::Random { seed, ops: [ops; 3], timeout })?;
            lines.extend(outcome.said.iter().map(|(device, said)| format!("{device}: {said}")));
            heard.agreed = outcome.said.len();
            heard.problems = outcome.differences.iter().map(tell).collect();
        }
        Comparison::Programs => {
            let outcome = programs::ask(kernel, items)?;
            lines.extend(outcome.said);
            heard.agreed = outcome.agreed;
            heard.problems = outcome.differences.iter().map(tell).collect();
        }
        Comparison::Recipes => {
            let outcome = recipes::ask(kernel, &program.with_file_name("vfio-irq-recipes"))?;
            heard.agreed = outcome.agreed;
            heard.problems = outcome.differences.iter().map(tell).collect();
        }
        Comparison::Kselftest => {
            let outcome = kselftest::ask(kernel)?;
            lines.extend(outcome.said);
            heard.agreed = outcome.agreed;
            heard.problems = outcome.differences.iter().map(tell).collect();
        }
        Comparison::Kvm => {
            let said = kvm::ask(kernel)?;
            lines.push(format!("{} answers", said.lines.len()));
            let problems = said.problems();
            heard.agreed = usize::from(problems.is_empty());
            heard.problems =
                problems.iter().map(|one| format!("{}, kvm: {one}", said.host)).collect();
            heard.kvm.push(said);
        }
        Comparison::Inside => heard.answers = inside::ask(kernel, program, items)?,
        Comparison::Scenarios(remapping) => {
            heard.answers = answers::ask(kernel, program, items, remapping)?;
        }
    }
    for one in &heard.answers {
        let asked = &one.recording.scenarios;
        let carried = asked.iter().filter(|one| one.was_carried()).count();
        lines.push(format!("{}: {} asked, {carried} carried", one.device, asked.len()));
    }
    Ok((lines, heard))
}
