//! `data/real.lspci.txt` is the first 256 bytes of six functions as `lspci -nn -xxxx` printed them:
//! 00:03.0 of this project's build machine (Firecracker), then a QEMU 7.2 guest's e1000e and NEC
//! xHCI while vfio-pci had MSI-X 3 and MSI 4 enabled, then a QEMU 10 guest's root port, igb and
//! NVMe virtual function. What is expected of them is what `lspci -vv` said of them.

use alloc::string::ToString;

use proptest::collection::vec as bytes;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::pci::Outputs;

const REAL: &str = include_str!("data/real.lspci.txt");

fn real() -> Vec<Imported> {
    from_lspci(REAL).expect("real functions")
}

/// A function of 256 bytes: INTA#, MSI at 0x50 (4 vectors, 64-bit), MSI-X at 0x70 (8 vectors, table
/// BAR 0 + 0x2000, array BAR 0 + 0x3000).
fn dump() -> Vec<u8> {
    let mut dump = vec![0; 256];
    let parts: [(usize, &[u8]); 6] = [
        (0x00, &[0x34, 0x12, 0x78, 0x56, 0x06, 0x04, 0x10, 0x00]),
        (0x10, &[0x00, 0x00, 0x00, 0xfe]),
        (0x34, &[0x50]),
        (0x3c, &[0x0b, 0x01]),
        (0x50, &[0x05, 0x70, 0x84, 0x00]),
        (0x70, &[0x11, 0x00, 0x07, 0x00, 0x00, 0x20, 0x00, 0x00, 0x00, 0x30, 0x00, 0x00]),
    ];
    for (at, bytes) in parts {
        dump[at..at + bytes.len()].copy_from_slice(bytes);
    }
    dump
}

/// The dump with these bytes changed.
fn with(changes: &[(usize, u8)]) -> Vec<u8> {
    let mut dump = dump();
    for (at, byte) in changes {
        dump[*at] = *byte;
    }
    dump
}

/// Place and problem of a dump refused.
fn refused(changes: &[(usize, u8)]) -> (ImportPlace, ImportProblem) {
    let error = from_config(&with(changes)).expect_err("a config space that can't be");
    (error.place, error.problem)
}

/// Rows as lspci prints them.
fn rows(bytes: &[u8]) -> String {
    let row = |(at, row): (usize, &[u8])| {
        let bytes: String = row.iter().map(|byte| format!(" {byte:02x}")).collect();
        format!("{:02x}:{bytes}\n", at * 16)
    };
    bytes.chunks(16).enumerate().map(row).collect()
}

fn at(line: u32, column: u32) -> ImportPlace {
    ImportPlace::Text { line, column }
}

#[test]
fn real_functions_decode_as_lspci_decodes_them() {
    let found: Vec<String> = real()
        .iter()
        .map(|function| {
            let Decoded { command, pin, line, vf, express, msi, msix, .. } = &function.decoded;
            let msi = msi.map(|msi| {
                let MsiDecoded { offset, vectors, wide, maskable, enabled, granted, .. } = msi;
                format!("[{offset:x}] {granted}/{vectors} {enabled} {maskable} {wide}")
            });
            let msix = msix.map(|msix| {
                let MsixDecoded { offset, vectors, enabled, function_masked, table, pba } = msix;
                let places =
                    format!("{}+{:x} {}+{:x}", table.bar, table.offset, pba.bar, pba.offset);
                format!("[{offset:x}] {vectors} {enabled} {function_masked} {places}")
            });
            let address = function.address.as_deref().unwrap_or("-");
            let ids = function.decoded.ids();
            format!(
                "{address} {ids} {command:x} {pin} {line} {vf} {express} | {} | {}",
                msi.as_deref().unwrap_or("-"),
                msix.as_deref().unwrap_or("-")
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            "00:03.0 1af4:1041 406 0 0 false false | - | [98] 3 true false 0+8000 0+48000",
            "00:04.0 8086:10d3 106 1 10 false true | [d0] 1/1 false false true \
             | [a0] 5 true false 3+0 3+2000",
            "00:05.0 1033:0194 106 1 10 false true | [70] 4/16 true false true \
             | [90] 16 false false 0+3000 0+3800",
            "00:04.0 1b36:000c 507 1 10 false true | - | [48] 1 true false 0+0 0+800",
            "01:00.0 8086:10c9 103 1 10 false true | [50] 1/1 false true true \
             | [70] 10 false false 3+0 3+2000",
            "02:00.1 ffff:ffff 0 0 0 true true | - | [40] 1 false false 0+2000 0+3000",
        ]
    );
}

#[test]
fn imported_function_has_the_dumped_config_space_as_after_reset() {
    let imported = real().remove(1);
    let mut function = imported.function().expect("runs");
    assert_eq!(function.describe(), "00:04.0 8086:10d3: intx A, msi 1, msix 5");
    let mut config = vec![0; 256];
    function.config_read(0, &mut config);
    let differ: Vec<usize> = (0..256).filter(|at| config[*at] != imported.config()[*at]).collect();
    // Command, four BARs, Interrupt Line, MSI-X Enable.
    let expected = [0x04, 0x05, 0x12, 0x13, 0x16, 0x17, 0x18, 0x19, 0x1e, 0x1f, 0x3c, 0xa3];
    assert_eq!(differ, expected);
    let mut out = Outputs::new();
    function.fire(0, crate::event::CauseId(1), &mut out);
    assert!(function.intx_line(), "falls back to INTx");
}

#[test]
fn imported_bars_keep_their_kind_and_size_by_table() {
    // The Firecracker function's BAR 0 is a 64-bit one, with the array at 0x48000.
    let mut function = real().remove(0).function().expect("runs");
    assert_eq!((function.bar_size(0), function.bar_size(1)), (0x8_0000, 0));
    function.config_write(0x10, &[0xff; 8], &mut Outputs::new());
    let mut sized = [0; 8];
    function.config_read(0x10, &mut sized);
    assert_eq!(u64::from_le_bytes(sized), !0x7_ffff | 0b100);
}

#[test]
fn imported_vf_drops_what_it_has_no_pin_for() {
    let function = real().remove(5).function().expect("runs");
    assert!(function.is_vf());
    assert_eq!(function.when_off(), crate::pci::WhenOff::Drop);
    assert_eq!(function.bar_size(0), 0x4000, "its BAR registers read zero");
}

#[test]
fn dump_of_the_header_only_leaves_capabilities_unknown() {
    let imported = from_config(&dump()[..64]).expect("a header");
    assert_eq!((imported.decoded.capabilities.as_ref(), imported.decoded.pin), (None, 1));
    assert_eq!(imported.function(), Err(FunctionError::HeaderOnly));
}

#[test]
fn dump_of_a_header_without_list_has_no_capabilities() {
    let imported = from_config(&with(&[(0x06, 0)])[..64]).expect("a header");
    assert_eq!(imported.decoded.capabilities, Some(vec![]));
    assert_eq!(imported.function().expect("runs").describe(), "1234:5678: intx A");
}

#[test]
fn dump_of_another_length_is_refused() {
    for len in [1, 63, 65, 128, 255, 4095] {
        let error = from_config(&vec![0; len]).expect_err("no such length");
        assert_eq!(error.problem, ImportProblem::Length { len });
    }
    assert_eq!(from_config(&[]).map_err(|error| error.problem), Err(ImportProblem::Empty));
}

#[test]
fn capability_pointer_that_leads_astray_is_refused_at_its_byte() {
    use ImportProblem as P;
    let byte = ImportPlace::Byte;
    assert_eq!(refused(&[(0x34, 0x3c)]), (byte(0x34), P::PointerLow(0x3c)));
    assert_eq!(refused(&[(0x51, 0x72)]), (byte(0x51), P::PointerUnaligned(0x72)));
    assert_eq!(refused(&[(0x71, 0x50)]), (byte(0x71), P::Loop(0x50)));
    assert_eq!(refused(&[(0x71, 0x70)]), (byte(0x71), P::Loop(0x70)));
    assert_eq!(refused(&[(0x71, 0x80), (0x80, 0xff)]), (byte(0x80), P::CapabilityOnes(0x80)));
}

#[test]
fn capability_that_does_not_fit_is_refused() {
    use ImportProblem as P;
    let byte = ImportPlace::Byte;
    // MSI-X of 12 bytes at 0xf8; MSI of 24 bytes at 0xec.
    let crosses = P::CapabilityCrosses { name: "MSI-X", offset: 0xf8, len: 12 };
    assert_eq!(refused(&[(0x51, 0xf8), (0xf8, 0x11)]), (byte(0xf8), crosses));
    let crosses = P::CapabilityCrosses { name: "MSI", offset: 0xec, len: 24 };
    let msi = [(0x34, 0xec), (0xec, 0x05), (0xee, 0x84), (0xef, 0x01)];
    assert_eq!(refused(&msi), (byte(0xec), crosses));
    let inside = P::CapabilityInside { inner: 0x78, name: "MSI-X", offset: 0x70 };
    assert_eq!(refused(&[(0x71, 0x78), (0x78, 0x09), (0x79, 0)]), (byte(0x78), inside));
    let twice = P::CapabilityTwice { name: "MSI", offset: 0x80 };
    assert_eq!(refused(&[(0x71, 0x80), (0x80, 0x05)]), (byte(0x80), twice));
}

#[test]
fn reserved_values_are_refused() {
    use ImportProblem as P;
    let byte = ImportPlace::Byte;
    assert_eq!(refused(&[(0x52, 0x8c)]), (byte(0x52), P::MultipleMessage(6)));
    assert_eq!(refused(&[(0x3d, 5)]), (byte(0x3d), P::Pin(5)));
    assert_eq!(refused(&[(0x0e, 0x83)]), (byte(0x0e), P::HeaderType(3)));
    let reserved = P::BarReserved { part: MsixPart::Table, bar: 6 };
    assert_eq!(refused(&[(0x74, 0x06)]), (byte(0x74), reserved));
    let reserved = P::BarReserved { part: MsixPart::Pba, bar: 7 };
    assert_eq!(refused(&[(0x78, 0x07)]), (byte(0x78), reserved));
    let nobody = from_config(&[0xff; 256]).map_err(|error| error.problem);
    assert_eq!(nobody, Err(P::NobodyAnswers));
}

#[test]
fn msix_place_that_cannot_be_is_refused() {
    use ImportProblem as P;
    let byte = ImportPlace::Byte;
    assert_eq!(refused(&[(0x79, 0x20)]), (byte(0x78), P::MsixOverlap { bar: 0 }));
    let io = P::BarUnfit { part: MsixPart::Table, bar: 0, what: "in I/O space" };
    assert_eq!(refused(&[(0x10, 1)]), (byte(0x74), io));
    let what = "the upper half of a 64-bit BAR";
    let upper = P::BarUnfit { part: MsixPart::Pba, bar: 1, what };
    assert_eq!(refused(&[(0x10, 4), (0x78, 1)]), (byte(0x78), upper));
}

#[test]
fn bridge_decodes_with_no_bar_beyond_1() {
    let bridge = from_config(&with(&[(0x0e, 1)])).expect("a bridge");
    assert_eq!(bridge.decoded.header_type, 1);
    let missing = ImportProblem::BarMissing { part: MsixPart::Table, bar: 2, count: 2 };
    assert_eq!(refused(&[(0x0e, 1), (0x74, 2)]), (ImportPlace::Byte(0x74), missing));
    let function = bridge.function().expect("runs");
    let mut buses = [0xff; 4];
    function.config_read(0x18, &mut buses);
    assert_eq!(buses, [0; 4], "bus numbers, not BAR 2");
}

#[test]
fn cardbus_bridge_has_its_list_at_0x14() {
    let bridge = with(&[(0x0e, 2), (0x14, 0x50), (0x34, 0x01)]);
    let bridge = from_config(&bridge).expect("a bridge");
    assert_eq!(bridge.decoded.msi.map(|msi| msi.vectors), Some(4));
    let text = rows(&with(&[(0x0e, 2), (0x14, 0x50)])[..128]);
    let list = from_lspci(&text).expect("128 bytes, as lspci -x prints");
    assert_eq!(list[0].decoded.capabilities, None);
}

/// PCI Express at 0x90 as the third capability, and this dword at 0x100.
fn extended(header: u32) -> Vec<u8> {
    let mut dump = with(&[(0x71, 0x90), (0x90, 0x10)]);
    dump.resize(4096, 0);
    dump[0x100..0x104].copy_from_slice(&header.to_le_bytes());
    dump
}

#[test]
fn extended_list_is_walked_and_its_loops_refused() {
    let list = |header| from_config(&extended(header)).map(|found| found.decoded.extended);
    let one = |id| vec![Capability { offset: 0x100, id }];
    assert_eq!(list(0), Ok(vec![]));
    assert_eq!(list(u32::MAX), Ok(vec![]));
    assert_eq!(list(0x0001_0003), Ok(one(3)));
    let problem = |header| list(header).map_err(|error| (error.place, error.problem));
    let byte = ImportPlace::Byte(0x102);
    assert_eq!(problem(0x1001_0003), Err((byte, ImportProblem::Loop(0x100))));
    assert_eq!(problem(0x0801_0003), Err((byte, ImportProblem::PointerLow(0x080))));
    assert_eq!(problem(0x1421_0003), Err((byte, ImportProblem::PointerUnaligned(0x142))));
}

#[test]
fn text_with_crlf_tabs_verbose_lines_and_domains_is_read() {
    let rows = rows(&dump()).replace(' ', "\t").replace('\n', "\r\n");
    let text = format!(
        "\u{feff}lspci: Unable to load libkmod resources\r\n\
         0000:00:06.0 Ethernet controller: Some \u{2122} card (rev 01)\r\n\
         \tSubsystem: Some card\r\n\tCapabilities: [50] MSI: Enable- Count=1/4\r\n\
         \tECC: none\r\n{rows}\r\n\r\n\
         00:1c.0/03:00.1 Non-VGA\r\n{rows}10000:e1:00.0 x\r\n{rows}"
    );
    let list = from_lspci(&text).expect("three functions");
    let found: Vec<_> =
        list.iter().map(|function| (function.address.as_deref(), &*function.description)).collect();
    assert_eq!(
        found,
        [
            (Some("0000:00:06.0"), "Ethernet controller: Some \u{2122} card (rev 01)"),
            (Some("00:1c.0/03:00.1"), "Non-VGA"),
            (Some("10000:e1:00.0"), "x"),
        ]
    );
    assert!(list.iter().all(|function| function.config() == dump()));
}

#[test]
fn text_with_three_digit_offsets_is_read() {
    let dump = extended(0x0001_0003);
    let list = from_lspci(&format!("00:06.0 x\n{}", rows(&dump))).expect("4096 bytes");
    assert_eq!(list[0].config(), dump);
}

#[test]
fn rows_without_address_lines_are_functions_without_address() {
    let rows = rows(&dump());
    let list = from_lspci(&format!("{rows}\n{rows}")).expect("two functions");
    assert_eq!(list.len(), 2);
    assert_eq!((list[0].address.as_deref(), &*list[0].description), (None, "1234:5678"));
}

fn text_refused(text: &str) -> (ImportPlace, ImportProblem) {
    let error = from_lspci(text).expect_err("a text that can't be");
    (error.place, error.problem)
}

#[test]
fn text_with_a_wrong_row_is_refused_at_line_and_column() {
    use ImportProblem as P;
    let good = format!("00:06.0 x\n{}", rows(&dump()));
    // Line 3 is row 10, whose first byte is at column 5.
    let odd = good.replacen("10: 00", "10: 0", 1);
    assert_eq!(text_refused(&odd), (at(3, 5), P::Hex { found: "0".to_string() }));
    let not_hex = good.replacen("10: 00 00", "10: 00 0g", 1);
    assert_eq!(text_refused(&not_hex), (at(3, 8), P::Hex { found: "0g".to_string() }));
    let short = good.replacen("10: 00", "10:", 1);
    assert_eq!(text_refused(&short), (at(3, 49), P::RowLength { found: 15 }));
    let long = good.replacen("10: 00", "10: 00 00", 1);
    assert_eq!(text_refused(&long), (at(3, 53), P::RowLength { found: 17 }));
    let missing = good.replacen("10: 00", "20: 00", 1);
    assert_eq!(text_refused(&missing), (at(3, 1), P::RowOrder { expected: 0x10, found: 0x20 }));
    let again = good.replacen("10: 00", "00: 00", 1);
    assert_eq!(text_refused(&again), (at(3, 1), P::RowOrder { expected: 0x10, found: 0 }));
}

#[test]
fn text_that_ends_early_is_refused() {
    use ImportProblem as P;
    assert_eq!(text_refused(""), (at(1, 1), P::Empty));
    assert_eq!(text_refused("nothing\nof it\n"), (at(1, 1), P::Empty));
    assert_eq!(text_refused("\n00:06.0 x\n"), (at(2, 1), P::NoRows));
    let text = format!("00:06.0 x\n{}", rows(&dump()[..0x50]));
    assert_eq!(text_refused(&text), (at(6, 52), P::Truncated { len: 0x50 }));
}

#[test]
fn one_bad_function_refuses_the_whole_text_at_its_byte() {
    // In the second function, at line 1 + 17 + 1 + 8: row 70, byte 0x71 loops to 0x70.
    let (good, bad) = (rows(&dump()), rows(&with(&[(0x71, 0x70)])));
    let error = from_lspci(&format!("00:06.0 x\n{good}\n00:07.0 y\n{bad}\n00:08.0 z\n{good}"));
    assert_eq!(
        error.expect_err("a loop").to_string(),
        "line 27, column 8: 00:07.0: the capability list loops back to 0x70"
    );
}

#[test]
fn any_input_is_taken_for_what_it_is() {
    assert_eq!(from_any(&dump()).expect("binary")[0].config(), dump());
    assert_eq!(from_any(REAL.as_bytes()).expect("text").len(), 6);
    let latin1 = [b"00:06.0 caf\xe9\n".as_slice(), rows(&dump()).as_bytes()].concat();
    assert_eq!(from_any(&latin1).expect("text").len(), 1);
    let problem = |bytes: &[u8]| from_any(bytes).expect_err("neither").problem;
    assert_eq!(problem(&[0; 100]), ImportProblem::Length { len: 100 });
    assert_eq!(problem(&[0xff; 64]), ImportProblem::NobodyAnswers);
    assert_eq!(problem(b""), ImportProblem::Empty);
    let len = MAX_INPUT + 1;
    assert_eq!(problem(&vec![b'x'; len]), ImportProblem::TooLarge { len });
}

/// A function from a dump that was taken runs, whatever the dump.
fn exercise(imported: &Imported) {
    let Ok(mut function) = imported.function() else { return };
    let mut out = Outputs::new();
    let mut data = [0; 8];
    for at in (0..0x110u16).chain([0xffc, 0xfff]) {
        function.config_read(at, &mut data);
        function.config_write(at, &[0xff; 8], &mut out);
    }
    for bar in 0..7 {
        let places = imported.decoded.msix.map(|msix| [msix.table, msix.pba]);
        for place in places.into_iter().flatten() {
            function.bar_read(bar, u64::from(place.offset), &mut data);
            function.bar_write(bar, u64::from(place.offset), &[0xff; 8], &mut out);
        }
    }
    function.fire(2047, crate::event::CauseId(1), &mut out);
    function.reset(&mut out);
}

proptest! {
    #[test]
    fn bytes_of_any_kind_never_panic(
        len in select(&[64usize, 256, 4096][..]),
        soup in bytes(any::<u8>(), 4096),
        listed in any::<bool>(),
    ) {
        let mut dump = soup[..len].to_vec();
        if listed {
            // Past the checks that random bytes hardly pass.
            dump[0x06] |= 0x10;
            dump[0x0e] &= 0x81;
            dump[0x3d] &= 0x03;
        }
        if let Ok(imported) = from_config(&dump) {
            exercise(&imported);
        }
        let _ = from_any(&soup[..usize::from(soup[0])]);
    }

    #[test]
    fn dump_with_bytes_changed_never_panics(
        changes in bytes((prop_oneof![0x00..0x80usize, 0..256usize], any::<u8>()), 0..6),
        places in bytes((0..0x20usize, select(&[0u8, 0x40, 0x50, 0x70, 0xf8][..])), 0..3),
    ) {
        let places = places.into_iter().map(|(at, to)| (0x50 + at, to));
        let changes: Vec<_> = changes.into_iter().chain(places).collect();
        if let Ok(imported) = from_config(&with(&changes)) {
            exercise(&imported);
        }
    }

    #[test]
    fn text_of_any_kind_never_panics(
        soup in "(\\PC|\n|[0-9a-f]{2}[ :.]|00: |\t|\r){0,300}",
        cut in 0..REAL.len(),
        at in 0..REAL.len(),
        put in "\\PC{0,3}|\n|[0-9a-f]{1,2}",
    ) {
        let _ = from_lspci(&soup);
        let _ = from_lspci(&REAL[..cut]);
        let mut text = REAL.to_string();
        text.replace_range(at..at + 1, &put);
        for imported in from_lspci(&text).unwrap_or_default() {
            exercise(&imported);
        }
    }

    #[test]
    fn dump_as_bytes_and_as_text_decode_alike(
        changes in bytes((0..256usize, any::<u8>()), 0..4),
    ) {
        let dump = with(&changes);
        let binary = from_config(&dump).map(|found| found.decoded);
        let text = from_lspci(&rows(&dump)).map(|mut found| found.remove(0).decoded);
        match (binary, text) {
            (Ok(binary), Ok(text)) => prop_assert_eq!(binary, text),
            (Err(binary), Err(text)) => prop_assert_eq!(binary.problem, text.problem),
            (binary, text) => prop_assert!(false, "{binary:?} {text:?}"),
        }
    }
}
