//! Runs the recipes, in both languages, on a real device: `vfio-irq-recipes 0000:00:04.0`.
//!
//! For the laboratory's guests; prints `language …` and then a line for each story. Nothing of value may
//! depend on the device.

#[cfg(target_os = "linux")]
mod real;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    real::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("error: VFIO is Linux's");
}
