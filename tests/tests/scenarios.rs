//! Every file under tests/scenarios is a test.

fn main() {
    vfio_irq_tests::scenarios::main()
}
