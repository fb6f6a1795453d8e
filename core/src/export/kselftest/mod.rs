//! Many scenarios as one C program in the style of the kernel's selftests: a test each, TAP out.
//!
//! [`choose`] says which scenarios: those about an errno, a growth or a difference between kernels that a
//! device can carry without being told to interrupt. [`needs`] says of each where it applies; the emulator is asked, once for every
//! property that can matter. `write` puts the program together, from the same parts as
//! [`program`](super::program) and a harness. What is left out is listed in the program, with its reason.
//!
//! Left out: an interrupt the device would have to send, or inside a call; a host told how many
//! vectors it has; registers that lie elsewhere on another device.

mod choose;
mod needs;
mod write;

#[cfg(test)]
mod tests;

use alloc::string::String;
use alloc::vec::Vec;

pub use choose::Choice;
pub use needs::{Fact, Needs, Shown};

use crate::scenario::Scenario;

/// A scenario to be made a test.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// What the test is called: `msix/grow_dynamic`.
    pub name: &'a str,
    /// The scenario.
    pub text: &'a str,
}

/// A test of the program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Test {
    /// Its name.
    pub name: String,
    /// Where it applies.
    pub needs: Needs,
}

/// The program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Selftest {
    /// Its text.
    pub program: String,
    /// Its tests, in order.
    pub tests: Vec<Test>,
    /// Scenarios that are none of them, and why.
    pub left_out: Vec<(String, String)>,
}

/// The program of these scenarios. The error is a sentence.
pub fn selftest(sources: &[Source<'_>], choice: Choice) -> Result<Selftest, String> {
    let (mut chosen, mut left_out) = (Vec::new(), Vec::new());
    for source in sources {
        match test(source, choice) {
            Ok((scenario, needs)) => chosen.push((named(source.name), scenario, needs)),
            Err(why) => left_out.push((source.name.into(), why)),
        }
    }
    let program = write::program(&chosen, &left_out).ok_or("the program would be too long")?;
    let tests = chosen.into_iter().map(|(name, _, needs)| Test { name, needs });
    Ok(Selftest { program, tests: tests.collect(), left_out })
}

/// A test's name: behind a `#` TAP has a directive, so `x# SKIP y` would be a test that was skipped.
fn named(name: &str) -> String {
    name.replace('#', "_")
}

fn test(source: &Source<'_>, choice: Choice) -> Result<(Scenario, Needs), String> {
    let chosen = choose::choose(source)?;
    let needs = needs::of(&chosen.scenario, &chosen.host)?;
    let differs = needs.facts.iter().any(|(fact, _)| fact.is_of_the_kernel());
    if choice == Choice::All || chosen.is_of_errno_or_growth || differs {
        return Ok((chosen.scenario, needs));
    }
    Err("no call is refused, nothing grows, all kernels answer alike".into())
}
