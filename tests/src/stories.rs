//! Interrupts inside a call: each story once for every register write of its call, and for each of
//! two vectors, made up here instead of written down three hundred times.
//!
//! Left out: moments that are no register write (a handler installed or removed); INTx, which no
//! request of MSI or MSI-X touches but to cut it off.

use std::fmt::Write;

use anyhow::{Context, Result};
use vfio_irq_core::event::Event;
use vfio_irq_core::seen::register_writes;

use crate::corpus::{Item, corpus};

/// The host whose steps the moments are taken from: the others have no more.
const HOST: &str = "linux-7.3";

/// What is done before the call that is interrupted, and that call.
struct Story {
    name: &'static str,
    before: &'static [&'static str],
    call: &'static str,
}

const STORIES: [Story; 6] = [
    Story { name: "enable", before: &[], call: "trigger eventfd 0 [a, b]" },
    Story { name: "disable", before: &["trigger eventfd 0 [a, b]"], call: "trigger none 0+0" },
    Story {
        name: "rebuild",
        before: &["trigger eventfd 0 [c]", "trigger none 0+0"],
        call: "trigger eventfd 0 [a, b]",
    },
    Story { name: "replace", before: &["trigger eventfd 0 [a, c]"], call: "trigger eventfd 0 [b]" },
    Story {
        name: "release",
        before: &["trigger eventfd 0 [a, b]"],
        call: "trigger eventfd 0 [-1]",
    },
    Story { name: "add", before: &["trigger eventfd 0 [a]"], call: "trigger eventfd 1 [b]" },
];

/// Which device plays the stories, by which index, and with how many vectors.
const PLAYERS: [(&str, &str, u16); 4] =
    [("e1000e", "msix", 2), ("xhci", "msix", 2), ("xhci", "msi", 2), ("edu", "msi", 1)];

/// The scenarios of tests and book, and the stories.
///
/// # Errors
/// One of them is no scenario.
pub fn with_stories() -> Result<Vec<Item>> {
    let mut items = corpus()?;
    items.extend(stories()?);
    Ok(items)
}

/// Every story of every player.
///
/// # Errors
/// One of them is no scenario.
pub fn stories() -> Result<Vec<Item>> {
    let mut all = Vec::new();
    for player in PLAYERS {
        for story in STORIES.iter().filter(|story| player.2 > 1 || story.name != "add") {
            for vector in 0..player.2 {
                moments(player, story, vector, &mut all)?;
            }
        }
    }
    Ok(all)
}

/// A story's text with something inside its call, and the call's line.
fn text((device, index, vectors): (&str, &str, u16), story: &Story, moment: &str) -> (String, u32) {
    let mut text = format!("function {device}\nhost {HOST}\neventfd a b c x y\n");
    // A function with one vector plays the story with the first of each list.
    let fit = |call: &str| match vectors {
        1 => call.replace(", b]", "]").replace(", c]", "]").replace(", y]", "]"),
        _ => call.to_owned(),
    };
    let mut line = |call: &str, inside: &str| {
        let _ = writeln!(text, "set_irqs {index} {} {inside}", fit(call));
        text.lines().count() as u32
    };
    for call in story.before {
        line(call, "");
    }
    let at = line(story.call, moment);
    text += "read a\nread b\nread c\n";
    text += match (device, index) {
        ("e1000e", _) => "config read 0xa2 2\nbar3 read 0x2000 8\n",
        ("xhci", "msix") => "config read 0x92 2\nbar0 read 0x3800 8\n",
        ("xhci", _) => "config read 0x72 2\n",
        _ => "config read 0x42 2\n",
    };
    // What is still to come, comes when every vector has a new eventfd.
    let _ = writeln!(text, "set_irqs {index} {}", fit("trigger eventfd 0 [x, y]"));
    text += "read a\nread b\nread c\nread x\nread y\nfire 0\nread x\n";
    if vectors > 1 {
        text += "fire 1\nread y\n";
    }
    let _ = writeln!(text, "set_irqs {index} trigger none 0+0");
    text += "read a\nread b\nread x\nread y\n";
    (text, at)
}

fn moments(
    player: (&'static str, &'static str, u16),
    story: &Story,
    vector: u16,
    all: &mut Vec<Item>,
) -> Result<()> {
    let (device, index, _) = player;
    let (plain, line) = text(player, story, "");
    let trace = Item::new(story.name.to_owned(), plain)?.emulated(HOST, device, true).trace;
    let entry = trace.entries.iter().find(|entry| entry.line == line);
    let entry = entry.with_context(|| format!("{}: no line {line}", story.name))?;
    let mut names: Vec<String> = Vec::new();
    for event in &entry.events {
        let Event::Step(step) = event else { continue };
        let name = step.to_string();
        names.push(name.clone());
        if register_writes(step) == 0 {
            continue;
        }
        let nth = names.iter().filter(|other| **other == name).count();
        let moment = format!("{{ after \"{name}\" #{nth}: fire {vector} }}");
        let (text, _) = text(player, story, &moment);
        // A name that can be a file's.
        let place = name.to_lowercase().replace(' ', "-");
        let name = format!("inside/{index}-{}/{place}-{nth}-fire-{vector}", story.name);
        all.push(Item::new(name, text)?.only_for(device));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn stories_have_names_of_their_own_for_each_device() {
        let all = stories().expect("all are scenarios");
        let names: BTreeSet<_> = all.iter().map(|item| (&item.name, &item.text)).collect();
        assert!(names.len() == all.len() && all.len() > 300, "{} of {}", names.len(), all.len());
    }

    #[test]
    fn story_comes_to_its_moment_where_it_is_from() {
        for item in stories().expect("all are scenarios") {
            let device = ["e1000e", "xhci", "edu"];
            let played = device.iter().filter(|one| item.expected(HOST, one, true).is_some());
            assert_eq!(played.count(), 1, "{}", item.name);
        }
    }
}
