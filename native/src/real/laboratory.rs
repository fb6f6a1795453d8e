//! The guest's side of a laboratory: marks that a tracing emulator sees between register writes, and
//! a line to someone who can hold this kernel still.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use vfio_irq_core::device::Moment;

use crate::Error;
use crate::vfio::{Halt, Planned};

/// Interrupt Line in config space (PCIe 7.5.1.1.10): no hardware looks at it.
const INTERRUPT_LINE: u64 = 0x3c;

/// Marks in a config space.
#[derive(Debug)]
pub(super) struct Marks(File);

impl Marks {
    /// A run is over, its device closed.
    const END: u8 = 0xff;

    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let open = File::options().write(true).open(path);
        open.map(Self).map_err(|source| Error::Read { name: path.display().to_string(), source })
    }

    /// This line is next: its number modulo 250, 0 for the close at the end.
    pub(super) fn line(&mut self, line: u32) {
        let mark = if line == 0 { 0 } else { (line - 1) % 250 + 1 };
        self.write(mark as u8);
    }

    /// The run is over.
    pub(super) fn end(&mut self) {
        self.write(Self::END);
    }

    fn write(&mut self, mark: u8) {
        // A mark that is missing shows in the comparison.
        let _ = self.0.write_all_at(&[mark], INTERRUPT_LINE);
    }
}

/// A terminal line: what is planned goes out, one a line, then `call`; `go` comes back before the call is
/// made; `done` goes out after it, and `missed STEP #NTH` lines and `ok` come back.
pub(super) struct Control {
    to: File,
    from: BufReader<File>,
}

impl Control {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Read { name: path.display().to_string(), source };
        let to = File::options().read(true).write(true).open(path).map_err(failed)?;
        let from = BufReader::new(to.try_clone().map_err(failed)?);
        Ok(Self { to, from })
    }

    fn say(&mut self, text: &str) -> io::Result<()> {
        self.to.write_all(text.as_bytes())
    }

    fn hear(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.from.read_line(&mut line)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(line.trim().to_owned()),
        }
    }
}

impl Halt for Control {
    fn before(&mut self, planned: &[Planned]) -> io::Result<()> {
        for Planned { moment, writes } in planned {
            let writes = writes.iter().map(|(place, value)| format!("{place:#x}={value:#x}"));
            let writes = writes.collect::<Vec<_>>().join(",");
            self.say(&format!("at #{} {writes} {}\n", moment.nth, moment.step))?;
        }
        self.say("call\n")?;
        match self.hear()?.as_str() {
            "go" => Ok(()),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    fn after(&mut self) -> io::Result<Vec<Moment>> {
        self.say("done\n")?;
        let mut missed = Vec::new();
        loop {
            let line = self.hear()?;
            if line == "ok" {
                return Ok(missed);
            }
            let moment = line.strip_prefix("missed #").and_then(|rest| {
                let (nth, step) = rest.split_once(' ')?;
                Some(Moment { nth: nth.parse().ok()?, step: step.to_owned() })
            });
            missed.push(moment.ok_or(io::ErrorKind::InvalidData)?);
        }
    }
}
