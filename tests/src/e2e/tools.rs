//! The tools of the playground's page, in the built site.

use super::browser::{DESKTOP, PHONE, Page, with_page};
use super::server::Server;
use super::{Test, site};
use anyhow::{Context, Result, ensure};
use fantoccini::Locator;
use std::time::Duration;

pub(super) fn tests() -> Vec<Test> {
    vec![
        ("request_is_built_answered_and_inserted", request),
        ("hosts_are_compared_and_the_difference_explained", compare),
        ("chapter_that_compares_shows_both_hosts", chapter),
        ("tools_are_loaded_when_one_is_opened", lazy),
        ("opened_tool_leaves_the_event_in_sight", in_sight),
        ("tools_that_do_not_load_say_so_and_the_page_works", missing),
        ("every_example_opens_and_holds", examples),
        ("examples_that_do_not_load_say_so", examples_fail),
        ("draft_survives_a_reload_and_a_link", draft),
        ("last_runs_are_kept_and_compared", runs),
        ("tools_fit_a_telephone_and_follow_the_theme", looks),
    ]
}

const TEXT: &str = "#vfio-irq-playground .vfi-area";

/// Modules may be served by the service worker, and the server then hears nothing of it.
const WITHOUT_CACHE: Option<&str> = Some("offline.js");

async fn open(page: &Page<'_>, hash: &str) -> Result<()> {
    page.open(&format!("playground.html{hash}")).await?;
    page.until("document.querySelector('.vfi-ledger') !== null").await
}

/// Clicks the button with this word, as soon as there is one: the tools come when they are asked for.
async fn press(page: &Page<'_>, word: &str) -> Result<()> {
    let path = format!("//main//button[normalize-space()='{word}']");
    let wait = page.client.wait().at_most(Duration::from_secs(20));
    let button = wait.for_element(Locator::XPath(&path)).await;
    button.with_context(|| format!("no button {word}"))?.click().await?;
    Ok(())
}

async fn until_says(page: &Page<'_>, selector: &str, words: &str) -> Result<()> {
    let said = format!("document.querySelector({selector:?})?.innerText ?? ''");
    page.until(&format!("({said}).includes({words:?})")).await
}

async fn text(page: &Page<'_>) -> Result<String> {
    let value = page.value(&format!("document.querySelector('{TEXT}').value")).await?;
    Ok(value.as_str().context("a text area has a text")?.to_owned())
}

fn request() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        open(page, "").await?;
        press(page, "Request").await?;
        press(page, "Enable").await?;
        until_says(page, ".vfi-line-said", "set_irqs msix trigger eventfd 0 [v0..v3]").await?;
        until_says(page, ".vfi-bytes", "DATA_EVENTFD | ACTION_TRIGGER").await?;
        let index = page.client.find(Locator::Css(".vfi-form input[list]")).await?;
        index.clear().await?;
        index.send_keys("4294967295").await?;
        until_says(page, ".vfi-answer", "SET-INDEX").await?;
        press(page, "Insert here").await?;
        page.until(&format!("document.querySelector('{TEXT}').value.includes('set_irqs 0xffffffff trigger eventfd 0 [v0..v3]')")).await?;
        until_says(page, ".vfi-now", "SET-INDEX").await?;
        let link = page.client.find(Locator::Css(".vfi-answer a")).await?;
        link.click().await?;
        page.until("location.pathname.endsWith('/clauses.html') && document.getElementById('SET-INDEX') !== null").await?;
        page.is_clean().await
    })
}

fn compare() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        open(page, "").await?;
        press(page, "Compare").await?;
        press(page, "6.1 and 6.12").await?;
        until_says(page, ".vfi-why", "dynamic-msix").await?;
        until_says(page, ".vfi-why", "NORESIZE is set").await?;
        press(page, "First difference").await?;
        until_says(page, ".vfi-compared .vfi-now-row", "EINVAL").await?;
        until_says(page, ".vfi-now", "line 5").await?;
        page.screenshot("compare-desktop").await?;
        press(page, "Linux and mediated").await?;
        until_says(page, ".vfi-why", "emulated").await?;
        page.is_clean().await
    })
}

fn chapter() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        page.open("noresize.html").await?;
        page.value("document.querySelector('.vfio-irq-block').scrollIntoView()").await?;
        until_says(page, ".vfi-beside .vfi-why", "dynamic-msix").await?;
        page.is_clean().await
    })
}

fn lazy() -> Result<()> {
    let server = Server::start(&site()?, WITHOUT_CACHE)?;
    with_page(&server, DESKTOP, async |page| {
        let loaded = || server.count_of("vfio-irq-tools-", ".wasm");
        open(page, "").await?;
        ensure!(loaded() == 0, "they were loaded unasked");
        press(page, "Share").await?;
        until_says(page, ".vfi-share", "Rust").await?;
        press(page, "Request").await?;
        until_says(page, ".vfi-drawer", "Insert here").await?;
        ensure!(loaded() == 1, "they were loaded {} times", loaded());
        // The focus is in the drawer; Escape gives it back to the tab.
        let focused = "document.activeElement";
        page.until(&format!("{focused}.classList.contains('vfi-drawer')")).await?;
        page.client.active_element().await?.send_keys("\u{e00c}").await?;
        page.until(&format!("{focused}.dataset.tool === 'Request'")).await?;
        let hidden = page.value("document.querySelector('.vfi-drawer').hidden").await?;
        ensure!(hidden == true, "Escape did not close the drawer");
        Ok(())
    })
}

fn in_sight() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        let seen = "(() => { \
            const list = document.querySelector('.vfi-rows').getBoundingClientRect(); \
            const row = document.querySelector('.vfi-now-row')?.getBoundingClientRect(); \
            return row !== undefined && row.top >= list.top && row.bottom <= list.bottom; })()";
        open(page, "").await?;
        page.until(seen).await?;
        let high = "document.querySelector('.vfi-rows').clientHeight";
        let before = page.value(high).await?.as_f64().unwrap_or_default();
        press(page, "Share").await?;
        page.until(&format!("{high} < {before}")).await?;
        page.until(seen).await?;
        // And what comes into sight again is drawn.
        press(page, "✕").await?;
        page.until(&format!("{high} === {before}")).await?;
        page.until(
            "(() => { const list = document.querySelector('.vfi-rows').getBoundingClientRect(); \
             return document.elementFromPoint(list.left + 300, list.bottom - 30) \
                 .closest('.vfi-row') !== null; })()",
        )
        .await
    })
}

fn missing() -> Result<()> {
    let server = Server::start(&site()?, Some("vfio-irq-tools-"))?;
    with_page(&server, DESKTOP, async |page| {
        open(page, "").await?;
        press(page, "Share").await?;
        until_says(page, ".vfi-drawer", "did not load").await?;
        press(page, "Fire").await?;
        page.until("!document.querySelector('.vfi-group-tools button').disabled").await
    })
}

fn examples() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        open(page, "").await?;
        ensure!(server.count(".json") == 0, "the examples came unasked");
        press(page, "Examples").await?;
        page.until("document.querySelectorAll('.vfi-examples li').length >= 15").await?;
        ensure!(server.count(".json") == 1, "the examples came more than once");
        page.screenshot("examples-desktop").await?;
        let titles = page
            .value("[...document.querySelectorAll('.vfi-examples li > button')].map((e) => e.textContent)")
            .await?;
        for title in titles.as_array().into_iter().flatten().filter_map(|title| title.as_str()) {
            // Not by the pointer: WebDriver scrolls some below the drawer's head.
            page.value(&format!(
                "[...document.querySelectorAll('.vfi-examples li > button')]\
                 .find((e) => e.textContent === {title:?}).click()"
            ))
            .await?;
            page.until(&format!(
                "document.querySelector('{TEXT}').value.startsWith({:?})",
                format!("# {title}")
            ))
            .await?;
            let wrong = page
                .value("document.querySelectorAll('.vfi-errors, .vfi-unmet-list').length")
                .await?;
            ensure!(wrong == 0, "{title} does not hold");
        }
        press(page, "Undo").await?;
        page.is_clean().await
    })
}

fn examples_fail() -> Result<()> {
    let server = Server::start(&site()?, Some(".json"))?;
    with_page(&server, DESKTOP, async |page| {
        open(page, "").await?;
        press(page, "Examples").await?;
        until_says(page, ".vfi-open-tool", "did not load").await
    })
}

fn draft() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        open(page, "").await?;
        page.client.find(Locator::Css(TEXT)).await?.send_keys("fire 4\n").await?;
        page.until("(localStorage.getItem('vfio-irq.drafts.1') ?? '').includes('fire 4')").await?;
        let mine = text(page).await?;
        page.client.refresh().await?;
        until_says(page, ".vfi-draft", "is open").await?;
        ensure!(text(page).await? == mine, "the draft is not open: {}", text(page).await?);
        // A link shows what it says, and takes nothing away.
        page.open("index.html").await?;
        open(page, "#s=function%20intx%0A").await?;
        ensure!(text(page).await?.starts_with("function intx"), "the link's text is not there");
        page.client.find(Locator::Css(TEXT)).await?.send_keys("assert intx\n").await?;
        page.until("(localStorage.getItem('vfio-irq.drafts.1') ?? '').includes('assert intx')")
            .await?;
        press(page, "Open it").await?;
        ensure!(text(page).await? == mine, "the draft is not kept: {}", text(page).await?);
        page.is_clean().await
    })
}

fn runs() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        open(page, "").await?;
        page.client.find(Locator::Css(TEXT)).await?.send_keys("fire 4\n").await?;
        press(page, "Runs").await?;
        page.until("document.querySelectorAll('.vfi-kept-runs li').length === 2").await?;
        until_says(page, ".vfi-kept-runs", "lost 1").await?;
        for input in page.client.find_all(Locator::Css(".vfi-kept-runs input")).await? {
            input.click().await?;
        }
        until_says(page, ".vfi-why", "fire 4").await?;
        page.screenshot("runs-desktop").await?;
        page.client.refresh().await?;
        page.until("document.querySelector('.vfi-ledger') !== null").await?;
        press(page, "Runs").await?;
        page.until("document.querySelectorAll('.vfi-kept-runs li').length === 2").await?;
        page.is_clean().await
    })
}

fn looks() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    for (device, look) in [("desktop", DESKTOP), ("phone", PHONE)] {
        with_page(&server, look, async |page| {
            for (theme, name) in [("light", "light"), ("navy", "dark")] {
                open(page, "").await?;
                page.value(&format!("localStorage.setItem('mdbook-theme', '{theme}')")).await?;
                open(page, "").await?;
                for tool in ["Request", "Compare", "Examples", "Runs"] {
                    press(page, tool).await?;
                    page.until(&format!("document.querySelector('.vfi-open-tool[data-tool={tool}] :is(.vfi-form, .vfi-diff, .vfi-examples, .vfi-kept-runs)') !== null")).await?;
                    page.fits_its_width().await?;
                    let name = format!("{}-{device}-{name}", tool.to_lowercase());
                    page.screenshot(&name).await?;
                }
            }
            Ok(())
        })?;
    }
    Ok(())
}
