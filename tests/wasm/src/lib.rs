//! Core where the page runs it: in a browser, compiled to WebAssembly, with 32-bit pointers. See
//! tests/. A crate of its own, because core's other tests need randomness and files.
#![no_std]

/// Every scenario file under tests/scenarios: its name and its text.
pub const SCENARIOS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/scenarios.rs"));
