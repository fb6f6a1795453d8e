//! The selftest program: which tests, where each applies, what is in its text. That it compiles,
//! `native/tests/kselftest.rs` sees; that it passes, the real-kernel run.

use alloc::format;
use alloc::string::String;

use super::*;
use crate::host::HostProfile;
use crate::pci::profiles;

fn made(text: &str) -> Selftest {
    selftest(&[Source { name: "a/test", text }], Choice::All).expect("not too long")
}

fn needs(text: &str) -> Needs {
    let made = made(text);
    assert_eq!(made.left_out, []);
    made.tests[0].needs.clone()
}

/// Why a scenario is no test.
fn why(text: &str, choice: Choice) -> String {
    let made = selftest(&[Source { name: "a/test", text }], choice).expect("not too long");
    assert!(made.tests.is_empty(), "{text}");
    made.left_out[0].1.clone()
}

const GROWS: &str = "function e1000e\nhost linux-6.12\n\
    set_irqs msix trigger eventfd 0 [a] -> 0\nset_irqs msix trigger eventfd 2 [c] -> 0\n";

#[test]
fn growth_needs_the_flag_clear_and_vectors_enough() {
    let needs = needs(GROWS);

    assert_eq!((needs.least, needs.most), ([0, 0, 3], [None; 3]));
    assert!(needs.facts.contains(&(Fact::MsixNoresize, false)), "{:?}", needs.facts);
}

#[test]
fn refused_growth_needs_the_flag_set() {
    for (index, fact) in [("msix", Fact::MsixNoresize), ("msi", Fact::MsiNoresize)] {
        let needs = needs(&format!(
            "function xhci\nhost linux-6.1\nset_irqs {index} trigger eventfd 0 [a] -> 0\n\
             set_irqs {index} trigger eventfd 1 [b] -> EINVAL\n"
        ));
        assert!(needs.facts.contains(&(fact, true)), "{index}: {:?}", needs.facts);
    }
}

#[test]
fn request_refused_for_another_reason_elsewhere_needs_the_vectors() {
    // Without MSI-X it is refused, too: the range is wrong.
    let needs = needs("function e1000e\nset_irqs msix trigger none 0+0 -> EINVAL\n");

    assert_eq!(needs.least, [0, 0, 1]);
}

#[test]
fn several_msi_vectors_need_a_host_that_has_them() {
    let two = "function xhci\nset_irqs msi trigger eventfd 0 [a, b] -> 0\n";
    assert!(needs(two).facts.contains(&(Fact::AllMsi, true)));
    let short = "function xhci\nhost linux-6.12 remapping=no\n\
        set_irqs msi trigger eventfd 0 [a, b] -> only 1\n";
    assert!(needs(short).facts.contains(&(Fact::AllMsi, false)));
    let one = "function xhci\nset_irqs msi trigger eventfd 0 [a] -> 0\n";
    assert_eq!(needs(one).facts, []);
}

#[test]
fn interrupt_that_is_signalled_at_once_is_the_hosts_own() {
    let enabled = "function e1000e\nset_irqs msix trigger eventfd 0 [a] -> 0\n";
    let program = made(&format!("{enabled}fire 0 x2 -> a=2\nledger -> causes=2 a=0\n")).program;

    assert!(program.contains("\"set_irqs msix trigger none 0+1 x2 -> 0 a=2\""), "{program}");
    assert!(program.contains("counter(fd_a, \"a\", 2, \"a=2\");"), "{program}");
    assert!(!program.contains("causes"), "{program}");
    let intx = "function edu\nset_irqs intx trigger eventfd 0 [a] -> 0\nassert intx -> a=1\n";
    assert!(made(intx).program.contains("\"set_irqs intx trigger none 0+1 -> 0 a=1\""));
}

#[test]
fn interrupt_that_waits_or_is_lost_needs_the_device() {
    let enabled = "function e1000e\nset_irqs msix trigger eventfd 0 [a] -> 0\n";
    for step in ["fire 0 -> a=0", "fire 0", "assert intx -> a=0", "deassert intx"] {
        let why = why(&format!("{enabled}{step}\n"), Choice::All);
        assert_eq!(why, "the device would have to interrupt (line 3)", "{step}");
    }
    // Masked, the level is signalled only later: the host's own signal is at once.
    let masked = "function edu\nset_irqs intx trigger eventfd 0 [a] -> 0\nassert intx -> a=1\n\
        set_irqs intx unmask none 0+1 -> 0\nread a -> 1\n";
    assert!(why(masked, Choice::All).starts_with("does not hold with the host's own signals"));
}

#[test]
fn what_a_real_device_can_not_be_told_is_left_out_with_its_reason() {
    for (text, said) in [
        ("host linux-6.12 vectors=3\nirq_info msi\n", "how many vectors"),
        ("vectors 3\n", "how many vectors"),
        ("error\n", "report an error"),
        ("reset { after \"reset function\": fire 0 }\n", "inside a call"),
        ("bar0 read 0 4\n", "reads registers of its device (line 1)"),
        ("config write 0x72 2 0x0081\n", "writes registers of its device (line 1)"),
        ("host mediated\nirq_info msi\n", "its host emulates"),
        ("frobnicate\n", "is no scenario"),
        ("read 0\n", "can't be done by a program (line 1: read 0)"),
        ("eventfd a\nirqfd a gsi 11 -> 0\n", "a guest would have to take"),
        ("eoi 11\n", "a guest would have to take"),
        ("guest 11\n", "a guest would have to take"),
        ("irq_info msix -> count=77\n", "does not hold"),
    ] {
        assert!(why(text, Choice::All).contains(said), "{text}: {}", why(text, Choice::All));
    }
    let holds = "function e1000e\nset_irqs msix trigger eventfd 0 [a] -> 0\n";
    assert!(why(holds, Choice::ErrnoAndResize).starts_with("no call is refused"));
}

#[test]
fn message_control_is_read_where_the_device_has_it() {
    let text = "function e1000e\nset_irqs msix trigger eventfd 0 [a] -> 0\n\
        config read 0xa2 2 -> 0x8004\n";
    let made = made(text);

    assert_eq!((made.tests[0].needs.least, made.tests[0].needs.most), ([0, 0, 1], [None; 3]));
    let read = "region_read(VFIO_PCI_CONFIG_REGION_INDEX, msix_at + 2, 2);";
    assert!(made.program.contains(read), "{}", made.program);
    assert!(made.program.contains("expect_value(32768, 0xf000, 2, \"0x8xxx\");"));
}

#[test]
fn descriptor_that_nobody_uses_is_not_an_unused_variable() {
    let program = made("eventfd a b\nread a -> EAGAIN\nirq_info 9 -> EINVAL\n").program;

    assert!(program.contains("\t(void)fd_b;\n}") && !program.contains("(void)fd_a;"), "{program}");
}

#[test]
fn names_that_are_no_identifiers_of_c_are_made_ones_each_its_own() {
    let sources =
        ["a/b", "a-b", "*/ x\"\n"].map(|name| Source { name, text: "irq_info 9 -> EINVAL\n" });
    let program = selftest(&sources, Choice::All).expect("not too long").program;

    for said in ["{ \"a/b\", test_a_b,", "{ \"a-b\", test_a_b_2,", "\", test____x__,"] {
        assert!(program.contains(said), "{said}: {program}");
    }
    assert!(program.contains("\n * * / x\" :\n"), "{program}");
}

#[test]
fn names_that_would_be_a_directive_are_none() {
    let sources = [Source { name: "x# SKIP y", text: "irq_info 9 -> EINVAL\n" }];
    let made = selftest(&sources, Choice::All).expect("not too long");

    assert_eq!(made.tests[0].name, "x_ SKIP y");
    assert!(made.program.contains("{ \"x_ SKIP y\", "), "{}", made.program);
}

#[test]
fn reasons_that_differ_in_their_line_are_one() {
    let texts = ["read 0\n", "irq_info 9\nread 1\n", "frobnicate\n", "\nfrobnicate\n"];
    let sources = texts.map(|text| Source { name: "a", text });
    let program = selftest(&sources, Choice::All).expect("not too long").program;

    assert!(program.contains(" * - can't be done by a program:\n *   a a\n"), "{program}");
    assert!(program.contains(" * - is no scenario:\n *   a a\n"), "{program}");
}

#[test]
fn text_of_a_user_is_no_trigraph() {
    let text = "#???( ??\u{0}?\nirq_info 9 -> EINVAL # \u{e9}\u{e9}( ???/ a?\u{e9}/\n";
    let program = selftest(&[Source { name: "???(\u{e9}\u{e9}", text }], Choice::All);
    let program = program.expect("not too long").program;

    assert!(!program.contains("??"), "{program}");
    assert!(program.contains("# \\?\\?( \\?\\?\\?/ a\\?\\?/"), "{program}");
}

#[test]
fn facts_of_the_program_are_those_of_the_needs_in_order() {
    let listed = include_str!("shown.c");
    let body = listed.split("enum fact {").nth(1).and_then(|rest| rest.split("FACTS").next());
    let names: Vec<&str> =
        body.unwrap_or("").split([',', '\n', '\t', ' ']).filter(|word| !word.is_empty()).collect();

    assert_eq!(names, Fact::ALL.map(Fact::c_name));
    assert!(Fact::ALL.iter().all(|fact| listed.contains(&format!("\t[{}] = {{", fact.c_name()))));
}

#[test]
fn test_holds_by_the_same_rules_wherever_it_applies() {
    for text in [
        GROWS,
        include_str!("../../../../tests/scenarios/msi/grow_refused_kills.scenario"),
        include_str!("../../../../tests/scenarios/msix/negative_above_6_1.scenario"),
        include_str!("../../../../tests/scenarios/header/action_of_other_index.scenario"),
        include_str!("../../../../tests/scenarios/err/conventional_7_3.scenario"),
        include_str!("../../../../tests/scenarios/noresize/set_refuses.scenario"),
    ] {
        let chosen = choose::choose(&Source { name: "", text }).expect("it can be a test");
        let needs = needs::of(&chosen.scenario, &chosen.host).expect("it can be told");
        let own = chosen.scenario.function_spec().expect("it is one").expect("no dump");
        let by = needs::rules(&chosen.scenario, &own, &chosen.host);
        let mut times = 0;
        for function in profiles::all() {
            for host in ["linux-6.1", "linux-6.12", "linux-7.3"] {
                let host = HostProfile::by_name(host).expect("built in");
                if needs.are_met(&Shown::of(&function.spec(), &host)) {
                    let there = needs::rules(&chosen.scenario, &function.spec(), &host);
                    assert_eq!(there, by, "{} {}: {text}", function.name, host.name);
                    times += 1;
                }
            }
        }
        assert!(times > 0, "it applies nowhere: {text}");
    }
}
