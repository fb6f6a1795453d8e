//! Workloads that measure the core, the same code native (`benches/irqs.rs`, criterion) and in a
//! browser (`web`, `page.html`).
//!
//! A crate of its own, so that criterion is no dependency of the core's tests, and the browser's
//! module needs neither wasm-bindgen nor the page.

#[cfg(target_arch = "wasm32")]
mod web;
mod workload;

pub use workload::{Bench, SCENARIO_STEPS, WORKLOADS, Workload};
