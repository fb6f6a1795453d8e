//! `vfio-irq inspect`: what interrupts the functions of a config dump offer.

use serde::Serialize;
use vfio_irq_core::pci::import::{BarPlace, Decoded, Imported, MsiDecoded, MsixDecoded, from_any};

use crate::excerpt::printable;
use crate::input::Input;
use crate::table::Table;
use crate::{Error, Format, Report};

/// Command register (PCIe 7.5.1.1.3): bit and name of those that concern interrupts.
const COMMAND: [(u16, &str); 4] =
    [(0, "I/O Space"), (1, "Memory Space"), (2, "Bus Master"), (10, "Interrupt Disable")];
/// Interrupt Status in the Status register (PCIe 7.5.1.1.4).
const INTERRUPT_STATUS: u16 = 1 << 3;

/// Decodes a dump and shows each function in it.
pub fn inspect(input: &Input, format: Format) -> Result<Report, Error> {
    let found = from_any(&input.bytes)
        .map_err(|source| Error::Import { name: input.name.clone(), source })?;
    Ok(show(&found, format))
}

fn show(found: &[Imported], format: Format) -> Report {
    Report::done(match format {
        Format::Text => found.iter().map(print).collect::<Vec<_>>().join("\n"),
        Format::Json => {
            let found: Vec<FunctionJson<'_>> = found.iter().map(FunctionJson::new).collect();
            serde_json::to_string_pretty(&found).expect("numbers, strings and lists") + "\n"
        }
    })
}

/// The same for one function whose address is known.
pub fn inspect_at(input: &Input, address: &str, format: Format) -> Result<Report, Error> {
    let mut found = from_any(&input.bytes)
        .map_err(|source| Error::Import { name: input.name.clone(), source })?;
    found.iter_mut().for_each(|function| function.address = Some(address.to_owned()));
    Ok(show(&found, format))
}

fn print(function: &Imported) -> String {
    let Imported { address, description, decoded, .. } = function;
    let address = address.as_ref().map_or(String::new(), |address| format!("{address} "));
    let ids = decoded.ids();
    let ids = if description.contains(&ids) { String::new() } else { format!(" [{ids}]") };
    let mut table = Table::default();
    table.row(["Command", &format!("{:#06x}", decoded.command), &command(decoded)]);
    let intx = intx(decoded).map(|intx| (format!("INT{}#", intx.pin), said_intx(decoded)));
    row(&mut table, "INTx", intx);
    if decoded.capabilities.is_none() {
        let missing = "not in the dump, which ends before them (root reads more)";
        table.row(["MSI, MSI-X", "", missing]);
    } else {
        let msi = decoded.msi.as_ref();
        row(&mut table, "MSI", msi.map(|msi| (format!("at {:#04x}", msi.offset), said_msi(msi))));
        if let Some(msi) = msi {
            table.row(["", "", &said_msi_message(msi)]);
        }
        let msix = decoded.msix.as_ref();
        let said = msix.map(|msix| (format!("at {:#04x}", msix.offset), said_msix(msix)));
        row(&mut table, "MSI-X", said);
        if let Some(MsixDecoded { table: entries, pba, .. }) = msix {
            let places = format!("table {}, pending bits {}", place(*entries), place(*pba));
            table.row(["", "", &places]);
        }
    }
    printable(&format!("{address}{description}{ids}")) + "\n" + &table.print(2)
}

/// A row of what the function has, or of its lack.
fn row(table: &mut Table, name: &str, what: Option<(String, String)>) {
    let (place, said) = what.unwrap_or_else(|| ("-".to_owned(), "none".to_owned()));
    table.row([name, &place, &said]);
}

fn command(decoded: &Decoded) -> String {
    let on = COMMAND.iter().filter(|(bit, _)| decoded.command >> bit & 1 == 1);
    let on: Vec<&str> = on.map(|(_, name)| *name).collect();
    if on.is_empty() { "nothing enabled".to_owned() } else { on.join(", ") }
}

fn said_intx(decoded: &Decoded) -> String {
    let level = if decoded.status & INTERRUPT_STATUS != 0 { ", asserted" } else { "" };
    format!("line {}{level}", decoded.line)
}

fn said_msi(msi: &MsiDecoded) -> String {
    format!("{}, {}, {} granted", vectors(msi.vectors), on(msi.enabled), msi.granted)
}

fn said_msi_message(msi: &MsiDecoded) -> String {
    let width = if msi.wide { "64-bit" } else { "32-bit" };
    let mask = match (msi.mask, msi.pending) {
        (Some(mask), Some(pending)) => format!("mask {mask:#x}, pending {pending:#x}"),
        _ => "no per-vector mask".to_owned(),
    };
    format!("{width} address, {mask}")
}

fn said_msix(msix: &MsixDecoded) -> String {
    let mask = if msix.function_masked { "masked" } else { "not masked" };
    format!("{}, {}, function {mask}", vectors(msix.vectors), on(msix.enabled))
}

fn vectors(count: u16) -> String {
    if count == 1 { "1 vector".to_owned() } else { format!("{count} vectors") }
}

fn on(enabled: bool) -> &'static str {
    if enabled { "on" } else { "off" }
}

fn place(place: BarPlace) -> String {
    format!("BAR {} + {:#x}", place.bar, place.offset)
}

/// The legacy interrupt of a function that has one.
#[derive(Serialize)]
struct Intx {
    /// A to D.
    pin: char,
    /// Interrupt Line.
    line: u8,
}

fn intx(decoded: &Decoded) -> Option<Intx> {
    let pin = decoded.pin.checked_sub(1)?;
    Some(Intx { pin: char::from(b'A' + pin), line: decoded.line })
}

/// A function in `--format json`.
#[derive(Serialize)]
struct FunctionJson<'a> {
    address: Option<&'a str>,
    description: &'a str,
    vendor: u16,
    device: u16,
    class: u32,
    vf: bool,
    express: bool,
    /// `false`: the dump ends before the capabilities, so `msi` and `msix` are unknown.
    capabilities_dumped: bool,
    command: u16,
    memory_space: bool,
    bus_master: bool,
    interrupt_disable: bool,
    interrupt_status: bool,
    intx: Option<Intx>,
    msi: Option<&'a MsiDecoded>,
    msix: Option<&'a MsixDecoded>,
}

impl<'a> FunctionJson<'a> {
    fn new(function: &'a Imported) -> Self {
        let decoded = &function.decoded;
        let command = |bit: u16| decoded.command >> bit & 1 == 1;
        Self {
            address: function.address.as_deref(),
            description: &function.description,
            vendor: decoded.vendor,
            device: decoded.device,
            class: decoded.class,
            vf: decoded.vf,
            express: decoded.express,
            capabilities_dumped: decoded.capabilities.is_some(),
            command: decoded.command,
            memory_space: command(1),
            bus_master: command(2),
            interrupt_disable: command(10),
            interrupt_status: decoded.status & INTERRUPT_STATUS != 0,
            intx: intx(decoded),
            msi: decoded.msi.as_ref(),
            msix: decoded.msix.as_ref(),
        }
    }
}
