//! `vfio-irq inspect` on every committed dump, against what Debian's lspci decodes from it.

mod command;
mod lspci;

use std::path::{Path, PathBuf};

use command::{configs, ran, ran_with};
use serde_json::Value;

/// The dumps: files for which there is a `.vv.txt`.
fn dumps() -> Vec<PathBuf> {
    let files = std::fs::read_dir(configs()).expect("the dumps are committed");
    let files = files.map(|entry| entry.expect("readable").path());
    let is_dump = |path: &PathBuf| {
        path.extension().is_some_and(|end| end == "config")
            || path.to_string_lossy().ends_with(".lspci.txt")
    };
    let mut dumps: Vec<PathBuf> = files.filter(is_dump).collect();
    dumps.sort();
    dumps
}

fn oracle(dump: &Path) -> Vec<Value> {
    let name = dump.to_string_lossy();
    let stem = name.strip_suffix(".config").or(name.strip_suffix(".lspci.txt"));
    let decoded = format!("{}.vv.txt", stem.expect("a dump ends so"));
    let text = std::fs::read_to_string(&decoded);
    lspci::functions(&text.unwrap_or_else(|error| panic!("{decoded}: {error}")))
}

fn inspected(dump: &Path) -> Vec<Value> {
    let ran = ran(&format!("inspect --format json {}", dump.display()));
    assert_eq!((ran.status, &*ran.stderr), (0, ""), "{}", dump.display());
    serde_json::from_str(&ran.stdout).expect("a JSON list")
}

/// Every field of `expected` is in `actual` with the same value.
fn agree(expected: &Value, actual: &Value, at: &str) {
    match expected {
        Value::Object(fields) => {
            for (name, value) in fields {
                agree(value, &actual[name], &format!("{at}.{name}"));
            }
        }
        _ => assert_eq!(actual, expected, "{at}: inspect says the left, lspci the right"),
    }
}

#[test]
fn every_dump_decodes_as_lspci_decodes_it() {
    let mut functions = 0;
    for dump in dumps() {
        let (actual, expected) = (inspected(&dump), oracle(&dump));
        assert_eq!(actual.len(), expected.len(), "{}", dump.display());
        for (actual, mut expected) in actual.iter().zip(expected) {
            let at = format!("{} {}", dump.display(), expected["address"]);
            if dump.extension().is_some_and(|end| end == "config") {
                // The bytes of a config file do not say where the function is.
                expected["address"] = Value::Null;
            }
            agree(&expected, actual, &at);
            functions += 1;
        }
    }
    assert!(functions >= 90, "only {functions} functions were compared");
}

#[test]
fn dumps_cover_what_capabilities_can_be() {
    let all: Vec<Value> = dumps().iter().flat_map(|dump| oracle(dump)).collect();
    let some = |what: &str, holds: &dyn Fn(&Value) -> bool| {
        assert!(all.iter().any(holds), "no dump has {what}");
    };
    some("no interrupt at all", &|f| ["intx", "msi", "msix"].iter().all(|i| f[i].is_null()));
    some("INTD#", &|f| f["intx"]["pin"] == "D");
    some("Interrupt Disable on", &|f| f["interrupt_disable"] == true);
    some("an enabled MSI with several vectors", &|f| {
        f["msi"]["enabled"] == true && f["msi"]["granted"].as_u64() > Some(1)
    });
    some("a 32-bit MSI", &|f| f["msi"]["wide"] == false);
    some("an MSI that masks", &|f| f["msi"]["maskable"] == true);
    some("an enabled MSI-X", &|f| f["msix"]["enabled"] == true);
    some("a table outside BAR 0", &|f| f["msix"]["table"]["bar"].as_u64() > Some(0));
}

#[test]
fn text_names_every_number_of_the_capabilities() {
    // NEC xHCI with MSI on in a Linux guest; lspci: 4 of 16 vectors at 70, MSI-X 16 at 90.
    let ran =
        ran(&format!("inspect {}", configs().join("live-nec-usb-xhci-msi4.config").display()));

    assert_eq!((ran.status, &*ran.stderr), (0, ""));
    // A name's lines: its own, and those below it that begin with blanks only.
    let said = |name: &str| {
        let mut lines = ran.stdout.lines();
        let own = lines.find(|line| line.starts_with(&format!("  {name} ")));
        let own = own.unwrap_or_else(|| panic!("no {name} in\n{}", ran.stdout));
        let more = lines.take_while(|line| line.starts_with("   "));
        more.fold(own.to_owned(), |said, line| said + line)
    };
    for (name, parts) in [
        ("Command", &["0x0106", "Memory Space", "Bus Master"][..]),
        ("INTx", &["INTA#", "line 10"]),
        ("MSI", &["0x70", "16 vectors", "on", "4 granted", "64-bit", "no per-vector mask"]),
        (
            "MSI-X",
            &[
                "0x90",
                "16 vectors",
                "off",
                "not masked",
                "table BAR 0 + 0x3000",
                "pending bits BAR 0 + 0x3800",
            ],
        ),
    ] {
        for part in parts {
            assert!(said(name).contains(part), "{part} is missing in {}", said(name));
        }
    }
    assert!(ran.stdout.contains("1033:0194"), "{}", ran.stdout);
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 72), "{}", ran.stdout);
}

#[test]
fn text_of_several_functions_has_a_paragraph_each() {
    let ran = ran(&format!("inspect {}", configs().join("firecracker.lspci.txt").display()));

    let starts: Vec<&str> = ran
        .stdout
        .split("\n\n")
        .map(|p| p.split_whitespace().next().expect("a paragraph"))
        .collect();
    assert_eq!(starts, ["00:00.0", "00:01.0", "00:02.0", "00:03.0", "00:04.0", "00:05.0"]);
}

#[test]
fn dump_on_standard_input_decodes_as_the_file() {
    for name in ["e1000e.config", "firecracker.lspci.txt"] {
        let file = configs().join(name);
        let bytes = std::fs::read(&file).expect("committed");
        let piped = ran_with("inspect -", &bytes);
        assert_eq!(piped.status, 0, "{name}: {}", piped.stderr);
        assert_eq!(piped.stdout, ran(&format!("inspect {}", file.display())).stdout, "{name}");
    }
}

#[test]
fn dump_that_is_wrong_exits_2_and_says_what_and_where() {
    let e1000e = std::fs::read(configs().join("e1000e.config")).expect("committed");
    let mut looping = e1000e.clone();
    // The capability at 0xd0 (after the first, at 0xc8) points back to 0xc8.
    looping[0xd1] = 0xc8;
    let cases: [(&str, &[u8]); 6] = [
        ("nothing", b""),
        ("words", b"fire 0\n"),
        ("a cut file", &e1000e[..100]),
        ("a looping list", &looping),
        ("a bad digit", b"00:00.0 Host bridge: x\n00: 86 80 5g 0d\n"),
        ("no device", &[0xff; 256]),
    ];
    for (what, bytes) in cases {
        let ran = ran_with("inspect -", bytes);
        assert_eq!((ran.status, &*ran.stdout), (2, ""), "{what}");
        assert!(ran.stderr.starts_with("error: <stdin>: "), "{what}: {}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 1, "{what}: {}", ran.stderr);
    }
}
