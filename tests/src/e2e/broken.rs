//! When the module meets a mistake of its own. It is made to, from outside: nothing in what is
//! published panics when asked to.

use super::browser::{DESKTOP, Page, with_page};
use super::server::Server;
use super::{Test, site};
use anyhow::{Context, Result, ensure};
use fantoccini::Locator;

pub(super) fn tests() -> Vec<Test> {
    vec![
        ("panic_gives_a_report_and_a_way_to_begin_again", panics),
        ("panic_in_a_chapter_begins_again_where_it_was", chapter),
        ("panic_of_a_tool_leaves_the_playground_as_it_is", tool),
        ("trap_gives_a_report", traps),
        ("stack_that_is_too_small_gives_a_report", overflows),
    ]
}

const TEXT: &str = "# the reader's own\nfire 0\n";
/// A scenario in the address.
const LINKED: &str = "playground.html#s=%23%20the%20reader's%20own%0Afire%200%0A";

/// The page's tree refuses what the module, rightly, takes for granted.
const REFUSE: &str = "(globalThis.before = Node.prototype.insertBefore, \
    Node.prototype.insertBefore = () => { throw new Error('refused, for the test'); }, true)";
const REFUSE_NO_MORE: &str = "(Node.prototype.insertBefore = before, true)";

async fn opened(page: &Page<'_>) -> Result<()> {
    page.open(LINKED).await?;
    page.until(&format!("document.querySelector('.vfi-area')?.value === {TEXT:?}")).await
}

/// Checks what stands in the playground's place.
async fn reported(page: &Page<'_>, what: &str) -> Result<()> {
    page.until("document.querySelector('.vfi-broken[role=alert]') !== null").await?;
    let report = page.value("document.querySelector('.vfi-broken textarea').value").await?;
    let report = report.as_str().context("the report is a text")?;
    let version = format!("vfio-irq {}", env!("CARGO_PKG_VERSION"));
    for part in [&*version, what, TEXT] {
        ensure!(report.contains(part), "the report lacks {part:?}:\n{report}");
    }
    Ok(())
}

async fn press(page: &Page<'_>, button: &str) -> Result<()> {
    let path = format!("//button[normalize-space()='{button}']");
    Ok(page.client.find(Locator::XPath(&path)).await?.click().await?)
}

fn panics() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        opened(page).await?;
        page.value(REFUSE).await?;
        page.value("document.querySelector('[aria-haspopup=dialog]').click()").await?;
        reported(page, "panicked").await?;

        press(page, "Copy the report").await?;
        let selected = page.value("getSelection().toString()").await?;
        let selected = selected.as_str().unwrap_or_default();
        ensure!(selected.contains("panicked"), "selected is {selected:?}");

        press(page, "Begin again").await?;
        page.until("document.querySelector('.vfi-ledger') !== null").await?;
        let text = page.value("document.querySelector('.vfi-area').value").await?;
        ensure!(text != TEXT && text != "", "the text that met it is loaded again");
        let kept =
            page.value("document.querySelector('details.vfi-broken textarea').value").await?;
        ensure!(kept == TEXT, "kept is {kept}");
        // Once: the next load is like any other.
        page.client.refresh().await?;
        page.until("document.querySelector('.vfi-ledger') !== null").await?;
        let kept = page.value("document.querySelector('details.vfi-broken')").await?;
        ensure!(kept.is_null(), "it is still shown");
        Ok(())
    })
}

fn chapter() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        page.open("teardown.html#TEARDOWN-LOSS").await?;
        let live = "document.querySelector('.is-live .vfi-ledger') !== null";
        page.value("document.querySelector('.vfio-irq-block').scrollIntoView()").await?;
        page.until(live).await?;
        page.value(REFUSE).await?;
        page.value("document.querySelector('[aria-haspopup=dialog]').click()").await?;
        page.until("document.querySelector('.vfi-broken[role=alert]') !== null").await?;
        page.value("(globalThis.old = true)").await?;
        // Not by the pointer: WebDriver scrolls it below mdBook's bar.
        page.value(
            "[...document.querySelectorAll('.vfi-broken button')]\
             .find((it) => it.textContent === 'Begin again').click()",
        )
        .await?;
        page.until("globalThis.old !== true && document.readyState === 'complete'").await?;
        let hash = page.value("location.hash").await?;
        ensure!(hash == "#TEARDOWN-LOSS", "the address has {hash}");
        // The playground's page knows nothing of it: a link opens.
        opened(page).await?;
        let kept = page.value("document.querySelector('details.vfi-broken')").await?;
        ensure!(kept.is_null(), "it shows a chapter's text");
        let mark = page.value("localStorage.getItem('vfio-irq.crashed')").await?;
        ensure!(mark.is_null(), "it is marked");
        Ok(())
    })
}

fn tool() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        opened(page).await?;
        page.value("document.querySelector('.vfi-fire').click()").await?;
        page.until("!document.querySelector('.vfi-group-tools button').disabled").await?;
        let report = "document.querySelector('.vfi-drawer .vfi-broken[role=alert] textarea')";
        // The second time it is the module that was loaded anew.
        for _ in 0..2 {
            page.value(REFUSE).await?;
            page.value("document.querySelector('[data-tool=Share]').click()").await?;
            page.until(&format!("{report} !== null")).await?;
            let said = page.value(&format!("{report}.value")).await?;
            let said = said.as_str().context("the report is a text")?;
            ensure!(said.contains("panicked") && said.contains(TEXT), "the report says {said}");
            page.value(REFUSE_NO_MORE).await?;
            page.value("document.querySelector('[data-tool=Share]').click()").await?;
            page.until("document.querySelector('.vfi-drawer').hidden").await?;
        }
        // The playground has its text, its history and its steps.
        page.until("document.querySelectorAll('.vfi-broken').length === 1").await?;
        press(page, "Undo").await?;
        page.until(&format!("document.querySelector('.vfi-area').value === {TEXT:?}")).await?;
        page.value("document.querySelector('[data-tool=Share]').click()").await?;
        page.until("document.querySelector('.vfi-share')?.innerText.includes('Rust') ?? false")
            .await?;
        let broken = page.value("document.querySelectorAll('.vfi-broken').length").await?;
        ensure!(broken == 0, "the report is still there");
        Ok(())
    })
}

/// A stack that is too small is a `RangeError` in Chromium, thrown in the module or elsewhere: only
/// the first is the module's end. The stacks are written as Chromium writes them; a real overflow
/// meets the module at a place nobody can choose.
fn overflows() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        opened(page).await?;
        let overflow = |at: &str| {
            format!(
                "(() => {{ const error = new RangeError('Maximum call stack size exceeded'); \
                 error.stack = 'RangeError: Maximum call stack size exceeded\\n    at {at}'; \
                 return dispatchEvent(new ErrorEvent('error', {{ error }})); }})()"
            )
        };
        page.value(&overflow("deep (http://localhost/elsewhere.js:1:1)")).await?;
        let broken = page.value("document.querySelector('.vfi-broken')").await?;
        ensure!(broken.is_null(), "another script's overflow is taken for the module's");
        let own = "http://localhost/vfio-irq-page-1_bg.wasm:wasm-function[7]:0x1f";
        page.value(&overflow(own)).await?;
        reported(page, "Maximum call stack size exceeded").await
    })
}

fn traps() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        opened(page).await?;
        // What a browser says of a stack that is too small, or of a memory.
        page.value(
            "dispatchEvent(new ErrorEvent('error', \
             { error: new WebAssembly.RuntimeError('memory access out of bounds') }))",
        )
        .await?;
        reported(page, "memory access out of bounds").await
    })
}
