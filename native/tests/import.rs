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

#[test]
fn text_that_is_nothing_known_exits_with_2() {
    for text in ["", "hello\n", "ioctl(3, VFIO_DEVICE_SET_IRQS"] {
        let import = ran_with("import -", text.as_bytes());
        assert_eq!((import.status, &*import.stdout), (2, ""), "{text}");
        assert!(import.stderr.contains("there is no scenario in it"), "{}", import.stderr);
    }
    assert_eq!(ran("import nonesuch").status, 2);
}
