//! `vfio-irq run`: notes about likely misuse, below the trace and in JSON.

mod command;

use command::ran_with;
use vfio_irq_core::scenario::{Overrides, Scenario, run_emulated};

/// Vector 1 is added under NORESIZE, and MSI-X has no mask action.
const MISUSE: &str = "\
host linux-6.1
set_irqs msix trigger eventfd 0 [a] -> 0
set_irqs msix trigger eventfd 1 [b] -> EINVAL
set_irqs msix mask none 0+1 -> ENOTTY
";
const WITHOUT: &str = "function simple\nset_irqs msix trigger eventfd 0 [a] -> 0\nfire 0 -> a=1\n";

#[test]
fn notes_stand_below_the_trace_and_no_notes_leaves_them_out() {
    let with = ran_with("run -", MISUSE.as_bytes());
    let without = ran_with("run - --no-notes", MISUSE.as_bytes());

    assert_eq!((with.status, &*with.stderr), (0, ""));
    assert_eq!((without.status, &*without.stderr), (0, ""));
    let below = with.stdout.strip_prefix(&without.stdout).expect("the trace is the same");
    assert!(below.starts_with("\n likely misuse\n line 3, MSG-NORESIZE: "), "{below}");
    assert!(below.contains("\n line 4, MSIX-MASK-BY-RELEASE: "), "{below}");
    assert!(below.lines().all(|line| line.chars().count() <= 72), "{below}");
    assert!(!without.stdout.contains("misuse"), "{}", without.stdout);
}

#[test]
fn run_without_misuse_ends_with_its_trace() {
    let with = ran_with("run -", WITHOUT.as_bytes());
    assert_eq!(with.stdout, ran_with("run - --no-notes", WITHOUT.as_bytes()).stdout);
}

#[test]
fn notes_change_no_exit_status() {
    let fails = MISUSE.replace("-> ENOTTY", "-> 0");
    for arguments in ["run -", "run - --no-notes"] {
        assert_eq!(ran_with(arguments, fails.as_bytes()).status, 1, "{arguments}");
    }
}

#[test]
fn json_has_the_trace_as_it_is_and_its_notes() {
    let json = |arguments: &str, text: &str| -> serde_json::Value {
        let ran = ran_with(arguments, text.as_bytes());
        serde_json::from_str(&ran.stdout).expect("valid JSON")
    };
    let with = json("run - --format json", MISUSE);
    let note = &with["notes"][0];
    assert_eq!((note["line"].as_u64(), note["kind"].as_str()), (Some(3), Some("growth")));
    assert_eq!(note["clause"].as_str(), Some("MSG-NORESIZE"));
    assert_eq!(with["notes"].as_array().map(Vec::len), Some(2));
    assert!(note["also"].as_array().is_some_and(Vec::is_empty));
    assert!(note["text"].as_str().is_some_and(|text| text.ends_with('.')));

    assert_eq!(json("run - --format json", WITHOUT)["notes"].as_array().map(Vec::len), Some(0));
    let scenario = Scenario::parse(MISUSE).expect("it is right");
    let trace = run_emulated(&scenario, &Overrides::default()).expect("it is right");
    let without = ran_with("run - --format json --no-notes", MISUSE.as_bytes()).stdout;
    assert_eq!(without, trace.to_json() + "\n");
    let mut rest = with;
    rest.as_object_mut().expect("a trace").remove("notes");
    assert_eq!(rest, serde_json::from_str::<serde_json::Value>(&without).expect("valid"));
}

#[test]
fn diagram_has_no_notes() {
    let svg = ran_with("run - --format svg", MISUSE.as_bytes()).stdout;
    assert_eq!(svg, ran_with("run - --format svg --no-notes", MISUSE.as_bytes()).stdout);
}
