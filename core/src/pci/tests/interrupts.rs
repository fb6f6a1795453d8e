use super::*;
use Output::{Diverted, Line, Lost, Merged, Sent, Waits};

/// `simple` with MSI-X enabled, entry n's message (0xfee0_0000 + 0x10 n, 0x40 + n), all unmasked.
fn msix_on() -> Function {
    let mut function = function("simple");
    let mut out = Vec::new();
    for vector in 0..8 {
        let address = 0xfee0_0000 + 0x10 * u64::from(vector);
        function.set_entry_message(vector, address, 0x40 + u32::from(vector), &mut out);
        function.set_entry_mask(vector, false, &mut out);
    }
    function.set_msix_control(MSIX_ENABLE, &mut out);
    assert_eq!(out, []);
    function
}

fn sent(number: u32, vector: u16) -> Output {
    let address = 0xfee0_0000 + 0x10 * u64::from(vector);
    let data = 0x40 + u32::from(vector);
    Sent { cause: cause(number), index: IrqIndex::Msix, vector, address, data }
}

fn waits(number: u32, place: Place) -> Output {
    Waits { cause: cause(number), place }
}

fn merged(number: u32, into: u32, place: Place) -> Output {
    Merged { cause: cause(number), into: cause(into), place }
}

fn lost(number: u32, why: Loss) -> Output {
    Lost { cause: cause(number), why }
}

fn diverted(number: u32, vector: u16) -> Output {
    Diverted { cause: cause(number), vector }
}

const UP: Output = Line { up: true };
const DOWN: Output = Line { up: false };

#[test]
fn vector_with_entry_unmasked_sends_its_message() {
    let mut function = msix_on();
    assert_eq!(outputs(|out| function.fire(3, cause(1), out)), [sent(1, 3)]);
}

#[test]
fn vector_beyond_the_table_is_lost() {
    let mut function = msix_on();
    let out = outputs(|out| function.fire(8, cause(1), out));
    assert_eq!(out, [lost(1, Loss::NoSuchVector)]);
}

#[test]
fn message_with_bus_master_off_is_lost() {
    let mut function = msix_on();
    function.set_command(MEMORY, &mut Vec::new());
    let out = outputs(|out| function.fire(0, cause(1), out));
    assert_eq!(out, [lost(1, Loss::BusMasterOff)]);
}

#[test]
fn entry_unmasked_with_pending_bit_sends_once() {
    let mut function = msix_on();
    function.set_entry_mask(2, true, &mut Vec::new());
    let place = Place::Pba(2);
    assert_eq!(outputs(|out| function.fire(2, cause(1), out)), [waits(1, place)]);
    assert_eq!(outputs(|out| function.fire(2, cause(2), out)), [merged(2, 1, place)]);
    assert!(function.msix().expect("has MSI-X").is_pending(2));
    assert_eq!(outputs(|out| function.set_entry_mask(2, false, out)), [sent(1, 2)]);
    assert!(!function.msix().expect("has MSI-X").is_pending(2));
    assert_eq!(outputs(|out| function.set_entry_mask(2, false, out)), []);
}

#[test]
fn function_mask_cleared_sends_unmasked_pending_vectors_in_order() {
    let mut function = msix_on();
    function.set_msix_control(MSIX_ENABLE | FUNCTION_MASK, &mut Vec::new());
    function.set_entry_mask(4, true, &mut Vec::new());
    for (number, vector) in [(1, 5), (2, 4), (3, 0)] {
        let out = outputs(|out| function.fire(vector, cause(number), out));
        assert_eq!(out, [waits(number, Place::Pba(vector))]);
    }
    assert_eq!(outputs(|out| function.set_entry_mask(5, false, out)), [], "Function Mask is set");
    let out = outputs(|out| function.set_msix_control(MSIX_ENABLE, out));
    assert_eq!(out, [sent(3, 0), sent(1, 5)]);
    let pending: Vec<_> = function.msix().expect("has MSI-X").pending().collect();
    assert_eq!(pending, [(4, cause(2))]);
}

#[test]
fn pending_bit_outlives_enable_and_is_sent_when_enabled_again() {
    let mut function = msix_on();
    function.set_entry_mask(1, true, &mut Vec::new());
    function.fire(1, cause(1), &mut Vec::new());
    assert_eq!(outputs(|out| function.set_msix_control(0, out)), []);
    assert_eq!(outputs(|out| function.set_entry_mask(1, false, out)), []);
    let out = outputs(|out| function.set_msix_control(MSIX_ENABLE, out));
    assert_eq!(out, [sent(1, 1)]);
}

#[test]
fn pending_vector_unmasked_with_bus_master_off_is_lost() {
    let mut function = msix_on();
    function.set_entry_mask(1, true, &mut Vec::new());
    function.fire(1, cause(1), &mut Vec::new());
    function.set_command(0, &mut Vec::new());
    let out = outputs(|out| function.set_entry_mask(1, false, out));
    assert_eq!(out, [lost(1, Loss::BusMasterOff)]);
}

#[test]
fn entries_masked_in_a_range_keep_their_vectors_silent() {
    let mut function = msix_on();
    assert_eq!(outputs(|out| function.mask_entries(6, u16::MAX, out)), []);
    assert_eq!(outputs(|out| function.fire(5, cause(1), out)), [sent(1, 5)]);
    assert_eq!(outputs(|out| function.fire(7, cause(2), out)), [waits(2, Place::Pba(7))]);
}

#[test]
fn vector_while_nothing_is_enabled_falls_back_to_intx() {
    let mut function = function("simple");
    let out = outputs(|out| function.fire(3, cause(1), out));
    assert_eq!(out, [diverted(1, 3), waits(1, Place::IntxLevel), UP]);
    let out = outputs(|out| function.fire(4, cause(2), out));
    assert_eq!(out, [diverted(2, 4), merged(2, 1, Place::IntxLevel)]);
}

#[test]
fn diverted_level_is_lost_when_msix_is_enabled() {
    let mut function = function("simple");
    function.fire(3, cause(1), &mut Vec::new());
    let out = outputs(|out| function.set_msix_control(MSIX_ENABLE | FUNCTION_MASK, out));
    assert_eq!(out, [DOWN, lost(1, Loss::DivertedUnhandled)]);
    assert_eq!(outputs(|out| function.set_msix_control(0, out)), []);
}

#[test]
fn diverted_level_hidden_by_interrupt_disable_is_lost_all_the_same() {
    let mut function = function("simple");
    function.set_command(INTERRUPT_DISABLE, &mut Vec::new());
    let out = outputs(|out| function.fire(0, cause(1), out));
    assert_eq!(out, [diverted(1, 0), waits(1, Place::IntxLevel)]);
    let out = outputs(|out| function.set_msi_control(1, out));
    assert_eq!(out, [lost(1, Loss::DivertedUnhandled)]);
}

#[test]
fn asserted_level_outlives_enable_and_shows_again() {
    let mut function = function("simple");
    let out = outputs(|out| function.assert_intx(cause(1), out));
    assert_eq!(out, [waits(1, Place::IntxLevel), UP]);
    assert_eq!(outputs(|out| function.set_msix_control(MSIX_ENABLE, out)), [DOWN]);
    assert_eq!(function.intx_cause(), Some(cause(1)));
    assert_eq!(outputs(|out| function.set_msix_control(0, out)), [UP]);
}

#[test]
fn level_diverted_then_asserted_outlives_enable() {
    let mut function = function("simple");
    function.fire(0, cause(1), &mut Vec::new());
    let out = outputs(|out| function.assert_intx(cause(2), out));
    assert_eq!(out, [merged(2, 1, Place::IntxLevel)]);
    assert_eq!(outputs(|out| function.set_msix_control(MSIX_ENABLE, out)), [DOWN]);
    assert!(function.intx_status());
}

#[test]
fn interrupt_disable_moves_the_line_and_not_the_status() {
    let mut function = function("simple");
    function.assert_intx(cause(1), &mut Vec::new());
    assert_eq!(outputs(|out| function.set_command(INTERRUPT_DISABLE, out)), [DOWN]);
    assert!(function.intx_status());
    assert_eq!(outputs(|out| function.set_command(0, out)), [UP]);
}

#[test]
fn level_withdrawn_takes_line_and_cause_with_it() {
    let mut function = function("simple");
    function.assert_intx(cause(1), &mut Vec::new());
    let out = outputs(|out| function.deassert_intx(out));
    assert_eq!(out, [DOWN, lost(1, Loss::Withdrawn)]);
    assert_eq!(outputs(|out| function.deassert_intx(out)), []);
}

#[test]
fn function_without_pin_drops_what_it_asserts() {
    for name in ["vf", "no-interrupts"] {
        let mut function = function(name);
        let out = outputs(|out| function.assert_intx(cause(1), out));
        assert_eq!(out, [lost(1, Loss::Dropped)]);
    }
}

#[test]
fn vector_of_vf_while_off_is_dropped() {
    let mut function = function("vf");
    let out = outputs(|out| function.fire(0, cause(1), out));
    assert_eq!(out, [lost(1, Loss::Dropped)]);
}

#[test]
fn vector_to_divert_without_pin_is_dropped() {
    let mut function = build(&FunctionSpec { pin: 0, ..FunctionSpec::simple() });
    let out = outputs(|out| function.fire(0, cause(1), out));
    assert_eq!(out, [lost(1, Loss::Dropped)]);
}

#[test]
fn vector_held_goes_through_the_masks_when_enabled() {
    let mut function = function("vf-hold");
    function.set_entry_message(0, 0xfee0_0000, 0x40, &mut Vec::new());
    function.set_entry_mask(0, false, &mut Vec::new());
    for (number, vector) in [(1, 2), (2, 0), (3, 9)] {
        let out = outputs(|out| function.fire(vector, cause(number), out));
        assert_eq!(out, [waits(number, Place::Held(vector))]);
    }
    let out = outputs(|out| function.fire(0, cause(4), out));
    assert_eq!(out, [merged(4, 2, Place::Held(0))]);
    let out = outputs(|out| function.set_msix_control(MSIX_ENABLE, out));
    assert_eq!(out, [sent(2, 0), waits(1, Place::Pba(2)), lost(3, Loss::NoSuchVector)]);
    assert_eq!(function.held().count(), 0);
}

#[test]
fn msi_vector_goes_into_the_low_bits_of_the_data() {
    let mut function = function("msi-plain");
    function.set_msi_address(0xfee0_0000, &mut Vec::new());
    function.set_msi_data(0x4127, &mut Vec::new());
    // Multiple Message Enable 2: 4 of 8 vectors, so vector 6 sends as 2.
    function.set_msi_control(2 << 4 | 1, &mut Vec::new());
    let out = outputs(|out| function.fire(6, cause(1), out));
    let (address, data) = (0xfee0_0000, 0x4126);
    assert_eq!(out, [Sent { cause: cause(1), index: IrqIndex::Msi, vector: 2, address, data }]);
}

#[test]
fn msi_unmasked_sends_pending_vectors_in_order() {
    let mut function = function("msi-only");
    function.set_msi_data(0x40, &mut Vec::new());
    function.set_msi_mask(u32::MAX, &mut Vec::new());
    function.set_msi_control(5 << 4 | 1, &mut Vec::new());
    for (number, vector) in [(1, 31), (2, 0), (3, 7)] {
        let out = outputs(|out| function.fire(vector, cause(number), out));
        assert_eq!(out, [waits(number, Place::MsiPending(vector))]);
    }
    let out = outputs(|out| function.fire(7, cause(4), out));
    assert_eq!(out, [merged(4, 3, Place::MsiPending(7))]);
    assert_eq!(function.msi().expect("has MSI").pending_bits(), 1 << 31 | 1 << 7 | 1);
    let message = |number, vector| {
        let (index, address, data) = (IrqIndex::Msi, 0, 0x40 | u32::from(vector));
        Sent { cause: cause(number), index, vector, address, data }
    };
    let out = outputs(|out| function.set_msi_mask(1 << 7, out));
    assert_eq!(out, [message(2, 0), message(1, 31)]);
}

#[test]
fn msi_pending_unmasked_while_off_waits_for_enable() {
    let mut function = function("msi-only");
    function.set_msi_mask(1, &mut Vec::new());
    function.set_msi_control(1, &mut Vec::new());
    function.fire(0, cause(1), &mut Vec::new());
    function.set_msi_control(0, &mut Vec::new());
    assert_eq!(outputs(|out| function.set_msi_mask(0, out)), []);
    assert_eq!(outputs(|out| function.set_msi_control(1, out)).len(), 1);
}

#[test]
fn both_capabilities_enabled_send_by_msix() {
    let mut function = msix_on();
    assert_eq!(outputs(|out| function.set_msi_control(1, out)), []);
    assert_eq!(outputs(|out| function.fire(1, cause(1), out)), [sent(1, 1)]);
    assert_eq!(function.mode(), Some(IrqIndex::Msix));
}

#[test]
fn reset_loses_all_that_waits_and_resets_registers() {
    let mut function = msix_on();
    function.set_entry_mask(1, true, &mut Vec::new());
    function.fire(1, cause(1), &mut Vec::new());
    function.set_msix_control(0, &mut Vec::new());
    function.assert_intx(cause(2), &mut Vec::new());
    let out = outputs(|out| function.reset(out));
    assert_eq!(out, [DOWN, lost(2, Loss::Reset), lost(1, Loss::Reset)]);
    assert_eq!(function, build(&FunctionSpec::simple()));
}

#[test]
fn reset_loses_what_is_held() {
    let mut function = function("vf-hold");
    function.fire(1, cause(1), &mut Vec::new());
    assert_eq!(outputs(|out| function.reset(out)), [lost(1, Loss::Reset)]);
}
