//! Exported programs: what is in them. That they compile, `native/tests/export.rs` sees; that they do the same, the
//! real-kernel run.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::*;

fn both(text: &str) -> [String; 2] {
    [Language::C, Language::Rust].map(|language| of_text(text, language).expect("a scenario"))
}

#[test]
fn request_of_wrong_values_is_written_field_by_field() {
    let text = "set_irqs 9 trigger eventfd 70000+3 [closed x2, -2] argsz=19 flags=0x3f\n";
    let [c, rust] = both(text);

    for said in
        [".argsz = 19,", ".flags = 0x3f,", ".index = 9,", ".start = 0x11170,", ".count = 3,"]
    {
        assert!(c.contains(said), "{said}");
    }
    assert!(c.contains("(int32_t[]){ CLOSED, CLOSED, -2 }, 12);"), "{c}");
    assert!(rust.contains("&fds(&[CLOSED, CLOSED, -2]),"), "{rust}");
}

#[test]
fn comment_that_would_end_a_comment_does_not() {
    let [c, rust] = both("irq_info msi  # */ system(\"x\"); /* ??/ \u{202e}\n");

    assert!(c.contains("# * / system(\"x\"); / * ? ?/ \u{fffd} */"), "{c}");
    assert!(rust.contains("# */ system(\"x\"); /* ??/ \u{fffd}\n"), "{rust}");
}

#[test]
fn names_that_differ_in_case_or_hyphen_are_variables_of_their_own() {
    let [c, _] = both("eventfd a-b a_b a_B a__b- v0..v3 v7\nread a_B\nread v3\nread v7\n");

    for said in [
        "int fd_a_b = ",
        "int fd_a_b_2 = ",
        "int fd_a_b_3 = ",
        "int fd_a_b_4 = ",
        "static int fd_v[4];",
    ] {
        assert!(c.contains(said), "{said}: {c}");
    }
    assert!(c.contains("read_eventfd(fd_a_b_3, \"a_B\", 0);"), "{c}");
    assert!(c.contains("read_eventfd(fd_v[3], \"v3\", 0);"), "{c}");
    assert!(c.contains("read_eventfd(fd_v7, \"v7\", 0);"), "{c}");
}

#[test]
fn what_a_program_can_not_carry_is_said_with_its_line() {
    let text = "host linux-6.12 vectors=3\nfire 0\nerror\nreset { after \"reset function\": fire 0 }\nvectors 3\nvectors any\n";
    let scenario = Scenario::parse(text).expect("a scenario");
    let said = |known| {
        let lines = not_carried(&scenario, known);
        lines.iter().map(|(line, what)| format!("{line} {what}\n")).collect::<String>()
    };

    let inside = "4 after \"reset function\": fire 0\n5 vectors 3\n6 vectors any\n";
    assert_eq!(said(Some(Known::Edu)), format!("1 vectors=\n3 error\n{inside}"));
    assert_eq!(said(None), format!("1 vectors=\n2 fire 0\n3 error\n{inside}"));
}

#[test]
fn vectors_of_the_host_are_not_taken_for_the_line_of_the_device() {
    for text in both("function edu\nvectors 3\n") {
        assert!(text.contains("cannot(\"vectors 3\");"), "{text}");
        assert!(!text.contains("carried("), "{text}");
    }
}

#[test]
fn stimulus_that_the_mode_decides_looks_at_the_mode() {
    for function in ["e1000e", "edu", "xhci"] {
        let text = format!("function {function}\nassert intx\n");
        for text in both(&text) {
            let at = text
                .rfind("assert_intx(")
                .and(text.find("int assert_intx(").or(text.find("fn assert_intx(")));
            let body = &text[at.expect("it is there")..];
            let (looks, acts) =
                (body.find("by_pin()"), body.find("stimulate(").or(body.find("fire(0)")));
            assert!(looks.is_some() && looks < acts, "{text}");
        }
    }
    // Only the first interrupter drives the pin.
    assert!(both("function xhci\nfire 1\n").iter().all(|text| text.contains("by_pin()")));
    assert!(both("function e1000e\nfire 1\n").iter().all(|text| !text.contains("by_pin()")));
}

#[test]
fn descriptors_of_the_program_are_not_the_scenarios_to_use() {
    let text = "read 0\nwrite 1 5\nclose 4\nclose 999\nclose 1000\nread -1\nclose closed\n";
    let scenario = Scenario::parse(text).expect("a scenario");

    let lines: Vec<u32> = not_carried(&scenario, None).iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [1, 2, 3, 4]);
    for text in both(text) {
        assert!(
            text.contains("cannot(\"write 1 5\");") && text.contains("close_fd(1000);"),
            "{text}"
        );
        assert!(!text.contains("write_eventfd(") && !text.contains("close_fd(4)"), "{text}");
    }
}

#[test]
fn bytes_beyond_the_longest_string_are_bytes_in_c() {
    let text = |count| format!("config read 0 {count} -> data={}\n", "0f".repeat(count));
    let [short, _] = both(&text(16));
    let [long, _] = both(&text(2048));

    assert!(short.contains(&format!("expect(\"data={}\");", "0f".repeat(16))), "{short}");
    assert!(long.contains(", 0x0f }, 2048);") && !long.contains(" expect(\""), "{long}");
    assert!(!short.contains("expect_data("), "{short}");
}

#[test]
fn device_is_known_by_the_ids_of_its_config_space() {
    let text = "function config\n00: 86 80 d3 10 00 00 00 00 00 00 00 02\nfire 0\n";
    assert!(both(text).iter().all(|text| text.contains("82574L") && !text.contains("Fill in")));

    let of = |text: &str| Known::of(&Scenario::parse(text).expect("a scenario"));
    assert_eq!(of("function id=1033:0194 intx\n"), Some(Known::Xhci));
    assert_eq!(of("function config\n00: 34 12 e8 11\n"), Some(Known::Edu));
    assert_eq!(of("function config\n00: 34 12 e9 11\n"), None);
    assert_eq!(of("function nonesuch\n"), None);
    assert_eq!(of("fire 0\n"), None);
}

#[test]
fn program_has_only_the_parts_it_uses() {
    let [c, rust] = both("irq_info msix\n");

    for unused in ["region_read(", "reset_device(", "new_plain(", "carried(", "deassert_intx("] {
        assert!(!c.contains(unused), "{unused}");
    }
    assert!(!rust.contains("fn region_write(") && !rust.contains("fn counter("), "{rust}");
    assert!(both("fire 0\n").iter().all(|text| text.contains("Fill in")));
    assert!(both("function edu\nfire 0\n").iter().all(|text| !text.contains("Fill in")));
}

#[test]
fn lists_without_end_are_refused_not_written() {
    let line = "set_irqs msix trigger eventfd 0 [-2000000000 x4096]\n";
    let error = of_text(&line.repeat(240), Language::C).map(|text| text.len());

    assert_eq!(
        error,
        Err("the program would be longer than 8 MB: shorten the lists of descriptors".into())
    );
    // Names of numbers too high for an array, many times over.
    let rows = format!("eventfd v70000..v74095\n{}", "ledger -> v70000..v74095=0\n".repeat(900));
    assert!(of_text(&rows, Language::Rust).is_err());
}
