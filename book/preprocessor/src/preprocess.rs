//! The mdBook preprocessor.

use crate::block::{self, Block};
use crate::{html, run};
use anyhow::{Context, Result, bail};
use mdbook_preprocessor::book::{Book, BookItem, Chapter};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};
use std::path::Path;

/// Replaces every scenario block by its run.
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
        let mut problems = Vec::new();
        book.for_each_mut(|item| {
            if let BookItem::Chapter(chapter) = item
                && let Err(error) = replace_blocks(chapter, &source)
            {
                problems.push(format!("{error:#}"));
            }
        });
        if !problems.is_empty() {
            bail!("scenario blocks are wrong:\n{}", problems.join("\n"));
        }
        Ok(book)
    }
}

/// A chapter's name in messages and in the names of tests.
pub fn chapter_name(path: &Path) -> String {
    format!("book/src/{}", path.display())
}

fn replace_blocks(chapter: &mut Chapter, source: &Path) -> Result<()> {
    let Some(path) = chapter.source_path.clone().or_else(|| chapter.path.clone()) else {
        return Ok(());
    };
    let name = chapter_name(&path);
    let folder = source.join(path.parent().unwrap_or(Path::new("")));
    let blocks = block::find(&chapter.content, &folder).with_context(|| name.clone())?;
    let root = "../".repeat(path.components().count().saturating_sub(1));
    chapter.content = replaced(&chapter.content, &blocks, &name, &root)?;
    Ok(())
}

fn replaced(content: &str, blocks: &[Block], name: &str, root: &str) -> Result<String> {
    let mut result = String::with_capacity(content.len() * 2);
    let mut problems = Vec::new();
    let mut done = 0;
    for (index, block) in blocks.iter().enumerate() {
        result.push_str(&content[done..block.range.start]);
        match run::run(block, name) {
            Ok(traces) => result.push_str(&html::block(block, &traces, root, index + 1)),
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
