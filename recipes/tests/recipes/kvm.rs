//! INTx for a guest.

use std::os::fd::AsFd;

use vfio_irq_core::device::Stimulus;
use vfio_irq_recipes::base::{DATA_NONE, INTX, MSIX, request};
use vfio_irq_recipes::stories::{World, why};
use vfio_irq_recipes::{Recipes, kvm};

use crate::each;
use crate::kernel::Kernel;

const GSI: u32 = 11;
const MASK: u32 = 1 << 3;

fn tied(recipes: &dyn Recipes, kernel: &Kernel) -> kvm::Intx {
    recipes.intx_to_kvm(kernel.device_fd(), kernel.vm_fd(), GSI).expect("a pin, and a KVM")
}

#[test]
fn guest_hears_the_level_until_its_device_is_quiet() {
    each("edu", "linux-6.12", |recipes, kernel| {
        let _intx = tied(recipes, kernel);
        assert_eq!(kernel.said(), ["intx trigger eventfd 0+1: 0", "intx unmask eventfd 0+1: 0"]);
        kernel.stimulate(Stimulus::AssertIntx);
        assert_eq!(kernel.raised(), [GSI]);
        kernel.end_of_interrupt(GSI);
        assert_eq!(kernel.raised(), [GSI], "the line was still up");
        kernel.stimulate(Stimulus::DeassertIntx);
        kernel.end_of_interrupt(GSI);
        assert_eq!(kernel.raised(), [0; 0]);
        kernel.stimulate(Stimulus::AssertIntx);
        assert_eq!(kernel.raised(), [GSI]);
    });
}

#[test]
fn interrupt_before_the_irqfd_is_found_by_kvm() {
    each("edu", "linux-6.12", |recipes, kernel| {
        kernel.stimulate(Stimulus::AssertIntx);
        let intx = tied(recipes, kernel);
        assert_eq!(kernel.raised(), [GSI]);
        assert_eq!(kernel.read(intx.trigger.as_fd()), 1, "IRQFD-COUNTED: it stays");
    });
}

#[test]
fn end_of_no_interrupt_unmasks_nothing() {
    each("edu", "linux-6.12", |recipes, kernel| {
        let _intx = tied(recipes, kernel);
        request(kernel.device_fd(), DATA_NONE | MASK, INTX, 0, 1, &[]).expect("INTx is on");
        kernel.end_of_interrupt(GSI);
        kernel.stimulate(Stimulus::AssertIntx);
        assert_eq!(kernel.raised(), [0; 0], "IRQFD-IDLE-EOI");
    });
}

#[test]
fn eventfd_of_kvms_is_refused_again_with_its_count_untouched() {
    each("edu", "linux-6.12", |recipes, kernel| {
        kernel.stimulate(Stimulus::AssertIntx);
        let intx = tied(recipes, kernel);
        let busy = kvm::to_kvm(kernel.vm_fd(), GSI + 1, intx.trigger.as_fd());
        assert_eq!(busy.expect_err("once").raw_os_error(), Some(libc::EBUSY));
        assert_eq!((kernel.raised(), kernel.read(intx.trigger.as_fd())), (vec![GSI], 1));
    });
}

#[test]
fn intx_taken_back_signals_a_line_that_is_up() {
    each("edu", "linux-6.12", |recipes, kernel| {
        let intx = tied(recipes, kernel);
        kernel.stimulate(Stimulus::AssertIntx);
        kernel.raised();
        let trigger = recipes
            .intx_from_kvm(kernel.device_fd(), kernel.vm_fd(), GSI, intx)
            .expect("it was KVM's");
        assert_eq!(kernel.read(trigger.as_fd()), 1);
        assert_eq!(kernel.raised(), [0; 0]);
        assert!(kernel.is_on(INTX));
    });
}

#[test]
fn kvm_that_does_not_let_go_keeps_both() {
    each("edu", "linux-6.12", |recipes, kernel| {
        let intx = tied(recipes, kernel);
        kernel.refuse_irqfd(libc::EBADF);
        let (device, vm) = (kernel.device_fd(), kernel.vm_fd());
        let (intx, error) = recipes.intx_from_kvm(device, vm, GSI, intx).expect_err("refused");
        assert!(error.is(libc::EBADF));
        kernel.stimulate(Stimulus::AssertIntx);
        assert_eq!(kernel.raised(), [GSI]);
        drop(intx);
    });
}

#[test]
fn unmask_eventfd_that_can_not_be_taken_away_is_given_back() {
    each("edu", "linux-6.12", |recipes, kernel| {
        let intx = tied(recipes, kernel);
        kernel.answer(&[Some(-libc::EIO)]);
        let (device, vm) = (kernel.device_fd(), kernel.vm_fd());
        let (_, error) = recipes.intx_from_kvm(device, vm, GSI, intx).expect_err("EIO");
        assert!(error.is(libc::EIO));
    });
}

#[test]
fn unmask_that_fails_gives_both_back_and_the_call_can_be_repeated() {
    each("edu", "linux-6.12", |recipes, kernel| {
        let intx = tied(recipes, kernel);
        kernel.stimulate(Stimulus::AssertIntx);
        kernel.raised();
        kernel.answer(&[None, Some(-libc::EIO)]);
        let (device, vm) = (kernel.device_fd(), kernel.vm_fd());
        let (intx, error) = recipes.intx_from_kvm(device, vm, GSI, intx).expect_err("EIO");
        assert!(error.is(libc::EIO));
        assert_eq!(kernel.read(intx.trigger.as_fd()), 0, "masked, and on");
        assert!(kernel.is_on(INTX));
        let trigger = recipes.intx_from_kvm(device, vm, GSI, intx).expect("nothing is amiss");
        assert_eq!(kernel.read(trigger.as_fd()), 1);
    });
}

#[test]
fn disable_that_fails_on_the_way_back_is_told() {
    each("edu", "linux-6.12", |recipes, kernel| {
        kernel.answer(&[None, Some(-libc::ENOMEM), Some(-libc::EIO)]);
        let tied = recipes.intx_to_kvm(kernel.device_fd(), kernel.vm_fd(), GSI);
        assert!(tied.expect_err("refused").is(libc::EIO));
        assert!(kernel.is_on(INTX));
    });
}

#[test]
fn each_step_that_fails_leaves_intx_off() {
    each("edu", "linux-6.12", |recipes, kernel| {
        let (device, vm) = (kernel.device_fd(), kernel.vm_fd());
        let refused = |errno: i32, kernel: &Kernel| {
            let error = recipes.intx_to_kvm(device, vm, GSI).expect_err("refused");
            assert!(error.is(errno), "{error:?}");
            assert!(!kernel.is_on(INTX));
        };
        kernel.answer(&[Some(-libc::ENODEV)]);
        refused(libc::ENODEV, kernel);
        kernel.answer(&[None, Some(-libc::EBUSY)]);
        refused(libc::EBUSY, kernel);
        kernel.refuse_irqfd(libc::EINVAL);
        refused(libc::EINVAL, kernel);
        kernel.no_resample();
        refused(libc::EOPNOTSUPP, kernel);
    });
}

#[test]
fn function_without_a_pin_has_nothing_to_hand_over() {
    each("vf", "linux-6.12", |recipes, kernel| {
        let none = recipes.intx_to_kvm(kernel.device_fd(), kernel.vm_fd(), GSI);
        assert_eq!(why(&none.expect_err("no pin")), "ENODEV");
        assert_eq!(kernel.said(), [""; 0]);
    });
}

#[test]
fn vector_handed_over_is_heard_by_the_guest_alone() {
    each("e1000e", "linux-6.12", |recipes, kernel| {
        let fds = recipes.enable(kernel.device_fd(), MSIX, 2).expect("there are five");
        kvm::to_kvm(kernel.vm_fd(), 24, fds[1].as_fd()).expect("nobody has it");
        kernel.fire(1);
        assert_eq!((kernel.raised(), kernel.read(fds[1].as_fd())), (vec![24], 0));
        kvm::from_kvm(kernel.vm_fd(), 24, fds[1].as_fd()).expect("KVM has it");
        kernel.fire(1);
        assert_eq!((kernel.raised(), kernel.read(fds[1].as_fd())), (vec![], 1));
    });
}
