//! The text a mail would carry.

use super::real;
use super::stories::{gallery, intx_cycle, many, teardown};
use crate::render::{SvgOptions, svg, text};

#[test]
fn look() {
    extern crate std;
    let stories = [
        ("teardown", teardown()),
        ("intx", intx_cycle()),
        ("gallery", gallery()),
        ("many", many()),
        ("r-teardown61", real::teardown("e1000e", "linux-6.1")),
        ("r-teardown73", real::teardown("e1000e", "linux-7.3")),
        ("r-mediated", real::teardown("e1000e", "mediated")),
        ("r-intx", real::intx("e1000e", "linux-6.1")),
        ("r-intx-broken", real::intx("broken-intx", "linux-6.1")),
        ("r-msi", real::msi("simple", "linux-6.1")),
        ("r-many", real::many("msix-2048", "linux-7.3")),
    ];
    for (name, story) in stories {
        std::fs::write(std::format!("/tmp/ren/{name}.txt"), text(&story)).unwrap();
        for narrow in [false, true] {
            let file = std::format!("/tmp/ren/{name}{}.svg", if narrow { "-narrow" } else { "" });
            std::fs::write(file, svg(&story, &SvgOptions { narrow, rows: 200 })).unwrap();
        }
    }
}
