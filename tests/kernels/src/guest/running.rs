//! A guest that runs, and what is left of it.

use super::line::{Console, Control, Lines, Next, Socket};
use super::{Guest, qemu};
use crate::gdb::Gdb;
use crate::program::last_lines;
use crate::qtest::Qtest;
use crate::trace::{Recorder, Trace};
use anyhow::{Context, Result, anyhow, bail};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStderr, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How much of the console an error shows.
const LAST_LINES: usize = 20;

/// A guest that runs. Dropping it kills it.
pub struct Running {
    child: Child,
    console: Console,
    results: Lines,
    control: Option<Control>,
    qtest: Option<Qtest>,
    recorder: Option<JoinHandle<(Trace, String)>>,
    follower: Option<JoinHandle<Result<()>>>,
    started: Instant,
    timeout: Duration,
    folder: TempDir,
}

/// A guest that ended by itself, after its script.
#[derive(Debug)]
pub struct Ended {
    /// What the script left.
    pub status: i32,
    /// The lines of results that had not been taken.
    pub results: Vec<String>,
    /// All that was said on the console.
    pub console: String,
    /// The register writes, empty unless asked for.
    pub trace: Trace,
    /// What QEMU itself said: warnings, mostly.
    pub qemu: String,
    /// From start to end.
    pub elapsed: Duration,
}

impl Running {
    pub(super) fn start(mut guest: Guest) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("vfio-irq-").tempdir()?;
        let initramfs = std::mem::take(&mut guest.initramfs).pack(&guest.kernel)?;
        fs::write(folder.path().join(qemu::INITRAMFS), initramfs)?;
        let log = match &guest.log {
            Some(file) => Some(File::create(file).with_context(|| format!("{}", file.display()))?),
            None => None,
        };
        let listen = |name: &str| Socket::listen(&folder.path().join(name));
        let (console, results) = (listen(qemu::CONSOLE)?, listen(qemu::RESULTS)?);
        let (control, qtest) = (listen(qemu::CONTROL)?, listen(qemu::QTEST)?);
        let started = Instant::now();
        let mut command = qemu::command(&guest, folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let child = command.spawn().with_context(|| {
            let program = guest.qemu.display();
            format!("{program} can't be run; on Debian: apt-get install qemu-system-x86")
        })?;
        let mut child = Killed(Some(child));
        let process = child.0.as_mut().expect("just put there");
        let stderr = process.stderr.take().expect("it is piped");
        let recorder = record(stderr, guest.trace.as_deref().unwrap_or_default());
        let connect = |child: &mut Child| -> Result<_> {
            let qtest = if guest.debug { Some(Qtest::new(qtest.accept(child)?)?) } else { None };
            Ok((console.accept(child)?, results.accept(child)?, control.accept(child)?, qtest))
        };
        let (console, results, control, qtest) = match connect(process) {
            Ok(lines) => lines,
            Err(error) => {
                drop(child);
                let said = recorder.join().map(|(_, said)| said).unwrap_or_default();
                return Err(error.context(last_lines(&said, LAST_LINES)));
            }
        };
        Ok(Self {
            console: Console::read(console, log),
            results: Lines::read(results),
            control: Some(Control::new(control)?),
            qtest,
            recorder: Some(recorder),
            follower: None,
            started,
            timeout: guest.timeout,
            folder,
            child: child.0.take().expect("put there above"),
        })
    }

    /// The next line of results; `None` when the guest has ended as it should.
    ///
    /// # Errors
    /// When the guest ended otherwise, or its time is over.
    pub fn next_line(&mut self) -> Result<Option<String>> {
        match self.results.next(self.left()) {
            Next::Line(line) => Ok(Some(line)),
            Next::Late => Err(self.late()),
            Next::Ended => self.end().map(|_| None),
        }
    }

    /// As [`Self::next_line`], but with a time of its own for this line.
    ///
    /// # Errors
    /// As [`Self::next_line`], or when the line does not come in that time; the guest runs on.
    pub fn next_line_within(&mut self, timeout: Duration) -> Result<Option<String>> {
        if timeout >= self.left() {
            return self.next_line();
        }
        match self.results.next(timeout) {
            Next::Line(line) => Ok(Some(line)),
            Next::Late => bail!(
                "no line of results within {:.1} s; the console's last lines:\n{}",
                timeout.as_secs_f32(),
                last_lines(&self.console.text(), LAST_LINES)
            ),
            Next::Ended => self.end().map(|_| None),
        }
    }

    /// The control line; it can be had once.
    ///
    /// # Errors
    /// When it was taken before.
    pub fn control(&mut self) -> Result<Control> {
        self.control.take().context("the control line is already taken")
    }

    /// qtest's line; it can be had once.
    ///
    /// # Errors
    /// When it was taken before, or the guest was booted without [`Guest::debug`].
    pub fn qtest(&mut self) -> Result<Qtest> {
        self.qtest.take().context("no qtest line: it is already taken, or there was no debug()")
    }

    /// Connects to gdb's line, which stops the guest.
    ///
    /// # Errors
    /// When the guest was booted without [`Guest::debug`], or is connected already.
    pub fn gdb(&self) -> Result<Gdb> {
        let file = self.folder.path().join(qemu::GDB);
        Gdb::connect(&file).context("the guest's gdb line (it needs debug())")
    }

    /// Waits until the console says something.
    ///
    /// # Errors
    /// When the guest ends or its time is over before it does.
    pub fn await_console(&mut self, words: &str) -> Result<()> {
        while !self.console.text().contains(words) {
            if self.child.try_wait()?.is_some() {
                let _ = self.end()?;
                bail!("the guest ended and its console never said {words:?}");
            }
            if self.left().is_zero() {
                return Err(self.late());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    /// What the console said so far.
    pub fn console(&self) -> String {
        self.console.text()
    }

    /// Waits for the guest's end.
    ///
    /// # Errors
    /// When it ends otherwise than after its script, or its time is over.
    pub fn wait(mut self) -> Result<Ended> {
        let mut results = Vec::new();
        while let Some(line) = self.next_line()? {
            results.push(line);
        }
        let status = self.end()?;
        let elapsed = self.started.elapsed();
        self.followed()?;
        let (trace, qemu) = self.recorded();
        Ok(Ended { status, results, console: self.console.finish(), trace, qemu, elapsed })
    }

    /// Someone follows this guest in a thread of his own; his error is the guest's.
    pub(crate) fn followed_by(&mut self, follower: JoinHandle<Result<()>>) {
        self.follower = Some(follower);
    }

    /// Ends the guest here and now; gives the register writes up to then.
    pub fn kill(mut self) -> Trace {
        self.end_now();
        self.recorded().0
    }

    /// Time since the start.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn left(&self) -> Duration {
        self.timeout.saturating_sub(self.started.elapsed())
    }

    fn late(&mut self) -> anyhow::Error {
        self.end_now();
        anyhow!(
            "the guest did not end within {} s; the console's last lines:\n{}",
            self.timeout.as_secs(),
            last_lines(&self.console.finish(), LAST_LINES)
        )
    }

    /// Waits for QEMU and reads from the console how the guest ended.
    fn end(&mut self) -> Result<i32> {
        // QEMU closes its sockets last: it is as good as gone.
        while self.child.try_wait()?.is_none() {
            if self.left().is_zero() {
                return Err(self.late());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        let console = self.console.finish();
        ending(&console).map_err(|error| {
            let (_, said) = self.recorded();
            let qemu =
                if said.is_empty() { String::new() } else { format!("\nQEMU said:\n{said}") };
            let console = last_lines(&console, LAST_LINES);
            let error = anyhow!("{error}; the console's last lines:\n{console}{qemu}");
            // Whoever follows the guest may have ended it, and knows why.
            match self.followed() {
                Ok(()) => error,
                Err(why) => why.context(error),
            }
        })
    }

    /// How the one who follows fared; only once the guest is gone.
    fn followed(&mut self) -> Result<()> {
        match self.follower.take().map(JoinHandle::join) {
            Some(Ok(result)) => result,
            Some(Err(_)) => bail!("the thread that follows the guest panicked"),
            None => Ok(()),
        }
    }

    fn recorded(&mut self) -> (Trace, String) {
        let recorder = self.recorder.take();
        recorder.and_then(|thread| thread.join().ok()).unwrap_or_default()
    }

    fn end_now(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end_now();
    }
}

/// A child that does not outlive a start that failed.
struct Killed(Option<Child>);

impl Drop for Killed {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Reads the trace as it comes: QEMU stands still while the pipe is full.
fn record(stderr: ChildStderr, further: &[String]) -> JoinHandle<(Trace, String)> {
    let mut recorder = Recorder::also(further);
    std::thread::spawn(move || {
        let mut said = String::new();
        let mut lines = BufReader::with_capacity(1 << 16, stderr);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            let text = String::from_utf8_lossy(&line);
            if !recorder.line(text.trim_end()) {
                said.push_str(&text);
            }
            line.clear();
        }
        (recorder.finish(), said)
    })
}

/// The status the script left, from what `/init` says on the console.
fn ending(console: &str) -> Result<i32> {
    let mut said = console.lines().filter_map(|line| line.strip_prefix("lab: "));
    if let Some(what) = said.clone().find_map(|line| line.strip_prefix("failed to ")) {
        bail!("the guest could not {what}");
    }
    if let Some(status) = said.find_map(|line| line.strip_prefix("end ")) {
        return Ok(status.trim().parse()?);
    }
    match console.split_once("Kernel panic") {
        Some((_, rest)) => {
            let why = rest.lines().next().unwrap_or_default();
            bail!("the guest's kernel panicked{why}")
        }
        None => bail!("the guest ended before its script did"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn console_tells_how_the_guest_ended() {
        assert_eq!(ending("lab: begin\nlab: end 3\n").expect("an end"), 3);
        for (console, said) in [
            ("lab: begin\n", "before its script"),
            ("[    1.0] Kernel panic - not syncing: x", "panicked"),
            ("lab: failed to load vfio\nlab: end 0\n", "could not load vfio"),
        ] {
            let error = ending(console).expect_err("no end").to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
