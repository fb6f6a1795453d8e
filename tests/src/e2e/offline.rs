//! The site without a network, and after a change: the service worker.

use super::browser::{DESKTOP, Page, with_page};
use super::server::Server;
use super::{Test, site};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::{Path, PathBuf};

pub(super) fn tests() -> Vec<Test> {
    vec![
        ("site_visited_once_works_without_a_network", without_network),
        ("site_that_changed_is_shown_new_and_kept_new", changed),
        ("site_half_changed_is_not_kept", half_changed),
        ("version_that_could_not_be_kept_is_tried_again_a_day_later", tried_again),
        ("page_of_a_version_that_waits_finds_its_tools_without_a_network", waiting),
        ("pages_have_a_policy_without_inline_scripts", policies),
    ]
}

/// Waits until the service worker has kept the site.
async fn kept(page: &Page<'_>) -> Result<()> {
    let ready = "const done = arguments[0]; \
                 navigator.serviceWorker.ready.then(() => done(true), (e) => done(String(e)))";
    let answer = page.client.execute_async(ready, Vec::new()).await?;
    ensure!(answer == Value::Bool(true), "no service worker: {answer}");
    Ok(())
}

fn without_network() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        page.open("playground.html").await?;
        kept(page).await?;
        server.stop();
        page.client.refresh().await?;
        page.until("document.querySelector('.vfi-ledger') !== null").await?;
        let ask = "const done = arguments[0]; \
                   vfioIrqAside('json', 'fire 0').then(() => done('ok'), (e) => done(e))";
        let said = page.client.execute_async(ask, Vec::new()).await?;
        ensure!(said == "ok", "the worker says {said}");
        share(page).await?;
        page.open("teardown.html").await?;
        page.value("document.querySelector('.vfio-irq-block').scrollIntoView()").await?;
        page.until("document.querySelector('.is-live .vfi-ledger') !== null").await?;
        page.open("").await?;
        ensure!(page.text("main h1").await?.len() > 3, "the front page has no heading");
        page.is_clean().await
    })
}

/// Opens a tool.
async fn share(page: &Page<'_>) -> Result<()> {
    page.value("document.querySelector('[data-tool=Share]').click()").await?;
    page.until("document.querySelector('.vfi-share') !== null").await
}

/// A copy of the site that can be changed.
struct Copy(PathBuf);

impl Copy {
    fn new(name: &str) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("vfio-irq-{name}-{}", std::process::id()));
        let copy = Self(folder);
        copy_folder(&site()?, &copy.0)?;
        Ok(copy)
    }

    /// Publishes another heading of a page, as a build would, with its integrity or a wrong one.
    fn change(&self, right: bool) -> Result<()> {
        let page = self.0.join("glossary.html");
        let html = std::fs::read_to_string(&page)?;
        ensure!(html.contains("</a></h1>"), "the glossary has no heading");
        std::fs::write(&page, html.replacen("</a></h1>", " two</a></h1>", 1))?;
        let worker = self.0.join("offline.js");
        let text = std::fs::read_to_string(&worker)?;
        let text = text.replacen("VERSION = \"", "VERSION = \"2", 1);
        let (before, after) = text.split_once("[\"glossary.html\"").context("it is kept")?;
        let (_, after) = after.split_once(']').context("a list has an end")?;
        // Without an integrity any page is right.
        let hash = if right { "" } else { WRONG };
        std::fs::write(&worker, format!("{before}[\"glossary.html\"{hash}]{after}"))?;
        Ok(())
    }

    /// Publishes the tools' style and script under other names, as a build with other tools would.
    fn rename_tools(&self) -> Result<()> {
        let worker = self.0.join("offline.js");
        let mut text = std::fs::read_to_string(&worker)?;
        text = text.replacen("VERSION = \"", "VERSION = \"2", 1);
        let page = self.0.join("playground.html");
        let mut html = std::fs::read_to_string(&page)?;
        for suffix in [".js", ".css"] {
            let mut names = std::fs::read_dir(&self.0)?.flatten().map(|entry| entry.file_name());
            let is_it = |name: &str| name.starts_with("vfio-irq-tools-") && name.ends_with(suffix);
            let name = names.find_map(|name| name.into_string().ok().filter(|name| is_it(name)));
            let name = name.context("the site has tools")?;
            let new = name.replacen("-tools-", "-tools-2", 1);
            std::fs::rename(self.0.join(&name), self.0.join(&new))?;
            (html, text) = (html.replace(&name, &new), text.replace(&name, &new));
        }
        std::fs::write(&page, html)?;
        // Every page is right: the playground's has changed.
        let (before, after) = text.split_once("[\"playground.html\"").context("it is kept")?;
        let (_, after) = after.split_once(']').context("a list has an end")?;
        std::fs::write(&worker, format!("{before}[\"playground.html\"]{after}"))?;
        Ok(())
    }
}

/// The integrity of nothing, in a list.
const WRONG: &str = ", 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let path = entry?.path();
        let target = to.join(path.file_name().context("an entry has a name")?);
        if path.is_dir() {
            copy_folder(&path, &target)?;
        } else {
            std::fs::copy(&path, &target)?;
        }
    }
    Ok(())
}

/// Looks for a newer version; what became of it.
const UPDATE: &str = "const done = arguments[0]; \
    navigator.serviceWorker.getRegistration().then((all) => all.update()).then((all) => { \
        const next = all.installing ?? all.waiting; \
        if (!next) return done('nothing'); \
        const look = () => ['installed', 'activated', 'redundant'].includes(next.state) \
            && done(next.state); \
        next.onstatechange = look; look(); \
    }, (e) => done(String(e)))";

/// The names of what is kept.
async fn caches(page: &Page<'_>) -> Result<Vec<String>> {
    let keys = "const done = arguments[0]; caches.keys().then(done)";
    let names = page.client.execute_async(keys, Vec::new()).await?;
    let names = names.as_array().context("a list of names")?;
    Ok(names.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

fn changed() -> Result<()> {
    let copy = Copy::new("changed")?;
    let server = Server::start(&copy.0, None)?;
    with_page(&server, DESKTOP, async |page| {
        page.open("glossary.html").await?;
        kept(page).await?;
        copy.change(true)?;
        page.client.refresh().await?;
        let heading = page.text("main h1").await?;
        ensure!(heading.ends_with("two"), "with a network the page says {heading}");
        let state = page.client.execute_async(UPDATE, Vec::new()).await?;
        // Active at once only if no page of the old version was open.
        ensure!(state == "installed" || state == "activated", "the new version is {state}");
        // It begins a moment after the last page of the old one is gone, and removes its cache.
        let mut names = Vec::new();
        for tenths in 1..20 {
            page.client.goto("about:blank").await?;
            tokio::time::sleep(std::time::Duration::from_millis(100 * tenths)).await;
            page.open("index.html").await?;
            names = caches(page).await?;
            if names.len() == 1 {
                break;
            }
        }
        ensure!(names.len() == 1 && names[0].contains(" 2"), "kept are {names:?}");
        server.stop();
        page.open("glossary.html").await?;
        let heading = page.text("main h1").await?;
        ensure!(heading.ends_with("two"), "without a network the page says {heading}");
        Ok(())
    })
}

fn half_changed() -> Result<()> {
    let copy = Copy::new("half-changed")?;
    let server = Server::start(&copy.0, None)?;
    with_page(&server, DESKTOP, async |page| {
        page.open("glossary.html").await?;
        kept(page).await?;
        copy.change(false)?;
        let state = page.client.execute_async(UPDATE, Vec::new()).await?;
        ensure!(state == "redundant", "the new version is {state}");
        let kept = |names: &[String]| names.iter().filter(|name| !name.contains("failed")).count();
        let names = caches(page).await?;
        ensure!(kept(&names) == 1, "kept are {names:?}");
        server.stop();
        page.client.refresh().await?;
        let heading = page.text("main h1").await?;
        ensure!(!heading.ends_with("two"), "without a network the page says {heading}");
        Ok(())
    })
}

fn tried_again() -> Result<()> {
    let copy = Copy::new("tried-again")?;
    let server = Server::start(&copy.0, None)?;
    with_page(&server, DESKTOP, async |page| {
        page.open("glossary.html").await?;
        kept(page).await?;
        copy.change(false)?;
        let state = page.client.execute_async(UPDATE, Vec::new()).await?;
        ensure!(state == "redundant", "the new version is {state}");
        // It would work now; whether it does is tried tomorrow.
        let worker = copy.0.join("offline.js");
        let text = std::fs::read_to_string(&worker)?;
        std::fs::write(&worker, text.replacen(WRONG, "", 1))?;
        let state = page.client.execute_async(UPDATE, Vec::new()).await?;
        ensure!(state == "redundant", "the version that failed is {state}");
        let yesterday = "const done = arguments[0]; caches.keys().then(async (names) => { \
            const cache = await caches.open(names.find((name) => name.includes('failed'))); \
            const [key] = await cache.keys(); \
            const [version, time] = (await (await cache.match(key)).text()).split(' '); \
            await cache.put(key, new Response(`${version} ${time - 25 * 60 * 60 * 1000}`)); \
        }).then(() => done('put back'), (e) => done(String(e)))";
        let said = page.client.execute_async(yesterday, Vec::new()).await?;
        ensure!(said == "put back", "{said}");
        let state = page.client.execute_async(UPDATE, Vec::new()).await?;
        ensure!(state == "installed" || state == "activated", "a day later it is {state}");
        Ok(())
    })
}

/// The worker is the old version's, the page the new one's: it came from the network.
fn waiting() -> Result<()> {
    let copy = Copy::new("waiting")?;
    let server = Server::start(&copy.0, None)?;
    with_page(&server, DESKTOP, async |page| {
        page.open("playground.html").await?;
        kept(page).await?;
        copy.rename_tools()?;
        let state = page.client.execute_async(UPDATE, Vec::new()).await?;
        ensure!(state == "installed" || state == "activated", "the new version is {state}");
        page.client.refresh().await?;
        page.until("document.querySelector('.vfi-ledger') !== null").await?;
        server.stop();
        share(page).await?;
        page.is_clean().await
    })
}

fn policies() -> Result<()> {
    for page in crate::scenarios::files(&site()?, "html") {
        let html = std::fs::read_to_string(&page)?;
        let (before, policy) = html
            .split_once("<meta http-equiv=\"Content-Security-Policy\" content=\"")
            .with_context(|| format!("{} has no policy", page.display()))?;
        let head = before.split_once("<head>").context("a page has a head")?.1;
        ensure!(head.len() < 24 && head.starts_with("<meta charset="), "before it: {head}");
        ensure!(before.len() < 1024, "{}: the charset is too far behind", page.display());
        let (policy, _) = policy.split_once('"').context("an attribute has an end")?;
        for rule in policy.split("; ") {
            let scripts = rule.starts_with("script-src") || rule.starts_with("default-src");
            let open =
                rule.contains("'unsafe-inline'") || rule.contains('*') || rule.contains("http");
            let attributes = rule == "style-src-attr 'unsafe-inline'";
            ensure!(!open || attributes, "{}: {rule}", page.display());
            ensure!(!scripts || !rule.contains("'unsafe-eval'"), "{}: {rule}", page.display());
        }
    }
    Ok(())
}
