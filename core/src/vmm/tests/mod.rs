//! What strategies request, and figures that can fail.

mod alone;
mod counted;
mod requests;
mod short;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{Play, Setup, Strategy, Workload, play};
use crate::host::HostProfile;

const WITH: &str = "linux-6.1";
const WITHOUT: &str = "linux-6.12";

/// Three vectors of a table of four.
fn small(vectors: Option<u32>) -> Setup {
    Setup { queues: 3, table: 4, vectors, ..Setup::default() }
}

fn host(name: &str) -> HostProfile {
    HostProfile::by_name(name).expect("built in")
}

fn strategy(name: &str) -> &'static Strategy {
    Strategy::by_name(name).expect("there is one")
}

fn workload(name: &str) -> &'static Workload {
    Workload::by_name(name).expect("there is one")
}

fn played(who: &str, what: &str, on: &str, setup: Setup) -> Play {
    play(strategy(who), workload(what), &host(on), setup).expect("plays")
}

/// The lines that do something, blanks squeezed, without the questions of the beginning.
fn lines(play: &Play) -> Vec<String> {
    let text = play.scenario().to_string();
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines = text.lines().map(words);
    let does = |line: &String| {
        ["set_irqs", "meanwhile", "config"].iter().any(|word| line.starts_with(word))
    };
    lines.filter(does).collect()
}
