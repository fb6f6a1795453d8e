//! One more, with the flag and without.

use std::os::fd::AsFd;

use vfio_irq_core::device::{Moment, Stimulus};
use vfio_irq_recipes::add::Added;
use vfio_irq_recipes::base::{MSI, MSIX, NotDone};
use vfio_irq_recipes::stories::{World, why};

use crate::each;

#[test]
fn addition_without_noresize_is_one_request_for_the_new_vector() {
    each("e1000e", "linux-6.12", |recipes, kernel| {
        let mut fds = recipes.enable(kernel.device_fd(), MSIX, 2).expect("there are five");
        kernel.said();
        let added = recipes.add(kernel.device_fd(), MSIX, &mut fds).expect("there are five");
        assert_eq!(added, Added::Alone);
        assert_eq!(kernel.said(), ["msix trigger eventfd 2+1: 0"]);
        kernel.fire(2);
        assert_eq!(kernel.read(fds[2].as_fd()), 1);
    });
}

#[test]
fn addition_without_noresize_nor_supply_leaves_the_live() {
    each("e1000e", "linux-6.12 vectors=1", |recipes, kernel| {
        let mut fds = recipes.enable(kernel.device_fd(), MSIX, 1).expect("one is there");
        kernel.said();
        recipes.add(kernel.device_fd(), MSIX, &mut fds).expect_err("one was there");
        assert_eq!((fds.len(), kernel.said().len()), (1, 1));
        kernel.fire(0);
        assert_eq!(kernel.read(fds[0].as_fd()), 1);
    });
}

#[test]
fn addition_with_noresize_rebuilds() {
    each("e1000e", "linux-6.1", |recipes, kernel| {
        let mut fds = recipes.enable(kernel.device_fd(), MSIX, 1).expect("there are five");
        kernel.said();
        let added = recipes.add(kernel.device_fd(), MSIX, &mut fds).expect("there are five");
        assert_eq!(added, Added::Rebuilt);
        assert_eq!(kernel.said(), ["msix trigger none 0+0: 0", "msix trigger eventfd 0+2: 0"]);
        kernel.fire(0);
        kernel.fire(1);
        assert_eq!([0, 1].map(|at: usize| kernel.read(fds[at].as_fd())), [1, 1]);
    });
}

/// Why the answer says that it was rebuilt.
#[test]
fn interrupt_inside_a_rebuild_is_lost() {
    each("e1000e", "linux-6.1", |recipes, kernel| {
        let mut fds = recipes.enable(kernel.device_fd(), MSIX, 1).expect("there are five");
        let moment = Moment { step: "clear MSI-X Enable".into(), nth: 1 };
        kernel.stimulate_at(moment, Stimulus::Fire(0));
        let added = recipes.add(kernel.device_fd(), MSIX, &mut fds).expect("there are five");
        assert_eq!(added, Added::Rebuilt);
        assert_eq!(kernel.read(fds[0].as_fd()), 0);
    });
}

#[test]
fn addition_with_noresize_that_is_short_puts_the_old_back() {
    each("e1000e", "linux-6.1 vectors=1", |recipes, kernel| {
        let mut fds = recipes.enable(kernel.device_fd(), MSIX, 1).expect("one is there");
        kernel.said();
        let short = recipes.add(kernel.device_fd(), MSIX, &mut fds);
        assert_eq!(why(&short.expect_err("one was there")), "ENOSPC");
        assert_eq!(
            kernel.said(),
            [
                "msix trigger none 0+0: 0",
                "msix trigger eventfd 0+2: 1",
                "msix trigger eventfd 0+1: 0"
            ]
        );
        kernel.fire(0);
        assert_eq!((fds.len(), kernel.read(fds[0].as_fd())), (1, 1));
    });
}

#[test]
fn addition_with_noresize_refused_with_an_errno_puts_the_old_back() {
    each("xhci", "linux-7.3", |recipes, kernel| {
        let mut fds = recipes.enable(kernel.device_fd(), MSI, 2).expect("there are 16");
        kernel.answer(&[None, Some(-libc::ENOMEM)]);
        let short = recipes.add(kernel.device_fd(), MSI, &mut fds);
        assert!(short.expect_err("no memory").is(libc::ENOMEM));
        kernel.fire(1);
        assert_eq!((fds.len(), kernel.read(fds[1].as_fd())), (2, 1));
    });
}

#[test]
fn addition_whose_way_back_fails_says_that_all_is_off() {
    each("e1000e", "linux-6.1", |recipes, kernel| {
        let mut fds = recipes.enable(kernel.device_fd(), MSIX, 1).expect("there are five");
        kernel.answer(&[None, Some(1), Some(-libc::ENOSPC)]);
        let off = recipes.add(kernel.device_fd(), MSIX, &mut fds);
        assert!(matches!(off, Err(NotDone::Off(_))), "{off:?}");
        assert!(!kernel.is_on(MSIX));
    });
}

#[test]
fn addition_whose_disable_fails_changes_nothing() {
    each("e1000e", "linux-6.1", |recipes, kernel| {
        let mut fds = recipes.enable(kernel.device_fd(), MSIX, 1).expect("there are five");
        kernel.said();
        kernel.answer(&[Some(-libc::EIO)]);
        assert!(recipes.add(kernel.device_fd(), MSIX, &mut fds).expect_err("EIO").is(libc::EIO));
        assert_eq!(kernel.said().len(), 1);
        kernel.fire(0);
        assert_eq!((fds.len(), kernel.read(fds[0].as_fd())), (1, 1));
    });
}

#[test]
fn addition_beyond_the_count_is_enospc_without_a_request() {
    each("edu", "linux-6.12", |recipes, kernel| {
        let mut fds = recipes.enable(kernel.device_fd(), MSI, 1).expect("there is one");
        kernel.said();
        let more = recipes.add(kernel.device_fd(), MSI, &mut fds);
        assert_eq!(why(&more.expect_err("one is all")), "ENOSPC");
        assert_eq!(kernel.said(), [""; 0]);
    });
}

#[test]
fn vector_allocated_ahead_is_armed_without_a_window() {
    for host in ["linux-6.1", "linux-6.12"] {
        each("e1000e", host, |recipes, kernel| {
            let device = kernel.device_fd();
            let fds = recipes.enable_ahead(device, MSIX, 1, 5).expect("there are five");
            let moment = Moment { step: "write entry 3".into(), nth: 1 };
            kernel.stimulate_at(moment, Stimulus::Fire(0));
            let armed = recipes.arm(device, MSIX, 3).expect("allocated");
            let first = fds[0].as_ref().expect("armed from the start");
            assert_eq!(kernel.read(first.as_fd()), 1);
            kernel.fire(3);
            assert_eq!(kernel.read(armed.as_fd()), 1);
            assert!(fds[1..].iter().all(Option::is_none));
        });
    }
}

#[test]
fn arming_that_fails_leaves_the_others() {
    each("e1000e", "linux-6.1", |recipes, kernel| {
        let device = kernel.device_fd();
        let fds = recipes.enable_ahead(device, MSIX, 1, 3).expect("there are five");
        kernel.answer(&[Some(-libc::ENOSPC)]);
        assert!(recipes.arm(device, MSIX, 1).expect_err("none").is(libc::ENOSPC));
        assert!(recipes.arm(device, MSIX, 4).expect_err("not allocated").is(libc::EINVAL));
        kernel.fire(0);
        assert_eq!(kernel.read(fds[0].as_ref().expect("armed").as_fd()), 1);
    });
}

#[test]
fn ahead_of_what_there_is_enables_nothing() {
    each("e1000e", "linux-6.12 vectors=2", |recipes, kernel| {
        let device = kernel.device_fd();
        for (n, count, answer) in
            [(1, 6, "only 5"), (1, 5, "only 2"), (0, 0, "EINVAL"), (2, 1, "EINVAL")]
        {
            let ahead = recipes.enable_ahead(device, MSIX, n, count);
            assert_eq!(why(&ahead.expect_err("too many")), answer);
            assert!(!kernel.is_on(MSIX));
        }
        let none = recipes.enable_ahead(device, 3, 0, 2);
        assert_eq!(why(&none.expect_err("ERR has one")), "only 1");
    });
}
