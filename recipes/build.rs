//! Compiles the recipes in C where that can be: `cc`, `ar`, `<linux/vfio.h>` and `<linux/kvm.h>`. Elsewhere
//! says what is lacking, and leaves them out.
//!
//! The same objects serve the static program for the laboratory's guests, so nothing of one C
//! library is asked for: no fortification, no stack protector. That a warning is an error is the
//! tests' affair (`tests/recipes/main.rs`): a compiler of tomorrow must not break a build.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PARTS: [&str; 6] = ["base", "enable", "add", "switch", "kvm", "shut_down"];
const FLAGS: [&str; 9] = [
    "-std=c11",
    "-D_GNU_SOURCE",
    "-Wall",
    "-Wextra",
    "-pedantic",
    "-O1",
    "-fPIC",
    "-U_FORTIFY_SOURCE",
    "-fno-stack-protector",
];
const HEADERS: [&str; 2] = ["linux/vfio.h", "linux/kvm.h"];

fn main() {
    println!("cargo::rustc-check-cfg=cfg(has_c)");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=c");
    let linux = env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux");
    let here = env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == env::consts::ARCH);
    if !linux || !here {
        return;
    }
    for header in HEADERS {
        println!("cargo::rerun-if-changed={}", there(header).display());
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says where"));
    match lacking(&out) {
        Some(what) => println!("cargo::warning=recipes in C are left out: {what}"),
        None => compile(&out),
    }
}

/// A header, or the nearest folder above it that is there: that changes when it is installed.
fn there(header: &str) -> PathBuf {
    let path = Path::new("/usr/include").join(header);
    let there = path.ancestors().find(|path| path.exists());
    there.expect("there is a root").to_owned()
}

/// What can't be done here, tried on a file that is none of the recipes.
fn lacking(out: &Path) -> Option<String> {
    if !runs("cc", &["--version"]) {
        return Some("there is no cc".into());
    }
    let text = |name: &str| out.join(name).display().to_string();
    let (source, object, archive) = (text("try.c"), text("try.o"), text("libtry.a"));
    let mut arguments = FLAGS.to_vec();
    arguments.extend(["-c", "-o", &object, &source]);
    for header in HEADERS {
        let tried = format!("#include <{header}>\nint tried;\n");
        if std::fs::write(&source, tried).is_err() || !runs("cc", &arguments) {
            return Some(format!("cc can't compile <{header}>"));
        }
    }
    (!runs("ar", &["crs", &archive, &object])).then(|| "there is no ar".into())
}

fn compile(out: &Path) {
    let archive = out.join("librecipes_c.a").display().to_string();
    let mut objects = Vec::new();
    for part in PARTS {
        let object = out.join(format!("{part}.o")).display().to_string();
        let source = format!("c/{part}.c");
        let mut arguments = FLAGS.to_vec();
        arguments.extend(["-c", "-o", &object, &source]);
        assert!(run("cc", &arguments), "{source} does not compile");
        objects.push(object);
    }
    let mut arguments = vec!["crs", &archive];
    arguments.extend(objects.iter().map(String::as_str));
    assert!(run("ar", &arguments), "no archive of the recipes in C");
    println!("cargo::rustc-link-search=native={}", out.display());
    println!("cargo::rustc-link-lib=static=recipes_c");
    println!("cargo::rustc-env=RECIPES_C_FLAGS={}", FLAGS.join(" "));
    println!("cargo::rustc-cfg=has_c");
}

fn run(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    // Build scripts speak to cargo by standard output.
    command.args(arguments).stdout(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The same where failing is an answer.
fn runs(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
