//! The program's text.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::choose::msix_at;
use super::needs::{Fact, Needs};
use crate::export::c::{self, Body, PRELUDE, START_CLEAN};
use crate::export::plan::Plan;
use crate::export::{MAX_PROGRAM, parts};
use crate::render::clean;
use crate::scenario::Scenario;

const HEAD: &str = include_str!("head.c");
const TAP: &str = include_str!("tap.c");
const SHOWN: &str = include_str!("shown.c");
const HARNESS: &str = include_str!("harness.c");

/// Widest line of a comment.
const COLUMNS: usize = 96;

/// The program of these tests; `None`: too long.
pub(super) fn program(
    tests: &[(String, Scenario, Needs)],
    left_out: &[(String, String)],
) -> Option<String> {
    let mut taken = BTreeSet::new();
    let (mut bodies, mut code, mut table) = (String::new(), String::new(), String::new());
    for (name, scenario, needs) in tests {
        let function = identifier(name, &mut taken);
        let mut body = Body::of_a_test(msix_at(scenario));
        body.test(&Plan::new(scenario, None), &function)?;
        bodies.push_str(&format!("\n/*\n * {}:\n", in_comment(name)));
        for line in head_of(scenario) {
            bodies.push_str(&format!(" * {}\n", in_comment(line)));
        }
        bodies.push_str(" */\n");
        bodies.push_str(&body.text);
        code.push_str(&body.code);
        table.push_str(&row(name, &function, needs));
        if bodies.len() > MAX_PROGRAM {
            return None;
        }
    }
    let start = START_CLEAN.replace("\tdeassert_intx();\n", "");
    let used = parts::used(&[TAP, PRELUDE, &start, SHOWN, HARNESS], &code);
    let mut text = String::from(HEAD);
    used.into_iter().for_each(|part| text.push_str(part));
    text.push_str("\n/* ---- The tests ---- */\n");
    text.push_str(&bodies);
    text.push_str(&format!("\nstatic const struct test tests[] = {{\n{table}}};\n"));
    text.push_str(&reasons(left_out));
    text.push_str(
        "\nint main(int argc, char **argv)\n{\n\
         \treturn run_all(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);\n}\n",
    );
    (text.len() <= MAX_PROGRAM).then_some(text)
}

/// A name of C's for a test's.
fn identifier(name: &str, taken: &mut BTreeSet<String>) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let word = format!("test_{}", name.chars().map(plain).collect::<String>());
    let mut unique = word.clone();
    let mut n = 1;
    while !taken.insert(unique.clone()) {
        n += 1;
        unique = format!("{word}_{n}");
    }
    unique
}

/// The comment a scenario begins with, without evidence and hosts: those are of its own device.
fn head_of(scenario: &Scenario) -> impl Iterator<Item = &str> {
    let lines = scenario.lines().iter().map_while(|line| match &line.statement {
        None => line.comment.as_deref(),
        Some(_) => None,
    });
    let is_of_what = |line: &&str| {
        let line = line.trim_start();
        !line.starts_with("Evidence:") && !line.starts_with("Hosts:")
    };
    lines.take_while(is_of_what).map(str::trim)
}

fn in_comment(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    c::in_comment(&clean(&text))
}

fn row(name: &str, function: &str, needs: &Needs) -> String {
    let least = needs.least.map(|count| count.to_string()).join(", ");
    let most = needs.most.map(|most| most.map_or("ANY".into(), |most| most.to_string())).join(", ");
    let bits = |so: bool| {
        let facts: Vec<String> = Fact::ALL
            .into_iter()
            .filter(|fact| needs.facts.contains(&(*fact, so)))
            .map(|fact| format!("1 << {}", fact.c_name()))
            .collect();
        if facts.is_empty() { "0".into() } else { facts.join(" | ") }
    };
    let name = c::quoted(name);
    format!(
        "\t{{ {name}, {function},\n\t  {{ {least} }}, {{ {most} }}, {}, {} }},\n",
        bits(true),
        bits(false)
    )
}

/// A comment that says which scenarios are no tests, by reason.
fn reasons(left_out: &[(String, String)]) -> String {
    let mut by_reason: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (name, why) in left_out {
        // The line within a scenario is said on standard error.
        let why = why.split(" (line ").next().unwrap_or(why);
        by_reason.entry(why.into()).or_default().push(name);
    }
    if by_reason.is_empty() {
        return String::new();
    }
    let mut text = String::from("\n/*\n * Scenarios that are no tests here:\n");
    for (why, names) in by_reason {
        text.push_str(&format!(" *\n * - {}:\n", in_comment(&why)));
        let mut line = String::new();
        for name in names {
            if line.len() + name.len() + 5 > COLUMNS {
                text.push_str(&format!(" *  {line}\n"));
                line.clear();
            }
            line.push(' ');
            line.push_str(&in_comment(name));
        }
        text.push_str(&format!(" *  {line}\n"));
    }
    text + " */\n"
}
