//! What KVM was asked of an eventfd in its hands, and the same asked of the emulator.
//!
//! `tests/data/kernels/kvm/irqfd.c` runs in a guest of the laboratory and asks its KVM;
//! `kvm/HOST.txt` is what it printed there. [`emulated`] plays the same conversation with core, and
//! must come to the same lines, but for those of [`LEFT_OUT`], which must differ. Line by line this
//! is the program's text: who changes one changes the other.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use vfio_irq_core::device::Fd;
use vfio_irq_core::errno::Errno;
use vfio_irq_core::guest::{GuestCall, Irqfd};
use vfio_irq_core::host::HostProfile;
use vfio_irq_core::machine::Machine;
use vfio_irq_core::pci::{Function, profiles};

use crate::corpus::HOSTS;
use crate::root;

/// What the verified file calls it, beside the devices.
pub const DEVICE: &str = "kvm";
/// The program, from the repository's root.
pub const PROGRAM: &str = "tests/data/kernels/kvm/irqfd.c";
/// Lines that the emulator can't answer as these kernels do, and why.
pub const LEFT_OUT: [(&str, &[&str], &str); 1] =
    [("  a in another VM: ", &["linux-6.1", "linux-6.12"], "one VM is modelled")];

/// What one kernel's KVM answered.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Heard {
    /// The kernel's host profile.
    pub host: String,
    /// Its version, as the other recordings say it.
    pub kernel: String,
    /// The version of the QEMU it ran under.
    pub qemu: String,
    /// The day, in UTC.
    pub day: String,
    /// The program's lines.
    pub lines: Vec<String>,
}

impl Heard {
    /// Where it is kept.
    pub fn file(host: &str) -> PathBuf {
        root().join("tests/data/kernels/kvm").join(format!("{host}.txt"))
    }

    /// What is kept of a kernel.
    pub fn read(host: &str) -> Option<Self> {
        Some(Self::parse(host, &fs::read_to_string(Self::file(host)).ok()?))
    }

    fn parse(host: &str, text: &str) -> Self {
        let mut heard = Self { host: host.to_owned(), ..Self::default() };
        for line in text.lines() {
            if let Some(kernel) = line.strip_prefix("# kernel ") {
                heard.kernel = kernel.to_owned();
            } else if let Some(qemu) = line.strip_prefix("# QEMU ") {
                heard.qemu = qemu.to_owned();
            } else if let Some(day) = line.strip_prefix("# recorded ") {
                heard.day = day.to_owned();
            } else {
                heard.lines.push(line.to_owned());
            }
        }
        heard
    }

    fn print(&self) -> String {
        let Self { kernel, qemu, day, lines, .. } = self;
        format!("# kernel {kernel}\n# QEMU {qemu}\n# recorded {day}\n{}\n", lines.join("\n"))
    }

    /// Keeps it.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn write(&self) -> Result<()> {
        let file = Self::file(&self.host);
        fs::write(&file, self.print()).with_context(|| format!("cannot write {}", file.display()))
    }

    /// Where the emulator differs and should not, and where it does not differ and should.
    pub fn problems(&self) -> Vec<String> {
        let expected = emulated(&self.host);
        if self.lines.len() != expected.len() {
            return vec![format!(
                "{} lines, the emulator has {}",
                self.lines.len(),
                expected.len()
            )];
        }
        let mut problems = Vec::new();
        for ((seen, expected), number) in self.lines.iter().zip(&expected).zip(1..) {
            let left_out = self.left_out(seen);
            match (seen == expected, left_out) {
                (false, None) => problems
                    .push(format!("answer {number}: KVM says `{seen}`, the emulator `{expected}`")),
                (true, Some(why)) => {
                    problems.push(format!("answer {number}: `{seen}` does not differ: {why}"));
                }
                _ => {}
            }
        }
        problems
    }

    fn left_out(&self, line: &str) -> Option<&'static str> {
        let of = |(start, hosts, _): &&(&str, &[&str], &str)| {
            line.starts_with(start) && hosts.contains(&self.host.as_str())
        };
        LEFT_OUT.iter().find(of).map(|(.., why)| *why)
    }

    /// The clauses that heads name, if all is as the emulator says.
    pub fn confirmed(&self) -> BTreeSet<String> {
        let agrees = !self.kernel.is_empty() && self.problems().is_empty();
        let heads = self.lines.iter().filter(|line| agrees && line.starts_with("IRQFD-"));
        let named = heads.filter_map(|line| line.split(':').next());
        named.flat_map(|ids| ids.split(", ")).map(str::to_owned).collect()
    }
}

/// What is kept of all kernels.
pub fn kept() -> Vec<Heard> {
    HOSTS.iter().filter_map(|host| Heard::read(host)).collect()
}

/// Gsi and pin, level-triggered in the program's guest.
const LEVEL: u32 = 10;
/// Gsi and pin, edge-triggered.
const EDGE: u32 = 11;
/// Gsi of a message.
const MESSAGE: u32 = 24;
/// A descriptor that is not open.
const CLOSED: Fd = 999;

/// What the program would print if core were the kernel.
pub fn emulated(host: &str) -> Vec<String> {
    let profile = HostProfile::by_name(host).expect("a built-in host");
    let spec = profiles::by_name("edu").expect("a built-in function");
    let machine = Machine::new(Function::new(&spec).expect("a function as it should be"), profile);
    let mut bench = Bench { machine, lines: Vec::new(), has: None };
    bench.descriptors();
    bench.counts();
    bench.guest();
    bench.lines
}

struct Bench {
    machine: Machine,
    lines: Vec<String>,
    /// The interrupt the guest's handler is in.
    has: Option<u32>,
}

fn errno<T>(done: Result<T, Errno>) -> String {
    done.map_or_else(|errno| errno.to_string(), |_| "0".to_owned())
}

impl Bench {
    fn say(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    fn eventfd(&mut self, count: u64) -> Fd {
        let fd = self.machine.create_fd(true, &mut ()).expect("room");
        self.add(fd, count);
        fd
    }

    fn add(&mut self, fd: Fd, count: u64) {
        self.machine.write_fd(fd, count, &mut ()).expect("room");
    }

    fn assign(&mut self, eventfd: Fd, gsi: u32, resample: Option<Fd>) -> String {
        let call = GuestCall::Assign(Irqfd { eventfd, gsi, resample });
        errno(self.machine.guest_call(call, &mut ()))
    }

    fn deassign(&mut self, eventfd: Fd, gsi: u32) -> String {
        errno(self.machine.guest_call(GuestCall::Deassign { eventfd, gsi }, &mut ()))
    }

    fn read(&mut self, what: &str, fd: Fd) {
        let line = match self.machine.read_fd(fd, &mut ()) {
            Ok(count) => format!("  read {what} = {count}"),
            Err(errno) => format!("  read {what}: {errno}"),
        };
        self.say(line);
    }

    fn pin(&mut self, gsi: u32) {
        let up = if self.machine.guest.is_up(gsi) { "up" } else { "down" };
        self.say(format!("  pin {gsi}: {up}"));
    }

    /// The guest runs to its next write of a port: an interrupt taken, or ended.
    fn step(&mut self) {
        let mut ask = |call| self.machine.guest_call(call, &mut ()).expect("the guest's own");
        let line = match self.has.take() {
            Some(gsi) => {
                ask(GuestCall::Eoi(gsi));
                "has ended it"
            }
            None => {
                self.has =
                    [LEVEL, EDGE, MESSAGE].into_iter().find(|gsi| ask(GuestCall::Look(*gsi)));
                if self.has.is_some() { "has an interrupt" } else { "idle" }
            }
        };
        self.say(format!("  guest: {line}"));
    }

    fn descriptors(&mut self) {
        let [a, b, u] = [0; 3].map(|count| self.eventfd(count));
        let plain = self.machine.create_fd(false, &mut ()).expect("room");
        let done = self.assign(a, 5, None);
        self.say(format!("IRQFD-READS: assign a: {done}"));
        self.add(a, 1);
        self.read("a after a signal", a);
        self.add(a, 3);
        let ready = self.machine.fds.counter(a).is_some_and(|count| count > 0);
        self.say(format!("  poll a: {}", u32::from(ready)));
        for (what, fd, gsi, resample) in [
            ("IRQFD-BUSY: assign a again", a, 6, None),
            ("  with RESAMPLE", a, 6, Some(u)),
            ("  b to the same gsi", b, 5, None),
            ("  a in another VM", a, 5, None),
            ("IRQFD-BAD-FD: not open", CLOSED, 6, None),
            ("  no eventfd", plain, 6, None),
            ("  resample not open", u, 6, Some(CLOSED)),
            ("  that, and busy", a, 6, Some(CLOSED)),
        ] {
            let done = self.assign(fd, gsi, resample);
            self.say(format!("{what}: {done}"));
        }
        let done = self.deassign(a, 6);
        self.say(format!("IRQFD-DEASSIGN: another gsi: {done}"));
        self.add(a, 1);
        self.read("a after a signal", a);
        for what in ["its gsi", "once more"] {
            let done = self.deassign(a, 5);
            self.say(format!("  {what}: {done}"));
        }
        self.add(a, 1);
        self.read("a after a signal", a);
        // The program makes its vCPU later: what it was told before is not there for it.
        self.deassign(b, 5);
        self.machine.guest_call(GuestCall::Eoi(5), &mut ()).expect("the guest's own");
    }

    fn counts(&mut self) {
        let [a, b, c, u] = [2, 3, 0, 0].map(|count| self.eventfd(count));
        let done = self.assign(a, LEVEL, Some(u));
        self.say(format!("IRQFD-COUNTED: a has 2, assign: {done}"));
        self.pin(LEVEL);
        self.read("a", a);
        self.add(a, 1);
        self.read("a after a signal", a);
        let done = self.deassign(a, LEVEL);
        self.say(format!("IRQFD-DEASSIGN: a level, up: {done}"));
        self.pin(LEVEL);
        self.read("the resample eventfd", u);
        let done = [self.assign(b, 5, None), self.deassign(b, 5)].join(" ");
        self.say(format!("  b has 3, assign, deassign: {done}"));
        self.read("b", b);
        let done = self.assign(c, LEVEL, Some(u));
        self.say(format!("  c, assign: {done}"));
        self.add(c, 0);
        self.say("IRQFD-READS: a write of 0");
        self.pin(LEVEL);
        // There is no dup here: one descriptor is closed, the last.
        self.say("IRQFD-CLOSE: one of two descriptors closed");
        self.pin(LEVEL);
        self.say("  both closed");
        self.machine.close_fd(c, &mut ()).expect("open");
        self.pin(LEVEL);
    }

    fn guest(&mut self) {
        let [a, b, e, m, u, v] = [0; 6].map(|count| self.eventfd(count));
        self.say("A guest");
        self.say("  guest: is ready");
        self.step();
        let done = self.assign(a, LEVEL, Some(u));
        self.say(format!("IRQFD-RESAMPLE: assign a: {done}"));
        self.add(a, 1);
        for _ in 0..2 {
            self.step();
            self.pin(LEVEL);
            self.read("u", u);
        }
        self.step();
        self.say("IRQFD-RESAMPLE: once more, as a device that is still up would");
        self.add(a, 1);
        self.step();
        self.step();
        self.read("u", u);
        self.step();
        let done = self.assign(b, LEVEL, Some(v));
        self.say(format!("IRQFD-RESAMPLE: b on the same gsi: {done}"));
        self.add(b, 1);
        self.step();
        self.step();
        self.read("u", u);
        self.read("v", v);
        self.say("IRQFD-RESAMPLE-CLOSED: u closed");
        self.machine.close_fd(u, &mut ()).expect("open");
        self.add(a, 1);
        self.step();
        self.step();
        self.read("a", a);
        self.read("v", v);
        let done = self.assign(e, EDGE, None);
        self.say(format!("IRQFD-EDGE, IRQFD-COALESCE: a pin, three signals: {done}"));
        (0..3).for_each(|_| self.add(e, 1));
        (0..3).for_each(|_| self.step());
        let done = self.assign(m, MESSAGE, None);
        self.say(format!("IRQFD-EDGE, IRQFD-COALESCE: a message, three signals: {done}"));
        (0..3).for_each(|_| self.add(m, 1));
        self.step();
        self.say("  two more before it is ended");
        (0..2).for_each(|_| self.add(m, 1));
        (0..4).for_each(|_| self.step());
    }
}
