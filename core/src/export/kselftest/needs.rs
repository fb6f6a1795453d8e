//! Where a scenario applies: asked of the emulator, which runs it as other functions and on other
//! hosts.
//!
//! A property is needed if the scenario does not hold without it, or holds by other rules: a request
//! that is refused for another reason shows nothing. One property is changed at a time, the rest
//! staying as the scenario says.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::choose::steps;
use crate::clause::Clause;
use crate::event::{Call, Event, Outcome};
use crate::host::HostProfile;
use crate::host::profile::DIFFERENCES;
use crate::pci::{Function, FunctionSpec, MsiSpec, MsixSpec};
use crate::scenario::ast::Action;
use crate::scenario::{Overrides, Scenario, run_emulated};
use crate::uapi::IrqIndex;

/// What a device or its host shows, or its release says. The words and their order are those of the
/// program's `enum fact`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fact {
    /// The function has a PCI Express capability.
    Express,
    /// VFIO_DEVICE_FLAGS_RESET.
    Resets,
    /// NORESIZE for MSI.
    MsiNoresize,
    /// NORESIZE for MSI-X.
    MsixNoresize,
    /// The host grants all MSI vectors at once.
    AllMsi,
    /// The same of MSI-X.
    AllMsix,
    /// A block's range is checked before anything is touched.
    RangeFirst,
    /// A loopback beyond the allocated vectors is refused.
    LoopbackInRange,
    /// Conventional PCI has ERR.
    ErrOnConventional,
    /// ERR and REQ refuse descriptors below -1.
    ErrReqStrict,
}

impl Fact {
    /// All, in the program's order.
    pub const ALL: [Self; 10] = [
        Self::Express,
        Self::Resets,
        Self::MsiNoresize,
        Self::MsixNoresize,
        Self::AllMsi,
        Self::AllMsix,
        Self::RangeFirst,
        Self::LoopbackInRange,
        Self::ErrOnConventional,
        Self::ErrReqStrict,
    ];

    /// Whether the kernel answers otherwise where it is so.
    pub fn is_of_the_kernel(self) -> bool {
        matches!(self, Self::MsiNoresize | Self::MsixNoresize) || self >= Self::RangeFirst
    }

    /// Its name in the program.
    pub(super) fn c_name(self) -> &'static str {
        match self {
            Self::Express => "EXPRESS",
            Self::Resets => "RESETS",
            Self::MsiNoresize => "MSI_NORESIZE",
            Self::MsixNoresize => "MSIX_NORESIZE",
            Self::AllMsi => "ALL_MSI",
            Self::AllMsix => "ALL_MSIX",
            Self::RangeFirst => "RANGE_FIRST",
            Self::LoopbackInRange => "LOOPBACK_IN_RANGE",
            Self::ErrOnConventional => "ERR_ON_CONVENTIONAL",
            Self::ErrReqStrict => "ERR_REQ_STRICT",
        }
    }
}

/// The switches of a host that a fact stands for, by their ids.
const SWITCHES: [(&str, Fact, bool); 5] = [
    ("dynamic-msix", Fact::MsixNoresize, false),
    ("range-first", Fact::RangeFirst, true),
    ("loopback-in-range", Fact::LoopbackInRange, true),
    ("err-on-conventional", Fact::ErrOnConventional, true),
    ("err-req-strict-negative", Fact::ErrReqStrict, true),
];

/// Counts of vectors that are tried.
const MSI: [u16; 7] = [0, 1, 2, 4, 8, 16, 32];
const MSIX: [u16; 27] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 32, 64, 65, 128, 256,
    2048,
];

/// Where a test applies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Needs {
    /// Fewest vectors of INTx, MSI and MSI-X.
    pub least: [u16; 3],
    /// Most of them; none: any number.
    pub most: [Option<u16>; 3],
    /// What must be, and what must not be.
    pub facts: Vec<(Fact, bool)>,
}

/// A device and its host, as a program sees them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    /// Vectors of INTx, MSI and MSI-X.
    pub counts: [u16; 3],
    /// The facts that are so.
    pub facts: Vec<Fact>,
}

impl Shown {
    /// What a function shows under a host that is not short of vectors.
    pub fn of(function: &FunctionSpec, host: &HostProfile) -> Self {
        let msi = function.msi.map_or(0, |msi| msi.vectors);
        let msix = function.msix.map_or(0, |msix| msix.vectors);
        let intx = u16::from(function.pin > 0 && !function.vf);
        let switches = SWITCHES.iter().filter(|(id, _, so)| is_on(host, id) == *so);
        let mut facts: Vec<Fact> = switches.map(|(_, fact, _)| *fact).collect();
        facts.extend(function.express.then_some(Fact::Express));
        facts.extend(function.reset.then_some(Fact::Resets));
        facts.extend((!host.rules.emulated).then_some(Fact::MsiNoresize));
        facts.extend((host.remapping || msi <= 1).then_some(Fact::AllMsi));
        facts.push(Fact::AllMsix);
        Self { counts: [intx, msi, msix], facts }
    }
}

impl Needs {
    /// Whether the test applies there.
    pub fn are_met(&self, shown: &Shown) -> bool {
        let counts = shown.counts.iter().zip(self.least.iter().zip(&self.most));
        counts
            .into_iter()
            .all(|(count, (least, most))| count >= least && most.is_none_or(|most| *count <= most))
            && self.facts.iter().all(|(fact, so)| shown.facts.contains(fact) == *so)
    }
}

fn is_on(host: &HostProfile, id: &str) -> bool {
    DIFFERENCES.iter().any(|one| one.id == id && (one.of)(&host.rules))
}

/// The rules by which a scenario's calls are refused, and the index each names, if it holds.
pub(super) fn rules(
    scenario: &Scenario,
    function: &FunctionSpec,
    host: &HostProfile,
) -> Option<Vec<(Clause, Option<u32>)>> {
    let function = Function::new(function).ok()?;
    let overrides = Overrides { function: Some(function), host: Some(host.clone()) };
    let trace = run_emulated(scenario, &overrides).ok()?;
    let mut index = None;
    let mut refusals = Vec::new();
    for event in trace.entries.iter().flat_map(|entry| &entry.events) {
        match event {
            Event::Call(Call::SetIrqs { header, .. }) => index = Some(header.index),
            Event::Call(_) => index = None,
            Event::Return(Outcome::Refused { clause: Some(clause), .. }) => {
                refusals.push((clause.clone(), index));
            }
            _ => {}
        }
    }
    trace.held.then_some(refusals)
}

/// Where it applies; or why there is no telling.
pub(super) fn of(scenario: &Scenario, host: &HostProfile) -> Result<Needs, String> {
    let function = scenario.function_spec().map_err(|error| error.to_string())?;
    let function = function.ok_or("its function is a config dump")?;
    if host.rules.emulated {
        return Err("speaks of a device that its host emulates".into());
    }
    let own = rules(scenario, &function, host)
        .ok_or("does not hold with the host's own signals in place of the device's interrupts")?;
    let holds = |function: &FunctionSpec, host: &HostProfile| {
        rules(scenario, function, host).is_some_and(|rules| rules == own)
    };

    let as_function = |change: &dyn Fn(&mut FunctionSpec)| {
        let mut other = function.clone();
        change(&mut other);
        holds(&other, host)
    };
    let shown = Shown::of(&function, host);
    let with_intx = |n: u16| as_function(&|spec| (spec.pin, spec.vf) = (n.min(1) as u8, false));
    let with_msi = |n: u16| as_function(&|spec| spec.msi = msi(spec.msi, n));
    let with_msix = |n: u16| as_function(&|spec| spec.msix = msix(spec.msix, n));
    let mut needs = Needs { least: [0; 3], most: [None; 3], facts: Vec::new() };
    for (kind, range) in [
        range(&[0, 1], shown.counts[0], with_intx),
        range(&MSI, shown.counts[1], with_msi),
        range(&MSIX, shown.counts[2], with_msix),
    ]
    .into_iter()
    .enumerate()
    {
        (needs.least[kind], needs.most[kind]) = range;
    }

    let mut need = |fact: Fact, is_needed: bool| {
        let fact = (fact, shown.facts.contains(&fact));
        if is_needed && !needs.facts.contains(&fact) {
            needs.facts.push(fact);
        }
    };
    // A growth is refused by the flag, whatever else refuses it in today's kernels.
    let refused = |index: IrqIndex| {
        own.iter().any(|(clause, of)| clause == "MSG-NORESIZE" && *of == Some(index.raw()))
    };
    need(Fact::MsiNoresize, refused(IrqIndex::Msi));
    need(Fact::MsixNoresize, refused(IrqIndex::Msix));
    need(Fact::Express, !as_function(&|spec| spec.express = !spec.express));
    need(Fact::Resets, !as_function(&|spec| spec.reset = !spec.reset));
    let as_host = |change: &dyn Fn(&mut HostProfile)| {
        let mut other = host.clone();
        change(&mut other);
        holds(&function, &other)
    };
    let uses = |index: IrqIndex| {
        steps(scenario).any(|(_, step)| match &step.action.what {
            Action::SetIrqs(request) => request.index == index.raw(),
            Action::IrqInfo { index: raw, .. } => *raw == index.raw(),
            _ => false,
        })
    };
    need(
        Fact::MsiNoresize,
        uses(IrqIndex::Msi) && shown.counts[1] > 0 && !as_host(&|host| host.rules.emulated = true),
    );
    need(Fact::AllMsi, !as_host(&|host| host.remapping = !host.remapping));
    need(Fact::AllMsix, uses(IrqIndex::Msix) && !as_host(&|host| host.vectors = Some(1)));
    for difference in DIFFERENCES.iter().filter(|one| one.id != "emulated") {
        let turned = as_host(&|host| {
            let on = (difference.of)(&host.rules);
            (difference.set)(&mut host.rules, !on);
        });
        match SWITCHES.iter().find(|(id, _, _)| *id == difference.id) {
            Some((_, fact, _)) => need(*fact, !turned),
            None if !turned => {
                return Err(format!("depends on what no device shows ({})", difference.id));
            }
            None => {}
        }
    }
    Ok(needs)
}

/// The counts around one's own with which it holds.
fn range(tried: &[u16], own: u16, holds: impl Fn(u16) -> bool) -> (u16, Option<u16>) {
    let below = tried.iter().rev().filter(|count| **count < own);
    let above = tried.iter().filter(|count| **count > own);
    let least = below.take_while(|count| holds(**count)).last();
    let mut most = own;
    for count in above {
        if !holds(*count) {
            return (least.copied().unwrap_or(own), Some(most));
        }
        most = *count;
    }
    (least.copied().unwrap_or(own), None)
}

fn msi(own: Option<MsiSpec>, vectors: u16) -> Option<MsiSpec> {
    let like = own.unwrap_or(MsiSpec { vectors, wide: true, maskable: false });
    (vectors > 0).then_some(MsiSpec { vectors, ..like })
}

/// Table and pending bits in one BAR, with room for any number.
fn msix(own: Option<MsixSpec>, vectors: u16) -> Option<MsixSpec> {
    let (bar, _) = own.map_or((0, 0), |own| own.table);
    (vectors > 0).then_some(MsixSpec { vectors, table: (bar, 0), pba: (bar, 0x8000) })
}
