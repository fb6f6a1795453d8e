//! README.md shows a scenario and what the command prints for it: both must be what there is.

mod command;

use std::path::Path;

use command::ran_with;

const SCENARIO: &str = "tests/scenarios/teardown/msix_loses.scenario";

#[test]
fn scenario_in_the_readme_is_the_file_and_prints_what_the_readme_shows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |name: &str| {
        let text = std::fs::read_to_string(root.join(name));
        text.unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    let (readme, scenario) = (read("README.md"), read(SCENARIO));
    assert!(
        readme.contains(&format!("```\n{scenario}```\n")),
        "README.md shows another {SCENARIO}"
    );

    let ran = ran_with("run -", scenario.as_bytes());
    assert_eq!((ran.status, &*ran.stderr), (0, ""));
    let shown = format!("```\n$ vfio-irq run {SCENARIO}\n{}```\n", ran.stdout);
    assert!(readme.contains(&shown), "README.md shows another trace than\n{}", ran.stdout);
}
