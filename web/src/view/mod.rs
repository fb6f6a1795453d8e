//! What to show, as values: no DOM, no state.

pub mod mark;
pub mod register;
