//! A client of QEMU's qtest line: reaches registers and config space from outside, whether the
//! guest runs or is stopped. Left out: its clock, its interrupts, block transfers.

use crate::trace::Bdf;
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// A connection to qtest.
#[derive(Debug)]
pub struct Qtest {
    answers: BufReader<UnixStream>,
}

impl Qtest {
    pub(crate) fn new(stream: UnixStream) -> Result<Self> {
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        Ok(Self { answers: BufReader::new(stream) })
    }

    /// Writes a dword to a guest physical address.
    ///
    /// # Errors
    /// When QEMU refuses or is gone.
    pub fn writel(&mut self, address: u64, value: u32) -> Result<()> {
        self.ask(&format!("writel {address:#x} {value:#x}")).map(drop)
    }

    /// Reads a dword from a guest physical address.
    ///
    /// # Errors
    /// When QEMU refuses or is gone.
    pub fn readl(&mut self, address: u64) -> Result<u32> {
        let answer = self.ask(&format!("readl {address:#x}"))?;
        number(&answer)
    }

    /// Reads a dword of config space. The guest must be stopped: it uses the same two ports.
    ///
    /// # Errors
    /// When QEMU refuses or is gone.
    pub fn config_readl(&mut self, function: Bdf, offset: u8) -> Result<u32> {
        let slot = u32::from(function.device) << 3 | u32::from(function.function);
        let address = 1 << 31 | u32::from(function.bus) << 16 | slot << 8 | u32::from(offset & !3);
        // What the guest had selected is put back.
        let before = self.ask("inl 0xcf8")?;
        self.ask(&format!("outl 0xcf8 {address:#x}"))?;
        let answer = self.ask("inl 0xcfc")?;
        self.ask(&format!("outl 0xcf8 {:#x}", number(&before)?))?;
        number(&answer)
    }

    /// The guest physical address of a memory BAR. The guest must be stopped.
    ///
    /// # Errors
    /// When QEMU refuses or is gone.
    pub fn bar(&mut self, function: Bdf, bar: u8) -> Result<u64> {
        let offset = 0x10 + 4 * bar;
        let low = self.config_readl(function, offset)?;
        let high = if low & 6 == 4 { self.config_readl(function, offset + 4)? } else { 0 };
        Ok(u64::from(high) << 32 | u64::from(low & !0xf))
    }

    /// Sends a command, gives what stands behind its `OK`.
    fn ask(&mut self, command: &str) -> Result<String> {
        let line = format!("{command}\n");
        self.answers.get_mut().write_all(line.as_bytes()).context("qtest's line")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer).context("qtest's line")?;
        match answer.trim_end().strip_prefix("OK") {
            Some(rest) => Ok(rest.trim().to_owned()),
            None => bail!("qtest answered {command:?} with {:?}", answer.trim_end()),
        }
    }
}

/// Numbers come as `0x` and up to sixteen digits.
fn number(word: &str) -> Result<u32> {
    let digits = word.strip_prefix("0x").unwrap_or(word);
    let value = u64::from_str_radix(digits, 16).with_context(|| format!("qtest said {word:?}"))?;
    Ok(u32::try_from(value)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers in turn, and gives what was asked.
    fn talk(answers: &'static str, ask: impl FnOnce(&mut Qtest)) -> Vec<String> {
        let (ours, mut theirs) = UnixStream::pair().expect("a pair");
        theirs.write_all(answers.as_bytes()).expect("sent");
        let mut qtest = Qtest::new(ours).expect("connected");
        ask(&mut qtest);
        drop(qtest);
        BufReader::new(theirs).lines().map(|line| line.expect("text")).collect()
    }

    #[test]
    fn config_read_restores_the_selected_register() {
        let asked = talk("OK 0x0000000080000810\nOK\nOK 0xfebd0000\nOK\n", |qtest| {
            let function = Bdf { bus: 0, device: 4, function: 0 };
            assert_eq!(qtest.config_readl(function, 0x1c).expect("read"), 0xfebd_0000);
        });
        let expected = ["inl 0xcf8", "outl 0xcf8 0x8000201c", "inl 0xcfc", "outl 0xcf8 0x80000810"];
        assert_eq!(asked, expected);
    }

    #[test]
    fn refusal_is_an_error_that_says_what_was_asked() {
        talk("FAIL Unknown command\n", |qtest| {
            let error = qtest.writel(0x10, 1).expect_err("refused").to_string();
            assert!(error.contains("writel 0x10 0x1"), "{error}");
        });
    }
}
