//! Scenarios: the text that says what a user, a host and a function do, and what should come of
//! it.
//!
//! One line a step, readable in a mail without this grammar. `#` begins a comment. Numbers are
//! decimal or `0x…`. Capital words below stand for something, brackets for what may be left out.
//!
//! # Set-up, before the first step, each at most once
//! ```text
//! function [PROFILE] [OPTION…]     without the line: the profile `simple`
//!     intx | intx=b | intx=no      Interrupt Pin A, another, none
//!     msi=4[,wide][,maskable]      MSI: vectors, 64-bit address, per-vector mask; msi=no
//!     msix=8[,table=0+0x2000][,pba=0+0x3000]     BAR+OFFSET; msix=no
//!     vf   express   intx-status=no   reset=no   when-off=divert|drop|hold
//!     msi-at=0x50   msix-at=0x70   express-at=0xa0     where in config space
//!     id=8086:10d3   class=020000   name="any words"
//! function config [OPTION…]        a real function's config space, in the rows below; of the
//! 00: 86 80 d3 10 …                options vf, intx-status, reset, when-off and name
//! host PROFILE [OPTION…]           without the line: linux-6.12
//!     vectors=N                    what the host can still give
//!     remapping=no                 no interrupt remapping: one MSI vector at most
//! ```
//! Without a profile, `function` starts from a function that has nothing. A bare `vf` in first
//! place is the profile of that name.
//!
//! Rows are what `lspci -xxx` prints: an offset, a colon, 1 to 16 bytes, all in hex, offsets rising.
//! They stand right below `function config`; rows of zeros may be left out. What the bytes can't
//! say is assumed as [`Imported::function`](crate::pci::import::Imported::function) says, or said by
//! an option.
//!
//! # Steps
//! ```text
//! set_irqs INDEX ACTION DATA START[+COUNT] [LIST] [argsz=N] [flags=N] [data=HEX]
//!     INDEX    intx msi msix err req, or any number      ACTION   trigger mask unmask
//!     DATA     none bool eventfd                         START    the first vector
//!     COUNT    vectors; left out: as many as the list has items
//!     LIST     [a, b, -1]   eventfd: names, raw descriptor numbers, `closed` (a number not open)
//!              [1, 0]       bool: bytes
//!              [-1 x5, b]   an item five times      [v0..v7]   names v0 to v7
//!     argsz flags data      that field raw, whatever the words say; data: two hex digits a byte
//! irq_info INDEX [argsz=N]
//! config read OFFSET WIDTH         also bar0 … bar5, region N (of vfio-pci)
//! config write OFFSET WIDTH VALUE  little-endian, up to 8 bytes
//! config write OFFSET data=HEX     any number of bytes
//! open    close    reset           the device; unless the first call is `open`, it is opened before
//!                                  the first step, with Memory Space and Bus Master on
//! fire N                           the function raises vector N
//! assert intx    deassert intx     its interrupt status goes up, down
//! error    request                 the host has an error to report, wants the device back
//! vectors N    vectors any         the host can give N vectors more from here on, is never short
//! eventfd NAME…                    new eventfds (a name's first use in a LIST makes one, too)
//! plainfd NAME…                    descriptors that are no eventfds
//! read FD    write FD VALUE    close FD
//! irqfd FD gsi N [resample FD]     KVM_IRQFD: KVM takes the eventfd's counts, and injects the
//!                                  guest's interrupt N; resample: it signals that eventfd at its end
//! irqfd FD gsi N off               KVM_IRQFD_FLAG_DEASSIGN
//! eoi N                            the guest ends its interrupt N
//! guest N                          nothing happens: a look at it
//! ledger                           nothing happens: a place for expectations
//! ```
//!
//! # Before a step
//! `meanwhile` in front of a step (any but `open`, `eventfd`, `plainfd`, `ledger`): it happens here or
//! anywhere below. A run takes it where it stands; `explore` tries every other place
//! too: a stimulus may come between any two micro-steps, inside calls as well; the other steps are a
//! second thread's, in their own order. Nothing is placed inside such a step by `{ after … }`.
//!
//! # After a step, in this order
//! ```text
//! xN                               the step N times in a row: the same answer each time, counters
//!                                  and ledger compared after the last
//! -> EXPECTATION…                  what comes of it
//! { after "STEP" [#N]: STIMULUS [xN]; … }     what the device does inside the call
//! # …                              a comment
//! ```
//! `STEP` is a micro-step's name as a trace shows it, `#N` which one of that name, `STIMULUS` one
//! of fire, assert, deassert, error, request, vectors. (A call that enables an index has been
//! granted its vectors before its first micro-step; one that adds vectors is granted each in turn.)
//!
//! # Expectations
//! ```text
//! 0 | EINVAL | errno 71            the call's answer (an errno by name or number)
//! only 3                           SET_IRQS's positive answer: nothing done, 3 could be had
//! 0x0103 | 0x01x3 | data=HEX       what was read; x: any digit
//! count=8 flags=eventfd|noresize   irq_info; all flags there are, `none` for none
//! 5                                read FD: the counter
//! 1 | 0                            guest N: the interrupt is up, or not
//! a=1 | v0..v7=0                   after any step: reads these eventfds, which clears them; 0
//!                                  stands for EAGAIN
//! causes=2 signalled=1 merged=0 waiting=0 lost=1 signals=1     ledger: any of them
//! ```
//! A call without an expected answer may answer anything. A stimulus the device can't carry, a
//! moment that never comes and a descriptor that can't be made fail the run in any case.
//!
//! # Names
//! A small letter, then letters, digits, `_`, `-`; `x2`, `closed` and the words of expectations
//! are taken. A name must have been made before it is expected, read, written or closed.
//!
//! # Choices
//! - A field has one canonical spelling: `index=`, `start=` and `count=` are understood where
//!   `argsz=` is, and printed in their places; so are `pin=b` (`intx=b`) and `-EINVAL`.
//! - The canonical text aligns `->` and comments within a paragraph, so that it can stand in a mail;
//!   it never moves a line.
//! - `0` after `set_irqs` is 0 and nothing else: the positive answer has a form of its own, because
//!   programs take it for success.
//! - `closed` is a number beyond any limit on open files, not one closed a moment ago: a kernel
//!   hands that out again.
//! - Errors are found line by line, one a line, at most [`MAX_ERRORS`]; what a text can ask for is
//!   bounded by the limits below, and passing one is an error with a place like any other.
//! - Profiles are looked up by [`Scenario::machine`], not by the parser: a scenario may name a host
//!   that only an override provides.

pub mod ast;
mod build;
mod config;
mod edit;
mod error;
#[cfg(feature = "serde")]
mod json;
mod lex;
mod parse;
mod player;
mod print;
mod raw;
mod run;
mod stepper;

#[cfg(test)]
mod tests;

use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

use ast::Line;
pub use build::{DEFAULT_FUNCTION, DEFAULT_HOST, Overrides};
pub use config::function_text;
pub use error::TextError;
pub use player::Player;
pub use print::FlagWords;
pub(crate) use raw::CLOSED;
pub(crate) use run::{Reply, actual, answers, count, is_answer, open};
pub use run::{run, run_emulated, run_watched};
pub use stepper::Stepper;

/// Longest text in bytes.
pub const MAX_TEXT: usize = 1 << 20;
/// Most lines of a text: a hundred thousand steps and what belongs to them.
pub const MAX_LINES: u32 = 1 << 17;
/// Most steps of a run, repetitions and what happens inside them counted.
pub const MAX_STEPS: u32 = 1 << 17;
/// Most stimuli inside one call, repetitions counted.
pub const MAX_INJECTED: u32 = 1024;
/// Most expectations of a step.
pub const MAX_EXPECTED: usize = 64;
/// Most items of a list.
pub const MAX_LISTED: u32 = 4096;
/// Most items of all lists of a text.
pub const MAX_LISTED_IN_ALL: u32 = 1_000_000;
/// Most names of a text: one each for the descriptors a run may open.
pub const MAX_NAMES: usize = crate::eventfd::MAX_FDS;
/// Most bytes read at once.
pub const MAX_WIDTH: u32 = 4096;
/// Most events of a run; every 64 bytes of data in them count as one more.
pub const MAX_EVENTS: u64 = 1_000_000;
/// Most errors reported of one text.
pub const MAX_ERRORS: usize = 20;

/// A scenario: its lines, comments and blank ones among them.
///
/// Holds only what its canonical text can say: `Scenario::parse(&scenario.to_string())` gives an
/// equal one, and printing that gives the same text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Scenario {
    pub(crate) lines: Vec<Line>,
}

impl Scenario {
    /// Reads a scenario's text; any text, at worst with errors.
    pub fn parse(text: &str) -> Result<Self, Vec<TextError>> {
        parse::parse(text).map(|lines| Self { lines })
    }

    /// A scenario of these lines; the errors are those of their text.
    pub fn from_lines(lines: Vec<Line>) -> Result<Self, Vec<TextError>> {
        let wanted = Self { lines };
        let parsed = Self::parse(&wanted.to_string())?;
        if parsed == wanted {
            return Ok(parsed);
        }
        let pairs = parsed.lines.iter().zip(&wanted.lines).zip(1..);
        let line = pairs.filter(|((one, other), _)| one != other).map(|(_, line)| line).next();
        let message = "this line has no text that says the same";
        Err(vec![TextError::new(line.unwrap_or(1), ast::Span::default(), message)])
    }

    /// The lines, the first being line 1.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }
}
