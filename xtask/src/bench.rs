//! `cargo xtask bench`: the workloads of `bench/`, native by criterion and as wasm in headless
//! Chromium, in one table beside the budgets of the design.
//!
//! After them the built page in headless Chromium: its size, first step, steps, scrubbing, memory.
//! Last core's explorer beside Stateright and SPIN (`bench/checkers/README.md`).
//!
//! The wasm module is the page's build (`wasm-release`), inlined into a file: no server, no driver.

use crate::command::{command, run as run_command};
use crate::{setup, workspace};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Most nanoseconds a workload may take native; wasm may take twice what native took.
const BUDGETS: &[(&str, f64)] = &[("rearm-fire-read/2048", 1_000.0)];
const WASM_OVER_NATIVE: f64 = 2.0;

/// Time an iteration in nanoseconds, by workload id.
type Figures = BTreeMap<String, f64>;

/// Measures and prints. `--native` and `--wasm` measure one side only, `--page` the built page only,
/// `--explore` the explorer beside other checkers only. Figures above budget are marked, and are no
/// failure: a busy machine says nothing about the code.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let (native, wasm) = match arguments {
        ["--page"] => return page(),
        ["--explore"] => return explore(),
        [] => (native()?, browser()?),
        ["--native"] => (native()?, Figures::new()),
        ["--wasm"] => (Figures::new(), browser()?),
        other => {
            bail!("cargo xtask bench [--native|--wasm|--page|--explore], not {}", other.join(" "))
        }
    };
    print!("\n{}", table(&native, &wasm));
    if arguments.is_empty() {
        page()?;
        explore()?;
    }
    Ok(())
}

/// The explorer, Stateright and SPIN on one case; without SPIN the bench says so.
fn explore() -> Result<()> {
    let bench = ["bench", "--package", "vfio-irq-bench", "--bench", "explore"];
    run_command(&mut command("cargo", &bench))
}

/// The built site as a reader meets it: what it transfers, and what they wait for.
fn page() -> Result<()> {
    setup::for_browser_tests()?;
    crate::site::build()?;
    let example = ["run", "--quiet", "--package", "vfio-irq-tests", "--example", "page"];
    run_command(&mut command("cargo", &example))
}

fn native() -> Result<Figures> {
    run_command(&mut command(
        "cargo",
        &["bench", "--package", "vfio-irq-bench", "--bench", "irqs"],
    ))?;
    let folder = target().join("criterion");
    let mut figures = Figures::new();
    collect(&folder, &folder, &mut figures)?;
    Ok(figures)
}

/// Criterion keeps a workload's figures in `<id>/new/estimates.json`.
fn collect(root: &Path, folder: &Path, figures: &mut Figures) -> Result<()> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let estimates = path.join("new/estimates.json");
        if estimates.is_file() {
            let text = std::fs::read_to_string(&estimates)?;
            let median = median(&text)
                .with_context(|| format!("{} holds no median", estimates.display()))?;
            let id = path.strip_prefix(root).expect("it was found below the root");
            // Criterion writes the id's slash as an underscore in the folder's name.
            figures.insert(id.to_string_lossy().replace('_', "/"), median);
        } else if path.is_dir() {
            collect(root, &path, figures)?;
        }
    }
    Ok(())
}

/// `median.point_estimate` of criterion's JSON.
fn median(json: &str) -> Option<f64> {
    let (_, median) = json.split_once("\"median\"")?;
    let (_, estimate) = median.split_once("\"point_estimate\":")?;
    estimate.split([',', '}']).next()?.trim().parse().ok()
}

fn browser() -> Result<Figures> {
    setup::for_bench()?;
    let build = ["build", "--package", "vfio-irq-bench", "--lib"];
    let wasm = ["--target", "wasm32-unknown-unknown", "--profile", "wasm-release"];
    run_command(&mut command("cargo", &[&build[..], &wasm[..]].concat()))?;
    let built = target().join("wasm32-unknown-unknown/wasm-release/vfio_irq_bench.wasm");
    let module =
        std::fs::read(&built).with_context(|| format!("cannot read {}", built.display()))?;

    let page = target().join("bench.html");
    std::fs::write(&page, inline(include_str!("../../bench/page.html"), &module))?;
    let url = format!("file://{}", page.display());
    // A profile of its own: one that is in use would hand the page to the browser that has it.
    let profile = format!("--user-data-dir={}", target().join("bench-profile").display());
    let flags = ["--headless", "--no-sandbox", "--disable-gpu", &profile, "--dump-dom", &url];
    eprintln!("$ chromium {}", flags.join(" "));
    let output = command("chromium", &flags).output().context("cannot start chromium")?;
    figures(&String::from_utf8_lossy(&output.stdout))
}

fn inline(page: &str, module: &[u8]) -> String {
    let mut bytes = String::with_capacity(module.len() * 4);
    for byte in module {
        write!(bytes, "{byte},").expect("a String takes everything");
    }
    page.replace("/* module */", &bytes)
}

/// The lines `id<tab>nanoseconds` of the page as the browser left it.
fn figures(dom: &str) -> Result<Figures> {
    let (_, from) = dom.split_once("<pre id=\"figures\">").context("the page did not come up")?;
    let (lines, _) = from.split_once("</pre>").context("the page is cut off")?;
    let mut figures = Figures::new();
    for line in lines.lines() {
        match line.split_once('\t') {
            Some(("error", what)) => bail!("in the browser: {what}"),
            Some((id, time)) => figures.insert(id.to_owned(), time.parse()?),
            None => bail!("in the browser: {line}"),
        };
    }
    if figures.is_empty() {
        bail!("the page measured nothing");
    }
    Ok(figures)
}

fn table(native: &Figures, wasm: &Figures) -> String {
    let mut ids: Vec<&String> = native.keys().chain(wasm.keys()).collect();
    ids.sort_by_key(|id| order(id));
    ids.dedup();
    let mut out =
        format!("{:24}{:>12}{:>12}{:>8}   {}\n", "workload", "native", "wasm", "ratio", "budget");
    for id in ids {
        let (native, wasm) = (native.get(id).copied(), wasm.get(id).copied());
        let ratio = native.zip(wasm).map(|(native, wasm)| wasm / native);
        let ratio_shown = ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.2}"));
        let line = format!("{id:24}{:>12}{:>12}{ratio_shown:>8}", time(native), time(wasm));
        let judged = budget(id).map(|most| judge(native, ratio, most)).unwrap_or_default();
        out += format!("{line}   {judged}").trim_end();
        out.push('\n');
    }
    out
}

/// By name, then by number.
fn order(id: &str) -> (&str, u64) {
    let (name, number) = id.rsplit_once('/').unwrap_or((id, ""));
    (name, number.parse().unwrap_or(0))
}

fn budget(id: &str) -> Option<f64> {
    BUDGETS.iter().find(|(of, _)| *of == id).map(|(_, most)| *most)
}

fn judge(native: Option<f64>, ratio: Option<f64>, most: f64) -> String {
    let verdict = |value: Option<f64>, most: f64| match value {
        None => "not measured",
        Some(value) if value <= most => "held",
        Some(_) => "EXCEEDED",
    };
    format!(
        "native at most {}: {}; wasm at most {WASM_OVER_NATIVE} times native: {}",
        time(Some(most)),
        verdict(native, most),
        verdict(ratio, WASM_OVER_NATIVE)
    )
}

/// Three digits and a unit.
fn time(nanoseconds: Option<f64>) -> String {
    let Some(time) = nanoseconds else { return "-".to_owned() };
    let units = [(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns")];
    let (size, unit) = units.into_iter().find(|(size, _)| time >= *size).unwrap_or((1.0, "ns"));
    let value = time / size;
    let digits = if value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.digits$} {unit}")
}

fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => workspace::root().join(folder),
        None => workspace::root().join("target"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(id: &str, time: f64) -> Figures {
        Figures::from([(id.to_owned(), time)])
    }

    #[test]
    fn table_with_both_sides_shows_ratio_and_verdicts() {
        let id = "rearm-fire-read/2048";
        let good = table(&one(id, 400.0), &one(id, 600.0));
        assert!(good.contains("400 ns") && good.contains("600 ns"), "{good}");
        assert!(good.contains("1.50") && !good.contains("EXCEEDED"), "{good}");

        let bad = table(&one(id, 1001.0), &one(id, 2500.0));
        assert_eq!(bad.matches("EXCEEDED").count(), 2, "{bad}");
    }

    #[test]
    fn table_orders_by_number_and_keeps_what_one_side_measured() {
        let native = Figures::from([("a/64".into(), 1.0), ("a/2048".into(), 1.0)]);
        let shown = table(&native, &one("a/1", 1.0));

        let at = |id| shown.find(id).expect("each id has a row");
        assert!(at("a/1 ") < at("a/64") && at("a/64") < at("a/2048"), "{shown}");
    }

    #[test]
    fn median_of_estimates_is_not_the_mean() {
        let json = r#"{"mean":{"point_estimate":9.0},"median":{"confidence_interval":{"lower_bound":1.0},"point_estimate":2.5,"standard_error":0.1}}"#;
        assert_eq!(median(json), Some(2.5));
        assert_eq!(median("{}"), None);
    }

    #[test]
    fn figures_of_a_page_are_read_and_its_errors_reported() {
        let page = |text| format!("<pre id=\"figures\">{text}</pre>");
        assert_eq!(figures(&page("a/1\t12.5\n")).unwrap(), one("a/1", 12.5));
        for bad in ["error\tRuntimeError: unreachable\n", ""] {
            figures(&page(bad)).unwrap_err();
        }
    }

    #[test]
    fn inlined_module_stands_between_the_brackets() {
        assert_eq!(inline("[/* module */]", &[0, 97]), "[0,97,]");
    }
}
