//! Real stories on two hosts, and two texts.

use super::*;

const GROWTH: &str = include_str!("../../../tests/scenarios/teardown/msix_grows.scenario");
const REFUSED: &str = include_str!("../../../tests/scenarios/msi/grow_refused_kills.scenario");

fn profile(name: &str) -> HostProfile {
    HostProfile::by_name(name).expect("built in")
}

fn on(text: &str, host: &str) -> Run {
    let run = Run::new(text).expect("the text of a test is right");
    run.on(profile(host)).expect("any host runs any text")
}

/// The comparison of a text on two hosts, and the id of what makes them differ first.
fn hosts(text: &str, a: &str, b: &str) -> (Comparison, Option<&'static str>) {
    let made = Comparison::new(&on(text, a), &on(text, b), Shown::default());
    let line = made.first().and_then(|row| row.lines[0]);
    let found = line.and_then(|line| responsible(text, &profile(a), &profile(b), line));
    (made, found.map(|difference| difference.id))
}

const GROW: &str = "function e1000e\nset_irqs msix trigger eventfd 0 [a]\nfire 0\n\
                    set_irqs msix trigger eventfd 1 [b]\nfire 1\n";

#[test]
fn msix_growth_differs_by_dynamic_allocation() {
    let (made, why) = hosts(GROW, "linux-6.1", "linux-6.12");
    let first = made.first().expect("they differ");
    assert_eq!(
        (first.lines, first.seek),
        ([Some(4), Some(4)], on(GROW, "linux-6.1").end_of_line(4).unwrap())
    );
    assert_eq!(why, Some("dynamic-msix"));
    let (_, why) = hosts(GROWTH, "linux-6.1", "linux-6.12");
    assert_eq!(why, Some("dynamic-msix"));
    let (_, why) = hosts(GROW, "linux-7.3", "linux-6.1");
    assert_eq!(why, Some("dynamic-msix"));
}

#[test]
fn linux_and_mediated_differ_by_registers() {
    let (made, why) = hosts(GROW, "linux-7.3", "mediated");
    assert_eq!(made.first().expect("they differ").lines, [Some(2), Some(2)]);
    assert_eq!(why, Some("emulated"));
}

#[test]
fn each_difference_is_found_by_a_text_that_shows_it() {
    let cases = [
        (
            "range-first",
            "linux-6.1",
            "linux-6.12",
            "function xhci\nset_irqs msi trigger eventfd 0 [a, b]\nset_irqs msi trigger eventfd 0 [a, b, c]\n",
        ),
        (
            "loopback-in-range",
            "linux-6.1",
            "linux-6.12",
            "function e1000e\nset_irqs msix trigger eventfd 0 [a]\nset_irqs msix trigger none 0+3\n",
        ),
        ("err-on-conventional", "linux-6.12", "linux-7.3", "function edu\nirq_info err\n"),
        (
            "err-req-strict-negative",
            "linux-6.1",
            "linux-7.3",
            "function e1000e\nset_irqs req trigger eventfd 0 [-2]\n",
        ),
        (
            "restore-sets-memory",
            "linux-6.12",
            "linux-7.3",
            "function e1000e\nset_irqs msix trigger eventfd 0 [a]\nreset\n",
        ),
    ];
    for (id, a, b, text) in cases {
        assert_eq!(hosts(text, a, b).1, Some(id), "{a} and {b}:\n{text}");
        assert_eq!(hosts(text, b, a).1, Some(id), "{b} and {a}:\n{text}");
    }
    assert_eq!(hosts(REFUSED, "linux-6.1", "linux-6.12").1, Some("range-first"));
}

#[test]
fn host_compared_with_itself_is_the_same() {
    let (made, why) = hosts(GROWTH, "linux-6.12", "linux-6.12");
    assert!(made.rows.iter().all(|row| row.same && row.events.is_none()));
    assert_eq!((made.hunks, why), (Vec::new(), None));
}

#[test]
fn every_event_stands_in_one_row() {
    let (a, b) = (on(GROWTH, "linux-6.1"), on(GROWTH, "linux-6.12"));
    for narrow in [false, true] {
        let made = Comparison::new(&a, &b, Shown { all: true, narrow });
        for (side, run) in [&a, &b].into_iter().enumerate() {
            let events =
                made.rows.iter().filter_map(|row| Some((row.entries[side]?, row.events?[side]?)));
            let all = run.trace().entries.iter().enumerate();
            let all =
                all.flat_map(|(at, entry)| (0..entry.events.len()).map(move |event| (at, event)));
            assert_eq!(events.collect::<Vec<_>>(), all.collect::<Vec<_>>());
        }
        assert!(
            made.rows
                .windows(2)
                .all(|rows| rows[0].seek <= rows[1].seek || rows[1].events.is_some())
        );
    }
}

#[test]
fn line_put_in_moves_nothing_else() {
    let run = |text: &str| Run::new(text).unwrap();
    // Another eventfd and another cause before: numbers shift, the story does not.
    let longer = GROW.replacen("fire 0\n", "eventfd new\nfire 0\nread a\nfire 0\n", 1);
    let made = Comparison::new(&run(GROW), &run(&longer), Shown::default());
    let odd: Vec<[Option<u32>; 2]> = made
        .rows
        .iter()
        .filter(|row| !row.same && row.events.is_none())
        .map(|row| row.lines)
        .collect();
    assert_eq!(odd, [[None, Some(3)], [None, Some(4)], [None, Some(5)]]);
}

#[test]
fn hunks_begin_where_a_difference_does() {
    let (made, _) = hosts(GROW, "linux-6.1", "linux-6.12");
    for hunk in &made.hunks {
        assert!(!made.rows[*hunk].same && made.rows[*hunk].events.is_some());
    }
    assert_eq!(made.hunks.len(), 2, "{:?}", made.rows);
}

#[test]
fn long_runs_are_aligned_in_bounded_time() {
    let text = "function e1000e\nset_irqs msix trigger eventfd 0 [a]\nset_irqs msix trigger eventfd 1 [b]\nfire 1 x20000\n";
    let (made, why) = hosts(text, "linux-6.1", "linux-6.12");
    assert_eq!(why, Some("dynamic-msix"));
    assert!(made.rows.len() > 20_000);
}
