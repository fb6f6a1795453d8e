//! Host profiles: how the kernels differ, as data.

use alloc::borrow::Cow;

/// The switches of the model. Each is explained, with kernels and evidence, by its row in
/// [`DIFFERENCES`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Rules {
    /// MSI-X vectors can be allocated after enable; NORESIZE is derived from it.
    pub dynamic_msix: bool,
    /// A block on an enabled index is checked against the allocated vectors before anything is
    /// touched (otherwise vector by vector).
    pub range_first: bool,
    /// A loopback over vectors never allocated is refused (otherwise they are skipped).
    pub loopback_in_range: bool,
    /// Conventional PCI functions have the ERR index.
    pub err_on_conventional: bool,
    /// ERR and REQ refuse descriptors below -1 (otherwise they do nothing).
    pub err_req_strict_negative: bool,
    /// Multi-MSI without interrupt remapping is refused before the first register write.
    pub multi_msi_refused_early: bool,
    /// Restoring MSI-X after a reset sets Memory Space for the time of the table writes.
    pub restore_sets_memory: bool,
    /// The device is emulated by its host: enabling and resizing touch no register.
    pub emulated: bool,
}

/// A host.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct HostProfile {
    /// Name in scenarios and on the command line.
    pub name: Cow<'static, str>,
    /// What it stands for.
    pub summary: Cow<'static, str>,
    /// How it behaves.
    pub rules: Rules,
    /// Host vectors that can be had in all; `None`: never short.
    pub vectors: Option<u32>,
    /// Interrupt remapping is on. Without, Linux grants one MSI vector at most.
    pub remapping: bool,
}

/// One named difference between hosts.
#[derive(Clone, Copy, Debug)]
pub struct Difference {
    /// Short id.
    pub id: &'static str,
    /// The question it answers.
    pub question: &'static str,
    /// The answer where the switch is on, and where it is off.
    pub answers: (&'static str, &'static str),
    /// Where it changed: kernel and commit, as far as known.
    pub since: &'static str,
    /// The rule of the book.
    pub clause: &'static str,
    /// The switch.
    pub of: fn(&Rules) -> bool,
    /// Turns the switch: a host that differs from another in this alone tells what it is
    /// responsible for.
    pub set: fn(&mut Rules, bool),
}

/// The differences, in the order the command prints them.
///
/// Read in linux-source 6.1.192, 6.12.95 and 7.3.4 (Debian). What was also seen on those kernels
/// is said in the book, clause by clause.
pub const DIFFERENCES: &[Difference] = &[
    Difference {
        id: "dynamic-msix",
        question: "Can an MSI-X vector be added to the enabled index?",
        answers: ("yes: NORESIZE is clear", "no: NORESIZE is set"),
        since: "6.5 (dd27a7070038, e4163438e015, 6c8017c6a58d), where the irq domain can",
        clause: "MSG-NORESIZE",
        of: |rules| rules.dynamic_msix,
        set: |rules, on| rules.dynamic_msix = on,
    },
    Difference {
        id: "range-first",
        question: "When is a block over vectors never allocated refused?",
        answers: (
            "before anything is touched",
            "vector by vector; those already done are released",
        ),
        since: "until 6.4; gone with 6.5 (63972f63a63f)",
        clause: "MSG-NORESIZE",
        of: |rules| rules.range_first,
        set: |rules, on| rules.range_first = on,
    },
    Difference {
        id: "loopback-in-range",
        question: "What does a loopback over vectors never allocated do?",
        answers: ("EINVAL", "skips them, 0"),
        since: "until 6.4; gone with 6.5 (63972f63a63f)",
        clause: "MSG-LOOPBACK-RANGE",
        of: |rules| rules.loopback_in_range,
        set: |rules, on| rules.loopback_in_range = on,
    },
    Difference {
        id: "err-on-conventional",
        question: "Has a conventional PCI function an ERR index?",
        answers: ("yes, count 1", "no, EINVAL"),
        since: "7.3 (4e3c1fc8abcb)",
        clause: "INFO-ERR",
        of: |rules| rules.err_on_conventional,
        set: |rules, on| rules.err_on_conventional = on,
    },
    Difference {
        id: "err-req-strict-negative",
        question: "What does a descriptor below -1 do to ERR and REQ?",
        answers: ("EINVAL", "nothing, 0"),
        since: "6.19 and 6.12.63 (98693e0897f7), not in 6.1.192",
        clause: "ERR-REQ-NEGATIVE-FD",
        of: |rules| rules.err_req_strict_negative,
        set: |rules, on| rules.err_req_strict_negative = on,
    },
    Difference {
        id: "multi-msi-refused-early",
        question: "Without interrupt remapping, when is multi-MSI cut to one vector?",
        answers: ("before the first register write", "after MSI was set up once in vain"),
        since: "6.2 (d2a463b29741)",
        clause: "MSG-SUPPLY",
        of: |rules| rules.multi_msi_refused_early,
        set: |rules, on| rules.multi_msi_refused_early = on,
    },
    Difference {
        id: "restore-sets-memory",
        question: "Is Memory Space set while MSI-X is restored after a reset?",
        answers: ("yes", "no: with Memory Space off the table stays empty"),
        since: "7.3 (231c7a57d193); in 6.1.192, and in 6.12 since 6.12.109",
        clause: "RESET-RESTORE",
        of: |rules| rules.restore_sets_memory,
        set: |rules, on| rules.restore_sets_memory = on,
    },
    Difference {
        id: "emulated",
        question: "Is the device emulated by its host?",
        answers: ("yes: no register is written, no other vector is touched", "no: a real function"),
        since: "a device of an mdev or vfio-user host",
        clause: "MSG-NORESIZE",
        of: |rules| rules.emulated,
        set: |rules, on| rules.emulated = on,
    },
];

const LINUX_6_1: Rules = Rules {
    dynamic_msix: false,
    range_first: true,
    loopback_in_range: true,
    err_on_conventional: false,
    err_req_strict_negative: false,
    multi_msi_refused_early: false,
    restore_sets_memory: true,
    emulated: false,
};

const LINUX_6_12: Rules = Rules {
    dynamic_msix: true,
    range_first: false,
    loopback_in_range: false,
    err_on_conventional: false,
    err_req_strict_negative: true,
    multi_msi_refused_early: true,
    restore_sets_memory: false,
    emulated: false,
};

const LINUX_7_3: Rules =
    Rules { err_on_conventional: true, restore_sets_memory: true, ..LINUX_6_12 };

/// MEDIATED-PROMISE: what the header says. MEDIATED-ERRNO: the errnos it does not say are Linux's.
const MEDIATED: Rules = Rules { emulated: true, ..LINUX_7_3 };

const fn profile(name: &'static str, summary: &'static str, rules: Rules) -> HostProfile {
    HostProfile {
        name: Cow::Borrowed(name),
        summary: Cow::Borrowed(summary),
        rules,
        vectors: None,
        remapping: true,
    }
}

/// The hosts that come built in, oldest first.
pub const PROFILES: &[HostProfile] = &[
    profile(
        "linux-6.1",
        "vfio-pci of Linux 6.1 (Debian 6.1.192): NORESIZE on MSI and MSI-X",
        LINUX_6_1,
    ),
    profile(
        "linux-6.12",
        "vfio-pci of Linux 6.12 (Debian 6.12.95): MSI-X grows, MSI does not",
        LINUX_6_12,
    ),
    profile(
        "linux-7.3",
        "vfio-pci of Linux 7.3 (Debian 7.3.4): MSI-X grows, MSI does not",
        LINUX_7_3,
    ),
    profile("mediated", "a device emulated by its host: NORESIZE on neither", MEDIATED),
];

impl HostProfile {
    /// The built-in profile of this name.
    pub fn by_name(name: &str) -> Option<Self> {
        PROFILES.iter().find(|profile| profile.name == name).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switch_that_is_set_is_the_one_read() {
        for difference in DIFFERENCES {
            let mut rules = LINUX_6_1;
            let others = |rules: &Rules| {
                let others = DIFFERENCES.iter().filter(|other| other.id != difference.id);
                others.map(|other| (other.of)(rules)).collect::<alloc::vec::Vec<_>>()
            };
            let before = others(&rules);
            for on in [true, false] {
                (difference.set)(&mut rules, on);
                assert_eq!((difference.of)(&rules), on, "{}", difference.id);
                assert_eq!(others(&rules), before, "{} turns another switch", difference.id);
            }
        }
    }
}
