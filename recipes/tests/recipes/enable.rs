//! Enabling: every answer a host may give.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd};

use vfio_irq_core::device::Stimulus;
use vfio_irq_recipes::base::{INTX, MSI, MSIX, NotDone};
use vfio_irq_recipes::stories::{World, why};

use crate::each;

#[test]
fn vectors_enabled_signal_their_own_eventfds() {
    each("e1000e", "linux-6.12", |recipes, kernel| {
        let fds = recipes.enable(kernel.device_fd(), MSIX, 3).expect("there are five");
        kernel.fire(2);
        kernel.fire(0);
        let read: Vec<u64> = fds.iter().map(|fd| kernel.read(fd.as_fd())).collect();
        assert_eq!(read, [1, 0, 1]);
        assert_eq!(kernel.said(), ["msix trigger eventfd 0+3: 0"]);
    });
}

#[test]
fn positive_return_enables_nothing_and_says_how_many() {
    each("simple", "linux-6.12 vectors=3", |recipes, kernel| {
        let enabled = recipes.enable(kernel.device_fd(), MSIX, 4);
        assert!(matches!(enabled, Err(NotDone::Only(3))), "{enabled:?}");
        assert!(!kernel.is_on(MSIX));
    });
}

#[test]
fn some_after_a_positive_return_are_as_many_as_it_said() {
    each("simple", "linux-6.12 vectors=3", |recipes, kernel| {
        let fds = recipes.enable_some(kernel.device_fd(), MSIX, 2, 8).expect("three are enough");
        assert_eq!(fds.len(), 3);
        assert_eq!(kernel.said(), ["msix trigger eventfd 0+8: 3", "msix trigger eventfd 0+3: 0"]);
        kernel.fire(2);
        assert_eq!(kernel.read(fds[2].as_fd()), 1);
    });
}

#[test]
fn some_where_too_few_are_left_is_enospc_and_off() {
    each("simple", "linux-6.12 vectors=3", |recipes, kernel| {
        let enabled = recipes.enable_some(kernel.device_fd(), MSIX, 4, 8);
        assert_eq!(why(&enabled.expect_err("three are too few")), "ENOSPC");
        assert!(!kernel.is_on(MSIX));
    });
}

#[test]
fn some_after_an_errno_of_shortage_are_half() {
    each("simple", "linux-6.12", |recipes, kernel| {
        kernel.answer(&[Some(-libc::ENOSPC), Some(-libc::ENFILE)]);
        let fds = recipes.enable_some(kernel.device_fd(), MSIX, 1, 8).expect("two are there");
        assert_eq!(fds.len(), 2);
        let said = kernel.said();
        assert_eq!(said.last().expect("asked"), "msix trigger eventfd 0+2: 0");
        assert_eq!(said.len(), 3);
    });
}

#[test]
fn some_after_enospc_are_never_fewer_than_will_do() {
    each("simple", "linux-6.12", |recipes, kernel| {
        kernel.answer(&[Some(-libc::ENOSPC); 3]);
        let enabled = recipes.enable_some(kernel.device_fd(), MSIX, 3, 8);
        assert_eq!(why(&enabled.expect_err("none")), "ENOSPC");
        let asked: Vec<String> = kernel
            .said()
            .iter()
            .map(|one| one[21..].split(':').next().expect("some").into())
            .collect();
        assert_eq!(asked, ["0+8", "0+4", "0+3"]);
    });
}

#[test]
fn some_of_a_host_that_says_as_many_as_asked_ends() {
    each("simple", "linux-6.12", |recipes, kernel| {
        kernel.answer(&[Some(4)]);
        let enabled = recipes.enable_some(kernel.device_fd(), MSIX, 1, 4);
        assert_eq!(why(&enabled.expect_err("a wrong host")), "ENOSPC");
        assert_eq!(kernel.said().len(), 1);
    });
}

#[test]
fn another_errno_comes_back_at_once() {
    each("simple", "linux-6.12", |recipes, kernel| {
        kernel.answer(&[Some(-libc::ENOMEM)]);
        let enabled = recipes.enable_some(kernel.device_fd(), MSIX, 1, 8);
        assert!(enabled.expect_err("no memory").is(libc::ENOMEM));
        assert_eq!(kernel.said().len(), 1);
    });
}

#[test]
fn missing_index_and_no_vector_are_refused_without_a_request() {
    each("edu", "linux-6.1", |recipes, kernel| {
        let device = kernel.device_fd();
        assert!(recipes.enable(device, MSIX, 1).expect_err("edu has none").is(libc::ENODEV));
        assert!(recipes.enable(device, 3, 1).expect_err("no ERR on edu").is(libc::ENODEV));
        assert!(recipes.enable(device, MSI, 0).expect_err("none").is(libc::EINVAL));
        assert_eq!(kernel.said(), [""; 0]);
    });
}

#[test]
fn second_index_is_refused_and_the_first_lives() {
    each("e1000e", "linux-6.12", |recipes, kernel| {
        let fds = recipes.enable(kernel.device_fd(), MSIX, 2).expect("there are five");
        for index in [MSI, INTX] {
            let beside = recipes.enable(kernel.device_fd(), index, 1);
            assert!(beside.expect_err("one at a time").is(libc::EINVAL));
        }
        kernel.fire(1);
        assert_eq!(kernel.read(fds[1].as_fd()), 1);
    });
}

/// What the comment warns of.
#[test]
fn fall_back_beside_a_live_intx_replaces_its_trigger() {
    each("e1000e", "linux-6.12", |recipes, kernel| {
        let live = recipes.enable(kernel.device_fd(), INTX, 1).expect("a pin").remove(0);
        let (index, fds) = recipes.fall_back(kernel.device_fd(), 1, 4).expect("so it says");
        assert_eq!((index, fds.len()), (INTX, 1));
        kernel.stimulate(Stimulus::AssertIntx);
        assert_eq!((kernel.read(live.as_fd()), kernel.read(fds[0].as_fd())), (0, 1));
    });
}

#[test]
fn fall_back_where_messages_are_short_takes_the_pin() {
    each("simple", "linux-6.1 vectors=1", |recipes, kernel| {
        let (index, fds) = recipes.fall_back(kernel.device_fd(), 2, 4).expect("there is a pin");
        assert_eq!((index, fds.len()), (INTX, 1));
        kernel.stimulate(Stimulus::AssertIntx);
        assert_eq!(kernel.read(fds[0].as_fd()), 1);
        assert_eq!(
            kernel.said(),
            [
                "msix trigger eventfd 0+4: 1",
                "msi trigger eventfd 0+4: 1",
                "intx trigger eventfd 0+1: 0"
            ]
        );
    });
}

#[test]
fn fall_back_where_msix_refuses_takes_msi() {
    each("simple", "linux-6.12", |recipes, kernel| {
        kernel.answer(&[Some(-libc::ENOSPC), Some(-libc::ENOSPC)]);
        let (index, fds) = recipes.fall_back(kernel.device_fd(), 2, 4).expect("MSI has four");
        assert_eq!((index, fds.len()), (MSI, 4));
    });
}

#[test]
fn fall_back_where_msix_is_missing_takes_msi() {
    each("msi-only", "linux-6.12", |recipes, kernel| {
        let (index, fds) = recipes.fall_back(kernel.device_fd(), 2, 4).expect("MSI has 32");
        assert_eq!((index, fds.len()), (MSI, 4));
        assert_eq!(kernel.said().len(), 1);
    });
}

#[test]
fn fall_back_of_a_function_without_interrupts_is_enodev() {
    each("no-interrupts", "linux-6.12", |recipes, kernel| {
        let none = recipes.fall_back(kernel.device_fd(), 1, 4);
        assert!(none.expect_err("nothing").is(libc::ENODEV));
    });
}

#[test]
fn fall_back_where_descriptors_are_short_takes_the_pin() {
    each("simple", "linux-6.12", |recipes, kernel| {
        let done = with_descriptors(3, || recipes.fall_back(kernel.device_fd(), 4, 8));
        let (index, fds) = done.expect("one is enough for the pin");
        assert_eq!((index, fds.len()), (INTX, 1));
        assert_eq!(kernel.said(), ["intx trigger eventfd 0+1: 0"]);
    });
}

#[test]
fn fall_back_without_descriptors_says_so_where_no_pin_is_too() {
    for function in ["simple", "vf"] {
        each(function, "linux-6.12", |recipes, kernel| {
            let none = with_descriptors(0, || recipes.fall_back(kernel.device_fd(), 1, 4));
            assert!(none.expect_err("none").is(libc::EMFILE));
            assert_eq!(kernel.said(), [""; 0]);
        });
    }
}

/// Runs with room for so many descriptors more.
fn with_descriptors<T>(room: u64, run: impl FnOnce() -> T) -> T {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both take this structure.
    let limited = |limit: &libc::rlimit| unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, limit) };
    // SAFETY: as said.
    assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) }, 0);
    // The limit is on the number: below it are exactly so many that are free.
    let files = (0..=room).map(|_| File::open("/dev/null").expect("there is one"));
    let last = files.collect::<Vec<_>>().pop().expect("one more than asked").as_raw_fd();
    assert_eq!(limited(&libc::rlimit { rlim_cur: last as u64, ..limit }), 0);
    let done = run();
    assert_eq!(limited(&limit), 0);
    done
}

#[test]
fn descriptors_that_run_out_half_way_leave_none_open() {
    each("simple", "linux-6.12", |recipes, kernel| {
        let enabled = with_descriptors(3, || recipes.enable(kernel.device_fd(), MSIX, 8));
        assert!(enabled.expect_err("three at most").is(libc::EMFILE));
        assert_eq!(kernel.said(), [""; 0]);
    });
}

#[test]
fn some_where_descriptors_are_short_are_as_many_as_fit() {
    each("simple", "linux-6.12", |recipes, kernel| {
        let some = with_descriptors(3, || recipes.enable_some(kernel.device_fd(), MSIX, 1, 8));
        assert_eq!(some.expect("two fit").len(), 2);
        assert_eq!(kernel.said(), ["msix trigger eventfd 0+2: 0"]);
        let few = with_descriptors(3, || recipes.enable_some(kernel.device_fd(), MSIX, 4, 8));
        assert!(few.expect_err("four do not fit").is(libc::EMFILE));
        assert_eq!(kernel.said(), [""; 0]);
    });
}
