//! Fuzzers of what people paste. `cargo xtask fuzz` builds and runs them; the corpus is
//! replayed by the project's own tests (`tests/tests/fuzz.rs`), which share [`checks`].

pub mod checks;
