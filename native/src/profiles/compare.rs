//! The built-in profiles side by side. Every row comes from the profile data, none from here.

use serde::Serialize;
use vfio_irq_core::host::profile::{DIFFERENCES, Difference, HostProfile, PROFILES, Rules};
use vfio_irq_core::pci::profiles as functions;
use vfio_irq_core::pci::{FunctionSpec, WhenOff};

use crate::table::Table;
use crate::{Format, Report};

/// `vfio-irq hosts`.
pub fn compare_hosts(format: Format) -> Report {
    Report::done(match format {
        Format::Text => print_hosts(),
        Format::Json => json(&HostsJson::new()),
    })
}

/// `vfio-irq functions`.
pub fn compare_functions(format: Format) -> Report {
    let all = functions::all().iter().map(|profile| FunctionJson {
        profile: profile.name,
        summary: profile.summary,
        spec: functions::by_name(profile.name).expect("each profile has a function"),
    });
    let all: Vec<FunctionJson> = all.collect();
    Report::done(match format {
        Format::Text => print_functions(&all),
        Format::Json => json(&all),
    })
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("numbers, strings and lists") + "\n"
}

fn answer(difference: &Difference, host: &HostProfile) -> &'static str {
    let (on, off) = difference.answers;
    if (difference.of)(&host.rules) { on } else { off }
}

fn print_hosts() -> String {
    let mut hosts = Table::default();
    for host in PROFILES {
        hosts.row([&host.name, &host.summary]);
    }
    let mut out = hosts.print(0);
    for difference in DIFFERENCES {
        let Difference { id, question, since, clause, .. } = difference;
        out += &format!("\n{id}: {question}\n");
        let mut answers = Table::default();
        let (on, off) = difference.answers;
        for said in [on, off] {
            let who = PROFILES.iter().filter(|host| answer(difference, host) == said);
            let who: Vec<&str> = who.map(|host| host.name.as_ref()).collect();
            if !who.is_empty() {
                answers.row([said, &who.join(", ")]);
            }
        }
        out += &answers.print(2);
        out += &format!("  [{clause}] {since}\n");
    }
    out
}

fn print_functions(all: &[FunctionJson]) -> String {
    let mut summaries = Table::default();
    let mut table = Table::default();
    table.row(["", "KIND", "INTX", "MSI", "MSI-X", "RAISED WHILE MSI AND MSI-X ARE OFF"]);
    for FunctionJson { profile, summary, spec } in all {
        summaries.row([profile, summary]);
        let msi = spec.msi.map_or("-".to_owned(), |msi| {
            let mask = if msi.maskable { ", mask" } else { "" };
            format!("{}, {}-bit{mask}", msi.vectors, if msi.wide { 64 } else { 32 })
        });
        let msix = spec.msix.map_or("-".to_owned(), |msix| msix.vectors.to_string());
        let kind = match (spec.vf, spec.express) {
            (true, _) => "VF",
            (false, true) => "PCIe",
            (false, false) => "PCI",
        };
        let off = match spec.when_off {
            WhenOff::Divert if pin(spec) == "-" => "dropped: no pin",
            WhenOff::Divert => "goes to INTx",
            WhenOff::Drop => "dropped",
            WhenOff::Hold => "held",
        };
        table.row([profile, kind, &pin(spec), &msi, &msix, off]);
    }
    format!("{}\n{}", summaries.print(0), table.print(0))
}

fn pin(spec: &FunctionSpec) -> String {
    let status = if spec.intx_status { "" } else { ", no status bit" };
    match spec.pin {
        pin @ 1..=4 if !spec.vf => format!("{}{status}", char::from(b'A' + pin - 1)),
        _ => "-".to_owned(),
    }
}

#[derive(Serialize)]
struct HostsJson {
    hosts: Vec<HostJson>,
    differences: Vec<DifferenceJson>,
}

#[derive(Serialize)]
struct HostJson {
    name: &'static str,
    summary: &'static str,
    rules: Rules,
    vectors: Option<u32>,
    remapping: bool,
}

#[derive(Serialize)]
struct DifferenceJson {
    id: &'static str,
    question: &'static str,
    clause: &'static str,
    since: &'static str,
    /// Host to answer, in the order of `hosts`.
    answers: Vec<(&'static str, &'static str)>,
}

impl HostsJson {
    fn new() -> Self {
        let differences = DIFFERENCES.iter().map(|difference| DifferenceJson {
            id: difference.id,
            question: difference.question,
            clause: difference.clause,
            since: difference.since,
            answers: PROFILES.iter().map(|host| (&*host.name, answer(difference, host))).collect(),
        });
        let hosts = PROFILES.iter().map(|host| HostJson {
            name: &host.name,
            summary: &host.summary,
            rules: host.rules,
            vectors: host.vectors,
            remapping: host.remapping,
        });
        Self { hosts: hosts.collect(), differences: differences.collect() }
    }
}

#[derive(Serialize)]
struct FunctionJson {
    profile: &'static str,
    summary: &'static str,
    #[serde(flatten)]
    spec: FunctionSpec,
}
