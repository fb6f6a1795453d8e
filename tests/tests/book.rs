//! Every scenario block of the book is a test.

fn main() {
    vfio_irq_tests::blocks::main()
}
