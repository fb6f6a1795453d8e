//! Tests of the language and its runner.

extern crate std;

mod arbitrary;
mod limits;
mod messages;
mod syntax;
