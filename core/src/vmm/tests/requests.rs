//! The requests of each strategy, against what its source says.

use alloc::string::String;
use alloc::vec::Vec;

use super::{WITH, WITHOUT, lines, played, small};
use crate::vmm::WORKLOADS;

/// What a strategy does with a driver that asks for vector after vector, each queue started at once.
fn hotplug(who: &str, on: &str, vectors: Option<u32>) -> Vec<String> {
    let mut lines = lines(&played(who, "hotplug", on, small(vectors)));
    // Up to the last vector's start.
    lines.truncate(lines.iter().rposition(|line| line.contains("fire")).map_or(0, |at| at + 1));
    lines
}

#[test]
fn qemu_with_noresize_tears_down_and_rebuilds_for_each_vector() {
    let expected = [
        "set_irqs intx trigger eventfd 0 [intx] -> 0",
        "set_irqs intx trigger none 0+0 -> 0",
        "set_irqs msix trigger eventfd 0 [-1] -> 0",
        "set_irqs msix trigger none 0+0 -> 0",
        "set_irqs msix trigger eventfd 0 [v0] -> 0",
        "set_irqs msix trigger none 0+0 -> 0",
        "set_irqs msix trigger eventfd 0 [v0..v1] -> 0",
        "meanwhile fire 0",
        "meanwhile fire 1",
        "set_irqs msix trigger none 0+0 -> 0",
        "set_irqs msix trigger eventfd 0 [v0..v2] -> 0",
        "meanwhile fire 2",
    ];
    assert_eq!(hotplug("qemu", WITH, None), expected);
}

#[test]
fn qemu_without_noresize_arms_one_vector_at_a_time() {
    for on in [WITHOUT, "linux-7.3", "mediated"] {
        assert_eq!(
            hotplug("qemu", on, None),
            [
                "set_irqs intx trigger eventfd 0 [intx] -> 0",
                "set_irqs intx trigger none 0+0 -> 0",
                "set_irqs msix trigger eventfd 0 [-1] -> 0",
                "set_irqs msix trigger eventfd 0 [v0] -> 0",
                "set_irqs msix trigger eventfd 1 [v1] -> 0",
                "meanwhile fire 0",
                "meanwhile fire 1",
                "set_irqs msix trigger eventfd 2 [v2] -> 0",
                "meanwhile fire 2",
            ],
            "{on}"
        );
    }
}

#[test]
fn qemu_masking_an_entry_moves_it_to_its_own_eventfd_and_back() {
    let lines = lines(&played("qemu", "hotplug", WITH, small(None)));
    assert_eq!(
        lines[lines.len() - 2..],
        ["set_irqs msix trigger eventfd 2 [u2] -> 0", "set_irqs msix trigger eventfd 2 [v2] -> 0",]
    );
}

#[test]
fn crosvm_requests_the_whole_table_first_whatever_the_flag() {
    for on in [WITH, WITHOUT] {
        assert_eq!(
            hotplug("crosvm", on, None),
            [
                "set_irqs intx trigger eventfd 0 [intx] -> 0",
                "set_irqs intx trigger none 0+0 -> 0",
                "set_irqs msix trigger eventfd 0 [spare, -1 x3] -> 0",
                "set_irqs msix trigger eventfd 0 [-1 x4] -> 0",
                "set_irqs msix trigger eventfd 0 [-1 x4] -> 0",
                "set_irqs msix trigger eventfd 0 [v0] -> 0",
                "set_irqs msix trigger eventfd 1 [v1] -> 0",
                "meanwhile fire 0",
                "meanwhile fire 1",
                "set_irqs msix trigger eventfd 2 [v2] -> 0",
                "meanwhile fire 2",
            ],
            "{on}"
        );
    }
}

#[test]
fn cloud_hypervisor_arms_the_whole_table_once() {
    for on in [WITH, WITHOUT] {
        for workload in WORKLOADS {
            let lines = lines(&played("cloud-hypervisor", workload.name, on, small(None)));
            let requests: Vec<_> = lines.iter().filter(|line| line.starts_with("set")).collect();
            assert_eq!(
                requests,
                [
                    "set_irqs intx trigger eventfd 0 [intx] -> 0",
                    "set_irqs intx trigger none 0+0 -> 0",
                    "set_irqs msix trigger eventfd 0 [v0..v3] -> 0",
                ]
            );
        }
    }
}

#[test]
fn dpdk_arms_what_it_uses_once() {
    let lines = lines(&played("dpdk", "blocks", WITH, small(None)));
    let requests: Vec<_> = lines.iter().filter(|line| line.starts_with("set")).collect();
    assert_eq!(requests, ["set_irqs msix trigger eventfd 0 [v0..v2] -> 0"]);
}

#[test]
fn openvmm_refuses_the_device_with_noresize() {
    let play = played("openvmm", "hotplug", WITH, small(None));
    assert!(play.refused);
    assert_eq!(lines(&play), Vec::<String>::new());
}

#[test]
fn openvmm_without_noresize_maps_each_vector_once() {
    let lines = lines(&played("openvmm", "hotplug", WITHOUT, small(None)));
    assert_eq!(
        lines,
        [
            "config read 0x04 4",
            "config write 0x04 4 0x00100406 -> 0",
            "set_irqs msix trigger eventfd 0 [v0] -> 0",
            "set_irqs msix trigger eventfd 1 [v1] -> 0",
            "meanwhile fire 0",
            "meanwhile fire 1",
            "set_irqs msix trigger eventfd 2 [v2] -> 0",
            "meanwhile fire 2",
        ]
    );
}

#[test]
fn rebuild_does_so_on_every_host() {
    for on in [WITH, WITHOUT, "mediated"] {
        assert_eq!(
            hotplug("rebuild", on, None),
            [
                "set_irqs msix trigger eventfd 0 [v0] -> 0",
                "set_irqs msix trigger none 0+0 -> 0",
                "set_irqs msix trigger eventfd 0 [v0..v1] -> 0",
                "meanwhile fire 0",
                "meanwhile fire 1",
                "set_irqs msix trigger none 0+0 -> 0",
                "set_irqs msix trigger eventfd 0 [v0..v2] -> 0",
                "meanwhile fire 2",
            ],
            "{on}"
        );
    }
}
