//! The recipes, in C and in Rust, on a kernel made of the emulator.
//!
//! Each test runs in both languages, and no descriptor may be left open at its end. Where a host's refusal can't be
//! had from the emulator it is put into the kernel's mouth ([`Kernel::answer`]).
#![cfg(target_os = "linux")]
#![allow(unsafe_code, reason = "this program's ioctl is its own")]

mod add;
mod book;
mod enable;
mod kernel;
mod kvm;
mod shut_down;
mod stories;
mod switch;

use std::sync::{Mutex, MutexGuard};

use kernel::Kernel;
use vfio_irq_recipes::{Recipes, Rust};

/// Descriptors are counted, and their number is limited, for the process: what opens a file, or
/// starts a program, waits for its turn.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    // A test that failed has told; the others are still worth running.
    ALONE.lock().unwrap_or_else(|failed| failed.into_inner())
}

fn languages() -> Vec<&'static dyn Recipes> {
    vec![
        #[cfg(has_c)]
        &vfio_irq_recipes::c::C,
        &Rust,
    ]
}

/// Eventfds that are open: all that the recipes open. What the test's own machinery has open does not
/// count.
fn open_descriptors() -> usize {
    let links = std::fs::read_dir("/proc/self/fd").expect("Linux has it");
    // One that is closed between the two is none.
    let links = links.filter_map(|link| std::fs::read_link(link.ok()?.path()).ok());
    links.filter(|link| link.to_string_lossy().contains("[eventfd]")).count()
}

/// Runs a check in both languages, each with a kernel of its own.
fn each(function: &str, host: &str, check: impl Fn(&dyn Recipes, &mut Kernel)) {
    let _alone = alone();
    for recipes in languages() {
        let before = open_descriptors();
        let mut kernel = Kernel::new(function, host);
        check(recipes, &mut kernel);
        drop(kernel);
        assert_eq!(open_descriptors(), before, "{}: descriptors are left", recipes.language());
    }
}

#[test]
fn c_is_compiled_where_it_must_be() {
    if cfg!(not(has_c)) {
        let lacking = "the build says what is lacking for the recipes in C";
        assert!(std::env::var_os("CI").is_none(), "{lacking}");
        println!("skipped: {lacking}");
    }
}

/// The build lets warnings pass.
#[cfg(has_c)]
#[test]
fn c_is_compiled_without_a_warning() {
    let _alone = alone();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("c");
    let files = std::fs::read_dir(&folder).expect("it is there");
    let sources = files.map(|file| file.expect("readable").path());
    let sources: Vec<_> =
        sources.filter(|path| path.extension().is_some_and(|name| name == "c")).collect();
    assert!(sources.len() > 5, "{sources:?}");
    for source in sources {
        let mut cc = std::process::Command::new("cc");
        cc.args(env!("RECIPES_C_FLAGS").split(' '));
        cc.args(["-Werror", "-S", "-o", "/dev/null"]).arg(&source);
        assert!(cc.status().expect("it was there").success(), "{}", source.display());
    }
}
