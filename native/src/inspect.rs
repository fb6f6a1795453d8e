//! `vfio-irq inspect`: what interrupts the functions of a config dump offer, and what VFIO says of a
//! real one.

mod view;

use serde::Serialize;
use vfio_irq_core::pci::import::{
    BarPlace, Decoded, Imported, MsiDecoded, MsixDecoded, from_any, from_config,
};

use crate::excerpt::printable;
use crate::input::Input;
use crate::table::Table;
use crate::{Error, Format, Report};

pub use view::{Index, View};

/// Command register (PCIe 7.5.1.1.3): bit and name of those that concern interrupts.
const COMMAND: [(u16, &str); 4] =
    [(0, "I/O Space"), (1, "Memory Space"), (2, "Bus Master"), (10, "Interrupt Disable")];
/// Interrupt Status in the Status register (PCIe 7.5.1.1.4).
const INTERRUPT_STATUS: u16 = 1 << 3;

/// Decodes a dump and shows each function in it.
pub fn inspect(input: &Input, format: Format) -> Result<Report, Error> {
    let found = from_any(&input.bytes)
        .map_err(|source| Error::Import { name: input.name.clone(), source })?;
    Ok(show(&found, None, format))
}

/// Decodes the config space of one function whose address is known.
pub fn decode_at(input: &Input, address: &str) -> Result<Imported, Error> {
    let found = from_config(&input.bytes);
    let mut found = found.map_err(|source| Error::Import { name: input.name.clone(), source })?;
    found.address = Some(address.to_owned());
    Ok(found)
}

/// Shows a real function; without a view, VFIO could not be asked.
pub fn show_real(function: Imported, view: Option<&View>, format: Format) -> Report {
    show(&[function], Some(view), format)
}

/// Shows functions, and of a real one what VFIO says.
fn show(found: &[Imported], view: Option<Option<&View>>, format: Format) -> Report {
    Report::done(match format {
        Format::Text => {
            let said = found.iter().map(print).collect::<Vec<_>>().join("\n");
            said + &view.flatten().map(View::print).unwrap_or_default()
        }
        Format::Json => {
            let found: Vec<FunctionJson<'_>> =
                found.iter().map(|function| FunctionJson::new(function, view)).collect();
            serde_json::to_string_pretty(&found).expect("numbers, strings and lists") + "\n"
        }
    })
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
    /// Only of a real device: what VFIO says, or `null` when it was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    vfio: Option<Option<&'a View>>,
}

impl<'a> FunctionJson<'a> {
    fn new(function: &'a Imported, vfio: Option<Option<&'a View>>) -> Self {
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
            vfio,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// e1000e's ids, no capabilities.
    fn function() -> Imported {
        let mut bytes = vec![0; 256];
        bytes[..4].copy_from_slice(&[0x86, 0x80, 0xd3, 0x10]);
        decode_at(&Input { name: "config".into(), bytes }, "0000:00:04.0").expect("a function")
    }

    fn view() -> View {
        let flags = vec!["eventfd".to_owned(), "noresize".to_owned()];
        View {
            kernel: "6.1.0".into(),
            can_reset: false,
            indexes: vec![
                Index { index: "msix", count: Some(5), flags, errno: None },
                Index { index: "err", count: None, flags: vec![], errno: Some("EINVAL".into()) },
            ],
            masked_entries: Some(4),
        }
    }

    #[test]
    fn text_of_a_real_function_ends_in_what_vfio_says() {
        let report = show_real(function(), Some(&view()), Format::Text);

        let expected = "  VFIO of Linux 6.1.0: the function can't be reset\n    \
                        msix  count 5  eventfd|noresize\n    \
                        err   EINVAL\n    \
                        MSI-X table entries that are masked: 4\n";
        assert!(report.stdout.starts_with("0000:00:04.0 8086:10d3\n"), "{}", report.stdout);
        assert!(report.stdout.ends_with(expected), "{}", report.stdout);
    }

    #[test]
    fn json_of_a_real_function_has_what_vfio_says_or_null() {
        let json = |report: Report| -> serde_json::Value {
            serde_json::from_str(&report.stdout).expect("valid JSON")
        };
        let asked = json(show_real(function(), Some(&view()), Format::Json));
        assert_eq!(asked[0]["address"], "0000:00:04.0");
        let vfio = &asked[0]["vfio"];
        assert_eq!((&vfio["kernel"], &vfio["can_reset"]), (&"6.1.0".into(), &false.into()));
        assert_eq!(vfio["indexes"][0]["index"], "msix");
        assert_eq!(vfio["indexes"][0]["count"], 5);
        assert_eq!(vfio["indexes"][0]["flags"][1], "noresize");
        assert_eq!(vfio["indexes"][1]["errno"], "EINVAL");
        assert_eq!(vfio["masked_entries"], 4);

        let not_asked = json(show_real(function(), None, Format::Json));
        assert!(not_asked[0].as_object().expect("an object").contains_key("vfio"));
        assert!(not_asked[0]["vfio"].is_null());
        let dump = json(show(&[function()], None, Format::Json));
        assert!(!dump[0].as_object().expect("an object").contains_key("vfio"));
    }
}
