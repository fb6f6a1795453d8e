//! The site's files, without a browser: links, and what is transferred.

use super::{Test, site};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Wasm, scripts and styles that a page transfers, compressed. See DESIGN's budgets.
const BUDGET: usize = 200 * 1024;

pub(super) fn tests() -> Vec<Test> {
    vec![
        ("links_between_pages_lead_somewhere", links_lead_somewhere),
        ("pages_load_nothing_from_elsewhere", nothing_from_elsewhere),
        ("playground_transfers_less_than_its_budget", playground_transfer),
        ("live_block_adds_less_than_the_budget_to_its_chapter", block_transfer),
    ]
}

fn links_lead_somewhere() -> Result<()> {
    let site = site()?;
    let mut broken = BTreeSet::new();
    for page in pages(&site) {
        let html = std::fs::read_to_string(&page)?;
        for link in attributes(&html, &["href", "src"]) {
            if !is_local(link) {
                continue;
            }
            let (file, fragment) = link.split_once('#').unwrap_or((link, ""));
            let file = file.split('?').next().unwrap_or("");
            let folder = page.parent().context("a page is in a folder")?;
            let mut target = if file.is_empty() { page.clone() } else { folder.join(file) };
            if target.is_dir() {
                target.push("index.html");
            }
            let named =
                || format!("{}: {link}", page.strip_prefix(&site).unwrap_or(&page).display());
            if !target.is_file() {
                broken.insert(named());
            } else if !fragment.is_empty() && target.extension().is_some_and(|e| e == "html") {
                let text = std::fs::read_to_string(&target)?;
                let id = fragment.replace("%20", " ");
                let is_there = [format!("id=\"{id}\""), format!("id={id}")];
                // The playground keeps its state there.
                let own = file.ends_with("playground.html");
                if !own && !is_there.iter().any(|id| text.contains(id)) {
                    broken.insert(named());
                }
            }
        }
    }
    let list: Vec<String> = broken.into_iter().collect();
    ensure!(list.is_empty(), "broken links:\n{}", list.join("\n"));
    Ok(())
}

fn nothing_from_elsewhere() -> Result<()> {
    let site = site()?;
    for page in pages(&site) {
        let html = std::fs::read_to_string(&page)?;
        let loading = html.split('<').filter(|tag| {
            ["script", "link", "img", "iframe", "source"].iter().any(|name| tag.starts_with(name))
        });
        for tag in loading {
            for url in attributes(tag, &["href", "src"]) {
                let relative = !url.starts_with('/') && is_local(url);
                let inside = url.starts_with("data:");
                ensure!(relative || inside, "{} loads {url}", page.display());
            }
        }
    }
    Ok(())
}

/// The playground's page: everything it loads.
fn playground_transfer() -> Result<()> {
    within_budget("playground.html")
}

/// A chapter with a live block: what we add to mdBook's own scripts and styles.
fn block_transfer() -> Result<()> {
    within_budget("teardown.html")
}

fn within_budget(page: &str) -> Result<()> {
    let (bytes, most) = transferred(page)?;
    ensure!(bytes <= most, "{page} transfers {bytes} bytes, more than its {most}");
    Ok(())
}

/// What is transferred for a page, and what may be: all of the playground's, and of a chapter's
/// what is not mdBook's. The tools and the worker are loaded when they are asked, and not counted.
pub(super) fn transferred(page: &str) -> Result<(usize, usize)> {
    let all = page == "playground.html";
    Ok((transfer(page, |name| all || !is_mdbook(name))?, BUDGET))
}

/// Whether mdBook made a file: all of them, but for the assets book.toml names.
fn is_mdbook(name: &str) -> bool {
    let ours = ["assets/", "vfio-irq-page-", "playground-", "tokens-"];
    !ours.iter().any(|prefix| name.starts_with(prefix))
}

/// Adds up a page's scripts and styles, and the module with its styles, each compressed as a
/// server would.
fn transfer(page: &str, counts: impl Fn(&str) -> bool) -> Result<usize> {
    let site = site()?;
    let html = std::fs::read_to_string(site.join(page)).with_context(|| format!("no {page}"))?;
    let mut report = format!("{page}:\n{:>9} {:>8}\n", "raw", "brotli");
    let (mut counted, mut raw, mut small) = (0, 0, 0);
    let names = loaded(&html);
    for name in &names {
        let bytes = std::fs::read(site.join(name)).with_context(|| format!("no {name}"))?;
        let compressed = compressed(&bytes)?;
        let mark = if counts(name) { ' ' } else { '-' };
        writeln!(report, "{:>9} {compressed:>8} {mark}{name}", bytes.len())?;
        (raw, small) = (raw + bytes.len(), small + compressed);
        counted += if counts(name) { compressed } else { 0 };
    }
    writeln!(report, "{raw:>9} {small:>8}  in all; without -: {counted}, budget {BUDGET}")?;
    print!("{report}");
    ensure!(names.iter().any(|name| name.ends_with(".wasm")), "{page} names no module");
    Ok(counted)
}

/// Scripts, styles and modules that a page names.
fn loaded(html: &str) -> BTreeSet<&str> {
    let tags = html.split('<').filter(|tag| tag.starts_with("script") || tag.starts_with("link"));
    let named = ["href", "src", "data-module", "data-wasm", "data-styles"];
    let values = tags.flat_map(|tag| attributes(tag, &named)).flat_map(|list| list.split(' '));
    let names = values.map(|name| name.trim_start_matches("./"));
    names
        .filter(|name| [".js", ".css", ".wasm"].iter().any(|suffix| name.ends_with(suffix)))
        .collect()
}

fn compressed(mut bytes: &[u8]) -> Result<usize> {
    let mut out = Vec::new();
    let parameters =
        brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut bytes, &mut out, &parameters)?;
    Ok(out.len())
}

/// The values of attributes, in whatever elements.
fn attributes<'a>(html: &'a str, names: &[&str]) -> Vec<&'a str> {
    let mut found = Vec::new();
    for name in names {
        for part in html.split(&format!(" {name}=\"")).skip(1) {
            found.extend(part.split_once('"').map(|(value, _)| value));
        }
    }
    found
}

fn is_local(url: &str) -> bool {
    let scheme = url.split(['/', '?', '#']).next().unwrap_or("");
    !scheme.contains(':') && !url.starts_with("//") && !url.is_empty()
}

/// Every page, but for the table of contents, which mdBook shows in a frame of the others.
fn pages(folder: &Path) -> Vec<PathBuf> {
    crate::scenarios::files(folder, "html")
}
