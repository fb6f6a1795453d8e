//! What becomes of descriptors: made, copied, closed, given to other processes.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};

use super::super::fds::Open;
use super::super::strace::{Answer, Call};
use super::super::value::Value;
use super::{COUNTER, Device, Story};
use crate::errno::Errno;

/// Of clone(2): the new process shares its maker's descriptors.
const CLONE_FILES: i64 = 0x400;

impl Story {
    /// A number is handed out.
    pub(super) fn opened(&mut self, call: &Call<'_>, fd: i32, open: Open) {
        let before = self.fds.at(call.process, fd);
        if let Some(Open::Followed { name, inherited: false }) = before
            && name.as_ref().is_none_or(|name| self.tells(name))
        {
            self.assumed(call, format!("where descriptor {fd} was closed before is not here"));
        }
        self.closed(call, fd, &Answer::Value(0));
        self.fds.set(call.process, fd, open);
    }

    pub(super) fn eventfd(&mut self, call: &Call<'_>) {
        let Some(fd) = call.made() else { return };
        let name = self.fds.name();
        self.opened(call, fd, Open::eventfd(name.clone()));
        let start = call.arguments.first().and_then(Value::number).unwrap_or(0);
        if start > 0 && self.tells(&name) && self.made(call, &name) {
            self.say(call, &format!("write {name} {start}"), "0");
        }
    }

    /// A process is made; a thread has its maker's descriptors, a fork has copies.
    pub(super) fn forked(&mut self, call: &Call<'_>) {
        let Answer::Value(child @ 1..) = call.answer else { return };
        let files = |flags: &Value| match flags {
            Value::Words(words) => words.contains("CLONE_FILES"),
            Value::Number(flags) => flags & CLONE_FILES != 0,
            _ => false,
        };
        // `flags=…` is three values to the reader, and a field of clone3's struct.
        let said = |value: &&Value| matches!(value, Value::Words(word) if word == "flags");
        let flags = call.arguments.iter().skip_while(|value| !said(value)).take(3);
        let field = call.arguments.first().and_then(|value| value.field("flags"));
        let own = !flags.chain(field).any(files);
        if !self.fds.forked(call.process, child as u64, own) {
            self.assumed(call, "one process too many: its descriptors are taken for its maker's");
        }
    }

    pub(super) fn close_range(&mut self, call: &Call<'_>) {
        let number = |at: usize| call.arguments.get(at).and_then(Value::number);
        let cloexec = match call.arguments.get(2) {
            Some(Value::Words(words)) => words.contains("CLOEXEC"),
            Some(Value::Number(flags)) => flags & 4 != 0,
            _ => false,
        };
        let (Some(first), Some(last), Answer::Value(0), false) =
            (number(0), number(1), call.answer, cloexec)
        else {
            return;
        };
        let bound = |fd: i64| i32::try_from(fd.max(0)).unwrap_or(i32::MAX);
        for fd in self.fds.within(call.process, bound(first), bound(last)) {
            self.closed(call, fd, &Answer::Value(0));
        }
    }

    /// `dup` and its like: one more number for what the first stands for.
    pub(super) fn copied(&mut self, call: &Call<'_>) {
        if call.name == "fcntl" {
            let dups = match call.arguments.get(1) {
                Some(Value::Words(word)) => word.starts_with("F_DUPFD"),
                // F_DUPFD and F_DUPFD_CLOEXEC.
                Some(Value::Number(command)) => [0, 1030].contains(command),
                _ => false,
            };
            if !dups {
                return;
            }
        }
        let (Some(from), Some(to)) = (call.fd(), call.made()) else { return };
        if from == to {
            return;
        }
        let open = self.fds.at(call.process, from).cloned();
        // `dup2` closes what it takes the number of; all others get a free one.
        match call.name {
            "dup2" | "dup3" => self.closed(call, to, &Answer::Value(0)),
            _ => {}
        }
        if let Some(open) = open.filter(|open| !matches!(open, Open::Closed { .. })) {
            self.opened(call, to, open);
        }
    }

    /// A device's descriptor is handed out, or its own file bound: one that is not asked for its
    /// interrupts is of no matter.
    pub(super) fn device_opened(&mut self, call: &Call<'_>, fd: i32) {
        if call.name == "ioctl" && self.fds.at(call.process, fd) == Some(&Open::DEVICE) {
            // Bound late; or given again, and then it was closed unseen.
            if call.fd() == Some(fd) {
                return;
            }
            self.opened(call, fd, Open::Plain(None));
        }
        let Device::Closed { fd: before, .. } = self.device else {
            if !matches!(self.fds.at(call.process, fd), Some(Open::Plain(_))) {
                self.opened(call, fd, Open::Plain(None));
            }
            return;
        };
        if before != fd {
            self.assumed(
                call,
                format!("descriptor {fd} is taken for the device that was {before}"),
            );
        }
        self.say(call, "open", "0");
        self.opened(call, fd, Open::DEVICE);
        self.device = Device::Open(fd);
    }

    /// Whether this is the device that is followed; the first one asked is. Another is told.
    pub(super) fn is_device(&mut self, call: &Call<'_>, fd: i32) -> bool {
        if let Some(Open::Followed { name: None, .. }) = self.fds.at(call.process, fd) {
            return true;
        }
        match self.device {
            Device::None => {
                self.fds.set(call.process, fd, Open::DEVICE);
                self.device = Device::Open(fd);
                true
            }
            Device::Closed { fd: before, .. }
                if before == fd
                    && matches!(
                        self.fds.at(call.process, fd),
                        None | Some(Open::Closed { .. })
                    ) =>
            {
                if call.answer != Answer::Errno(Errno::EBADF) {
                    self.withdraw(call.process);
                }
                true
            }
            Device::Open(followed) | Device::Closed { fd: followed, .. } => {
                let message = format!("another device: descriptor {followed} is followed here");
                self.wrong(call, message);
                false
            }
        }
    }

    /// The device is used after its close, and nobody opened it: the close was of another
    /// process's descriptor.
    fn withdraw(&mut self, process: u64) {
        let device = core::mem::take(&mut self.device);
        let Device::Closed { fd, said, line, column } = device else { return };
        if !said.is_empty() {
            self.lines -= 1;
            self.text.replace_range(said, "");
        }
        let message =
            format!("descriptor {fd} is used after this: not taken for the device's close");
        self.told(line, column, 5, message);
        self.fds.set(process, fd, Open::DEVICE);
        self.device = Device::Open(fd);
    }

    /// A number is closed, or can't be.
    pub(super) fn closed(&mut self, call: &Call<'_>, fd: i32, answer: &Answer) {
        let closes = *answer == Answer::Value(0);
        let at = self.fds.at(call.process, fd).cloned();
        let name = match &at {
            Some(Open::Followed { name, .. } | Open::Closed { name, .. }) => name.clone(),
            _ => None,
        };
        // The number may be known to nobody but a list to come.
        let last = closes && {
            let line = call.line;
            self.fds.set(call.process, fd, Open::Closed { line, name: name.clone() })
        };
        let said = match answer {
            Answer::Value(_) => "0".to_owned(),
            Answer::Errno(errno) => errno.to_string(),
            Answer::Unnamed | Answer::Unknown => String::new(),
        };
        match (at, name) {
            (Some(Open::Followed { inherited: true, name }), _) => {
                let tells = name.is_none_or(|name| self.tells(&name));
                if tells && self.forks.insert(call.process) {
                    let message = "what a forked process closes is its own copy, and not said";
                    self.wrong(call, message);
                }
            }
            // Another number stands for it still.
            (Some(Open::Followed { .. }), _) if closes && !last => {}
            (Some(Open::Followed { name: None, .. }), _) => {
                let start = self.text.len();
                self.say(call, "close", &said);
                if closes {
                    let said = start..self.text.len();
                    let (line, column) = (call.line, call.column);
                    self.device = Device::Closed { fd, said, line, column };
                }
            }
            (Some(Open::Followed { .. }), Some(name))
                if self.tells(&name) && self.fds.is_said(&name) =>
            {
                self.say(call, &format!("close {name}"), &said);
            }
            (Some(Open::Closed { .. }), Some(name))
                if *answer == Answer::Errno(Errno::EBADF)
                    && self.tells(&name)
                    && self.fds.is_said(&name) =>
            {
                self.say(call, &format!("close {name}"), &said);
            }
            (Some(Open::Closed { .. }), None) if !closes && self.is_closed_device(fd) => {
                self.say(call, "close", &said);
            }
            _ => {}
        }
    }

    fn is_closed_device(&self, fd: i32) -> bool {
        matches!(self.device, Device::Closed { fd: last, .. } if last == fd)
    }

    /// What is done with a number after its close: refused, or begun before it; else the number
    /// stands for something new that is not shown.
    pub(super) fn of_closed(&mut self, call: &Call<'_>, fd: i32, line: u32, name: Option<&str>) {
        let refused = call.answer == Answer::Errno(Errno::EBADF);
        let device = name.is_none() && self.is_closed_device(fd);
        if !device && !name.is_some_and(|name| self.tells(name)) {
            return;
        }
        if call.line < line {
            self.wrong(call, "it ended after its descriptor was closed, which can't be said");
        } else if device && (refused || call.region() > 0) {
            // No file but a device's reaches that far.
            if !refused {
                self.withdraw(call.process);
            }
            self.of_device(call);
        } else if let Some(name) = name.filter(|name| refused && self.fds.is_said(name)) {
            self.of_eventfd(call, name);
        } else if call.answer == Answer::Value(COUNTER) && !device {
            self.wrong(
                call,
                format!("descriptor {fd} was closed before: not taken for that eventfd"),
            );
        }
    }
}
