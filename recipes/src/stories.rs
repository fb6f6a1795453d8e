//! What the recipes are made to do on a device, and what is seen of it: a line for each recipe.
//!
//! The same lines are expected of a kernel made of the emulator and of Linux; `expected.txt` has them,
//! written by hand, by function and host. What can't be brought
//! about on a real device (a shortage, a failure) is left to the tests.

use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};

use vfio_irq_core::device::Stimulus;

use crate::base::{INTX, MSI, MSIX, NORESIZE, NotDone, ask};
use crate::recipes::Recipes;

/// A device that can be made to interrupt.
pub trait World {
    /// The device's descriptor, open as long as this value.
    fn device(&self) -> RawFd;
    /// What the function is made to do.
    fn stimulate(&mut self, stimulus: Stimulus);
    /// Until what is under way has arrived.
    fn wait(&self) {}

    /// The function fires.
    fn fire(&mut self, vector: u16) {
        self.stimulate(Stimulus::Fire(vector));
    }
    /// Its interrupt status rises.
    fn assert_intx(&mut self) {
        self.stimulate(Stimulus::AssertIntx);
    }
    /// It falls.
    fn deassert_intx(&mut self) {
        self.stimulate(Stimulus::DeassertIntx);
    }
    /// Reads an eventfd, once what is under way has arrived; 0 where it has counted nothing.
    fn read(&mut self, fd: BorrowedFd<'_>) -> u64 {
        self.wait();
        count(fd).expect("an eventfd")
    }
}

/// Reads an eventfd that does not block; 0 where it has counted nothing.
pub fn count(fd: BorrowedFd<'_>) -> io::Result<u64> {
    let mut count = [0; 8];
    match File::from(fd.try_clone_to_owned()?).read(&mut count) {
        Ok(_) => Ok(u64::from_ne_bytes(count)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
        Err(error) => Err(error),
    }
}

/// The word for an index.
pub fn word(index: u32) -> &'static str {
    ["intx", "msi", "msix"][index as usize]
}

/// In words, and by name where an errno is expected somewhere.
pub fn why(error: &NotDone) -> String {
    let error = match error {
        NotDone::Only(count) => return format!("only {count}"),
        NotDone::Off(_) => return "off".into(),
        NotDone::Error(error) => error,
    };
    match error.raw_os_error() {
        Some(libc::EINVAL) => "EINVAL".into(),
        Some(libc::ENODEV) => "ENODEV".into(),
        Some(libc::ENOSPC) => "ENOSPC".into(),
        _ => error.to_string(),
    }
}

fn answer<T>(done: Result<T, NotDone>) -> String {
    done.map_or_else(|error| why(&error), |_| "0".into())
}

/// The stories of a device, under way.
struct Telling<'a> {
    world: &'a mut dyn World,
    recipes: &'a dyn Recipes,
    lines: Vec<String>,
}

/// Tells all of them.
pub fn tell(world: &mut dyn World, recipes: &dyn Recipes) -> Vec<String> {
    let mut telling = Telling { world, recipes, lines: Vec::new() };
    telling.indexes();
    for index in [MSIX, MSI] {
        match telling.count(index) {
            0 => {
                let enabled = telling.recipes.enable(telling.device(), index, 1);
                telling.line(format!("enable {} 1: {}", word(index), answer(enabled)));
            }
            count => telling.messages(index, count),
        }
    }
    telling.fall_back(2, 4);
    telling.fall_back(6, 8);
    telling.exclusive();
    telling.lines
}

impl Telling<'_> {
    fn device(&self) -> BorrowedFd<'static> {
        // SAFETY: open as long as the world is, and no value made of it leaves this module.
        unsafe { BorrowedFd::borrow_raw(self.world.device()) }
    }

    fn line(&mut self, line: String) {
        self.lines.push(line);
        // What was told must not be heard of in the next story.
        self.world.deassert_intx();
    }

    fn count(&self, index: u32) -> u32 {
        ask(self.device(), index).map_or(0, |info| info.count)
    }

    /// Fires, and says what the vector's eventfd counted.
    fn fire(&mut self, vector: usize, fds: &[OwnedFd]) -> String {
        self.world.fire(vector as u16);
        format!("fire {vector}: {}", self.world.read(fds[vector].as_fd()))
    }

    fn shut_down(&mut self, index: u32, mut fds: Vec<OwnedFd>) -> String {
        match self.recipes.shut_down(self.device(), index, &mut fds) {
            Ok(left) => format!("{left} left"),
            Err(error) => why(&error),
        }
    }

    fn indexes(&mut self) {
        let mut text = String::from("has");
        for index in [INTX, MSI, MSIX] {
            let info = ask(self.device(), index).unwrap_or_default();
            let flag = if info.flags & NORESIZE == 0 { "" } else { " noresize" };
            let _ = write!(text, " {} {}{flag}", word(index), info.count);
        }
        self.line(text);
    }

    fn messages(&mut self, index: u32, count: u32) {
        self.enable(index, count.min(3));
        self.too_many(index, count);
        self.ahead(index, count);
        self.add(index);
        self.leave_intx(index, count);
    }

    fn enable(&mut self, index: u32, n: u32) {
        let (device, name) = (self.device(), word(index));
        let enabled = self.recipes.enable(device, index, n);
        let Ok(fds) = enabled else {
            return self.line(format!("enable {name} {n}: {}", answer(enabled)));
        };
        let fired = self.fire(n as usize - 1, &fds);
        self.world.fire(0);
        let unread = self.shut_down(index, fds);
        let again = self.shut_down(index, Vec::new());
        self.line(format!("enable {name} {n}: 0; {fired}; fire 0; shut down: {unread}, {again}"));
    }

    fn too_many(&mut self, index: u32, count: u32) {
        let (device, name) = (self.device(), word(index));
        let enabled = answer(self.recipes.enable(device, index, count + 1));
        let some = match self.recipes.enable_some(device, index, 1, count + 1) {
            Ok(fds) => {
                let len = fds.len();
                self.shut_down(index, fds);
                len.to_string()
            }
            Err(error) => why(&error),
        };
        let more = count + 1;
        self.line(format!("enable {name} {more}: {enabled}; some: {some}"));
    }

    fn ahead(&mut self, index: u32, count: u32) {
        let (device, name, last) = (self.device(), word(index), count - 1);
        let done = self.recipes.enable_ahead(device, index, 0, count);
        let ahead = done.as_ref().map_or_else(why, |fds| fds.len().to_string());
        let armed = match self.recipes.arm(device, index, last) {
            Ok(fd) => {
                self.world.fire(last as u16);
                format!("fire {last}: {}", self.world.read(fd.as_fd()))
            }
            Err(error) => why(&error),
        };
        self.shut_down(index, Vec::new());
        self.line(format!("ahead {name}: {ahead}; arm {last}; {armed}"));
    }

    fn add(&mut self, index: u32) {
        let (device, name) = (self.device(), word(index));
        let Ok(mut fds) = self.recipes.enable(device, index, 1) else {
            return self.line(format!("add {name}: nothing is on"));
        };
        let added = match self.recipes.add(device, index, &mut fds) {
            Ok(added) => format!("{added:?}").to_lowercase(),
            Err(error) => why(&error),
        };
        let fired: Vec<String> = (0..fds.len()).map(|vector| self.fire(vector, &fds)).collect();
        self.shut_down(index, fds);
        self.line(format!("add {name}: {added}; {}", fired.join("; ")));
    }

    fn leave_intx(&mut self, index: u32, count: u32) {
        let (device, name, n) = (self.device(), word(index), count.min(2));
        let Ok(mut intx) = self.recipes.enable(device, INTX, 1) else {
            return self.line(format!("leave intx for {name}: INTx is not on"));
        };
        let trigger = intx.remove(0);
        let (trigger, refused) = match self.recipes.leave_intx(device, trigger, index, count + 1) {
            Err((trigger, error)) => (trigger, why(&error)),
            Ok(_) => return self.line(format!("leave intx for {name}: more than there are")),
        };
        self.world.assert_intx();
        let heard = self.world.read(trigger.as_fd());
        self.world.deassert_intx();
        let left = match self.recipes.leave_intx(device, trigger, index, n) {
            Ok(fds) => {
                let fired = self.fire(n as usize - 1, &fds);
                self.shut_down(index, fds);
                fired
            }
            Err((_, error)) => why(&error),
        };
        self.line(format!("leave intx for {name}: {refused}; assert: {heard}; {n}: {left}"));
    }

    fn fall_back(&mut self, least: u32, most: u32) {
        let said = match self.recipes.fall_back(self.device(), least, most) {
            Ok((index, fds)) => {
                let n = fds.len();
                self.shut_down(index, fds);
                format!("{} {n}", word(index))
            }
            Err(error) => why(&error),
        };
        self.line(format!("fall back {least}..{most}: {said}"));
    }

    /// A second index while one is on.
    fn exclusive(&mut self) {
        let (device, first) = (self.device(), if self.count(MSIX) > 0 { MSIX } else { MSI });
        let Ok(fds) = self.recipes.enable(device, first, 1) else {
            return self.line("beside: nothing is on".into());
        };
        let beside = answer(self.recipes.enable(device, INTX, 1));
        let fired = self.fire(0, &fds);
        self.shut_down(first, fds);
        self.line(format!("intx beside {}: {beside}; {fired}", word(first)));
    }
}

/// What a function on a host must say, in `expected.txt`.
pub fn expected(function: &str, host: &str) -> Option<Vec<&'static str>> {
    let sections = include_str!("../expected.txt").split("\n== ").skip(1);
    sections.into_iter().find_map(|section| {
        let mut lines = section.lines();
        let mut names = lines.next()?.split_whitespace();
        let meant = names.next() == Some(function) && names.any(|name| name == host);
        meant.then(|| lines.filter(|line| !line.is_empty()).collect())
    })
}
