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
use crate::scenario::ast::{Action, Names};
use crate::scenario::{MAX_NAMES, Overrides, run_emulated};

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

/// What was left out and what was assumed, in the order of the text.
fn problems(text: &str) -> Vec<String> {
    let Import { mut problems, notes, .. } = import(text);
    problems.extend(notes);
    problems.sort_by_key(|problem| (problem.line, problem.column));
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
    let told = problems(text);
    assert!(told[0].contains("`break ioctl if $rsi == 0x3b6e`"), "{told:?}");
    assert!(told[0].contains("`x/6xw $rdx`"), "{told:?}");
    let [first, ..] = &*imported.problems else { panic!("nothing told") };
    let (what, _) = first.message.split_once(';').expect("how stands behind it");
    assert_eq!(what, "set_irqs: strace shows only its address, 0x7fff2b5ea850");
    let again = text.replacen("ioctl(3, VFIO_DEVICE_RESET) = 0", text.lines().next().unwrap(), 1);
    assert!(problems(&again)[1].ends_with("0x7fff2b5ea850"), "how is told once");
    assert_eq!(
        told[1..],
        [
            "3:1 another device: descriptor 3 is followed here",
            "4:3 set_irqs msix 0+1: its data is not shown",
        ]
    );
}

#[test]
fn defaults_a_trace_runs_on_are_said_unless_the_text_around_says_others() {
    let import = import("ioctl(3, VFIO_DEVICE_RESET) = 0\n");
    let function = "# The trace does not tell the function: it is `simple`.\n";
    let host = "# The trace does not tell the host: it is linux-6.12.\n";
    assert!(import.scenario.contains(&format!("{function}{host}")), "{}", import.scenario);
    let apart = |text| {
        let text = import.apart(text);
        (text.contains(function), text.contains(host))
    };
    assert_eq!(apart("reset\n"), (true, true));
    assert_eq!(apart("function edu\n"), (false, true));
    assert_eq!(apart("function edu\nhost linux-6.1\n"), (false, false));
    assert!(!self::import(DECODED).scenario.contains("does not tell"));
}

#[test]
fn positive_answer_and_odd_fields_keep_their_values() {
    let text =
        "ioctl(3, VFIO_DEVICE_SET_IRQS, {argsz=7, flags=0x61, index=9, start=1, count=0}) = 3";
    assert_eq!(steps(text), ["set_irqs 9 trigger none 1+0 argsz=7 flags=0x61 -> only 3"]);
}

/// A request for one vector with this descriptor, and its answer.
fn one(fd: i32, answer: &str) -> String {
    format!(
        "ioctl(23, VFIO_DEVICE_SET_IRQS, {{argsz=24, flags=0x24, index=2, start=0, count=1, data=[{fd}]}}) = {answer}\n"
    )
}

#[test]
fn descriptor_that_is_no_live_eventfd_is_said_as_what_it_is() {
    let bad = "-1 EBADF (Bad file descriptor)";
    let no = "-1 EINVAL (Invalid argument)";
    let set =
        |list: &str, answer: &str| format!("set_irqs msix trigger eventfd 0 [{list}] -> {answer}");
    let cases = [
        (
            format!("eventfd2(0, 0) = 30\nclose(30) = 0\n{}", one(30, bad)),
            vec![set("closed", "EBADF")],
        ),
        (format!("close(30) = 0\n{}", one(30, bad)), vec![set("closed", "EBADF")]),
        (one(23, no), vec!["plainfd a".into(), set("a", "EINVAL")]),
        (one(0, no), vec![set("0", "EINVAL")]),
        (
            format!("openat(AT_FDCWD, \"/dev/kvm\", O_RDWR) = 9\n{}", one(9, no)),
            vec!["plainfd a".into(), set("a", "EINVAL")],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(steps(&text), expected, "{text}");
        assert_eq!(problems(&text), [] as [&str; 0], "{text}");
        let scenario = Scenario::parse(&format!("function e1000e\n{}", expected.join("\n")));
        let trace = run_emulated(&scenario.unwrap(), &Overrides::default()).unwrap();
        assert!(trace.held, "{text}: {:?}", trace.entries);
    }
    let unseen = one(30, "0");
    assert_eq!(steps(&unseen), [set("a", "0")]);
    assert_eq!(problems(&unseen), ["1:1 nobody made descriptor 30 here: taken for an eventfd"]);
    // It is in the scenario, by an assumption.
    let counted = import(&unseen);
    assert_eq!((counted.problems.len(), counted.notes.len()), (0, 1));
    // What the kernel took was an eventfd.
    let again = format!("close(30) = 0\n{}", one(30, "0"));
    assert_eq!(steps(&again), [set("a", "0")]);
    assert_eq!(problems(&again).len(), 1);
}

#[test]
fn device_is_followed_from_number_to_number() {
    let reset = |fd| format!("ioctl({fd}, VFIO_DEVICE_RESET) = 0\n");
    let (three, four) = (reset(23), reset(24));
    let given = "ioctl(21, VFIO_GROUP_GET_DEVICE_FD, 0x5566) = 23\n";
    let cases = [
        (
            format!("{given}{three}close(23) = 0\n{given}{three}"),
            vec!["reset -> 0", "close -> 0", "open -> 0", "reset -> 0"],
            vec![],
        ),
        (
            format!(
                "{three}close(23) = 0\nopenat(1, \"/dev/vfio/devices/vfio0\", 2) = 24\n\
                 ioctl(24, VFIO_DEVICE_BIND_IOMMUFD, 0x1) = 0\n{four}"
            ),
            vec!["reset -> 0", "close -> 0", "open -> 0", "reset -> 0"],
            vec!["4:1 descriptor 24 is taken for the device that was 23"],
        ),
        (
            format!("{three}close(23) = 0\neventfd2(0, 0) = 23\nclose(23) = 0\n"),
            vec!["reset -> 0", "close -> 0"],
            vec![],
        ),
        (
            format!("[pid 1] {three}[pid 2] close(23) = 0\n[pid 1] {three}"),
            vec!["reset -> 0", "reset -> 0"],
            vec!["2:9 descriptor 23 is used after this: not taken for the device's close"],
        ),
        (
            format!(
                "[pid 1] {three}[pid 1] clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD) = 2\n\
                 [pid 2] close(23) = 0\n[pid 1] {three}[pid 1] close(23) = 0"
            ),
            vec!["reset -> 0", "reset -> 0", "close -> 0"],
            vec!["3:9 what a forked process closes is its own copy, and not said"],
        ),
        (
            format!(
                "[pid 1] {three}[pid 1] clone(child_stack=0x7f, flags=CLONE_VM|CLONE_FILES) = 2\n\
                 [pid 2] close(23) = 0\n"
            ),
            vec!["reset -> 0", "close -> 0"],
            vec![],
        ),
        (
            format!(
                "[pid 1] {three}[pid 1] clone(child_stack=0x7f, flags=0x3d0f00, x=0) = 2\n\
                 [pid 2] close(23) = 0\n"
            ),
            vec!["reset -> 0", "close -> 0"],
            vec![],
        ),
        (
            format!(
                "[pid 1] {three}[pid 1] clone3({{flags=CLONE_VM|CLONE_FILES, stack=0x7f}}, 88) = 2\n\
                 [pid 2] close(23) = 0\n"
            ),
            vec!["reset -> 0", "close -> 0"],
            vec![],
        ),
        (
            format!(
                "{three}close(23) = 0\nioctl(23, VFIO_DEVICE_RESET) = -1 EBADF (Bad file descriptor)"
            ),
            vec!["reset -> 0", "close -> 0", "reset -> EBADF"],
            vec![],
        ),
    ];
    for (text, expected, told) in cases {
        assert_eq!(steps(&text), expected, "{text}");
        assert_eq!(problems(&text), told, "{text}");
    }
}

#[test]
fn copies_of_a_descriptor_are_followed() {
    let write = "\"\\1\\0\\0\\0\\0\\0\\0\\0\", 8) = 8\n";
    let copies = [
        "dup(4) = 5",
        "dup2(4, 5) = 5",
        "dup3(4, 5, O_CLOEXEC) = 5",
        "fcntl(4, F_DUPFD_CLOEXEC, 0) = 5",
        "fcntl(4, F_DUPFD, 3) = 5",
    ];
    for copy in copies {
        let text = format!(
            "eventfd2(0, 0) = 4\n{copy}\nclose(4) = 0\n{}write(5, {write}close(5) = 0\n",
            one(5, "0")
        );
        let expected =
            ["set_irqs msix trigger eventfd 0 [a] -> 0", "write a 1 -> 0", "close a -> 0"];
        assert_eq!(steps(&text), expected, "{text}");
        assert_eq!(problems(&text), [] as [&str; 0], "{text}");
        let text = format!("eventfd2(0, 0) = 4\n{copy}\n{}write(4, {write}", one(5, "0"));
        assert_eq!(steps(&text), expected[..2], "{text}");
        assert_eq!(problems(&text), [] as [&str; 0], "{text}");
    }
    let range = format!(
        "eventfd2(0, 0) = 4\n{}fcntl(4, F_GETFL) = 2\nclose_range(3, 4294967295, CLOSE_RANGE_CLOEXEC) = 0\nclose_range(3, 4294967295, 0) = 0\n{}",
        one(4, "0"),
        one(4, "-1 EBADF (Bad file descriptor)")
    );
    let expected = [
        "set_irqs msix trigger eventfd 0 [a] -> 0",
        "close a -> 0",
        "close -> 0",
        "set_irqs msix trigger eventfd 0 [closed] -> EBADF",
    ];
    assert_eq!(steps(&range), expected);
    assert_eq!(problems(&range), [] as [&str; 0]);
    let late = format!(
        "eventfd2(0, 0) = 4\n{}7 read(4, <unfinished ...>\n8 close(4) = 0\n7 <... read resumed>{write}",
        one(4, "0")
    );
    assert_eq!(
        problems(&late),
        ["3:3 it ended after its descriptor was closed, which can't be said"]
    );
}

#[test]
fn short_and_unnamed_answers_are_told() {
    let reset = "ioctl(23, VFIO_DEVICE_RESET) = -1 EINTR (Interrupted system call)\n";
    assert_eq!(steps(reset), ["reset"]);
    assert_eq!(problems(reset), ["1:1 its error has no name here, and is not said"]);
    let begin = "ioctl(23, VFIO_DEVICE_RESET) = 0\n";
    for (line, problem) in [
        (
            "pwrite64(23, \"\\0\\0\", 2, 7696581394436) = 1",
            "2:1 config write 0x4: 1 of 2 bytes were written, 2 are shown",
        ),
        (
            "pwrite64(23, \"\\0\\0\", 2, 7696581394436) = 0",
            "2:1 config write 0x4: 0 of 2 bytes were written, 2 are shown",
        ),
        ("pread64(23, \"\\0\", 2, 7696581394436) = 1", "2:1 1 of 2 bytes were read, 1 are shown"),
        ("pread64(23, 0x7ffc, 2, 7696581394436) = 2", "2:1 2 of 2 bytes were read, 0 are shown"),
    ] {
        assert_eq!(problems(&format!("{begin}{line}")), [problem], "{line}");
    }
}

#[test]
fn dialects_of_strace_say_the_same() {
    let forms = [
        "27250<my prog> ioctl(23, VFIO_DEVICE_RESET) = 0",
        "[pid 27250<s>] 10:00:00 ioctl(23, VFIO_DEVICE_RESET) = 0",
        "[  16] ioctl(23, VFIO_DEVICE_RESET) = 0",
        "[pid  7] [00007f7dd4ec9d1b] ioctl(23</dev/vfio/12>, VFIO_DEVICE_RESET) = 0",
        "[????????????????] ioctl(23, VFIO_DEVICE_RESET) = 0",
    ];
    for form in forms {
        assert_eq!(steps(form), ["reset -> 0"], "{form}");
        assert_eq!(problems(form), [] as [&str; 0], "{form}");
    }
    let other = "ioctl(23, VFIO_DEVICE_RESET) = 0\n\
                 read(5<TCP:[a->b]>, \"x\", 1) = 1\n\
                 read(6, <unfinished ...>\n\
                 write(7, \"cut off\n\
                 7 <... read resumed>\"\", 8) = 0\n\
                 8 ioctl(9, KVM_RUN <unfinished ...>\n";
    assert_eq!(problems(other), [] as [&str; 0]);
    let followed =
        "eventfd2(0, 0) = 4\nioctl(23, VFIO_DEVICE_RESET) = 0\nread(4, <unfinished ...>\n";
    assert_eq!(problems(followed), ["3:1 this call has not returned"]);
}

#[test]
fn more_names_than_a_scenario_has_are_told_once() {
    let count = MAX_NAMES as i32 + 5;
    let made = (0..count).map(|at| format!("eventfd2(0, 0) = {}\n", at + 100));
    let listed = (0..count).map(|at| one(at + 100, "0"));
    let text: String = made.chain(listed).collect();
    let told = problems(&text);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].ends_with("set_irqs msix 0+1: a scenario has no more than 4096 names"));
    assert_eq!(steps(&text).len(), MAX_NAMES);
}

#[test]
fn names_apart_from_a_text_are_none_of_its_words() {
    let bytes = import("180000002400000002000000000000000100000009000000");
    assert_eq!(bytes.apart(""), bytes.scenario);
    let text = "eventfd a\n# b\nset_irqs msix trigger eventfd 0 [c, d";
    assert_eq!(bytes.apart(text), "set_irqs msix trigger eventfd 0 [e]\n");
    let letters: String = ('a'..='z').map(|letter| format!("{letter} ")).collect();
    let text = format!("eventfd {letters} e26\neventfd e27..e99");
    assert_eq!(bytes.apart(&text), "set_irqs msix trigger eventfd 0 [ee26]\n");
    let trace = import(DECODED);
    let apart = trace.apart("eventfd a");
    let renamed = trace.scenario.replace("[a]", "[c]").replace("read a", "read c");
    assert_eq!(apart, renamed);
    let own = import("eventfd a\nread a\n");
    assert_eq!(own.apart("eventfd a"), own.scenario);
}

#[test]
fn scenario_with_a_function_keeps_its_steps() {
    let dump = import(include_str!("../pci/import/data/real.lspci.txt")).scenario;
    assert!(dump.starts_with("function config"));
    let text = format!("{dump}host linux-6.1\nirq_info msi\n");
    let again = import(&text);
    assert_eq!((again.kind, &*again.scenario), (Some(Kind::Scenario), &*text));
    let wrong = import(&format!("{dump}host linux-6.1\nirq_info\n"));
    assert_eq!((wrong.kind, &*wrong.scenario), (Some(Kind::Scenario), ""));
    assert_eq!(wrong.problems.len(), 1);
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
        "00000000  1c 00 00 00 24 00 00 00  02 00 00 00 00 00 00 00  |....$...........|\n00000010  02 00 00 00 09 00 00 00  ff ff ff ff              |.{...}......|\n0000001c",
        "0000000 001c 0000 0024 0000 0002 0000 0000 0000\n0000010 0002 0000 0009 0000 ffff ffff\n000001c",
        "unsigned char b[] = {\n  0x1c, 0x00, 0x00, 0x00, 0x24, 0x00, 0x00, 0x00, 0x02, 0, 0, 0,\n 0, 0, 0, 0, 2, 0, 0, 0, 9, 0, 0, 0, 255, 255, -1, -1\n};",
        "unsigned char b[] = {28, 00, 00, 00, 36, 0, 0, 0, 0x2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 9, 0, 0, 0, 255, 255, 255, 255}",
        "char b[] = \"\\x1c\\x00\\x00\\x00\" \"$\\0\\0\\0\"\n \"\\2\\0\\0\\0\\0\\0\\0\\0\\2\\0\\0\\0\"\n  \"\\x09\\x00\\x00\\x00\\xff\\xff\\xff\\xff\";",
        "\\x1c\\x00\\x00\\x00\\x24\\x00\\x00\\x00\\x02\\x00\\x00\\x00\\x00\\x00\\x00\\x00 \\x02\\x00\\x00\\x00\\x09\\x00\\x00\\x00\\xff\\xff\\xff\\xff",
        "00000000: 0000001c 00000024 00000002 00000000  ....$...........\n00000010: 00000002 00000009 ffffffff           ............",
        "0000001c 00000024 00000002 00000000 00000002 00000009 ffffffff",
        "00000000: 1c000000 24000000 02000000 00000000  ....$...........\n00000010: 02000000 09000000 ffffffff           ............",
        "0x7ffe1230:\t0x0000001c\t0x00000024\t0x00000002\t0x00000000\n0x7ffe1240 <b+16>:\t0x00000002\t0x00000009\t0xffffffff",
        "(gdb) x/7xw $rdx\n0x7ffe1230:\t0x0000001c\t0x00000024\t0x00000002\t0x00000000\n0x7ffe1240:\t0x00000002\t0x00000009\t0xffffffff\n(gdb) ",
    ];
    for form in forms {
        assert_eq!(steps(form), ["set_irqs msix trigger eventfd 0 [a, -1]"], "{form}");
    }
    let words = import("00000014 00000021 00000002 00000000 00000000");
    assert_eq!(
        words.scenario,
        "# its groups of digits were taken for little-endian words\n\
         set_irqs msix trigger none 0+0\n"
    );
    let c = "char b[] = { 0x14, 0x00, 0x00, 0x00, 0x21, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00,\n 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00 };";
    assert_eq!(steps(c), ["set_irqs msix trigger none 0+0"]);
}

#[test]
fn bytes_that_are_none_are_told_with_their_place() {
    let cases = [
        ("1c 00 zz", "1:7 `zz` are no bytes"),
        ("1c 00 00", "1:1 3 bytes; struct vfio_irq_set has at least 20"),
        ("1c 00\n*\n", "2:1 rows are left out here"),
        ("{20, 033}", "1:6 `033` are no bytes"),
        ("{20, 256}", "1:6 `256` are no bytes"),
        ("{20, 1c}", "1:6 `1c` are no bytes"),
        ("é \"\\x14", "1:4 this string has no end"),
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
fn text_of_nothing_known_is_not_called_bytes() {
    for text in ["hello\n", "to be or not to add", "{"] {
        let import = import(text);
        assert_eq!(import.kind, None, "{text}");
        assert!(import.problems[0].message.starts_with("not recognised: accepted"), "{text}");
    }
    assert_eq!(import("hello 1c 00").kind, Some(Kind::Bytes));
    let link = import_scenario("hello\n");
    assert_eq!((link.kind, &*link.scenario), (Some(Kind::Scenario), ""));
    assert_eq!(link.problems, Scenario::parse("hello\n").unwrap_err());
    assert_eq!(import_scenario("fire 0\n").scenario, "fire 0\n");
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
    assert_eq!((dump.problems.len(), dump.notes.len()), (0, 1));
}

/// A function's 64 bytes as lspci prints them: no capabilities, this Interrupt Pin.
fn rows(address: &str, device: &str, pin: u8) -> String {
    let zeros = " 00".repeat(12);
    let none = format!(" 00 00 00 00{zeros}\n");
    format!(
        "{address} A: B\n00: 34 12 {device} 00{zeros}\n10:{none}20:{none}30:{zeros} 00 {pin:02x} 00 00\n\n"
    )
}

#[test]
fn function_of_a_dump_is_the_first_that_interrupts_and_the_others_are_one_note() {
    let text = rows("00:00.0", "01", 0) + &rows("00:01.0", "02", 1) + &rows("00:02.0", "03", 2);
    let dump = import(&text);
    assert!(dump.scenario.contains("00:01.0 1234:0002"), "{}", dump.scenario);
    assert_eq!(dump.problems, vec![]);
    let [note] = &*dump.notes else { panic!("{:?}", dump.notes) };
    assert_eq!((note.line, note.column, note.length), (7, 1, 7));
    assert_eq!(note.message, "3 functions; took 00:01.0 1234:0002; others: 00:00.0, 00:02.0");
    let quiet = import(&(rows("00:00.0", "01", 0) + &rows("00:01.0", "02", 0)));
    assert!(quiet.scenario.contains("00:00.0 1234:0001"), "{}", quiet.scenario);
    let many: String = (0..60).map(|at| rows(&format!("00:{at:02x}.0"), "01", 1)).collect();
    assert!(import(&many).notes[0].message.ends_with("00:28.0, …"));
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
    "VFIO_GROUP_GET_DEVICE_FD",
    "ioctl(9, VFIO_GROUP_GET_DEVICE_FD, 0x1) = 3\n",
    "ioctl(3, VFIO_DEVICE_RESET) = 0\n",
    "ioctl(3, VFIO_DEVICE_SET_IRQS, {argsz=24, flags=0x24, index=2, start=0, count=1, data=[4]}) = ",
    "dup2(4, 3) = 3\n",
    "fcntl(4, F_DUPFD_CLOEXEC, 0) = 5\n",
    "close_range(3, 4294967295, 0) = 0\n",
    "fork() = 7\n",
    "7<a b> ",
    "[  16] ",
    "-1 EINTR (Interrupted system call)",
    "<TCP:[a->b]>",
    "\"\\x14\\0\"",
    "{20, 0, ",
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
        let scenario = Scenario::parse(&import.scenario).unwrap();
        let Some(Statement::Step(step)) = &scenario.lines()[0].statement else { panic!("no step") };
        let Action::SetIrqs(request) = &step.action.what else { panic!("no request") };
        // Names stand for the numbers in the order of their appearance.
        let fds = bytes[20..].chunks_exact(4).map(|fd| i32::from_le_bytes(fd.try_into().unwrap()));
        let mut numbers: Vec<i32> = Vec::new();
        for fd in fds.take(count as usize).filter(|fd| *fd > 2) {
            if !numbers.contains(&fd) {
                numbers.push(fd);
            }
        }
        let (said, data) = request.raw(&|names| {
            let Names::One(name) = names else { panic!("{names:?}") };
            vec![numbers[usize::from(name.as_bytes()[0] - b'a')]]
        });
        prop_assert_eq!(said, header);
        prop_assert_eq!(&data, &bytes[20..20 + data.len()]);
        let size = match flags {
            flags if flags & 4 != 0 => 4,
            flags if flags & 2 != 0 => 1,
            _ => 0,
        };
        prop_assert_eq!(data.len() as u32, size * count);
    }
}
