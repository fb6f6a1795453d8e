//! The book's prose: its words, without what is code, mark-up or an address.
//!
//! Spelling is hunspell's affair, with Debian's dictionary en_GB; words it does not know and that
//! are right stand in `book/words.txt`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::{root, scenarios};

/// The words hunspell does not know and that are right, from the repository's root.
pub const WORDS: &str = "book/words.txt";

/// The book's pages.
pub fn pages() -> Vec<PathBuf> {
    scenarios::files(&root().join("book/src"), "md")
}

/// The words of the pages, each with the places where it stands: `book/src/msi.md:7`.
pub fn words() -> BTreeMap<String, Vec<String>> {
    let mut words: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in pages() {
        let text = fs::read_to_string(&path).expect("listed");
        let name = path.strip_prefix(root()).expect("in the repository").display();
        for (number, line) in prose(&text).lines().enumerate() {
            for word in words_of(line) {
                words.entry(word.to_owned()).or_default().push(format!("{name}:{}", number + 1));
            }
        }
    }
    words
}

/// A page with what is no prose blanked; its lines are the page's.
pub fn prose(page: &str) -> String {
    let mut prose = String::new();
    let (mut code, mut style, mut comment) = (false, false, false);
    for line in page.lines() {
        let fence = line.trim_start().starts_with("```");
        style |= line.starts_with("<style");
        comment |= line.starts_with("<!--");
        if !(code || fence || style || comment) {
            prose += line;
        }
        code ^= fence;
        style &= !line.contains("</style>");
        comment &= !line.contains("-->");
        prose.push('\n');
    }
    for (open, close) in [("`", "`"), ("<", ">"), ("](", ")")] {
        prose = blanked(&prose, open, close);
    }
    prose
}

/// The text without what stands between two marks of a paragraph; line ends stay.
fn blanked(text: &str, open: &str, close: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(open) {
        result += before;
        let end = after.find(close).filter(|end| !after[..*end].contains("\n\n"));
        let Some(end) = end else {
            result.push(' ');
            rest = after;
            continue;
        };
        result.push(' ');
        result.extend(after[..end].chars().filter(|c| *c == '\n'));
        rest = &after[end + close.len()..];
    }
    result + rest
}

/// Words as a speller understands them: no names in capitals, none with digits in them.
fn words_of(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && !"'’_".contains(c))
        .map(|word| word.trim_matches(['\'', '’', '_']))
        .map(|word| word.trim_end_matches("'s").trim_end_matches("’s"))
        .filter(|word| word.chars().all(|c| c.is_alphabetic() || c == '\'' || c == '’'))
        .filter(|word| word.chars().filter(|c| c.is_uppercase()).count() < 2)
        .filter(|word| word.chars().count() > 1)
}

/// Our own words, in the file's order.
///
/// # Errors
/// When the file is not there.
pub fn own_words() -> Result<Vec<String>> {
    let text = fs::read_to_string(root().join(WORDS)).context(WORDS)?;
    Ok(text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect())
}

/// Whether hunspell and its dictionary are here.
pub fn can_be_spelt() -> bool {
    unknown(&BTreeSet::from(["word"])).is_ok_and(|unknown| unknown.is_empty())
}

/// The words hunspell does not know.
///
/// # Errors
/// When it or its dictionary is not here.
pub fn unknown(words: &BTreeSet<&str>) -> Result<BTreeSet<String>> {
    let mut hunspell = Command::new("hunspell")
        .args(["-d", "en_GB", "-i", "utf-8", "-l"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("hunspell does not start; `cargo xtask setup` installs it")?;
    let mut input = hunspell.stdin.take().expect("it is piped");
    let text: String = words.iter().map(|word| format!("{word}\n")).collect();
    // It answers while it reads; who only wrote would wait for ever.
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = hunspell.wait_with_output()?;
    let _ = writer.join();
    ensure!(output.status.success(), "hunspell has no dictionary en_GB; `cargo xtask setup`");
    Ok(String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_has_no_code_and_no_addresses() {
        let page = "# A page\n\nIt `says\nno` such, and [links](a.md#b) it's.\n\n```c\nint x;\n```\n\
                    <style>\nmain {}\n</style>\n<a id=\"A\"></a>**A-1** end\n";
        let prose = prose(page);
        let words: Vec<Vec<&str>> = prose.lines().map(|line| words_of(line).collect()).collect();
        let none = Vec::new;
        let expected = [
            vec!["page"],
            none(),
            vec!["It"],
            vec!["such", "and", "links", "it"],
            none(),
            none(),
            none(),
            none(),
            none(),
            none(),
            none(),
            vec!["end"],
        ];
        assert_eq!(words, expected);
    }
}
