//! Hand-written traces, and what a reader sees of them.

mod stories;
mod text;
