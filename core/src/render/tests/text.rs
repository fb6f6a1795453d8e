//! The text a mail would carry.

use super::stories::{gallery, intx_cycle, many, teardown};
use crate::render::text;

#[test]
fn look() {
    extern crate std;
    for story in [teardown(), intx_cycle(), gallery(), many()] {
        std::println!("{}", text(&story));
    }
}
