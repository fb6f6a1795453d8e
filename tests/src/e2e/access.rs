//! axe-core on the pages: no violation of WCAG 2.2, levels A and AA, nor of its best practices.

use super::browser::{DESKTOP, PHONE, Page, with_page};
use super::server::Server;
use super::{Test, site};
use anyhow::{Context, Result, ensure};
use fantoccini::Locator;
use serde_json::Value;
use std::path::PathBuf;

pub(super) fn tests() -> Vec<Test> {
    vec![
        ("pages_on_a_desktop_have_no_violation_axe_finds", || look(DESKTOP)),
        ("pages_on_a_phone_have_no_violation_axe_finds", || look(PHONE)),
        ("sidebar_goes_and_comes_by_a_key", sidebar),
    ]
}

/// axe-core, where `cargo xtask setup` puts it.
fn axe() -> Result<String> {
    let path = match std::env::var_os("VFIO_IRQ_AXE") {
        Some(path) => PathBuf::from(path),
        None => {
            let home = std::env::var_os("HOME").context("no HOME")?;
            PathBuf::from(home).join(".cache/vfio-irq/tools/axe-4.14.1.min.js")
        }
    };
    std::fs::read_to_string(&path)
        .with_context(|| format!("no {}; `cargo xtask setup` puts it there", path.display()))
}

/// What is looked at: blocks, two pages of tables, of which one is laid out anew on a phone, and the
/// playground.
const PAGES: [&str; 5] =
    ["index.html", "teardown.html", "clauses.html", "errno.html", "playground.html"];

/// Runs axe; one line for each violation, with the first elements that have it.
const RUN: &str = "const done = arguments[0]; \
    axe.run(document, { preload: false, resultTypes: ['violations'] }).then( \
        ({ violations }) => done(violations.map((one) => \
            `${one.id}: ${one.help}: ${one.nodes.length}: ` + one.nodes.slice(0, 3).map((node) => \
                `${node.target.join(' ')} ${node.any[0]?.message ?? ''}`).join(' | '))), \
        (e) => done([String(e)]))";

async fn found(page: &Page<'_>, axe: &str, place: &str) -> Result<Vec<String>> {
    page.client.execute(axe, Vec::new()).await?;
    let lines = page.client.execute_async(RUN, Vec::new()).await?;
    let lines = lines.as_array().context("a list of violations")?;
    Ok(lines.iter().filter_map(Value::as_str).map(|line| format!("{place}: {line}")).collect())
}

fn look(look: super::browser::Look) -> Result<()> {
    let axe = axe()?;
    let server = Server::start(&site()?, None)?;
    with_page(&server, look, async |page| {
        let mut all = Vec::new();
        for theme in ["light", "navy"] {
            for name in PAGES {
                page.open(name).await?;
                page.value(&format!("localStorage.setItem('mdbook-theme', '{theme}')")).await?;
                page.open(name).await?;
                let own = name == "playground.html";
                if ["clauses.html", "errno.html"].contains(&name) {
                    all.extend(found(page, &axe, &format!("{name}, {theme}")).await?);
                    continue;
                }
                if !own {
                    page.value("document.querySelector('.vfio-irq-block').scrollIntoView()")
                        .await?;
                }
                page.until("document.querySelector('.vfi-ledger') !== null").await?;
                all.extend(found(page, &axe, &format!("{name}, {theme}")).await?);
                let tabs = "[...document.querySelectorAll('.vfi-full .vfi-tabs button')]";
                let tools = page.value(&format!("{tabs}.map((tab) => tab.dataset.tool)")).await?;
                let tools = tools.as_array().into_iter().flatten().filter_map(|it| it.as_str());
                for (number, tool) in tools.enumerate() {
                    page.value(&format!("{tabs}[{number}].click()")).await?;
                    let drawn =
                        format!("document.querySelector('.vfi-open-tool[data-tool=\"{tool}\"]')");
                    page.until(&format!("{drawn} !== null")).await?;
                    let place = format!("{name}, {theme}, {tool}");
                    all.extend(found(page, &axe, &place).await?);
                }
            }
        }
        ensure!(all.is_empty(), "{} violations:\n{}", all.len(), all.join("\n"));
        Ok(())
    })
}

fn sidebar() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        page.open("teardown.html").await?;
        let shown = "document.documentElement.classList.contains('sidebar-visible')";
        page.until(shown).await?;
        let button = page.client.find(Locator::Css("#mdbook-sidebar-toggle")).await?;
        button.send_keys(" ").await?;
        page.until(&format!("!{shown}")).await?;
        button.send_keys("\u{e007}").await?;
        page.until(shown).await?;
        // By a mouse, too, once and not twice.
        button.click().await?;
        page.until(&format!("!{shown}")).await
    })
}
