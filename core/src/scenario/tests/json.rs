//! The JSON forms.

use proptest::prelude::*;

use super::arbitrary::any_scenario;
use super::run::lively_scenario;
use crate::scenario::{Overrides, Scenario, run_emulated};
use crate::trace::Trace;

#[test]
fn scenario_has_stable_field_names() {
    let text = "set_irqs msix trigger eventfd 0 [a, -1 x2]  -> 0 a=1  # c";
    let json = r#"{"lines": [{"statement": {"step": {
        "action": {"set-irqs": {"index": 2, "action": "trigger",
            "data": {"eventfd": [{"what": {"names": {"one": "a"}}, "times": 1},
                                 {"what": {"number": -1}, "times": 2}]},
            "start": 0, "count": null, "argsz": null, "flags": null, "bytes": null}},
        "times": 1,
        "expect": [{"value": {"value": 0, "care": 18446744073709551615}},
                   {"counter": [{"one": "a"}, 1]}],
        "moments": []}}, "comment": " c"}]}"#;
    assert_eq!(Scenario::from_json(json), Ok(Scenario::parse(text).unwrap()));
}

#[test]
fn json_that_says_what_no_text_can_is_refused() {
    let cases = [
        (r#"{"lines": [{"comment": "a\nfire 0"}]}"#, 0),
        (r##"{"lines": [{"comment": "a "}]}"##, 0),
        (
            r#"{"lines": [{"statement": {"host": {"profile": "a b", "vectors": null, "remapping": null}}}]}"#,
            0,
        ),
        (r#"{"lines": [{"statement": "nonesuch"}]}"#, 1),
        (r#"{"lines": [], "more": 1}"#, 1),
        ("[", 1),
        ("", 1),
    ];
    for (json, line) in cases {
        let error = Scenario::from_json(json).expect_err(json);
        assert_eq!(error.line, line, "{json}: {error}");
    }
}

proptest! {
    #[test]
    fn scenario_survives_json(scenario in any_scenario()) {
        let json = scenario.to_json();
        prop_assert_eq!(Scenario::from_json(&json), Ok(scenario), "{}", json);
    }

    #[test]
    fn trace_survives_json(scenario in lively_scenario()) {
        let trace = run_emulated(&scenario, &Overrides::default()).expect("built in");
        prop_assert_eq!(Trace::from_json(&trace.to_json()), Ok(trace));
    }

    #[test]
    fn garbage_is_an_error(text in any::<alloc::string::String>()) {
        prop_assert!(Scenario::from_json(&text).is_err());
        prop_assert!(Trace::from_json(&text).is_err());
    }
}
