//! What GET_IRQ_INFO says: counts by function, flags by host.

use super::{Links, by_host, head, of_class, row};
use crate::marks::short;
use anyhow::{Context, Result, ensure};
use vfio_irq_core::device::Device as _;
use vfio_irq_core::errno::Errno;
use vfio_irq_core::host::{HostProfile, PROFILES};
use vfio_irq_core::machine::{Emulator, Machine};
use vfio_irq_core::pci::Function;
use vfio_irq_core::pci::profiles::{self, FunctionProfile};
use vfio_irq_core::uapi::{IrqIndex, IrqInfo, IrqInfoFlags};

/// The rule of an index's count, where there is one.
const COUNTS: [(IrqIndex, Option<&str>); 5] = [
    (IrqIndex::Intx, Some("INFO-INTX-COUNT")),
    (IrqIndex::Msi, Some("INFO-MSI-COUNT")),
    (IrqIndex::Msix, Some("INFO-MSIX-COUNT")),
    (IrqIndex::Err, Some("INFO-ERR")),
    (IrqIndex::Req, None),
];

/// The rule of a flag.
const FLAGS: [(&str, &str); 4] = [
    ("EVENTFD", "INFO-EVENTFD"),
    ("MASKABLE", "INFO-MASKABLE"),
    ("AUTOMASKED", "INFO-AUTOMASKED"),
    ("NORESIZE", "INFO-NORESIZE"),
];

/// What a host says of an index of a function.
///
/// # Errors
/// When the function can't be built or the device can't be opened.
pub fn info(
    profile: &FunctionProfile,
    host: &HostProfile,
    index: IrqIndex,
) -> Result<Result<IrqInfo, Errno>> {
    let function = Function::new(&profile.spec())?;
    let mut device = Emulator::new(Machine::new(function, host.clone()));
    device.open()?;
    Ok(device.irq_info(IrqInfo::SIZE, index.raw()))
}

/// Counts: functions by index.
pub(super) fn counts(links: Links<'_>) -> Result<String> {
    let heads = COUNTS.iter().map(|(index, clause)| {
        Ok(match clause {
            Some(clause) => format!("{index}<br>{}", links.to(clause)?),
            None => index.to_string(),
        })
    });
    let heads = heads.collect::<Result<Vec<_>>>()?;
    let mut text = row([&["function".to_owned()], heads.as_slice()].concat());
    text += &row(vec!["---"; 1 + heads.len()]);
    for profile in profiles::all() {
        let cells = IrqIndex::ALL.iter().map(|index| {
            let said = PROFILES.iter().map(|host| {
                Ok(match info(profile, host, *index)? {
                    Ok(info) => info.count.to_string(),
                    Err(errno) => errno.to_string(),
                })
            });
            Ok(by_host(&said.collect::<Result<Vec<_>>>()?))
        });
        let cells = cells.collect::<Result<Vec<_>>>()?;
        text += &row(std::iter::once(format!("`{}`", profile.name)).chain(cells));
    }
    Ok(of_class("counts", &text))
}

/// Flags in hexadecimal and by name.
pub fn words(flags: u32) -> String {
    let names = IrqInfoFlags::from_bits_retain(flags);
    let names: Vec<String> = names.iter_names().map(|(name, _)| name.to_owned()).collect();
    format!("{flags:#x} {}", names.join(" "))
}

/// Flags: indexes by host. Where functions differ, by whether the function has the index.
pub(super) fn flags() -> Result<String> {
    let names: Vec<&str> = PROFILES.iter().map(|host| short(&host.name)).collect();
    let mut text = head(&[&["index"], names.as_slice()].concat());
    for index in IrqIndex::ALL {
        let cells = PROFILES.iter().map(|host| flags_of(host, index));
        let cells = cells.collect::<Result<Vec<_>>>()?;
        text += &row(std::iter::once(index.to_string()).chain(cells));
    }
    Ok(of_class("flags", &text))
}

fn flags_of(host: &HostProfile, index: IrqIndex) -> Result<String> {
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for profile in profiles::all() {
        if let Ok(info) = info(profile, host, index)? {
            let seen = if info.count > 0 { &mut with } else { &mut without };
            if !seen.contains(&info.flags) {
                seen.push(info.flags);
            }
        }
    }
    ensure!(with.len() == 1 && without.len() <= 1, "{index}: flags differ by more than the count");
    let flags = words(with[0]);
    Ok(match without.first() {
        Some(other) if *other != with[0] => {
            format!("{flags}<br>count 0: {}", words(*other))
        }
        _ => flags,
    })
}

/// The flags, one by one.
pub(super) fn bits(links: Links<'_>) -> Result<String> {
    let mut text = head(&["flag", "value", "rule", "set for"]);
    for (name, clause) in FLAGS {
        let flag = IrqInfoFlags::from_name(name).with_context(|| format!("{name} is no flag"))?;
        let of_host = |host: &HostProfile| -> Result<String> {
            let mut set = Vec::new();
            for index in IrqIndex::ALL {
                let simple = profiles::all().first().context("there is a function")?;
                let info = info(simple, host, index)?.context("a function with every index")?;
                if info.flags & flag.bits() != 0 {
                    set.push(index.to_string());
                }
            }
            Ok(if set.is_empty() { "none".into() } else { set.join(", ") })
        };
        let said = PROFILES.iter().map(of_host).collect::<Result<Vec<_>>>()?;
        let value = format!("{:#x}", flag.bits());
        text += &row([name.to_owned(), value, links.to(clause)?, by_host(&said)]);
    }
    Ok(of_class("bits", &text))
}
