//! Calls to the scenario that makes them again.
//!
//! One device is followed: the first that is asked for its interrupts. Of the eventfds, those that
//! a request names, or all if no request shows its data.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write as _;

use super::request::set_irqs;
use super::strace::{Answer, Call, Read, ioctl};
use super::value::{Value, number};
use super::{MAX_PROBLEMS, Told, problem};
use crate::scenario::ast::{FdRefs, Names};
use crate::scenario::{FlagWords, MAX_TEXT, MAX_WIDTH, TextError};
use crate::uapi::{CONFIG_REGION, IrqIndex, IrqInfo, IrqInfoFlags, IrqSetFlags, IrqSetHeader};

const SET_IRQS: &str = "VFIO_DEVICE_SET_IRQS";
const IRQ_INFO: &str = "VFIO_DEVICE_GET_IRQ_INFO";
const RESET: &str = "VFIO_DEVICE_RESET";

/// Where a region begins in the device's file: its index above this bit (vfio-pci).
const REGION_SHIFT: u32 = 40;

/// The descriptors of the traced program.
#[derive(Default)]
struct Fds {
    /// Names in the order of their making.
    made: usize,
    /// What a number is called now.
    open: BTreeMap<i32, String>,
    /// Names a line has made.
    said: BTreeSet<String>,
    /// Names a request lists.
    listed: BTreeSet<String>,
}

impl Fds {
    fn name(&mut self) -> String {
        let at = self.made;
        self.made += 1;
        match u8::try_from(at) {
            Ok(at) if at < 26 => char::from(b'a' + at).to_string(),
            _ => format!("e{at}"),
        }
    }

    fn make(&mut self, fd: i32) -> String {
        let name = self.name();
        self.open.insert(fd, name.clone());
        name
    }

    /// A number in a request; one never seen was made before the trace began.
    fn listed(&mut self, fd: i32) -> FdRefs {
        if fd < 0 {
            return FdRefs::Number(fd);
        }
        let name = match self.open.get(&fd) {
            Some(name) => name.clone(),
            None => self.make(fd),
        };
        self.said.insert(name.clone());
        self.listed.insert(name.clone());
        FdRefs::Names(Names::One(name))
    }
}

/// A story being told.
#[derive(Default)]
struct Story {
    text: String,
    problems: Vec<TextError>,
    fds: Fds,
    device: Option<i64>,
    /// Names a request lists; none: no request shows what it lists.
    wanted: BTreeSet<String>,
    counts: [Option<u32>; 3],
    noresize: Option<bool>,
    full: bool,
}

/// The scenario of a request alone.
pub(super) fn of_request(bytes: Vec<u8>) -> Told {
    let mut fds = Fds::default();
    // At least twenty bytes, as their reader says.
    let header = IrqSetHeader::from_bytes(&bytes).unwrap_or_default();
    let data = bytes.get(IrqSetHeader::SIZE as usize..).unwrap_or_default();
    match set_irqs(header, Some(data), |fd| fds.listed(fd)) {
        Ok(request) => Told { text: format!("{request}\n"), problems: Vec::new() },
        Err(message) => Told { text: String::new(), problems: [problem(1, 1, 1, message)].into() },
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
    let Story { text, mut problems, noresize, device, .. } = story;
    if device.is_none() {
        let message = "no call about a device's interrupts is in this";
        let expected = "`ioctl(FD, VFIO_DEVICE_SET_IRQS, …)` or `VFIO_DEVICE_GET_IRQ_INFO`";
        problems.push(problem(1, 1, 1, message).expecting(expected));
    }
    problems.extend(read.problems);
    let nothing = device.is_none() || text.is_empty();
    let text = if nothing { String::new() } else { head(counts, noresize) + &text };
    Told { text, problems }
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
    }
    match noresize {
        Some(true) => text.push_str("host linux-6.1  # msix has noresize\n"),
        Some(false) => text.push_str("host linux-6.12  # msix has no noresize\n"),
        None => {}
    }
    text.push('\n');
    text
}

impl Story {
    fn wrong(&mut self, call: &Call<'_>, message: impl Into<String>) {
        if self.problems.len() < MAX_PROBLEMS {
            let length = call.name.len() as u32;
            self.problems.push(problem(call.line, call.column, length, message));
        }
    }

    /// Adds a line; `answer`, behind the arrow, may be empty.
    fn say(&mut self, call: &Call<'_>, step: &str, answer: &str) {
        // Room for the head; one more line says that this was not all.
        if self.text.len() + step.len() + answer.len() > MAX_TEXT - 1024 {
            if !core::mem::replace(&mut self.full, true) {
                self.wrong(call, "a scenario holds no more: from here on nothing is taken");
            }
            return;
        }
        if self.full {
            return;
        }
        self.text.push_str(step);
        if !answer.is_empty() {
            self.text.push_str(" -> ");
            self.text.push_str(answer);
        }
        self.text.push('\n');
    }

    /// A comment in place of a step that can't be said, and a problem.
    fn unsaid(&mut self, call: &Call<'_>, what: &str, reason: &str) {
        let answer = match call.answer {
            Answer::Value(value) => format!("; it answered {value}"),
            Answer::Errno(errno) => format!("; it answered {errno}"),
            Answer::Unknown => String::new(),
        };
        self.say(call, &format!("# line {}: {what}, {reason}{answer}", call.line), "");
        self.wrong(call, format!("{what}: {reason}"));
    }

    /// 0, an errno, or nothing to expect.
    fn done(call: &Call<'_>) -> String {
        match call.answer {
            // Only reads and writes answer with something else when they did what they should.
            Answer::Value(value) if value != 0 && call.name == "ioctl" => String::new(),
            Answer::Value(_) => "0".into(),
            Answer::Errno(errno) => errno.to_string(),
            Answer::Unknown => String::new(),
        }
    }

    fn call(&mut self, call: &Call<'_>) {
        match call.name {
            "ioctl" => self.ioctl(call),
            "eventfd" | "eventfd2" => {
                if let Answer::Value(fd) = call.answer
                    && let Ok(fd) = i32::try_from(fd)
                {
                    let name = self.fds.make(fd);
                    let start = call.arguments.first().and_then(Value::number).unwrap_or(0);
                    if start > 0 && self.tells(&name) {
                        self.made(call, &name);
                        self.say(call, &format!("write {name} {start}"), "0");
                    }
                }
            }
            _ => self.with_fd(call),
        }
    }

    fn ioctl(&mut self, call: &Call<'_>) {
        let (Some(Value::Number(fd)), Some(what)) =
            (call.arguments.first(), call.arguments.get(1).and_then(ioctl))
        else {
            return;
        };
        if ![SET_IRQS, IRQ_INFO, RESET].contains(&&*what) {
            return;
        }
        if *self.device.get_or_insert(*fd) != *fd {
            let followed = self.device.unwrap_or_default();
            let message = format!("another device: descriptor {followed} is followed here");
            return self.wrong(call, message);
        }
        let argument = call.arguments.get(2).cloned().unwrap_or(Value::Unknown);
        match (&*what, &argument) {
            (RESET, _) => self.say(call, "reset", &Self::done(call)),
            (_, Value::Struct(_)) if what == SET_IRQS => self.set_irqs(call, &argument),
            (_, Value::Struct(_)) => self.irq_info(call, &argument),
            (_, Value::Number(address)) => {
                let reason = format!("strace shows only its address, {:#x}", *address as u64);
                let what = if what == SET_IRQS { "set_irqs" } else { "irq_info" };
                self.unsaid(call, what, &reason);
            }
            _ => self.unsaid(call, &what, "what is asked is not shown"),
        }
    }

    fn set_irqs(&mut self, call: &Call<'_>, request: &Value) {
        let Some((header, data)) = header(request) else {
            return self.unsaid(call, "set_irqs", "a field of it can't be read");
        };
        let fds = &mut self.fds;
        match set_irqs(header, data.as_deref(), |fd| fds.listed(fd)) {
            Ok(request) => {
                let answer = match call.answer {
                    Answer::Value(only @ 1..) => match u32::try_from(only) {
                        Ok(only) => format!("only {only}"),
                        Err(_) => String::new(),
                    },
                    _ => Self::done(call),
                };
                self.say(call, &request.to_string(), &answer);
            }
            Err(reason) => {
                let index = IrqIndex::from_raw(header.index).map_or("set_irqs", IrqIndex::word);
                let what = format!("set_irqs {index} {}+{}", header.start, header.count);
                self.unsaid(call, &what, &reason);
            }
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
            answer = Self::done(call);
        }
        self.say(call, &step, answer.trim_end());
    }

    /// Whether an eventfd belongs to the story.
    fn tells(&self, name: &str) -> bool {
        self.wanted.is_empty() || self.wanted.contains(name)
    }

    /// Says `eventfd NAME` unless a line before has made it.
    fn made(&mut self, call: &Call<'_>, name: &str) {
        if self.fds.said.insert(name.into()) {
            self.say(call, &format!("eventfd {name}"), "");
        }
    }

    fn with_fd(&mut self, call: &Call<'_>) {
        let Some(fd) = call.arguments.first().and_then(Value::number) else { return };
        if self.device == Some(fd) {
            return self.of_device(call);
        }
        let Some(name) = i32::try_from(fd).ok().and_then(|fd| self.fds.open.get(&fd)).cloned()
        else {
            return;
        };
        if call.name == "close" && call.answer == Answer::Value(0) {
            self.fds.open.remove(&(fd as i32));
        }
        if !self.tells(&name) {
            return;
        }
        let counter = match call.arguments.get(1) {
            Some(Value::Bytes(bytes, false)) => {
                bytes.get(..8).and_then(|bytes| bytes.try_into().ok()).map(u64::from_le_bytes)
            }
            _ => None,
        };
        match (call.name, counter, call.answer) {
            ("read", Some(counter @ 1..), Answer::Value(8)) => {
                self.made(call, &name);
                self.say(call, &format!("read {name}"), &counter.to_string());
            }
            ("read", _, Answer::Errno(errno)) => {
                self.made(call, &name);
                self.say(call, &format!("read {name}"), &errno.to_string());
            }
            ("write", Some(counter), _) => {
                self.made(call, &name);
                self.say(call, &format!("write {name} {counter}"), &Self::done(call));
            }
            ("close", ..) if self.fds.said.contains(&name) => {
                self.say(call, &format!("close {name}"), &Self::done(call));
            }
            ("dup" | "dup2", ..) => self.wrong(call, "a copy of an eventfd is not followed"),
            ("read" | "write", ..) => self.wrong(call, "the counter is not shown"),
            _ => {}
        }
    }

    /// `close`, and reads and writes of regions.
    fn of_device(&mut self, call: &Call<'_>) {
        let write = call.name.starts_with("pwrite");
        if call.name == "close" {
            return self.say(call, "close", &Self::done(call));
        }
        let (true, Some(offset)) = (
            write || call.name.starts_with("pread"),
            call.arguments.get(3).and_then(Value::number),
        ) else {
            return;
        };
        let region = (offset as u64 >> REGION_SHIFT) as u32;
        let place = match region {
            0..=5 => format!("bar{region}"),
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
        if write {
            return self.say(
                call,
                &format!("{place} write {offset:#x} data={hex}"),
                &Self::done(call),
            );
        }
        let Some(width) = call.arguments.get(2).and_then(Value::number) else { return };
        if !(0..=i64::from(MAX_WIDTH)).contains(&width) {
            return self.wrong(call, "a read that long can't be said");
        }
        let answer = match call.answer {
            Answer::Errno(errno) => errno.to_string(),
            Answer::Value(read) if read == width && hex.len() as i64 == 2 * width => {
                format!("data={hex}")
            }
            _ => String::new(),
        };
        self.say(call, &format!("{place} read {offset:#x} {width}"), &answer);
    }
}

const INDEXES: [(&str, u32); 5] = [
    ("VFIO_PCI_INTX_IRQ_INDEX", 0),
    ("VFIO_PCI_MSI_IRQ_INDEX", 1),
    ("VFIO_PCI_MSIX_IRQ_INDEX", 2),
    ("VFIO_PCI_ERR_IRQ_INDEX", 3),
    ("VFIO_PCI_REQ_IRQ_INDEX", 4),
];

const SET_FLAGS: [(&str, u32); 6] = [
    ("VFIO_IRQ_SET_DATA_NONE", IrqSetFlags::DATA_NONE.bits()),
    ("VFIO_IRQ_SET_DATA_BOOL", IrqSetFlags::DATA_BOOL.bits()),
    ("VFIO_IRQ_SET_DATA_EVENTFD", IrqSetFlags::DATA_EVENTFD.bits()),
    ("VFIO_IRQ_SET_ACTION_MASK", IrqSetFlags::ACTION_MASK.bits()),
    ("VFIO_IRQ_SET_ACTION_UNMASK", IrqSetFlags::ACTION_UNMASK.bits()),
    ("VFIO_IRQ_SET_ACTION_TRIGGER", IrqSetFlags::ACTION_TRIGGER.bits()),
];

const INFO_FLAGS: [(&str, u32); 4] = [
    ("VFIO_IRQ_INFO_EVENTFD", IrqInfoFlags::EVENTFD.bits()),
    ("VFIO_IRQ_INFO_MASKABLE", IrqInfoFlags::MASKABLE.bits()),
    ("VFIO_IRQ_INFO_AUTOMASKED", IrqInfoFlags::AUTOMASKED.bits()),
    ("VFIO_IRQ_INFO_NORESIZE", IrqInfoFlags::NORESIZE.bits()),
];

/// A field of 32 bits: a number, or words of this table.
fn field(of: &Value, name: &str, words: &[(&str, u32)]) -> Option<u32> {
    match of.field(name)? {
        Value::Number(number) => u32::try_from(*number).ok(),
        Value::Words(said) => said.split('|').try_fold(0, |all, word| {
            let known = words.iter().find(|(known, _)| *known == word);
            let value = known.map(|(_, value)| *value);
            Some(all | value.or_else(|| number(word).and_then(|n| u32::try_from(n).ok()))?)
        }),
        _ => None,
    }
}

/// Header and data of a decoded request. The data is a list or a string, whatever its name.
fn header(request: &Value) -> Option<(IrqSetHeader, Option<Vec<u8>>)> {
    let header = IrqSetHeader {
        argsz: field(request, "argsz", &[]).unwrap_or_default(),
        flags: field(request, "flags", &SET_FLAGS)?,
        index: field(request, "index", &INDEXES)?,
        start: field(request, "start", &[])?,
        count: field(request, "count", &[])?,
    };
    let Value::Struct(fields) = request else { return None };
    let known = ["argsz", "flags", "index", "start", "count"];
    let data = fields.iter().find(|(name, _)| !known.contains(&name.as_str()));
    let wide = header.flags & IrqSetFlags::DATA_EVENTFD.bits() != 0;
    let data = match data.map(|(_, value)| value) {
        Some(Value::Bytes(bytes, false)) => Some(bytes.clone()),
        Some(Value::List(items)) => {
            let numbers: Option<Vec<i64>> = items.iter().map(Value::number).collect();
            numbers.map(|numbers| {
                let bytes = numbers.into_iter().flat_map(|number| {
                    let size = if wide { 4 } else { 1 };
                    number.to_le_bytes().into_iter().take(size)
                });
                bytes.collect()
            })
        }
        _ => None,
    };
    let Some(argsz) = request.field("argsz").and_then(Value::number) else {
        // Left out by who wrote this: as it should be.
        let len = data.as_ref().map_or(0, Vec::len) as u32;
        return Some((IrqSetHeader { argsz: IrqSetHeader::SIZE + len, ..header }, data));
    };
    u32::try_from(argsz).ok().map(|argsz| (IrqSetHeader { argsz, ..header }, data))
}
