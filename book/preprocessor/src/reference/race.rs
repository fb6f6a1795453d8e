//! How users of VFIO come to their vectors: what the core finds when it plays them.

use super::{head, of_class, row};
use anyhow::{Error, Result};
use std::sync::LazyLock;
use vfio_irq_core::host::{HostProfile, PROFILES};
use vfio_irq_core::scenario::TextError;
use vfio_irq_core::vmm::race::{self, Race};
use vfio_irq_core::vmm::{STRATEGIES, Setup, WORKLOADS, Workload, play, report};

/// Host vectors of the host that is short, one fewer than the driver uses.
const SHORT: u32 = 3;
/// Tables and vectors used of them, for what a strategy holds: a network card's, and an NVMe
/// controller's with 64 queues.
const SIZES: [(u16, u16); 3] = [(65, 5), (65, 33), (65, 65)];

fn raced(workloads: &[&'static Workload], vectors: Option<u32>) -> Result<Race, TextError> {
    race::race(workloads, PROFILES, Setup { vectors, ..Setup::default() })
}

/// Played once, however many pages and tests ask.
static RACE: LazyLock<Result<Race, TextError>> =
    LazyLock::new(|| raced(&WORKLOADS.iter().collect::<Vec<_>>(), None));
static SHORTAGE: LazyLock<Result<Race, TextError>> =
    LazyLock::new(|| raced(&[&WORKLOADS[0]], Some(SHORT)));

fn of(race: &'static LazyLock<Result<Race, TextError>>) -> Result<&'static Race> {
    (**race).as_ref().map_err(|error| Error::msg(error.to_string()))
}

/// A paragraph for each strategy.
pub(super) fn strategies() -> String {
    report::strategies()
}

/// A paragraph for each workload.
pub(super) fn workloads() -> String {
    report::workloads()
}

/// What the columns mean.
pub(super) fn columns() -> String {
    Race::columns()
}

/// The chart.
pub(super) fn chart() -> Result<String> {
    Ok(of_class("race-chart", &of(&RACE)?.svg()))
}

/// A table for each host and workload.
pub(super) fn tables() -> Result<String> {
    Ok(of_class("race", &of(&RACE)?.markdown(3)))
}

/// The same on a host that is short of vectors, in one workload.
pub(super) fn short() -> Result<String> {
    Ok(of_class("race", &of(&SHORTAGE)?.markdown(3)))
}

/// Host vectors held by size of the table, with NORESIZE and without.
pub(super) fn held() -> Result<String> {
    let hosts: Vec<&HostProfile> = PROFILES.iter().filter(|host| !host.rules.emulated).collect();
    let titles = SIZES.map(|(table, used)| format!("{used} of {table} used"));
    let mut text =
        head(&[&["strategy"], titles.each_ref().map(String::as_str).as_slice()].concat());
    for strategy in STRATEGIES {
        let mut cells = vec![strategy.name.to_owned()];
        for (table, queues) in SIZES {
            let setup = Setup { queues, table, ..Setup::default() };
            let mut held = Vec::new();
            for host in &hosts {
                let played = play(strategy, &WORKLOADS[0], host, setup).map_err(wrong)?;
                if !played.refused {
                    let one = race::held(strategy, &WORKLOADS[0], host, setup).map_err(wrong)?;
                    held.push(one);
                }
            }
            held.dedup();
            let held: Vec<String> = held.iter().map(ToString::to_string).collect();
            cells.push(held.join(" or "));
        }
        text += &row(cells);
    }
    Ok(of_class("race", &text))
}

fn wrong(error: TextError) -> Error {
    Error::msg(error.to_string())
}
