//! `vfio-irq import`.

mod command;

use command::{ran, ran_with};

const TRACE: &str = "\
[pid 7] eventfd2(0, EFD_CLOEXEC) = 30
[pid 7] ioctl(23, VFIO_DEVICE_SET_IRQS, {argsz=24, flags=0x24, index=2, start=0, count=1, data=[30]}) = 0
[pid 7] ioctl(23, VFIO_DEVICE_SET_IRQS, 0x7ffc0010) = -1 EINVAL (Invalid argument)
";

#[test]
fn trace_is_a_scenario_that_runs_and_what_is_missing_is_told() {
    let import = ran_with("import -", TRACE.as_bytes());
    assert_eq!(import.status, 0);
    assert!(
        import.stdout.contains("set_irqs msix trigger eventfd 0 [a]  -> 0\n"),
        "{}",
        import.stdout
    );
    assert!(import.stderr.contains("<stdin>:3:9"), "{}", import.stderr);
    assert!(import.stderr.contains("1 part of it is not in the scenario"), "{}", import.stderr);
    let run = ran_with("run -", import.stdout.as_bytes());
    assert_eq!(run.status, 0, "{}", run.stderr);
}

#[test]
fn what_is_assumed_is_a_note_and_not_counted_as_left_out() {
    let set = "ioctl(23, VFIO_DEVICE_SET_IRQS, {argsz=24, flags=0x24, index=2, start=0, count=1, \
               data=[30]}) = 0\n";
    let import = ran_with("import -", set.as_bytes());
    assert_eq!(import.status, 0);
    let note = "note: nobody made descriptor 30 here: taken for an eventfd\n --> <stdin>:1:1\n";
    assert!(import.stderr.starts_with(note), "{}", import.stderr);
    assert!(!import.stderr.contains("not in the scenario"), "{}", import.stderr);
    let import = ran_with("import -", TRACE.as_bytes());
    assert!(import.stderr.starts_with("note: set_irqs: "), "{}", import.stderr);
    assert!(!import.stderr.contains("error"), "{}", import.stderr);
    let nothing = ran_with("import -", b"00 zz\n");
    assert!(nothing.stderr.starts_with("error: "), "{}", nothing.stderr);
}

#[test]
fn config_file_and_its_scenario_are_the_same_function() {
    let mut config = vec![0; 256];
    for (at, byte) in [(0, 0x34), (1, 0x12), (6, 0x10), (0x34, 0x50), (0x50, 5), (0x52, 0x84)] {
        config[at] = byte;
    }
    let import = ran_with("import -", &config);
    assert_eq!((import.status, &*import.stderr), (0, ""));
    assert!(
        import.stdout.starts_with("function config name=\"1234:0000\"\n00: 34 12 "),
        "{}",
        import.stdout
    );
    let text = format!("{}irq_info msi -> count=4\n", import.stdout);
    assert_eq!(ran_with("run -", text.as_bytes()).status, 0);
}

/// Two functions, the second with a name that is no UTF-8.
fn dump() -> Vec<u8> {
    let rows = "00: 34 12 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n\
                10: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n\
                20: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n\
                30: 00 00 00 00 00 00 00 00 00 00 00 00 00 01 00 00\n";
    let second = rows.replace("34 12", "35 12");
    let mut bytes = format!("00:02.0 One: first\n{rows}\n00:03.0 Two: ").into_bytes();
    bytes.extend(b"\xff\xe4 card\n");
    bytes.extend(second.as_bytes());
    bytes
}

#[test]
fn function_of_a_dump_is_the_first_or_the_one_asked_for() {
    let first = ran_with("import -", &dump());
    assert_eq!(first.status, 0, "{}", first.stderr);
    assert!(first.stdout.contains("00: 34 12"), "{}", first.stdout);
    let note = "note: 2 functions; took 00:02.0 1234:0000; others: 00:03.0; \
                choose with --function ADDRESS\n --> <stdin>:1:1\n";
    assert!(first.stderr.starts_with(note), "{}", first.stderr);
    assert!(!first.stderr.contains("not in the scenario"), "{}", first.stderr);
    for address in ["00:03.0", "0000:00:03.0"] {
        let second = ran_with(&format!("import - --function {address}"), &dump());
        assert_eq!((second.status, &*second.stderr), (0, ""));
        assert!(second.stdout.contains("00: 35 12"), "{}", second.stdout);
    }
    let none = ran_with("import - --function 00:04.0", &dump());
    assert_eq!((none.status, &*none.stdout), (2, ""));
    let message = "<stdin> holds no function at 00:04.0; say which by one of: \
                   --function 00:02.0, --function 00:03.0";
    assert!(none.stderr.contains(message), "{}", none.stderr);
    let wrong = ran_with("import -", b"fire 0 \xff\n");
    assert_eq!(wrong.status, 2);
    assert!(wrong.stderr.contains("<stdin>:1:8: not text"), "{}", wrong.stderr);
}

#[test]
fn text_that_is_nothing_known_exits_with_2() {
    for text in ["", "hello\n", "ioctl(3, VFIO_DEVICE_SET_IRQS"] {
        let import = ran_with("import -", text.as_bytes());
        assert_eq!((import.status, &*import.stdout), (2, ""), "{text}");
        assert!(import.stderr.contains("there is no scenario in it"), "{}", import.stderr);
    }
    assert_eq!(ran("import nonesuch").status, 2);
}
