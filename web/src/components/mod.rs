//! What is shown, one component a file.

pub mod playground;
