//! A race as a bar chart (SVG): for each strategy on each host, the interrupts lost in the worst run and
//! the host vectors held, each the most of all workloads.
//!
//! Self-contained as [`crate::render`]'s diagrams are, with the same custom properties for colours. A
//! bar's figure stands at its end, so nothing is said by colour alone.

use alloc::format;
use alloc::string::String;

use super::race::{Figures, OnHosts, Race};
use super::strategy::STRATEGIES;

/// Width of the drawing in units.
const WIDTH: u32 = 640;
/// Where the two columns of bars begin, and how long a bar can be.
const LOST: u32 = 150;
const HELD: u32 = 400;
const LONGEST: u32 = 190;
/// Height of a row, of a host's heading, of the head.
const ROW: u32 = 20;
const HEADING: u32 = 34;
const HEAD: u32 = 26;

const STYLE: &str = "
.vi-chart{--vi-0fg:#1b1b1b;--vi-0bg:#fff;--vi-0muted:#5f6368;--vi-0call:#0b57a4;--vi-0lost:#b3141d;\
font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;\
font-variant-numeric:tabular-nums}
@media (prefers-color-scheme:dark){.vi-chart{--vi-0fg:#e8e8e8;--vi-0bg:#16181c;--vi-0muted:#a2a8b0;\
--vi-0call:#7cb7ff;--vi-0lost:#ff8079}}
.vi-chart text{fill:var(--vi-fg,var(--vi-0fg,#1b1b1b))}
.vi-chart .vi-ground{fill:var(--vi-bg,var(--vi-0bg,#fff))}
.vi-chart text.vi-strong{font-weight:600}
.vi-chart text.vi-muted{fill:var(--vi-muted,var(--vi-0muted,#5f6368))}
.vi-chart line{stroke:var(--vi-muted,var(--vi-0muted,#5f6368));stroke-opacity:.45}
.vi-chart rect.vi-lost{fill:var(--vi-lost,var(--vi-0lost,#b3141d))}
.vi-chart rect.vi-held{fill:var(--vi-call,var(--vi-0call,#0b57a4))}
";

/// A strategy on a host: the most of all workloads.
struct Row {
    name: &'static str,
    lost: u32,
    held: u32,
    refused: Option<&'static str>,
}

fn row(on: &OnHosts, at: usize) -> Row {
    let all = || on.workloads.iter().filter_map(|of| of.strategies.get(at));
    Row {
        name: STRATEGIES[at].name,
        lost: all().map(|figures| figures.worst).max().unwrap_or(0),
        held: all().map(|figures| figures.held).max().unwrap_or(0),
        refused: all().find_map(Figures::refusal),
    }
}

impl Race {
    /// The chart.
    pub fn svg(&self) -> String {
        let most = u32::from(self.setup.queues).max(1);
        let table = u32::from(self.setup.table).max(1);
        let mut drawn = String::new();
        let mut told = String::new();
        let mut y = HEAD;
        drawn += &text(LOST, 18, "vi-muted", &format!("lost in the worst run, of {most}"));
        drawn += &text(HELD, 18, "vi-muted", &format!("host vectors held, of {table}"));
        for on in &self.hosts {
            y += HEADING;
            drawn += &text(8, y - 10, "vi-strong", &on.title());
            told += &format!(" {}:", on.title());
            for at in 0..STRATEGIES.len() {
                let row = row(on, at);
                let base = y + 14;
                drawn += &text(8, base, "", row.name);
                match row.refused {
                    Some(why) => {
                        drawn += &text(LOST, base, "vi-muted", why);
                        told += &format!(" {} {why};", row.name);
                    }
                    None => {
                        drawn += &bar(LOST, y, "vi-lost", row.lost, most);
                        drawn += &bar(HELD, y, "vi-held", row.held, table);
                        told += &format!(" {} loses {}, holds {};", row.name, row.lost, row.held);
                    }
                }
                y += ROW;
            }
        }
        let height = y + 12;
        let told = told.trim_end_matches(';');
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"vi-chart\" role=\"img\" \
             viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
             style=\"max-width:100%;height:auto\" font-size=\"12\">\n\
             <title>Interrupts lost and host vectors held, by strategy and host</title>\n\
             <desc>Bar chart, the most of all workloads.{told}.</desc>\n<style>{STYLE}</style>\n\
             <rect class=\"vi-ground\" width=\"{WIDTH}\" height=\"{height}\"/>\n{drawn}</svg>\n"
        )
    }
}

fn text(x: u32, y: u32, class: &str, words: &str) -> String {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    format!("<text{class} x=\"{x}\" y=\"{y}\">{words}</text>\n")
}

/// A bar from a thin line on, its figure at its end.
fn bar(x: u32, y: u32, class: &str, value: u32, most: u32) -> String {
    let length = value.min(most) * LONGEST / most;
    let mut drawn = format!("<line x1=\"{x}\" y1=\"{}\" x2=\"{x}\" y2=\"{}\"/>\n", y + 2, y + 18);
    if length > 0 {
        let top = y + 4;
        drawn += &format!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{top}\" width=\"{length}\" height=\"12\"/>\n"
        );
    }
    drawn + &text(x + length + 6, y + 14, "", &format!("{value}"))
}
