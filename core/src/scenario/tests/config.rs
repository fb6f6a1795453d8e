//! A function in the text as its config space.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use proptest::prelude::*;

use crate::pci::import::{from_config, from_lspci};
use crate::pci::{Function, WhenOff};
use crate::scenario::{Overrides, Scenario, function_text};

/// Six real functions, see `pci::import::tests`.
const REAL: &str = include_str!("../../pci/import/data/real.lspci.txt");

/// INTA#, MSI at 0x50 with 4 vectors.
const SMALL: &str = "\
00: 34 12 78 56 06 04 10 00 00 00 00 02
34: 50
3c: 0b 01   # line, pin
50: 05 00 84 00
";

fn function(text: &str) -> Result<Function, String> {
    let scenario = Scenario::parse(text).map_err(|errors| errors[0].to_string())?;
    let machine = scenario.machine(&Overrides::default()).map_err(|error| error.to_string())?;
    Ok(machine.function)
}

fn error(text: &str) -> String {
    function(text).expect_err("no such function")
}

#[test]
fn real_functions_in_a_text_are_those_of_their_dumps() {
    for imported in from_lspci(REAL).expect("real functions") {
        let text = function_text(&imported);
        let again = function(&format!("{text}host linux-6.1\nirq_info msi\n"));
        assert_eq!(again, imported.function().map_err(|error| error.to_string()), "{text}");
    }
}

#[test]
fn rows_as_lspci_prints_them_make_the_function() {
    let function = function(&format!("function config\n\n# a dump\n{SMALL}")).unwrap();
    assert_eq!((function.name(), function.id()), ("1234:5678", (0x1234, 0x5678)));
    assert_eq!((function.class(), function.pin()), (0x02_0000, 1));
    assert_eq!(function.msi().map(|msi| (msi.vectors(), msi.offset())), Some((4, 0x50)));
    assert!(function.msix().is_none() && function.resets());
    assert_eq!(function.config_len(), 256);
}

#[test]
fn options_beside_config_say_what_bytes_cannot() {
    let text = "function config vf intx-status=no reset=no when-off=hold name=\"nic\"";
    let function = function(&format!("{text}\n{SMALL}")).unwrap();
    assert!(function.is_vf() && !function.resets() && !function.intx_status_works());
    assert_eq!((function.name(), function.pin()), ("nic", 0));
    assert_eq!(function.when_off(), WhenOff::Hold);
}

#[test]
fn last_row_says_how_long_config_space_is() {
    let long = function(&format!("function config\n{SMALL}ff0: 00")).unwrap();
    assert_eq!(long.config_len(), 4096);
    let header = "function config\n00: 34 12 78 56 06 04 10 00\n34: 50";
    assert!(error(header).starts_with("line 1, column 10: the dump ends before"));
}

#[test]
fn config_space_of_zeros_is_said_too() {
    for len in [64, 256, 4096] {
        let dump = from_config(&alloc::vec![0; len]).unwrap();
        let text = function_text(&dump);
        assert_eq!(function(&text), Ok(dump.function().unwrap()), "{len} bytes: {text}");
    }
}

#[test]
fn rows_that_cannot_be_have_an_error_with_a_place() {
    let rows = |rows: &str| format!("function config\n{rows}");
    let cases = [
        (
            SMALL.to_string(),
            "line 1, column 1: config space stands right below a line `function config`; expected that line, and nothing but rows between",
        ),
        (
            format!("function config\nhost linux-6.1\n{SMALL}"),
            "line 3, column 1: config space stands right below a line `function config`; expected that line, and nothing but rows between",
        ),
        (
            format!("function e1000e\n{SMALL}"),
            "line 2, column 1: config space stands right below a line `function config`; expected that line, and nothing but rows between",
        ),
        (
            rows("10: 00\n10: 00"),
            "line 3, column 1: the rows before end at 0x11; expected rows in rising order",
        ),
        (rows("00: 86 8g"), "line 2, column 8: `8g` is no byte; expected two hex digits"),
        (
            rows("00: 86 [80]"),
            "line 2, column 8: `[` can't stand here; expected bytes of two hex digits each, e.g. `00: 86 80`",
        ),
        (
            rows("00:  # none"),
            "line 2, column 4: the line ends here; expected bytes of two hex digits each, e.g. `00: 86 80`",
        ),
        (
            rows(&format!("00:{}", " 00".repeat(17))),
            "line 2, column 53: more than 16 bytes in a row",
        ),
        (rows("fff: 00 00"), "line 2, column 9: config space ends at 0x1000"),
        (
            rows(""),
            "line 1, column 10: no config space follows; expected rows as `lspci -xxx` prints them below, e.g. `00: 86 80 d3 10`",
        ),
        (
            "function config msi=4".into(),
            "line 1, column 17: `msi` is what the config space below says; expected `vf`, `intx-status=`, `reset=`, `when-off=` or `name=` beside `config`",
        ),
        // The import's own errors stand at the byte they are about.
        (
            rows(&SMALL.replace("34: 50", "34: 52")),
            "line 3, column 5: capability pointer 0x52 is not a multiple of 4",
        ),
        (
            rows(&SMALL.replace("0b 01", "0b 07")),
            "line 4, column 8: Interrupt Pin 0x7 is not in 0 to 4",
        ),
    ];
    for (text, message) in cases {
        assert_eq!(error(&text), message, "{text}");
    }
}

/// A config space somebody may have dumped, and some nobody has.
fn any_config() -> impl Strategy<Value = Vec<u8>> {
    let len = prop_oneof![Just(64usize), Just(256), Just(4096)];
    (len, proptest::collection::vec((0usize..4096, any::<u8>()), 0..40)).prop_map(|(len, bytes)| {
        let mut config = alloc::vec![0; len];
        for (at, byte) in [(0x06, 0x10), (0x34, 0x50), (0x50, 5)].into_iter().chain(bytes) {
            if let Some(place) = config.get_mut(at % 512) {
                *place = byte;
            }
        }
        config
    })
}

proptest! {
    #[test]
    fn dump_in_a_text_is_the_dumps_function(config in any_config()) {
        let Ok(imported) = from_config(&config) else { return Ok(()) };
        let text = function_text(&imported);
        let printed = Scenario::parse(&text).map(|scenario| scenario.to_string());
        prop_assert_eq!(printed.as_ref(), Ok(&text));
        let made = imported.function().map_err(|error| error.to_string());
        match (function(&text), made) {
            (Ok(one), Ok(other)) => prop_assert_eq!(one, other),
            (Err(one), Err(other)) => prop_assert!(one.ends_with(&other), "{} {}", one, other),
            (one, other) => prop_assert!(false, "{:?} {:?}\n{}", one.is_ok(), other, text),
        }
    }
}
