//! Adding to a scenario.

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
