//! Words a reader may type for a clause and that do not stand in it.
//!
//! The full C names of what a clause calls by its short one, what `strerror` says of an errno, and the
//! words of `book/search.txt`, which a person wrote.

use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;

/// Short names, as prose has them in capitals, and the names of `include/uapi/linux/vfio.h`.
const NAMES: [(&str, &[&str]); 17] = [
    ("GET_IRQ_INFO", &["VFIO_DEVICE_GET_IRQ_INFO", "vfio_irq_info"]),
    ("SET_IRQS", &["VFIO_DEVICE_SET_IRQS", "vfio_irq_set"]),
    ("NORESIZE", &["VFIO_IRQ_INFO_NORESIZE"]),
    ("MASKABLE", &["VFIO_IRQ_INFO_MASKABLE"]),
    ("AUTOMASKED", &["VFIO_IRQ_INFO_AUTOMASKED"]),
    ("NONE", &["VFIO_IRQ_SET_DATA_NONE"]),
    ("DATA_NONE", &["VFIO_IRQ_SET_DATA_NONE"]),
    ("BOOL", &["VFIO_IRQ_SET_DATA_BOOL"]),
    ("DATA_BOOL", &["VFIO_IRQ_SET_DATA_BOOL"]),
    ("DATA_EVENTFD", &["VFIO_IRQ_SET_DATA_EVENTFD"]),
    // A flag of the one ioctl, a data type of the other.
    ("EVENTFD", &["VFIO_IRQ_SET_DATA_EVENTFD", "VFIO_IRQ_INFO_EVENTFD"]),
    ("MASK", &["VFIO_IRQ_SET_ACTION_MASK"]),
    ("UNMASK", &["VFIO_IRQ_SET_ACTION_UNMASK"]),
    ("TRIGGER", &["VFIO_IRQ_SET_ACTION_TRIGGER"]),
    ("INTx", &["VFIO_PCI_INTX_IRQ_INDEX"]),
    ("ERR", &["VFIO_PCI_ERR_IRQ_INDEX"]),
    ("REQ", &["VFIO_PCI_REQ_IRQ_INDEX"]),
];

/// What `strerror` says (POSIX, `errno.h`; Linux's words).
const ERRNOS: [(&str, &str); 13] = [
    ("EPERM", "operation not permitted"),
    ("EIO", "input output error"),
    ("EBADF", "bad file descriptor"),
    ("EAGAIN", "resource temporarily unavailable"),
    ("ENOMEM", "cannot allocate memory"),
    ("EFAULT", "bad address"),
    ("EBUSY", "device or resource busy"),
    ("ENODEV", "no such device"),
    ("EINVAL", "invalid argument"),
    ("ENOTTY", "inappropriate ioctl for device"),
    ("ENOSPC", "no space left on device"),
    ("ERANGE", "numerical result out of range"),
    ("EOPNOTSUPP", "operation not supported"),
];

/// The words that follow from a clause's text.
pub(super) fn of(text: &str) -> String {
    let said: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let names = NAMES.iter().filter(|(short, _)| said.contains(short));
    let errnos = ERRNOS.iter().filter(|(name, _)| said.contains(name));
    let mut words: Vec<&str> = names.flat_map(|(_, full)| full.iter().copied()).collect();
    words.extend(errnos.map(|(_, words)| *words));
    // Of two words of the text that are names of one thing, the name is said once.
    let mut once: Vec<&str> = Vec::new();
    for word in words {
        if !once.contains(&word) {
            once.push(word);
        }
    }
    once.join(" ")
}

/// Reads `book/search.txt`: `ID: words` a line, in order of ids; `#` begins a comment.
///
/// # Errors
/// With the line, when it has no id, no words, or is not in order.
pub(super) fn read(text: &str) -> Result<BTreeMap<String, String>> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let place = || format!("line {}: {line:?}", number + 1);
        let (id, words) = line.split_once(": ").with_context(|| place() + ": it is `ID: words`")?;
        let last = found.last_key_value().map(|(last, _)| last.as_str()).unwrap_or_default();
        ensure!(last < id, "{}: {id} stands behind {last}; the order is that of ids", place());
        found.insert(id.to_owned(), words.to_owned());
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clause_with_a_short_name_and_an_errno_gets_the_long_ones_once() {
        let words = of("NONE and DATA_NONE (`NORESIZE` set) get EBADF.");
        assert_eq!(words, "VFIO_IRQ_INFO_NORESIZE VFIO_IRQ_SET_DATA_NONE bad file descriptor");
    }

    #[test]
    fn word_that_is_no_name_gets_nothing() {
        assert_eq!(of("A mask is none; UNMASKED"), "");
    }

    #[test]
    fn file_of_words_is_in_order() {
        let words = read("# words\n\nA-1: one two\nB: three\n").unwrap();
        assert_eq!(words["A-1"], "one two");
        assert!(read("B: a\nA: b\n").unwrap_err().to_string().contains("line 2"));
        assert!(read("A\n").is_err());
    }
}
