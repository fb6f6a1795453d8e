//! Finding scenario blocks in a chapter.

use crate::explored;
use anyhow::{Context, Result, bail, ensure};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use std::ops::Range;
use std::path::{Path, PathBuf};
use vfio_irq_core::explore::Invariant;

/// A scenario block of a chapter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// The fence and everything in it, as bytes of the chapter.
    pub range: Range<usize>,
    /// Line of the opening fence, from 1.
    pub line: u32,
    /// What the fence says.
    pub attributes: Attributes,
    /// The scenario.
    pub text: String,
    /// The file the scenario comes from, if the block includes one, and how many lines of
    /// comments at the file's beginning are left out: they speak to who reads the tests.
    pub included: Option<(PathBuf, u32)>,
}

/// What follows `scenario` on the fence.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Attributes {
    /// An expectation is meant not to hold.
    pub fails: bool,
    /// It plays by itself, and asks to be tried: for the front page.
    pub front: bool,
    /// Hosts to run on instead of the text's own.
    pub hosts: Vec<String>,
    /// What is asked of every run it allows.
    pub explore: Vec<Invariant>,
}

impl Attributes {
    /// Reads an info string; `None` if the block is no scenario.
    pub fn parse(info: &str) -> Result<Option<Self>> {
        let mut words = info.split(',').map(str::trim);
        if words.next() != Some("scenario") {
            return Ok(None);
        }
        let mut attributes = Attributes::default();
        for word in words {
            match word.split_once('=') {
                None if word == "fails" => attributes.fails = true,
                None if word == "front" => attributes.front = true,
                Some(("host", host)) => attributes.hosts = vec![host.to_owned()],
                Some(("compare", hosts)) => {
                    attributes.hosts = hosts.split('|').map(str::to_owned).collect();
                    ensure!(attributes.hosts.len() > 1, "`compare` needs at least two hosts: A|B");
                }
                Some(("explore", words)) => attributes.explore = explored::asked(words)?,
                _ => bail!(
                    "`{word}`: a scenario block knows fails, front, host=NAME, compare=NAME|NAME, \
                     explore=WORD|WORD"
                ),
            }
        }
        Ok(Some(attributes))
    }
}

/// The scenario blocks of a chapter. `folder` is where the chapter is, for included files.
pub fn find(chapter: &str, folder: &Path) -> Result<Vec<Block>> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (event, range) in Parser::new_ext(chapter, Options::all()).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                let line = line_at(chapter, range.start);
                let attributes = Attributes::parse(&info).with_context(|| format!("{line}"))?;
                open = attributes.map(|attributes| Block {
                    range,
                    line,
                    attributes,
                    text: String::new(),
                    included: None,
                });
            }
            Event::Text(text) => {
                if let Some(block) = &mut open {
                    block.text.push_str(&text);
                }
            }
            Event::End(TagEnd::CodeBlock) => {
                if let Some(mut block) = open.take() {
                    include(&mut block, folder)?;
                    blocks.push(block);
                }
            }
            _ => {}
        }
    }
    Ok(blocks)
}

/// Replaces the text of a block that is nothing but `{{#include FILE}}`.
fn include(block: &mut Block, folder: &Path) -> Result<()> {
    let directive = block.text.trim();
    let Some(file) = directive.strip_prefix("{{#include ").and_then(|rest| rest.strip_suffix("}}"))
    else {
        return Ok(());
    };
    let path = folder.join(file.trim());
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("{}: cannot include {}", block.line, path.display()))?;
    let comments = text.lines().take_while(|line| line.starts_with('#') || line.is_empty());
    let left_out = comments.count();
    block.text = text.lines().skip(left_out).map(|line| format!("{line}\n")).collect();
    block.included = Some((path, u32::try_from(left_out).unwrap_or(u32::MAX)));
    Ok(())
}

/// The line of a byte, from 1.
fn line_at(text: &str, offset: usize) -> u32 {
    let before = text[..offset].bytes().filter(|byte| *byte == b'\n').count();
    u32::try_from(before).map_or(u32::MAX, |lines| lines + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAPTER: &str = "# Title\n\n```rust\nlet a = 1;\n```\n\n\
        ```scenario,compare=linux-6.1|mediated\nfunction intx\n\nfire 0 -> a=1\n```\n\n\
        - item\n\n  ```scenario,fails\n  read a -> 1\n  ```\n";

    fn chapter_blocks(chapter: &str) -> Vec<Block> {
        find(chapter, Path::new(".")).unwrap()
    }

    #[test]
    fn blocks_of_chapter_are_those_tagged_scenario() {
        let blocks = chapter_blocks(CHAPTER);
        let lines: Vec<u32> = blocks.iter().map(|block| block.line).collect();
        assert_eq!(lines, [7, 15]);
        assert_eq!(blocks[0].text, "function intx\n\nfire 0 -> a=1\n");
        assert_eq!(blocks[0].attributes.hosts, ["linux-6.1", "mediated"]);
    }

    #[test]
    fn block_in_list_item_loses_its_indent() {
        let block = &chapter_blocks(CHAPTER)[1];
        assert_eq!(block.text, "read a -> 1\n");
        assert!(block.attributes.fails);
        assert!(CHAPTER[block.range.clone()].starts_with("```scenario,fails"));
        assert!(CHAPTER[block.range.clone()].ends_with("```"));
    }

    #[test]
    fn block_with_unknown_attribute_is_an_error_with_its_line() {
        let error = find("\n```scenario,fail\n```\n", Path::new(".")).unwrap_err();
        let error = format!("{error:#}");
        assert!(error.starts_with("2: ") && error.contains("`fail`"), "{error}");
    }

    #[test]
    fn block_that_includes_a_file_has_its_text_without_the_first_comments() {
        let folder = std::env::temp_dir().join(format!("vfio-irq-book-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("a.scenario"), "# Hosts: x\n\nfire 0 # b\n").unwrap();
        let blocks = find("```scenario\n{{#include a.scenario}}\n```\n", &folder).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(blocks[0].text, "fire 0 # b\n");
        assert_eq!(blocks[0].included.as_ref().unwrap().1, 2);
    }

    #[test]
    fn block_that_includes_absent_file_is_an_error_with_its_line() {
        let chapter = "```scenario\n{{#include no/such.scenario}}\n```\n";
        let error = format!("{:#}", find(chapter, Path::new(".")).unwrap_err());
        assert!(error.starts_with("1: ") && error.contains("no/such.scenario"), "{error}");
    }
}
