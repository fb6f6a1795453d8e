//! Figures, counted twice and against what must be so; and how they are shown.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{WITH, WITHOUT, host, small, strategy, workload};
use crate::explore::{Bounds, tally};
use crate::host::PROFILES;
use crate::pci::WhenOff;
use crate::scenario::{Overrides, Scenario, run_emulated};
use crate::vmm::race::{figures, held, race};
use crate::vmm::report::{Mark, share};
use crate::vmm::{STRATEGIES, Setup, WORKLOADS, play};

#[test]
fn play_as_a_text_runs_as_it_stands() {
    for host in PROFILES {
        for vectors in [None, Some(3), Some(0)] {
            for workload in WORKLOADS {
                for strategy in STRATEGIES {
                    let setup = Setup { vectors, ..Setup::default() };
                    let play = play(strategy, workload, host, setup).expect("plays");
                    let text = play.scenario().to_string();
                    let scenario = Scenario::parse(&text).expect("reads");
                    assert_eq!(scenario, play.scenario());
                    let trace = run_emulated(&scenario, &Overrides::default()).expect("runs");
                    assert!(trace.held, "{text}");
                    let long = text.lines().find(|line| line.chars().count() > 72);
                    assert_eq!(long, None, "{text}");
                }
            }
        }
    }
}

/// The explorer counts the same runs, in another way: each state once, on packed parts, over the text.
#[test]
fn runs_counted_here_are_those_the_explorer_counts() {
    for on in [WITH, WITHOUT, "mediated"] {
        for workload in WORKLOADS {
            for strategy in STRATEGIES {
                let figures = figures(strategy, workload, &host(on), small(None)).expect("plays");
                let text = play(strategy, workload, &host(on), small(None)).expect("plays");
                let text = text.scenario();
                let found = tally(&text, &Overrides::default(), Bounds::default());
                let found = found.expect("can be explored").expect("fits");
                let here = (figures.runs, figures.losing);
                assert_eq!(here, (found.runs, found.losing), "{text}");
                // One that merged into a lost one is lost here, and merged there.
                assert!(figures.worst >= found.worst, "{text}");
                assert_eq!(figures.worst == 0, found.worst == 0, "{text}");
            }
        }
    }
}

#[test]
fn only_who_ignores_the_flag_loses_where_it_is_absent() {
    for host in PROFILES {
        for workload in WORKLOADS {
            for strategy in STRATEGIES {
                let figures = figures(strategy, workload, host, small(None)).expect("plays");
                let what = format!("{strategy:?} {workload:?} {}", host.name);
                let loses = match strategy.name {
                    "rebuild" => true,
                    // The highest vector first leaves nothing to rebuild.
                    "qemu" => host.name == WITH && workload.name != "blocks",
                    _ => false,
                };
                assert_eq!(figures.losing > 0, loses, "{what}");
                assert_eq!(figures.window > 0, loses, "{what}");
                assert_eq!(figures.working, figures.started, "{what}");
            }
        }
    }
}

/// After each of: clear MSI-X Enable, free the vectors, write Command. The next request begins with
/// Enable and Function Mask set, and from then on the function keeps what it raises pending.
#[test]
fn window_of_a_rebuild_is_three_micro_steps_long() {
    for who in ["qemu", "rebuild"] {
        let figures = figures(strategy(who), workload("hotplug"), &host(WITH), small(None));
        assert_eq!(figures.expect("plays").window, 3, "{who}");
    }
}

/// What is held while MSI-X is off goes out later. What is left is the step between the handler's removal
/// and the entry's mask, in which a message reaches an irq descriptor that is freed next.
#[test]
fn function_that_holds_what_it_raises_loses_in_one_micro_step_alone() {
    let figures = |who, on, when_off| {
        let setup = Setup { when_off, ..small(None) };
        figures(strategy(who), workload("hotplug"), &host(on), setup).expect("plays")
    };
    for who in ["qemu", "rebuild"] {
        let [divert, drop, hold] =
            [WhenOff::Divert, WhenOff::Drop, WhenOff::Hold].map(|off| figures(who, WITH, off));
        assert_eq!((divert.losing, divert.window), (drop.losing, drop.window), "{who}");
        assert_eq!(hold.window, 1, "{who}");
        assert!(0 < hold.losing && hold.losing < divert.losing, "{who}");
    }
    // A host that emulates the device has no such step.
    assert_eq!(figures("rebuild", "mediated", WhenOff::Hold).losing, 0);
}

#[test]
fn vectors_held_are_the_table_or_what_is_used() {
    let setup = Setup { queues: 5, table: 65, ..Setup::default() };
    let held =
        |who| held(strategy(who), workload("hotplug"), &host(WITHOUT), setup).expect("plays");
    for who in ["cloud-hypervisor", "crosvm"] {
        assert_eq!(held(who), 65, "{who}");
    }
    for who in ["dpdk", "qemu", "openvmm", "rebuild"] {
        assert_eq!(held(who), 5, "{who}");
    }
}

#[test]
fn hosts_with_the_same_figures_stand_together() {
    let race = race(&[workload("blocks")], PROFILES, small(None)).expect("plays");
    let titles: Vec<String> = race.hosts.iter().map(|on| on.title()).collect();
    assert_eq!(
        titles,
        [
            "linux-6.1: MSI-X with NORESIZE",
            "linux-6.12, linux-7.3: MSI-X without NORESIZE",
            "mediated: MSI-X without NORESIZE",
        ]
    );
}

#[test]
fn report_fits_a_mail_and_names_everyone() {
    let all: Vec<_> = WORKLOADS.iter().collect();
    for vectors in [None, Some(1)] {
        let race = race(&all, &[host(WITH)], small(vectors)).expect("plays");
        let text = race.text(&|_, words| words.to_string());
        for line in text.lines() {
            assert!(line.chars().count() <= 72, "{line}");
        }
        for strategy in STRATEGIES {
            assert!(text.contains(strategy.name) && race.svg().contains(strategy.name));
            assert!(race.markdown(2).contains(&format!("\n| {} ", strategy.name)));
        }
        assert!(text.contains("does not run with NORESIZE"));
        assert_eq!(text.contains("too few vectors"), vectors.is_some());
        let svg = race.svg();
        assert!(!svg.contains("\n\n"), "Markdown ends an inlined drawing at a blank line");
    }
}

#[test]
fn report_marks_titles_and_what_is_lost() {
    let race = race(&[workload("hotplug")], &[host(WITH)], small(None)).expect("plays");
    let text = race.text(&|mark, words| match mark {
        Mark::Title => format!("<{words}>"),
        Mark::Lost => format!("[{words}]"),
    });
    assert!(text.contains("<linux-6.1: MSI-X with NORESIZE>\n"), "{text}");
    // QEMU and the naive way.
    assert_eq!(text.matches('[').count(), 2, "{text}");
    assert!(text.contains("[     2]"), "the mark is around the cell, blanks and all: {text}");
}

#[test]
fn share_is_never_rounded_to_none_or_all() {
    assert_eq!(share(0, 7), "0 %");
    assert_eq!(share(7, 7), "100 %");
    assert_eq!(share(1, 100_000), "<0.1 %");
    assert_eq!(share(99_999, 100_000), "99.9 %");
    assert_eq!(share(1, 4), "25.0 %");
}
