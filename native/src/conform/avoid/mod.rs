//! What a run keeps away from, each for a reason with a name: where a device may rightly do
//! something else than the emulator, where nobody can say what it does, and where Linux or QEMU
//! does something wrong that is known.
//!
//! A rule looks at a step before it is done, and at the run so far. The generator makes up another
//! step when one is refused, the shrinker leaves it out.

pub(super) mod access;
mod message;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use vfio_irq_core::device::Stimulus;
use vfio_irq_core::machine::Machine;
use vfio_irq_core::scenario::ast::{Action, StepLine};

use super::ask::Asked;
use super::support::Support;
use super::track::Track;

/// A rule: steps that are not done.
#[derive(Clone, Copy)]
pub struct Rule {
    /// What it is switched off by.
    pub id: &'static str,
    /// What would happen.
    pub reason: &'static str,
    /// Whether a comparison still means something without it. One that says no can't be switched
    /// off.
    pub optional: bool,
    refuses: fn(&Now<'_>, &Action) -> bool,
}

const fn optional(
    id: &'static str,
    reason: &'static str,
    refuses: fn(&Now<'_>, &Action) -> bool,
) -> Rule {
    Rule { id, reason, optional: true, refuses }
}

const fn needed(
    id: &'static str,
    reason: &'static str,
    refuses: fn(&Now<'_>, &Action) -> bool,
) -> Rule {
    Rule { id, reason, optional: false, refuses }
}

/// All rules.
pub const RULES: &[Rule] = &[
    needed(
        "unnamed",
        "a descriptor is read, written or closed by a name that was made before",
        access::unnamed,
    ),
    needed("descriptors", "a run has a bounded number of descriptors open", access::descriptors),
    needed(
        "open-number",
        "a raw descriptor number below 65536 may be open in this process, as something else",
        access::open_number,
    ),
    needed(
        "names-as-bytes",
        "names are other bytes on each side: they mean the same only where eventfds are asked for",
        access::names_as_bytes,
    ),
    needed(
        "fd-reuse",
        "the number of a closed descriptor may have been given to the next one that was made",
        access::fd_reuse,
    ),
    needed(
        "plain-io",
        "what a descriptor that is no eventfd answers to read and write depends on what it is",
        access::plain_io,
    ),
    needed(
        "modelled-range",
        "of config space and BARs only what concerns interrupts is emulated: Command, Status, \
         Interrupt Line and Pin, the MSI and MSI-X capabilities without their Next pointers (other \
         capabilities stand between them), the MSI-X table and its pending bit array",
        access::modelled_range,
    ),
    needed(
        "pba-width",
        "PCIe allows reads of the pending bit array by whole dwords and qwords only",
        access::pba_width,
    ),
    needed(
        "unknown-register",
        "Command and Interrupt Line hold what firmware left there until they are written",
        access::unknown_register,
    ),
    needed(
        "command-bits",
        "of Command only Memory Space, Bus Master and Interrupt Disable are the same everywhere",
        access::command_bits,
    ),
    needed("open-twice", "an open device is not opened again", access::open_twice),
    needed(
        "no-access",
        "a stimulus is a write of the device's registers: the device open, Memory Space on",
        access::no_access,
    ),
    needed(
        "unsupported",
        "this device can't be told to do that in this mode",
        message::unsupported,
    ),
    needed(
        "no-such-vector",
        "what a function does for a vector it does not have is its own affair",
        message::no_such_vector,
    ),
    needed(
        "undrained",
        "a vector the host has no room for stays pending for good in a function without reset",
        message::undrained,
    ),
    needed(
        "spin",
        "an unmask eventfd that is a trigger as well makes Linux signal and unmask without end",
        message::spin,
    ),
    needed(
        "counter-limit",
        "an eventfd near 2^64 can't be signalled any more, and what that does is not modelled",
        message::counter_limit,
    ),
    needed(
        "cpu-vectors",
        "a processor has about 200 vectors for devices, and their exhaustion is not modelled",
        message::cpu_vectors,
    ),
    optional(
        "fire-merge",
        "two messages of one vector may merge in the processor before the first is taken: one \
         stimulus a step, and its eventfd is waited for",
        message::fire_merge,
    ),
    optional(
        "off-vector",
        "with neither MSI nor MSI-X on only vector 0 fires: QEMU's xhci raises INTx for no other",
        message::off_vector,
    ),
    optional(
        "assert-pin",
        "with MSI or MSI-X on a function sends messages: a level is asserted only while both are off",
        message::assert_pin,
    ),
    optional(
        "qemu-ioapic",
        "QEMU's IOAPIC forgets a level that rose while its pin was masked: no INTx enable with the \
         status raised",
        message::qemu_ioapic,
    ),
    optional(
        "qemu-intx-forgotten",
        "QEMU drops the INTx level when MSI or MSI-X is enabled, for good: no enable with a level \
         asserted",
        message::qemu_intx_forgotten,
    ),
    optional(
        "qemu-reset-keeps",
        "QEMU 7.2 does not reset a function on the way from D3hot, which Linux takes for a reset: no \
         reset and no close while something waits in a function that has one, no reset of an MSI-X table \
         while Memory Space is off",
        message::qemu_reset_keeps,
    ),
];

/// The rules in force.
#[derive(Clone, Debug, Default)]
pub struct Avoid {
    off: BTreeSet<&'static str>,
}

/// A rule can't be switched off.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoSuchRule {
    /// There is none of this name.
    #[error("no rule is called `{name}`; those that can be switched off: {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// It is needed.
    #[error("the rule `{name}` can't be switched off: without it {reason}")]
    Needed {
        /// Its name.
        name: String,
        /// What would happen.
        reason: &'static str,
    },
}

impl Avoid {
    /// All rules in force.
    pub fn all() -> Self {
        Self::default()
    }

    /// The same without this rule.
    pub fn without(mut self, name: &str) -> Result<Self, NoSuchRule> {
        let Some(rule) = RULES.iter().find(|rule| rule.id == name) else {
            let known: Vec<&str> =
                RULES.iter().filter(|rule| rule.optional).map(|rule| rule.id).collect();
            return Err(NoSuchRule::Unknown { name: name.into(), known: known.join(", ") });
        };
        if !rule.optional {
            return Err(NoSuchRule::Needed { name: name.into(), reason: rule.reason });
        }
        self.off.insert(rule.id);
        Ok(self)
    }

    /// The first rule that refuses this step.
    pub(super) fn refuses(&self, now: &Now<'_>, step: &StepLine) -> Option<&'static Rule> {
        let now = &now.asking(step);
        let on = RULES.iter().filter(|rule| self.off.is_empty() || !self.off.contains(rule.id));
        on.into_iter().find(|rule| (rule.refuses)(now, &step.action.what))
    }
}

/// A run between two steps.
pub(super) struct Now<'a> {
    /// The emulator's machine.
    pub(super) machine: &'a Machine,
    /// What else is known.
    pub(super) track: &'a Track,
    /// What the device can be told to do in this mode.
    pub(super) support: &'a Support,
    /// Most descriptors open at once.
    pub(super) descriptors: u32,
    /// The step looked at, if it is a request.
    asked: Option<Asked>,
    /// How often the step is done in a row.
    times: u32,
}

impl<'a> Now<'a> {
    pub(super) fn new(
        machine: &'a Machine,
        track: &'a Track,
        support: &'a Support,
        descriptors: u32,
    ) -> Self {
        Self { machine, track, support, descriptors, asked: None, times: 1 }
    }

    fn asking(&self, step: &StepLine) -> Self {
        let asked = match &step.action.what {
            Action::SetIrqs(request) => Some(Asked::new(request, self.machine, self.track)),
            _ => None,
        };
        let Self { machine, track, support, descriptors, .. } = *self;
        Self { machine, track, support, descriptors, asked, times: step.times }
    }

    /// Whether the device's registers in BARs can be reached.
    pub(super) fn memory(&self) -> bool {
        const MEMORY_SPACE: u16 = 1 << 1;
        let function = &self.machine.function;
        function.is_vf() || function.command() & MEMORY_SPACE != 0
    }

    /// Whether the device can be told to.
    pub(super) fn can(&self, stimulus: Stimulus) -> bool {
        self.machine.host.is_open() && self.memory() && self.support.can(stimulus)
    }
}
