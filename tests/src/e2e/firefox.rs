//! The main path in Firefox.

use super::browser::{Page, with_firefox};
use super::server::Server;
use super::{Test, site};
use anyhow::{Result, ensure};
use fantoccini::Locator;

pub(super) fn tests() -> Vec<Test> {
    vec![
        ("firefox_chapter_has_live_blocks_that_step", chapter),
        ("firefox_playground_runs_an_edited_text", playground),
        ("firefox_site_visited_once_works_without_a_network", offline),
    ]
}

const LEDGER: &str = "document.querySelector('.vfi-ledger')?.innerText";

/// Every request of the page went to our own server.
async fn is_clean(page: &Page<'_>) -> Result<()> {
    let others = page
        .value(
            "performance.getEntriesByType('resource').map((r) => r.name) \
             .filter((name) => !name.startsWith(location.origin) && !name.startsWith('data:'))",
        )
        .await?;
    ensure!(others.as_array().is_some_and(Vec::is_empty), "the page loads {others}");
    Ok(())
}

fn chapter() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_firefox(&server, async |page| {
        page.open("teardown.html").await?;
        page.value("document.querySelector('.vfio-irq-block').scrollIntoView()").await?;
        page.until(&format!("/lost\\s+1/i.test({LEDGER} ?? '')")).await?;
        let count = "document.querySelector('.is-live .vfi-count').innerText";
        let at_end = page.value(count).await?;
        let click = async |label: &str| {
            let button = format!(".is-live [aria-label='{label}']");
            page.client.find(Locator::Css(&button)).await?.click().await
        };
        click("Step back").await?;
        page.until(&format!("{count} !== {at_end}")).await?;
        click("Step").await?;
        page.until(&format!("{count} === {at_end}")).await?;
        is_clean(page).await
    })
}

fn playground() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_firefox(&server, async |page| {
        page.open("playground.html").await?;
        page.until("document.querySelector('#vfio-irq-playground textarea') !== null").await?;
        let text = page.client.find(Locator::Css("#vfio-irq-playground textarea")).await?;
        text.clear().await?;
        text.send_keys("set_irqs msix trigger eventfd 0 [a] -> 0\nfire 0 -> a=1\n").await?;
        page.until(&format!("/signalled\\s+1/i.test({LEDGER} ?? '')")).await?;
        is_clean(page).await
    })
}

fn offline() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_firefox(&server, async |page| {
        page.open("playground.html").await?;
        let ready = "const done = arguments[0]; \
                     navigator.serviceWorker.ready.then(() => done(true))";
        page.client.execute_async(ready, Vec::new()).await?;
        server.stop();
        // Not reloaded: by WebDriver that goes round the service worker here.
        page.open("playground.html").await?;
        page.until(&format!("({LEDGER} ?? '') !== ''")).await?;
        page.open("teardown.html").await?;
        ensure!(page.text("main h1").await?.len() > 3, "the chapter has no heading");
        Ok(())
    })
}
