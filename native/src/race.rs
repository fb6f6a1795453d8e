//! `vfio-irq race`: how users of VFIO come to their vectors, and what that costs and loses.

use vfio_irq_core::host::{HostProfile, PROFILES};
use vfio_irq_core::scenario::DEFAULT_HOST;
use vfio_irq_core::vmm::race::{MAX_QUEUES, MAX_TABLE, Race, race};
use vfio_irq_core::vmm::report::Mark;
use vfio_irq_core::vmm::{STRATEGIES, Setup, Strategy, WORKLOADS, Workload, play};

use crate::{Error, Paint, Report};

/// How to show a race.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Tables, 72 columns.
    Text,
    /// For programs.
    Json,
    /// A bar chart.
    Svg,
    /// Tables for a page.
    Markdown,
}

/// Most vectors a driver uses.
pub const QUEUES: std::ops::RangeInclusive<i64> = 2..=MAX_QUEUES as i64;
/// Sizes of the MSI-X table.
pub const TABLE: std::ops::RangeInclusive<i64> = 2..=MAX_TABLE as i64;

/// Names of the workloads.
pub fn workload_names() -> Vec<&'static str> {
    WORKLOADS.iter().map(|workload| workload.name).collect()
}

/// Races all strategies on these hosts, all if none is given, in one workload or in all.
pub fn run(
    hosts: &[HostProfile],
    workload: Option<&str>,
    setup: Setup,
    format: Format,
    paint: Paint,
) -> Result<Report, Error> {
    let hosts = if hosts.is_empty() { PROFILES } else { hosts };
    let workloads: Vec<&'static Workload> = match workload {
        Some(name) => vec![find("workload", name, Workload::by_name(name), &workload_names())?],
        None => WORKLOADS.iter().collect(),
    };
    let raced = race(&workloads, hosts, checked(setup)?).map_err(|error| wrong(&error))?;
    Ok(Report::done(match format {
        Format::Text => raced.text(&|mark, words| match mark {
            Mark::Title => paint.strong(words),
            Mark::Lost => paint.error(words),
        }),
        Format::Json => json(&raced),
        Format::Svg => raced.svg(),
        Format::Markdown => format!("{}\n{}", Race::columns(), raced.markdown(2)),
    }))
}

/// The scenario of one strategy in a workload on a host: `STRATEGY/WORKLOAD/HOST`, the host may be
/// left out.
pub fn scenario(which: &str, setup: Setup) -> Result<Report, Error> {
    let (strategy, rest) = which.split_once('/').unwrap_or((which, ""));
    let (workload, host) = rest.split_once('/').unwrap_or((rest, DEFAULT_HOST));
    let strategies: Vec<&str> = STRATEGIES.iter().map(|strategy| strategy.name).collect();
    let strategy = find("strategy", strategy, Strategy::by_name(strategy), &strategies)?;
    let workload = find("workload", workload, Workload::by_name(workload), &workload_names())?;
    let host = crate::profiles::host(host)?;
    let played = play(strategy, workload, &host, checked(setup)?).map_err(|error| wrong(&error))?;
    Ok(Report::done(played.scenario().to_string()))
}

fn find<T>(kind: &'static str, name: &str, found: Option<T>, known: &[&str]) -> Result<T, Error> {
    found.ok_or_else(|| Error::Unknown { kind, name: name.to_owned(), known: known.join(", ") })
}

fn checked(setup: Setup) -> Result<Setup, Error> {
    if setup.table < setup.queues {
        let message = format!(
            "a table of {} entries has no {} vectors for a driver to use",
            setup.table, setup.queues
        );
        return Err(Error::Race { message });
    }
    Ok(setup)
}

fn wrong(error: &impl ToString) -> Error {
    Error::Race { message: error.to_string() }
}

fn json(race: &Race) -> String {
    serde_json::to_string_pretty(race).expect("numbers, strings and lists") + "\n"
}
