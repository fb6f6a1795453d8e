//! What errors say, and where.

use alloc::format;
use alloc::string::String;

use crate::scenario::Scenario;

/// The first error of a text: "LINE:COLUMN+LENGTH MESSAGE | EXPECTED".
fn first_error(text: &str) -> String {
    let errors = Scenario::parse(text).expect_err(text);
    let error = &errors[0];
    let expected = error.expected.as_deref().unwrap_or("-");
    format!("{}:{}+{} {} | {expected}", error.line, error.column, error.length, error.message)
}

#[test]
fn errors_say_where_what_and_what_instead() {
    let cases = [
        (
            "\n\nset_irq msix trigger none 0+0",
            "3:1+7 unknown step `set_irq`: did you mean `set_irqs`? | a step such as `set_irqs`, `irq_info`, `fire`, `read`",
        ),
        (
            "set_irqs mxis trigger none 0+0",
            "1:10+4 unknown IRQ index `mxis`: did you mean `msix`? | `intx`, `msi`, `msix`, `err`, `req` or a number",
        ),
        (
            "set_irqs msix enable none 0+0",
            "1:15+6 unknown action `enable` | `trigger`, `mask` or `unmask`",
        ),
        (
            "set_irqs msix trigger eventfd",
            "1:30+1 the line ends here | the first vector, e.g. `0`, or START+COUNT, e.g. `0+2`",
        ),
        (
            "set_irqs msix trigger none 0 -> 0",
            "1:30+2 the number of vectors is missing | START+COUNT, e.g. `0+1`",
        ),
        (
            "set_irqs msix trigger none 0 [1]",
            "1:30+1 `none` carries no data | START+COUNT alone, or `bool` or `eventfd`",
        ),
        (
            "set_irqs msix trigger eventfd 0 [a",
            "1:35+1 the line ends here | `,` and another item, or `]`",
        ),
        ("set_irqs msix trigger bool 0 [256]", "1:31+3 `256` does not fit in 8 bits | -"),
        (
            "set_irqs msix trigger none 0+0 argz=8",
            "1:32+5 unknown field `argz=`: did you mean `argsz=`? | `argsz=`, `flags=`, `index=`, `start=`, `count=` or `data=`",
        ),
        (
            "set_irqs msix trigger none 0+0 data=0",
            "1:32+6 `0` are no bytes | two hex digits for each byte, e.g. `data=0100ff`",
        ),
        (
            "reset -> EINVALID",
            "1:10+8 unknown errno `EINVALID`: did you mean `EINVAL`? | `0`, an errno such as `EINVAL`, or a counter such as `a=1`",
        ),
        (
            "eventfd a\nreset -> 0 EINVAL",
            "2:12+6 column 10 expects another answer already | one answer a step",
        ),
        ("fire 0 -> 0", "1:11+1 this step can't answer `0` | a counter such as `a=1`"),
        (
            "fire 0 -> b=1",
            "1:11+3 unknown descriptor `b` | a name that stood in a list, in `eventfd` or in `plainfd` before",
        ),
        (
            "eventfd alpha\nread alhpa",
            "2:6+5 unknown descriptor `alhpa`: did you mean `alpha`? | a name that stood in a list, in `eventfd` or in `plainfd` before",
        ),
        ("eventfd a a", "1:11+1 `a` is a descriptor already | -"),
        (
            "eventfd lost",
            "1:9+4 `lost` has a meaning of its own, it can't be a name | another name",
        ),
        (
            "ledger -> delivered=1",
            "1:11+11 unknown count `delivered` | `causes`, `signalled`, `merged`, `waiting`, `lost` or `signals`",
        ),
        (
            "ledger -> signaled=1",
            "1:11+10 unknown count `signaled`: did you mean `signalled`? | `causes`, `signalled`, `merged`, `waiting`, `lost` or `signals`",
        ),
        (
            "reset { after clear: fire 0 }",
            "1:15+5 `clear` can't stand here | a micro-step's name in quotation marks, e.g. `\"clear MSI-X Enable\"`",
        ),
        (
            "reset { after \"x\": read a }",
            "1:20+4 `read` is nothing a device does | `fire N`, `assert intx`, `deassert intx`, `error`, `request` or `vectors N`",
        ),
        (
            "fire 0 { after \"x\": fire 0 }",
            "1:8+1 nothing can be placed inside this step | moments at a call only",
        ),
        ("meanwhile open", "1:11+4 `open` can't wait | -"),
        (
            "meanwhile reset { after \"x\": fire 0 }",
            "1:17+1 nothing can be placed inside this step | moments at a call only",
        ),
        ("meanwhile", "1:10+1 the line ends here | a step that may wait"),
        ("reset { after \"x", "1:15+2 this quotation has no end | `\"`"),
        (
            "reset\nhost linux-6.1",
            "2:1+4 `host` comes after the first step, which is in line 1 | it before all steps",
        ),
        ("host a\nhost b", "2:1+4 line 1 says `host` already | -"),
        (
            "host linux-6.1 vector=3",
            "1:16+7 unknown host option `vector=`: did you mean `vectors=`? | `vectors=` or `remapping=`",
        ),
        (
            "function simple msixx=4",
            "1:17+6 unknown function option `msixx=`: did you mean `msix=`? | `intx`, `msi=`, `msix=`, `vf`, `express`, `intx-status=`, `reset=`, `when-off=`, `msi-at=`, `msix-at=`, `express-at=`, `id=`, `class=` or `name=`",
        ),
        ("function id=8086", "1:17+1 the line ends here | vendor and device, e.g. `id=8086:10d3`"),
        (
            "function class=0x020000",
            "1:10+14 `0x020000` are not 6 hex digits | e.g. `id=8086:10d3`, `class=020000`",
        ),
        ("function intx intx=b", "1:15+6 `intx` is said twice | -"),
        ("config read 4 2 -> 0x10000", "1:20+7 the value does not fit in 2 bytes | -"),
        ("config write 4 2 0x10000", "1:18+7 the value does not fit in 2 bytes | -"),
        ("config write 4 9 0", "1:16+1 more than 8 bytes at once | `data=` and hex digits"),
        ("vectors few", "1:9+3 `few` is no number | how many vectors the host has left, or `any`"),
        ("fire zero", "1:6+4 `zero` is no number | a vector, e.g. `fire 0`"),
        ("fire 70000", "1:6+5 `70000` does not fit in 16 bits | -"),
        ("fire 0 x0", "1:8+2 `0` times can't be | 1 to 131072"),
        (
            "fire 0 twice",
            "1:8+5 `twice` can't stand here | `->` and what should come of it, `{` and a moment, `xN`, or nothing",
        ),
        (
            "äöü -> \u{7}",
            "1:1+3 unknown step `äöü` | a step such as `set_irqs`, `irq_info`, `fire`, `read`",
        ),
    ];
    for (text, message) in cases {
        assert_eq!(first_error(text), message, "{text}");
    }
}

#[test]
fn errors_of_several_lines_come_together() {
    let errors = Scenario::parse("fire\nreset\nfire x\nledger -> lost=x").unwrap_err();
    let lines: alloc::vec::Vec<_> = errors.iter().map(|error| error.line).collect();
    assert_eq!(lines, [1, 3, 4]);
}

#[test]
fn error_displays_in_one_line() {
    let errors = Scenario::parse("fire zero").unwrap_err();
    let text = "line 1, column 6: `zero` is no number; expected a vector, e.g. `fire 0`";
    assert_eq!(format!("{}", errors[0]), text);
}

#[test]
fn number_that_is_missing_is_called_missing() {
    let errors = Scenario::parse("eventfd a\nfire 0 -> a=\n").unwrap_err();
    assert_eq!(errors[0].message, "a number is missing here");
}
