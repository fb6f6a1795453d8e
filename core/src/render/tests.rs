//! Hand-written traces, and what a reader sees of them; arbitrary traces, and what must hold for
//! all of them.

mod any;
mod real;
mod stories;
mod svg;
mod text;
mod words;
