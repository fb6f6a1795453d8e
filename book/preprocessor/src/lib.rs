//! The book's machinery: an mdBook preprocessor that runs every scenario block of a chapter and
//! puts the run beside it, and the builder that joins book and playground into one site.
//!
//! A chapter says
//!
//! ````text
//! ```scenario
//! function intx msix=8
//! set_irqs msix trigger eventfd 0 [a]  -> 0
//! ```
//! ````
//!
//! and the reader gets the listing, the run, and, once the block is in view, the playground. The
//! fence may add `fails` (an expectation is meant not to hold), `host=NAME` (run on this host) and
//! `compare=NAME|NAME` (run on each), and `explore=WORD|WORD` (what exploring it says). A block that is wrong fails the build with its place.
//!
//! On which kernels a clause was seen is put in from the verified file, which the real-kernel run
//! writes. The reference tables are what the core answers when it is asked.

pub mod block;
pub mod built;
pub mod cases;
pub mod clauses;
pub mod comments;
pub mod coverage;
pub mod differences;
pub mod examples;
pub mod explored;
pub mod html;
pub mod marks;
pub mod page;
pub mod preprocess;
pub mod reference;
pub mod run;
pub mod site;
pub mod verified;
