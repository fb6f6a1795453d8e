//! The names by which module and bindings know each other end in hashes, which hardly compress:
//! `__wbg_append_9bf93ea8a362a5c0`. Numbers of the same length take their place in both.
//!
//! wasm-bindgen's hashes keep names of different crates apart; numbers do that as well.

use super::cannot;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Digits of a hash.
const DIGITS: usize = 16;
/// How each of the names begins.
const PREFIX: &[u8] = b"__wbg_";

/// Renames in a module and its bindings, in place. The module keeps its length and its structure.
pub(super) fn shorten(module: &Path, bindings: &Path) -> Result<()> {
    let read = |path: &Path| fs::read(path).with_context(|| cannot("read", path));
    let (mut wasm, mut script) = (read(module)?, read(bindings)?);
    renumber(&mut wasm, &mut script);
    for (path, bytes) in [(module, wasm), (bindings, script)] {
        fs::write(path, bytes).with_context(|| cannot("write", path))?;
    }
    Ok(())
}

/// Takes hashes from the bindings only: what looks like one in the module but is not imported by
/// such a name is none.
fn renumber(wasm: &mut [u8], script: &mut [u8]) {
    let mut numbers: BTreeMap<[u8; DIGITS], [u8; DIGITS]> = BTreeMap::new();
    for at in hashes(script) {
        let number = format!("{:0DIGITS$}", numbers.len());
        let number = number.as_bytes().try_into().expect("it is written with so many digits");
        let number = *numbers.entry(digits(script, at)).or_insert(number);
        script[at..at + DIGITS].copy_from_slice(&number);
    }
    for at in hashes(wasm) {
        if let Some(number) = numbers.get(&digits(wasm, at)) {
            wasm[at..at + DIGITS].copy_from_slice(number);
        }
    }
}

fn digits(bytes: &[u8], at: usize) -> [u8; DIGITS] {
    bytes[at..at + DIGITS].try_into().expect("a hash has so many digits")
}

/// Where the hashes of names begin.
fn hashes(bytes: &[u8]) -> Vec<usize> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = bytes[at..].windows(PREFIX.len()).position(|part| part == PREFIX) {
        let start = at + next;
        at = start + PREFIX.len();
        let end =
            bytes[at..].iter().position(|byte| !is_word(byte)).map_or(bytes.len(), |n| at + n);
        let underscores =
            (at - 1..end).filter(|place| bytes[*place] == b'_').map(|place| place + 1);
        let hash = underscores.into_iter().find(|from| {
            let to = from + DIGITS;
            to <= end && bytes[*from..to].iter().all(u8::is_ascii_hexdigit)
        });
        if let Some(hash) = hash {
            found.push(hash);
            at = hash + DIGITS;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::renumber;

    fn renumbered(wasm: &str, script: &str) -> (String, String) {
        let (mut wasm, mut script) = (wasm.as_bytes().to_vec(), script.as_bytes().to_vec());
        renumber(&mut wasm, &mut script);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(wasm), text(script))
    }

    #[test]
    fn names_of_both_sides_get_the_same_numbers() {
        let script = "__wbg_set_href_00000000deadbeef: f, __wbg_set_0123456789abcdef: g, \
                      __wbg_get_00000000deadbeef";
        let wasm = "\u{1}__wbg_set_0123456789abcdef\0\u{1f}__wbg_set_href_00000000deadbeef\0";
        let (wasm, script) = renumbered(wasm, script);
        assert_eq!(
            script,
            "__wbg_set_href_0000000000000000: f, __wbg_set_0000000000000001: g, \
             __wbg_get_0000000000000000"
        );
        assert_eq!(
            wasm,
            "\u{1}__wbg_set_0000000000000001\0\u{1f}__wbg_set_href_0000000000000000\0"
        );
    }

    #[test]
    fn what_the_bindings_do_not_name_stays() {
        let (wasm, script) = renumbered("__wbg_set_0123456789abcdef", "__wbg_set_wasm");
        assert_eq!((&*wasm, &*script), ("__wbg_set_0123456789abcdef", "__wbg_set_wasm"));
    }
}
