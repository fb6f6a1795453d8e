//! `vfio-irq explore`: what is said, that the counterexample runs, and exit statuses.

mod command;

use command::{folder, ran, ran_with};

/// Growing by teardown, with an interrupt at any time.
const GROW: &str = "\
function e1000e
host linux-6.1
set_irqs msix trigger eventfd 0 [a] -> 0
meanwhile fire 0
set_irqs msix trigger none 0+0 -> 0
set_irqs msix trigger eventfd 0 [a, b] -> 0
";

/// Growing without: the first vector's interrupts find their way.
const ADD: &str = "\
host linux-6.12
set_irqs msix trigger eventfd 0 [a] -> 0
meanwhile fire 0 x2
set_irqs msix trigger eventfd 1 [b] -> 0
";

#[test]
fn what_fails_exits_1_with_the_answer_first_and_a_run_that_shows_it() {
    let found = ran_with("explore -", GROW.as_bytes());

    assert_eq!((found.status, &*found.stderr), (1, ""));
    let expected = "\
<stdin> on linux-6.1: an interrupt can be lost
`fire 0` (line 4) is lost: the irq descriptor was freed.
";
    assert!(found.stdout.starts_with(expected), "{}", found.stdout);
    assert!(found.stdout.lines().all(|line| line.chars().count() <= 72), "{}", found.stdout);
    let run = ran_with("run -", counterexample(&found.stdout).as_bytes());
    assert_eq!((run.status, &*run.stderr), (0, ""), "{}", found.stdout);
    assert!(run.stdout.contains("LOST #1: the irq descriptor was freed"), "{}", run.stdout);
}

/// The scenario in a report.
fn counterexample(report: &str) -> String {
    let (_, after) = report.split_once("no shorter run shows it:\n\n").expect("it fails");
    let (scenario, _) = after.split_once("\n\n").expect("an empty line ends it");
    format!("{scenario}\n")
}

#[test]
fn what_holds_exits_0_and_says_what_and_after_how_much() {
    let found = ran_with("explore - --memory 16", ADD.as_bytes());

    assert_eq!((found.status, &*found.stderr), (0, ""), "{}", found.stdout);
    let text = &found.stdout;
    assert!(
        text.starts_with("<stdin> on linux-6.12: holds in every run\n- no interrupt is lost\n")
    );
    for part in [
        "- without NORESIZE, no other vector is disturbed
",
        "
16 MiB.
",
        "Assumed:
",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 72), "{text}");
}

#[test]
fn a_text_that_leaves_nothing_open_is_let_loose_and_shown() {
    let text = GROW.replace("meanwhile ", "").replace("fire 0", "fire 0 -> a=1");
    let found = ran_with("explore -", text.as_bytes());

    assert_eq!(found.status, 1);
    let words = found.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("leaves nothing open (no `meanwhile`)"), "{words}");
    assert!(found.stdout.contains("\nmeanwhile fire 0\n"), "{}", found.stdout);
    assert!(!ran_with("explore -", GROW.as_bytes()).stdout.contains("let loose"));
}

#[test]
fn all_hosts_are_asked_one_after_the_other_and_each_run_shows_it_on_its_own() {
    let found = ran_with("explore - --host all --ask lost", GROW.as_bytes());

    assert_eq!(found.status, 1);
    for host in ["linux-6.1", "linux-6.12", "linux-7.3", "mediated"] {
        let begin = format!("<stdin> on {host}: ");
        let (_, report) = found.stdout.split_once(&begin).expect("each host is asked");
        let scenario = counterexample(report);
        assert!(scenario.contains(&format!("\nhost     {host}\n")), "{scenario}");
        let run = ran_with("run -", scenario.as_bytes());
        assert_eq!(run.status, 0, "{scenario}{}", run.stderr);
    }
    // One that holds does not make up for one that fails.
    let one = GROW.replace("msix trigger none 0+0", "msix trigger eventfd 1 [b]");
    let one = ran_with("explore - --host all --ask expected", one.as_bytes());
    assert!(one.stdout.contains("linux-6.1: what the text expects can fail"), "{}", one.stdout);
    assert!(one.stdout.contains("mediated: holds in every run"), "{}", one.stdout);
    assert_eq!(one.status, 1);
}

#[test]
fn a_function_of_a_dump_is_in_the_run_that_shows_it() {
    let dump = command::configs().join("firecracker-virtio-net.config");
    let found = ran_with(&format!("explore - --function {}", dump.display()), GROW.as_bytes());

    let scenario = counterexample(&found.stdout);
    assert!(scenario.contains("\nfunction config name="), "{scenario}");
    let run = ran_with("run -", scenario.as_bytes());
    assert_eq!((run.status, &*run.stderr), (0, ""), "{scenario}");
}

#[test]
fn only_what_is_asked_is_looked_at() {
    let holds = ran_with("explore - --ask eventfd,masked", GROW.as_bytes());
    assert_eq!(holds.status, 0, "{}", holds.stdout);
    assert!(!holds.stdout.contains("lost"), "{}", holds.stdout);

    let june = ran_with("explore - --ask fallback", GROW.as_bytes());
    assert_eq!(june.status, 1);
    assert!(june.stdout.contains("is lost: diverted to INTx, never handled."), "{}", june.stdout);

    let word = ran_with("explore - --ask nothing", GROW.as_bytes());
    assert_eq!(word.status, 2);
    assert!(word.stderr.contains("undisturbed"), "{}", word.stderr);
}

#[test]
fn memory_used_up_exits_1_and_is_told_on_standard_error() {
    let fires: String = (0..4).map(|vector| format!("meanwhile fire {vector} x40\n")).collect();
    let text = format!("set_irqs msix trigger eventfd 0 [a, b, c, d] -> 0\n{fires}");
    let found = ran_with("explore - --memory 1 --host linux-6.12", text.as_bytes());

    assert_eq!(found.status, 1, "{}", found.stdout);
    let begin = "<stdin> on linux-6.12: not known: the memory was used up\n";
    assert!(found.stdout.starts_with(begin), "{}", found.stdout);
    assert!(found.stderr.starts_with("<stdin> on linux-6.12: not known, "), "{}", found.stderr);
}

#[test]
fn json_has_all_of_it() {
    let read = |text: &str| -> serde_json::Value { serde_json::from_str(text).expect("JSON") };
    let found = ran_with("explore - --format json --host all --ask lost", GROW.as_bytes());
    assert_eq!(found.status, 1);
    let all = read(&found.stdout);
    assert_eq!((&all["asked"][0], &all["loosened"]), (&"lost".into(), &serde_json::Value::Null));
    assert_eq!(
        (&all["memory"], all["hosts"].as_array().map(Vec::len)),
        (&(1u64 << 30).into(), Some(4))
    );
    let first = &all["hosts"][0];
    assert_eq!((&first["host"], &first["answer"]), (&"linux-6.1".into(), &"fails".into()));
    let shown = &first["counterexample"];
    assert_eq!(shown["what"], "`fire 0` (line 4) is lost: the irq descriptor was freed");
    assert!(shown["length"].as_u64().is_some_and(|moves| moves > 10), "{shown}");
    let run = ran_with("run -", shown["scenario"].as_str().expect("text").as_bytes());
    assert_eq!(run.status, 0);

    let holds = read(&ran_with("explore - --format json", ADD.as_bytes()).stdout);
    let host = &holds["hosts"][0];
    assert_eq!((&host["answer"], &host["reached"]["open"]), (&"holds".into(), &0.into()));
    assert_eq!(host["holds"].as_array().map(Vec::len), Some(7));
    assert_eq!(host["assumed"].as_array().map(Vec::len), Some(4));
}

#[test]
fn text_that_is_wrong_exits_2_and_shows_the_line() {
    let cases = [
        ("fire x\n", "--> <stdin>:1:6"),
        ("meanwhile fire 0 x300\n", "error: more than 255 times\n --> <stdin>:1:11"),
        ("host nowhere\n", "error: unknown host `nowhere`"),
    ];
    for (text, part) in cases {
        let found = ran_with("explore -", text.as_bytes());
        assert_eq!((found.status, &*found.stdout), (2, ""), "{text}");
        assert!(found.stderr.contains(part), "{part} is missing in\n{}", found.stderr);
    }
    assert_eq!(ran("explore /nonexistent.scenario").status, 2);
    assert_eq!(ran("explore - --function -").status, 2);
    assert_eq!(ran("explore - --memory 0").status, 2);
}

#[test]
fn text_of_the_help_is_explored() {
    let help = ran("explore --help").stdout;
    let lines = help.lines().skip_while(|line| line.trim() != "function e1000e");
    let text: String =
        lines.take_while(|line| !line.is_empty()).map(|line| format!("{line}\n")).collect();
    assert!(text.contains("meanwhile fire 0\n"), "{help}");
    let file = folder("explore-help").join("grow.scenario");
    std::fs::write(&file, &text).expect("the folder is writable");
    assert_eq!(ran(&format!("explore {}", file.display())).status, 1);
}
