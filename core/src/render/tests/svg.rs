//! Diagrams: well-formed whatever the trace says, and saying what a reader must not miss.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::any;
use super::stories::{A, entry, fire, gallery, intx_cycle, many, teardown, trace};
use crate::event::{CauseId, Event, Loss, Source};
use crate::render::{SvgOptions, svg};

const WIDE: SvgOptions = SvgOptions { narrow: false, rows: 200 };
const NARROW: SvgOptions = SvgOptions { narrow: true, rows: 200 };

/// Reads the document as XML, as far as we write it: elements, quoted attributes, character data,
/// the five named entities and numbers. Returns the character data, or what is wrong.
fn read_xml(document: &str) -> Result<String, String> {
    let mut open: Vec<&str> = Vec::new();
    let mut data = String::new();
    let mut rest = document;
    while let Some(at) = rest.find('<') {
        data += &entities(&rest[..at])?;
        let end = rest[at..].find('>').ok_or("unclosed tag")? + at;
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if tag.contains('<') {
            return Err(format!("< in <{tag}>"));
        }
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name) {
                return Err(format!("</{name}> closes nothing"));
            }
            continue;
        }
        let (tag, empty) = match tag.strip_suffix('/') {
            Some(tag) => (tag, true),
            None => (tag, false),
        };
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        if attributes.matches('"').count() % 2 != 0 {
            return Err(format!("quotes of <{tag}>"));
        }
        entities(attributes)?;
        if !empty {
            open.push(name);
        }
    }
    if !open.is_empty() || !rest.trim().is_empty() {
        return Err(format!("left open: {open:?}, after it: {rest:?}"));
    }
    let control = |c: char| (c.is_control() && c != '\n') || c == '\u{fffe}' || c == '\u{ffff}';
    if document.contains(control) { Err("control character".into()) } else { Ok(data) }
}

fn entities(text: &str) -> Result<String, String> {
    let mut parts = text.split('&');
    let mut plain = String::from(parts.next().unwrap_or_default());
    for part in parts {
        let (entity, rest) = part.split_once(';').ok_or("bare &")?;
        plain.push(match entity {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "#39" => '\'',
            other => return Err(format!("&{other};")),
        });
        plain += rest;
    }
    Ok(plain)
}

#[test]
fn teardown_story_shows_the_lost_interrupt_by_word_and_shape() {
    for options in [WIDE, NARROW] {
        let document = svg(&teardown(), &options);
        let words = read_xml(&document).expect("well-formed");
        assert!(words.contains("LOST #2"));
        assert!(words.contains("diverted to INTx, never handled"));
        assert!(words.contains("Cause #2 is LOST"), "told to a screen reader");
        assert_eq!(document.matches("vi-cross").count(), 1 + 1, "one cross, one rule for it");
        assert!(document.contains("class=\"vi-high\""), "the line's level");
    }
}

#[test]
fn diagram_stands_on_its_own_and_passes_through_markdown() {
    for story in [teardown(), intx_cycle(), gallery(), many()] {
        let document = svg(&story, &WIDE);
        read_xml(&document).expect("well-formed");
        assert!(document.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
        assert!(document.contains("role=\"img\"") && document.contains("<title>"));
        assert!(!document.contains("\n\n"), "a blank line ends an HTML block");
        for foreign in ["id=\"", "<script", "href", "url(", "@import", "http://www.w3.org/1999"] {
            assert!(!document.contains(foreign), "{foreign}");
        }
    }
}

#[test]
fn hostile_names_stay_text() {
    let mut story = teardown();
    let name = "</text><script>alert('x')</script>&\"";
    story.names.insert(A, name.into());
    story.function = "<&\">".into();
    let document = svg(&story, &WIDE);
    assert!(!document.contains("<script"));
    assert!(read_xml(&document).expect("well-formed").contains("<&\">"));
}

#[test]
fn long_run_says_what_it_leaves_out_and_keeps_the_loss() {
    let lost = CauseId(3000);
    let mut entries: Vec<_> = (1..=2000).map(|n| entry(n, "fire 0", fire(n, A, 1))).collect();
    let loss = vec![
        Event::Cause { cause: lost, source: Source::Fire(1) },
        Event::Lost { cause: lost, why: Loss::NoEventfd },
    ];
    entries.insert(1000, entry(1001, "fire 1", loss));
    let document = svg(&trace(entries, [2001, 2000, 0, 0, 1, 2000]), &WIDE);
    assert!(document.matches("vi-row").count() < 220);
    assert!(document.contains("events left out"));
    assert!(document.contains("LOST #3000"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_trace_gives_a_well_formed_diagram(trace in any::trace(), narrow: bool, rows in 0usize..40) {
        let document = svg(&trace, &SvgOptions { narrow, rows });
        prop_assert!(read_xml(&document).is_ok(), "{:?}", read_xml(&document));
        prop_assert!(!document.contains("\n\n"));
    }
}
