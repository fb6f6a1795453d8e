//! Calls to the scenario that makes them again.
//!
//! One device is followed: the first that is asked for its interrupts. Of the eventfds, those that
//! a request names, or all if no request shows its data.

mod fields;
mod follow;

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write as _;
use core::ops::Range;

use fields::{INDEXES, INFO_FLAGS, field, header};

use super::fds::{Fds, News, Open};
use super::request::set_irqs;
use super::strace::{Answer, Call, MAKERS, Read, ioctl};
use super::value::Value;
use super::{MAX_PROBLEMS, Told, problem};
use crate::scenario::{
    DEFAULT_FUNCTION, DEFAULT_HOST, FlagWords, MAX_LINES, MAX_LISTED_IN_ALL, MAX_NAMES, MAX_TEXT,
    MAX_WIDTH, TextError,
};
use crate::uapi::{CONFIG_REGION, IrqIndex, IrqInfo, IrqInfoFlags, IrqSetHeader};

/// How the comments begin that stand for a function or a host the trace does not tell.
pub(super) const NO_FUNCTION: &str = " The trace does not tell the function:";
pub(super) const NO_HOST: &str = " The trace does not tell the host:";

const SET_IRQS: &str = "VFIO_DEVICE_SET_IRQS";
const IRQ_INFO: &str = "VFIO_DEVICE_GET_IRQ_INFO";
const RESET: &str = "VFIO_DEVICE_RESET";
/// Asked of a group: a device's descriptor.
const DEVICE_FD: &str = "VFIO_GROUP_GET_DEVICE_FD";
/// Asked of a device's own file before anything else.
const BIND: &str = "VFIO_DEVICE_BIND_IOMMUFD";

/// How to get at the bytes `strace` does not show: for x86-64, whose third argument is in `rdx`.
const GDB: &str = "; gdb shows the bytes (x86-64): `break ioctl if $rsi == 0x3b6e`, there \
                   `x/6xw $rdx`, and a word more for each further vector; import what it prints";

/// Where a region begins in the device's file: its index above this bit (vfio-pci).
pub(super) const REGION_SHIFT: u32 = 40;
/// What a read or write of an eventfd answers.
const COUNTER: i64 = 8;

/// The device that is followed.
#[derive(Default)]
enum Device {
    /// None has been asked for its interrupts.
    #[default]
    None,
    Open(i32),
    /// Its last number, and where in the text that was said.
    Closed {
        fd: i32,
        said: Range<usize>,
        line: u32,
        column: u32,
    },
}

/// A story being told.
#[derive(Default)]
struct Story {
    text: String,
    problems: Vec<TextError>,
    /// What is said by an assumption.
    notes: Vec<TextError>,
    fds: Fds,
    device: Device,
    /// Names a request lists; none: no request shows what it lists.
    wanted: BTreeSet<String>,
    counts: [Option<u32>; 3],
    noresize: Option<bool>,
    lines: u32,
    /// Items of all lists.
    items: u32,
    /// How often something was said or told.
    accounted: u64,
    full: bool,
    /// How to get at what is behind an address was told.
    gdb: bool,
    /// That there are too many names was told.
    named: bool,
    /// Processes whose closing of inherited descriptors was told.
    forks: BTreeSet<u64>,
}

/// The scenario of a request alone.
pub(super) fn of_request(bytes: Vec<u8>, note: Option<&str>) -> Told {
    let (mut fds, mut news) = (Fds::default(), News::default());
    // At least twenty bytes, as their reader says.
    let header = IrqSetHeader::from_bytes(&bytes).unwrap_or_default();
    let data = bytes.get(IrqSetHeader::SIZE as usize..).unwrap_or_default();
    match set_irqs(header, Some(data), |fd| fds.listed(0, fd, true, &mut news)) {
        Ok(request) => {
            let note = note.map_or(String::new(), |note| format!("# {note}\n"));
            Told { text: format!("{note}{request}\n"), ..Told::default() }
        }
        Err(message) => Told { problems: [problem(1, 1, 1, message)].into(), ..Told::default() },
    }
}

/// The scenario of a trace.
pub(super) fn tell(read: Read<'_>) -> Told {
    // Once to learn which eventfds requests list, once to say it.
    let mut first = Story::default();
    read.calls.iter().for_each(|call| first.call(call));
    let (wanted, counts) = (first.fds.listed, first.counts);
    let mut story = Story { wanted, ..Story::default() };
    read.calls.iter().for_each(|call| story.call(call));
    let Story { text, mut problems, notes, noresize, device, .. } = story;
    let none = matches!(device, Device::None);
    if none {
        let message = "no call about a device's interrupts is in this";
        let expected = "`ioctl(FD, VFIO_DEVICE_SET_IRQS, …)` or `VFIO_DEVICE_GET_IRQ_INFO`";
        problems.push(problem(1, 1, 1, message).expecting(expected));
    }
    problems.extend(read.problems);
    let nothing = none || text.is_empty();
    let text = if nothing { String::new() } else { head(counts, noresize) + &text };
    Told { text, problems, notes }
}

/// What stands before the steps: the function and host as far as GET_IRQ_INFO tells them.
fn head(counts: [Option<u32>; 3], noresize: Option<bool>) -> String {
    let mut text = String::from(
        "# From strace. What the function raised is not in it: say `fire N` where it did.\n",
    );
    if let [Some(intx @ 0..=1), Some(msi), Some(msix)] = counts
        && (msi == 0 || msi.is_power_of_two() && msi <= 32)
        && msix <= 2048
    {
        let _ = write!(text, "function {}", if intx == 1 { "intx" } else { "intx=no" });
        if msi > 0 {
            let _ = write!(text, " msi={msi}");
        }
        if msix > 0 {
            let _ = write!(text, " msix={msix}");
        }
        text.push_str("  # counted by irq_info\n");
    } else {
        let _ = writeln!(text, "#{NO_FUNCTION} it is `{DEFAULT_FUNCTION}`.");
    }
    match noresize {
        Some(true) => text.push_str("host linux-6.1  # msix has noresize\n"),
        Some(false) => text.push_str("host linux-6.12  # msix has no noresize\n"),
        None => {
            let _ = writeln!(text, "#{NO_HOST} it is {DEFAULT_HOST}.");
        }
    }
    text.push('\n');
    text
}

impl Story {
    fn wrong(&mut self, call: &Call<'_>, message: impl Into<String>) {
        self.told(call.line, call.column, call.name.len() as u32, message);
    }

    /// Something is in the story only because of an assumption.
    fn assumed(&mut self, call: &Call<'_>, message: impl Into<String>) {
        self.accounted += 1;
        if self.notes.len() <= MAX_PROBLEMS {
            self.notes.push(problem(call.line, call.column, call.name.len() as u32, message));
        }
    }

    fn told(&mut self, line: u32, column: u32, length: u32, message: impl Into<String>) {
        self.accounted += 1;
        // One more than is listed, so that it is seen that there were more.
        if self.problems.len() <= MAX_PROBLEMS {
            self.problems.push(problem(line, column, length, message));
        }
    }

    /// Adds a line; `answer`, behind the arrow, may be empty.
    fn say(&mut self, call: &Call<'_>, step: &str, answer: &str) {
        self.accounted += 1;
        // Room for the head; one more line says that this was not all.
        let full = self.text.len() + step.len() + answer.len() > MAX_TEXT - 1024
            || self.lines > MAX_LINES - 16;
        if full && !core::mem::replace(&mut self.full, true) {
            self.wrong(call, "a scenario holds no more: from here on nothing is taken");
        }
        if self.full {
            return;
        }
        self.lines += 1;
        self.text.push_str(step);
        if !answer.is_empty() {
            self.text.push_str(" -> ");
            self.text.push_str(answer);
        }
        self.text.push('\n');
    }

    /// A comment in place of a step that can't be said.
    fn comment(&mut self, call: &Call<'_>, what: &str, reason: &str) {
        let answer = match call.answer {
            Answer::Value(value) => format!("; it answered {value}"),
            Answer::Errno(errno) => format!("; it answered {errno}"),
            Answer::Unnamed | Answer::Unknown => String::new(),
        };
        self.say(call, &format!("# line {}: {what}, {reason}{answer}", call.line), "");
    }

    /// The same, and a problem.
    fn unsaid(&mut self, call: &Call<'_>, what: &str, reason: &str) {
        self.comment(call, what, reason);
        self.wrong(call, format!("{what}: {reason}"));
    }

    /// 0, an errno, or nothing to expect, which is told; `success` is what the call answers when it
    /// did what it should.
    fn done(&mut self, call: &Call<'_>, success: i64) -> String {
        match call.answer {
            Answer::Value(value) if value == success => return "0".into(),
            Answer::Value(value) => self.wrong(call, format!("an answer of {value} is not said")),
            Answer::Errno(errno) => return errno.to_string(),
            Answer::Unnamed => self.wrong(call, "its error has no name here, and is not said"),
            Answer::Unknown => self.wrong(call, "its answer is not shown"),
        }
        String::new()
    }

    fn call(&mut self, call: &Call<'_>) {
        let fd = call.fd();
        if let Some(broken) = call.broken {
            let followed = fd.and_then(|fd| self.fds.at(call.process, fd));
            let vfio = match call.arguments.get(1) {
                Some(Value::Words(word)) => word.starts_with("VFIO"),
                _ => true,
            };
            // The rest of what a program does is none of this story.
            if call.name == "ioctl" && vfio || matches!(followed, Some(Open::Followed { .. })) {
                self.wrong(call, broken);
            }
            return;
        }
        let accounted = self.accounted;
        let must = fd.is_some_and(|fd| self.must_tell(call, fd));
        match call.name {
            "ioctl" => self.ioctl(call),
            "eventfd" | "eventfd2" => self.eventfd(call),
            "fork" | "vfork" | "clone" | "clone3" => self.forked(call),
            "close_range" => self.close_range(call),
            "dup" | "dup2" | "dup3" | "fcntl" => self.copied(call),
            name if MAKERS.contains(&name) => {
                if let Some(fd) = call.made() {
                    self.opened(call, fd, Open::Plain(None));
                }
            }
            _ => self.with_fd(call),
        }
        debug_assert!(!must || self.accounted > accounted, "line {} is lost", call.line);
    }

    /// Whether a call is one that must be said, commented or told.
    fn must_tell(&self, call: &Call<'_>, fd: i32) -> bool {
        let does = match call.name {
            "ioctl" => {
                let what = call.arguments.get(1).and_then(ioctl);
                what.is_some_and(|what| [SET_IRQS, IRQ_INFO, RESET].contains(&&*what))
            }
            "read" | "write" | "readv" | "writev" => true,
            name => name.starts_with("pread") || name.starts_with("pwrite"),
        };
        does && match self.fds.at(call.process, fd) {
            Some(Open::Followed { name: None, .. }) => true,
            Some(Open::Followed { name: Some(name), .. }) => self.tells(name),
            _ => false,
        }
    }

    fn ioctl(&mut self, call: &Call<'_>) {
        let (Some(fd), Some(what)) = (call.fd(), call.arguments.get(1).and_then(ioctl)) else {
            return;
        };
        match &*what {
            DEVICE_FD => {
                if let Some(fd) = call.made() {
                    self.device_opened(call, fd);
                }
                return;
            }
            BIND if call.answer == Answer::Value(0) => return self.device_opened(call, fd),
            SET_IRQS | IRQ_INFO | RESET => {}
            _ => return,
        }
        if !self.is_device(call, fd) {
            return;
        }
        let argument = call.arguments.get(2).cloned().unwrap_or(Value::Unknown);
        match (&*what, &argument) {
            (RESET, _) => {
                let answer = self.done(call, 0);
                self.say(call, "reset", &answer);
            }
            (_, Value::Struct(_)) if what == SET_IRQS => self.set_irqs(call, &argument),
            (_, Value::Struct(_)) => self.irq_info(call, &argument),
            (_, Value::Number(address)) => {
                let reason = format!("strace shows only its address, {:#x}", *address as u64);
                if what != SET_IRQS {
                    return self.unsaid(call, "irq_info", &reason);
                }
                self.comment(call, "set_irqs", &reason);
                // Once: a trace has many of them.
                let how = match core::mem::replace(&mut self.gdb, true) {
                    true => "",
                    false => GDB,
                };
                self.wrong(call, format!("set_irqs: {reason}{how}"));
            }
            _ => self.unsaid(call, &what, "what is asked is not shown"),
        }
    }

    fn set_irqs(&mut self, call: &Call<'_>, request: &Value) {
        let Some((header, data)) = header(request) else {
            return self.unsaid(call, "set_irqs", "a field of it can't be read");
        };
        let index = IrqIndex::from_raw(header.index).map_or("set_irqs", IrqIndex::word);
        let what = format!("set_irqs {index} {}+{}", header.start, header.count);
        let (fds, mut news) = (&mut self.fds, News::default());
        let worked = matches!(call.answer, Answer::Value(_));
        let listed = |fd| fds.listed(call.process, fd, worked, &mut news);
        let request = match set_irqs(header, data.as_deref(), listed) {
            Ok(request) => request,
            Err(reason) => return self.unsaid(call, &what, &reason),
        };
        let items = if data.is_some() { header.count } else { 0 };
        if news.over || self.items.saturating_add(items) > MAX_LISTED_IN_ALL {
            self.fds.unsay(&news.said);
            let reason = match news.over {
                true => format!("a scenario has no more than {MAX_NAMES} names"),
                false => format!("a scenario lists no more than {MAX_LISTED_IN_ALL} items"),
            };
            return self.too_many(call, &what, &reason);
        }
        self.items += items;
        if let Some(first) = news.unseen.first() {
            let more = match news.unseen.len() - 1 {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let message =
                format!("nobody made descriptor {first}{more} here: taken for an eventfd");
            self.assumed(call, message);
        }
        for name in news.plain {
            self.say(call, &format!("plainfd {name}"), "");
        }
        let answer = match call.answer {
            Answer::Value(only @ 1..) if u32::try_from(only).is_ok() => format!("only {only}"),
            _ => self.done(call, 0),
        };
        self.say(call, &request.to_string(), &answer);
    }

    /// A comment where a bound of the language is passed; that it is, is told once.
    fn too_many(&mut self, call: &Call<'_>, what: &str, reason: &str) {
        self.comment(call, what, reason);
        if !core::mem::replace(&mut self.named, true) {
            self.wrong(call, format!("{what}: {reason}"));
        }
    }

    fn irq_info(&mut self, call: &Call<'_>, info: &Value) {
        let (Some(index), argsz) = (field(info, "index", &INDEXES), field(info, "argsz", &[]))
        else {
            return self.unsaid(call, "irq_info", "its index can't be read");
        };
        let mut step = match IrqIndex::from_raw(index) {
            Some(index) => format!("irq_info {}", index.word()),
            None => format!("irq_info {index}"),
        };
        if let Some(argsz) = argsz.filter(|argsz| *argsz != IrqInfo::SIZE) {
            let _ = write!(step, " argsz={argsz}");
        }
        let mut answer = String::new();
        if call.answer == Answer::Value(0) {
            let count = field(info, "count", &[]);
            let flags = field(info, "flags", &INFO_FLAGS);
            if let Some(count) = count {
                let _ = write!(answer, "count={count} ");
                if let Some(place) = self.counts.get_mut(index as usize) {
                    *place = Some(count);
                }
            }
            if let Some(flags) = flags {
                let _ = write!(answer, "flags={}", FlagWords(flags));
                if index == IrqIndex::Msix.raw() && count.is_some_and(|count| count > 0) {
                    self.noresize = Some(flags & IrqInfoFlags::NORESIZE.bits() != 0);
                }
            }
        } else {
            answer = self.done(call, 0);
        }
        self.say(call, &step, answer.trim_end());
    }

    /// Whether an eventfd belongs to the story.
    fn tells(&self, name: &str) -> bool {
        self.wanted.is_empty() || self.wanted.contains(name)
    }

    /// Says `eventfd NAME` unless a line before has made it; false: there are too many names.
    fn made(&mut self, call: &Call<'_>, name: &str) -> bool {
        match self.fds.say(name) {
            Some(true) => self.say(call, &format!("eventfd {name}"), ""),
            Some(false) => {}
            None => {
                let reason = format!("a scenario has no more than {MAX_NAMES} names");
                self.too_many(call, call.name, &reason);
                return false;
            }
        }
        true
    }

    fn with_fd(&mut self, call: &Call<'_>) {
        let Some(fd) = call.fd() else { return };
        if call.name == "close" {
            return self.closed(call, fd, &call.answer);
        }
        match self.fds.at(call.process, fd).cloned() {
            Some(Open::Followed { name: None, .. }) => self.of_device(call),
            Some(Open::Followed { name: Some(name), .. }) if self.tells(&name) => {
                self.of_eventfd(call, &name);
            }
            Some(Open::Closed { line, name }) => self.of_closed(call, fd, line, name.as_deref()),
            _ => {}
        }
    }

    fn of_eventfd(&mut self, call: &Call<'_>, name: &str) {
        let counter = match call.arguments.get(1) {
            Some(Value::Bytes(bytes, false)) => {
                bytes.get(..8).and_then(|bytes| bytes.try_into().ok()).map(u64::from_le_bytes)
            }
            _ => None,
        };
        let (step, answer) = match (call.name, counter, call.answer) {
            ("read", Some(counter @ 1..), Answer::Value(COUNTER)) => {
                (format!("read {name}"), counter.to_string())
            }
            ("read", _, Answer::Errno(errno)) => (format!("read {name}"), errno.to_string()),
            ("read", _, Answer::Unnamed) => (format!("read {name}"), self.done(call, COUNTER)),
            ("write", Some(counter), _) => {
                (format!("write {name} {counter}"), self.done(call, COUNTER))
            }
            ("read" | "write", ..) => return self.wrong(call, "the counter is not shown"),
            _ => return self.wrong(call, "no step says this of an eventfd"),
        };
        if self.made(call, name) {
            self.say(call, &step, &answer);
        }
    }

    /// Reads and writes of regions.
    fn of_device(&mut self, call: &Call<'_>) {
        let write = call.name.starts_with("pwrite");
        let (true, Some(offset)) = (
            (write || call.name.starts_with("pread")) && !call.name.ends_with('v'),
            call.arguments.get(3).and_then(Value::number),
        ) else {
            return self.wrong(call, "no step says this of a device");
        };
        let place = match call.region() {
            region @ 0..=5 => format!("bar{region}"),
            CONFIG_REGION => "config".into(),
            other => format!("region {other}"),
        };
        let offset = offset as u64 & ((1 << REGION_SHIFT) - 1);
        let hex = match call.arguments.get(1) {
            Some(Value::Bytes(bytes, false)) if bytes.len() <= MAX_WIDTH as usize => {
                bytes.iter().fold(String::new(), |mut text, byte| {
                    let _ = write!(text, "{byte:02x}");
                    text
                })
            }
            _ if write => return self.wrong(call, "what is written is not shown"),
            _ => String::new(),
        };
        let shown = hex.len() as i64 / 2;
        let Some(width) = call.arguments.get(2).and_then(Value::number) else {
            return self.wrong(call, "how many bytes are meant is not shown");
        };
        if write {
            let done = match call.answer {
                Answer::Value(done) => done,
                _ => shown,
            };
            if done != shown || width != shown {
                let reason = format!("{done} of {width} bytes were written, {shown} are shown");
                return self.unsaid(call, &format!("{place} write {offset:#x}"), &reason);
            }
            let answer = self.done(call, shown);
            return self.say(call, &format!("{place} write {offset:#x} data={hex}"), &answer);
        }
        if !(0..=i64::from(MAX_WIDTH)).contains(&width) {
            return self.wrong(call, "a read that long can't be said");
        }
        let answer = match call.answer {
            Answer::Value(read) if read == width && shown == width => format!("data={hex}"),
            Answer::Value(read) => {
                self.wrong(call, format!("{read} of {width} bytes were read, {shown} are shown"));
                String::new()
            }
            _ => self.done(call, width),
        };
        self.say(call, &format!("{place} read {offset:#x} {width}"), &answer);
    }
}
