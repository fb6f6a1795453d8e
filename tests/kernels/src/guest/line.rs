//! Serial lines: sockets on which QEMU is the other end.

use anyhow::{Context, Result, bail};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::Child;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long QEMU may take to come up.
const CONNECT: Duration = Duration::from_secs(20);

/// A socket on which QEMU is awaited.
pub(super) struct Socket(UnixListener);

impl Socket {
    pub(super) fn listen(file: &Path) -> Result<Self> {
        let socket = UnixListener::bind(file).with_context(|| format!("{}", file.display()))?;
        socket.set_nonblocking(true)?;
        Ok(Self(socket))
    }

    /// Waits for QEMU; an error when it ends instead.
    pub(super) fn accept(&self, child: &mut Child) -> Result<UnixStream> {
        let end = Instant::now() + CONNECT;
        loop {
            match self.0.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(false)?;
                    return Ok(stream);
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error).context("a serial line"),
            }
            if let Some(status) = child.try_wait()? {
                bail!("QEMU ended at once ({status})");
            }
            if Instant::now() > end {
                bail!("QEMU did not come up within {} s", CONNECT.as_secs());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Lines that come in, until the other end is gone.
#[derive(Debug)]
pub(super) struct Lines(Receiver<String>);

/// What came of waiting for a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Line(String),
    Ended,
    Late,
}

impl Lines {
    pub(super) fn read(stream: UnixStream) -> Self {
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            let mut lines = BufReader::with_capacity(1 << 16, stream);
            let mut line = Vec::new();
            while lines.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
                let text = String::from_utf8_lossy(&line);
                if sender.send(text.trim_end_matches(['\r', '\n']).to_owned()).is_err() {
                    break;
                }
                line.clear();
            }
        });
        Self(receiver)
    }

    pub(super) fn next(&self, timeout: Duration) -> Next {
        match self.0.recv_timeout(timeout) {
            Ok(line) => Next::Line(line),
            Err(RecvTimeoutError::Timeout) => Next::Late,
            Err(RecvTimeoutError::Disconnected) => Next::Ended,
        }
    }
}

/// The console: all that was said on it, kept and logged.
pub(super) struct Console {
    text: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Console {
    pub(super) fn read(mut stream: UnixStream, mut log: Option<File>) -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&text);
        let reader = std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = stream.read(&mut bytes) {
                if let Some(file) = &mut log {
                    // A full disk must not end the guest; the text is kept in memory as well.
                    let _ = file.write_all(&bytes[..count]);
                }
                let said = String::from_utf8_lossy(&bytes[..count]).replace('\r', "");
                kept.lock().unwrap_or_else(PoisonError::into_inner).push_str(&said);
            }
        });
        Self { text, reader: Some(reader) }
    }

    pub(super) fn text(&self) -> String {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until all has been read; only once QEMU has ended.
    pub(super) fn finish(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        self.text()
    }
}

/// The control line: lines to and from the guest's program (`/dev/control` there).
#[derive(Debug)]
pub struct Control {
    lines: Lines,
    stream: UnixStream,
}

impl Control {
    pub(super) fn new(stream: UnixStream) -> Result<Self> {
        Ok(Self { lines: Lines::read(stream.try_clone()?), stream })
    }

    /// Sends a line.
    ///
    /// # Errors
    /// When the guest is gone.
    pub fn send(&mut self, line: &str) -> Result<()> {
        let line = format!("{line}\n");
        self.stream.write_all(line.as_bytes()).context("the guest is gone from its control line")
    }

    pub(crate) fn next(&self, timeout: Duration) -> Next {
        self.lines.next(timeout)
    }

    /// The next line, or `None` when none came in that time.
    ///
    /// # Errors
    /// When the guest is gone.
    pub fn receive(&mut self, timeout: Duration) -> Result<Option<String>> {
        match self.next(timeout) {
            Next::Line(line) => Ok(Some(line)),
            Next::Late => Ok(None),
            Next::Ended => bail!("the guest is gone from its control line"),
        }
    }

    /// Waits for one line, and no other.
    ///
    /// # Errors
    /// When another comes, or none in that time.
    pub fn expect(&mut self, line: &str, timeout: Duration) -> Result<()> {
        match self.receive(timeout)? {
            Some(said) if said == line => Ok(()),
            Some(said) => bail!("the guest said {said:?} on its control line, not {line:?}"),
            None => bail!("the guest did not say {line:?} within {} s", timeout.as_secs()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole_and_end_with_the_stream() {
        let (mut ours, theirs) = UnixStream::pair().expect("a pair");
        let lines = Lines::read(theirs);
        assert_eq!(lines.next(Duration::from_millis(1)), Next::Late);
        ours.write_all(b"one\r\ntw").expect("sent");
        let second = Duration::from_secs(5);
        assert_eq!(lines.next(second), Next::Line("one".into()));
        ours.write_all(b"o\n\xff").expect("sent");
        drop(ours);
        assert_eq!(lines.next(second), Next::Line("two".into()));
        assert_eq!(lines.next(second), Next::Line("\u{fffd}".into()));
        assert_eq!(lines.next(second), Next::Ended);
    }
}
