//! What each strategy does when the host is out of vectors.

use alloc::string::String;
use alloc::vec::Vec;

use super::{WITH, WITHOUT, host, lines, played, small, strategy, workload};
use crate::vmm::race::{Figures, figures};

/// Whether no request of it was answered otherwise than by 0, and what those were answered.
fn refusals(lines: &[String]) -> Vec<&str> {
    let answers = lines.iter().filter_map(|line| line.split_once("-> ").map(|(_, answer)| answer));
    answers.filter(|answer| *answer != "0").collect()
}

#[test]
fn cloud_hypervisor_out_of_vectors_goes_on_with_nothing() {
    for (vectors, said) in [(2, "only 2"), (0, "ENOSPC")] {
        let play = played("cloud-hypervisor", "hotplug", WITH, small(Some(vectors)));
        assert_eq!(refusals(&lines(&play)), [said]);
        assert_eq!((play.refused, play.started()), (false, 3), "the guest is not told");
    }
    let figures = short("cloud-hypervisor", WITH, 2);
    assert_eq!((figures.working, figures.worst, figures.held), (0, 3, 0));
    assert_eq!(figures.losing, figures.runs);
}

#[test]
fn dpdk_out_of_vectors_does_not_start() {
    for (vectors, said) in [(2, "only 2"), (0, "ENOSPC")] {
        let play = played("dpdk", "hotplug", WITH, small(Some(vectors)));
        assert_eq!(refusals(&lines(&play)), [said]);
        assert_eq!((play.refused, play.started()), (true, 0));
    }
}

#[test]
fn qemu_out_of_vectors_with_noresize_loses_those_that_worked() {
    let play = played("qemu", "on-demand", WITH, small(Some(2)));
    assert_eq!(refusals(&lines(&play)), ["only 2"]);
    let figures = short("qemu", WITH, 2);
    assert_eq!((figures.working, figures.held), (0, 2));
    // Without, the vector that can't be had is the only one.
    let play = played("qemu", "on-demand", WITHOUT, small(Some(2)));
    assert_eq!(refusals(&lines(&play)), ["ENOSPC"]);
    let figures = short("qemu", WITHOUT, 2);
    assert_eq!((figures.working, figures.held, figures.worst), (2, 2, 1));
}

#[test]
fn crosvm_out_of_vectors_takes_the_positive_answer_for_success() {
    let lines = lines(&played("crosvm", "on-demand", WITH, small(Some(2))));
    assert_eq!(refusals(&lines), ["only 2", "only 2", "only 2", "EINVAL", "EINVAL"]);
    assert!(lines.contains(&"set_irqs msix trigger eventfd 0 [v0] -> 0".into()), "{lines:?}");
    assert_eq!(short("crosvm", WITH, 2).working, 1);
    assert_eq!(short("crosvm", WITHOUT, 2).working, 2);
}

#[test]
fn crosvm_without_any_vector_brings_intx_back_of_which_the_guest_knows_nothing() {
    let play = played("crosvm", "on-demand", WITH, small(Some(0)));
    let lines = lines(&play);
    let failed = lines.iter().position(|line| line.ends_with("ENOSPC")).expect("it fails");
    assert_eq!(lines[failed + 1], "set_irqs intx trigger eventfd 0 [intx] -> 0");
    let figures = short("crosvm", WITH, 0);
    assert_eq!((figures.working, figures.worst), (0, 3));
}

#[test]
fn openvmm_out_of_vectors_goes_without_the_queue() {
    let play = played("openvmm", "hotplug", WITHOUT, small(Some(2)));
    assert_eq!(refusals(&lines(&play)), ["ENOSPC"]);
    assert_eq!((play.started(), play.without), (2, 1));
    assert_eq!(short("openvmm", WITHOUT, 2).worst, 0);
}

#[test]
fn rebuild_out_of_vectors_asks_for_fewer_and_then_falls_back_to_intx() {
    let lines = lines(&played("rebuild", "hotplug", WITH, small(Some(2))));
    let short_of = lines.iter().position(|line| line.ends_with("only 2")).expect("it is short");
    assert_eq!(lines[short_of + 1], "set_irqs msix trigger eventfd 0 [v0..v1] -> 0");
    assert_eq!(short("rebuild", WITH, 2).working, 2);
    let figures = short("rebuild", WITH, 0);
    assert_eq!((figures.working, figures.worst, figures.held), (3, 0, 0));
}

/// Figures of the workload in which two vectors are asked for at once.
fn short(who: &str, on: &str, vectors: u32) -> Figures {
    let setup = small(Some(vectors));
    figures(strategy(who), workload("on-demand"), &host(on), setup).expect("plays")
}
