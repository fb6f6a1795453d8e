//! `vfio-irq run`: exit statuses, what is said, and where.

mod command;

use command::{folder, ran, ran_with};

/// Five lines in which an interrupt is delivered; the last expectation is for a test to replace.
const STORY: &str = "\
function intx msi=4 msix=8
host linux-6.1
set_irqs msix trigger eventfd 0 [a] -> 0
fire 0
read a -> 1
";

#[test]
fn scenario_that_holds_exits_0_and_prints_its_trace() {
    let ran = ran_with("run -", STORY.as_bytes());

    assert_eq!((ran.status, &*ran.stderr), (0, ""));
    assert!(ran.stdout.contains("linux-6.1"), "{}", ran.stdout);
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 72), "{}", ran.stdout);
}

#[test]
fn scenario_from_a_file_runs_as_from_standard_input() {
    let file = folder("run-file").join("story.scenario");
    std::fs::write(&file, STORY).expect("the folder is writable");

    let from_file = ran(&format!("run {}", file.display()));
    assert_eq!((from_file.status, &*from_file.stderr), (0, ""));
    assert_eq!(from_file.stdout, ran_with("run -", STORY.as_bytes()).stdout);
}

#[test]
fn expectation_that_fails_exits_1_with_trace_and_marked_line() {
    let ran = ran_with("run -", STORY.replace("-> 1", "-> 2").as_bytes());

    assert_eq!(ran.status, 1);
    assert!(ran.stdout.contains("linux-6.1"), "the trace is still printed: {}", ran.stdout);
    let expected = "\
error: the expectation does not hold
 --> <stdin>:5:11
  |
5 | read a -> 2
  |           ^ expected 2, got 1

<stdin>: 1 of 2 expectations failed
";
    assert_eq!(ran.stderr, expected);
}

#[test]
fn every_expectation_that_fails_is_shown() {
    let text = STORY.replace("[a] -> 0", "[a] -> EINVAL").replace("-> 1", "-> EAGAIN");
    let ran = ran_with("run -", text.as_bytes());

    assert_eq!(ran.status, 1);
    for part in ["<stdin>:3:40", "expected EINVAL, got 0", "<stdin>:5:11", "2 of 2 expectations"] {
        assert!(ran.stderr.contains(part), "{part} is missing in\n{}", ran.stderr);
    }
}

#[test]
fn text_that_is_wrong_exits_2_with_every_error_and_no_trace() {
    let text = "host linux-6.1\nfire x\neventfd a\nfrobnicate\n";
    let ran = ran_with("run -", text.as_bytes());

    assert_eq!((ran.status, &*ran.stdout), (2, ""));
    for part in ["--> <stdin>:2:6", "2 | fire x\n  |      ^", "--> <stdin>:4:1", "4 | frobnicate"] {
        assert!(ran.stderr.contains(part), "{part} is missing in\n{}", ran.stderr);
    }
    assert!(ran.stderr.ends_with("<stdin>: 2 errors, nothing was run\n"), "{}", ran.stderr);
}

#[test]
fn many_errors_and_failures_are_cut_off_and_counted() {
    let wrong = ran_with("run -", "frobnicate\n".repeat(5000).as_bytes());
    assert_eq!(wrong.status, 2);
    assert!(wrong.stderr.ends_with("<stdin>: the first 20 errors, nothing was run\n"));

    let failing = ran_with("run -", "irq_info msix -> count=9\n".repeat(500).as_bytes());
    assert_eq!(failing.status, 1);
    assert!(failing.stderr.contains("… and 480 more"), "{}", failing.stderr);
    assert!(failing.stderr.ends_with("<stdin>: 500 of 500 expectations failed\n"));
    assert!(failing.stderr.lines().count() < 200, "{}", failing.stderr);
}

#[test]
fn input_that_can_not_be_read_exits_2_and_says_why() {
    let folder = folder("run-unreadable");
    let cases = [
        ("run /nonexistent/story.scenario", "error: can't read /nonexistent/story.scenario: "),
        (&*format!("run {}", folder.display()), "error: can't read "),
    ];
    for (arguments, message) in cases {
        let ran = ran(arguments);
        assert_eq!((ran.status, &*ran.stdout), (2, ""), "{arguments}");
        assert!(ran.stderr.starts_with(message), "{arguments}: {}", ran.stderr);
    }
}

#[test]
fn input_that_is_no_text_or_too_large_exits_2() {
    let binary = ran_with("run -", b"fire 0\nfire \xff\n");
    assert_eq!(binary.status, 2);
    assert!(binary.stderr.starts_with("error: <stdin>:2:6: not text"), "{}", binary.stderr);

    let huge = ran_with("run -", &vec![b'#'; (8 << 20) + 1]);
    assert_eq!(huge.status, 2);
    assert_eq!(huge.stderr, "error: <stdin> is larger than 8 MiB, the most this command reads\n");
}

#[test]
fn host_option_replaces_the_scenarios_host() {
    let text = "function simple\nhost linux-6.1\nirq_info msix -> flags=eventfd|noresize\n";
    let cases = [("linux-6.1", 0), ("linux-6.12", 1), ("mediated", 1)];
    for (host, status) in cases {
        let ran = ran_with(&format!("run - --host {host}"), text.as_bytes());
        assert_eq!(ran.status, status, "{host}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.contains(host), "{host}: {}", ran.stdout);
    }
}

#[test]
fn host_option_with_an_unknown_name_lists_those_there_are() {
    let ran = ran_with("run - --host linux-6.2", STORY.as_bytes());

    assert_eq!(ran.status, 2);
    for part in ["linux-6.2", "linux-6.1,", "mediated"] {
        assert!(ran.stderr.contains(part), "{part} is missing in\n{}", ran.stderr);
    }
}

#[test]
fn function_option_takes_a_built_in_name() {
    let text = "irq_info msix -> count=2048\n";
    let ran = ran_with("run - --function msix-2048", text.as_bytes());

    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn function_option_takes_a_config_dump() {
    // lspci -vv of this function: MSI-X: Enable+ Count=3.
    let file = command::configs().join("firecracker-virtio-net.config");
    let text = "irq_info msix -> count=3\n";
    let ran = ran_with(&format!("run - --function {}", file.display()), text.as_bytes());

    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn function_option_picks_one_of_several_by_address() {
    let file = command::configs().join("firecracker.lspci.txt");
    let function = |choice: &str| {
        let arguments = format!("run - --function {}{choice}", file.display());
        ran_with(&arguments, b"irq_info msix -> count=5\n")
    };

    // lspci -vv: 00:01.0 has Count=5.
    assert_eq!(function("#00:01.0").status, 0, "{}", function("#00:01.0").stderr);
    assert_eq!(function("#0000:00:01.0").status, 0);
    for (choice, problem) in
        [("", "holds 6 functions"), ("#00:09.0", "holds no function at 00:09.0")]
    {
        let ran = function(choice);
        assert_eq!(ran.status, 2, "{choice}");
        assert!(ran.stderr.contains(problem), "{choice}: {}", ran.stderr);
        assert!(ran.stderr.contains("#00:05.0"), "the choices are named: {}", ran.stderr);
    }
}

#[test]
fn function_option_that_is_neither_file_nor_name_says_so() {
    let ran = ran_with("run - --function e1001e", STORY.as_bytes());

    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("`e1001e` is neither a file nor a built-in function"));
    assert!(ran.stderr.contains("e1000e"), "{}", ran.stderr);
}

#[test]
fn function_option_reads_standard_input_unless_the_scenario_does() {
    let file = folder("run-function-stdin").join("story.scenario");
    std::fs::write(&file, "irq_info msix -> count=5\n").expect("the folder is writable");
    let dump = std::fs::read(command::configs().join("e1000e.config")).expect("committed");

    let piped = ran_with(&format!("run {} --function -", file.display()), &dump);
    assert_eq!(piped.status, 0, "{}", piped.stderr);
    let both = ran_with("run - --function -", STORY.as_bytes());
    assert_eq!((both.status, both.stderr.contains("not both")), (2, true), "{}", both.stderr);
}

#[test]
fn json_format_is_one_value_with_every_line_and_the_ledger() {
    for (text, status) in [(STORY.to_owned(), 0), (STORY.replace("-> 1", "-> 2"), 1)] {
        let ran = ran_with("run - --format json", text.as_bytes());

        assert_eq!(ran.status, status);
        let trace: serde_json::Value = serde_json::from_str(&ran.stdout).expect("valid JSON");
        assert_eq!(trace["host"], "linux-6.1");
        assert_eq!(trace["held"], status == 0);
        assert_eq!(trace["ledger"]["signalled"], 1);
        let lines = trace["entries"].as_array().expect("a list").iter();
        let lines: Vec<u64> = lines.filter_map(|entry| entry["line"].as_u64()).collect();
        assert!([3, 4, 5].iter().all(|line| lines.contains(line)), "{lines:?}");
    }
}

#[test]
fn svg_format_is_one_picture() {
    let ran = ran_with("run - --format svg", STORY.as_bytes());

    assert_eq!(ran.status, 0);
    let picture = ran.stdout.trim();
    assert!(picture.starts_with("<svg") && picture.ends_with("</svg>"), "{picture}");
}

#[test]
fn wrong_link_is_told_once() {
    let run = ran("run v1=");
    assert_eq!(run.status, 2);
    assert_eq!(run.stderr.matches("link").count(), 1, "{}", run.stderr);
}
