//! The end, and what was not read before it.

use std::os::fd::AsFd;

use vfio_irq_core::device::Stimulus;
use vfio_irq_recipes::base::{INTX, MSIX};
use vfio_irq_recipes::stories::World;

use crate::each;

#[test]
fn what_nobody_had_read_is_counted() {
    each("e1000e", "linux-6.12", |recipes, kernel| {
        let mut fds = recipes.enable(kernel.device_fd(), MSIX, 3).expect("there are five");
        kernel.fire(0);
        kernel.fire(0);
        kernel.fire(2);
        let left = recipes.shut_down(kernel.device_fd(), MSIX, &mut fds).expect("it is on");
        assert_eq!((left, fds.len(), kernel.is_on(MSIX)), (3, 0, false));
    });
}

#[test]
fn second_end_is_no_error() {
    each("edu", "linux-6.12", |recipes, kernel| {
        let mut fds = recipes.enable(kernel.device_fd(), INTX, 1).expect("a pin");
        for left in [1, 0] {
            kernel.stimulate(Stimulus::AssertIntx);
            let done = recipes.shut_down(kernel.device_fd(), INTX, &mut fds);
            assert_eq!(done.expect("no error"), left);
        }
        // An index the function does not have, too.
        assert_eq!(recipes.shut_down(kernel.device_fd(), MSIX, &mut fds).expect("no error"), 0);
    });
}

#[test]
fn end_that_is_refused_changes_nothing() {
    each("e1000e", "linux-6.12", |recipes, kernel| {
        let mut fds = recipes.enable(kernel.device_fd(), MSIX, 1).expect("there are five");
        kernel.answer(&[Some(-libc::EIO)]);
        let refused = recipes.shut_down(kernel.device_fd(), MSIX, &mut fds);
        assert!(refused.expect_err("EIO").is(libc::EIO));
        kernel.fire(0);
        assert_eq!(kernel.read(fds[0].as_fd()), 1);
    });
}
