//! Measures the built page: see `cargo xtask bench`.

fn main() -> anyhow::Result<()> {
    vfio_irq_tests::e2e::measure()
}
