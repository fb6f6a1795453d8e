//! `cargo bench -p vfio-irq-bench --bench explore [-- VECTORS ARRIVALS]`: core's explorer,
//! Stateright and SPIN on one case, one after the other, each on one core; their answers must be
//! equal. `checkers/README.md` says what the figures mean and keeps those taken.
//!
//! Each search runs in a process of its own, so that its processor time and its memory are its own.
//! Times are processor time: another process on the machine costs none of it, apart from caches.

#[path = "../checkers/mod.rs"]
mod checkers;

use std::process::Command;
use std::time::Instant;

use checkers::spin::{self, Search, Verifier};
use checkers::{core, grow, model};
use vfio_irq_core::explore::Invariant;

/// The case measured if none is said: some seconds for each checker.
const CASE: (u32, u32) = (2, 9);

/// Times each search is made; the quickest counts, since a busy machine only ever adds.
const RUNS: usize = 3;

/// What a search did.
struct Figures {
    states: u64,
    transitions: u64,
    /// Length of the shortest run that loses; not asked in a search for all states.
    length: Option<u32>,
    seconds: f64,
    bytes: f64,
}

/// A search by name, and how a text is searched.
type Own = (&'static str, fn(&str) -> Figures);

/// The searches that are part of this program.
const OWN: &[Own] = &[
    // That no eventfd is another vector's holds here: the search checks, and goes to the end.
    ("core", |text| own(|| core::explore(text, &[Invariant::Eventfd], true).into())),
    ("core, reduced", |text| own(|| core::explore(text, &[Invariant::Eventfd], false).into())),
    ("core, nearest loss", |text| own(|| core::explore(text, &[Invariant::Lost], true).into())),
    ("Stateright, breadth first", |text| own(|| model::explore(text, false, false).into())),
    ("Stateright, depth first", |text| own(|| model::explore(text, false, true).into())),
    ("Stateright, nearest loss", |text| own(|| model::nearest_loss(text).into())),
];

/// SPIN's: name, what for, and how it is compiled.
const SPIN: &[(&str, Search, &[&str])] = &[
    ("SPIN, breadth first", Search::States, &["-DBFS", "-DNOREDUCE"]),
    ("SPIN, depth first", Search::States, &["-DNOREDUCE"]),
    ("SPIN, depth first, collapsed", Search::States, &["-DNOREDUCE", "-DCOLLAPSE"]),
    ("SPIN, depth first, reduced", Search::States, &[]),
    ("SPIN, nearest loss", Search::Losses, &["-DBFS", "-DNOREDUCE"]),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|it| it != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |word: &str| word.parse().unwrap_or_else(|_| panic!("{word} is no number"));
    match words[..] {
        ["--only", name, vectors, arrivals] => {
            let (_, search) = OWN.iter().find(|(own, _)| *own == name).expect("a search of OWN");
            print(&search(&grow(number(vectors), number(arrivals))));
        }
        [vectors, arrivals] => compare(number(vectors), number(arrivals)),
        [] => compare(CASE.0, CASE.1),
        _ => panic!("explore [VECTORS ARRIVALS], not {}", words.join(" ")),
    }
}

fn compare(vectors: u32, arrivals: u32) {
    println!("MSI-X on linux-6.1 grown from {vectors} to {} by teardown,", vectors + 1);
    println!("each of the {vectors} fires {arrivals} times meanwhile\n");
    println!(
        "{:30}{:>11}{:>12}{:>9}{:>12}{:>8}{:>8}",
        "", "states", "transitions", "seconds", "states/s", "bytes", "length"
    );
    let mut all: Vec<(&str, Figures)> = Vec::new();
    for (name, _) in OWN {
        all.push((name, quickest(|| apart(name, vectors, arrivals))));
        row(all.last().expect("just pushed"));
    }
    let slots = u64::BITS - all[0].1.states.leading_zeros() + 1;
    match spin::missing() {
        Some(why) => println!("SPIN: not compared, because {why}"),
        None => {
            for (name, search, flags) in SPIN {
                let verifier = Verifier::new(vectors, arrivals, *search, flags);
                all.push((name, quickest(|| verifier.run(slots).into())));
                row(all.last().expect("just pushed"));
            }
        }
    }
    println!(
        "\nbytes: of memory a state, hash tables included; seconds: the least of {RUNS};\n\
         length: of the shortest run that loses"
    );
    agree(&all);
}

fn quickest(search: impl Fn() -> Figures) -> Figures {
    let runs = (0..RUNS).map(|_| search());
    runs.min_by(|one, other| one.seconds.total_cmp(&other.seconds)).expect("more than none")
}

/// Prints the ratios, once all have said the same.
fn agree(all: &[(&str, Figures)]) {
    let (nearest, whole): (Vec<_>, Vec<_>) = all.iter().partition(|(_, it)| it.length.is_some());
    // Reduced, core has fewer: it takes for one what differs in nothing but which of several alike it
    // is. It answers the same question.
    let full = whole.iter().filter(|(name, _)| *name != "core, reduced");
    let states: Vec<u64> = full.map(|(_, it)| it.states).collect();
    let lengths: Vec<_> = nearest.iter().map(|(_, it)| it.length).collect();
    assert!(states.iter().all(|one| *one == states[0]), "they count different states: {states:?}");
    assert!(lengths.iter().all(|one| *one == lengths[0]), "they differ: {lengths:?}");
    println!("all agree: {} states, and one is lost after {}", states[0], lengths[0].unwrap_or(0));
    let (first, figures) = whole[0];
    for (name, other) in &whole[1..] {
        println!(
            "{first} is {:.1} times as fast as {name}",
            other.seconds.max(0.01) / figures.seconds.max(0.01)
        );
    }
}

fn row((name, it): &(&str, Figures)) {
    let rate = it.states as f64 / it.seconds.max(0.01);
    let bytes = it.bytes / it.states as f64;
    let length = it.length.map(|length| length.to_string()).unwrap_or_default();
    println!(
        "{name:30}{:>11}{:>12}{:>9.2}{rate:>12.0}{bytes:>8.0}{length:>8}",
        it.states, it.transitions, it.seconds
    );
}

/// A search in this process.
fn own(search: impl FnOnce() -> Figures) -> Figures {
    let begin = Instant::now();
    let mut figures = search();
    // Where the system does not tell, by the clock.
    figures.seconds = processor_time().unwrap_or(begin.elapsed().as_secs_f64());
    figures.bytes = peak().unwrap_or(f64::NAN);
    figures
}

/// A search of `OWN` in a process of its own.
fn apart(name: &str, vectors: u32, arrivals: u32) -> Figures {
    let program = std::env::current_exe().expect("a program knows where it is");
    let sizes = [vectors.to_string(), arrivals.to_string()];
    let output = Command::new(program).args(["--only", name]).args(sizes).output();
    let output = output.expect("it ran before");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|it| it.parse().ok()).collect();
    let [states, transitions, length, seconds, bytes] = numbers[..] else {
        panic!("{name}: {text}{output:?}")
    };
    let length = (length > 0.0).then_some(length as u32);
    Figures { states: states as u64, transitions: transitions as u64, length, seconds, bytes }
}

fn print(it: &Figures) {
    let length = it.length.unwrap_or(0);
    println!("{} {} {length} {} {}", it.states, it.transitions, it.seconds, it.bytes);
}

/// Seconds of processor time of this process so far (proc(5): fields 14 and 15, 100 a second).
fn processor_time() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let ticks = fields.split(' ').skip(11).take(2).map(|it| it.parse::<f64>().ok());
    Some(ticks.sum::<Option<f64>>()? / 100.0)
}

/// Most bytes this process had in memory at once.
fn peak() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? * 1024.0)
}

impl From<core::Seen> for Figures {
    fn from(it: core::Seen) -> Self {
        let states = it.states.into();
        Self { states, transitions: it.transitions, length: it.length, seconds: 0.0, bytes: 0.0 }
    }
}

impl From<model::Found> for Figures {
    fn from(it: model::Found) -> Self {
        let (states, transitions) = (it.states as u64, it.transitions as u64);
        Self { states, transitions, length: None, seconds: 0.0, bytes: 0.0 }
    }
}

impl From<model::Nearest> for Figures {
    fn from(it: model::Nearest) -> Self {
        let (states, transitions) = (it.states as u64, it.transitions as u64);
        Self { states, transitions, length: it.length, seconds: 0.0, bytes: 0.0 }
    }
}

impl From<spin::Printed> for Figures {
    fn from(it: spin::Printed) -> Self {
        let length = it.before_loss.map(|before| before + 1);
        Self {
            states: it.states,
            transitions: it.transitions,
            length,
            seconds: it.seconds,
            bytes: it.bytes,
        }
    }
}
