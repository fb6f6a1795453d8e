//! The tools "Import" and "Function" of the full page.

use super::browser::{DESKTOP, PHONE, Page, with_page};
use super::server::Server;
use super::{Test, site};
use anyhow::{Result, ensure};
use serde_json::json;

pub(super) fn tests() -> Vec<Test> {
    vec![
        ("pasted_trace_becomes_the_scenario_and_undo_brings_the_old_one_back", import_trace),
        ("pasted_nonsense_is_told_at_its_place", import_nonsense),
        ("designed_function_is_used_and_its_refusal_stands_at_the_field", design),
        ("pasted_dump_with_two_functions_lets_one_choose", dump),
        ("tools_at_375_pixels_scroll_only_down", narrow),
    ]
}

const TRACE: &str = "eventfd2(0, 0) = 30\nioctl(23, VFIO_DEVICE_SET_IRQS, {argsz=24, flags=0x24, \
                     index=2, start=0, count=1, data=[30]}) = 0\nioctl(23, VFIO_DEVICE_SET_IRQS, \
                     0x7ffc0010) = -1 EINVAL (Invalid argument)\n";

/// Two functions of 64 bytes without capabilities.
fn two_functions() -> String {
    let zeros = format!("{}\n", " 00".repeat(16));
    let rows: String = (1..4).map(|row| format!("{row}0:{zeros}")).collect();
    let one =
        |address: &str, id: &str| format!("{address} A: B\n00: {id}{}\n{rows}\n", " 00".repeat(12));
    one("00:01.0", "34 12 01 00") + &one("00:02.0", "34 12 02 00")
}

/// Opens a tool.
async fn open(page: &Page<'_>, word: &str) -> Result<()> {
    page.open("playground.html").await?;
    page.until("document.querySelector('.vfi-tabs') !== null").await?;
    let button = format!(
        "[...document.querySelectorAll('.vfi-tabs button')].find((b) => b.innerText === {})",
        json!(word)
    );
    page.value(&format!("{button}.click()")).await?;
    let drawn = format!("document.querySelector('.vfi-open-tool[data-tool={word}]')");
    page.until(&format!("{drawn} !== null")).await
}

/// Writes into a field of the open tool, as a reader does.
async fn write(page: &Page<'_>, field: &str, text: &str) -> Result<()> {
    let write = format!(
        "(() => {{ const e = document.querySelector({field}); e.value = {text}; \
         for (const n of ['input', 'change']) e.dispatchEvent(new InputEvent(n, {{bubbles: true}})); }})()",
        field = json!(format!(".vfi-open-tool {field}")),
        text = json!(text),
    );
    page.value(&write).await.map(drop)
}

async fn click(page: &Page<'_>, button: &str) -> Result<()> {
    let button = json!(format!(".vfi-open-tool {button}"));
    page.value(&format!("document.querySelector({button}).click()")).await.map(drop)
}

/// The scenario's text contains this, now or soon.
async fn says(page: &Page<'_>, text: &str) -> Result<()> {
    let text = json!(text);
    page.until(&format!("document.querySelector('.vfi-area').value.includes({text})")).await
}

fn import_trace() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        open(page, "Import").await?;
        write(page, "textarea", TRACE).await?;
        page.until("document.querySelector('.vfi-preview') !== null").await?;
        let tool = page.text(".vfi-open-tool").await?;
        ensure!(tool.contains("strace lines") && tool.contains("line 3, column 1"), "{tool}");
        let before = page.value("document.querySelector('.vfi-area').value").await?;
        click(page, ".vfi-replace").await?;
        says(page, "set_irqs msix trigger eventfd 0 [a]  -> 0").await?;
        page.screenshot("tool-import").await?;
        page.value("[...document.querySelectorAll('.vfi-bar button')].find((b) => b.innerText === 'Undo').click()").await?;
        page.until(&format!("document.querySelector('.vfi-area').value === {before}")).await?;
        page.is_clean().await
    })
}

fn import_nonsense() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        open(page, "Import").await?;
        write(page, "textarea", "1c 00 <b>zz</b>\u{0}").await?;
        page.until("document.querySelector('.vfi-problems mark') !== null").await?;
        let disabled = page.value("document.querySelector('.vfi-replace').disabled").await?;
        ensure!(disabled == json!(true), "there is nothing to replace with");
        page.is_clean().await
    })
}

fn design() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        open(page, "Function").await?;
        // It begins with the scenario's.
        page.until("document.querySelector('.vfi-line').innerText.trim() === 'function e1000e'")
            .await?;
        write(page, ".vfi-profiles", "0").await?;
        write(page, "[name='MSI vectors']", "3").await?;
        page.until("document.querySelector('.vfi-open-tool [aria-invalid=true]') !== null").await?;
        let label = page.value("document.querySelector('[aria-invalid=true]').name").await?;
        ensure!(label == json!("MSI vectors"), "the refusal stands at {label}");
        write(page, "[name='MSI vectors']", "16").await?;
        page.until("document.querySelector('.vfi-config u') !== null").await?;
        click(page, ".vfi-use").await?;
        says(page, "msi=16,wide,maskable").await?;
        page.screenshot("tool-function").await?;
        page.is_clean().await
    })
}

fn dump() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        open(page, "Function").await?;
        write(page, "textarea", &two_functions()).await?;
        page.until("document.querySelectorAll('.vfi-found option').length === 2").await?;
        write(page, ".vfi-found", "1").await?;
        page.until("document.querySelector('.vfi-line').innerText.includes('1234:0002')").await?;
        click(page, ".vfi-use").await?;
        says(page, "function config name=\"00:02.0 1234:0002\"").await?;
        write(page, "textarea", "00: 86\n").await?;
        page.until("document.querySelector('.vfi-open-tool [role=alert]') !== null").await?;
        let alert = page.text(".vfi-open-tool [role=alert]").await?;
        ensure!(alert.contains("line 1"), "the error says:\n{alert}");
        page.is_clean().await
    })
}

fn narrow() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, PHONE, async |page| {
        for tool in ["Import", "Function"] {
            open(page, tool).await?;
            let wide = page
                .value(
                    "document.documentElement.scrollWidth > document.documentElement.clientWidth",
                )
                .await?;
            ensure!(wide == json!(false), "{tool} makes the page scroll sideways");
            page.screenshot(&format!("tool-{}-375", tool.to_lowercase())).await?;
        }
        page.is_clean().await
    })
}
