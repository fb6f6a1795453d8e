//! The JSON forms.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
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

    /// What is left of valid JSON after an accident is refused, or is a scenario like any other.
    #[test]
    fn damaged_json_is_refused_or_a_scenario(
        scenario in any_scenario(),
        at: proptest::sample::Index,
        cut in 0..6_usize,
        put in prop_oneof![Just("-1"), Just("4294967296"), Just("null"), Just("\"\\u0000"), Just("[")],
        splice: bool,
    ) {
        let json: Vec<char> = scenario.to_json().chars().collect();
        let at = at.index(json.len());
        let rest = json.get(at + cut..).unwrap_or_default();
        let put = if splice { put } else { "" };
        let damaged = json[..at].iter().copied().chain(put.chars()).chain(rest.iter().copied());
        let damaged: String = damaged.collect();
        if let Ok(scenario) = Scenario::from_json(&damaged) {
            prop_assert_eq!(Scenario::parse(&scenario.to_string()), Ok(scenario));
        }
        let _ = Trace::from_json(&damaged);
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
