//! `cargo bench -p vfio-irq-bench`: the workloads, native, timed by criterion.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::Criterion;
use vfio_irq_bench::{Bench, WORKLOADS};

/// Iterations a preparation serves: machines of 2,048 vectors that fit a cache together.
const BATCH: u64 = 64;

fn irqs(criterion: &mut Criterion) {
    for workload in WORKLOADS {
        let batch = workload.batch(BATCH);
        let mut bench = Bench::new(workload);
        criterion.bench_function(workload.id(), |bencher| {
            bencher.iter_custom(|iterations| {
                let mut spent = Duration::ZERO;
                let mut left = iterations;
                while left > 0 {
                    let part = left.min(batch);
                    bench.prepare(part);
                    let begin = Instant::now();
                    black_box(bench.run(part));
                    spent += begin.elapsed();
                    left -= part;
                }
                spent
            });
        });
    }
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    irqs(&mut criterion);
    criterion.final_summary();
}
