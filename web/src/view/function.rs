//! A function's registers as the page shows them, now and before the current event.

use vfio_irq_core::pci::{Function, Msi, Msix};

use super::register::{COMMAND, MSI_CONTROL, MSIX_CONTROL, Register, STATUS};

/// Registers that belong together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// The capability's name.
    pub name: &'static str,
    /// Its registers, in config space order.
    pub registers: Vec<Register>,
}

/// A row of the MSI-X table, with its pending bit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TableRow {
    /// Message address.
    pub address: u64,
    /// Message data.
    pub data: u32,
    /// Mask bit.
    pub masked: bool,
    /// Pending bit.
    pub pending: bool,
}

/// The registers of a function. `before` is the same function, before the current event.
pub fn groups(now: &Function, before: &Function) -> Vec<Group> {
    let mut groups = vec![header(now, before)];
    if let (Some(now), Some(before)) = (now.msi(), before.msi()) {
        groups.push(msi(now, before));
    }
    if let (Some(now), Some(before)) = (now.msix(), before.msix()) {
        groups.push(msix(now, before));
    }
    groups
}

fn config_word(function: &Function, offset: u16) -> u64 {
    let mut bytes = [0; 2];
    function.config_read(offset, &mut bytes);
    u16::from_le_bytes(bytes).into()
}

fn header(now: &Function, before: &Function) -> Group {
    let word = |name, offset, fields| Register {
        name,
        offset,
        digits: 4,
        before: config_word(before, offset),
        now: config_word(now, offset),
        fields,
    };
    Group {
        name: "Config header",
        registers: vec![word("Command", 0x04, COMMAND), word("Status", 0x06, STATUS)],
    }
}

fn msi(now: &Msi, before: &Msi) -> Group {
    let at = now.offset();
    // Where each register stands depends on width and maskability (PCI 3.0, 6.8.1).
    let data = at + if now.wide() { 12 } else { 8 };
    let mut registers = vec![
        Register {
            name: "Message Control",
            offset: at + 2,
            digits: 4,
            before: before.control().into(),
            now: now.control().into(),
            fields: MSI_CONTROL,
        },
        Register {
            name: "Message Address",
            offset: at + 4,
            digits: if now.wide() { 16 } else { 8 },
            before: before.address(),
            now: now.address(),
            fields: &[],
        },
        Register {
            name: "Message Data",
            offset: data,
            digits: 4,
            before: before.data().into(),
            now: now.data().into(),
            fields: &[],
        },
    ];
    if now.maskable() {
        let digits = 8;
        registers.push(Register {
            name: "Mask Bits",
            offset: data + 4,
            digits,
            before: before.mask().into(),
            now: now.mask().into(),
            fields: &[],
        });
        registers.push(Register {
            name: "Pending Bits",
            offset: data + 8,
            digits,
            before: before.pending_bits().into(),
            now: now.pending_bits().into(),
            fields: &[],
        });
    }
    Group { name: "MSI", registers }
}

fn msix(now: &Msix, before: &Msix) -> Group {
    let control = Register {
        name: "Message Control",
        offset: now.offset() + 2,
        digits: 4,
        before: before.control().into(),
        now: now.control().into(),
        fields: MSIX_CONTROL,
    };
    Group { name: "MSI-X", registers: vec![control] }
}

/// A row of the MSI-X table.
pub fn table_row(msix: &Msix, vector: u16) -> TableRow {
    let entry = msix.entry(vector);
    TableRow {
        address: entry.address,
        data: entry.data,
        masked: entry.masked,
        pending: msix.is_pending(vector),
    }
}

/// Which rows of the table to show: the first ones, and those that just changed.
pub fn table_rows(now: &Msix, before: &Msix, first: u16) -> Vec<u16> {
    let changed =
        |vector: &u16| *vector < first || table_row(now, *vector) != table_row(before, *vector);
    // A write of the whole table must not make the page show 2048 rows.
    (0..now.vectors()).filter(changed).take(usize::from(first) + 8).collect()
}
