//! The machine of a scenario's first lines.

use alloc::string::{String, ToString};

use crate::host::HostProfile;
use crate::pci::{Function, FunctionSpec, WhenOff};
use crate::scenario::{Overrides, Scenario};

fn machine_error(text: &str) -> String {
    let scenario = Scenario::parse(text).expect("the text is right");
    scenario.machine(&Overrides::default()).expect_err("no such machine").to_string()
}

#[test]
fn function_has_what_its_line_says() {
    let text = "function intx=c msi=8,wide msix=300 express when-off=hold name=\"a b\"
host linux-6.1 vectors=5 remapping=no";
    let scenario = Scenario::parse(text).unwrap();
    let machine = scenario.machine(&Overrides::default()).unwrap();
    let function = &machine.function;
    assert_eq!((function.name(), function.pin(), function.is_express()), ("a b", 3, true));
    assert_eq!(function.when_off(), WhenOff::Hold);
    let msi = function.msi().unwrap();
    assert_eq!((msi.vectors(), msi.wide(), msi.maskable()), (8, true, false));
    let msix = function.msix().unwrap();
    assert_eq!((msix.vectors(), msix.table(), msix.pba()), (300, (0, 0x2000), (0, 0x4000)));
    let profile = machine.host.profile();
    assert_eq!((&*profile.name, profile.vectors, profile.remapping), ("linux-6.1", Some(5), false));
}

#[test]
fn capabilities_lie_where_the_line_says() {
    let text = "function simple msi-at=0x40 msix-at=0x58 express-at=0x70 id=8086:10d3 class=020000";
    let scenario = Scenario::parse(text).unwrap();
    let function = scenario.machine(&Overrides::default()).unwrap().function;
    let read = |offset| {
        let mut bytes = [0; 2];
        function.config_read(offset, &mut bytes);
        (bytes[0], bytes[1])
    };
    // Capabilities Pointer, then id and next pointer of each.
    assert_eq!(read(0x34).0, 0x40);
    assert_eq!([read(0x40), read(0x70), read(0x58)], [(0x05, 0x70), (0x10, 0x58), (0x11, 0x00)]);
    assert_eq!((function.id(), function.class()), ((0x8086, 0x10d3), 0x02_0000));
    assert_eq!(scenario.to_string().trim_end(), text);
}

#[test]
fn profile_is_changed_by_options() {
    let scenario = Scenario::parse("function e1000e msi=no intx=no").unwrap();
    let function = scenario.machine(&Overrides::default()).unwrap().function;
    assert!(function.msi().is_none() && function.msix().is_some());
    assert_eq!(function.pin(), 0);
}

#[test]
fn machine_without_lines_is_simple_on_linux_6_12() {
    let machine = Scenario::default().machine(&Overrides::default()).unwrap();
    assert_eq!(machine.function.name(), "simple");
    assert_eq!(machine.host.profile().name, "linux-6.12");
}

#[test]
fn overrides_stand_in_for_lines_even_wrong_ones() {
    let scenario = Scenario::parse("function nonesuch\nhost nonesuch").unwrap();
    let overrides = Overrides {
        host: HostProfile::by_name("mediated"),
        function: Function::new(&FunctionSpec::simple()).ok(),
    };
    assert_eq!(scenario.machine(&overrides).unwrap().host.profile().name, "mediated");
}

#[test]
fn machine_that_cannot_be_has_an_error_with_a_place() {
    let cases = [
        (
            "host linux-6.13",
            "line 1, column 6: unknown host `linux-6.13`: did you mean `linux-6.12`?; expected one of linux-6.1, linux-6.12, linux-7.3, mediated",
        ),
        (
            "\nfunction intx  msi=5",
            "line 2, column 16: MSI vectors: 5 is none of 1, 2, 4, 8, 16, 32",
        ),
        ("function msix=0", "line 1, column 10: MSI-X vectors: 0 is not in 1 to 2048"),
        (
            "function msix=65535,table=5+0xfffffff8",
            "line 1, column 10: MSI-X vectors: 65535 is not in 1 to 2048",
        ),
        (
            "function simple msi-at=0x42",
            "line 1, column 17: MSI capability: 0x42 is no multiple of 4 in 0x40 to 0xe8",
        ),
        (
            "function simple msix-at=0xf8",
            "line 1, column 17: MSI-X capability: 0xf8 is no multiple of 4 in 0x40 to 0xf4",
        ),
        (
            "function simple intx msix-at=0xb4",
            "line 1, column 22: the MSI-X capability at 0xb4 and the MSI capability overlap",
        ),
        (
            "function msi=1 express-at=0x40",
            "line 1, column 16: the function has no PCI Express capability to place",
        ),
    ];
    for (text, message) in cases {
        assert_eq!(machine_error(text), message);
    }
    let message = machine_error("function e1000");
    assert!(
        message.starts_with("line 1, column 10: unknown function `e1000`: did you mean `e1000e`?")
    );
}
