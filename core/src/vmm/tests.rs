//! What each strategy requests, against what its source says, and figures that can fail.

use alloc::format;
use alloc::string::{String, ToString};

use super::race::{Figures, figures, held, race};
use super::report::share;
use super::*;
use crate::explore::{Bounds, tally};
use crate::host::{HostProfile, PROFILES};
use crate::machine::Emulator;
use crate::pci::{Function, FunctionSpec};
use crate::scenario::{Overrides, run_emulated};

const WITH: &str = "linux-6.1";
const WITHOUT: &str = "linux-6.12";

/// Three vectors of a table of four.
fn small(vectors: Option<u32>) -> Setup {
    Setup { queues: 3, table: 4, vectors }
}

fn host(name: &str) -> HostProfile {
    HostProfile::by_name(name).expect("built in")
}

fn strategy(name: &str) -> &'static Strategy {
    Strategy::by_name(name).expect("there is one")
}

fn workload(name: &str) -> &'static Workload {
    Workload::by_name(name).expect("there is one")
}

fn played(who: &str, what: &str, on: &str, setup: Setup) -> Play {
    play(strategy(who), workload(what), &host(on), setup).expect("plays")
}

/// The lines that do something, blanks squeezed, without the questions of the beginning.
fn lines(play: &Play) -> Vec<String> {
    let text = play.scenario().to_string();
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines = text.lines().map(words);
    let does = |line: &String| {
        ["set_irqs", "meanwhile", "config"].iter().any(|word| line.starts_with(word))
    };
    lines.filter(does).collect()
}

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

/// A VMM and its device, for what no workload does.
struct Bench {
    vmm: Vmm,
    emulator: Emulator,
}

impl Bench {
    fn new(who: &str, on: &str) -> Self {
        let function = Function::new(&FunctionSpec::simple()).expect("builds");
        let mut machine = crate::machine::Machine::new(function, host(on));
        machine.call(crate::event::Call::Open, &mut ());
        let mut emulator = Emulator::new(machine);
        let mut vmm = Vmm::new(strategy(who));
        assert_eq!(vmm.begin(&mut emulator), Reply::Fine);
        Self { vmm, emulator }
    }

    fn act(&mut self, action: Action) -> Reply {
        self.vmm.act(&action, &mut self.emulator)
    }

    /// Vectors with a handler, and the name of its eventfd.
    fn armed(&self) -> Vec<String> {
        let vectors = self.emulator.machine.host.vectors();
        let armed = vectors.filter_map(|one| {
            let name = self.vmm.name(one.eventfd?).unwrap_or("?");
            Some(format!("{}={name}", one.vector))
        });
        armed.collect()
    }

    fn allocated(&self) -> usize {
        self.emulator.machine.host.vectors().count()
    }
}

fn enable(unmasked: &[u16]) -> Action {
    Action::Enable { vectors: 4, unmasked: unmasked.to_vec() }
}

#[test]
fn entries_unmasked_before_msix_is_enabled_are_armed_with_it() {
    for (who, on, allocated) in
        [("qemu", WITH, 3), ("qemu", WITHOUT, 2), ("crosvm", WITH, 8), ("rebuild", WITH, 3)]
    {
        let mut bench = Bench::new(who, on);
        bench.act(enable(&[0, 2]));
        assert_eq!(bench.armed(), ["0=v0", "2=v2"], "{who} on {on}");
        assert_eq!(bench.allocated(), allocated, "{who} on {on}");
    }
}

#[test]
fn entry_unmasked_while_msix_is_off_requests_nothing() {
    let mut bench = Bench::new("qemu", WITH);
    bench.act(Action::Unmask(1));
    assert_eq!(bench.armed(), Vec::<String>::new());
    assert!(bench.vmm.view().intx, "INTx is on until MSI-X is");
}

#[test]
fn disabling_msix_brings_intx_back_where_there_is_a_guest() {
    for (who, intx) in
        [("qemu", true), ("crosvm", true), ("cloud-hypervisor", true), ("dpdk", false)]
    {
        let mut bench = Bench::new(who, WITH);
        bench.act(enable(&[0]));
        assert!(!bench.vmm.view().intx, "{who}");
        bench.act(Action::Disable);
        assert_eq!(bench.allocated(), 0, "{who}");
        assert_eq!(bench.vmm.view().intx, intx, "{who}");
    }
}

#[test]
fn intx_handled_by_the_guest_is_unmasked() {
    let mut bench = Bench::new("qemu", WITH);
    let masked = |bench: &Bench| match bench.emulator.machine.host.mode() {
        crate::host::IrqMode::Intx(intx) => intx.masked,
        _ => panic!("INTx is on"),
    };
    bench.emulator.machine.stimulate(crate::device::Stimulus::AssertIntx, &mut ());
    assert!(masked(&bench));
    bench.emulator.machine.stimulate(crate::device::Stimulus::DeassertIntx, &mut ());
    bench.act(Action::HandleIntx);
    assert!(!masked(&bench));
}

#[test]
fn entry_beyond_the_table_is_refused() {
    let mut bench = Bench::new("qemu", WITHOUT);
    bench.act(enable(&[]));
    assert_eq!(bench.act(Action::Unmask(8)), Reply::Refused);
    assert_eq!(bench.act(enable(&[8])), Reply::Refused);
}

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

#[test]
fn play_as_a_text_runs_as_it_stands() {
    for host in PROFILES {
        for vectors in [None, Some(3), Some(0)] {
            for workload in WORKLOADS {
                for strategy in STRATEGIES {
                    let setup = Setup { vectors, ..Setup::default() };
                    let play = play(strategy, workload, host, setup).expect("plays");
                    let text = play.scenario().to_string();
                    let scenario = crate::scenario::Scenario::parse(&text).expect("reads");
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

#[test]
fn vectors_held_are_the_table_or_what_is_used() {
    let setup = Setup { queues: 5, table: 65, vectors: None };
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
        let text = race.text();
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
fn share_is_never_rounded_to_none_or_all() {
    assert_eq!(share(0, 7), "0 %");
    assert_eq!(share(7, 7), "100 %");
    assert_eq!(share(1, 100_000), "<0.1 %");
    assert_eq!(share(99_999, 100_000), "99.9 %");
    assert_eq!(share(1, 4), "25.0 %");
}
