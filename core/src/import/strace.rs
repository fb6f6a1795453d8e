//! Lines of `strace` to calls: with `-f` (process ids, calls in two pieces), with any kind of time,
//! with `-X raw` and `-X verbose`, with `-y`.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::value::{Reader, Value, number};
use super::{MAX_PROBLEMS, problem};
use crate::errno::Errno;
use crate::scenario::TextError;

/// Longest line looked at.
const MAX_LINE: usize = 1 << 16;
/// Most calls begun and not ended.
const MAX_OPEN: usize = 4096;

/// The calls a story is made of.
const CALLS: [&str; 12] = [
    "ioctl", "eventfd2", "eventfd", "read", "write", "close", "pread64", "pwrite64", "pread",
    "pwrite", "dup", "dup2",
];

/// A call that ended.
pub(super) struct Call<'a> {
    pub(super) line: u32,
    /// Where its name stands.
    pub(super) column: u32,
    pub(super) name: &'a str,
    pub(super) arguments: Vec<Value>,
    pub(super) answer: Answer,
}

/// What a call returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Answer {
    Value(i64),
    Errno(Errno),
    /// An errno this project has no name for, or none at all.
    Unknown,
}

/// The calls of a text, and the lines that can't be read.
pub(super) struct Read<'a> {
    pub(super) calls: Vec<Call<'a>>,
    pub(super) problems: Vec<TextError>,
}

/// Whether a text has lines of `strace` in it.
pub(super) fn looks_like(text: &str) -> bool {
    let begins = |line: &str| {
        let (_, body) = prefix(line);
        CALLS[..3].iter().chain(&["<... "]).any(|name| {
            let rest = body.strip_prefix(name);
            rest.is_some_and(|rest| name.ends_with(' ') || rest.starts_with('('))
        })
    };
    text.lines().any(begins)
}

pub(super) fn read(text: &str) -> Read<'_> {
    let mut read = Read { calls: Vec::new(), problems: Vec::new() };
    // By process: the line and column where its call began, its name, what was said of it.
    let mut open: BTreeMap<u64, (u32, u32, &str, &str)> = BTreeMap::new();
    for (line, number) in text.lines().zip(1..) {
        let (process, body) = prefix(line);
        let column = line[..line.len() - body.len()].chars().count() as u32 + 1;
        let mut wrong = |message: &str| {
            if read.problems.len() < MAX_PROBLEMS {
                let length = body.chars().count() as u32;
                read.problems.push(problem(number, column, length, message));
            }
        };
        if line.len() > MAX_LINE {
            wrong("this line is too long");
            continue;
        }
        if let Some(rest) = body.strip_prefix("<... ") {
            let begun = open.remove(&process);
            let Some((name, rest)) = rest.split_once(" resumed>") else {
                wrong("strace says `<... NAME resumed>` here");
                continue;
            };
            match begun {
                Some((line, column, begun, said)) if begun == name => {
                    let whole = format!("{said}{rest}");
                    if let Some(call) = ended(line, column, begun, &whole) {
                        read.calls.push(call);
                    }
                }
                _ if CALLS.contains(&name) => wrong("where this call began is not here"),
                _ => {}
            }
            continue;
        }
        let Some((name, rest)) = body.split_once('(') else { continue };
        if !CALLS.contains(&name) {
            continue;
        }
        if let Some(said) = rest.trim_end().strip_suffix("<unfinished ...>") {
            if open.len() < MAX_OPEN {
                open.insert(process, (number, column, name, said));
            }
            continue;
        }
        match ended(number, column, name, rest) {
            Some(call) => read.calls.push(call),
            None => wrong("the call has no end: `) = ANSWER`"),
        }
    }
    for (line, column, name, _) in open.into_values() {
        if read.problems.len() < MAX_PROBLEMS {
            let length = name.len() as u32;
            read.problems.push(problem(line, column, length, "this call has not returned"));
        }
    }
    read
}

/// A call from its arguments on: `3, VFIO_DEVICE_RESET) = 0`.
fn ended<'a>(line: u32, column: u32, name: &'a str, said: &str) -> Option<Call<'a>> {
    let mut reader = Reader { rest: said };
    let arguments = reader.arguments()?;
    let answer = reader.rest.trim_start().strip_prefix('=')?.trim_start();
    let mut words = answer.split_whitespace();
    // With `-y`, `4<anon_inode:[eventfd]>`.
    let value = words.next().and_then(|word| number(word.split('<').next().unwrap_or(word)));
    let answer = match value {
        Some(-1) => words.next().and_then(Errno::from_name).map_or(Answer::Unknown, Answer::Errno),
        Some(value) => Answer::Value(value),
        None => Answer::Unknown,
    };
    Some(Call { line, column, name, arguments, answer })
}

/// The process of a line, and the line without what stands before the call: `[pid 17] `, `17 `,
/// times of `-t`, `-tt`, `-ttt` and `-r`.
fn prefix(line: &str) -> (u64, &str) {
    let mut process = 0;
    let mut rest = line.trim_start();
    for at in 0..4 {
        if let Some((pid, after)) = rest.strip_prefix("[pid").and_then(|rest| rest.split_once(']'))
        {
            process = pid.trim().parse().unwrap_or(0);
            rest = after.trim_start();
            continue;
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let is_time = |c: char| c.is_ascii_digit() || matches!(c, ':' | '.' | '+' | '(' | ')');
        if word.is_empty()
            || !word.starts_with(|c: char| c.is_ascii_digit() || "(+".contains(c))
            || !word.chars().all(is_time)
        {
            break;
        }
        if at == 0 && word.bytes().all(|c| c.is_ascii_digit()) {
            process = word.parse().unwrap_or(0);
        }
        rest = after.trim_start();
    }
    (process, rest)
}

/// `VFIO_DEVICE_SET_IRQS`, or its number.
pub(super) fn ioctl(argument: &Value) -> Option<String> {
    let known = [
        (0x3b6d, "VFIO_DEVICE_GET_IRQ_INFO"),
        (0x3b6e, "VFIO_DEVICE_SET_IRQS"),
        (0x3b6f, "VFIO_DEVICE_RESET"),
    ];
    match argument {
        Value::Words(word) => Some(word.clone()),
        Value::Number(number) => {
            known.iter().find(|(raw, _)| raw == number).map(|(_, name)| (*name).to_owned())
        }
        _ => None,
    }
}
