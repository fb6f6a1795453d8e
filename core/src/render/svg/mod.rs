//! A trace as SVG sequence diagram: user, host and function as lifelines, the INTx line as a
//! waveform beside them, each interrupt's way from its birth to where it ends.
//!
//! Self-contained: no script, no ids, no external font or image. Colours are CSS custom properties
//! with fallbacks for a light and a dark scheme, so that a diagram in a page follows the page's
//! theme (`--vi-fg`, `--vi-bg`, `--vi-muted`, `--vi-call`, `--vi-step`, `--vi-signal`, `--vi-lost`,
//! `--vi-line`) and one on its own the reader's. The style block is the same in every diagram, and
//! every selector starts at `.vi-diagram`; several can be inlined in one page. Each row is a
//! `<g class="vi-row">` with `data-line` (of the scenario), `data-event` (its first event's number,
//! from 0) and `data-events` (how many it shows).
//!
//! There are no blank lines, so that Markdown passes an inlined diagram through.

mod draw;
mod layout;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use self::draw::{Canvas, Font, escape};
use self::layout::Diagram;
use super::rows::{Kind, Row, ledger, rows};
use super::words::{clean, sentence, short};
use crate::event::Event;
use crate::trace::Trace;

/// How [`svg`] draws.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SvgOptions {
    /// Lay out for a phone: 360 units wide instead of 640.
    pub narrow: bool,
    /// Most rows; a longer trace is shortened in the middle, saying by how much.
    pub rows: usize,
}

impl Default for SvgOptions {
    /// Wide, 200 rows.
    fn default() -> Self {
        Self { narrow: false, rows: 200 }
    }
}

/// The trace as a self-contained SVG document.
pub fn svg(trace: &Trace, options: &SvgOptions) -> String {
    let rows = rows(trace, options.rows);
    let line = rows.iter().any(|row| match &row.kind {
        Kind::Line { .. } => true,
        Kind::Path(path) => path.raises,
        _ => false,
    });
    let mut diagram = Diagram::new(options.narrow, line);
    diagram.header(&clean(&trace.function), &format!("host {}", clean(&trace.host)));
    let events: Vec<&Event> = trace.entries.iter().flat_map(|entry| &entry.events).collect();
    for row in &rows {
        diagram.row(row, &tip(row, &events, trace));
    }
    diagram.footer(trace);
    let canvas = diagram.finish();
    document(trace, &canvas)
}

/// Most events a row's tool tip tells.
const TOLD: usize = 6;

/// The row in full sentences.
fn tip(row: &Row, events: &[&Event], trace: &Trace) -> String {
    let told = events.iter().skip(row.first).take(row.events.min(TOLD));
    let mut sentences: Vec<String> = told.map(|event| sentence(event, &trace.names)).collect();
    if row.events > TOLD {
        sentences = Vec::from([format!("{} events.", row.events)]);
    }
    if let Kind::Failed { expected, actual } = &row.kind {
        sentences.push(format!("Line {}: expected {expected}, got {actual}.", row.line));
    }
    sentences.join(" ")
}

fn document(trace: &Trace, canvas: &Canvas) -> String {
    let (width, height, size) = (canvas.width, canvas.height, canvas.font.size());
    let title = format!("{} on host {}", clean(&trace.function), clean(&trace.host));
    let mut description: Vec<String> =
        Vec::from(["Sequence diagram of user, host and function.".to_string()]);
    description.extend(ledger(trace).into_iter().map(|line| line + "."));
    let lost = trace.entries.iter().flat_map(|entry| &entry.events);
    let lost = lost.filter(|event| matches!(event, Event::Lost { .. }));
    description.extend(lost.take(TOLD).map(|event| sentence(event, &trace.names)));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"vi-diagram\" role=\"img\" \
         viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         style=\"max-width:100%;height:auto\" font-size=\"{size}\">\n\
         <title>{}</title>\n<desc>{}</desc>\n<style>{STYLE}</style>\n\
         <rect class=\"vi-ground\" width=\"{width}\" height=\"{height}\"/>\n{}{}</svg>\n",
        escape(&short(&title, 300)),
        escape(&description.join(" ")),
        canvas.below,
        canvas.above,
    )
}

impl Font {
    /// Size in units.
    fn size(self) -> u32 {
        match self {
            Self::Wide => 12,
            Self::Narrow => 11,
        }
    }
}

const STYLE: &str = "
.vi-diagram{--vi-0fg:#1b1b1b;--vi-0bg:#fff;--vi-0muted:#5f6368;--vi-0call:#0b57a4;--vi-0step:#4a4a4a;\
--vi-0signal:#12703a;--vi-0lost:#b3141d;--vi-0line:#8a5a00;\
font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;\
font-variant-numeric:tabular-nums}
@media (prefers-color-scheme:dark){.vi-diagram{--vi-0fg:#e8e8e8;--vi-0bg:#16181c;--vi-0muted:#a2a8b0;\
--vi-0call:#7cb7ff;--vi-0step:#c3c7cd;--vi-0signal:#63d68c;--vi-0lost:#ff8079;--vi-0line:#e8b450}}
.vi-diagram text{fill:var(--vi-fg,var(--vi-0fg,#1b1b1b));stroke:var(--vi-bg,var(--vi-0bg,#fff));\
stroke-width:3px;stroke-linejoin:round;paint-order:stroke}
.vi-diagram path,.vi-diagram line{fill:none;stroke:var(--vi-muted,var(--vi-0muted,#5f6368));stroke-width:1}
.vi-diagram .vi-ground{fill:var(--vi-bg,var(--vi-0bg,#fff))}
.vi-diagram .vi-life{stroke-opacity:.45}
.vi-diagram text.vi-muted{fill:var(--vi-muted,var(--vi-0muted,#5f6368))}
.vi-diagram text.vi-strong{font-weight:600}
.vi-diagram text.vi-call{fill:var(--vi-call,var(--vi-0call,#0b57a4))}
.vi-diagram text.vi-step{fill:var(--vi-step,var(--vi-0step,#4a4a4a))}
.vi-diagram text.vi-signal{fill:var(--vi-signal,var(--vi-0signal,#12703a));font-weight:600}
.vi-diagram text.vi-line{fill:var(--vi-line,var(--vi-0line,#8a5a00))}
.vi-diagram text.vi-lost{fill:var(--vi-lost,var(--vi-0lost,#b3141d));font-weight:600}
.vi-diagram text.vi-pill{fill:var(--vi-bg,var(--vi-0bg,#fff));stroke:none;font-weight:700}
.vi-diagram .vi-call:not(text){stroke:var(--vi-call,var(--vi-0call,#0b57a4))}
.vi-diagram .vi-step:not(text){stroke:var(--vi-step,var(--vi-0step,#4a4a4a))}
.vi-diagram .vi-signal:not(text){stroke:var(--vi-signal,var(--vi-0signal,#12703a));stroke-width:2}
.vi-diagram .vi-line:not(text){stroke:var(--vi-line,var(--vi-0line,#8a5a00));stroke-width:1.5}
.vi-diagram .vi-lost:not(text){stroke:var(--vi-lost,var(--vi-0lost,#b3141d));stroke-width:2}
.vi-diagram path.vi-cross{stroke-width:3;stroke-linecap:round}
.vi-diagram rect.vi-lost{fill:var(--vi-lost,var(--vi-0lost,#b3141d))}
.vi-diagram rect.vi-high{fill:var(--vi-line,var(--vi-0line,#8a5a00));fill-opacity:.22}
.vi-diagram .vi-dash{stroke-dasharray:5 3}
.vi-diagram .vi-dots{stroke-dasharray:1.5 3;stroke-linecap:round}
.vi-diagram circle.vi-dot{fill:var(--vi-bg,var(--vi-0bg,#fff))}
";
