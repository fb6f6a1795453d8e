//! Adding to a scenario.

use alloc::string::ToString;

use crate::device::{Moment, Stimulus};
use crate::scenario::Scenario;

const TEXT: &str = "set_irqs msix trigger eventfd 0 [a]  -> 0
set_irqs msix trigger none 0+0       -> 0  # off
";

#[test]
fn step_is_inserted_after_its_line() {
    let scenario = Scenario::parse(TEXT).unwrap();
    let text = scenario.with_step_inserted(1, "fire 0 -> a=1").unwrap();
    assert_eq!(text.lines().nth(1), Some("fire 0                               -> a=1"));
    assert_eq!(text.lines().count(), 3);
    assert_eq!(scenario.with_step_inserted(0, "open").unwrap().lines().next(), Some("open"));
    assert!(scenario.with_step_inserted(9, "close").unwrap().ends_with("\nclose\n"));
    let errors = scenario.with_step_inserted(0, "read a").unwrap_err();
    assert_eq!((errors[0].line, errors[0].column), (1, 6));
}

#[test]
fn moment_is_added_to_its_call() {
    let moment = Moment { step: "clear MSI-X Enable".into(), nth: 1 };
    let scenario = Scenario::parse(TEXT).unwrap();
    let text = scenario.inject(2, moment.clone(), Stimulus::Fire(0)).unwrap();
    let line =
        "set_irqs msix trigger none 0+0       -> 0  { after \"clear MSI-X Enable\": fire 0 }";
    assert!(text.lines().nth(1).unwrap().starts_with(line), "{text}");
    let again = Scenario::parse(&text).unwrap().inject(2, moment.clone(), Stimulus::Error).unwrap();
    assert!(again.contains("fire 0; after \"clear MSI-X Enable\": error }"), "{again}");
    for line in [0, 3] {
        assert!(scenario.inject(line, moment.clone(), Stimulus::Error).is_err());
    }
    let broken = Moment { step: "a\nb".into(), nth: 1 };
    assert!(scenario.inject(2, broken, Stimulus::Error).is_err());
}

#[test]
fn scenario_says_itself_which_function_and_host_it_is_on() {
    let text = "# About it\nfunction simple msix=4\nhost linux-6.1 vectors=9\nfire 0\n";
    let e1000e = Scenario::parse("# Another\nfunction e1000e\nfire 1\n").unwrap();
    let on = |text: &str, function: Option<&Scenario>, host: Option<&str>| {
        Scenario::parse(text).unwrap().on(function, host).to_string()
    };
    let said = on(text, Some(&e1000e), Some("mediated"));
    assert_eq!(said, "# About it\nfunction e1000e\nhost     mediated vectors=9\nfire 0\n");
    assert_eq!(on(text, None, None), Scenario::parse(text).unwrap().to_string());
    let said = on("# A\nfire 0\n", None, Some("linux-7.3"));
    assert_eq!(said, "# A\nhost linux-7.3\nfire 0\n");
    let said = on("# A\nfire 0\n", Some(&e1000e), Some("linux-7.3"));
    assert_eq!(said, "# A\nfunction e1000e\nhost     linux-7.3\nfire 0\n");
}
