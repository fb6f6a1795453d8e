//! The registers bit by bit: where, after reset, and who can write them.
//!
//! Names and masks are [`layout`]'s. All else is asked: of a function, by writing ones and then
//! zeros to each field; of a host, by a user's writes of the same, with the index off and on.

use super::{by_host, head, of_class, row};
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeSet;
use vfio_irq_core::device::Device;
use vfio_irq_core::host::{HostProfile, PROFILES};
use vfio_irq_core::machine::{Emulator, Machine};
use vfio_irq_core::pci::layout::{self, Field, Register};
use vfio_irq_core::pci::{Function, FunctionSpec, MsiSpec, profiles};
use vfio_irq_core::uapi::{CONFIG_REGION, IrqIndex, IrqSetFlags, IrqSetHeader, eventfd_data};

/// Memory Space and Bus Master, as a driver sets them.
const COMMAND_ON: u16 = 0x0006;

/// Where registers lie: a region, and the offset in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// BAR, or config space.
    pub region: u32,
    /// Of the first byte.
    pub offset: u64,
}

/// What becomes of a user's write to a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// The function gets it.
    Reaches,
    /// The function gets of it what the host allows.
    Bounded,
    /// The host keeps it for the user to read.
    Virtual,
    /// Nobody gets it.
    Dropped,
}

impl Fate {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reaches => "reaches",
            Self::Bounded => "bounded",
            Self::Virtual => "virtual",
            Self::Dropped => "dropped",
        }
    }
}

fn value(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte))
}

/// A register of the function itself.
fn function_read(function: &Function, place: Place, width: u8) -> u32 {
    let mut bytes = [0; 4];
    let bytes = &mut bytes[..usize::from(width)];
    match place.region {
        CONFIG_REGION => function.config_read(place.offset as u16, bytes),
        bar => function.bar_read(bar as u8, place.offset, bytes),
    }
    value(bytes)
}

/// Bits of a register that software at the function can change.
pub fn writable(function: &Function, place: Place, width: u8) -> u32 {
    let after = |written: [u8; 4]| {
        let mut function = function.clone();
        let bytes = &written[..usize::from(width)];
        match place.region {
            CONFIG_REGION => function.config_write(place.offset as u16, bytes, &mut Vec::new()),
            bar => function.bar_write(bar as u8, place.offset, bytes, &mut Vec::new()),
        }
        function_read(&function, place, width)
    };
    after([0xff; 4]) ^ after([0; 4])
}

/// A function whose registers answer.
fn awake(spec: &FunctionSpec) -> Result<Function> {
    let mut function = Function::new(spec)?;
    function.set_command(COMMAND_ON, &mut Vec::new());
    Ok(function)
}

/// The device as a user has it: open, and the index on with two vectors, if it is to be.
fn device(spec: &FunctionSpec, host: &HostProfile, on: Option<IrqIndex>) -> Result<Emulator> {
    let mut device = Emulator::new(Machine::new(Function::new(spec)?, host.clone()));
    device.open()?;
    device.region_write(CONFIG_REGION, 4, &COMMAND_ON.to_le_bytes())?;
    let Some(index) = on else { return Ok(device) };
    let count = if index == IrqIndex::Intx { 1 } else { 2 };
    let fds = (0..count).map(|_| device.eventfd_create()).collect::<Result<Vec<_>, _>>()?;
    let flags = IrqSetFlags::DATA_EVENTFD | IrqSetFlags::ACTION_TRIGGER;
    let data = eventfd_data(&fds);
    let header = IrqSetHeader {
        argsz: IrqSetHeader::SIZE + 4 * count,
        flags: flags.bits(),
        index: index.raw(),
        start: 0,
        count,
    };
    device.set_irqs(header, &data)?;
    Ok(device)
}

/// What becomes of a user's write to a field: ones, then zeros, the register's other bits as read.
///
/// # Errors
/// When the device refuses.
pub fn fate(
    (spec, host, on): (&FunctionSpec, &HostProfile, Option<IrqIndex>),
    place: Place,
    width: u8,
    mask: u32,
) -> Result<Fate> {
    let mut device = device(spec, host, on)?;
    let read = |device: &mut Emulator| -> Result<u32> {
        let mut bytes = [0; 4];
        let bytes = &mut bytes[..usize::from(width)];
        device.region_read(place.region, place.offset, bytes)?;
        Ok(value(bytes))
    };
    let before = read(&mut device)?;
    let mut seen = Vec::new();
    for value in [before | mask, before & !mask] {
        let bytes = &value.to_le_bytes()[..usize::from(width)];
        device.region_write(place.region, place.offset, bytes)?;
        // Memory Space itself may be what was turned off: the function is asked directly.
        let function = function_read(&device.machine.function, place, width);
        seen.push((read(&mut device)?, function));
    }
    let [(ones, at_ones), (zeros, at_zeros)] = seen[..] else { bail!("two writes") };
    let (user, function) = ((ones ^ zeros) & mask, (at_ones ^ at_zeros) & mask);
    let all = writable(&awake(spec)?, place, width) & mask;
    Ok(match (user, function) {
        (_, reached) if reached != 0 && reached == all => Fate::Reaches,
        (_, reached) if reached != 0 => Fate::Bounded,
        (0, _) => Fate::Dropped,
        _ => Fate::Virtual,
    })
}

/// One kind of register, and of whom it is asked.
struct Part {
    spec: FunctionSpec,
    place: Place,
    registers: Vec<Register>,
    on: IrqIndex,
}

/// A field's row but for its offset.
#[derive(Clone, PartialEq, Eq)]
struct Line {
    name: String,
    cells: Vec<String>,
}

fn bits(mask: u32) -> String {
    let (low, high) = (mask.trailing_zeros(), 31 - mask.leading_zeros());
    if low == high { low.to_string() } else { format!("{high}:{low}") }
}

fn hex(value: u32) -> String {
    if value < 10 { value.to_string() } else { format!("{value:#x}") }
}

impl Part {
    fn at(&self, register: &Register) -> Place {
        Place { offset: self.place.offset + u64::from(register.offset), ..self.place }
    }

    fn line(&self, register: &Register, field: &Field, resets: &BTreeSet<u32>) -> Result<Line> {
        let (place, width) = (self.at(register), register.width);
        let name = match field.name {
            "" => register.name.to_owned(),
            name => format!("{}: **{name}**", register.name),
        };
        let reset = match resets.iter().collect::<Vec<_>>()[..] {
            [one] => hex(*one),
            _ => "varies".to_owned(),
        };
        let changes = writable(&awake(&self.spec)?, place, width) & field.mask;
        let function = if changes == 0 { "read-only" } else { "writable" };
        let bits = format!("{} of {}", bits(field.mask), 8 * width);
        let mut cells = vec![bits, reset, function.to_owned()];
        for on in [None, Some(self.on)] {
            let fates = PROFILES.iter().map(|host| {
                let fate = fate((&self.spec, host, on), place, width, field.mask)?;
                Ok(fate.word().to_owned())
            });
            cells.push(by_host(&fates.collect::<Result<Vec<_>>>()?));
        }
        Ok(Line { name, cells })
    }

    /// The field after reset.
    fn reset(&self, register: &Register, field: &Field) -> Result<u32> {
        // Table and array answer only with Memory Space on; Command itself is read as it is.
        let function = match self.place.region {
            CONFIG_REGION => Function::new(&self.spec)?,
            _ => awake(&self.spec)?,
        };
        let value = function_read(&function, self.at(register), register.width) & field.mask;
        Ok(value >> field.mask.trailing_zeros())
    }

    /// The rows of a part; `others` may have other values after reset.
    fn lines(&self, others: &[Self]) -> Result<Vec<(Register, Line)>> {
        let mut lines = Vec::new();
        for register in &self.registers {
            for field in &register.fields {
                let mut resets = BTreeSet::from([self.reset(register, field)?]);
                for other in others {
                    resets.insert(other.reset(register, field)?);
                }
                lines.push((register.clone(), self.line(register, field, &resets)?));
            }
        }
        Ok(lines)
    }
}

fn heads(off: &str, on: &str) -> String {
    let (off, on) = (format!("user, {off}"), format!("user, {on}"));
    head(&["offset", "field", "bits", "reset", "function", &off, &on])
}

fn print(heads: String, lines: Vec<(String, Line)>) -> String {
    let mut text = heads;
    for (offset, Line { name, cells }) in lines {
        text += &row([offset, name].into_iter().chain(cells));
    }
    of_class("registers", &text)
}

fn plain(lines: Vec<(Register, Line)>) -> Vec<(String, Line)> {
    lines.into_iter().map(|(register, line)| (format!("{:#04x}", register.offset), line)).collect()
}

/// Functions of every profile for which this gives a part.
fn of_profiles(part: impl Fn(FunctionSpec) -> Result<Option<Part>>) -> Result<Vec<Part>> {
    let parts = profiles::all().iter().map(|profile| part(profile.spec()));
    Ok(parts.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

fn config(offset: u16) -> Place {
    Place { region: CONFIG_REGION, offset: u64::from(offset) }
}

/// Command, Status, Interrupt Line and Pin.
pub(super) fn header() -> Result<String> {
    let part = |spec| {
        Ok(Some(Part { spec, place: config(0), registers: layout::header(), on: IrqIndex::Intx }))
    };
    let one = part(FunctionSpec::simple())?.context("a header")?;
    let lines = one.lines(&of_profiles(part)?)?;
    Ok(print(heads("INTx off", "INTx on"), plain(lines)))
}

fn msi_part(spec: FunctionSpec) -> Result<Option<Part>> {
    let function = Function::new(&spec)?;
    let Some(msi) = function.msi() else { return Ok(None) };
    let (place, registers) = (config(msi.offset()), layout::msi(msi.wide(), msi.maskable()));
    Ok(Some(Part { spec, place, registers, on: IrqIndex::Msi }))
}

/// The MSI capability in its four shapes: fields by name, each with its offset in each shape.
pub(super) fn msi() -> Result<String> {
    let mut all: Vec<(Line, [Option<u16>; 4])> = Vec::new();
    let shapes = [(false, false), (true, false), (false, true), (true, true)];
    let parts = shapes.map(|(wide, maskable)| {
        let msi = MsiSpec { vectors: 4, wide, maskable };
        msi_part(FunctionSpec { msi: Some(msi), ..FunctionSpec::simple() })
    });
    let parts = parts.into_iter().collect::<Result<Option<Vec<_>>>>()?.context("built with MSI")?;
    let others = of_profiles(msi_part)?;
    for (shape, part) in parts.iter().enumerate() {
        for register in &part.registers {
            for field in &register.fields {
                let place = |one: &Part| -> Result<Option<u32>> {
                    let same = one.registers.iter().find(|same| same.name == register.name);
                    same.map(|same| one.reset(same, field)).transpose()
                };
                let resets = parts.iter().chain(&others).map(place);
                let resets = resets.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
                let line = part.line(register, field, &resets)?;
                let seen = match all.iter().position(|(other, _)| other.name == line.name) {
                    Some(at) => at,
                    None => {
                        all.push((line.clone(), [None; 4]));
                        all.len() - 1
                    }
                };
                ensure!(all[seen].0 == line, "{}: the shapes of MSI differ", line.name);
                all[seen].1[shape] = Some(register.offset);
            }
        }
    }
    // In the order of the largest shape.
    all.sort_by_key(|(_, offsets)| offsets[3]);
    let lines = all.into_iter().map(|(line, offsets)| Ok((msi_offset(offsets)?, line)));
    Ok(print(heads("MSI off", "MSI on"), lines.collect::<Result<Vec<_>>>()?))
}

/// `0x08; 64-bit: 0x0c`: the offset, where there is 64-bit Address Capable and where there is not.
fn msi_offset([narrow, wide, narrow_masks, wide_masks]: [Option<u16>; 4]) -> Result<String> {
    let only = if narrow.or(wide).is_none() { "<br>maskable" } else { "" };
    let one = |offset: u16| format!("{offset:#04x}");
    let (narrow, wide) = match (narrow.or(narrow_masks), wide.or(wide_masks)) {
        (Some(narrow), Some(wide)) if narrow == wide => return Ok(one(narrow) + only),
        (narrow, wide) => (narrow, wide.context("a 64-bit MSI has every register")?),
    };
    let narrow = narrow.map(|offset| format!("32-bit: {}<br>", one(offset))).unwrap_or_default();
    Ok(format!("{narrow}64-bit: {}{only}", one(wide)))
}

fn msix_part(spec: FunctionSpec) -> Result<Option<Part>> {
    let function = Function::new(&spec)?;
    let Some(msix) = function.msix() else { return Ok(None) };
    let place = config(msix.offset());
    Ok(Some(Part { spec, place, registers: layout::msix(), on: IrqIndex::Msix }))
}

/// The MSI-X capability.
pub(super) fn msix() -> Result<String> {
    let one = msix_part(FunctionSpec::simple())?.context("a function with MSI-X")?;
    let lines = one.lines(&of_profiles(msix_part)?)?;
    Ok(print(heads("MSI-X off", "MSI-X on"), plain(lines)))
}

/// An entry of the MSI-X table, and the pending bit array.
pub(super) fn entry() -> Result<String> {
    let spec = FunctionSpec::simple();
    let msix = spec.msix.context("a function with MSI-X")?;
    let part = |(bar, offset): (u8, u32), registers| Part {
        spec: spec.clone(),
        place: Place { region: u32::from(bar), offset: u64::from(offset) },
        registers,
        on: IrqIndex::Msix,
    };
    let table = part(msix.table, layout::entry()).lines(&[])?;
    let array = part(msix.pba, layout::pending()).lines(&[])?;
    let placed = |place: &str, lines| {
        let mut lines = plain(lines);
        lines.iter_mut().for_each(|(offset, _)| *offset = format!("{place} {offset}"));
        lines
    };
    let lines = [placed("entry +", table), placed("array +", array)].concat();
    Ok(print(heads("MSI-X off", "MSI-X on"), lines))
}
