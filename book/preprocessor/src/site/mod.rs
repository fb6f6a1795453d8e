//! The whole site: trunk has built the playground into a folder; the book is built around it.
//!
//! - The book's pages become the root, the playground one page among them.
//! - A name `book:css/variables.css` in the playground's page becomes that file's hashed name.
//! - The loader's element on every page learns the hashed names of module and styles.
//! - mdBook's pages are mended for readers who use no mouse or don't see them ([`access`]).
//! - Each page says at its foot what it was verified on ([`built`]).
//! - The search finds clauses ([`search`]).
//! - The playground's examples become a file, whose name its element learns.
//! - The modules loaded when they are asked for get names with hashes ([`modules`]).
//! - What is published gets smaller ([`names`], [`order`], [`smaller`]), then names by what it holds ([`named`]), a policy
//!   ([`policy`]) and works without a network ([`offline`]).
//! - Under `trunk serve` every page reloads itself, as the playground's does.

mod access;
mod hash;
mod modules;
mod named;
mod names;
mod offline;
mod order;
mod policy;
mod search;
mod smaller;

use crate::preprocess::VfioIrq;
use crate::verified::Verified;
use crate::{built, examples};
use anyhow::{Context, Result, ensure};
use mdbook_driver::MDBook;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

const PLAYGROUND: &str = "playground.html";
/// Stands in trunk's reloading script.
const RELOADING: &str = "__TRUNK_ADDRESS__";

/// Builds the book in the folder trunk names.
pub fn build_for_trunk() -> Result<()> {
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let staging = variable("TRUNK_STAGING_DIR").context(
        "TRUNK_STAGING_DIR is not set: trunk runs this. Try `cargo xtask serve` or `trunk build`",
    )?;
    let source = variable("TRUNK_SOURCE_DIR").context("TRUNK_SOURCE_DIR is not set")?;
    build(&source, &staging)
}

/// Builds the book of the repository `source` into `site`, where `playground.html` already is.
pub fn build(source: &Path, site: &Path) -> Result<()> {
    let later = modules::tools(site)? + &modules::worker(source, site)?;
    let playground = read(&site.join(PLAYGROUND))?;
    // mdBook empties the folder it builds into.
    let aside = site.join(".book");
    build_book(&source.join("book"), &aside)?;

    let playground = with_book_names(&playground, &aside)?;
    let playground = with_examples(playground, &examples::json(&source.join("book"))?, &aside)?;
    // Under `trunk serve` every page has a script that reloads it by a socket: no policy, and
    // nothing is kept that was yesterday's.
    let published = !playground.contains(RELOADING);
    let mut attributes = later;
    if published {
        attributes += &format!(" data-offline=\"{}\"", offline::NAME);
    }
    let playground = with_attributes(&playground, &attributes)
        .with_context(|| format!("{PLAYGROUND} has no loader: see Trunk.toml"))?;
    let added = Added::from_playground(&playground, &attributes)?;
    for page in pages(&aside)? {
        write(&page, &access::mended(&added.to(&read(&page)?)))?;
    }
    write(&site.join(PLAYGROUND), &playground)?;
    move_all(&aside, site)?;
    if published {
        names::shorten(&site.join(&added.wasm), &site.join(&added.module))?;
        for file in ours(site)? {
            smaller::make(&file)?;
        }
        let pages = pages(site)?;
        named::put(ours(site)?, &pages)?;
        for page in pages {
            write(&page, &policy::put(&read(&page)?))?;
        }
        offline::put(source, site)?;
    }
    Ok(())
}

/// Builds the book alone: the folder `book`, into a folder that is emptied before.
pub fn build_book(book: &Path, destination: &Path) -> Result<()> {
    let mut driver = MDBook::load(book)?;
    driver.config.build.build_dir = std::path::absolute(destination)?;
    // In place of the command that book.toml names for mdBook's own program.
    driver.with_preprocessor(VfioIrq);
    driver.build()?;
    let verified = Verified::read(&book.join(".."))?;
    for page in pages(destination)? {
        let html = read(&page)?;
        // The table of contents of readers without scripts has no `main`.
        let foot = format!("</main>{}", built::foot(&verified, ""));
        write(&page, &html.replacen("</main>", &foot, 1))?;
    }
    search::put(book, destination)
}

/// What a page of the book needs from the playground's page.
struct Added {
    /// Attributes for the loader's element.
    attributes: String,
    /// Trunk's reloading script, under `trunk serve`.
    reload: Option<String>,
    /// The module's bindings, and the module.
    module: String,
    wasm: String,
}

impl Added {
    fn from_playground(html: &str, more: &str) -> Result<Self> {
        let value = |name: &str| {
            between(html, &format!(" {name}=\""), "\"")
                .with_context(|| format!("{PLAYGROUND} has no {name}: see Trunk.toml"))
        };
        let (module, wasm) = (value("data-module")?, value("data-wasm")?);
        let styles = playground_styles(html).join(" ");
        let reload = html
            .split("<script")
            .find(|script| script.contains(RELOADING))
            .and_then(|script| script.split_once("</script>"))
            .map(|(script, _)| format!("<script{script}</script>"));
        let attributes = format!(
            " data-module=\"{module}\" data-wasm=\"{wasm}\" data-styles=\"{styles}\"\
             {more}"
        );
        let (module, wasm) = (module.to_owned(), wasm.to_owned());
        Ok(Added { attributes, reload, module, wasm })
    }

    fn to(&self, html: &str) -> String {
        let mut html = with_attributes(html, &self.attributes).unwrap_or_else(|| html.to_owned());
        if let Some(reload) = &self.reload
            && let Some(end) = html.rfind("</body>")
        {
            html.insert_str(end, reload);
        }
        html
    }
}

/// Where attributes of the loader's element end.
fn loader_element(html: &str) -> Option<usize> {
    let start = html.find("assets/loader-")?;
    Some(start + html[start..].find('>')?)
}

/// The page with more attributes of the loader's element; `None` if it has none.
fn with_attributes(html: &str, attributes: &str) -> Option<String> {
    let (before, after) = html.split_at(loader_element(html)?);
    Some(format!("{before}{attributes}{after}"))
}

/// The styles trunk has put in the playground's page: those that are not the book's.
fn playground_styles(html: &str) -> Vec<&str> {
    let links = html.split("<link").filter(|link| link.contains("rel=\"stylesheet\""));
    let names = links.filter_map(|link| between(link, "href=\"", "\""));
    names.map(|name| name.trim_start_matches("./")).filter(|name| !name.contains('/')).collect()
}

/// Replaces `book:NAME` by the hashed name of the book's file.
fn with_book_names(html: &str, book: &Path) -> Result<String> {
    let mut result = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once("\"book:") {
        let (name, after) = after.split_once('"').context("a book: name has no end")?;
        result.push_str(before);
        result.push('"');
        result.push_str(&hashed_name(book, name)?);
        result.push('"');
        rest = after;
    }
    Ok(result + rest)
}

/// `css/variables.css` → `css/variables-8adf115b.css`.
fn hashed_name(book: &Path, name: &str) -> Result<String> {
    let (stem, extension) = name.rsplit_once('.').with_context(|| format!("{name}: no suffix"))?;
    let (folder, stem) = stem.rsplit_once('/').unwrap_or(("", stem));
    let prefix = format!("{stem}-");
    let suffix = format!(".{extension}");
    for entry in fs::read_dir(book.join(folder)).with_context(|| format!("no book:{folder}"))? {
        let file = entry?.file_name().to_string_lossy().into_owned();
        let hash = file.strip_prefix(&prefix).and_then(|rest| rest.strip_suffix(&suffix));
        if hash.is_some_and(|hash| hash.bytes().all(|byte| byte.is_ascii_hexdigit())) {
            let slash = if folder.is_empty() { "" } else { "/" };
            return Ok(format!("{folder}{slash}{file}"));
        }
    }
    anyhow::bail!("the book has no file {name}, which {PLAYGROUND} names")
}

/// Puts the examples beside the book's files, under a name that changes with them.
fn with_examples(html: String, json: &str, book: &Path) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    json.hash(&mut hasher);
    let name = format!("assets/examples-{:08x}.json", hasher.finish() as u32);
    write(&book.join(&name), json)?;
    let element = "<div id=\"vfio-irq-playground\"";
    ensure!(html.contains(element), "{PLAYGROUND} has no {element}>");
    Ok(html.replacen(element, &format!("{element} data-examples=\"{name}\""), 1))
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(found, _)| found)
}

/// Every HTML file of a folder and the folders in it.
fn pages(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| cannot("read", folder))? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(pages(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "html") {
            found.push(path);
        }
    }
    Ok(found)
}

/// Scripts and styles that are not mdBook's.
fn ours(site: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in [site.to_owned(), site.join("assets")] {
        for entry in fs::read_dir(&folder).with_context(|| cannot("read", &folder))? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let trunks = ["vfio-irq-", "playground-", "tokens-"];
            if folder != site || trunks.iter().any(|prefix| name.starts_with(prefix)) {
                found.push(path);
            }
        }
    }
    Ok(found)
}

/// Moves everything in a folder into another, and removes the folder.
fn move_all(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from).with_context(|| cannot("read", from))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        ensure!(!target.exists(), "book and playground both have {}", target.display());
        fs::rename(entry.path(), &target).with_context(|| cannot("write", &target))?;
    }
    fs::remove_dir(from).with_context(|| cannot("remove", from))
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| cannot("read", path))
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| cannot("write", path))
}

fn cannot(act: &str, path: &Path) -> String {
    format!("cannot {act} {}", path.display())
}
