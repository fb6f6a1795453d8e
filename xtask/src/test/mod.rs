//! `cargo xtask test`: everything CI runs, step by step, with a count of each kind at the end.

mod count;
mod report;
mod steps;

use anyhow::{Result, bail};
pub(crate) use count::Counts;
use report::Outcome;
use std::process::ExitCode;
use std::time::Instant;
use steps::{STEPS, Step};

/// Runs the named steps, or all. A step that fails doesn't keep the others from running.
pub(crate) fn run(names: &[&str]) -> Result<ExitCode> {
    let steps = chosen(names)?;
    let strict = std::env::var_os("CI").is_some_and(|value| value == "true");
    let mut outcomes = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        println!("\n[{}/{}] {}: {}", number + 1, steps.len(), step.name, step.summary);
        let started = Instant::now();
        let mut outcome = Outcome::new(step.name);
        if let Err(error) = (step.run)(&mut outcome.counts) {
            eprintln!("error: {error:#}");
            outcome.fail(format!("{error:#}"));
        }
        outcome.settle(strict);
        outcome.seconds = started.elapsed().as_secs_f32();
        println!("[{}/{}] {}", number + 1, steps.len(), outcome.line());
        outcomes.push(outcome);
    }
    println!("{}", report::table(&outcomes));
    let failed = outcomes.iter().any(|outcome| outcome.counts.failed > 0);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn chosen(names: &[&str]) -> Result<Vec<&'static Step>> {
    if let Some(unknown) = names.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
        let known: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
        bail!("there is no test step {unknown:?}; there are: {}", known.join(" "));
    }
    let wanted = |step: &&Step| names.is_empty() || names.contains(&step.name);
    Ok(STEPS.iter().filter(wanted).collect())
}

#[cfg(test)]
mod tests {
    use super::chosen;

    #[test]
    fn steps_named_on_the_command_line_run_in_our_order() {
        let names: Vec<&str> =
            chosen(&["native", "fmt"]).unwrap().iter().map(|step| step.name).collect();
        assert_eq!(names, ["fmt", "native"]);
    }

    #[test]
    fn step_with_unknown_name_is_an_error_that_lists_the_known() {
        let error = chosen(&["nativ"]).err().unwrap().to_string();
        assert!(error.contains("nativ") && error.contains("clippy"), "{error}");
    }
}
