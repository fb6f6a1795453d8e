//! The built site in a browser.

fn main() {
    vfio_irq_tests::e2e::main()
}
