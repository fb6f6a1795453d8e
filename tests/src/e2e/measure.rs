//! What a reader waits for, measured in headless Chromium on the built site. Not a test: a busy
//! machine says nothing about the code. `cargo xtask bench` prints it.

use super::browser::{DESKTOP, Page, with_page};
use super::server::Server;
use super::{files, site};
use anyhow::{Context, Result, ensure};
use fantoccini::wd::TimeoutConfiguration;
use serde_json::json;
use std::time::Duration;

/// How long a script may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// One figure: what, how much, its unit, and the design's budget (`at most`, negated: at least).
struct Figure(&'static str, f64, &'static str, Option<f64>);

/// Measures and prints a table.
pub fn measure() -> Result<()> {
    let mut figures = Vec::new();
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        page.client.update_timeouts(TimeoutConfiguration::new(Some(PATIENCE), None, None)).await?;
        // One that can't be measured says so, and the others are.
        let mut add = |more: Result<Vec<Figure>>| match more {
            Ok(more) => figures.extend(more),
            Err(error) => eprintln!("not measured: {error:#}"),
        };
        add(first_interaction(page).await);
        add(stepping(page).await);
        add(scrubbing(page).await);
        Ok(())
    })?;
    for (what, page) in
        [("playground transfers", "playground.html"), ("chapter's block adds", "teardown.html")]
    {
        let (bytes, most) = files::transferred(page)?;
        figures.push(Figure(what, bytes as f64 / 1024.0, "KB", Some(most as f64 / 1024.0)));
    }
    println!("{:44}{:>12}        budget", "page", "measured");
    for Figure(what, value, unit, budget) in figures {
        let judged = budget.map_or_else(String::new, |budget| {
            let (word, held) = match budget < 0.0 {
                true => ("at least", value >= -budget),
                false => ("at most", value <= budget),
            };
            let verdict = if held { "held" } else { "EXCEEDED" };
            format!("{word} {:.0}: {verdict}", budget.abs())
        });
        println!("{:44}{value:>12.1} {unit:6} {judged}", what);
    }
    Ok(())
}

/// Runs before the page's own scripts: steps back as soon as there is a button for it, and keeps
/// the time when that is to be seen.
const FIRST: &str = "addEventListener('DOMContentLoaded', () => { \
    const look = new MutationObserver(() => { \
        const back = document.querySelector('[aria-label=\"Step back\"]:not([disabled])'); \
        if (!back) return; \
        look.disconnect(); \
        const place = document.querySelector('.vfi-now'), before = place.innerText; \
        back.click(); \
        const seen = () => place.innerText === before \
            ? setTimeout(seen) : (window.vfioIrqFirst = performance.now()); \
        seen(); \
    }); \
    look.observe(document, { subtree: true, childList: true, attributes: true }); \
});";

async fn first_interaction(page: &Page<'_>) -> Result<Vec<Figure>> {
    page.before_scripts(FIRST).await?;
    let mut times = Vec::new();
    for _ in 0..5 {
        page.open("playground.html").await?;
        page.until("window.vfioIrqFirst !== undefined").await?;
        let time = page
            .value(
                "vfioIrqFirst - performance.getEntriesByType('resource') \
                 .find((one) => one.name.endsWith('.wasm')).responseEnd",
            )
            .await?;
        times.push(time.as_f64().context("a time is a number")?);
    }
    times.sort_by(f64::total_cmp);
    Ok(vec![Figure("module's arrival to first step, median of 5", times[2], "ms", Some(300.0))])
}

/// Puts a text into the playground and waits until it has run.
async fn run(page: &Page<'_>, text: &str, events: u64) -> Result<()> {
    page.open("playground.html").await?;
    page.until("document.querySelector('.vfi-area') !== null").await?;
    let put = "const area = document.querySelector('.vfi-area'); area.value = arguments[0]; \
               area.dispatchEvent(new InputEvent('input', { bubbles: true }));";
    page.client.execute(put, vec![json!(text)]).await?;
    page.until(&format!("Number(document.querySelector('.vfi-scrub').max) >= {events}")).await
}

/// Steps are taken one after the other, each with the drawing it leads to laid out. A message to
/// itself is the shortest way for a script to let others run.
const STEP: &str = "const [steps, done] = arguments; const times = []; \
    const slider = document.querySelector('.vfi-scrub'); \
    const { port1, port2 } = new MessageChannel(); \
    const task = () => new Promise((next) => { port1.onmessage = next; port2.postMessage(0); }); \
    const step = async (n) => { \
        if (n === steps) return done(times.sort((a, b) => a - b)); \
        const button = document.querySelector('[aria-label=\"Step back\"]'); \
        const before = slider.value, from = performance.now(); \
        button.click(); \
        while (document.querySelector('.vfi-scrub').value === before) await task(); \
        document.body.offsetHeight; \
        times.push(performance.now() - from); \
        setTimeout(() => step(n + 1)); \
    }; step(0)";

async fn stepping(page: &Page<'_>) -> Result<Vec<Figure>> {
    let text = "function msix=2048\nset_irqs msix trigger eventfd 0 [v0..v2047]\nfire 7\n";
    run(page, text, 2048).await?;
    let times = page.client.execute_async(STEP, vec![json!(20)]).await?;
    let times: Vec<f64> =
        times.as_array().into_iter().flatten().filter_map(|time| time.as_f64()).collect();
    ensure!(times.len() == 20, "{} of 20 steps", times.len());
    let what = ["step at 2,048 vectors, median of 20", "step at 2,048 vectors, longest"];
    Ok(vec![Figure(what[0], times[10], "ms", None), Figure(what[1], times[19], "ms", None)])
}

/// Moves the slider once a frame, over the whole run.
const SCRUB: &str = "const [frames, done] = arguments; const work = []; \
    const slider = document.querySelector('.vfi-scrub'), most = Number(slider.max); \
    let n = 0, begun; \
    const frame = (now) => { \
        begun ??= now; \
        if (n === frames) { \
            work.sort((a, b) => a - b); \
            return done([frames * 1000 / (now - begun), work[frames >> 1], work[frames - 1]]); \
        } \
        const from = performance.now(); \
        slider.value = Math.round(most * (0.5 - 0.5 * Math.cos(7 * n++ / frames))); \
        slider.dispatchEvent(new InputEvent('input', { bubbles: true })); \
        setTimeout(() => { \
            document.body.offsetHeight; work.push(performance.now() - from); \
            requestAnimationFrame(frame); \
        }); \
    }; requestAnimationFrame(frame)";

const MEMORY: &str = "const done = arguments[0]; \
    const script = document.querySelector('[data-module]'); \
    import(new URL(script.dataset.module, location.href)).then((one) => one.default()) \
        .then(({ memory }) => done([memory.buffer.byteLength, performance.memory.usedJSHeapSize]))";

async fn scrubbing(page: &Page<'_>) -> Result<Vec<Figure>> {
    let text = "set_irqs msix trigger eventfd 0 [a]\nfire 0 x50000\n";
    run(page, text, 100_000).await?;
    let frames = page.client.execute_async(SCRUB, vec![json!(120)]).await?;
    let memory = page.client.execute_async(MEMORY, Vec::new()).await?;
    let number = |value: &serde_json::Value| value.as_f64().context("a number");
    let mib = f64::from(1 << 20);
    Ok(vec![
        Figure("scrubbing 100,000 events, frames", number(&frames[0])?, "1/s", Some(-60.0)),
        Figure("  work for one of them, median of 120", number(&frames[1])?, "ms", None),
        Figure("  the longest", number(&frames[2])?, "ms", None),
        Figure("  memory of the module", number(&memory[0])? / mib, "MiB", None),
        Figure("  memory of its page's scripts", number(&memory[1])? / mib, "MiB", None),
    ])
}
