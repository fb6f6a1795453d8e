//! Traces for people: plain text fit for a mail, the same in colour, an SVG sequence diagram, and
//! the words for single events that page, text and diagram share.
//!
//! One way for all of them: a trace becomes rows (repetitive steps grouped, an interrupt's way in
//! one row, a long run shortened in the middle), and each renderer lays out rows. Names, notes and descriptions are other people's text: control characters and direction
//! overrides are replaced before they reach a terminal, and the SVG escapes all text.
//!
//! An exploration's verdict is text as well ([`verdict()`]).
//!
//! Not here: JSON (serde does it), and anything that knows a terminal or a browser.

mod cycles;
mod request;
mod rows;
mod svg;
mod text;
mod verdict;
mod words;

#[cfg(test)]
mod tests;

pub use request::request;
pub use svg::{SvgOptions, svg};
pub(crate) use text::wrap;
pub use text::{Style, text, text_with};
pub use verdict::{Explored, answer, assumed, count, fitted, item, lines, mib, seen, verdict};
pub(crate) use words::clean;
pub use words::{Lane, label, lane, sentence};
