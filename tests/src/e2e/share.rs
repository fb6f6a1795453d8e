//! Sharing: the address holds what is shown, and what is saved is what it says.

use super::browser::{DESKTOP, PHONE, Page, with_page};
use super::server::Server;
use super::{Test, site};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use vfio_irq_core::export::{Language, of_text};
use vfio_irq_core::link;

pub(super) fn tests() -> Vec<Test> {
    vec![
        ("permalink_of_the_teardown_story_opens_the_same_picture", permalink),
        ("address_holds_the_hosts_that_are_compared", hosts),
        ("address_of_an_untouched_page_stays_as_it_is", untouched),
        ("link_of_the_first_version_opens", old_link),
        ("link_that_was_cut_says_so_and_the_page_works", cut_link),
        ("link_copied_is_the_page_with_its_address", copied),
        ("everything_saved_is_what_it_says", saved),
        ("block_opens_in_the_full_page_where_it_stands", elsewhere),
        ("share_fits_a_telephone", telephone),
    ]
}

const READY: &str = "document.querySelector('.vfi-ledger') !== null";

/// Text, position and ledger, and the open tool.
async fn picture(page: &Page<'_>) -> Result<Value> {
    page.value(
        "[document.querySelector('.vfi textarea').value, \
          document.querySelector('.vfi-count').innerText, \
          document.querySelector('.vfi-ledger').innerText, \
          document.querySelector('.vfi-drawer:not([hidden])')?.getAttribute('aria-label') ?? '']",
    )
    .await
}

async fn click(page: &Page<'_>, label: &str) -> Result<()> {
    // As soon as there is one: the tools come when they are asked for.
    let script = format!(
        "(() => {{ const button = [...document.querySelectorAll('.vfi button')].find((it) => \
         (it.getAttribute('aria-label') ?? it.innerText) === {label:?}); \
         button?.click(); return button !== undefined; }})()"
    );
    page.until(&script).await.with_context(|| format!("no button {label}"))
}

async fn hash(page: &Page<'_>) -> Result<String> {
    Ok(page.value("location.hash").await?.as_str().unwrap_or_default().to_owned())
}

fn permalink() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    let (mut address, mut shown) = (String::new(), Value::Null);
    with_page(&server, DESKTOP, async |page| {
        page.open("playground.html").await?;
        page.until(READY).await?;
        click(page, "Share").await?;
        for _ in 0..3 {
            click(page, "Step back").await?;
        }
        page.until("location.hash.startsWith('#v1=')").await?;
        // It follows a moment later: wait until it holds still.
        let mut before = String::new();
        while before != address || address.is_empty() {
            before = std::mem::replace(&mut address, hash(page).await?);
            tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
        }
        shown = picture(page).await?;
        page.is_clean().await
    })?;
    let view = link::decode(&address)?;
    ensure!(Some(&*view.text) == shown[0].as_str(), "the link holds {view:?}");
    let position = view.position.unwrap_or_default().to_string();
    let count = shown[1].as_str().unwrap_or_default();
    ensure!(count.starts_with(&format!("{position}/")), "{position} in the link, {count} shown");
    with_page(&server, DESKTOP, async |page| {
        page.open(&format!("playground.html{address}")).await?;
        page.until(READY).await?;
        let again = picture(page).await?;
        ensure!(again == shown, "opened: {again}\nshared: {shown}");
        ensure!(shown[3] == "Share", "the tool was not open: {shown}");
        page.screenshot("share").await?;
        page.is_clean().await
    })
}

fn hosts() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    let sides = "[...document.querySelectorAll('.vfi-heads:has(.vfi-same) .vfi-side')] \
                 .map((it) => it.innerText).join()";
    with_page(&server, DESKTOP, async |page| {
        page.open("playground.html").await?;
        page.until(READY).await?;
        click(page, "Compare").await?;
        click(page, "Linux and mediated").await?;
        let both = format!("({sides}).includes('7.3') && ({sides}).includes('mediated')");
        page.until(&both).await?;
        click(page, "Step back").await?;
        page.until("location.hash.startsWith('#v1=')").await?;
        tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
        let address = hash(page).await?;
        let held = link::decode(&address)?.hosts;
        ensure!(held == ["linux-7.3", "mediated"], "the link holds {held:?}");
        page.open("index.html").await?;
        page.open(&format!("playground.html{address}")).await?;
        page.until(&both).await?;
        page.is_clean().await
    })
}

fn untouched() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        page.open("playground.html").await?;
        page.until(READY).await?;
        tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
        let hash = hash(page).await?;
        ensure!(hash.is_empty(), "the address became {hash}");
        Ok(())
    })
}

fn old_link() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        page.open("playground.html#s=function%20nvme%0Airq_info%20msix%20%20%23%20%C3%A4%0A")
            .await?;
        page.until(READY).await?;
        let text = picture(page).await?[0].clone();
        ensure!(text == "function nvme\nirq_info msix  # ä\n", "it shows {text}");
        page.is_clean().await
    })
}

fn cut_link() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    let link = link::encode(&link::View::of_text("function edu\nirq_info msi\n"))?;
    with_page(&server, DESKTOP, async |page| {
        page.open(&format!("playground.html#{}", &link[..link.len() - 8])).await?;
        page.until(READY).await?;
        let said = page.text(".vfi-notice").await?;
        ensure!(said.contains("cut on its way, 8 characters"), "{said}");
        let text = picture(page).await?[0].clone();
        ensure!(text.as_str().is_some_and(|text| text.contains("e1000e")), "it shows {text}");
        // The whole one, put into the address of the page that is open.
        page.value(&format!("location.hash = '#{link}'")).await?;
        page.until("document.querySelector('.vfi textarea')?.value.startsWith('function edu')")
            .await
    })
}

fn copied() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        page.open("playground.html").await?;
        page.until(READY).await?;
        page.value(
            "(Object.defineProperty(navigator, 'clipboard', { value: { \
             write: async (items) => { window.item = items[0]; }, \
             writeText: (text) => { window.copied = text; return Promise.resolve(); } } }), true)",
        )
        .await?;
        click(page, "Share").await?;
        click(page, "Copy Link").await?;
        page.until("document.querySelector('.vfi-share').innerText.includes('Copied')").await?;
        let url = page.value("window.copied").await?;
        let url = url.as_str().context("nothing was copied")?;
        ensure!(url.contains("/playground.html#v1="), "{url}");
        let text = picture(page).await?[0].clone();
        let view = link::decode(url)?;
        ensure!(text == view.text && view.tool.is_none(), "it holds {view:?}");
        click(page, "Copy PNG").await?;
        page.until("window.item !== undefined").await?;
        let first = "const done = arguments[0]; window.item.getType('image/png') \
                     .then((it) => it.slice(1, 4).text()).then(done)";
        let first = page.client.execute_async(first, vec![]).await?;
        ensure!(first == "PNG", "what is copied begins with {first}");
        page.is_clean().await
    })
}

fn saved() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        page.open("playground.html").await?;
        page.until(READY).await?;
        page.value(
            "(window.blobs = {}, window.files = {}, \
              window.Real = URL.createObjectURL, \
              URL.createObjectURL = (blob) => { const url = Real.call(URL, blob); \
                  blobs[url] = blob; return url; }, \
              HTMLAnchorElement.prototype.click = function () { \
                  files[this.download] = blobs[this.href] ?? this.href; }, true)",
        )
        .await?;
        click(page, "Share").await?;
        let text = picture(page).await?[0].clone();
        let text = text.as_str().context("a text")?;
        let read = "const [name, done] = arguments; const file = window.files[name]; \
                    typeof file === 'string' ? done(file) : file.text().then(done)";
        let mut files = Vec::new();
        for (word, name) in [
            ("Trace", "trace.txt"),
            ("Scenario", "story.scenario"),
            ("JSON", "trace.json"),
            ("SVG", "trace.svg"),
            ("PNG", "trace.png"),
            ("C", "scenario.c"),
            ("Rust", "scenario.rs"),
        ] {
            click(page, &format!("Save {word}")).await?;
            page.until(&format!("window.files[{name:?}] !== undefined")).await?;
            let file = page.client.execute_async(read, vec![json!(name)]).await?;
            files.push(file.as_str().context(name)?.to_owned());
        }
        let [trace, scenario, json, svg, png, c, rust] = &files[..] else { unreachable!() };
        ensure!(trace.lines().all(|line| line.chars().count() <= 72), "{trace}");
        ensure!(trace.contains("LOST"), "{trace}");
        ensure!(scenario.starts_with("function e1000e\n"), "{scenario}");
        ensure!(serde_json::from_str::<Value>(json).is_ok(), "{json}");
        ensure!(of_text(text, Language::C).as_ref() == Ok(c), "{c}");
        ensure!(of_text(text, Language::Rust).as_ref() == Ok(rust), "{rust}");
        // Drawn as a reader's viewer would: no XML that is wrong, and the styles in it.
        let drawn = "const [url, done] = arguments; const image = new Image(); \
                     image.onerror = () => done(null); \
                     image.onload = () => { const at = document.createElement('canvas'); \
                         [at.width, at.height] = [image.width, image.height]; \
                         const to = at.getContext('2d'); to.drawImage(image, 0, 0); \
                         const all = to.getImageData(0, 0, at.width, at.height).data; let red = 0; \
                         for (let i = 0; i < all.length; i += 4) \
                             red += all[i] > 150 && all[i + 1] < 60 && all[i + 2] < 60; \
                         done([at.width, at.height, red, ...all.slice(0, 4)]); }; \
                     image.src = url";
        ensure!(svg.contains("LOST"), "{svg}");
        ensure!(png.starts_with("data:image/png;base64,iVBORw0KGgo"), "{:.40}", png);
        let url = format!("'data:image/svg+xml,' + encodeURIComponent({})", json!(svg));
        let svg = page.value(&url).await?;
        for (word, url) in [("SVG", svg), ("PNG", json!(png))] {
            let size = page.client.execute_async(drawn, vec![url]).await?;
            let number = |at: usize| size[at].as_u64().unwrap_or(0);
            ensure!(number(1) > 500, "the {word} is {size}");
            ensure!(number(2) > 20, "what is lost is not red in the {word}: {size}");
            if word == "PNG" {
                ensure!(number(0) == 1280, "the picture is {size}");
                ensure!((3..7).all(|at| number(at) == 255), "its ground is {size}");
            }
        }
        page.is_clean().await
    })
}

fn elsewhere() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, DESKTOP, async |page| {
        page.open("teardown.html").await?;
        page.value("document.querySelector('.vfio-irq-block').scrollIntoView()").await?;
        page.until("document.querySelector('.vfi .vfi-elsewhere') !== null").await?;
        let href = page.value("document.querySelector('.vfi-elsewhere').href").await?;
        let href = href.as_str().context("a link")?;
        let view = link::decode(href)?;
        page.client.goto(href).await?;
        page.until(READY).await?;
        let shown = picture(page).await?;
        ensure!(shown[0] == view.text, "{shown}");
        page.is_clean().await
    })
}

fn telephone() -> Result<()> {
    let server = Server::start(&site()?, None)?;
    with_page(&server, PHONE, async |page| {
        page.open("playground.html").await?;
        page.until(READY).await?;
        click(page, "Share").await?;
        page.until("document.querySelector('.vfi-share') !== null").await?;
        let wide = page.value("document.documentElement.scrollWidth").await?;
        ensure!(wide.as_u64() <= Some(375), "the page is {wide} wide");
        page.screenshot("share-375").await
    })
}
