//! The arguments of a call as `strace` prints them.

use alloc::string::String;
use alloc::vec::Vec;

/// How deep values may lie in values.
const MAX_DEPTH: u32 = 8;

/// A value.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Value {
    /// A number; of a descriptor, without the path behind it.
    Number(i64),
    /// A word, or several with `|` between them.
    Words(String),
    /// `"…"`, and whether it is cut off.
    Bytes(Vec<u8>, bool),
    /// `{name=value, …}`
    Struct(Vec<(String, Value)>),
    /// `[value, …]`
    List(Vec<Value>),
    /// `...`, or what can't be read.
    Unknown,
}

impl Value {
    pub(super) fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn field(&self, name: &str) -> Option<&Self> {
        let Self::Struct(fields) = self else { return None };
        fields.iter().rev().find(|(field, _)| field == name).map(|(_, value)| value)
    }
}

/// Reads values from a text.
pub(super) struct Reader<'a> {
    pub(super) rest: &'a str,
}

impl Reader<'_> {
    fn blank(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            // `-X verbose` says each word in a comment behind its number.
            match self.rest.strip_prefix("/*").and_then(|rest| rest.split_once("*/")) {
                Some((_, rest)) => self.rest = rest,
                None => return,
            }
        }
    }

    fn take(&mut self, mark: &str) -> bool {
        self.blank();
        let rest = self.rest.strip_prefix(mark);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// The arguments up to the closing parenthesis, which is taken; none without one.
    pub(super) fn arguments(&mut self) -> Option<Vec<Value>> {
        let mut all = Vec::new();
        loop {
            if self.take(")") {
                return Some(all);
            }
            let before = self.rest.len();
            let value = self.value(0);
            // `{what went in} => {what came out}`
            let value = match self.take("=>") {
                true => merged(value, self.value(0)),
                false => value,
            };
            all.push(value);
            self.take(",");
            if self.rest.len() == before {
                return None;
            }
        }
    }

    /// At most so many arguments, of a call that may be cut off.
    pub(super) fn first(&mut self, most: usize) -> Vec<Value> {
        let mut all = Vec::new();
        while all.len() < most && !self.rest.is_empty() {
            all.push(self.value(0));
            if !self.take(",") {
                break;
            }
        }
        all
    }

    fn value(&mut self, depth: u32) -> Value {
        self.blank();
        if depth > MAX_DEPTH {
            self.rest = "";
            return Value::Unknown;
        }
        match self.rest.as_bytes().first() {
            Some(b'"') => self.bytes(),
            Some(b'{') => self.fields(depth),
            Some(b'[') => self.list(depth),
            _ => self.word(),
        }
    }

    fn fields(&mut self, depth: u32) -> Value {
        self.take("{");
        let mut all = Vec::new();
        while !self.take("}") && !self.rest.is_empty() {
            let before = self.rest.len();
            if self.take("...") {
                all.push((String::new(), Value::Unknown));
            } else {
                let end = self.rest.find(['=', ',', '}', '{']).unwrap_or(self.rest.len());
                let name = self.rest[..end].trim().trim_start_matches('.');
                if self.rest[end..].starts_with('=') {
                    self.rest = &self.rest[end + 1..];
                    let value = self.value(depth + 1);
                    all.push((name.into(), value));
                } else {
                    let value = self.value(depth + 1);
                    all.push((String::new(), value));
                }
            }
            self.take(",");
            if self.rest.len() == before {
                break;
            }
        }
        Value::Struct(all)
    }

    fn list(&mut self, depth: u32) -> Value {
        self.take("[");
        let mut all = Vec::new();
        while !self.take("]") && !self.rest.is_empty() {
            let before = self.rest.len();
            all.push(self.value(depth + 1));
            self.take(",");
            if self.rest.len() == before {
                break;
            }
        }
        Value::List(all)
    }

    /// `"\1\0ab\x10"`, with `...` behind it if it is cut off.
    fn bytes(&mut self) -> Value {
        let text = self.rest.as_bytes();
        let (mut bytes, mut at) = (Vec::new(), 1);
        while at < text.len() && text[at] != b'"' {
            let (byte, len) = match text[at] {
                b'\\' => escape(&text[at + 1..]),
                byte => (byte, 0),
            };
            bytes.push(byte);
            at += 1 + len;
        }
        let closed = at < text.len();
        self.rest = self.rest.get(at + usize::from(closed)..).unwrap_or_default();
        let cut = self.take("...");
        Value::Bytes(bytes, cut || !closed)
    }

    /// A number, `0x…`, `3</dev/null<char 1:3>>`, `A|B`, `_IOC(_IOC_NONE, 0x3b, 0x6e, 0)`.
    fn word(&mut self) -> Value {
        let ends = [',', ')', '}', ']', '(', '<', ' ', '=', '{', '['];
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        if self.rest.starts_with('<') {
            self.path();
        }
        if self.rest.starts_with('(') && word.starts_with("_IO") {
            self.rest = &self.rest[1..];
            let end = self.rest.find(')').unwrap_or(self.rest.len());
            let (inside, rest) = self.rest.split_at(end);
            self.rest = rest.strip_prefix(')').unwrap_or(rest);
            let mut numbers = inside.split(',').filter_map(|word| number(word.trim()));
            return match (numbers.next(), numbers.next()) {
                (Some(kind), Some(nr)) => Value::Number(kind << 8 & 0xff00 | nr & 0xff),
                _ => Value::Unknown,
            };
        }
        if word.is_empty() || word == "..." {
            // Nothing that ends a value may be passed over, and nothing else may stop the reader.
            if word.is_empty() && self.rest.starts_with(['(', '<', '=']) {
                self.rest = &self.rest[1..];
            }
            return Value::Unknown;
        }
        number(word).map_or_else(|| Value::Words(word.into()), Value::Number)
    }

    /// `</dev/null<char 1:3>>` or `<TCP:[1.2.3.4:5->6.7.8.9:10]>` behind a descriptor.
    fn path(&mut self) {
        let mut depth = 0u32;
        let mut before = 0;
        for (at, byte) in self.rest.bytes().enumerate() {
            match byte {
                b'<' => depth += 1,
                b'>' if before != b'-' => depth -= 1,
                _ => {}
            }
            before = byte;
            if depth == 0 {
                self.rest = &self.rest[at + 1..];
                return;
            }
        }
        self.rest = "";
    }
}

/// What came out, and of what went in the fields that are not in it.
fn merged(before: Value, after: Value) -> Value {
    match (before, after) {
        (Value::Struct(mut fields), Value::Struct(more)) => {
            fields.extend(more);
            Value::Struct(fields)
        }
        (before, Value::Unknown) => before,
        (_, after) => after,
    }
}

/// The byte of an escape whose backslash is taken, and how many characters it has.
pub(super) fn escape(text: &[u8]) -> (u8, usize) {
    let digits = |from: usize, most: usize, radix: u32| {
        let digit = |byte: &u8| char::from(*byte).to_digit(radix);
        let digits = text.iter().skip(from).map_while(digit).take(most);
        let (value, len) =
            digits.fold((0u32, 0), |(value, len), digit| (value * radix + digit, len + 1));
        (value as u8, from + len)
    };
    match text.first() {
        Some(b'x') => digits(1, 2, 16),
        Some(b'0'..=b'7') => digits(0, 3, 8),
        Some(b'n') => (b'\n', 1),
        Some(b't') => (b'\t', 1),
        Some(b'r') => (b'\r', 1),
        Some(b'v') => (0x0b, 1),
        Some(b'f') => (0x0c, 1),
        Some(byte) => (*byte, 1),
        None => (b'\\', 0),
    }
}

/// A number as `strace` prints one; values above 63 bits as the address they are.
pub(super) fn number(word: &str) -> Option<i64> {
    let (minus, digits) = match word.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, word),
    };
    let value = match digits.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok()? as i64,
        None if digits.starts_with(|c: char| c.is_ascii_digit()) => digits.parse().ok()?,
        None => return None,
    };
    Some(if minus { value.wrapping_neg() } else { value })
}
