//! Lines of `strace` to calls: with `-f` (process ids, calls in two pieces), with any kind of time,
//! with `-X raw` and `-X verbose`, with `-y`.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::story::REGION_SHIFT;
use super::value::{Reader, Value, number};
use super::{MAX_PROBLEMS, problem};
use crate::errno::Errno;
use crate::scenario::TextError;

/// Longest line looked at.
const MAX_LINE: usize = 1 << 16;
/// Most calls begun and not ended.
const MAX_OPEN: usize = 4096;

/// The calls a story is made of.
const CALLS: [&str; 24] = [
    "ioctl",
    "eventfd2",
    "eventfd",
    "read",
    "write",
    "close",
    "pread64",
    "pwrite64",
    "pread",
    "pwrite",
    "readv",
    "writev",
    "preadv",
    "pwritev",
    "dup",
    "dup2",
    "dup3",
    "fcntl",
    "close_range",
    "fork",
    "vfork",
    "clone",
    "clone3",
    "openat",
];
/// Calls that hand out a descriptor that is no eventfd.
pub(super) const MAKERS: [&str; 11] = [
    "openat",
    "open",
    "openat2",
    "creat",
    "socket",
    "accept",
    "accept4",
    "epoll_create",
    "epoll_create1",
    "timerfd_create",
    "memfd_create",
];

/// A call that ended.
pub(super) struct Call<'a> {
    /// Where it began.
    pub(super) line: u32,
    /// Where its name stands.
    pub(super) column: u32,
    /// Who made it; 0 if the trace does not say.
    pub(super) process: u64,
    pub(super) name: &'a str,
    /// Of what can't be read, as much as could.
    pub(super) arguments: Vec<Value>,
    pub(super) answer: Answer,
    /// Why it can't be read.
    pub(super) broken: Option<&'static str>,
}

impl Call<'_> {
    /// The descriptor it is about: its first argument.
    pub(super) fn fd(&self) -> Option<i32> {
        i32::try_from(self.arguments.first()?.number()?).ok()
    }

    /// The descriptor it hands out.
    pub(super) fn made(&self) -> Option<i32> {
        let Answer::Value(fd) = self.answer else { return None };
        i32::try_from(fd).ok().filter(|fd| *fd >= 0)
    }

    /// The region of a device that it reads or writes; 0 also if it does neither.
    pub(super) fn region(&self) -> u32 {
        let offset = self.arguments.get(3).and_then(Value::number).unwrap_or_default();
        (offset as u64 >> REGION_SHIFT) as u32
    }
}

/// What a call returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Answer {
    Value(i64),
    Errno(Errno),
    /// An errno this project has no name for.
    Unnamed,
    /// Not shown.
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
    // By process: the call's beginning, and what was said of it.
    let mut open: BTreeMap<u64, Begun<'_>> = BTreeMap::new();
    for (line, number) in text.lines().zip(1..) {
        let (process, body) = prefix(line);
        let column = line[..line.len() - body.len()].chars().count() as u32 + 1;
        if let Some(rest) = body.strip_prefix("<... ") {
            let begun = open.remove(&process);
            let resumed = rest.split_once(" resumed>");
            let wrong = match (resumed, begun) {
                (Some((name, rest)), Some(begun)) if begun.name == name => {
                    let whole = format!("{}{rest}", begun.said);
                    read.calls.push(begun.ended(&whole));
                    None
                }
                // Whether any other call is of a descriptor that is followed, nobody knows.
                (Some((name, _)), _) => {
                    (name == "ioctl").then_some("where this call began is not here")
                }
                (None, _) => Some("strace says `<... NAME resumed>` here"),
            };
            if let Some(message) = wrong
                && read.problems.len() <= MAX_PROBLEMS
            {
                let length = body.chars().count() as u32;
                read.problems.push(problem(number, column, length, message));
            }
            continue;
        }
        let Some((name, rest)) = body.split_once('(') else { continue };
        if !CALLS.contains(&name) && !MAKERS.contains(&name) {
            continue;
        }
        let begun = Begun { line: number, column, process, name, said: rest };
        if line.len() > MAX_LINE {
            read.calls.push(begun.broken("this line is too long"));
            continue;
        }
        let Some(said) = rest.trim_end().strip_suffix("<unfinished ...>") else {
            read.calls.push(begun.ended(rest));
            continue;
        };
        if open.len() >= MAX_OPEN && !open.contains_key(&process) {
            read.calls.push(begun.broken("more calls are under way than are followed"));
        } else if let Some(before) = open.insert(process, Begun { said, ..begun }) {
            read.calls.push(before.broken("this call has not returned"));
        }
    }
    let left = open.into_values().map(|begun| begun.broken("this call has not returned"));
    read.calls.extend(left);
    read
}

/// A call as far as its first line says it.
struct Begun<'a> {
    line: u32,
    column: u32,
    process: u64,
    name: &'a str,
    said: &'a str,
}

impl<'a> Begun<'a> {
    /// With its arguments and what follows them: `3, VFIO_DEVICE_RESET) = 0`.
    fn ended(&self, said: &str) -> Call<'a> {
        let Self { line, column, process, name, .. } = *self;
        match ended(said) {
            Some((arguments, answer)) => {
                Call { line, column, process, name, arguments, answer, broken: None }
            }
            None => self.broken("the call has no end: `) = ANSWER`"),
        }
    }

    /// One that can't be read, with its first arguments.
    fn broken(&self, why: &'static str) -> Call<'a> {
        let Self { line, column, process, name, said } = *self;
        // Enough for two.
        let end = said.char_indices().nth(200).map_or(said.len(), |(end, _)| end);
        let first = |said: &str| Reader { rest: said }.first(2);
        let arguments = first(&said[..end]);
        let (answer, broken) = (Answer::Unknown, Some(why));
        Call { line, column, process, name, arguments, answer, broken }
    }
}

/// Arguments and answer: `3, VFIO_DEVICE_RESET) = 0`.
fn ended(said: &str) -> Option<(Vec<Value>, Answer)> {
    let mut reader = Reader { rest: said };
    let arguments = reader.arguments()?;
    let answer = reader.rest.trim_start().strip_prefix('=')?.trim_start();
    let mut words = answer.split_whitespace();
    // With `-y`, `4<anon_inode:[eventfd]>`.
    let value = words.next().and_then(|word| number(word.split('<').next().unwrap_or(word)));
    let answer = match (value, words.next()) {
        (Some(-1), Some(name)) => Errno::from_name(name).map_or(Answer::Unnamed, Answer::Errno),
        (Some(-1), None) | (None, _) => Answer::Unknown,
        (Some(value), _) => Answer::Value(value),
    };
    Some((arguments, answer))
}

/// The process of a line, and the line without what stands before the call: `[pid 17] `, `17 `,
/// `17<name> `, times of `-t`, `-tt`, `-ttt` and `-r`, `[  16] ` of `-n`, `[00007f…] ` of `-i`.
fn prefix(line: &str) -> (u64, &str) {
    let digits = |text: &str| {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        text[..end].parse().unwrap_or(0)
    };
    let mut process = 0;
    let mut rest = line.trim_start();
    for at in 0..6 {
        if let Some((pid, after)) = rest.strip_prefix("[pid").and_then(|rest| rest.split_once(']'))
        {
            process = digits(pid.trim_start());
            rest = after.trim_start();
            continue;
        }
        if let Some((number, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once("] "))
        {
            if !number.chars().all(|c| c.is_ascii_hexdigit() || c == ' ' || c == '?') {
                break;
            }
            rest = after.trim_start();
            continue;
        }
        let pid = rest.find(|c: char| !c.is_ascii_digit()).filter(|end| *end > 0 && at == 0);
        if let Some((pid, name)) = pid.map(|end| rest.split_at(end))
            && name.starts_with('<')
            && let Some((_, after)) = name.split_once("> ")
        {
            process = digits(pid);
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
            process = digits(word);
        }
        rest = after.trim_start();
    }
    (process, rest)
}

/// `VFIO_DEVICE_SET_IRQS`, or its number.
pub(super) fn ioctl(argument: &Value) -> Option<String> {
    let known = [
        (0x3b6a, "VFIO_GROUP_GET_DEVICE_FD"),
        (0x3b76, "VFIO_DEVICE_BIND_IOMMUFD"),
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
