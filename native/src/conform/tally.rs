//! What was done in a comparison, counted.

use std::collections::BTreeMap;

use vfio_irq_core::clause::Clause;
use vfio_irq_core::device::Stimulus;
use vfio_irq_core::event::{Event, Outcome};
use vfio_irq_core::scenario::ast::Action;
use vfio_irq_core::trace::Entry;
use vfio_irq_core::uapi::CONFIG_REGION;

/// Counts of a comparison.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Requests, config and BAR accesses, stimuli and what was done with descriptors, repetitions
    /// counted.
    pub ops: u64,
    /// Sequences, each from open to close.
    pub sequences: u64,
    /// Eventfds read and compared besides.
    pub counters: u64,
    /// Signals the emulator gave, which the device had to give too.
    pub signals: u64,
    /// Operations by kind.
    pub kinds: BTreeMap<&'static str, u64>,
    /// Refusals by the clause the emulator cites.
    pub clauses: BTreeMap<Clause, u64>,
    /// Steps not done, by the rule of [`RULES`](super::RULES) that says why.
    pub avoided: BTreeMap<&'static str, u64>,
}

/// Every kind of operation there is.
pub const KINDS: &[&str] = &[
    "open",
    "close",
    "reset",
    "set_irqs intx",
    "set_irqs msi",
    "set_irqs msix",
    "set_irqs err",
    "set_irqs req",
    "set_irqs other",
    "irq_info",
    "config read",
    "config write",
    "bar read",
    "bar write",
    "other region",
    "fire",
    "assert",
    "deassert",
    "error",
    "request",
    "eventfd",
    "plainfd",
    "read",
    "write",
    "close fd",
];

/// Regions below are BARs.
const BARS: u32 = 6;

fn kind(action: &Action) -> &'static str {
    match action {
        Action::Open => "open",
        Action::Close => "close",
        Action::Reset => "reset",
        Action::SetIrqs(request) => match request.index {
            0 => "set_irqs intx",
            1 => "set_irqs msi",
            2 => "set_irqs msix",
            3 => "set_irqs err",
            4 => "set_irqs req",
            _ => "set_irqs other",
        },
        Action::IrqInfo { .. } => "irq_info",
        Action::RegionRead { region, .. } => match *region {
            CONFIG_REGION => "config read",
            region if region < BARS => "bar read",
            _ => "other region",
        },
        Action::RegionWrite { region, .. } => match *region {
            CONFIG_REGION => "config write",
            region if region < BARS => "bar write",
            _ => "other region",
        },
        Action::Stimulate(Stimulus::Fire(_)) => "fire",
        Action::Stimulate(Stimulus::AssertIntx) => "assert",
        Action::Stimulate(Stimulus::DeassertIntx) => "deassert",
        Action::Stimulate(Stimulus::Error) => "error",
        Action::Stimulate(Stimulus::Request) => "request",
        Action::Stimulate(Stimulus::Supply(_)) => "vectors",
        Action::Eventfd(_) => "eventfd",
        Action::Plainfd(_) => "plainfd",
        Action::ReadFd(_) => "read",
        Action::WriteFd(..) => "write",
        Action::CloseFd(_) => "close fd",
        Action::Guest(_) => "guest",
        Action::Ledger => "ledger",
    }
}

impl Tally {
    /// A step was done.
    pub(super) fn step(&mut self, action: &Action, times: u32) {
        if *action != Action::Ledger {
            self.ops += u64::from(times);
            *self.kinds.entry(kind(action)).or_default() += u64::from(times);
        }
    }

    /// What the emulator did in it.
    pub(super) fn emulated(&mut self, entry: &Entry) {
        for event in &entry.events {
            match event {
                Event::Signalled { .. } => self.signals += 1,
                Event::Return(Outcome::Refused { clause: Some(clause), .. }) => {
                    *self.clauses.entry(clause.clone()).or_default() += 1;
                }
                _ => {}
            }
        }
    }
}
