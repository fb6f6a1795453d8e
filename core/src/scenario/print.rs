//! [`Scenario`] to its canonical text.
//!
//! One space between words. In a paragraph (lines up to a blank one) the `->` stand below each
//! other where the step is at most [`ALIGNED`] characters long, and so do the comments behind
//! lines of at most [`COMMENTED`]. A comment keeps its text.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::{self, Display, Formatter, Write as _};

use super::Scenario;
use super::ast::*;
use crate::device::Stimulus;
use crate::guest::{GuestCall, Irqfd};
use crate::pci::WhenOff;
use crate::uapi::{CONFIG_REGION, IrqIndex, IrqInfoFlags};

/// Longest step whose `->` is aligned with its neighbours'.
const ALIGNED: usize = 52;

/// Longest line whose comment is aligned with its neighbours'.
const COMMENTED: usize = 64;

/// Words for the flags of GET_IRQ_INFO.
pub(super) const INFO_FLAGS: [(&str, u32); 4] = [
    ("eventfd", IrqInfoFlags::EVENTFD.bits()),
    ("maskable", IrqInfoFlags::MASKABLE.bits()),
    ("automasked", IrqInfoFlags::AUTOMASKED.bits()),
    ("noresize", IrqInfoFlags::NORESIZE.bits()),
];

impl Display for Scenario {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let function = |line: &Line| matches!(line.statement, Some(Statement::Function(_)));
        let function = self.lines().iter().any(function);
        let blank = |line: &Line| line.statement.is_none() && line.comment.is_none();
        for paragraph in self.lines().chunk_by(|one, other| blank(one) == blank(other)) {
            write_paragraph(f, paragraph, function)?;
        }
        Ok(())
    }
}

fn write_paragraph(f: &mut Formatter<'_>, lines: &[Line], function: bool) -> fmt::Result {
    let steps: Vec<Option<String>> = lines.iter().map(expecting_step).collect();
    let arrows = column(steps.iter().flatten(), ALIGNED);
    let said: Vec<String> =
        lines.iter().zip(steps).map(|(line, step)| said(line, step, arrows, function)).collect();
    let commented =
        lines.iter().zip(&said).filter(|(line, said)| line.comment.is_some() && !said.is_empty());
    let comments = column(commented.map(|(_, said)| said), COMMENTED);
    for (line, said) in lines.iter().zip(said) {
        match &line.comment {
            Some(comment) if said.is_empty() => writeln!(f, "#{comment}")?,
            Some(comment) => writeln!(f, "{said:comments$}  #{comment}")?,
            None => writeln!(f, "{said}")?,
        }
    }
    Ok(())
}

/// The greatest width up to a limit.
fn column<'a>(texts: impl Iterator<Item = &'a String>, limit: usize) -> usize {
    let widths = texts.map(|text| text.chars().count());
    widths.filter(|width| *width <= limit).max().unwrap_or(0)
}

/// What stands before `->`, for a line that has one.
fn expecting_step(line: &Line) -> Option<String> {
    match &line.statement {
        Some(Statement::Step(step)) if !step.expect.is_empty() => Some(step.step_text()),
        _ => None,
    }
}

/// A line without its comment.
fn said(line: &Line, expecting: Option<String>, arrows: usize, function: bool) -> String {
    match &line.statement {
        None => String::new(),
        Some(Statement::Function(function)) => function.to_string(),
        Some(Statement::ConfigRow(row)) => row.to_string(),
        // The profiles of both lines stand below each other.
        Some(Statement::Host(host)) if function => host.to_string().replacen(' ', "     ", 1),
        Some(Statement::Host(host)) => host.to_string(),
        Some(Statement::Step(step)) => {
            let text = match expecting {
                Some(text) => format!("{text:arrows$}  -> {}", Expected(step)),
                None => step.step_text(),
            };
            format!("{text}{}", Moments(step))
        }
    }
}

/// What stands after `->`.
struct Expected<'a>(&'a StepLine);

impl Display for Expected<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (at, expect) in self.0.expect.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { " " })?;
            write!(f, "{}", ExpectText { expect: &expect.what, action: &self.0.action.what })?;
        }
        Ok(())
    }
}

/// `"  { … }"`, or nothing without moments.
struct Moments<'a>(&'a StepLine);

impl Display for Moments<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (at, moment) in self.0.moments.iter().enumerate() {
            write!(f, "{} {}", if at == 0 { "  {" } else { ";" }, moment.what)?;
        }
        f.write_str(if self.0.moments.is_empty() { "" } else { " }" })
    }
}

/// `" xN"`, or nothing for once.
struct Times(u32);

impl Display for Times {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.0 == 1 { Ok(()) } else { write!(f, " x{}", self.0) }
    }
}

/// A number: decimal, or hex where a person would write a large one so.
struct Number(u64);

impl Display for Number {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.0 < 0x1_0000 { write!(f, "{}", self.0) } else { write!(f, "{:#x}", self.0) }
    }
}

/// Hex digits, two a byte.
struct Hex<'a>(&'a [u8]);

impl Display for Hex<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Text between quotation marks.
struct Quoted<'a>(&'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            if matches!(c, '"' | '\\') {
                f.write_char('\\')?;
            }
            f.write_char(c)?;
        }
        f.write_char('"')
    }
}

/// The word for a raw index, or its number.
struct IndexWord(u32);

impl Display for IndexWord {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match IrqIndex::from_raw(self.0) {
            Some(index) => f.write_str(index.word()),
            None => write!(f, "{}", Number(self.0.into())),
        }
    }
}

/// `config`, `bar0`, `region 9`
struct Region(u32);

impl Display for Region {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            CONFIG_REGION => f.write_str("config"),
            0..=5 => write!(f, "bar{}", self.0),
            other => write!(f, "region {}", Number(other.into())),
        }
    }
}

impl Display for FunctionLine {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("function")?;
        if let Some(profile) = &self.profile {
            write!(f, " {}", profile.what)?;
        }
        for (at, option) in self.options.iter().enumerate() {
            match option.what {
                // In first place `vf` is a profile.
                FunctionOption::Vf(true) if at == 0 && self.profile.is_none() => {
                    f.write_str(" vf=yes")?;
                }
                ref option => write!(f, " {option}")?,
            }
        }
        Ok(())
    }
}

impl Display for ConfigRow {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:02x}:", self.offset.what)?;
        self.bytes.iter().try_for_each(|byte| write!(f, " {:02x}", byte.what))
    }
}

impl Display for FunctionOption {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let place = |f: &mut Formatter<'_>, word, place: Option<(u8, u32)>| match place {
            Some((bar, offset)) => write!(f, ",{word}={bar}+{offset:#x}"),
            None => Ok(()),
        };
        match self {
            Self::Intx(0) => f.write_str("intx=no"),
            Self::Intx(1) => f.write_str("intx"),
            Self::Intx(pin) => write!(f, "intx={}", char::from(b'a' + (pin - 1) % 26)),
            Self::Msi(None) => f.write_str("msi=no"),
            Self::Msi(Some(msi)) => {
                write!(f, "msi={}", msi.vectors)?;
                f.write_str(if msi.wide { ",wide" } else { "" })?;
                f.write_str(if msi.maskable { ",maskable" } else { "" })
            }
            Self::Msix(None) => f.write_str("msix=no"),
            Self::Msix(Some(msix)) => {
                write!(f, "msix={}", msix.vectors)?;
                place(f, "table", msix.table)?;
                place(f, "pba", msix.pba)
            }
            Self::Vf(yes) => f.write_str(if *yes { "vf" } else { "vf=no" }),
            Self::Express(yes) => f.write_str(if *yes { "express" } else { "express=no" }),
            Self::Reset(yes) => write!(f, "reset={}", if *yes { "yes" } else { "no" }),
            Self::IntxStatus(yes) => write!(f, "intx-status={}", if *yes { "yes" } else { "no" }),
            Self::WhenOff(WhenOff::Divert) => f.write_str("when-off=divert"),
            Self::WhenOff(WhenOff::Drop) => f.write_str("when-off=drop"),
            Self::WhenOff(WhenOff::Hold) => f.write_str("when-off=hold"),
            Self::MsiAt(at) => write!(f, "msi-at={at:#04x}"),
            Self::MsixAt(at) => write!(f, "msix-at={at:#04x}"),
            Self::ExpressAt(at) => write!(f, "express-at={at:#04x}"),
            Self::Id(vendor, device) => write!(f, "id={vendor:04x}:{device:04x}"),
            Self::Class(class) => write!(f, "class={class:06x}"),
            Self::Name(name) => write!(f, "name={}", Quoted(name)),
        }
    }
}

impl Display for HostLine {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "host {}", self.profile.what)?;
        if let Some(vectors) = self.vectors {
            write!(f, " vectors={}", Number(vectors.into()))?;
        }
        match self.remapping {
            Some(yes) => write!(f, " remapping={}", if yes { "yes" } else { "no" }),
            None => Ok(()),
        }
    }
}

impl StepLine {
    /// The step without expectations and moments, as the canonical text says it.
    pub fn step_text(&self) -> String {
        let mut text = String::from(if self.meanwhile { "meanwhile " } else { "" });
        // Writing to a string does not fail.
        let _ = write!(text, "{}{}", self.action.what, Times(self.times));
        text
    }

    /// An expectation of this step, as the canonical text says it.
    pub fn expectation_text(&self, expect: &Expect) -> String {
        ExpectText { expect, action: &self.action.what }.to_string()
    }
}

impl Display for Action {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let names = |f: &mut Formatter<'_>, word, all: &[Names]| {
            f.write_str(word)?;
            all.iter().try_for_each(|names| write!(f, " {names}"))
        };
        match self {
            Self::Open => f.write_str("open"),
            Self::Close => f.write_str("close"),
            Self::Reset => f.write_str("reset"),
            Self::SetIrqs(request) => write!(f, "{request}"),
            Self::IrqInfo { index, argsz } => {
                write!(f, "irq_info {}", IndexWord(*index))?;
                argsz.map_or(Ok(()), |argsz| write!(f, " argsz={}", Number(argsz.into())))
            }
            Self::RegionRead { region, offset, width } => {
                write!(f, "{} read {offset:#04x} {width}", Region(*region))
            }
            Self::RegionWrite { region, offset, data } => {
                write!(f, "{} write {offset:#04x}", Region(*region))?;
                match data {
                    WriteData::Value { width, value } => {
                        let digits = 2 * (*width).clamp(1, 8) as usize;
                        write!(f, " {width} 0x{value:0digits$x}")
                    }
                    WriteData::Bytes(bytes) => write!(f, " data={}", Hex(bytes)),
                }
            }
            Self::Stimulate(stimulus) => write_stimulus(f, *stimulus),
            Self::Eventfd(all) => names(f, "eventfd", all),
            Self::Plainfd(all) => names(f, "plainfd", all),
            Self::ReadFd(fd) => write!(f, "read {fd}"),
            Self::WriteFd(fd, value) => write!(f, "write {fd} {}", Number(*value)),
            Self::CloseFd(fd) => write!(f, "close {fd}"),
            Self::Guest(GuestCall::Assign(Irqfd { eventfd, gsi, resample })) => {
                write!(f, "irqfd {eventfd} gsi {gsi}")?;
                resample.as_ref().map_or(Ok(()), |fd| write!(f, " resample {fd}"))
            }
            Self::Guest(GuestCall::Deassign { eventfd, gsi }) => {
                write!(f, "irqfd {eventfd} gsi {gsi} off")
            }
            Self::Guest(GuestCall::Eoi(gsi)) => write!(f, "eoi {gsi}"),
            Self::Guest(GuestCall::Look(gsi)) => write!(f, "guest {gsi}"),
            Self::Ledger => f.write_str("ledger"),
        }
    }
}

fn write_stimulus(f: &mut Formatter<'_>, stimulus: Stimulus) -> fmt::Result {
    match stimulus {
        Stimulus::Fire(vector) => write!(f, "fire {vector}"),
        Stimulus::AssertIntx => f.write_str("assert intx"),
        Stimulus::DeassertIntx => f.write_str("deassert intx"),
        Stimulus::Error => f.write_str("error"),
        Stimulus::Request => f.write_str("request"),
        Stimulus::Supply(Some(count)) => write!(f, "vectors {}", Number(count.into())),
        Stimulus::Supply(None) => f.write_str("vectors any"),
    }
}

impl Display for SetIrqs {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let data = match &self.data {
            Data::None => "none",
            Data::Bool(_) => "bool",
            Data::Eventfd(_) => "eventfd",
        };
        let start = Number(self.start.into());
        write!(f, "set_irqs {} {} {data} {start}", IndexWord(self.index), self.action.word())?;
        if let Some(count) = self.count {
            write!(f, "+{}", Number(count.into()))?;
        }
        match &self.data {
            Data::None | Data::Bool(None) | Data::Eventfd(None) => {}
            Data::Bool(Some(items)) => write_list(f, items)?,
            Data::Eventfd(Some(items)) => write_list(f, items)?,
        }
        for (key, value) in [("argsz", self.argsz), ("flags", self.flags)] {
            match value {
                Some(flags) if key == "flags" => write!(f, " flags={flags:#04x}")?,
                Some(value) => write!(f, " {key}={}", Number(value.into()))?,
                None => {}
            }
        }
        self.bytes.as_ref().map_or(Ok(()), |bytes| write!(f, " data={}", Hex(bytes)))
    }
}

fn write_list<T: Display>(f: &mut Formatter<'_>, items: &[Item<T>]) -> fmt::Result {
    f.write_str(" [")?;
    for (at, item) in items.iter().enumerate() {
        write!(f, "{}{}{}", if at == 0 { "" } else { ", " }, item.what, Times(item.times))?;
    }
    f.write_char(']')
}

impl Display for Names {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(name) => f.write_str(name),
            Self::Range { stem, first, last } => write!(f, "{stem}{first}..{stem}{last}"),
        }
    }
}

impl Display for FdRef {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Number(number) => write!(f, "{number}"),
            Self::Closed => f.write_str("closed"),
        }
    }
}

impl Display for FdRefs {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Names(names) => write!(f, "{names}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Closed => f.write_str("closed"),
        }
    }
}

impl Display for Injection {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "after {}", Quoted(&self.moment.step))?;
        if self.moment.nth != 1 {
            write!(f, " #{}", self.moment.nth)?;
        }
        f.write_str(": ")?;
        write_stimulus(f, self.stimulus)?;
        write!(f, "{}", Times(self.times))
    }
}

/// An expectation; how a value looks depends on the step.
struct ExpectText<'a> {
    expect: &'a Expect,
    action: &'a Action,
}

impl Display for ExpectText<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.expect {
            Expect::Value { value, care } => match self.action {
                Action::RegionRead { width, .. } => write_value(f, *width, *value, *care),
                _ => write!(f, "{}", Number(*value)),
            },
            Expect::Errno(errno) => write!(f, "{errno}"),
            Expect::Only(count) => write!(f, "only {}", Number((*count).into())),
            Expect::Data(bytes) => write!(f, "data={}", Hex(bytes)),
            Expect::Count(count) => write!(f, "count={}", Number((*count).into())),
            Expect::Flags(flags) => write!(f, "flags={}", FlagWords(*flags)),
            Expect::Counter(names, value) => write!(f, "{names}={}", Number(*value)),
            Expect::Tally(tally, value) => {
                write!(f, "{}={}", tally.word(), Number((*value).into()))
            }
        }
    }
}

/// A value of `width` bytes in hex, `x` where no bit of a digit counts.
pub(super) fn write_value(
    f: &mut impl fmt::Write,
    width: u32,
    value: u64,
    care: u64,
) -> fmt::Result {
    f.write_str("0x")?;
    for digit in (0..2 * width.clamp(1, 8)).rev() {
        match care >> (4 * digit) & 0xf {
            0 => f.write_char('x')?,
            _ => write!(f, "{:x}", value >> (4 * digit) & 0xf)?,
        }
    }
    Ok(())
}

/// Flags of GET_IRQ_INFO in words: `eventfd|noresize`; `none`; hex where a bit has no word.
#[derive(Clone, Copy, Debug)]
pub struct FlagWords(pub u32);

impl Display for FlagWords {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let known: u32 = INFO_FLAGS.iter().map(|(_, flag)| flag).sum();
        if self.0 & !known != 0 {
            return write!(f, "{:#x}", self.0);
        }
        let mut first = true;
        for (word, _) in INFO_FLAGS.iter().filter(|(_, flag)| self.0 & flag != 0) {
            write!(f, "{}{word}", if first { "" } else { "|" })?;
            first = false;
        }
        f.write_str(if first { "none" } else { "" })
    }
}
