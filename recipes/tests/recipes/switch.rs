//! From INTx to messages, and back where that fails.

use std::os::fd::AsFd;

use vfio_irq_core::device::Stimulus;
use vfio_irq_recipes::base::{INTX, MSI, MSIX, NotDone};
use vfio_irq_recipes::stories::{World, why};

use crate::each;

#[test]
fn intx_is_off_and_its_eventfd_closed_when_messages_are_on() {
    each("e1000e", "linux-6.12", |recipes, kernel| {
        let device = kernel.device_fd();
        let trigger = recipes.enable(device, INTX, 1).expect("a pin").remove(0);
        let fds = recipes.leave_intx(device, trigger, MSIX, 2).expect("there are five");
        assert!(kernel.is_on(MSIX) && !kernel.is_on(INTX));
        kernel.fire(1);
        assert_eq!(kernel.read(fds[1].as_fd()), 1);
    });
}

#[test]
fn more_than_there_are_or_none_is_refused_before_intx_is_touched() {
    each("e1000e", "linux-6.12", |recipes, kernel| {
        let device = kernel.device_fd();
        let trigger = recipes.enable(device, INTX, 1).expect("a pin").remove(0);
        kernel.said();
        let (trigger, many) = recipes.leave_intx(device, trigger, MSIX, 6).expect_err("five");
        assert_eq!(why(&many), "only 5");
        let (trigger, none) = recipes.leave_intx(device, trigger, MSIX, 0).expect_err("none");
        assert_eq!(why(&none), "EINVAL");
        let (trigger, none) = recipes.leave_intx(device, trigger, 9, 1).expect_err("no such index");
        assert_eq!(why(&none), "ENODEV");
        let (_, none) = recipes.leave_intx(device, trigger, 9, 0).expect_err("no such index");
        assert_eq!(why(&none), "ENODEV");
        assert_eq!(kernel.said(), [""; 0]);
    });
}

#[test]
fn failure_gives_intx_back_and_a_line_that_is_up_signals() {
    each("e1000e", "linux-6.12", |recipes, kernel| {
        let device = kernel.device_fd();
        let trigger = recipes.enable(device, INTX, 1).expect("a pin").remove(0);
        kernel.stimulate(Stimulus::AssertIntx);
        assert_eq!(kernel.read(trigger.as_fd()), 1);
        kernel.answer(&[None, Some(-libc::ENOSPC)]);
        let (trigger, error) = recipes.leave_intx(device, trigger, MSIX, 2).expect_err("none");
        assert_eq!(why(&error), "ENOSPC");
        assert_eq!(kernel.read(trigger.as_fd()), 1);
    });
}

#[test]
fn shortage_gives_intx_back_with_the_number() {
    each("e1000e", "linux-6.1 vectors=1", |recipes, kernel| {
        let device = kernel.device_fd();
        let trigger = recipes.enable(device, INTX, 1).expect("a pin").remove(0);
        let (trigger, error) = recipes.leave_intx(device, trigger, MSIX, 2).expect_err("one");
        assert_eq!(why(&error), "only 1");
        kernel.stimulate(Stimulus::AssertIntx);
        assert_eq!(kernel.read(trigger.as_fd()), 1);
    });
}

#[test]
fn intx_comes_back_masked_where_interrupt_disable_is_set() {
    each("edu", "linux-6.12", |recipes, kernel| {
        let device = kernel.device_fd();
        let trigger = recipes.enable(device, INTX, 1).expect("a pin").remove(0);
        let (command, with_bit, without) = (4, [0x06, 0x05], [0x06, 0x01]);
        kernel.config_write(command, &with_bit);
        kernel.answer(&[None, Some(-libc::ENOSPC)]);
        let (trigger, _) = recipes.leave_intx(device, trigger, MSI, 1).expect_err("none");
        kernel.stimulate(Stimulus::AssertIntx);
        assert_eq!(kernel.read(trigger.as_fd()), 0);
        kernel.config_write(command, &without);
        assert_eq!(kernel.read(trigger.as_fd()), 1);
    });
}

#[test]
fn intx_that_does_not_come_back_is_off() {
    each("e1000e", "linux-6.1", |recipes, kernel| {
        let device = kernel.device_fd();
        let trigger = recipes.enable(device, INTX, 1).expect("a pin").remove(0);
        kernel.answer(&[None, Some(1), Some(-libc::EBUSY)]);
        let (_, error) = recipes.leave_intx(device, trigger, MSIX, 2).expect_err("none");
        assert!(matches!(error, NotDone::Off(_)), "{error:?}");
        assert!(!kernel.is_on(INTX));
    });
}

#[test]
fn intx_that_can_not_be_left_stays() {
    each("e1000e", "linux-6.1", |recipes, kernel| {
        let device = kernel.device_fd();
        let trigger = recipes.enable(device, INTX, 1).expect("a pin").remove(0);
        kernel.answer(&[Some(-libc::EIO)]);
        let (_, error) = recipes.leave_intx(device, trigger, MSIX, 2).expect_err("EIO");
        assert!(error.is(libc::EIO));
        assert!(kernel.is_on(INTX));
    });
}
