use super::*;

const TEXT: &str = "# MSG-REARM: what\n# Hosts: linux-6.1\nfunction e1000e\nhost linux-6.1\n\n\
                    set_irqs msix trigger eventfd 0 [a] -> 0\nfire 0 -> a=1\n";

fn item(name: &str, text: &str) -> Item {
    Item::new(name.into(), text.into()).unwrap()
}

/// What the emulator says, as if a kernel had.
fn kept(items: &[Item]) -> Kept {
    let scenarios = asked(items, "linux-6.1", "e1000e", Part::Usual);
    let scenarios = scenarios.into_iter().map(|(_, recorded)| recorded).collect();
    let (kernel, qemu) = ("6.1.192-2 (6.1.0)".into(), "7.2.22".into());
    let recording = Recording { kernel, qemu, scenarios, ..Recording::default() };
    Kept { host: "linux-6.1".into(), device: "e1000e".into(), part: Part::Usual, recording }
}

fn texts(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

fn list() -> Vec<Difference> {
    let stanza =
        "Kernel: all\nDevice: e1000e\nScenario: a\nLines: 7\nWhose: QEMU\nReason: it does\n";
    differences::parse(stanza).unwrap()
}

#[test]
fn same_answers_are_no_problem() {
    let items = [item("a", TEXT)];
    let kept = kept(&items);
    assert!(kept.recording.scenarios[0].lines.contains(&"7 a=1".to_owned()));
    assert!(check(&kept, &items, &[]).is_empty());
}

#[test]
fn other_answer_is_shown_side_by_side_unless_it_is_listed() {
    let items = [item("a", TEXT)];
    let mut kept = kept(&items);
    let line = kept.recording.scenarios[0].lines.iter_mut().find(|line| *line == "7 a=1");
    *line.unwrap() = "7 a=0".into();
    let said = texts(&check(&kept, &items, &[]));
    assert_eq!(said.len(), 1);
    assert!(said[0].starts_with("linux-6.1/e1000e, a: emulator and kernel differ"), "{said:?}");
    assert!(said[0].contains("  emulator: 7 a=1\n  kernel:   7 a=0"), "{said:?}");
    assert!(check(&kept, &items, &list()).is_empty());
    assert!(needless(&[kept], &items, &list()).is_empty());
}

#[test]
fn difference_listed_that_is_none_is_a_problem() {
    let items = [item("a", TEXT)];
    let said = texts(&needless(&[kept(&items)], &items, &list()));
    assert!(said[0].starts_with("tests/differences.txt:1, a: listed as a difference, but"));
    assert!(needless(&[], &items, &list()).is_empty());
    let said = texts(&unheard(&[], &items, &list()));
    assert!(said[0].contains("no device it names carries it"), "{said:?}");
}

#[test]
fn recording_of_another_text_is_stale() {
    let kept = kept(&[item("a", TEXT)]);
    let said = texts(&check(&kept, &[item("a", &TEXT.replace("what", "that"))], &[]));
    assert_eq!(said.len(), 1);
    assert!(said[0].ends_with("run `cargo xtask kernels --record`"), "{said:?}");
}

#[test]
fn scenario_only_on_one_side_is_stale() {
    let (a, b) = (item("a", TEXT), item("b", TEXT));
    let said = texts(&check(&kept(std::slice::from_ref(&a)), std::slice::from_ref(&b), &[]));
    assert_eq!(said.len(), 2);
    assert!(said[0].starts_with("linux-6.1/e1000e, b: not recorded"), "{said:?}");
    assert!(said[1].starts_with("linux-6.1/e1000e, a: recorded, but there is no such"), "{said:?}");
}

#[test]
fn expectation_the_emulator_breaks_is_a_difference() {
    // As when the emulator gets a bug: the recording held, the emulator does not.
    let broken = item("a", &TEXT.replace("a=1", "a=2"));
    let mut kept = kept(&[item("a", TEXT)]);
    kept.recording.scenarios[0].fingerprint = broken.fingerprint();
    let said = texts(&check(&kept, &[broken], &[]));
    assert!(said[0].contains("emulator and kernel differ"), "{said:?}");
}

#[test]
fn changed_answer_is_drift_and_another_version_is_not() {
    let items = [item("a", TEXT)];
    let (before, mut now) = (kept(&items), kept(&items));
    now.recording.kernel = "6.1.200-1 (6.1.0)".into();
    assert!(drift(&before, &now).is_empty());
    now.recording.scenarios[0].lines[0] = "6 EINVAL".into();
    let said = texts(&drift(&before, &now));
    assert!(said[0].contains("  recorded: 6 0\n  now:      6 EINVAL"), "{said:?}");
}

#[test]
fn clause_is_confirmed_by_its_own_hosts_and_functions_only() {
    let seen = |text: &str| {
        let items = [item("a", text)];
        let verified = crate::verified::of(&[kept(&items)], &[], &items).unwrap();
        assert_eq!(verified.scenarios["a"].kernels["linux-6.1"], ["e1000e"]);
        verified.clauses.contains_key("MSG-REARM")
    };
    assert!(seen(TEXT));
    assert!(!seen(&TEXT.replace("Hosts: linux-6.1", "Hosts: linux-7.3")));
    assert!(!seen(&TEXT.replace("function e1000e", "function intx msix=5")));
}
