//! Text taken in by parts: those a program uses.

use alloc::vec::Vec;

/// What begins a part: `//// NAME`, or `//// *` for one that is always there.
const MARK: &str = "//// ";

/// A part: the word by which it is used, and its text.
struct Part<'a> {
    name: &'a str,
    text: &'a str,
    used: bool,
}

/// The parts of these texts that `body` uses, directly or by another part, in order.
pub(super) fn used<'a>(texts: &[&'a str], body: &str) -> Vec<&'a str> {
    let mut parts: Vec<Part<'a>> = Vec::new();
    for text in texts {
        for piece in text.split(MARK).skip(1) {
            let (name, text) = piece.split_once('\n').unwrap_or((piece, ""));
            parts.push(Part { name, text, used: name == "*" });
        }
    }
    let mut waiting: Vec<&str> =
        parts.iter().filter(|part| part.used).map(|part| part.text).collect();
    let mut next = Some(body);
    while let Some(text) = next {
        for part in parts.iter_mut().filter(|part| !part.used) {
            if has_call(text, part.name) {
                part.used = true;
                waiting.push(part.text);
            }
        }
        next = waiting.pop();
    }
    parts.into_iter().filter(|part| part.used).map(|part| part.text).collect()
}

/// What a name is made of.
fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Whether a text calls this function, by no longer name.
fn has_call(text: &str, name: &str) -> bool {
    text.match_indices(name)
        .any(|(at, _)| text[at + name.len()..].starts_with('(') && !text[..at].ends_with(is_part))
}

/// How often a name stands in a text, as no part of a longer one.
pub(super) fn words(text: &str, name: &str) -> usize {
    let alone =
        |at: usize| !text[at + name.len()..].starts_with(is_part) && !text[..at].ends_with(is_part);
    text.match_indices(name).filter(|(at, _)| alone(*at)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn part_is_taken_when_the_body_or_another_part_uses_it() {
        let text =
            "//// *\nalways\n//// one\none() { two(); }\n//// two\ntwo()\n//// three\nthree()\n";

        assert_eq!(used(&[text], "one();"), ["always\n", "one() { two(); }\n", "two()\n"]);
        assert_eq!(used(&[text], "another(); threes(); x_three(); three"), ["always\n"]);
    }
}
