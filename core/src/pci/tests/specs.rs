use super::*;

#[test]
fn msi_count_not_a_power_of_two_is_refused() {
    for vectors in [0, 3, 33, 64] {
        let msi = Some(MsiSpec { vectors, wide: true, maskable: true });
        let spec = FunctionSpec { msi, ..FunctionSpec::simple() };
        assert_eq!(Function::new(&spec), Err(FunctionError::MsiVectors(vectors)));
    }
}

fn refused(vectors: u16, table: (u8, u32), pba: (u8, u32)) -> FunctionError {
    let msix = Some(MsixSpec { vectors, table, pba });
    let spec = FunctionSpec { msix, ..FunctionSpec::simple() };
    Function::new(&spec).expect_err("an invalid spec")
}

#[test]
fn msix_place_that_cannot_be_is_refused_with_the_part() {
    use FunctionError as E;
    use MsixPart::{Pba, Table};
    assert_eq!(refused(0, (0, 0), (0, 0x8000)), E::MsixVectors(0));
    assert_eq!(refused(2049, (0, 0), (1, 0)), E::MsixVectors(2049));
    assert_eq!(refused(8, (6, 0), (0, 0)), E::Bar { part: Table, bar: 6 });
    assert_eq!(refused(8, (0, 0), (0, 0x1004)), E::Offset { part: Pba, offset: 0x1004 });
    let (offset, end) = (0xffff_fff8, 0x1_0000_0000);
    assert_eq!(refused(8, (0, 0), (1, offset)), E::TooFar { part: Pba, end });
}

#[test]
fn table_and_array_sharing_a_byte_are_refused() {
    // 8 entries end at 0x80; an array of 8 bytes before the table ends at its start.
    let overlap = FunctionError::Overlap { bar: 2 };
    assert_eq!(refused(8, (2, 0), (2, 0x78)), overlap);
    assert_eq!(refused(8, (2, 0x40), (2, 0x40)), overlap);
    for pba in [(2, 0x38), (2, 0xc0), (3, 0x40)] {
        let msix = Some(MsixSpec { vectors: 8, table: (2, 0x40), pba });
        build(&FunctionSpec { msix, ..FunctionSpec::simple() });
    }
}

#[test]
fn pin_and_class_out_of_range_are_refused() {
    let simple = FunctionSpec::simple;
    let pin = FunctionSpec { pin: 5, ..simple() };
    assert_eq!(Function::new(&pin), Err(FunctionError::Pin(5)));
    let class = FunctionSpec { class: 1 << 24, ..simple() };
    assert_eq!(Function::new(&class), Err(FunctionError::Class(1 << 24)));
}

#[test]
fn vf_with_pin_in_its_spec_has_none() {
    let function = build(&FunctionSpec { vf: true, ..FunctionSpec::simple() });
    assert_eq!((function.pin(), config(&function, 0x3d, 1)), (0, 0));
}

#[test]
fn bars_span_the_least_power_of_two_that_holds_the_table() {
    // 2048 entries of 16 bytes, then 256 bytes of array at 0x8000.
    let function = function("msix-2048");
    assert_eq!(function.bar_size(2), 0x1_0000);
    assert_eq!(function.bar_size(0), 0x4000, "the device's own registers");
    assert_eq!(function.bar_size(1), 0);
    assert_eq!(function.bar_size(6), 0);
}

#[test]
fn description_of_every_profile_names_its_interrupts() {
    let describe = |name| function(name).describe();
    assert_eq!(describe("simple"), "simple: intx A, msi 4, msix 8");
    assert_eq!(describe("vf"), "vf: vf, msix 3");
    assert_eq!(describe("no-interrupts"), "no-interrupts: no interrupts");
}
