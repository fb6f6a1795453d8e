//! SPIN on `spin/grow.pml`: a verifier is generated, compiled by gcc, and run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What SPIN's verifier is made for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Search {
    /// All states; losses are passed over.
    States,
    /// The nearest loss.
    Losses,
}

/// What the verifier printed.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Printed {
    /// Different states.
    pub(crate) states: u64,
    /// Transitions; SPIN counts the beginning as one.
    pub(crate) transitions: u64,
    /// Transitions before the one that loses.
    pub(crate) before_loss: Option<u32>,
    /// Seconds of processor time.
    pub(crate) seconds: f64,
    /// Bytes in all, the hash table's among them.
    pub(crate) bytes: f64,
}

/// A compiled verifier.
#[derive(Debug)]
pub(crate) struct Verifier {
    folder: PathBuf,
}

/// Why SPIN can't be asked here; `None`: it can.
pub(crate) fn missing() -> Option<String> {
    for (program, argument) in [("spin", "-V"), ("gcc", "--version")] {
        if !Command::new(program).arg(argument).output().is_ok_and(|it| it.status.success()) {
            return Some(format!("`{program}` is not installed (Debian: {program})"));
        }
    }
    None
}

impl Verifier {
    /// Generates and compiles it, in a folder of its own below `target`.
    pub(crate) fn new(vectors: u32, arrivals: u32, search: Search, flags: &[&str]) -> Self {
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("spin/grow.pml");
        let name = format!("spin-{vectors}-{arrivals}-{search:?}{}", flags.concat());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).expect("the target folder can be written");
        let count = (search == Search::States).then_some("-DCOUNT");
        let sizes = [format!("-DVECTORS={vectors}"), format!("-DARRIVALS={arrivals}")];
        let mut spin = Command::new("spin");
        run(spin.args(count).args(sizes).arg("-a").arg(model).current_dir(&folder));
        // -w: SPIN's own code, not ours.
        let always = ["-w", "-O2", "-DSAFETY", "-o", "pan", "pan.c"];
        run(Command::new("gcc").args(always).args(flags).current_dir(&folder));
        Self { folder }
    }

    /// Runs it, with 2^`slots` slots of hash table.
    pub(crate) fn run(&self, slots: u32) -> Printed {
        // `times` prints minutes and seconds of the shell, then of what it ran.
        let script = format!("./pan -m100000 -w{slots}; times");
        let text = run(Command::new("sh").args(["-c", &script]).current_dir(&self.folder));
        let before = |what: &str| {
            let line = text.lines().find(|line| line.contains(what))?;
            line.split_whitespace().next()?.parse::<f64>().ok()
        };
        let number = |what| before(what).unwrap_or_else(|| panic!("no {what} in\n{text}"));
        let depth = text.split_once("(at depth ").and_then(|(_, rest)| rest.split_once(')'));
        let last = text.trim_end().lines().last().unwrap_or_default();
        let seconds = last.split_whitespace().map(|time| {
            let (minutes, seconds) = time.trim_end_matches('s').split_once('m').expect("0m0.00s");
            minutes.parse::<f64>().expect("minutes") * 60.0 + seconds.parse::<f64>().expect("s")
        });
        Printed {
            states: number(" states, stored") as u64,
            transitions: number(" transitions (= stored") as u64,
            before_loss: depth.map(|(depth, _)| depth.parse().expect("a depth")),
            seconds: seconds.sum(),
            bytes: number("total actual memory usage").max(0.0) * f64::from(1 << 20),
        }
    }
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}\n{text}{output:?}");
    text
}
