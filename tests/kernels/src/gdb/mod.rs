//! A client of gdb's remote protocol (GDB manual, appendix E), as far as QEMU's stub for one x86-64
//! CPU needs it: stop, go on, registers, memory, hardware breakpoints and write watchpoints.
//!
//! The stub stops the guest at any byte it receives, so nothing is sent while it runs but the
//! request to stop. Left out: several threads, features and their XML, software breakpoints.

mod packet;

use anyhow::{Context, Result, bail};
use packet::{Frame, decode, encode, unhex};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long an answer may take; the stub answers at once or never.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long unasked words may follow a new connection.
const SETTLE: Duration = Duration::from_millis(20);

/// A connection. The guest is stopped by making it.
#[derive(Debug)]
pub struct Gdb {
    stream: UnixStream,
    received: Vec<u8>,
}

/// Why the guest stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It was asked to.
    Asked,
    /// At a breakpoint, before that instruction; or after a step.
    Trap,
    /// After a write to a watched address; its first byte as it was given to [`Gdb::watch`].
    Write(u64),
}

/// General registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registers {
    general: [u64; 17],
}

/// The order in which the stub gives them.
const NAMES: [&str; 17] = [
    "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13",
    "r14", "r15", "rip",
];

impl Registers {
    /// Address of the next instruction.
    pub fn rip(&self) -> u64 {
        self.general[16]
    }

    /// Stack pointer.
    pub fn rsp(&self) -> u64 {
        self.general[7]
    }

    /// Where a function returns a value.
    pub fn rax(&self) -> u64 {
        self.general[0]
    }

    /// A function's arguments, at its first instruction (System V ABI).
    pub fn arguments(&self) -> [u64; 6] {
        // rdi rsi rdx rcx r8 r9
        [5, 4, 3, 2, 8, 9].map(|at| self.general[at])
    }

    /// By name, `rax` to `r15` and `rip`.
    pub fn named(&self, name: &str) -> Option<u64> {
        NAMES.iter().position(|one| *one == name).map(|at| self.general[at])
    }

    fn parse(hex: &str) -> Option<Self> {
        let bytes = unhex(hex)?;
        let mut general = [0; 17];
        for (value, bytes) in general.iter_mut().zip(bytes.chunks_exact(8)) {
            *value = u64::from_le_bytes(bytes.try_into().expect("chunks of eight"));
        }
        (bytes.len() >= 17 * 8).then_some(Self { general })
    }
}

impl Gdb {
    /// Connects to QEMU's stub, which stops the guest.
    ///
    /// # Errors
    /// When nobody listens there, or it does not speak the protocol.
    pub fn connect(socket: &Path) -> Result<Self> {
        let stream = UnixStream::connect(socket)
            .with_context(|| format!("{} can't be connected to", socket.display()))?;
        let mut gdb = Self { stream, received: Vec::new() };
        while gdb.packet(SETTLE)?.is_some() {}
        gdb.ask("?")?;
        // Some versions also announce the stop that the connection was.
        while gdb.packet(SETTLE)?.is_some() {}
        Ok(gdb)
    }

    /// Stops the guest. It may have stopped by itself just before; then that is the reason.
    ///
    /// # Errors
    /// When the connection is gone.
    pub fn halt(&mut self) -> Result<Stop> {
        self.stream.write_all(&[3])?;
        self.wait(PATIENCE)?.context("the guest does not stop")
    }

    /// Lets the guest run.
    ///
    /// # Errors
    /// When the connection is gone.
    pub fn resume(&mut self) -> Result<()> {
        self.send("c")
    }

    /// Runs one instruction, interrupts held off.
    ///
    /// # Errors
    /// When the connection is gone.
    pub fn step(&mut self) -> Result<Stop> {
        self.send("s")?;
        self.wait(PATIENCE)?.context("the guest does not step")
    }

    /// Waits for the guest to stop; `None` when it still runs after that time.
    ///
    /// # Errors
    /// When the connection is gone or the stub says something unknown.
    pub fn wait(&mut self, timeout: Duration) -> Result<Option<Stop>> {
        let Some(said) = self.packet(timeout)? else { return Ok(None) };
        stop(&said).map(Some).with_context(|| format!("the stub said {said:?}"))
    }

    /// Reads the registers of the stopped guest.
    ///
    /// # Errors
    /// When the guest runs, or the connection is gone.
    pub fn registers(&mut self) -> Result<Registers> {
        let answer = self.ask("g")?;
        Registers::parse(&answer).with_context(|| format!("registers from the stub: {answer:?}"))
    }

    /// Reads memory at a virtual address of the stopped guest.
    ///
    /// # Errors
    /// When nothing is mapped there, the guest runs, or the connection is gone.
    pub fn memory(&mut self, address: u64, length: usize) -> Result<Vec<u8>> {
        let answer = self.ask(&format!("m{address:x},{length:x}"))?;
        match unhex(&answer) {
            Some(bytes) if bytes.len() == length => Ok(bytes),
            _ => bail!("{length} bytes at {address:#x} can't be read: {answer}"),
        }
    }

    /// Reads an eight-byte number.
    ///
    /// # Errors
    /// As [`Self::memory`].
    pub fn number(&mut self, address: u64) -> Result<u64> {
        let bytes = self.memory(address, 8)?;
        Ok(u64::from_le_bytes(bytes.try_into().expect("as many as asked for")))
    }

    /// Stops the guest before it runs the instruction at an address.
    ///
    /// # Errors
    /// When the stub refuses or the connection is gone.
    pub fn breakpoint(&mut self, address: u64) -> Result<()> {
        self.order(&format!("Z1,{address:x},1"))
    }

    /// Undoes [`Self::breakpoint`].
    ///
    /// # Errors
    /// When there is none, or the connection is gone.
    pub fn remove_breakpoint(&mut self, address: u64) -> Result<()> {
        self.order(&format!("z1,{address:x},1"))
    }

    /// Stops the guest after it has written to virtual addresses from this one on. Registers of
    /// functions can be watched like memory.
    ///
    /// # Errors
    /// When the stub refuses or the connection is gone.
    pub fn watch(&mut self, address: u64, length: u64) -> Result<()> {
        self.order(&format!("Z2,{address:x},{length:x}"))
    }

    /// Undoes [`Self::watch`].
    ///
    /// # Errors
    /// When there is none, or the connection is gone.
    pub fn unwatch(&mut self, address: u64, length: u64) -> Result<()> {
        self.order(&format!("z2,{address:x},{length:x}"))
    }

    /// Lets the stopped guest go and run on; what was inserted is removed.
    ///
    /// # Errors
    /// When the connection is gone.
    pub fn detach(mut self) -> Result<()> {
        self.release()
    }

    pub(crate) fn release(&mut self) -> Result<()> {
        self.order("D")
    }

    /// Ends the guest.
    pub(crate) fn kill(&mut self) {
        // There is no answer: QEMU is gone.
        let _ = self.send("k");
    }

    fn order(&mut self, command: &str) -> Result<()> {
        match self.ask(command)?.as_str() {
            "OK" => Ok(()),
            answer => bail!("the stub answered {command:?} with {answer:?}"),
        }
    }

    fn ask(&mut self, command: &str) -> Result<String> {
        self.send(command)?;
        self.packet(PATIENCE)?.with_context(|| format!("the stub does not answer {command:?}"))
    }

    fn send(&mut self, command: &str) -> Result<()> {
        self.stream.write_all(&encode(command)).context("the stub is gone")
    }

    /// The next packet, acknowledged; `None` when none came in that time.
    fn packet(&mut self, timeout: Duration) -> Result<Option<String>> {
        let end = Instant::now() + timeout;
        loop {
            match decode(&self.received) {
                Frame::Packet(data, taken) => {
                    self.received.drain(..taken);
                    self.stream.write_all(b"+").context("the stub is gone")?;
                    return Ok(Some(data));
                }
                Frame::Damaged(taken) => {
                    self.received.drain(..taken);
                    self.stream.write_all(b"-").context("the stub is gone")?;
                }
                Frame::Part => {}
            }
            let left = end.saturating_duration_since(Instant::now());
            // A time of zero would mean for ever.
            self.stream.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
            let mut bytes = [0; 4096];
            match self.stream.read(&mut bytes) {
                Ok(0) => bail!("the stub is gone"),
                Ok(count) => self.received.extend_from_slice(&bytes[..count]),
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    if left.is_zero() {
                        return Ok(None);
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error).context("the stub is gone"),
            }
        }
    }
}

/// `T05thread:01;watch:ffffc90000231004;`
fn stop(said: &str) -> Option<Stop> {
    let (signal, rest) = said.strip_prefix('T')?.split_at_checked(2)?;
    let watched = rest.split(';').find_map(|pair| pair.strip_prefix("watch:"));
    Some(match (signal, watched) {
        ("02", _) => Stop::Asked,
        ("05", None) => Stop::Trap,
        ("05", Some(address)) => Stop::Write(u64::from_str_radix(address, 16).ok()?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stops_are_told_apart() {
        assert_eq!(stop("T02thread:01;"), Some(Stop::Asked));
        assert_eq!(stop("T05thread:01;"), Some(Stop::Trap));
        let write = Stop::Write(0xffff_c900_0023_1004);
        assert_eq!(stop("T05thread:01;watch:ffffc90000231004;"), Some(write));
        for said in ["", "OK", "T", "W00", "T11", "T05watch:xyz;"] {
            assert_eq!(stop(said), None, "{said}");
        }
    }

    #[test]
    fn registers_are_read_in_the_stub_s_order() {
        let hex: String =
            (0..17_u64).flat_map(u64::to_le_bytes).map(|b| format!("{b:02x}")).collect();
        let registers = Registers::parse(&hex).expect("seventeen");
        assert_eq!(registers.arguments(), [5, 4, 3, 2, 8, 9]);
        assert_eq!((registers.rax(), registers.rsp(), registers.rip()), (0, 7, 16));
        assert_eq!(registers.named("r15"), Some(15));
        assert_eq!(Registers::parse(&hex[2..]), None);
        assert_eq!(Registers::parse("E01"), None);
    }

    #[test]
    fn commands_are_acknowledged_and_answers_awaited() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("gdb");
        let listener = std::os::unix::net::UnixListener::bind(&path).expect("bound");
        let stub = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("connected");
            let mut hear = |answer: &[u8], expected: &[u8]| {
                stream.write_all(answer).expect("sent");
                let mut heard = vec![0; expected.len()];
                stream.read_exact(&mut heard).expect("heard");
                assert_eq!(String::from_utf8_lossy(&heard), String::from_utf8_lossy(expected));
            };
            hear(b"$T02thread:01;#04", b"+$?#3f");
            hear(b"+$T02thread:01;#04", b"+$m10,2#2c");
            hear(b"+$01ff#2d", b"+$Z1,20,1#76");
            hear(b"+$E22#a9", b"+");
        });
        let mut gdb = Gdb::connect(&path).expect("connected");
        assert_eq!(gdb.memory(0x10, 2).expect("read"), [1, 0xff]);
        let error = gdb.breakpoint(0x20).expect_err("refused").to_string();
        assert!(error.contains("E22"), "{error}");
        stub.join().expect("all as expected");
    }
}
