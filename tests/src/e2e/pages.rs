//! The site in a browser, as a reader meets it.

use super::browser::{DESKTOP, Look, PHONE, Page, with_page};
use super::server::Server;
use super::{Test, site};
use anyhow::{Context, Result, ensure};
use fantoccini::Locator;
use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::key::Key;
use serde_json::Value;

pub(super) fn tests() -> Vec<Test> {
    vec![
        ("teardown_story_in_its_chapter_loses_one_interrupt", teardown_story),
        ("teardown_story_can_be_stepped_through", stepping),
        ("chapter_without_javascript_shows_listing_and_run", without_scripts),
        ("chapter_without_blocks_loads_no_module", no_blocks_no_module),
        ("chapter_with_many_blocks_loads_one_module", many_blocks_one_module),
        ("chapter_whose_module_fails_says_so_and_keeps_its_run", module_fails),
        ("chapter_opens_whatever_its_address_names", wrong_name),
        ("playground_whose_module_fails_says_so", playground_fails),
        ("arrow_key_in_a_block_turns_no_page", arrow_keys),
        ("playground_runs_an_edited_text", playground_edits),
        ("pages_at_375_pixels_scroll_only_down", narrow_pages),
        ("pages_in_light_and_dark_follow_the_theme", themes),
        ("printed_chapter_shows_text_and_run", print),
    ]
}

const CHAPTER: &str = "teardown.html";
const LIVE: &str = ".vfio-irq-block.is-live";

/// Brings a block into view, and waits until it is live.
async fn enliven(page: &Page<'_>, number: usize) -> Result<()> {
    let block = format!("document.querySelectorAll('.vfio-irq-block')[{number}]");
    page.value(&format!("{block}.scrollIntoView()")).await?;
    page.until(&format!("{block}.classList.contains('is-live')")).await?;
    page.until(&format!("{block}.querySelector('.vfi-ledger') !== null")).await
}

fn wrong_name() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        // No text is written so: neither the browser nor mdBook minds.
        page.open(&format!("{CHAPTER}#%E0%A4%A")).await?;
        enliven(page, 0).await?;
        page.is_clean().await
    })
}

fn teardown_story() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        page.open(CHAPTER).await?;
        enliven(page, 0).await?;
        let ledger = page.text(&format!("{LIVE} .vfi-ledger")).await?;
        ensure!(says(&ledger, "lost 1"), "the ledger says:\n{ledger}");
        let timeline = page.text(&format!("{LIVE} .vfi-timeline")).await?;
        ensure!(timeline.contains("LOST"), "the timeline says:\n{timeline}");
        // The host without the flag loses nothing.
        enliven(page, 1).await?;
        let ledgers = page
            .value(&format!(
                "[...document.querySelectorAll('{LIVE} .vfi-ledger')].map((e) => e.innerText)"
            ))
            .await?;
        let second = ledgers[1].as_str().context("no second ledger")?;
        ensure!(says(second, "lost 0"), "the second ledger says:\n{second}");
        page.is_clean().await
    })
}

/// Whether a text says words, in small or capital letters, whatever space is between them.
fn says(text: &str, words: &str) -> bool {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ").contains(words)
}

fn stepping() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        page.open(CHAPTER).await?;
        enliven(page, 0).await?;
        let count = format!("{LIVE} .vfi-count");
        let at_end = page.text(&count).await?;
        let back =
            page.client.find(Locator::Css(&format!("{LIVE} [aria-label='Step back']"))).await?;
        back.click().await?;
        page.until(&format!("document.querySelector('{count}').innerText !== {at_end:?}")).await?;
        let forward =
            page.client.find(Locator::Css(&format!("{LIVE} [aria-label='Step']"))).await?;
        forward.click().await?;
        page.until(&format!("document.querySelector('{count}').innerText === {at_end:?}")).await?;
        page.is_clean().await
    })
}

fn without_scripts() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, Look { scripts: false, ..DESKTOP }, async |page| {
        page.open(CHAPTER).await?;
        let listing = page.client.find(Locator::Css(".vfio-irq-listing")).await?;
        ensure!(listing.is_displayed().await?, "the listing is not displayed");
        ensure!(listing.text().await?.contains("set_irqs msix"), "the listing is not the scenario");
        let diagram = page.client.find(Locator::Css(".vfio-irq-diagram svg")).await?;
        ensure!(diagram.is_displayed().await?, "the diagram is not displayed");
        let lost = page.client.find(Locator::Css(".vfio-irq-diagram")).await?.text().await?;
        ensure!(lost.to_lowercase().contains("lost"), "the diagram says:\n{lost}");
        let contents = page.client.find(Locator::Css("iframe[src='toc.html']")).await?;
        // WebDriver takes what is in `noscript` for hidden.
        let (_, _, width, height) = contents.rectangle().await?;
        ensure!(width > 100.0 && height > 100.0, "the table of contents is {width} × {height}");
        // What can be pressed does something: without scripts that is links only.
        for button in page.client.find_all(Locator::Css("button")).await? {
            let shown = button.is_displayed().await?;
            ensure!(!shown, "{:?} is a dead button", button.attr("aria-label").await?);
        }
        page.screenshot("teardown-without-javascript").await?;
        ensure!(server.count(".wasm") == 0, "the module was loaded");
        page.open("playground.html").await?;
        let note = page.client.find(Locator::Css("noscript")).await?.text().await?;
        ensure!(note.contains("needs JavaScript"), "the playground says:\n{note}");
        Ok(())
    })
}

fn no_blocks_no_module() -> Result<()> {
    let site = site()?;
    let server = Server::start(&site, None)?;
    let without_block = |page: &std::path::PathBuf| {
        let name = page.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(page).unwrap_or_default();
        let chapter = !["toc.html", "print.html", "playground.html"].contains(&&*name);
        (chapter && !text.contains("class=\"vfio-irq-block\"")).then_some(name)
    };
    let pages = crate::scenarios::files(&site, "html");
    let chapter = pages.iter().find_map(without_block).context("every chapter has a block")?;
    with_page(&server, DESKTOP, async |page| {
        page.open(&chapter).await?;
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        ensure!(server.count(".wasm") == 0, "{chapter} has no block, but loads the module");
        page.is_clean().await
    })
}

fn many_blocks_one_module() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        page.open(CHAPTER).await?;
        let blocks = page.value("document.querySelectorAll('.vfio-irq-block').length").await?;
        let blocks = blocks.as_u64().context("a length is a number")? as usize;
        ensure!(blocks > 2, "the chapter has only {blocks} blocks");
        for number in 0..blocks {
            enliven(page, number).await?;
        }
        let loaded = server.count_of("vfio-irq-page-", ".wasm");
        ensure!(loaded == 1, "{blocks} blocks loaded the module {loaded} times");
        page.is_clean().await
    })
}

fn module_fails() -> Result<()> {
    let server = Server::start(&site()?, Some(".wasm"))?;
    with_page(&server, DESKTOP, async |page| {
        page.open(CHAPTER).await?;
        page.value("document.querySelector('.vfio-irq-block').scrollIntoView()").await?;
        page.until("document.querySelector('.vfio-irq-note') !== null").await?;
        let note = page.text(".vfio-irq-note").await?;
        ensure!(note.contains("did not load"), "the note says: {note}");
        let block = page.text(".vfio-irq-block").await?;
        ensure!(block.contains("set_irqs msix"), "the block says:\n{block}");
        let diagram = page.client.find(Locator::Css(".vfio-irq-diagram svg")).await?;
        ensure!(diagram.is_displayed().await?, "the diagram is not displayed");
        Ok(())
    })
}

fn playground_fails() -> Result<()> {
    let server = Server::start(&site()?, Some(".wasm"))?;
    with_page(&server, DESKTOP, async |page| {
        page.open("playground.html").await?;
        page.until("document.querySelector('.vfio-irq-note') !== null").await?;
        let note = page.text("#vfio-irq-playground").await?;
        ensure!(note.contains("did not load"), "the playground says: {note}");
        Ok(())
    })
}

fn arrow_keys() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        page.open(CHAPTER).await?;
        enliven(page, 0).await?;
        page.value(&format!(
            "document.querySelector('{LIVE} .vfi-bar button:not([disabled])').focus()"
        ))
        .await?;
        press(page, Key::Right).await?;
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        let path = page.value("location.pathname").await?;
        let path = path.as_str().unwrap_or_default();
        ensure!(path.ends_with(CHAPTER), "the page turned to {path}");
        Ok(())
    })
}

async fn press(page: &Page<'_>, key: Key) -> Result<()> {
    let keys = KeyActions::new("keyboard".to_owned())
        .then(KeyAction::Down { value: key.into() })
        .then(KeyAction::Up { value: key.into() });
    Ok(page.client.perform_actions(keys).await?)
}

fn playground_edits() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        page.open("playground.html").await?;
        page.until("document.querySelector('#vfio-irq-playground textarea') !== null").await?;
        let text = page.client.find(Locator::Css("#vfio-irq-playground textarea")).await?;
        text.clear().await?;
        text.send_keys(
            "function e1000e\nhost linux-6.1\nset_irqs msix trigger eventfd 0 [a] -> 0\nfire 0 -> a=1\n",
        )
        .await?;
        page.until("/signalled\\s+1/.test(document.querySelector('.vfi-ledger')?.innerText ?? '')")
            .await?;
        text.send_keys("set_irqs mxis\n").await?;
        page.until("document.querySelector('.vfi-errors')?.innerText.includes('5') ?? false")
            .await?;
        page.is_clean().await
    })
}

/// Every page of the site.
async fn pages(page: &Page<'_>) -> Result<Vec<String>> {
    page.open("index.html").await?;
    let links = page
        .value(
            "[...document.querySelectorAll('.chapter a[href]')].map((a) => a.getAttribute('href'))",
        )
        .await?;
    let links = links.as_array().context("a list of links")?;
    let mut names: Vec<String> =
        links.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    names.retain(|name| name.ends_with(".html"));
    ensure!(names.len() > 3, "the table of contents has only {} pages", names.len());
    names.push("playground.html".to_owned());
    Ok(names)
}

fn narrow_pages() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, PHONE, async |page| {
        for name in pages(page).await? {
            page.open(&name).await?;
            page.fits_its_width().await?;
        }
        page.open(CHAPTER).await?;
        enliven(page, 0).await?;
        page.fits_its_width().await?;
        page.open("playground.html").await?;
        page.until("document.querySelector('.vfi-ledger') !== null").await?;
        page.fits_its_width().await
    })
}

fn themes() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    for (device, look) in [("desktop", DESKTOP), ("phone", PHONE)] {
        with_page(&server, look, async |page| {
            for (theme, dark) in [("light", false), ("navy", true)] {
                let name = if dark { "dark" } else { "light" };
                page.open(CHAPTER).await?;
                page.value(&format!("localStorage.setItem('mdbook-theme', '{theme}')")).await?;
                page.open(CHAPTER).await?;
                enliven(page, 0).await?;
                is_dark(page, dark).await?;
                page.screenshot(&format!("teardown-{device}-{name}")).await?;
                page.open("playground.html").await?;
                page.until("document.querySelector('.vfi-ledger') !== null").await?;
                is_dark(page, dark).await?;
                page.screenshot(&format!("playground-{device}-{name}")).await?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Checks the brightness of what is behind the page's text.
async fn is_dark(page: &Page<'_>, expected: bool) -> Result<()> {
    let colours = page
        .value(
            "getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g).map(Number)",
        )
        .await?;
    let colours = colours.as_array().context("a colour has numbers")?;
    let sum: f64 = colours.iter().take(3).filter_map(Value::as_f64).sum();
    ensure!((sum < 3.0 * 128.0) == expected, "the background is {colours:?}, dark: {expected}");
    Ok(())
}

fn print() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        page.open(CHAPTER).await?;
        enliven(page, 0).await?;
        page.as_printed().await?;
        let listing = page.client.find(Locator::Css(&format!("{LIVE} .vfio-irq-listing"))).await?;
        ensure!(listing.is_displayed().await?, "the listing is not printed");
        let live = page.client.find(Locator::Css(&format!("{LIVE} .vfio-irq-live"))).await?;
        ensure!(!live.is_displayed().await?, "the playground is printed");
        let link = page.client.find(Locator::Css(".vfio-irq-link")).await?;
        ensure!(!link.is_displayed().await?, "the links of clauses are printed");
        // Nothing is cut off by the edge of what scrolls, and the run can go over a sheet's end.
        let text = format!("{LIVE} .vfio-irq-text pre");
        // WebDriver takes what is in a closed `details` for hidden.
        let height = page.value(&format!("document.querySelector('{text}').offsetHeight")).await?;
        ensure!(height.as_u64() > Some(20), "the run as text is {height} high in print");
        let cut = "[...document.querySelectorAll('main :is(pre, code, .table-wrapper)')] \
                   .filter((box) => box.scrollWidth > box.clientWidth + 1 \
                       && getComputedStyle(box).overflowX !== 'visible' \
                       && box.getClientRects().length > 0 && !box.closest('.vfi')).length";
        let cut = page.value(cut).await?;
        ensure!(cut == 0, "{cut} boxes of the printed page would scroll");
        page.open("print.html").await?;
        let blocks = page.value("document.querySelectorAll('.vfio-irq-block').length").await?;
        ensure!(blocks.as_u64() > Some(2), "the printed book has {blocks} blocks");
        ensure!(server.count(".wasm") <= 1, "the printed book loads the module");
        Ok(())
    })
}
