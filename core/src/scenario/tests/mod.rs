//! Tests of the language and its runner.

extern crate std;

mod arbitrary;
mod build;
mod config;
mod edit;
mod fake;
#[cfg(feature = "serde")]
mod json;
mod limits;
mod messages;
mod player;
mod reference;
mod run;
mod syntax;
