//! The rules that code and events cite: ids the book explains, never reused.
//!
//! Kinds: **documented**, the header says it; **implementation**, Linux does it; **unspecified**,
//! nobody promises it.

use alloc::borrow::Cow;

/// Id of a rule, e.g. `SET-RANGE`.
pub type Clause = Cow<'static, str>;

/// Who vouches for a rule.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// `include/uapi/linux/vfio.h` says it.
    Documented,
    /// Linux does it, in the versions the book names.
    Implementation,
    /// Nobody promises it.
    Unspecified,
}

/// One rule.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Rule {
    /// The id.
    pub id: &'static str,
    /// Who vouches for it.
    pub kind: Kind,
    /// The rule in one line.
    pub text: &'static str,
}

const fn documented(id: &'static str, text: &'static str) -> Rule {
    Rule { id, kind: Kind::Documented, text }
}

const fn implementation(id: &'static str, text: &'static str) -> Rule {
    Rule { id, kind: Kind::Implementation, text }
}

/// Every rule that a refusal, or a difference between hosts, can cite.
pub const RULES: &[Rule] = &[
    implementation("INFO-ARGSZ", "GET_IRQ_INFO needs argsz of at least 16"),
    implementation("INFO-INDEX", "GET_IRQ_INFO needs an index below 5"),
    implementation("INFO-ERR", "conventional PCI has no ERR index before 7.3"),
    implementation("SET-ARGSZ", "SET_IRQS needs argsz of at least 20"),
    implementation("SET-INDEX", "SET_IRQS needs an index below 5"),
    implementation("SET-OVERFLOW", "count must be below 2^32 - 1 - start"),
    implementation("SET-FLAGS", "flags outside the six defined bits are refused"),
    implementation("SET-RANGE", "start and start + count must lie within the index's vectors"),
    implementation("SET-DATA-TYPE", "exactly one of DATA_NONE, DATA_BOOL, DATA_EVENTFD"),
    implementation("SET-DATA-SIZE", "argsz must cover count items of data"),
    implementation("SET-DATA-FAULT", "the data must be readable"),
    implementation("SET-ACTION", "exactly one action, and one the index has"),
    implementation("FD-NOT-OPEN", "a descriptor that is not open answers EBADF"),
    implementation("FD-NOT-EVENTFD", "a descriptor that is no eventfd answers EINVAL"),
    implementation("INTX-SHAPE", "INTx takes start 0 and count 1"),
    implementation("INTX-INACTIVE", "the action needs INTx enabled"),
    implementation("INTX-MASK-EVENTFD", "a mask eventfd does not exist"),
    implementation("INTX-UNMASK-BUSY", "only one unmask eventfd at a time"),
    implementation("IRQ-EXCLUSIVE", "only one of INTx, MSI, MSI-X is enabled at a time"),
    implementation("MSG-INACTIVE", "the action needs this index enabled"),
    implementation("MSG-EMPTY", "a first enable of no vectors answers ERANGE"),
    implementation(
        "SET-EMPTY-BLOCK",
        "6.1: a first enable with start above 0 and count 0 is refused",
    ),
    implementation("MSG-SUPPLY", "no vector can be had from the host: ENOSPC"),
    documented("MSG-NORESIZE", "under NORESIZE a vector cannot be added to an enabled index"),
    implementation(
        "MSG-LOOPBACK-RANGE",
        "before 6.5 a loopback must stay within the allocated vectors",
    ),
    implementation("ERR-REQ-SHAPE", "ERR and REQ take start 0 and count of at most 1"),
    implementation("ERR-REQ-NO-TRIGGER", "DATA_NONE needs a trigger that is set"),
    implementation("ERR-REQ-COUNT", "DATA_BOOL and DATA_EVENTFD need count 1"),
    implementation(
        "ERR-REQ-NEGATIVE-FD",
        "only -1 drops an ERR or REQ trigger, since 6.19 and 6.12.63",
    ),
    implementation("RESET-NONE", "a function that can't be reset answers EINVAL"),
    implementation("RESET-RESTORE", "a reset restores MSI and MSI-X as the host had set them"),
    implementation("REGION-INDEX", "the function has no such region"),
    implementation("REGION-RANGE", "the access must lie within the region"),
    implementation("REGION-MEMORY", "a BAR answers EIO while Memory Space is off"),
    implementation("DEVICE-CLOSED", "the device's descriptor is not open"),
];

/// The rule with this id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

/// An errno and the rule that says so.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Refusal {
    /// What the call answers.
    pub errno: crate::errno::Errno,
    /// Id of the rule.
    pub clause: &'static str,
}

impl Refusal {
    /// A refusal by a rule of [`RULES`].
    pub const fn new(errno: crate::errno::Errno, clause: &'static str) -> Self {
        Self { errno, clause }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_ids_are_unique() {
        for (at, rule) in RULES.iter().enumerate() {
            assert!(RULES[..at].iter().all(|other| other.id != rule.id), "{} twice", rule.id);
        }
    }
}
