//! The names by which module and bindings know each other are long, and end in hashes:
//! `__wbg_append_9bf93ea8a362a5c0`. Nobody reads them, and they hardly compress: imports get short
//! names in both, and the module loses its custom sections, in which wasm-bindgen names itself.
//!
//! The module by the WebAssembly core specification, section 5.5 (binary format of modules): only
//! sections are told apart, and the imports read.

use super::{cannot, order};
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::Path;

/// Magic number and version.
const HEAD: usize = 8;
/// Numbers of sections.
const CUSTOM: u8 = 0;
const IMPORTS: u8 = 2;
/// What an import is of; other kinds wasm-bindgen does not import.
const FUNCTION: u8 = 0;
/// In place of `./vfio-irq-page_bg.js`.
const FROM: &str = "b";

/// Renames in a module and its bindings, in place, and puts the module's functions in order.
pub(super) fn shorten(module: &Path, bindings: &Path) -> Result<()> {
    let wasm = fs::read(module).with_context(|| cannot("read", module))?;
    let script = fs::read_to_string(bindings).with_context(|| cannot("read", bindings))?;
    let (wasm, script) = shortened(&wasm, &script).with_context(|| cannot("shorten", module))?;
    let wasm = order::arranged(&wasm).with_context(|| cannot("arrange", module))?;
    fs::write(module, wasm).with_context(|| cannot("write", module))?;
    fs::write(bindings, script).with_context(|| cannot("write", bindings))
}

fn shortened(wasm: &[u8], script: &str) -> Result<(Vec<u8>, String)> {
    let (head, mut rest) = wasm.split_at_checked(HEAD).context("it has no head")?;
    let (mut out, mut script) = (head.to_vec(), script.to_owned());
    while let Some((&section, after)) = rest.split_first() {
        rest = after;
        let length = number(&mut rest)?;
        let body = take(&mut rest, length)?;
        match section {
            CUSTOM => {}
            IMPORTS => {
                let body = imports(body, &mut script)?;
                out.push(section);
                put(&mut out, body.len());
                out.extend(body);
            }
            _ => {
                out.push(section);
                put(&mut out, length);
                out.extend(body);
            }
        }
    }
    Ok((out, script))
}

/// The imports with short names; the script's, too.
fn imports(mut body: &[u8], script: &mut String) -> Result<Vec<u8>> {
    let count = number(&mut body)?;
    let mut out = Vec::with_capacity(body.len());
    put(&mut out, count);
    let mut all_from = None;
    for index in 0..count {
        let from = name(&mut body)?;
        ensure!(*all_from.get_or_insert(from) == from, "imports from {from}, too");
        let old = name(&mut body)?;
        ensure!(body.first() == Some(&FUNCTION), "{old} is imported and no function");
        body = &body[1..];
        let of_type = number(&mut body)?;
        let new = format!("i{index}");
        // A property of the object of imports.
        *script = replaced(script, &format!(" {old}: "), &format!(" {new}: "))?;
        for text in [FROM, &new] {
            put(&mut out, text.len());
            out.extend(text.as_bytes());
        }
        out.push(FUNCTION);
        put(&mut out, of_type);
    }
    if let Some(from) = all_from {
        *script = replaced(script, &format!("\"{from}\": "), &format!("\"{FROM}\": "))?;
    }
    Ok(out)
}

/// Replaces what stands there once.
fn replaced(script: &str, old: &str, new: &str) -> Result<String> {
    let found = script.matches(old).count();
    ensure!(found == 1, "the bindings have `{old}` {found} times");
    Ok(script.replacen(old, new, 1))
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length).context("it ends too early")?;
    *bytes = rest;
    Ok(taken)
}

fn name<'a>(bytes: &mut &'a [u8]) -> Result<&'a str> {
    let length = number(bytes)?;
    Ok(std::str::from_utf8(take(bytes, length)?)?)
}

/// An unsigned LEB128 of 32 bits.
fn number(bytes: &mut &[u8]) -> Result<usize> {
    let mut number = 0;
    for shift in (0..35).step_by(7) {
        let byte = take(bytes, 1)?[0];
        number |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    bail!("a number has more than 32 bits")
}

fn put(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push(0x80 | (number & 0x7f) as u8);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "{ __wbg_get_01: f, __wbg_set_02: g } \"./a_bg.js\": import0";

    /// Two functions imported, a section of code's number, and a custom one.
    fn module() -> Vec<u8> {
        let mut imports = vec![2];
        for (name, of_type) in [("__wbg_get_01", 3), ("__wbg_set_02", 4)] {
            for text in ["./a_bg.js", name] {
                put(&mut imports, text.len());
                imports.extend(text.as_bytes());
            }
            imports.extend([FUNCTION, of_type]);
        }
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        for (section, body) in [(CUSTOM, &b"\x01nx"[..]), (IMPORTS, &imports), (10, &[7; 200])] {
            module.push(section);
            put(&mut module, body.len());
            module.extend(body);
        }
        module
    }

    #[test]
    fn imports_get_the_same_short_names_on_both_sides() {
        let (wasm, script) = shortened(&module(), SCRIPT).unwrap();
        assert_eq!(script, "{ i0: f, i1: g } \"b\": import0");
        let mut expected = b"\0asm\x01\0\0\0\x02\x0f\x02".to_vec();
        expected.extend(b"\x01b\x02i0\0\x03\x01b\x02i1\0\x04");
        // 200 is two bytes as LEB128.
        expected.extend([10, 0xc8, 0x01]);
        expected.extend([7; 200]);
        assert_eq!(wasm, expected);
    }

    #[test]
    fn name_the_bindings_do_not_have_is_an_error() {
        let error = shortened(&module(), "\"./a_bg.js\": import0").unwrap_err();
        assert_eq!(error.to_string(), "the bindings have ` __wbg_get_01: ` 0 times");
    }

    #[test]
    fn module_that_is_cut_is_an_error() {
        let module = module();
        for length in [0, 9, 20, module.len() - 1] {
            assert!(shortened(&module[..length], SCRIPT).is_err(), "{length}");
        }
    }
}
