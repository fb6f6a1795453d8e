//! What drivers do that enable vectors late: the four cases Thomas Gleixner named in June 2021, when
//! the patch about the side effects of a resize was discussed, each as a fixed sequence of actions.

use alloc::vec;
use alloc::vec::Vec;

use super::policy::Action::{self, Enable, Mask, Request, Start, Unmask};

/// What a guest's driver does, for any number of queues.
#[derive(Clone, Copy)]
pub struct Workload {
    /// Name on the command line and in tables.
    pub name: &'static str,
    /// Which driver, in one line.
    pub summary: &'static str,
    /// What it does, and which vector may fire from when on: Markdown, one paragraph.
    pub text: &'static str,
    make: fn(u16) -> Vec<Action>,
}

impl Workload {
    /// The workload of this name.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        WORKLOADS.iter().find(|one| one.name == name)
    }

    /// What the driver does with this many queues (at least 2), one vector each.
    pub fn actions(&self, queues: u16) -> Vec<Action> {
        (self.make)(queues.max(2))
    }
}

impl core::fmt::Debug for Workload {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name)
    }
}

/// The driver enables MSI-X as Linux does: every entry masked.
fn enabled(vectors: u16) -> Vec<Action> {
    vec![Enable { vectors, unmasked: Vec::new() }]
}

/// The vector's interrupt is requested, then its queue is started.
fn up(vector: u16) -> [Action; 2] {
    [Unmask(vector), Start(vector)]
}

/// The vector's interrupt is requested, its queue started, the interrupt enabled.
fn late(vector: u16) -> [Action; 3] {
    [Request(vector), Start(vector), Unmask(vector)]
}

/// The four.
pub static WORKLOADS: &[Workload] = &[
    Workload {
        name: "hotplug",
        summary: "multiqueue with CPU hotplug",
        text: "A driver with a queue for each CPU has managed interrupts: those whose CPU is offline \
               stay masked. Half of the queues run from the start; then the other CPUs come online, \
               one after the other, and each unmasks its vector and starts its queue; at the end the \
               last CPU goes offline and comes back.",
        make: |queues| {
            let online = 0..queues.div_ceil(2);
            let mut actions = enabled(queues);
            actions.extend(online.clone().map(Unmask));
            actions.extend(online.clone().map(Start));
            actions.extend((online.end..queues).flat_map(up));
            actions.extend([Mask(queues - 1), Unmask(queues - 1)]);
            actions
        },
    },
    Workload {
        name: "late-request",
        summary: "interrupts requested disabled and enabled later",
        text: "A driver runs its first queue, which it disables and enables again once, and requests \
               the interrupts of the others without enabling them (`IRQF_NO_AUTOEN`). It starts these \
               queues first: their vectors may fire while their entries are still masked, and are to \
               be delivered once they are unmasked.",
        make: |queues| {
            let mut actions = enabled(queues);
            actions.extend(up(0));
            actions.extend([Mask(0), Unmask(0)]);
            actions.extend((1..queues).flat_map(late));
            actions
        },
    },
    Workload {
        name: "on-demand",
        summary: "functions of one device initialised on demand",
        text: "A device of several functions behind one MSI-X table (a network port, RDMA, storage): \
               the parent's driver runs on vector 0. A child's driver is loaded when it is first \
               asked for, requests half of the remaining vectors at once and then starts its queues; \
               another takes the rest.",
        make: |queues| {
            let mut actions = enabled(queues);
            actions.extend(up(0));
            let first = 1..1 + (queues - 1).div_ceil(2);
            let second = first.end..queues;
            for child in [first, second] {
                actions.extend(child.clone().map(Unmask));
                actions.extend(child.map(Start));
            }
            actions
        },
    },
    Workload {
        name: "blocks",
        summary: "an accelerator whose blocks are powered up when used",
        text: "An accelerator (an FPGA) powers its blocks up when they are used, in any order: here \
               the one with the highest vector first, then the others from the lowest on. The first \
               is powered down and up again at the end.",
        make: |queues| {
            let last = queues - 1;
            let mut actions = enabled(queues);
            actions.extend(up(last));
            actions.extend((0..last).flat_map(up));
            actions.extend([Mask(last), Unmask(last)]);
            actions
        },
    },
];
