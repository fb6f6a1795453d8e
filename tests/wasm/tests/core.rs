//! Core in a browser.
#![cfg(target_arch = "wasm32")]

use vfio_irq_core::render;
use vfio_irq_core::scenario::{Overrides, Scenario, run_emulated};
use vfio_irq_core::trace::Trace;
use vfio_irq_wasm_tests::SCENARIOS;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const TEARDOWN: &str = "\
function e1000e
host linux-6.1
set_irqs msix trigger eventfd 0 [a] -> 0
fire 0 -> a=1
set_irqs msix trigger eventfd 1 [b] -> EINVAL
set_irqs msix trigger none 0+0 -> 0
fire 0 -> a=0
set_irqs msix trigger eventfd 0 [a, b] -> 0
read a -> EAGAIN
ledger -> causes=2 signalled=1 lost=1
";

fn run(text: &str) -> Trace {
    let scenario = Scenario::parse(text).expect("the text is right");
    run_emulated(&scenario, &Overrides::default()).expect("the machine can be built")
}

#[wasm_bindgen_test]
fn teardown_in_a_browser_loses_one_interrupt() {
    let trace = run(TEARDOWN);
    assert!(trace.held);
    assert_eq!((trace.ledger.causes, trace.ledger.signalled, trace.ledger.lost), (2, 1, 1));
}

#[wasm_bindgen_test]
fn trace_in_a_browser_renders_as_text_of_72_columns() {
    let text = render::text(&run(TEARDOWN));
    assert!(text.contains("LOST"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 72), "{text}");
}

#[wasm_bindgen_test]
fn largest_function_in_a_browser_signals_its_last_vector() {
    let text = "function msix=2048\nhost linux-7.3\n\
                set_irqs msix trigger eventfd 2047 [last] -> 0\nfire 2047 -> last=1\n";
    assert!(run(text).held);
}

#[wasm_bindgen_test]
fn wrong_text_in_a_browser_has_its_place() {
    let errors = Scenario::parse("function intx\nfire zero\n").unwrap_err();
    assert_eq!(errors[0].line, 2);
}

#[wasm_bindgen_test]
fn every_scenario_file_holds_in_a_browser() {
    let failed: Vec<&str> =
        SCENARIOS.iter().filter(|(_, text)| !run(text).held).map(|(name, _)| *name).collect();
    assert!(failed.is_empty() && !SCENARIOS.is_empty(), "{failed:?}");
}
