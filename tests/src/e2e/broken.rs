//! When the module meets a mistake of its own. It is made to, from outside: nothing in what is
//! published panics when asked to.

use super::browser::{DESKTOP, Page, with_page};
use super::server::Server;
use super::{Test, site};
use anyhow::{Context, Result, ensure};
use fantoccini::Locator;

pub(super) fn tests() -> Vec<Test> {
    vec![("panic_gives_a_report_and_a_way_to_begin_again", panics), ("trap_gives_a_report", traps)]
}

const TEXT: &str = "# the reader's own\nfire 0\n";
/// A scenario in the address.
const LINKED: &str = "playground.html#s=%23%20the%20reader's%20own%0Afire%200%0A";

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
        // The page's tree refuses what the module, rightly, takes for granted.
        page.value(
            "Node.prototype.insertBefore = () => { throw new Error('refused, for the test'); }",
        )
        .await?;
        page.value("document.querySelector('.vfi-tabs button').click()").await?;
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
