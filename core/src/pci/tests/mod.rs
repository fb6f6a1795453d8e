//! Tests of the function: registers, interrupts, and what holds for any of both.

use alloc::vec::Vec;

use super::*;
use crate::event::CauseId;

mod interrupts;
mod properties;
mod registers;
mod specs;

const MEMORY: u16 = 1 << 1;
const BUS_MASTER: u16 = 1 << 2;
const INTERRUPT_DISABLE: u16 = 1 << 10;
const MSIX_ENABLE: u16 = 1 << 15;
const FUNCTION_MASK: u16 = 1 << 14;

/// A built-in function, its Memory Space and Bus Master on.
fn function(name: &str) -> Function {
    let mut function = build(&profiles::by_name(name).expect("a built-in name"));
    function.set_command(MEMORY | BUS_MASTER, &mut Vec::new());
    function
}

fn build(spec: &FunctionSpec) -> Function {
    Function::new(spec).expect("a valid spec")
}

/// What others notice of one operation.
fn outputs(operation: impl FnOnce(&mut Outputs)) -> Outputs {
    let mut out = Vec::new();
    operation(&mut out);
    out
}

fn config(function: &Function, offset: u16, len: usize) -> u64 {
    let mut data = [0; 8];
    function.config_read(offset, &mut data[..len]);
    u64::from_le_bytes(data)
}

fn bar(function: &Function, bar: u8, offset: u64, len: usize) -> u64 {
    let mut data = [0; 8];
    function.bar_read(bar, offset, &mut data[..len]);
    u64::from_le_bytes(data)
}

fn cause(number: u32) -> CauseId {
    CauseId(number)
}
