//! From a dump to a function that can be run.

use super::super::config::{self, Bar, Shape};
use super::super::function::Function;
use super::super::msi::Msi;
use super::super::msix::Msix;
use super::super::regs;
use super::super::spec::{FunctionError, MsiSpec, MsixPart, MsixSpec, WhenOff};
use super::decode::Config;
use super::{Assumed, Imported};

/// An I/O BAR spans at most this (PCI 3.0, 6.2.5.1).
const IO_BAR_LEN: u64 = 256;
const MEMORY_BAR_LEAST: u64 = 4096;

pub(super) fn function(imported: &Imported, assumed: &Assumed) -> Result<Function, FunctionError> {
    let decoded = &imported.decoded;
    if decoded.capabilities.is_none() {
        return Err(FunctionError::HeaderOnly);
    }
    let dump = Config(&imported.config);
    let msix_spec = decoded.msix.map(|msix| msix.spec());
    if let Some(spec) = &msix_spec {
        check_reach(dump, spec)?;
    }
    let msi = decoded.msi.map(|msi| {
        let spec = MsiSpec { vectors: msi.vectors, wide: msi.wide, maskable: msi.maskable };
        Msi::new(spec, msi.offset, dump.word(msi.offset + 2))
    });
    let msix = decoded.msix.map(|msix| Msix::new(msix.spec(), msix.offset));

    let mut image = imported.config.clone();
    image.resize(image.len().max(usize::from(regs::CONFIG_LEN)), 0);
    let status = decoded.status & !(regs::STATUS_ERRORS | regs::STATUS_INTERRUPT);
    put(&mut image, regs::COMMAND + 2, &status.to_le_bytes());
    if let Some(msi) = &msi
        && msi.control() & regs::MSI_EXTENDED != 0
    {
        let data_at = msi.offset() + if msi.wide() { 12 } else { 8 };
        put(&mut image, data_at + 2, &[0, 0]);
    }

    let vf = assumed.vf.unwrap_or(decoded.vf);
    let pin = if vf { 0 } else { decoded.pin };
    let when_off = if pin == 0 { WhenOff::Drop } else { WhenOff::Divert };
    let shape = Shape {
        name: assumed.name.clone().unwrap_or_else(|| imported.name()),
        id: (decoded.vendor, decoded.device),
        class: decoded.class,
        pin,
        vf,
        express: decoded.express,
        intx_status: assumed.intx_status,
        resets: assumed.reset,
        when_off: assumed.when_off.unwrap_or(when_off),
        bars: bars(dump, msix_spec.as_ref()),
        bar_count: dump.bar_count(),
        image,
    };
    Ok(Function::assemble(shape, msi, msix))
}

fn put(image: &mut [u8], offset: u16, bytes: &[u8]) {
    let at = usize::from(offset);
    image[at..at + bytes.len()].copy_from_slice(bytes);
}

fn is_64(dump: Config<'_>, bar: u8) -> bool {
    dump.bar(bar) & (regs::BAR_IO | regs::BAR_TYPE) == regs::BAR_64 && bar + 1 < dump.bar_count()
}

/// A 32-bit BAR has an end that offsets in it can pass.
fn check_reach(dump: Config<'_>, spec: &MsixSpec) -> Result<(), FunctionError> {
    let (table_end, pba_end) = spec.ends();
    let parts = [(MsixPart::Table, spec.table.0, table_end), (MsixPart::Pba, spec.pba.0, pba_end)];
    for (part, bar, end) in parts {
        if end > regs::BAR32_MAX && !is_64(dump, bar) {
            return Err(FunctionError::TooFar { part, end });
        }
    }
    Ok(())
}

/// The BARs in use: those that don't read zero, and those of table and array.
fn bars(dump: Config<'_>, msix: Option<&MsixSpec>) -> [Bar; 6] {
    let mut bars = [Bar::default(); 6];
    for bar in 0..dump.bar_count() {
        let at = usize::from(bar);
        let need = msix.map_or(0, |msix| msix.bar_need(bar));
        let size = config::bar_size(need, MEMORY_BAR_LEAST);
        let value = dump.bar(bar);
        bars[at] = if dump.bar_is_upper(bar) {
            Bar::upper(bars[at - 1].size)
        } else if value & regs::BAR_IO != 0 {
            Bar::new(IO_BAR_LEN, regs::BAR_IO)
        } else if value != 0 || need != 0 {
            Bar::new(size, value & 0b1111)
        } else {
            Bar::default()
        };
    }
    bars
}
