//! The module's exports for `page.html`: choose a workload, prepare, run. The page keeps time.

#![expect(unsafe_code, reason = "an unmangled export is an unsafe attribute")]

use std::cell::RefCell;

use crate::{Bench, WORKLOADS};

/// Iterations a preparation serves. More than native: the browser's clock is coarse (0.1 ms).
const BATCH: u64 = 512;

thread_local! {
    static CURRENT: RefCell<Option<Bench>> = const { RefCell::new(None) };
}

/// Number of workloads.
#[unsafe(no_mangle)]
pub extern "C" fn workloads() -> u32 {
    WORKLOADS.len() as u32
}

/// Where the id of a workload stands in memory.
#[unsafe(no_mangle)]
pub extern "C" fn id_at(workload: u32) -> *const u8 {
    WORKLOADS[workload as usize].id().as_ptr()
}

/// Length of that id in bytes.
#[unsafe(no_mangle)]
pub extern "C" fn id_length(workload: u32) -> u32 {
    WORKLOADS[workload as usize].id().len() as u32
}

/// Makes a workload the current one; returns how many iterations one preparation serves.
#[unsafe(no_mangle)]
pub extern "C" fn select(workload: u32) -> u32 {
    let workload = WORKLOADS[workload as usize];
    CURRENT.replace(Some(Bench::new(workload)));
    workload.batch(BATCH) as u32
}

/// Prepares `iterations` of the current workload.
#[unsafe(no_mangle)]
pub extern "C" fn prepare(iterations: u32) {
    with(|bench| bench.prepare(iterations.into()));
}

/// Runs them.
#[unsafe(no_mangle)]
pub extern "C" fn run(iterations: u32) -> u32 {
    with(|bench| bench.run(iterations.into())) as u32
}

fn with<T>(f: impl FnOnce(&mut Bench) -> T) -> T {
    CURRENT.with_borrow_mut(|bench| f(bench.as_mut().expect("the page selects first")))
}
