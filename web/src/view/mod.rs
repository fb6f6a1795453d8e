//! What to show, as values: no DOM, no state.

pub mod code;
pub mod function;
pub mod host;
pub mod mark;
pub mod register;
pub mod way;
