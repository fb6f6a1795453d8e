//! The descriptors of the traced processes: which number is the device, which an eventfd.
//!
//! Threads share a table, a forked process has a copy of its parent's. Left out: what an `execve`
//! closes, descriptors sent over sockets.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::scenario::MAX_NAMES;
use crate::scenario::ast::{FdRefs, Names};

/// Most processes with a table of their own, and the longest table that is copied.
const MAX_TABLES: usize = 64;
const MAX_COPIED: usize = 4 * MAX_NAMES;
/// Standard input, output and error: open, and no eventfds, unless the trace says otherwise.
const STANDARD: core::ops::RangeInclusive<i32> = 0..=2;

/// What a number stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Open {
    /// The device, or an eventfd of this name.
    Followed { name: Option<String>, inherited: bool },
    /// No eventfd; its name, once a request lists it.
    Plain(Option<String>),
    /// Closed at this line; its name if it was an eventfd.
    Closed { line: u32, name: Option<String> },
}

impl Open {
    pub(super) const DEVICE: Self = Self::Followed { name: None, inherited: false };

    pub(super) fn eventfd(name: String) -> Self {
        Self::Followed { name: Some(name), inherited: false }
    }
}

/// What a request's list brought up.
#[derive(Default)]
pub(super) struct News {
    /// Numbers nobody saw made, taken for eventfds.
    pub(super) unseen: Vec<i32>,
    /// Names to be made as no eventfds, before the request.
    pub(super) plain: Vec<String>,
    /// All names the request is the first to say.
    pub(super) said: Vec<String>,
    /// More names than a scenario has.
    pub(super) over: bool,
}

/// Apart, because a range is closed again and again.
#[derive(Clone, Default)]
struct Table {
    open: BTreeMap<i32, Open>,
    closed: BTreeMap<i32, Open>,
}

#[derive(Default)]
pub(super) struct Fds {
    /// Names in the order of their making.
    made: usize,
    /// The first is that of every process not known to have another.
    tables: Vec<Table>,
    table_of: BTreeMap<u64, usize>,
    /// How many numbers stand for a name, or for the device, in the table where it was made.
    numbers: BTreeMap<Option<String>, u32>,
    /// The device's name where a request lists it among eventfds.
    device_name: Option<String>,
    /// Names a line has made.
    said: BTreeSet<String>,
    /// Names a request lists.
    pub(super) listed: BTreeSet<String>,
}

impl Fds {
    fn table(&mut self, process: u64) -> &mut Table {
        if self.tables.is_empty() {
            self.tables.push(Table::default());
        }
        let at = self.table_of.get(&process).copied().unwrap_or_default();
        &mut self.tables[at]
    }

    pub(super) fn at(&self, process: u64, fd: i32) -> Option<&Open> {
        let at = self.table_of.get(&process).copied().unwrap_or_default();
        let table = self.tables.get(at)?;
        table.open.get(&fd).or_else(|| table.closed.get(&fd))
    }

    /// The open numbers from one to another.
    pub(super) fn within(&mut self, process: u64, first: i32, last: i32) -> Vec<i32> {
        if first > last {
            return Vec::new();
        }
        self.table(process).open.range(first..=last).map(|(fd, _)| *fd).collect()
    }

    /// A number stands for this now; whether it was the last of what it stood for.
    pub(super) fn set(&mut self, process: u64, fd: i32, open: Open) -> bool {
        if let Open::Followed { name, inherited: false } = &open {
            *self.numbers.entry(name.clone()).or_default() += 1;
        }
        let table = self.table(process);
        let before = table.open.remove(&fd);
        match open {
            Open::Closed { .. } => table.closed.insert(fd, open),
            _ => {
                table.closed.remove(&fd);
                table.open.insert(fd, open)
            }
        };
        let mut last = false;
        if let Some(Open::Followed { name, inherited: false }) = &before
            && let Some(count) = self.numbers.get_mut(name)
        {
            *count = count.saturating_sub(1);
            last = *count == 0;
            if last {
                self.numbers.remove(name);
            }
        }
        last
    }

    /// A process made another, with a table of its own or the same; false: that is one too many.
    pub(super) fn forked(&mut self, process: u64, child: u64, own: bool) -> bool {
        let table = self.table(process);
        let len = table.open.len() + table.closed.len();
        let at = if !own {
            self.table_of.get(&process).copied().unwrap_or_default()
        } else if len > MAX_COPIED || self.tables.len() >= MAX_TABLES {
            return false;
        } else {
            let mut copy = self.table(process).clone();
            for open in copy.open.values_mut() {
                if let Open::Followed { inherited, .. } = open {
                    *inherited = true;
                }
            }
            self.tables.push(copy);
            self.tables.len() - 1
        };
        self.table_of.insert(child, at);
        true
    }

    pub(super) fn name(&mut self) -> String {
        let at = self.made;
        self.made += 1;
        letter(at).unwrap_or_else(|| format!("e{at}"))
    }

    /// Whether a line has made this name.
    pub(super) fn is_said(&self, name: &str) -> bool {
        self.said.contains(name)
    }

    /// Says a name; none: there are too many. Whether it is new.
    pub(super) fn say(&mut self, name: &str) -> Option<bool> {
        if self.said.contains(name) {
            return Some(false);
        }
        (self.said.len() < MAX_NAMES).then(|| self.said.insert(name.into()))
    }

    /// Takes names back that no line has made after all.
    pub(super) fn unsay(&mut self, names: &[String]) {
        for name in names {
            self.said.remove(name);
        }
    }

    /// A number in a request's list, which the kernel took (`worked`) or did not.
    pub(super) fn listed(
        &mut self,
        process: u64,
        fd: i32,
        worked: bool,
        news: &mut News,
    ) -> FdRefs {
        let seen = self.at(process, fd).cloned();
        let (name, plain) = match seen {
            _ if fd < 0 => return FdRefs::Number(fd),
            Some(Open::Followed { name: Some(name), .. }) => (name, false),
            Some(Open::Followed { name: None, .. }) => {
                let name = self.device_name.take().unwrap_or_else(|| self.name());
                self.device_name = Some(name.clone());
                (name, true)
            }
            // What the kernel took is an eventfd, whatever it was when the trace last showed it.
            Some(Open::Closed { .. }) if !worked => return FdRefs::Closed,
            None if STANDARD.contains(&fd) => return FdRefs::Number(fd),
            Some(Open::Plain(name)) if !worked => {
                let name = name.unwrap_or_else(|| self.name());
                self.set(process, fd, Open::Plain(Some(name.clone())));
                (name, true)
            }
            Some(Open::Plain(_) | Open::Closed { .. }) | None => {
                news.unseen.push(fd);
                let name = self.name();
                self.set(process, fd, Open::eventfd(name.clone()));
                (name, false)
            }
        };
        if !plain {
            self.listed.insert(name.clone());
        }
        match self.say(&name) {
            None => news.over = true,
            Some(false) => {}
            Some(true) => {
                news.said.push(name.clone());
                if plain {
                    news.plain.push(name.clone());
                }
            }
        }
        FdRefs::Names(Names::One(name))
    }
}

/// `a` to `z`.
pub(super) fn letter(at: usize) -> Option<String> {
    let at = u8::try_from(at).ok().filter(|at| *at < 26)?;
    Some(char::from(b'a' + at).to_string())
}
