//! The book's recipes, as code that is compiled and run: `c/` in C, and the modules here in Rust.
//!
//! The book shows both part by part, by the anchors in the files. [`Recipes`] is either language
//! behind one face, for those who run them: the tests, on a kernel made of the emulator, and the program
//! of this package, on a real device ([`stories`]).
//!
//! Left out: how a device is opened (group and container, or IOMMUFD), and what a device's own
//! registers say.
#![cfg(target_os = "linux")]
#![allow(unsafe_code, reason = "raw ioctls are what the recipes are about")]
#![allow(missing_docs, reason = "the header's numbers, shown in the book as they stand")]

pub mod add;
pub mod base;
#[cfg(has_c)]
pub mod c;
pub mod enable;
pub mod kvm;
pub mod recipes;
pub mod shut_down;
pub mod stories;
pub mod switch;

pub use recipes::{Recipes, Rust};
