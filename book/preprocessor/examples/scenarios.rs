//! Runs every scenario, of files and of the book, and prints the runs: what `vfio-irq run` does,
//! with all of them and nothing else. `cargo xtask clauses --coverage` measures it.

use anyhow::{Result, ensure};
use std::path::Path;
use vfio_irq_book::cases;
use vfio_irq_core::render;

fn main() -> Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().nth(2).expect("the crate is book/preprocessor of the repository");
    let mut failed = 0;
    for case in cases::all(root)? {
        println!("{}", case.name);
        match case.run() {
            Ok(traces) => traces.iter().for_each(|trace| println!("{}", render::text(trace))),
            Err(problems) => {
                failed += 1;
                problems.iter().for_each(|problem| println!("{problem}"));
            }
        }
    }
    ensure!(failed == 0, "{failed} scenarios do not hold");
    Ok(())
}
