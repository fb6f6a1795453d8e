//! "Can this lose an interrupt?", in the built site.

use super::browser::{DESKTOP, PHONE, Page, with_page};
use super::server::Server;
use super::{Test, site};
use anyhow::{Context, Result, ensure};
use fantoccini::Locator;
use std::time::Duration;

pub(super) fn tests() -> Vec<Test> {
    vec![
        ("loss_of_june_2021_is_found_from_the_chapters_block", found),
        ("search_says_how_far_it_is_and_is_cancelled", cancelled),
        ("what_holds_says_what_was_asked_and_assumed", holds),
        ("wrong_text_says_so_and_the_tool_goes_on", wrong),
        ("answer_fits_a_telephone_and_follows_the_theme", looks),
    ]
}

const QUESTION: &str = "Can this lose an interrupt?";
const TEXT: &str = "#vfio-irq-playground .vfi-area";
const SAID: &str = ".vfi-explore > [role=status]";

/// Millions of states.
const LONG: &str = "#s=set_irqs%20msix%20trigger%20eventfd%200%20[a,%20b,%20c,%20d]%0A\
    meanwhile%20fire%200%20x90%0Ameanwhile%20fire%201%20x90%0A\
    meanwhile%20fire%202%20x90%0Ameanwhile%20fire%203%20x90%0A";

async fn open(page: &Page<'_>, hash: &str) -> Result<()> {
    page.open(&format!("playground.html{hash}")).await?;
    page.until("document.querySelector('.vfi-ledger') !== null").await
}

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

/// Writes a text in place of the one there is.
async fn write(page: &Page<'_>, text: &str) -> Result<()> {
    page.value(&format!(
        "(() => {{ const area = document.querySelector('{TEXT}'); area.value = {text:?}; \
         area.dispatchEvent(new InputEvent('input', {{ bubbles: true }})); }})()"
    ))
    .await?;
    Ok(())
}

fn under_a_second(said: &str) -> Result<()> {
    let (_, rest) = said.split_once("Seen in ").context("no time")?;
    let time = rest.trim_start_matches("less than ").split(' ').next();
    let seconds: f64 = time.context("no number")?.parse()?;
    ensure!(seconds < 1.0, "it took {seconds} s");
    Ok(())
}

fn found() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        page.open("teardown.html").await?;
        let block = "document.querySelector('.vfio-irq-block')";
        page.value(&format!("{block}.scrollIntoView()")).await?;
        page.until(&format!("{block}.querySelector('.vfi-ledger') !== null")).await?;
        let link = page.client.find(Locator::LinkText(QUESTION)).await.context("no link")?;
        link.click().await?;
        until_says(page, SAID, "Yes: an interrupt can be lost").await?;
        // The chapter's own text, which says no `meanwhile`.
        let text = page.value(&format!("document.querySelector('{TEXT}').value")).await?;
        ensure!(text.as_str().is_some_and(|text| text.contains("rebuild, one more")), "{text}");
        until_says(page, ".vfi-explore", "let loose").await?;
        let said = page.text(".vfi-explore").await?;
        under_a_second(&said)?;
        ensure!(said.contains("no shorter run shows it"), "{said}");
        page.screenshot("explore-found").await?;
        press(page, "Open in the timeline").await?;
        until_says(page, ".vfi-now", "LOST").await?;
        until_says(page, ".vfi-explore", "It is on the page").await?;
        let row = page.text("#vfio-irq-playground .vfi-now-row").await?;
        ensure!(row.to_lowercase().contains("lost"), "the current row says {row}");
        let text = page.value(&format!("document.querySelector('{TEXT}').value")).await?;
        ensure!(text.as_str().is_some_and(|text| !text.contains("rebuild")), "{text}");
        let wrong =
            page.value("document.querySelectorAll('.vfi-errors, .vfi-unmet-list').length").await?;
        ensure!(wrong == 0, "the run found does not hold");
        page.screenshot("explore-opened").await?;
        press(page, "Undo").await?;
        page.until(&format!("document.querySelector('{TEXT}').value.includes('rebuild')")).await?;
        until_says(page, SAID, "Yes: an interrupt can be lost").await?;
        // Of its ways to lose one, that of June 2021.
        press(page, "Ask about the fall-back to INTx").await?;
        until_says(page, SAID, "for want of a capability").await?;
        under_a_second(&page.text(".vfi-explore").await?)?;
        press(page, "Open in the timeline").await?;
        until_says(page, ".vfi-now", "diverted to INTx").await?;
        page.screenshot("explore-june-2021").await?;
        page.is_clean().await
    })
}

fn cancelled() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        open(page, LONG).await?;
        press(page, QUESTION).await?;
        let far = "document.querySelector('.vfi-far')?.innerText ?? ''";
        page.until(&format!("({far}).includes('states seen')")).await?;
        let before = page.text(".vfi-far").await?;
        page.until(&format!("({far}).includes('MiB') && ({far}) !== {before:?}")).await?;
        // The worker does what else it is asked meanwhile.
        let script = "const [done] = arguments; \
                      vfioIrqAside('scenario', 'fire 0').then(done, done)";
        let said = page.client.execute_async(script, Vec::new()).await?;
        ensure!(said == "fire 0\n", "it says {said}");
        page.screenshot("explore-going").await?;
        press(page, "Cancel").await?;
        until_says(page, SAID, "Cancelled").await?;
        let focused = page.value("document.activeElement.innerText").await?;
        ensure!(focused == "Ask again", "the focus is on {focused}");
        ensure!(page.value(&format!("{far} === ''")).await? == true, "it goes on");
        // A change of the text ends what is under way, and asks anew.
        press(page, "Ask again").await?;
        page.until(&format!("({far}).includes('states seen')")).await?;
        write(page, "set_irqs msix trigger eventfd 0 [a]\nmeanwhile fire 0\n").await?;
        until_says(page, SAID, "No: no interrupt is lost in any run").await?;
        page.is_clean().await
    })
}

fn holds() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        open(page, "#s=set_irqs%20msix%20trigger%20eventfd%200%20[a]%0Ameanwhile%20fire%200%0A")
            .await?;
        // By its key, and from the timeline.
        page.client.find(Locator::Css(".vfi-events")).await?.send_keys("x").await?;
        until_says(page, SAID, "No: no interrupt is lost in any run").await?;
        press(page, "Ask all that should hold").await?;
        until_says(page, SAID, "All that should hold does").await?;
        page.client.find(Locator::Css(".vfi-explore summary")).await?.click().await?;
        let said = page.text(".vfi-explore").await?;
        for words in ["none signals another's eventfd", "The function is", "as often as the text"] {
            ensure!(said.contains(words), "it does not say {words:?}:\n{said}");
        }
        ensure!(!said.contains("let loose"), "the text has a meanwhile:\n{said}");
        // A link brings the question back.
        page.until("location.hash.startsWith('#v1=')").await?;
        page.client.refresh().await?;
        until_says(page, SAID, "No: no interrupt is lost in any run").await?;
        page.is_clean().await
    })
}

fn wrong() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        open(page, "").await?;
        press(page, QUESTION).await?;
        until_says(page, SAID, "Yes").await?;
        write(page, "fire\n\u{1e}fire 0 <b>\n").await?;
        until_says(page, ".vfi-explore", "line 1, column").await?;
        write(page, &"fire 0\n".repeat(17)).await?;
        until_says(page, ".vfi-explore", "more than 16").await?;
        write(page, "").await?;
        until_says(page, SAID, "No: no interrupt is lost in any run").await?;
        write(page, "fire 0\n").await?;
        page.until(&format!("document.querySelector('{SAID}').innerText.length > 0")).await?;
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
                page.screenshot(&format!("explore-closed-{device}-{name}")).await?;
                press(page, QUESTION).await?;
                until_says(page, SAID, "Yes: an interrupt can be lost").await?;
                page.fits_its_width().await?;
                page.screenshot(&format!("explore-{device}-{name}")).await?;
            }
            Ok(())
        })?;
    }
    Ok(())
}
