//! The stories that real devices are asked, too.

use vfio_irq_recipes::stories::{expected, tell};

use crate::each;

#[test]
fn stories_on_the_emulator_are_as_expected() {
    for function in ["e1000e", "xhci", "edu"] {
        for host in ["linux-6.1", "linux-6.12", "linux-7.3"] {
            let lines = expected(function, host).expect("written");
            each(function, host, |recipes, kernel| {
                let told = tell(kernel, recipes);
                assert_eq!(told, lines, "{function}, {host}, {}", recipes.language());
            });
        }
    }
}
