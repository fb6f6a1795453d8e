//! The mdBook preprocessor.

use crate::block::{self, Block};
use crate::coverage::{self, Matrix};
use crate::marks::Clauses;
use crate::verified::Verified;
use crate::{built, clauses, differences, explored, html, marks, page, reference, run};
use anyhow::{Context, Result, bail};
use mdbook_preprocessor::book::{Book, BookItem, Chapter};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};
use std::path::{Path, PathBuf};

/// Replaces every scenario block by its run, and says of every clause on which kernels it was seen.
#[derive(Clone, Copy, Debug)]
pub struct VfioIrq;

impl VfioIrq {
    /// The key under `preprocessor` in book.toml.
    pub const NAME: &str = "vfio-irq";
}

impl Preprocessor for VfioIrq {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn supports_renderer(&self, renderer: &str) -> Result<bool> {
        Ok(renderer == "html")
    }

    /// Fails with the place of every wrong block of the book, not of the first alone.
    fn run(&self, context: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let source = context.root.join(&context.config.book.src);
        let seen = Seen::read(&context.root.join(".."), &book)?;
        let mut problems = Vec::new();
        book.for_each_mut(|item| {
            if let BookItem::Chapter(chapter) = item
                && let Err(error) =
                    replace_blocks(chapter, &source).and_then(|()| seen.put(chapter))
            {
                problems.push(format!("{error:#}"));
            }
        });
        if !problems.is_empty() {
            bail!("the book is wrong:\n{}", problems.join("\n"));
        }
        Ok(book)
    }
}

/// What is said of the clauses.
struct Seen {
    /// The repository's root.
    root: PathBuf,
    verified: Verified,
    clauses: Clauses,
    differences: Vec<differences::Difference>,
    source: String,
    /// Read if a chapter shows it.
    coverage: Option<Matrix>,
}

impl Seen {
    const DIFFERENCES: &str = "tests/differences.txt";

    fn read(repository: &Path, book: &Book) -> Result<Self> {
        let verified = Verified::read(repository)?;
        let text = std::fs::read_to_string(repository.join(Self::DIFFERENCES));
        let differences = text
            .map_err(anyhow::Error::from)
            .and_then(|text| differences::parse(&text))
            .context(Self::DIFFERENCES)?;
        let wanted = |item: &BookItem| matches!(item, BookItem::Chapter(one) if coverage::page::is_wanted(&one.content));
        let coverage = book.iter().any(wanted).then(|| Matrix::read(repository)).transpose()?;
        let mut all = Clauses::new();
        for item in book.iter() {
            if let BookItem::Chapter(chapter) = item
                && let Some(path) = path_of(chapter)
            {
                let found = clauses::find(&chapter.content).with_context(|| chapter_name(path))?;
                let page = path.display().to_string();
                all.extend(found.into_iter().map(|one| (one.id.clone(), (page.clone(), one))));
            }
        }
        let source = built::source(repository);
        let root = repository.to_owned();
        Ok(Self { root, verified, clauses: all, differences, source, coverage })
    }

    fn put(&self, chapter: &mut Chapter) -> Result<()> {
        let Some(path) = path_of(chapter).cloned() else { return Ok(()) };
        let Self { root, verified, clauses, differences, source, coverage } = self;
        let put = || {
            let content = explored::tables(&chapter.content, root)?;
            let content = marks::put(&content, &way_up(&path), verified)?;
            let content = marks::put_in_rows(&content, clauses, verified)?;
            let sources = page::Sources { verified, clauses, differences, source };
            let content = page::put(&content, sources)?;
            let links = reference::Links { clauses, root: &way_up(&path) };
            let content = reference::put(&content, links)?;
            match coverage {
                Some(matrix) => coverage::page::put(&content, matrix),
                None => Ok(content),
            }
        };
        let content = put().with_context(|| chapter_name(&path))?;
        chapter.content = content;
        Ok(())
    }
}

fn path_of(chapter: &Chapter) -> Option<&std::path::PathBuf> {
    chapter.source_path.as_ref().or(chapter.path.as_ref())
}

/// The way from a page to the site's root: `""` or `"../"`.
fn way_up(path: &Path) -> String {
    "../".repeat(path.components().count().saturating_sub(1))
}

/// A chapter's name in messages and in the names of tests.
pub fn chapter_name(path: &Path) -> String {
    format!("book/src/{}", path.display())
}

fn replace_blocks(chapter: &mut Chapter, source: &Path) -> Result<()> {
    let Some(path) = path_of(chapter).cloned() else { return Ok(()) };
    let name = chapter_name(&path);
    let folder = source.join(path.parent().unwrap_or(Path::new("")));
    let blocks = block::find(&chapter.content, &folder).with_context(|| name.clone())?;
    chapter.content = replaced(&chapter.content, &blocks, &name, &way_up(&path))?;
    Ok(())
}

fn replaced(content: &str, blocks: &[Block], name: &str, root: &str) -> Result<String> {
    let mut result = String::with_capacity(content.len() * 2);
    let mut problems = Vec::new();
    let mut done = 0;
    for (index, block) in blocks.iter().enumerate() {
        result.push_str(&content[done..block.range.start]);
        match run::run(block, name) {
            Ok(traces) => {
                let label = format!("Scenario {}", index + 1);
                result.push_str(&html::block(block, &traces, root, &label));
                let explored = explored::put(block, root, index + 1);
                result.push_str(&explored.with_context(|| format!("{name}:{}", block.line))?);
            }
            Err(found) => problems.extend(found.iter().map(ToString::to_string)),
        }
        done = block.range.end;
    }
    result.push_str(&content[done..]);
    if !problems.is_empty() {
        bail!("{}", problems.join("\n"));
    }
    Ok(result)
}
