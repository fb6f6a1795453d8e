//! Compiles the recipes in C, every warning an error, where there is a compiler and `<linux/vfio.h>`.
//!
//! The same objects serve the static program for the laboratory's guests, so nothing of one C
//! library is asked for: no fortification, no stack protector.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

const PARTS: [&str; 6] = ["base", "enable", "add", "switch", "kvm", "shut_down"];
const FLAGS: [&str; 10] = [
    "-std=c11",
    "-D_GNU_SOURCE",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-pedantic",
    "-O1",
    "-fPIC",
    "-U_FORTIFY_SOURCE",
    "-fno-stack-protector",
];

fn main() {
    println!("cargo::rustc-check-cfg=cfg(has_c)");
    println!("cargo::rerun-if-changed=c");
    let linux = env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux");
    let here = env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == env::consts::ARCH);
    let header = Path::new("/usr/include/linux/vfio.h").exists();
    let compiles = linux && here && header && run("cc", &["--version"]);
    if !compiles {
        return;
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says where"));
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
    println!("cargo::rustc-cfg=has_c");
}

fn run(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    // Build scripts speak to cargo by standard output.
    command.args(arguments).stdout(std::process::Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
