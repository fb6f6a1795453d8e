//! The text a mail would carry.

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
    ];
    for (name, story) in stories {
        std::fs::write(std::format!("/tmp/ren/{name}.txt"), text(&story)).unwrap();
        for narrow in [false, true] {
            let file = std::format!("/tmp/ren/{name}{}.svg", if narrow { "-narrow" } else { "" });
            std::fs::write(file, svg(&story, &SvgOptions { narrow, rows: 200 })).unwrap();
        }
    }
}
