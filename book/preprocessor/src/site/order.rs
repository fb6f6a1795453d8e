//! Functions in an order that compresses well: like behind like. What a compressor refers back to is
//! then near, and near costs fewer bits: 4 KB of the page's module.
//!
//! Only their order changes, and with it the numbers by which the module itself names functions.
//! By the WebAssembly core specification: numbers of functions stand in calls, elements, exports
//! and start; alignments of loads and stores are hints, and mean nothing to what they do
//! (section 4.6, memory instructions), so all of an instruction become one.

use anyhow::{Context, Result};
use std::collections::HashMap;
use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{CodeSection, FunctionSection, MemArg, Module};
use wasmparser::{CodeSectionReader, FunctionBody, FunctionSectionReader, Parser, Payload};

/// Bytes that functions are compared by.
const PIECE: usize = 4;

/// The same module, its functions in another order.
pub(super) fn arranged(wasm: &[u8]) -> Result<Vec<u8>> {
    let (mut imported, mut bodies) = (0, Vec::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            // `names` sees to it that nothing but functions is imported.
            Payload::ImportSection(section) => imported = section.count() as usize,
            Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes()),
            _ => {}
        }
    }
    let order = order(&bodies);
    let mut numbers: Vec<u32> = (0..imported as u32).collect();
    numbers.resize(imported + bodies.len(), 0);
    for (new, old) in order.iter().enumerate() {
        numbers[imported + old] = u32::try_from(imported + new)?;
    }
    let mut module = Module::new();
    Arrange { order, numbers }
        .parse_core_module(&mut module, Parser::new(0), wasm)
        .context("its functions can't be put into another order")?;
    Ok(module.finish())
}

/// The functions' places in a better order: the shortest, then always the one that the last has most of.
fn order(bodies: &[&[u8]]) -> Vec<usize> {
    // Every different piece has a number.
    let mut numbers = HashMap::new();
    let mut pieces = |body: &&[u8]| -> Vec<usize> {
        let number = |piece: &[u8]| {
            let next = numbers.len();
            *numbers.entry(piece.to_owned()).or_insert(next)
        };
        let mut pieces: Vec<usize> = body.windows(PIECE).map(number).collect();
        pieces.sort_unstable();
        pieces.dedup();
        pieces
    };
    let pieces: Vec<Vec<usize>> = bodies.iter().map(&mut pieces).collect();
    let mut having = vec![Vec::new(); numbers.len()];
    for (function, pieces) in pieces.iter().enumerate() {
        for piece in pieces {
            having[*piece].push(function);
        }
    }

    let mut left: Vec<usize> = (0..bodies.len()).collect();
    left.sort_by_key(|function| bodies[*function].len());
    let mut order = Vec::with_capacity(left.len());
    let mut next = 0;
    while next < left.len() {
        let last = left.remove(next);
        order.push(last);
        let mut common = vec![0; bodies.len()];
        for piece in &pieces[last] {
            for function in &having[*piece] {
                common[*function] += 1;
            }
        }
        next = 0;
        for at in 1..left.len() {
            // Shares, compared without fractions; the shorter of equals.
            let share = |at: usize| (common[left[at]], pieces[left[at]].len() + 1);
            let ((most, of), (common, pieces)) = (share(next), share(at));
            if common * of > most * pieces {
                next = at;
            }
        }
    }
    order
}

/// Writes a module down again.
struct Arrange {
    /// By its new place, a function's old.
    order: Vec<usize>,
    /// By its old number, imports before all, a function's new.
    numbers: Vec<u32>,
}

impl Arrange {
    fn in_order<T>(&self, all: Vec<T>) -> impl Iterator<Item = T> {
        let mut all: Vec<Option<T>> = all.into_iter().map(Some).collect();
        self.order.iter().filter_map(move |old| all[*old].take())
    }
}

impl Reencode for Arrange {
    type Error = Infallible;

    fn function_index(&mut self, old: u32) -> Result<u32, Error<Infallible>> {
        Ok(self.numbers[old as usize])
    }

    fn mem_arg(&mut self, it: wasmparser::MemArg) -> Result<MemArg, Error<Infallible>> {
        Ok(MemArg { offset: it.offset, align: it.max_align.into(), memory_index: it.memory })
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        let types = section.into_iter().collect::<Result<Vec<u32>, _>>()?;
        for of_type in self.in_order(types) {
            functions.function(of_type);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        let bodies = section.into_iter().collect::<Result<Vec<FunctionBody<'_>>, _>>()?;
        let bodies: Vec<_> = self.in_order(bodies).collect();
        bodies.into_iter().try_for_each(|body| self.parse_function_body(code, body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{
        EntityType, ExportKind, ExportSection, Function, ImportSection, Instruction, MemorySection,
        MemoryType, StartSection, TypeSection,
    };
    use wasmparser::Operator;

    /// An import, and three functions, the longest first: it loads what nobody aligned, and calls
    /// all others; the second begins, the last is exported.
    fn module() -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut imports = ImportSection::new();
        imports.import("b", "i0", EntityType::Function(0));
        let mut functions = FunctionSection::new();
        functions.function(0).function(0).function(0);
        let mut memories = MemorySection::new();
        let (minimum, maximum) = (1, None);
        let page_size_log2 = None;
        memories.memory(MemoryType {
            minimum,
            maximum,
            memory64: false,
            shared: false,
            page_size_log2,
        });
        let mut exports = ExportSection::new();
        exports.export("last", ExportKind::Func, 3);
        let mut code = CodeSection::new();
        let load = MemArg { offset: 8, align: 0, memory_index: 0 };
        let bodies: [&[Instruction<'_>]; 3] = [
            &[
                Instruction::I32Const(100),
                Instruction::I32Load(load),
                Instruction::Drop,
                Instruction::Call(0),
                Instruction::Call(2),
                Instruction::Call(3),
            ],
            &[
                Instruction::I32Const(7),
                Instruction::I32Const(7),
                Instruction::Drop,
                Instruction::Drop,
            ],
            &[Instruction::Nop],
        ];
        for body in bodies {
            let mut function = Function::new([]);
            for instruction in body.iter().chain([&Instruction::End]) {
                function.instruction(instruction);
            }
            code.function(&function);
        }
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&functions).section(&memories);
        module.section(&exports).section(&StartSection { function_index: 2 }).section(&code);
        module.finish()
    }

    /// What is called, exported and begun with, by the length of its body, and what is loaded.
    fn told(wasm: &[u8]) -> Vec<(&'static str, usize)> {
        // The import has no body.
        let (mut named, mut loads, mut lengths) = (Vec::new(), Vec::new(), vec![0]);
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.unwrap() {
                Payload::ExportSection(all) => {
                    named.extend(all.into_iter().map(|one| ("export", one.unwrap().index)));
                }
                Payload::StartSection { func, .. } => named.push(("start", func)),
                Payload::CodeSectionEntry(body) => {
                    lengths.push(body.as_bytes().len());
                    for operator in body.get_operators_reader().unwrap() {
                        match operator.unwrap() {
                            Operator::Call { function_index } => {
                                named.push(("call", function_index))
                            }
                            Operator::I32Load { memarg } => {
                                loads.push(("load", memarg.offset as usize));
                            }
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        let named = named.into_iter().map(|(what, number)| (what, lengths[number as usize]));
        named.chain(loads).collect()
    }

    #[test]
    fn functions_are_called_by_their_new_numbers() {
        let module = module();
        let arranged = arranged(&module).unwrap();

        assert_eq!(told(&arranged), told(&module));
        let lengths = |wasm: &[u8]| -> Vec<usize> {
            let payloads = Parser::new(0).parse_all(wasm).map(Result::unwrap);
            let body = |payload| match payload {
                Payload::CodeSectionEntry(body) => Some(body.as_bytes().len()),
                _ => None,
            };
            payloads.filter_map(body).collect()
        };
        let (before, after) = (lengths(&module), lengths(&arranged));
        assert!(before.is_sorted_by(|one, next| one > next), "{before:?}");
        assert!(after.is_sorted(), "{after:?}");
    }

    #[test]
    fn like_stands_behind_like() {
        let [one, like_one, other, like_other] =
            [b"abcdefgh", b"abcdefgi", b"stuvwxyz", b"stuvwxya"];
        assert_eq!(order(&[one, other, like_one, like_other]), [0, 2, 1, 3]);
    }

    #[test]
    fn module_that_is_cut_is_an_error() {
        let module = module();
        assert!(arranged(&module[..module.len() - 1]).is_err());
    }
}
