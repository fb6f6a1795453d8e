//! The third module, in its worker: asked by the page's own door.

use super::browser::{DESKTOP, Page, with_page};
use super::server::Server;
use super::{Test, site};
use anyhow::{Result, ensure};
use fantoccini::Locator;
use serde_json::{Value, json};
use vfio_irq_core::scenario::{Overrides, Scenario, run_emulated};

pub(super) fn tests() -> Vec<Test> {
    vec![
        ("worker_asked_for_json_answers_as_the_command_does", answers),
        ("worker_is_loaded_only_when_it_is_asked", lazy),
        ("worker_that_dies_gives_an_error_and_is_started_anew", dies),
        ("worker_that_does_not_load_gives_an_error", missing),
        ("worker_asked_too_much_refuses", busy),
        ("copied_trace_comes_from_the_worker", copied),
    ]
}

const TEXT: &str = "set_irqs msix trigger eventfd 0 [a] -> 0\nfire 0 -> a=1\n";

/// A worker may be served by the service worker, and the server then hears nothing of it.
const WITHOUT_CACHE: Option<&str> = Some("offline.js");

/// What the worker answers: `["ok", text]` or `["error", text]`.
async fn ask(page: &Page<'_>, op: &str, text: &str) -> Result<(String, String)> {
    let script = "const [op, text, done] = arguments; \
                  vfioIrqAside(op, text).then((ok) => done(['ok', ok]), (e) => done(['error', e]))";
    let answer = page.client.execute_async(script, vec![json!(op), json!(text)]).await?;
    let word = |at: usize| answer[at].as_str().unwrap_or("not a string").to_owned();
    Ok((word(0), word(1)))
}

fn answers() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        let scenario = Scenario::parse(TEXT).expect("it is right");
        let trace = run_emulated(&scenario, &Overrides::default()).expect("it runs");
        let expected = trace.to_json() + "\n";
        for name in ["playground.html", "teardown.html"] {
            page.open(name).await?;
            let (word, json) = ask(page, "json", TEXT).await?;
            ensure!(word == "ok" && json == expected, "{name}: {word}: {json}");
        }
        let (word, error) = ask(page, "json", "fire\n").await?;
        ensure!(word == "error" && error.starts_with("line 1, column"), "{word}: {error}");
        let (word, error) = ask(page, "jsno", TEXT).await?;
        ensure!(word == "error" && error.contains("jsno"), "{word}: {error}");
        page.is_clean().await
    })
}

fn lazy() -> Result<()> {
    let server = Server::start(&site()?, WITHOUT_CACHE)?;
    with_page(&server, DESKTOP, async |page| {
        page.open("playground.html").await?;
        page.until("document.querySelector('.vfi-ledger') !== null").await?;
        ensure!(server.count_of("vfio-irq-worker-", ".wasm") == 0, "it was loaded unasked");
        for _ in 0..3 {
            ask(page, "json", TEXT).await?;
        }
        let loaded = server.count_of("vfio-irq-worker-", ".wasm");
        ensure!(loaded == 1, "three questions loaded it {loaded} times");
        Ok(())
    })
}

fn dies() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        page.open("playground.html").await?;
        // What a browser does when a worker ends by an error.
        let script = "const [text, done] = arguments; const Real = Worker; let last; \
                      window.Worker = class extends Real { \
                          constructor(name) { super(name); last = this; } }; \
                      const asked = vfioIrqAside('json', text).then(() => 'ok', (e) => e); \
                      last.dispatchEvent(new ErrorEvent('error', { message: 'out of memory' })); \
                      asked.then(done)";
        let said = page.client.execute_async(script, vec![json!(TEXT)]).await?;
        let error = said.as_str().unwrap_or_default();
        ensure!(error.contains("stopped") && error.contains("out of memory"), "it says {said}");
        let (word, json) = ask(page, "json", TEXT).await?;
        ensure!(word == "ok", "the next one says {word}: {json}");
        Ok(())
    })
}

fn missing() -> Result<()> {
    let server = Server::start(&site()?, Some(".wasm"))?;
    with_page(&server, DESKTOP, async |page| {
        page.open("playground.html").await?;
        let (word, error) = ask(page, "json", TEXT).await?;
        ensure!(word == "error" && error.contains("stopped"), "{word}: {error}");
        Ok(())
    })
}

fn busy() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        page.open("playground.html").await?;
        let script = "const [text, done] = arguments; \
                      const ask = () => vfioIrqAside('json', text).then(() => 'ok', (e) => e); \
                      Promise.all(Array.from({ length: 9 }, ask)).then(done)";
        let said = page.client.execute_async(script, vec![json!(TEXT)]).await?;
        let answered = said.as_array().into_iter().flatten().filter(|one| **one == "ok").count();
        let refused = said.as_array().and_then(|all| all.last()).and_then(Value::as_str);
        ensure!(answered == 8, "{answered} of 9 were answered");
        ensure!(refused.is_some_and(|one| one.contains("busy")), "the last says {refused:?}");
        Ok(())
    })
}

fn copied() -> Result<()> {
    let server = Server::start(&site()?, WITHOUT_CACHE)?;
    with_page(&server, DESKTOP, async |page| {
        page.open("playground.html").await?;
        page.until("document.querySelector('.vfi-ledger') !== null").await?;
        let button = Locator::XPath("//button[normalize-space()='Copy trace']");
        page.client.find(button).await?.click().await?;
        page.until("document.querySelector('.vfi-copied').innerText === 'Copied'").await?;
        let loaded = server.count_of("vfio-irq-worker-", ".wasm");
        ensure!(loaded == 1, "the worker was loaded {loaded} times");
        Ok(())
    })
}
