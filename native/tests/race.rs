//! `vfio-irq race`: what it prints, that its scenarios run, and what it refuses.

mod command;

use command::{ran, ran_with};

#[test]
fn race_prints_a_table_for_each_host_and_workload() {
    let ran = ran("race");
    assert_eq!((ran.status, &*ran.stderr), (0, ""));
    for title in ["linux-6.1: MSI-X with NORESIZE", "linux-6.12, linux-7.3: MSI-X without NORESIZE"]
    {
        assert!(ran.stdout.contains(title), "{title}");
    }
    // Three groups of hosts, four workloads.
    assert_eq!(ran.stdout.matches("\nqemu ").count(), 12, "{}", ran.stdout);
    let long = ran.stdout.lines().find(|line| line.chars().count() > 72);
    assert_eq!(long, None);
}

#[test]
fn race_on_one_host_in_one_workload_says_who_loses() {
    let ran = ran("race --host linux-6.1 --workload on-demand");
    let row = |name: &str| {
        // Not the line that says what it does, which is set in.
        let row = ran.stdout.lines().find(|line| line.starts_with(name));
        row.unwrap_or_else(|| panic!("{name}: {}", ran.stdout))
            .split_whitespace()
            .nth(2)
            .map(str::to_owned)
    };
    assert_eq!(row("qemu "), Some("3".into()));
    assert_eq!(row("crosvm "), Some("0".into()));
    assert!(ran.stdout.contains("openvmm           does not run with NORESIZE"), "{}", ran.stdout);
}

#[test]
fn race_on_a_host_short_of_vectors_counts_the_queues_that_work() {
    let ran = ran("race --host linux-6.1 --workload on-demand --vectors 3 --format json");
    assert_eq!((ran.status, &*ran.stderr), (0, ""));
    let race: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let strategies = &race["hosts"][0]["workloads"][0]["strategies"];
    let working = |name: &str| {
        let all = strategies.as_array().expect("a list");
        all.iter().find(|one| one["strategy"] == name).expect("raced")["working"].as_u64()
    };
    assert_eq!(race["setup"]["vectors"], 3);
    assert_eq!((working("qemu"), working("rebuild")), (Some(0), Some(3)));
}

#[test]
fn race_of_a_function_that_holds_loses_in_one_micro_step() {
    let held = ran("race --host linux-6.1 --workload hotplug --when-off hold").stdout;
    let row = held.lines().find(|line| line.starts_with("qemu ")).expect("raced");
    assert_eq!(row.split_whitespace().last(), Some("1"), "{held}");
    assert!(held.contains("The function holds what it raises while MSI-X is off."), "{held}");
    let scenario = ran("race --scenario qemu/hotplug --when-off hold").stdout;
    assert!(scenario.contains("function intx msix=8 when-off=hold\n"), "{scenario}");
}

#[test]
fn scenario_of_a_race_runs() {
    for which in ["qemu/hotplug/linux-6.1", "crosvm/blocks/mediated", "openvmm/on-demand"] {
        let scenario = ran(&format!("race --scenario {which}"));
        assert_eq!((scenario.status, &*scenario.stderr), (0, ""), "{which}");
        let ran = ran_with("run -", scenario.stdout.as_bytes());
        assert_eq!((ran.status, &*ran.stderr), (0, ""), "{which}");
    }
}

#[test]
fn chart_and_page_are_what_they_say() {
    let svg = ran("race --host mediated --workload blocks --format svg").stdout;
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{svg}");
    let page = ran("race --host mediated --workload blocks --format markdown").stdout;
    assert!(page.contains("## mediated: MSI-X without NORESIZE\n"), "{page}");
}

#[test]
fn race_is_coloured_where_colours_are_asked_for() {
    let arguments = "race --host linux-6.1 --workload hotplug";
    assert!(!ran(arguments).stdout.contains('\x1b'));
    let coloured = ran(&format!("{arguments} --color always")).stdout;
    assert!(coloured.contains("\x1b[1mlinux-6.1: MSI-X with NORESIZE\x1b[0m"), "{coloured}");
    for format in ["json", "svg", "markdown"] {
        let plain = ran(&format!("{arguments} --color always --format {format}")).stdout;
        assert!(!plain.contains('\x1b'), "{format}");
    }
}

#[test]
fn race_that_cannot_be_is_refused_by_name() {
    for (arguments, said) in [
        ("race --scenario nobody/hotplug", "no strategy is called `nobody`"),
        ("race --scenario qemu", "no workload is called ``"),
        ("race --scenario qemu/hotplug/linux-9", "no host is called `linux-9`"),
        ("race --table 3", "a table of 3 entries has no 4 vectors"),
        ("race --queues 7", "7 is not in 2..=6"),
        ("race --scenario qemu/hotplug --format json", "cannot be used with"),
    ] {
        let ran = ran(arguments);
        assert_eq!((ran.status, &*ran.stdout), (2, ""), "{arguments}");
        assert!(ran.stderr.contains(said), "{arguments}: {}", ran.stderr);
    }
}
