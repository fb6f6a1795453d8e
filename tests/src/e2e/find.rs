//! Finding a clause, and linking to it.

use super::browser::{DESKTOP, Look, Page, with_page};
use super::server::Server;
use super::{Test, site};
use crate::search;
use anyhow::{Context, Result, ensure};
use fantoccini::Locator;

pub(super) fn tests() -> Vec<Test> {
    vec![
        ("search_for_an_id_lists_its_clause_first_and_leads_there", search_for_an_id),
        ("search_in_a_browser_finds_what_readers_type", search_for_words),
        ("link_of_a_clause_copies_its_address_and_says_so", link_copies),
        ("link_in_the_table_of_clauses_copies_the_clauses_address", link_of_the_table),
        ("link_where_nothing_can_be_copied_is_a_link", link_without_clipboard),
    ]
}

const CLAUSE: &str = "MSIX-RESIZE-2";

/// Opens the search and types.
async fn search(page: &Page<'_>, words: &str) -> Result<()> {
    page.client.find(Locator::Css("#mdbook-search-toggle")).await?.click().await?;
    page.until("document.querySelector('#mdbook-search-wrapper.hidden') === null").await?;
    page.client.find(Locator::Css("#mdbook-searchbar")).await?.send_keys(words).await?;
    page.until("document.querySelectorAll('#mdbook-searchresults li').length > 0").await
}

fn search_for_an_id() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        page.open("index.html").await?;
        search(page, CLAUSE).await?;
        let first = page.client.find(Locator::Css("#mdbook-searchresults li:first-child a"));
        let first = first.await?;
        let name = first.text().await?;
        ensure!(name.starts_with(&format!("{CLAUSE} · implementation · ")), "it is {name}");
        page.screenshot("search").await?;
        first.click().await?;
        page.until(&format!("location.hash === '#{CLAUSE}'")).await?;
        let place = format!("document.getElementById('{CLAUSE}').getBoundingClientRect().top");
        page.until(&format!("{place} > 0 && {place} < innerHeight")).await?;
        page.is_clean().await
    })
}

fn search_for_words() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        page.open("index.html").await?;
        search(page, "msi").await?;
        let wanted = search::wanted()?;
        let queries: Vec<&str> = wanted.iter().map(|one| one.query.as_str()).collect();
        let queries = serde_json::to_string(&queries)?;
        let found = page
            .value(&format!(
                "(() => {{ const {{ index, search_options, doc_urls }} = window.search; \
                 const own = elasticlunr.Index.load(index); return {queries}.map((query) => \
                 own.search(query, search_options).slice(0, 5).map((one) => doc_urls[one.ref])); \
                 }})()"
            ))
            .await?;
        let mut missed = Vec::new();
        for (wanted, found) in wanted.iter().zip(found.as_array().context("a list")?) {
            let end = format!("#{}", wanted.clause);
            let found = found.as_array().context("a list of addresses")?;
            let mut among = found.iter().take(wanted.among).filter_map(|url| url.as_str());
            if !among.any(|url| url.ends_with(&end)) {
                missed.push(format!("{wanted:?}: {found:?}"));
            }
        }
        ensure!(missed.is_empty(), "{}", missed.join("\n"));
        page.is_clean().await
    })
}

/// Has what is copied put down, for a browser without a window may refuse.
const COPIED: &str = "Object.defineProperty(navigator, 'clipboard', { value: { \
    writeText: async (text) => { window.copied = text; } } });";

fn link_copies() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        page.before_scripts(COPIED).await?;
        page.open(&format!("msix.html?highlight=x#{CLAUSE}")).await?;
        let link = format!(".vfio-irq-link[href='#{CLAUSE}']");
        let link = page.client.find(Locator::Css(&link)).await?;
        link.send_keys("\u{e007}").await?;
        let address = format!("{}msix.html#{CLAUSE}", server.base);
        page.until(&format!("window.copied === {address:?}")).await?;
        let said = format!("Copied: {address}");
        let place = "document.querySelector('[role=status].vfio-irq-said')";
        page.until(&format!("{place}.innerText === {said:?}")).await?;
        let name = link.attr("aria-label").await?;
        ensure!(name.as_deref() == Some(&format!("Copy link to {CLAUSE}")), "it is named {name:?}");
        page.screenshot("clause-link").await?;
        // The same again is said again: the place is emptied in between, and not after that.
        page.value(&format!(
            "(window.seen = [], \
              new MutationObserver(() => seen.push({place}.textContent)) \
                  .observe({place}, {{ childList: true }}))"
        ))
        .await?;
        link.send_keys("\u{e007}").await?;
        page.until(&format!("seen.join('|').startsWith({:?})", format!("|{said}"))).await?;
        page.is_clean().await
    })
}

fn link_of_the_table() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        page.before_scripts(COPIED).await?;
        page.open("clauses.html").await?;
        let link = format!(".vfio-irq-link[href='msix.html#{CLAUSE}']");
        page.client.find(Locator::Css(&link)).await?.click().await?;
        let address = format!("{}msix.html#{CLAUSE}", server.base);
        page.until(&format!("window.copied === {address:?}")).await?;
        let here = page.value("location.pathname").await?;
        ensure!(here.as_str().is_some_and(|it| it.ends_with("/clauses.html")), "it left to {here}");
        page.is_clean().await
    })
}

fn link_without_clipboard() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    for look in [DESKTOP, Look { scripts: false, ..DESKTOP }] {
        with_page(&server, look, async |page| {
            let none = "Object.defineProperty(navigator, 'clipboard', { value: undefined });";
            page.before_scripts(none).await?;
            page.open("clauses.html").await?;
            let link = format!(".vfio-irq-link[href='msix.html#{CLAUSE}']");
            page.client.find(Locator::Css(&link)).await?.click().await?;
            let address = format!("{}msix.html#{CLAUSE}", server.base);
            let now = page.client.current_url().await?;
            ensure!(now.as_str() == address, "it leads to {now}");
            Ok(())
        })?;
    }
    Ok(())
}
