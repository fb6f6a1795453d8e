//! Time, injection, the keyboard, the look in every theme, and the front page.

use super::browser::{DESKTOP, Look, PHONE, Page, with_page};
use super::server::Server;
use super::{Test, site};
use anyhow::{Context, Result, ensure};
use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::key::Key;
use serde_json::Value;
use std::time::Duration;

pub(super) fn tests() -> Vec<Test> {
    vec![
        ("front_page_plays_by_itself_and_loses_an_interrupt_at_one_press", front_page),
        ("front_page_with_less_motion_stands_still_until_pressed", less_motion),
        ("interrupt_fired_on_the_front_page_while_it_plays_is_followed", front_page_fire),
        ("sheet_of_keys_keeps_the_focus_and_gives_it_back", sheet_of_keys),
        ("act_of_the_inject_tool_is_written_where_it_said", inject),
        ("full_page_in_a_large_window_does_not_scroll", one_scroll),
        ("text_in_every_theme_has_enough_contrast", contrast),
        ("six_states_are_worth_a_picture", six_states),
    ]
}

const STRIP: &str = "(document.querySelector('.vfi-front-strip p')?.innerText ?? '')";
const COUNT: &str = "parseInt(document.querySelector('.vfi-count').innerText)";

async fn press(page: &Page<'_>, keys: &[Key]) -> Result<()> {
    for key in keys {
        letters(page, char::from(*key)).await?;
    }
    Ok(())
}

async fn letters(page: &Page<'_>, value: char) -> Result<()> {
    let keys = KeyActions::new("keyboard".to_owned())
        .then(KeyAction::Down { value })
        .then(KeyAction::Up { value });
    Ok(page.client.perform_actions(keys).await?)
}

/// Clicks the first button with these words.
async fn click(page: &Page<'_>, words: &str) -> Result<()> {
    let clicked = page
        .value(&format!(
            "(() => {{ const button = [...document.querySelectorAll('.vfi button')]\
             .find((one) => one.innerText.includes({words:?})); button?.click(); return !!button; }})()"
        ))
        .await?;
    ensure!(clicked == true, "there is no button {words:?}");
    Ok(())
}

async fn open_front(page: &Page<'_>) -> Result<()> {
    page.open("index.html").await?;
    page.until("document.querySelector('.vfi-front-strip') !== null").await
}

/// Opens the full page with a text, and nothing of the page before.
async fn open_full(page: &Page<'_>, text: Option<&str>) -> Result<()> {
    page.client.goto("about:blank").await?;
    let said: String =
        text.unwrap_or_default().bytes().map(|byte| format!("%{byte:02x}")).collect();
    let hash = if text.is_some() { format!("#s={said}") } else { String::new() };
    page.open(&format!("playground.html{hash}")).await?;
    page.until("document.activeElement?.classList.contains('vfi-events') ?? false").await
}

fn front_page() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    for (device, look) in [("desktop", DESKTOP), ("phone", PHONE)] {
        with_page(&server, look, async |page| {
            open_front(page).await?;
            // Above the fold: the buttons, and rows of the timeline.
            let bottom = page
                .value(
                    "[...document.querySelectorAll('.vfi-front-strip button, .vfi-events > .vfi-row')]\
                     .slice(0, 7).map((one) => one.getBoundingClientRect().bottom) \
                     .reduce((a, b) => Math.max(a, b)) <= innerHeight",
                )
                .await?;
            ensure!(bottom == true, "{device}: the block is below the fold");
            page.until(&format!("{COUNT} > 2")).await?;
            page.screenshot(&format!("front-{device}")).await?;
            click(page, "Lose one").await?;
            page.until(&format!("{STRIP}.includes('is lost')")).await?;
            page.until("document.querySelector('.vfi-s-lost').innerText.includes('1')").await?;
            page.until("document.querySelector('.vfi-way') !== null").await?;
            page.screenshot(&format!("front-lost-{device}")).await?;
            page.fits_its_width().await?;
            page.is_clean().await
        })?;
    }
    Ok(())
}

fn less_motion() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        page.with_less_motion().await?;
        open_front(page).await?;
        let before = page.value(COUNT).await?;
        tokio::time::sleep(Duration::from_millis(700)).await;
        ensure!(page.value(COUNT).await? == before, "it plays");
        click(page, "Lose one").await?;
        page.until(&format!("{STRIP}.includes('is lost')")).await
    })
}

fn front_page_fire() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        open_front(page).await?;
        page.until(&format!("{COUNT} > 2")).await?;
        click(page, "Fire an interrupt now").await?;
        page.until(&format!("/Yours (is|was) #\\d+.*(arrived|lost)/.test({STRIP})")).await?;
        page.is_clean().await
    })
}

fn sheet_of_keys() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        open_full(page, None).await?;
        letters(page, '?').await?;
        page.until("document.querySelector('.vfi-keys').open").await?;
        // The browser's own bar may take its turn; the page behind the dialog never does.
        for _ in 0..4 {
            press(page, &[Key::Tab]).await?;
            let inside = "document.activeElement === document.body \
                          || document.activeElement.closest('dialog') !== null";
            ensure!(page.value(inside).await? == true, "the focus left the sheet");
        }
        page.screenshot("sheet-of-keys").await?;
        press(page, &[Key::Escape]).await?;
        page.until("!document.querySelector('.vfi-keys').open").await?;
        page.until("document.activeElement.classList.contains('vfi-events')").await?;
        page.is_clean().await
    })
}

fn inject() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        open_full(page, None).await?;
        click(page, "Inject").await?;
        page.until("document.querySelector('.vfi-acts') !== null").await?;
        let said = page.text(".vfi-place-now").await?;
        ensure!(said.starts_with("Inside the call of line 8"), "the tool says {said}");
        page.screenshot("inject").await?;
        click(page, "{ after \"set MSI-X Enable and Function Mask\": fire 0 }").await?;
        page.until(
            "document.querySelector('.vfi-area').value.split('\\n')[7]\
             .includes('{ after \"set MSI-X Enable and Function Mask\": fire 0 }')",
        )
        .await?;
        click(page, "reset").await?;
        page.until("document.querySelector('.vfi-area').value.split('\\n')[8] === 'reset'").await?;
        page.until("document.querySelector('.vfi-now').innerText.startsWith('line 9')").await
    })
}

/// What scrolls are the lists in the page.
fn one_scroll() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    for size in [(1440, 1000), (1280, 900)] {
        with_page(&server, Look { size, scripts: true }, async |page| {
            open_full(page, None).await?;
            let over = page
                .value(
                    "document.documentElement.scrollHeight - document.documentElement.clientHeight",
                )
                .await?;
            ensure!(over.as_i64() <= Some(1), "{size:?}: the page scrolls {over} px");
            let rows = page.value("document.querySelector('.vfi-events').clientHeight").await?;
            ensure!(rows.as_i64() > Some(150), "{size:?}: the timeline is {rows} px high");
            Ok(())
        })?;
    }
    Ok(())
}

/// Words whose contrast with what is behind them is below 4.5, but for what can't be used.
const TOO_FAINT: &str = "(() => {
    const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
    const channels = (colour) => {
        context.clearRect(0, 0, 1, 1);
        context.fillStyle = colour;
        context.fillRect(0, 0, 1, 1);
        return [...context.getImageData(0, 0, 1, 1).data].map((part) => part / 255);
    };
    const behind = (element) => {
        let layers = [];
        for (let one = element; one; one = one.parentElement) {
            const layer = channels(getComputedStyle(one).backgroundColor);
            if (layer[3] > 0) layers.push(layer);
            if (layer[3] === 1) break;
        }
        return layers.reverse().reduce(
            (under, [r, g, b, a]) => [r, g, b].map((part, i) => part * a + under[i] * (1 - a)),
            [1, 1, 1]);
    };
    const light = (rgb) => rgb.slice(0, 3)
        .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
        .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
    const faint = new Set();
    for (const element of document.querySelectorAll('.vfi *, .vfio-irq-head *')) {
        const words = [...element.childNodes].filter((one) => one.nodeType === 3)
            .map((one) => one.data.trim()).join(' ').trim();
        if (!words || element.closest('textarea, select, .vfi-hidden, :disabled, [aria-disabled=true]')) continue;
        const box = element.getBoundingClientRect();
        if (box.width < 2 || box.height < 2) continue;
        const [text, ground] = [channels(getComputedStyle(element).color), behind(element)];
        const [high, low] = [light(text), light(ground)].sort((a, b) => b - a);
        const ratio = (high + 0.05) / (low + 0.05);
        if (ratio < 4.5) faint.add(`${element.className || element.tagName} ${ratio.toFixed(2)}: ${words.slice(0, 30)}`);
    }
    return [...faint];
})()";

fn contrast() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        open_full(page, None).await?;
        for theme in ["light", "rust", "coal", "navy", "ayu"] {
            page.value(&format!("localStorage.setItem('mdbook-theme', '{theme}')")).await?;
            open_full(page, None).await?;
            letters(page, 't').await?;
            click(page, "Inject").await?;
            page.until("document.querySelector('.vfi-acts') !== null").await?;
            enough(page, &format!("playground in {theme}")).await?;
            page.screenshot(&format!("theme-{theme}")).await?;
            page.open("index.html").await?;
            page.until("document.querySelector('.vfi-front-strip') !== null").await?;
            click(page, "Lose one").await?;
            page.until(&format!("{STRIP}.includes('is lost')")).await?;
            enough(page, &format!("front page in {theme}")).await?;
        }
        Ok(())
    })
}

async fn enough(page: &Page<'_>, place: &str) -> Result<()> {
    let faint = page.value(TOO_FAINT).await?;
    let faint = faint.as_array().context("a list")?;
    ensure!(faint.is_empty(), "{place}: {}", Value::from(faint.clone()));
    Ok(())
}

const MANY: &str = "function msix-2048\nhost     linux-6.12\n\
    set_irqs msix trigger eventfd 0 [v0..v2047]  -> 0      # all of them\n\
    fire 2047                                    -> v2047=1\n\
    set_irqs msix trigger eventfd 1000 [again]   -> 0      # one re-armed\n\
    fire 1000                                    -> again=1\n";

const WRONG: &str = "function e1000e\nhost     linux-6.1\n\
    set_irqs msix trigger eventfd 0 [a]  -> 0\nfier 0  -> a=1\n\
    set_irqs mxis trigger none 0+0\n";

fn six_states() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    for (device, look) in
        [("desktop", Look { size: (1440, 1000), scripts: true }), ("phone", PHONE)]
    {
        with_page(&server, look, async |page| {
            open_full(page, None).await?;
            for (theme, colours) in [("light", "light"), ("navy", "dark")] {
                // Without the draft that the last state left.
                let fresh = format!(
                    "localStorage.clear(); localStorage.setItem('mdbook-theme', '{theme}')"
                );
                page.client.execute(&fresh, vec![]).await?;
                let shot = async |name: &str| {
                    if device == "phone" {
                        page.value("document.querySelector('.vfi-now').scrollIntoView()").await?;
                    }
                    page.screenshot(&format!("state-{name}-{device}-{colours}")).await
                };
                open_full(page, None).await?;
                page.until("document.querySelector('.vfi-now').innerText.includes('LOST')").await?;
                shot("loss").await?;
                letters(page, 't').await?;
                page.until("document.querySelector('.vfi-way') !== null").await?;
                press(page, &[Key::Left, Key::Left, Key::Left, Key::Left]).await?;
                shot("followed").await?;
                letters(page, 't').await?;
                letters(page, 'l').await?;
                press(page, &[Key::Left, Key::Left]).await?;
                page.until("document.querySelector('.vfi-now-row .vfi-high') !== null").await?;
                shot("inside").await?;
                press(page, &[Key::Home]).await?;
                letters(page, 'n').await?;
                page.until("document.querySelector('.vfi-rule a')?.innerText === 'MSG-NORESIZE'")
                    .await?;
                shot("refusal").await?;
                open_full(page, Some(MANY)).await?;
                page.until("/of 2048/.test(document.querySelector('.vfi-machines').innerText)")
                    .await?;
                shot("2048").await?;
                page.open("playground.html").await?;
                open_full(page, None).await?;
                write(page, WRONG).await?;
                page.until("document.querySelectorAll('.vfi-errors li').length === 2").await?;
                shot("error").await?;
            }
            page.is_clean().await
        })?;
    }
    Ok(())
}

/// Another text, as if typed at once.
async fn write(page: &Page<'_>, text: &str) -> Result<()> {
    let text = Value::from(text);
    page.value(&format!(
        "(() => {{ const area = document.querySelector('.vfi-area'); area.value = {text}; \
         area.dispatchEvent(new InputEvent('input', {{ bubbles: true }})); }})()"
    ))
    .await?;
    Ok(())
}
