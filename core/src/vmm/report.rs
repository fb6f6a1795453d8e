//! A race as text of at most 72 columns, and as Markdown.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::race::{Figures, InWorkload, OnHosts, Race};
use super::strategy::STRATEGIES;
use super::workload::{WORKLOADS, Workload};
use crate::pci::WhenOff;

/// Title and meaning of each column after the name.
const COLUMNS: [(&str, &str); 7] = [
    ("queues", "queues that work in the end"),
    ("lost", "interrupts that reach nobody, in the worst run"),
    ("runs", "share of all runs that lose at least one"),
    ("held", "host vectors held, at most"),
    ("ioctls", "GET_IRQ_INFO and SET_IRQS calls"),
    ("writes", "writes to the function's registers in these calls"),
    ("window", "longest row of micro-steps that would lose one; +: to the end"),
];

/// What a text can stress.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mark {
    /// A host's title.
    Title,
    /// A number of interrupts lost, not 0.
    Lost,
}

/// Width of the longest name.
fn widest() -> usize {
    STRATEGIES.iter().map(|strategy| strategy.name.len()).max().unwrap_or(0)
}

impl Race {
    /// What is raced, in sentences.
    pub fn sentences(&self) -> Vec<String> {
        let setup = &self.setup;
        let mut sentences = Vec::from([
            format!(
                "A driver uses {} of the {} vectors of an MSI-X table, one after the other.",
                setup.queues, setup.table
            ),
            "Each of its queues sends one interrupt, at any moment after its start.".to_string(),
            "A run is one choice of these moments; all runs are counted.".to_string(),
        ]);
        match setup.when_off {
            WhenOff::Divert => {}
            WhenOff::Drop => {
                sentences.push("The function drops what it raises while MSI-X is off.".to_string())
            }
            WhenOff::Hold => {
                sentences.push("The function holds what it raises while MSI-X is off.".to_string())
            }
        }
        match setup.vectors {
            None => {}
            Some(1) => sentences.push("The host has 1 vector to give.".to_string()),
            Some(vectors) => sentences.push(format!("The host has {vectors} vectors to give.")),
        }
        sentences
    }

    /// Tables for a terminal or a mail, with what their columns mean. `paint` may colour what is marked,
    /// and gives it back with the same width.
    pub fn text(&self, paint: &dyn Fn(Mark, &str) -> String) -> String {
        let mut text = self.sentences().join("\n") + "\n\n";
        for (title, meaning) in COLUMNS {
            text += &format!("  {title:<7} {meaning}\n");
        }
        text += "\n";
        let width = widest();
        for strategy in STRATEGIES {
            text += &format!("  {:width$}  {}\n", strategy.name, strategy.summary);
        }
        for on in &self.hosts {
            text += &format!("\n{}\n", paint(Mark::Title, &on.title()));
            for of in &on.workloads {
                text += &of.text(paint);
            }
        }
        text
    }

    /// Tables for a page, a heading of this level for each host.
    pub fn markdown(&self, level: usize) -> String {
        let mut text = String::new();
        for on in &self.hosts {
            text += &format!("{} {}\n\n", "#".repeat(level), on.title());
            for of in &on.workloads {
                text += &of.markdown();
            }
        }
        text
    }

    /// What the columns mean, as a Markdown list.
    pub fn columns() -> String {
        let each = |(title, meaning): &(&str, &str)| format!("- **{title}**: {meaning}\n");
        COLUMNS.iter().map(each).collect()
    }
}

impl OnHosts {
    /// The hosts' names, and whether the flag is there.
    pub fn title(&self) -> String {
        let flag = if self.noresize { "with NORESIZE" } else { "without NORESIZE" };
        format!("{}: MSI-X {flag}", self.hosts.join(", "))
    }
}

fn summary(name: &str) -> &'static str {
    Workload::by_name(name).map_or("", |workload| workload.summary)
}

impl InWorkload {
    fn text(&self, paint: &dyn Fn(Mark, &str) -> String) -> String {
        let width = widest();
        let mut text = format!("\n{}: {}\n{:width$}", self.workload, summary(self.workload), "");
        for (title, _) in COLUMNS {
            text += &format!("  {title:>6}");
        }
        text += "\n";
        for figures in &self.strategies {
            let name = figures.strategy;
            text += &match figures.refusal() {
                Some(why) => format!("{name:width$}  {why}\n"),
                None => {
                    let mut line = format!("{name:width$}");
                    for ((title, _), cell) in COLUMNS.iter().zip(figures.cells()) {
                        let cell = format!("{cell:>6}");
                        let lost = *title == "lost" && figures.worst > 0;
                        line += "  ";
                        line += &if lost { paint(Mark::Lost, &cell) } else { cell };
                    }
                    line + "\n"
                }
            };
        }
        text
    }

    fn markdown(&self) -> String {
        let summary = summary(self.workload);
        let mut text = format!("**{}**: {summary}\n\n| strategy |", self.workload);
        for (title, _) in COLUMNS {
            text += &format!(" {title} |");
        }
        text += "\n|---|";
        text += &"--:|".repeat(COLUMNS.len());
        text += "\n";
        for figures in &self.strategies {
            let name = figures.strategy;
            text += &match figures.refusal() {
                Some(why) => format!("| {name} {why} |{}\n", " |".repeat(COLUMNS.len())),
                None => format!("| {name} | {} |\n", figures.cells().join(" | ")),
            };
        }
        text + "\n"
    }
}

impl Figures {
    /// Why there are no figures, if there are none.
    pub fn refusal(&self) -> Option<&'static str> {
        match (self.refused, self.ioctls) {
            (false, _) => None,
            // It asked what the index can do, and no more.
            (true, 0..=2) => Some("does not run with NORESIZE"),
            (true, _) => Some("does not start: too few vectors"),
        }
    }

    /// One cell for each column.
    fn cells(&self) -> [String; COLUMNS.len()] {
        [
            self.working.to_string(),
            self.worst.to_string(),
            share(self.losing, self.runs),
            self.held.to_string(),
            self.ioctls.to_string(),
            self.writes.to_string(),
            match self.working < self.started {
                true => format!("{}+", self.window),
                false => self.window.to_string(),
            },
        ]
    }
}

/// A share in percent, never rounded to none or all.
pub fn share(part: u128, all: u128) -> String {
    if part == 0 || all == 0 {
        return "0 %".to_string();
    }
    if part >= all {
        return "100 %".to_string();
    }
    match part.saturating_mul(1000) / all {
        0 => "<0.1 %".to_string(),
        tenths => format!("{}.{} %", tenths / 10, tenths % 10),
    }
}

/// A Markdown paragraph for each strategy: what it does on each host, the flag first, and its source.
pub fn strategies() -> String {
    let each = STRATEGIES.iter().map(|strategy| {
        format!(
            "**{}** ({}). {}\nSource: {}.\n\n",
            strategy.name, strategy.summary, strategy.text, strategy.source
        )
    });
    each.collect()
}

/// A Markdown paragraph for each workload.
pub fn workloads() -> String {
    let each = WORKLOADS.iter().map(|workload| {
        format!("**{}** ({}). {}\n\n", workload.name, workload.summary, workload.text)
    });
    each.collect()
}
