//! Halts a guest's ioctl just after each of its register writes.
//!
//! Config writes go through one function of the kernel, which is left again when the write is done:
//! a breakpoint at its start tells what is written, one at its return address is the moment. Table
//! writes are stores to a mapping made when MSI-X is enabled: a breakpoint at `ioremap` tells where
//! it is, and write watchpoints on its dwords stop after the store. QEMU honours both without KVM.
//!
//! The guest's program agrees to it on the control line: it says `call` and waits for `go`, makes
//! its ioctl, and says `done`. Lines it says before `call` are the caller's, as is any answer to
//! `done`. Left out: functions other than the usual three, and accesses by memory-mapped config
//! space, which the kernel uses beyond offset 0xff only.

mod symbols;

pub use symbols::Symbols;

use crate::gdb::{Gdb, Stop};
use crate::guest::{Control, Next, Running};
use crate::qtest::Qtest;
use crate::trace::{Device, Place, RawWrite};
use anyhow::{Context, Result, bail, ensure};
use std::time::Duration;

/// How long one side is listened to before the other.
const TURN: Duration = Duration::from_millis(2);

/// A hand on the guest's brake.
pub struct Stopper {
    gdb: Gdb,
    qtest: Qtest,
    control: Control,
    symbols: Symbols,
    tables: Vec<Table>,
    returns: Vec<Return>,
    in_call: bool,
}

/// An MSI-X table.
struct Table {
    device: Device,
    /// Guest physical address.
    physical: u64,
    entries: u16,
    /// Where the kernel mapped it, while it has.
    mapped: Option<u64>,
    /// The watchpoints' first address, while there are any.
    watched: Option<u64>,
}

/// A function that was entered.
struct Return {
    to: u64,
    entry: u64,
    what: Entered,
}

#[derive(Clone, Copy)]
enum Entered {
    /// A config write to one of our functions.
    Write(RawWrite),
    /// A mapping of a table, by its place in [`Stopper::tables`].
    Mapping(usize),
    /// Nothing of ours.
    Other,
}

/// What is done after each register write, with the writes of this call so far.
type Seen<'a> = dyn FnMut(&[RawWrite], &mut Qtest) -> Result<()> + 'a;

impl Stopper {
    /// Attaches to a guest that has just been booted with `debug()`; takes its control line. The
    /// symbols must be those of its kernel.
    ///
    /// # Errors
    /// When the guest does not come up, or its script has begun already: then a table may have been
    /// mapped unseen.
    pub fn attach(running: &mut Running, symbols: Symbols) -> Result<Self> {
        // Early enough to see every table being mapped, late enough for addresses to be settled.
        running.await_console("lab: kernel")?;
        let gdb = running.gdb()?;
        ensure!(!running.console().contains("lab: begin"), "attached after the script had begun");
        let (qtest, control) = (running.qtest()?, running.control()?);
        let (tables, returns) = (Vec::new(), Vec::new());
        let mut this = Self { gdb, qtest, control, symbols, tables, returns, in_call: false };
        for device in Device::ALL {
            let Some(table) = device.layout().table else { continue };
            if this.qtest.config_readl(device.address(), 0)? == u32::MAX {
                continue;
            }
            let physical = this.qtest.bar(device.address(), table.bar)? + table.offset;
            let entries = table.entries;
            this.tables.push(Table { device, physical, entries, mapped: None, watched: None });
        }
        this.gdb.breakpoint(this.symbols.map_registers())?;
        this.gdb.resume()?;
        Ok(this)
    }

    /// Follows the guest in a thread of its own, to its end: the guest stands still now and then
    /// until it is looked after, so the one who waits for its results can't be the one. `on_call`
    /// is given each call with the lines said before it, runs it with [`Self::run_call`] and says
    /// what the program wants to hear. If it fails, the guest is ended, and whoever waits for the
    /// guest gets the error.
    pub fn follow(
        mut self,
        running: &mut Running,
        mut on_call: impl FnMut(&mut Self, Vec<String>) -> Result<()> + Send + 'static,
    ) {
        running.followed_by(std::thread::spawn(move || {
            let mut follow = || -> Result<()> {
                while let Some(lines) = self.next_call()? {
                    on_call(&mut self, lines)?;
                }
                Ok(())
            };
            let result = follow();
            if result.is_err() {
                self.gdb.kill();
            }
            result
        }));
    }

    /// Waits until the guest's program wants to make a call; gives the lines it said before.
    /// `None` when the guest has ended. Nobody else looks after the guest meanwhile: see
    /// [`Self::follow`].
    ///
    /// # Errors
    /// When the guest can't be followed.
    pub fn next_call(&mut self) -> Result<Option<Vec<String>>> {
        let mut lines = Vec::new();
        loop {
            match self.control.next(TURN) {
                Next::Line(line) if line == "call" => return Ok(Some(lines)),
                Next::Line(line) => lines.push(line),
                Next::Ended => return Ok(None),
                Next::Late => match self.turn(&mut Vec::new(), &mut |_, _| Ok(())) {
                    Ok(()) => {}
                    // The two lines of a guest that ends do not close at the same moment.
                    Err(_) if self.ended() => return Ok(None),
                    Err(error) => return Err(error),
                },
            }
        }
    }

    /// Lets the program make its call. After each register write the guest stands still while
    /// `seen` is run; it may reach for registers by qtest. Gives all writes of the call.
    ///
    /// # Errors
    /// When `seen` fails, or the guest can't be followed or ends.
    pub fn run_call(
        &mut self,
        mut seen: impl FnMut(&[RawWrite], &mut Qtest) -> Result<()>,
    ) -> Result<Vec<RawWrite>> {
        let mut writes = Vec::new();
        self.halt()?;
        self.arm()?;
        self.gdb.resume()?;
        self.control.send("go")?;
        loop {
            match self.control.next(Duration::ZERO) {
                Next::Line(line) if line == "done" => break,
                Next::Line(line) => bail!("the guest said {line:?} on its control line, not done"),
                Next::Ended => bail!("the guest ended inside a call"),
                Next::Late => self.turn(&mut writes, &mut seen)?,
            }
        }
        self.halt()?;
        self.disarm()?;
        self.gdb.resume()?;
        Ok(writes)
    }

    /// Answers the program after its call.
    ///
    /// # Errors
    /// When the guest is gone.
    pub fn say(&mut self, line: &str) -> Result<()> {
        self.control.send(line)
    }

    fn ended(&self) -> bool {
        self.control.next(Duration::from_secs(1)) == Next::Ended
    }

    /// Waits a little for the guest to stop; if it does, looks why, and lets it go on.
    fn turn(&mut self, writes: &mut Vec<RawWrite>, seen: &mut Seen<'_>) -> Result<()> {
        if let Some(stop) = self.gdb.wait(TURN)? {
            self.stopped(stop, writes, seen)?;
            self.gdb.resume()?;
        }
        Ok(())
    }

    /// Stops the guest outside of a call's writes.
    fn halt(&mut self) -> Result<()> {
        let stop = self.gdb.halt()?;
        self.stopped(stop, &mut Vec::new(), &mut |_, _| Ok(()))
    }

    fn arm(&mut self) -> Result<()> {
        self.in_call = true;
        self.gdb.breakpoint(self.symbols.config_write())?;
        for at in 0..self.tables.len() {
            let Table { device, mapped, .. } = self.tables[at];
            match (self.msix_enabled(device)?, mapped) {
                (true, Some(_)) => self.watch(at)?,
                (true, None) => bail!("{}'s table was mapped unseen", device.name()),
                (false, _) => {}
            }
        }
        Ok(())
    }

    fn disarm(&mut self) -> Result<()> {
        self.in_call = false;
        let config_write = self.symbols.config_write();
        if !self.returns.iter().any(|one| one.entry == config_write) {
            self.gdb.remove_breakpoint(config_write)?;
        }
        for at in 0..self.tables.len() {
            self.unwatch(at)?;
            // The mapping ends with MSI-X, and its address may be given to something else.
            if !self.msix_enabled(self.tables[at].device)? {
                self.tables[at].mapped = None;
            }
        }
        Ok(())
    }

    fn msix_enabled(&mut self, device: Device) -> Result<bool> {
        let Some(capability) = device.layout().msix else { return Ok(false) };
        Ok(self.qtest.config_readl(device.address(), capability)? >> 31 == 1)
    }

    fn watch(&mut self, at: usize) -> Result<()> {
        self.unwatch(at)?;
        let Table { entries, mapped, .. } = self.tables[at];
        let start = mapped.context("a table that is not mapped can't be watched")?;
        self.tables[at].watched = Some(start);
        // One for each dword: the stub names a watchpoint, not the address within it.
        (0..u64::from(entries) * 4).try_for_each(|dword| self.gdb.watch(start + 4 * dword, 4))
    }

    fn unwatch(&mut self, at: usize) -> Result<()> {
        let Table { entries, ref mut watched, .. } = self.tables[at];
        let Some(start) = watched.take() else { return Ok(()) };
        (0..u64::from(entries) * 4).try_for_each(|dword| self.gdb.unwatch(start + 4 * dword, 4))
    }

    fn stopped(
        &mut self,
        stop: Stop,
        writes: &mut Vec<RawWrite>,
        seen: &mut Seen<'_>,
    ) -> Result<()> {
        match stop {
            Stop::Asked => Ok(()),
            Stop::Write(address) => {
                let write = self.table_write(address)?;
                writes.push(write);
                seen(writes, &mut self.qtest)
            }
            Stop::Trap => {
                let registers = self.gdb.registers()?;
                let rip = registers.rip();
                if let Some(at) = self.returns.iter().position(|one| one.to == rip) {
                    let done = self.returns.swap_remove(at);
                    return self.returned(&done, registers.rax(), writes, seen);
                }
                let arguments = registers.arguments();
                let what = if rip == self.symbols.config_write() {
                    config_write(arguments)
                } else if rip == self.symbols.map_registers() {
                    let table = self.tables.iter().position(|one| one.physical == arguments[0]);
                    table.map_or(Entered::Other, Entered::Mapping)
                } else {
                    bail!("the guest stopped at {rip:#x}, where it was not asked to");
                };
                // The breakpoint is in the way of going on; it comes back at the return.
                self.gdb.remove_breakpoint(rip)?;
                let to = self.gdb.number(registers.rsp())?;
                self.gdb.breakpoint(to)?;
                self.returns.push(Return { to, entry: rip, what });
                Ok(())
            }
        }
    }

    fn returned(
        &mut self,
        done: &Return,
        rax: u64,
        writes: &mut Vec<RawWrite>,
        seen: &mut Seen<'_>,
    ) -> Result<()> {
        self.gdb.remove_breakpoint(done.to)?;
        if self.in_call || done.entry != self.symbols.config_write() {
            self.gdb.breakpoint(done.entry)?;
        }
        match done.what {
            Entered::Write(write) => {
                writes.push(write);
                seen(writes, &mut self.qtest)
            }
            Entered::Mapping(at) => {
                self.tables[at].mapped = Some(rax).filter(|address| *address != 0);
                if self.in_call && self.tables[at].mapped.is_some() {
                    self.watch(at)?;
                }
                Ok(())
            }
            Entered::Other => Ok(()),
        }
    }

    fn table_write(&mut self, address: u64) -> Result<RawWrite> {
        let place = self.tables.iter().find_map(|table| {
            let offset = address.checked_sub(table.watched?)?;
            (offset < u64::from(table.entries) * 16).then_some((table, offset))
        });
        let (table, offset) = place.with_context(|| format!("a write to {address:#x}"))?;
        let value = self.qtest.readl(table.physical + offset)?;
        let (entry, dword) = ((offset / 16) as u16, (offset % 16 / 4) as u8);
        Ok(RawWrite { device: table.device, place: Place::Table { entry, dword, value } })
    }
}

/// Nobody is left behind at a breakpoint.
impl Drop for Stopper {
    fn drop(&mut self) {
        // A guest that has ended says no.
        let _ = self.gdb.halt();
        let _ = self.gdb.release();
    }
}

/// `(segment, bus, device and function, offset, length, value)`
fn config_write([segment, bus, slot, offset, length, value]: [u64; 6]) -> Entered {
    let device = Device::ALL.into_iter().find(|device| {
        let address = device.address();
        let place = u64::from(address.device) << 3 | u64::from(address.function);
        *device != Device::Bridge && (segment, bus) == (0, u64::from(address.bus)) && slot == place
    });
    let Some(device) = device else { return Entered::Other };
    let value = match length {
        1 => value & 0xff,
        2 => value & 0xffff,
        _ => value & 0xffff_ffff,
    };
    let place = Place::Config { offset: offset as u16, value: value as u32 };
    Entered::Write(RawWrite { device, place })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn config_write_is_read_from_the_arguments() {
        let Entered::Write(write) = config_write([0, 0, 0x20, 0xa2, 2, 0xffff_ffff_ffff_c004])
        else {
            panic!("slot 4 is e1000e");
        };
        let place = Place::Config { offset: 0xa2, value: 0xc004 };
        assert_eq!(write, RawWrite { device: Device::E1000e, place });
    }

    #[test]
    fn config_writes_of_others_are_not_ours() {
        for arguments in [[0, 0, 0, 0x3c, 1, 7], [0, 1, 0x20, 4, 2, 7], [1, 0, 0x20, 4, 2, 7]] {
            assert!(matches!(config_write(arguments), Entered::Other), "{arguments:?}");
        }
    }
}
