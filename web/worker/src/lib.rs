//! The page's third module: what is rarely asked for, or takes long. It runs in a worker, and is
//! loaded when it is first asked.
//!
//! An operation is a function from a text to a text, by a name: [`OPS`]. It knows nothing of pages
//! and workers, and is tested natively. The page's side is `web/src/aside.rs`, between them stand
//! `worker.js` here and the loader, `book/assets/loader.js`.

mod explore;

use vfio_irq_core::export::{self, Language};
use vfio_irq_core::render::{self, SvgOptions};
use vfio_irq_core::scenario::{Overrides, Scenario, TextError, run_emulated};
use vfio_irq_core::trace::Trace;
use wasm_bindgen::prelude::*;

/// What can be asked: from a text to a text, or to what is wrong with it.
pub type Op = fn(&str) -> Result<String, String>;

/// Everything that can be asked, by name. To add one, add its row.
pub const OPS: &[(&str, Op)] = &[
    ("json", json),
    ("text", text),
    ("scenario", scenario),
    ("svg", svg),
    ("c", c),
    ("rust", rust),
    ("explore", explore::begin),
    ("explore on", explore::go_on),
    ("explore no more", explore::end),
];

/// Does what is asked. The error is for the page's reader.
#[wasm_bindgen]
pub fn perform(op: &str, text: &str) -> Result<String, String> {
    match OPS.iter().find(|(name, _)| *name == op) {
        Some((_, op)) => op(text),
        None => Err(format!("there is no operation {op:?}; is the page of another version?")),
    }
}

/// The run of a scenario as JSON, as `vfio-irq run --format json` prints it.
fn json(text: &str) -> Result<String, String> {
    Ok(ran(text)?.to_json() + "\n")
}

/// The run as plain text of 72 columns, as `vfio-irq run` prints it.
fn text(scenario: &str) -> Result<String, String> {
    Ok(render::text(&ran(scenario)?))
}

/// The canonical text, which needs no run.
fn scenario(text: &str) -> Result<String, String> {
    let scenario = Scenario::parse(text).map_err(|errors| listed(&errors))?;
    Ok(scenario.to_string())
}

/// The run as a sequence diagram, as `vfio-irq run --format svg` prints it.
fn svg(text: &str) -> Result<String, String> {
    Ok(render::svg(&ran(text)?, &SvgOptions::default()) + "\n")
}

/// The C program, as `vfio-irq export --as c` prints it.
fn c(text: &str) -> Result<String, String> {
    export::of_text(text, Language::C)
}

/// The Rust program, as `vfio-irq export --as rust` prints it.
fn rust(text: &str) -> Result<String, String> {
    export::of_text(text, Language::Rust)
}

/// The run of a scenario's text; else its errors, one a line.
fn ran(text: &str) -> Result<Trace, String> {
    let scenario = Scenario::parse(text).map_err(|errors| listed(&errors))?;
    run_emulated(&scenario, &Overrides::default()).map_err(|error| listed(&[error]))
}

fn listed(errors: &[TextError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_of_a_run_is_its_trace() {
        let text = "set_irqs msix trigger eventfd 0 [a] -> 0\nfire 0 -> a=1\n";
        let json = perform("json", text).unwrap();
        let trace = Trace::from_json(&json).unwrap();
        assert!(trace.held && json.ends_with("}\n"), "{json}");
        assert_eq!(trace, ran(text).unwrap());
    }

    #[test]
    fn json_of_a_wrong_text_names_every_line() {
        let error = perform("json", "fire\nset_irqs mxis\n").unwrap_err();
        let lines: Vec<&str> = error.lines().map(|line| &line[..6]).collect();
        assert_eq!(lines, ["line 1", "line 2"], "{error}");
    }

    #[test]
    fn programs_and_diagram_are_those_of_the_scenario() {
        let text = "function edu\nirq_info msi\n";
        for (op, said) in [("c", "int main("), ("rust", "fn main("), ("svg", "<svg ")] {
            let answer = perform(op, text).unwrap();
            assert!(answer.contains(said), "{op}: {answer}");
            assert!(perform(op, "fire\n").unwrap_err().starts_with("line 1"), "{op}");
        }
    }

    #[test]
    fn unknown_operation_is_an_error_that_names_it() {
        assert!(perform("jsno", "").unwrap_err().contains("jsno"));
    }
}
