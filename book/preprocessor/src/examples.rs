//! The playground's examples: stories of the tests, picked by hand, in one small file that the page
//! fetches when a reader asks for it. None of them is part of the module.

use anyhow::{Context, Result};
use serde::Serialize;
use std::fs;
use std::path::Path;

/// A story, and where its text is.
struct Story {
    topic: &'static str,
    title: &'static str,
    says: &'static str,
    from: From,
}

/// Where a text comes from.
enum From {
    /// A file in `tests/scenarios`, without its ending.
    File(&'static str),
    /// Written here.
    Text(&'static str),
}

const fn story(
    topic: &'static str,
    title: &'static str,
    says: &'static str,
    file: &'static str,
) -> Story {
    Story { topic, title, says, from: From::File(file) }
}

const GROWTH: &str = "One vector more";
const LOSS: &str = "Lost, or not";
const ANSWERS: &str = "Answers that surprise";
const INTX: &str = "INTx";
const REST: &str = "ERR, REQ, reset, size";

/// In the order shown; those of a topic together.
const STORIES: [Story; 17] = [
    story(
        GROWTH,
        "With NORESIZE: tear down, rebuild, lose one",
        "Linux 6.1 cannot add an MSI-X vector; what the device raises in between never arrives.",
        "teardown/msix_loses",
    ),
    story(
        GROWTH,
        "Without NORESIZE: no window",
        "Linux 6.12 adds the vector while the others go on; an interrupt inside the ioctl arrives.",
        "teardown/msix_grows",
    ),
    story(
        GROWTH,
        "A mediated device grows",
        "A device its host emulates sets NORESIZE on neither MSI nor MSI-X.",
        "teardown/mediated_grows",
    ),
    story(
        GROWTH,
        "Ahead of time: all allocated, armed later",
        "With -1 for those not needed yet, nothing has to be torn down under NORESIZE either.",
        "noresize/ahead_then_arm",
    ),
    story(
        GROWTH,
        "A refused request that kills live vectors",
        "MSI on 6.12 and 7.3: the request that is refused has taken the two that worked with it.",
        "noresize/refusal_is_not_free",
    ),
    story(
        LOSS,
        "Lost inside the ioctl",
        "Fired right after MSI-X Enable was cleared: too late for the vector, too early for the next.",
        "teardown/msix_inside_disable",
    ),
    story(
        LOSS,
        "Fallen back to INTx, and delivered there",
        "A function without a vector pulls its pin; who enables INTx instead gets the interrupt.",
        "teardown/delivered_to_intx",
    ),
    story(
        LOSS,
        "Vector 0 released, every vector silent",
        "MSI has one address for all: releasing the first takes it from the others.",
        "msi/release_0_silences_all",
    ),
    story(
        ANSWERS,
        "A bad descriptor in the middle of a block",
        "EBADF, and of three live vectors two are dead.",
        "msix/bad_fd_in_block",
    ),
    story(
        ANSWERS,
        "A positive return is not success",
        "Without interrupt remapping there is one MSI vector: the answer is how many could be had.",
        "msi/short_first_start_3",
    ),
    story(
        ANSWERS,
        "DATA_NONE that fires",
        "With a count it triggers, it does not take away; only a count of 0 disables.",
        "msix/loopback_does_not_disable",
    ),
    story(
        INTX,
        "Automask, and unmask",
        "One signal, then silence until the user unmasks; a line still up signals at once.",
        "intx/automask_then_unmask",
    ),
    story(
        INTX,
        "The unmask eventfd",
        "A write to it unmasks, without an ioctl.",
        "intx/unmask_eventfd",
    ),
    story(
        INTX,
        "Interrupt Disable, set by the user",
        "The bit in Command masks INTx; unmask and loopback do not get past it.",
        "intx/disable_bit_masks",
    ),
    story(
        REST,
        "The host asks for the device",
        "REQ signals when the host wants the function back; without a trigger nobody hears.",
        "req/signal_and_drop",
    ),
    story(
        REST,
        "A reset keeps index and triggers",
        "After VFIO_DEVICE_RESET MSI-X is on as before, and the eventfds are still attached.",
        "msix/reset_keeps_triggers",
    ),
    Story {
        topic: REST,
        title: "2,048 vectors",
        says: "The largest table there is: every vector enabled, the last one fires.",
        from: From::Text(
            "function msix-2048\nhost     linux-6.12\n\n\
             set_irqs msix trigger eventfd 0 [v0..v2047]  -> 0\n\
             fire 2047                                    -> v2047=1\n\
             ledger                                       -> causes=1 signalled=1 lost=0\n",
        ),
    },
];

/// An example as the page gets it.
#[derive(Serialize)]
pub struct Example {
    /// What it is about; examples of a topic stand together.
    pub topic: &'static str,
    /// A few words.
    pub title: &'static str,
    /// One sentence.
    pub says: &'static str,
    /// The scenario.
    pub text: String,
}

/// The examples. `book` is the book's folder, beside which the tests are.
///
/// # Errors
/// A file is not there.
pub fn examples(book: &Path) -> Result<Vec<Example>> {
    let scenarios = book.join("../tests/scenarios");
    let example = |story: &Story| {
        let text = match story.from {
            From::Text(text) => text.to_owned(),
            From::File(name) => {
                let path = scenarios.join(format!("{name}.scenario"));
                let text = fs::read_to_string(&path).with_context(|| {
                    format!("the example \"{}\" needs {}", story.title, path.display())
                })?;
                without_head(&text).to_owned()
            }
        };
        let text = format!("# {}\n{text}", story.title);
        Ok(Example { topic: story.topic, title: story.title, says: story.says, text })
    };
    STORIES.iter().map(example).collect()
}

/// The examples as JSON.
///
/// # Errors
/// As [`examples`].
pub fn json(book: &Path) -> Result<String> {
    Ok(serde_json::to_string(&examples(book)?)?)
}

/// Without the comments at a file's beginning: they speak to who reads the tests.
fn without_head(text: &str) -> &str {
    let head = text.split_inclusive('\n').take_while(|line| line.starts_with('#'));
    &text[head.map(str::len).sum::<usize>()..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use vfio_irq_core::scenario::{Overrides, Scenario, run_emulated};

    fn all() -> Vec<Example> {
        examples(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).expect("every file is there")
    }

    #[test]
    fn every_example_parses_and_holds() {
        for example in all() {
            let scenario = Scenario::parse(&example.text)
                .unwrap_or_else(|errors| panic!("{}: {errors:?}", example.title));
            let trace = run_emulated(&scenario, &Overrides::default()).expect("it can begin");
            let failed =
                trace.entries.iter().flat_map(|entry| &entry.checks).find(|check| !check.held);
            assert!(trace.held, "{}: {failed:?}", example.title);
            assert!(
                trace.entries.iter().any(|entry| !entry.checks.is_empty()),
                "{} expects nothing",
                example.title
            );
        }
    }

    #[test]
    fn examples_of_a_topic_stand_together() {
        let mut topics: Vec<&str> = all().iter().map(|example| example.topic).collect();
        topics.dedup();
        let mut once = topics.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(topics.len(), once.len(), "{topics:?}");
    }

    #[test]
    fn head_of_a_file_is_left_out() {
        assert_eq!(
            without_head("# A: b.\n# Hosts: c\nfunction x\n# in it\n"),
            "function x\n# in it\n"
        );
    }
}
