//! What a text may ask for at most.

use alloc::format;
use alloc::string::String;

use crate::scenario::{MAX_ERRORS, MAX_LINES, MAX_TEXT, Scenario};

/// The one error of a text: what comes after a limit is not looked at.
fn message(text: &str) -> String {
    let errors = Scenario::parse(&format!("{text}\n")).expect_err("too much");
    assert_eq!(errors.len(), 1, "{errors:?}");
    format!("{}", errors[0])
}

#[test]
fn text_beyond_a_limit_is_refused_with_a_place() {
    let long = "#".repeat(MAX_TEXT + 1);
    assert_eq!(message(&long), "line 1, column 1: the text is longer than 1048576 bytes");
    let lines = "\n".repeat(MAX_LINES as usize + 1);
    assert_eq!(message(&lines), "line 131073, column 1: more than 131072 lines");
    assert_eq!(message("reset\nfire 0 x131072"), "line 2, column 1: more than 131072 steps");
    let list = "set_irqs msix trigger eventfd 0 [-1 x4096, a]";
    assert_eq!(message(list), "line 1, column 44: more than 4096 items in a list");
    let range = "eventfd a0..a4096";
    assert_eq!(message(range), "line 1, column 9: more than 4096 names in a row");
    let names = "eventfd a0..a4095\neventfd b";
    assert_eq!(message(names), "line 2, column 9: more than 4096 names");
    let all = "set_irqs msix trigger eventfd 0 [-1 x4096]\n".repeat(245);
    let place = "line 245, column 34: more than 1000000 items in all lists together";
    assert_eq!(message(&all), place);
    let inside = "reset x100 { after \"x\": fire 0 x1000; after \"y\": fire 0 x24 }";
    assert_eq!(message(&format!("{inside}\n{inside}")), "line 2, column 1: more than 131072 steps");
    let inside = "reset { after \"x\": fire 0 x1000; after \"y\": fire 0 x25 }";
    assert_eq!(message(inside), "line 1, column 34: more than 1024 stimuli in one call");
    let expected = format!("eventfd a\nclose ->{}", " a=0".repeat(100_000));
    assert_eq!(message(&expected), "line 2, column 266: more than 64 expectations");
    assert_eq!(message("config read 0 4097"), "line 1, column 15: more than 4096 bytes at once");
}

#[test]
fn text_at_its_limits_is_accepted() {
    for text in [
        "#".repeat(MAX_TEXT),
        "fire 0\n".repeat(MAX_LINES as usize),
        "fire 0 x131072".into(),
        "set_irqs msix trigger eventfd 0 [v0..v4095]".into(),
    ] {
        assert!(Scenario::parse(&text).is_ok());
    }
}

#[test]
fn errors_beyond_the_limit_are_not_counted() {
    let errors = Scenario::parse(&"nonsense\n".repeat(1000)).unwrap_err();
    assert_eq!(errors.len(), MAX_ERRORS);
}
