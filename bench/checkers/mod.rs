//! Other checkers than core's explorer, for the same scenarios: for the test that all agree
//! (`tests/explore.rs`) and for the bench (`benches/explore.rs`).
//!
//! Written from what a scenario with `meanwhile` means, and not from the explorer, so that an error
//! would have to be made twice. `README.md` beside this says what is the same and what is not.

#![allow(dead_code, reason = "the test and the bench each use a part")]

pub(crate) mod core;
pub(crate) mod expect;
pub(crate) mod model;
pub(crate) mod spin;
pub(crate) mod system;
mod text;

/// The case all three checkers have: MSI-X of a kernel with NORESIZE grows by teardown. So many
/// vectors are enabled, then each may fire so many times while the index is torn down and enabled
/// again with one vector more.
pub(crate) fn grow(vectors: u32, arrivals: u32) -> String {
    let table = vectors + 1;
    let last = vectors - 1;
    let fires = (0..vectors).map(|vector| format!("meanwhile fire {vector} x{arrivals}\n"));
    format!(
        "function intx msix={table}\n\
         host     linux-6.1\n\
         set_irqs msix trigger eventfd 0 [v0..v{last}]   -> 0\n\
         {}\
         set_irqs msix trigger none 0+0   -> 0\n\
         set_irqs msix trigger eventfd 0 [v0..v{vectors}]   -> 0\n",
        fires.collect::<String>()
    )
}
