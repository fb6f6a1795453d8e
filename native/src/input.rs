//! Reading what a command is given: a file or standard input, in bounded memory.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use vfio_irq_core::link;

use crate::Error;

/// Most bytes a command reads of one input: a thousand times the largest sensible scenario or
/// dump.
pub const MAX_INPUT: usize = 8 << 20;

/// An input with the name it goes by in messages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Input {
    /// The path as given, or `<stdin>`.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

impl Input {
    /// Reads a file, or standard input for `-`. [`Error::Read`] if the system refuses,
    /// [`Error::TooLarge`] beyond [`MAX_INPUT`].
    pub fn read(path: &Path) -> Result<Self, Error> {
        if path == Path::new("-") {
            return Self::read_from("<stdin>".to_owned(), io::stdin().lock());
        }
        let name = path.display().to_string();
        match File::open(path) {
            Ok(file) => Self::read_from(name, file),
            Err(source) => Err(Error::Read { name, source }),
        }
    }

    /// As [`Self::read`]; or the scenario in a link, if the argument begins like one.
    pub fn read_or_link(path: &Path) -> Result<Self, Error> {
        match path.to_str().filter(|argument| link::is_link(argument)) {
            Some(argument) => match link::decode(argument) {
                Ok(view) => Ok(Self { name: "<link>".into(), bytes: view.text.into_bytes() }),
                Err(source) => Err(Error::Link { source }),
            },
            None => Self::read(path),
        }
    }

    /// Reads from a reader, to its end or to [`MAX_INPUT`].
    pub fn read_from(name: String, reader: impl Read) -> Result<Self, Error> {
        let mut bytes = Vec::new();
        match reader.take(MAX_INPUT as u64 + 1).read_to_end(&mut bytes) {
            Err(source) => Err(Error::Read { name, source }),
            Ok(length) if length > MAX_INPUT => Err(Error::TooLarge { name }),
            Ok(_) => Ok(Self { name, bytes }),
        }
    }

    /// The input as text. [`Error::NotText`] names the line and column of the first byte that is
    /// no UTF-8.
    pub fn text(&self) -> Result<&str, Error> {
        std::str::from_utf8(&self.bytes).map_err(|error| {
            let before = String::from_utf8_lossy(&self.bytes[..error.valid_up_to()]);
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
            Error::NotText { name: self.name.clone(), line, column }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_of_the_limit_is_read_and_one_byte_more_is_refused() {
        let reader = |length| Input::read_from("x".into(), io::repeat(b'#').take(length));

        let most = reader(MAX_INPUT as u64).expect("the limit itself is allowed");
        assert_eq!(most.bytes.len(), MAX_INPUT);
        assert!(matches!(reader(MAX_INPUT as u64 + 1), Err(Error::TooLarge { .. })));
        assert!(matches!(reader(u64::MAX), Err(Error::TooLarge { .. })));
    }

    #[test]
    fn text_with_a_bad_byte_names_its_line_and_column() {
        let input = Input { name: "x".into(), bytes: b"fire 0\n\xc3\xa4b\xff".to_vec() };

        let Err(Error::NotText { line, column, .. }) = input.text() else {
            panic!("bad UTF-8 was taken for text");
        };
        assert_eq!((line, column), (2, 3));
    }
}
