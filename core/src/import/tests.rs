//! Traces are what strace 6.1 printed of a program that makes these calls on /dev/null, with the
//! answers a device gives; it decodes none of VFIO's structures. The decoded form is what people
//! write, after strace's manner.

extern crate std;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::scenario::{Overrides, run_emulated};

/// The steps of what was imported, without comments and set-up.
fn steps(text: &str) -> Vec<String> {
    let import = import(text);
    let parsed = Scenario::parse(&import.scenario).expect("an import parses");
    let steps = parsed.lines().iter().filter(|line| line.statement.is_some());
    let lines = Scenario::from_lines(
        steps.cloned().map(|line| crate::scenario::ast::Line { comment: None, ..line }).collect(),
    );
    let text = lines.expect("lines of a scenario").to_string();
    text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn problems(text: &str) -> Vec<String> {
    let problems = import(text).problems;
    problems
        .iter()
        .map(|problem| format!("{}:{} {}", problem.line, problem.column, problem.message))
        .collect()
}

const DECODED: &str = r#"openat(AT_FDCWD, "/dev/vfio/12", O_RDWR) = 21
ioctl(21, VFIO_GROUP_GET_DEVICE_FD, 0x5566) = 23
ioctl(23, VFIO_DEVICE_GET_IRQ_INFO, {argsz=16, index=VFIO_PCI_INTX_IRQ_INDEX} => {flags=VFIO_IRQ_INFO_EVENTFD|VFIO_IRQ_INFO_MASKABLE|VFIO_IRQ_INFO_AUTOMASKED, count=1}) = 0
ioctl(23, VFIO_DEVICE_GET_IRQ_INFO, {argsz=16, index=1, flags=0x9, count=1}) = 0
ioctl(23, VFIO_DEVICE_GET_IRQ_INFO, {argsz=16, index=VFIO_PCI_MSIX_IRQ_INDEX} => {flags=VFIO_IRQ_INFO_EVENTFD|VFIO_IRQ_INFO_NORESIZE, count=5}) = 0
eventfd2(0, EFD_CLOEXEC|EFD_NONBLOCK)   = 30
eventfd2(0, 0)                          = 31
eventfd2(0, 0)                          = 32
ioctl(23, VFIO_DEVICE_SET_IRQS, {argsz=28, flags=VFIO_IRQ_SET_DATA_EVENTFD|VFIO_IRQ_SET_ACTION_TRIGGER, index=VFIO_PCI_MSIX_IRQ_INDEX, start=0, count=2, data=[31, -1]}) = 0
ioctl(23, VFIO_DEVICE_SET_IRQS, {argsz=24, flags=0x24, index=2, start=2, count=1, data="\x1e\0\0\0"}) = -1 EINVAL (Invalid argument)
read(30, 0x7ffc6418fa70, 8)             = -1 EAGAIN (Resource temporarily unavailable)
write(32, "\1\0\0\0\0\0\0\0", 8)        = 8
ioctl(23, VFIO_DEVICE_SET_IRQS, {argsz=20, flags=VFIO_IRQ_SET_DATA_NONE|VFIO_IRQ_SET_ACTION_TRIGGER, index=VFIO_PCI_MSIX_IRQ_INDEX, start=0, count=0}) = 0
ioctl(23, VFIO_DEVICE_RESET)            = 0
pwrite64(23, "\6\4", 2, 7696581394436)   = 2
close(31)                               = 0
close(23)                               = 0
"#;

#[test]
fn decoded_trace_is_the_scenario_of_its_calls() {
    let expected = [
        "function intx msi=1 msix=5",
        "host linux-6.1",
        "irq_info intx -> count=1 flags=eventfd|maskable|automasked",
        "irq_info msi -> count=1 flags=eventfd|noresize",
        "irq_info msix -> count=5 flags=eventfd|noresize",
        "set_irqs msix trigger eventfd 0 [b, -1] -> 0",
        "set_irqs msix trigger eventfd 2 [a] -> EINVAL",
        "read a -> EAGAIN",
        "set_irqs msix trigger none 0+0 -> 0",
        "reset -> 0",
        "config write 0x04 data=0604 -> 0",
        "close b -> 0",
        "close -> 0",
    ];
    assert_eq!(steps(DECODED), expected);
    assert_eq!(problems(DECODED), [] as [&str; 0]);
    // The answers are those of a kernel that sets NORESIZE; the emulator gives them, too.
    let scenario = Scenario::parse(&import(DECODED).scenario).unwrap();
    let trace = run_emulated(&scenario, &Overrides::default()).unwrap();
    assert!(trace.held, "{:?}", trace.entries);
}

/// The forms of one trace: names, numbers, `-X verbose`, `-y`; times; processes.
#[test]
fn forms_of_strace_say_the_same() {
    let forms = [
        "eventfd2(0, 0) = 4\nioctl(3, VFIO_DEVICE_RESET, 0xffffffff) = 0\nread(4, \"\\1\\0\\0\\0\\0\\0\\0\\0\", 8) = 8",
        "eventfd2(0, 0x80800) = 4\nioctl(3, 0x3b6f, 0xffffffff)            = 0\nread(4, \"\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\", 8) = 8",
        "10:00:00 eventfd2(0, 0x80800 /* EFD_CLOEXEC|EFD_NONBLOCK */) = 4\n10:00:01.5 ioctl(3, 0x3b6f /* VFIO_DEVICE_RESET */, 0xffffffff) = 0\n1700000000.25 read(4, \"\\1\\0\\0\\0\\0\\0\\0\\0\", 8) = 8",
        "     0.000012 eventfd2(0, 0) = 4<anon_inode:[eventfd]> <0.000008>\n     0.1 ioctl(3</dev/null<char 1:3>>, _IOC(_IOC_NONE, 0x3b, 0x6f, 0), 0xffffffff) = 0 <0.1>\n 0.2 read(4<anon_inode:[eventfd]>, \"\\1\\0\\0\\0\\0\\0\\0\\0\", 8) = 8 <0.1>",
        "77 eventfd2(0, 0) = 4\n78 read(4,  <unfinished ...>\n77 ioctl(3, _IO(0x3b, 0x6f)) = 0\n78 <... read resumed>\"\\1\\0\\0\\0\\0\\0\\0\\0\", 8) = 8",
        "[pid 25578] 22:58:29 eventfd2(0, 0) = 4\nstrace: Process 25579 attached\n[pid 25579] 22:58:29.5 read(4,  <unfinished ...>\n[pid 25578] ioctl(3, VFIO_DEVICE_RESET) = 0\n[pid 25579] <... read resumed>\"\\1\\0\\0\\0\\0\\0\\0\\0\", 8) = 8\n+++ exited with 0 +++",
    ];
    for form in forms {
        assert_eq!(steps(form), ["reset -> 0", "eventfd a", "read a -> 1"], "{form}");
        assert_eq!(problems(form), [] as [&str; 0], "{form}");
    }
}

#[test]
fn what_strace_does_not_show_is_a_comment_and_a_problem() {
    let text = "ioctl(3, VFIO_DEVICE_SET_IRQS, 0x7fff2b5ea850) = -1 EINVAL (Invalid argument)\nioctl(3, VFIO_DEVICE_RESET) = 0\nioctl(4, VFIO_DEVICE_RESET) = 0\n  ioctl(3, VFIO_DEVICE_SET_IRQS, {argsz=24, flags=0x24, index=2, start=0, count=1, ...}) = 0";
    let imported = import(text);
    let comments = "\
# line 1: set_irqs, strace shows only its address, 0x7fff2b5ea850; it answered EINVAL
reset  -> 0
# line 4: set_irqs msix 0+1, its data is not shown; it answered 0
";
    assert!(imported.scenario.ends_with(comments), "{}", imported.scenario);
    assert_eq!(
        problems(text),
        [
            "1:1 set_irqs: strace shows only its address, 0x7fff2b5ea850",
            "3:1 another device: descriptor 3 is followed here",
            "4:3 set_irqs msix 0+1: its data is not shown",
        ]
    );
}

#[test]
fn positive_answer_and_odd_fields_keep_their_values() {
    let text =
        "ioctl(3, VFIO_DEVICE_SET_IRQS, {argsz=7, flags=0x61, index=9, start=1, count=0}) = 3";
    assert_eq!(steps(text), ["set_irqs 9 trigger none 1+0 argsz=7 flags=0x61 -> only 3"]);
}

#[test]
fn broken_lines_are_told_with_their_place() {
    let cases = [
        ("ioctl(3, VFIO_DEVICE_RESET", "1:1 the call has no end: `) = ANSWER`"),
        ("[pid 7] <... ioctl resumed>) = 0", "1:9 where this call began is not here"),
        ("[pid 7] ioctl(3, <unfinished ...>", "1:9 this call has not returned"),
    ];
    for (text, problem) in cases {
        assert!(problems(text).contains(&problem.to_string()), "{text}: {:?}", problems(text));
        assert_eq!(import(text).scenario, "", "{text}");
    }
}

/// argsz 28, EVENTFD|TRIGGER, MSI-X, 0+2, descriptors 9 and -1.
#[test]
fn bytes_in_any_form_are_the_request() {
    let forms = [
        "1c000000240000000200000000000000020000000900 0000ffffffff",
        "1c 00 00 00 24 00 00 00 02 00 00 00 00 00 00 00\n02 00 00 00 09 00 00 00 ff ff ff ff",
        "00000000: 1c00 0000 2400 0000 0200 0000 0000 0000  ....$...........\n00000010: 0200 0000 0900 0000 ffff ffff            ..{.....} ..",
        "00000000  1c 00 00 00 24 00 00 00  02 00 00 00 00 00 00 00  |....$...........|\n00000010  02 00 00 00 09 00 00 00  ff ff ff ff              |............|\n0000001c",
        "0000000 001c 0000 0024 0000 0002 0000 0000 0000\n0000010 0002 0000 0009 0000 ffff ffff\n000001c",
        "unsigned char b[] = {\n  0x1c, 0x00, 0x00, 0x00, 0x24, 0x00, 0x00, 0x00, 0x02, 0, 0, 0\n};",
        "0x7ffe1230:\t0x0000001c\t0x00000024\t0x00000002\t0x00000000\n0x7ffe1240 <b+16>:\t0x00000002\t0x00000009\t0xffffffff",
    ];
    for form in forms.iter().filter(|form| !form.contains("unsigned")) {
        assert_eq!(steps(form), ["set_irqs msix trigger eventfd 0 [a, -1]"], "{form}");
    }
    let c = "char b[] = { 0x14, 0x00, 0x00, 0x00, 0x21, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00,\n 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00 };";
    assert_eq!(steps(c), ["set_irqs msix trigger none 0+0"]);
}

#[test]
fn bytes_that_are_none_are_told_with_their_place() {
    let cases = [
        ("1c 00 zz", "1:7 `zz` are no bytes"),
        ("1c 00 00", "1:1 3 bytes; struct vfio_irq_set has at least 20"),
        ("1c 00\n*\n", "2:1 rows are left out here"),
        (
            "1c000000 24000000 02000000 00000000 02000000 09000000",
            "1:1 8 bytes of data belong to it, and 4 are here",
        ),
    ];
    for (text, problem) in cases {
        assert_eq!(problems(text), [problem], "{text}");
        assert_eq!(import(text).scenario, "", "{text}");
    }
}

#[test]
fn other_texts_are_what_they_are() {
    let kinds = [
        ("fire 0\n", Some(Kind::Scenario)),
        ("set_irqs msix\n", Some(Kind::Scenario)),
        (include_str!("../pci/import/data/real.lspci.txt"), Some(Kind::Config)),
        ("", None),
    ];
    for (text, kind) in kinds {
        assert_eq!(import(text).kind, kind, "{text}");
    }
    let scenario = "# mine\nfire 0   # as it is\n";
    assert_eq!(import(scenario).scenario, scenario);
    assert_eq!(problems("set_irqs msix\n"), ["1:14 the line ends here"]);
    let dump = import(include_str!("../pci/import/data/real.lspci.txt"));
    assert!(dump.scenario.starts_with("function config name="), "{}", dump.scenario);
    assert_eq!(dump.problems.len(), 5);
}

#[test]
fn trace_longer_than_a_scenario_is_cut_and_told() {
    let text = "ioctl(3, VFIO_DEVICE_RESET) = 0\n".repeat(120_000);
    let import = import(&text);
    let told = import.problems.iter().any(|problem| problem.message.contains("a scenario holds"));
    assert!(told || !import.scenario.is_empty(), "{:?}", import.problems);
    assert!(import.scenario.len() <= MAX_TEXT);
}

const PIECES: &[&str] = &[
    "ioctl(",
    "3",
    ", ",
    "VFIO_DEVICE_SET_IRQS",
    "VFIO_DEVICE_GET_IRQ_INFO",
    "VFIO_DEVICE_RESET",
    "0x3b6e",
    "{",
    "}",
    "argsz=28",
    "flags=0x24",
    "flags=VFIO_IRQ_SET_DATA_BOOL|0x20",
    "index=2",
    "start=0",
    "count=2",
    "count=4294967295",
    "data=[4, -1]",
    "data=\"\\1\\0\\xff\"",
    "[",
    "]",
    "\"",
    "\\",
    ")",
    " = ",
    "0",
    "-1 EINVAL",
    "-1",
    "?",
    "eventfd2(0, 0) = 4",
    "read(4, \"\\1\\0\\0\\0\\0\\0\\0\\0\", 8) = 8",
    "close(3) = 0",
    "close(4) = 0",
    "<unfinished ...>",
    "<... ioctl resumed>",
    "[pid 7] ",
    "7 ",
    "10:00:00.1 ",
    "\n",
    "\n",
    "\n",
    "/*",
    "*/",
    "<",
    ">",
    "=>",
    "00000000: ",
    "1c00 0000",
    "00000000  ",
    "1c 00 ",
    "0x1c",
    "0x0000001c",
    "|",
    "*",
    "é",
    "\u{0}",
    "  ",
    "pwrite64(3, \"\\6\", 1, 7696581394436) = 1",
];

proptest! {
    #[test]
    fn any_text_is_a_scenario_or_told(
        pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..40),
        wild in any::<String>(),
        mixed: bool,
    ) {
        let mut text = pieces.concat();
        if mixed {
            text.push_str(&wild);
        }
        let import = import(&text);
        if import.scenario.is_empty() {
            prop_assert!(!import.problems.is_empty(), "{:?}", text);
        } else {
            prop_assert!(Scenario::parse(&import.scenario).is_ok(), "{:?}", text);
        }
        for problem in &import.problems {
            let lines = text.lines().count().max(1);
            prop_assert!((1..=lines).contains(&(problem.line as usize)), "{:?}", problem);
            prop_assert!(problem.column >= 1 && problem.message != "no scenario says this", "{:?}", problem);
            prop_assert!(!problem.message.starts_with("no scenario says this"), "{:?} {:?}", text, problem);
        }
    }

    #[test]
    fn request_in_bytes_is_said_with_every_field(
        header: (u32, u32, u32, u32), count in 0u32..9, data in proptest::collection::vec(any::<u8>(), 36),
    ) {
        let (argsz, flags, index, start) = header;
        let flags = flags & 0x7f;
        let header = crate::uapi::IrqSetHeader { argsz, flags, index, start, count };
        let bytes: Vec<u8> = header.to_bytes().into_iter().chain(data).collect();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x} ")).collect();
        let import = import(&hex);
        prop_assert_eq!(import.problems, vec![]);
        prop_assert!(Scenario::parse(&import.scenario).is_ok());
    }
}
