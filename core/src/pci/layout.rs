//! The registers as data: where each is, and what its bits are called.
//!
//! Names and sections are those of the PCI Express Base Specification 5.0. Bits are the masks of
//! [`super::regs`], by which the function itself acts; what a field does, whether it can be written
//! and what it holds after reset is not said here, but found by asking a [`Function`](super::Function).
//! Left out: what has no bearing on interrupts.

use alloc::vec;
use alloc::vec::Vec;

use super::regs::{self, Command, MsiRegister};

/// Bits of a register that belong together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Field {
    /// The specification's name; empty when the register is one field.
    pub name: &'static str,
    /// Its bits, as a mask of the register.
    pub mask: u32,
}

/// A register.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Register {
    /// The specification's name.
    pub name: &'static str,
    /// Bytes from the beginning of what it belongs to: config space, capability, table entry.
    pub offset: u16,
    /// Its size in bytes: 1, 2 or 4.
    pub width: u8,
    /// Its fields, lowest first; bits in none are reserved, or have no bearing on interrupts.
    pub fields: Vec<Field>,
}

const fn field(name: &'static str, mask: u32) -> Field {
    Field { name, mask }
}

const fn low(name: &'static str, mask: u16) -> Field {
    field(name, mask as u32)
}

const fn command(name: &'static str, bit: Command) -> Field {
    low(name, bit.bits())
}

fn register(name: &'static str, offset: u16, width: u8, fields: &[Field]) -> Register {
    Register { name, offset, width, fields: fields.to_vec() }
}

/// A register that is one field.
fn whole(name: &'static str, offset: u16, width: u8) -> Register {
    register(name, offset, width, &[field("", u32::MAX >> (32 - 8 * u32::from(width)))])
}

/// Of the header every function has (7.5.1.1): offsets in config space.
pub fn header() -> Vec<Register> {
    vec![
        register(
            "Command",
            regs::COMMAND,
            2,
            &[
                command("I/O Space", Command::IO_SPACE),
                command("Memory Space", Command::MEMORY_SPACE),
                command("Bus Master", Command::BUS_MASTER),
                command("Parity Error Response", Command::PARITY),
                command("SERR# Enable", Command::SERR),
                command("Interrupt Disable", Command::INTERRUPT_DISABLE),
            ],
        ),
        register(
            "Status",
            regs::COMMAND + 2,
            2,
            &[
                low("Interrupt Status", regs::STATUS_INTERRUPT),
                low("Capabilities List", regs::STATUS_CAP_LIST),
            ],
        ),
        whole("Interrupt Line", regs::INTERRUPT, 1),
        whole("Interrupt Pin", regs::INTERRUPT + 1, 1),
    ]
}

/// Of an MSI capability (7.7.1): offsets in the capability.
pub fn msi(wide: bool, maskable: bool) -> Vec<Register> {
    let named = |dword| {
        let offset = 4 * dword;
        Some(match regs::msi_register(wide, maskable, dword)? {
            MsiRegister::Control => register(
                "Message Control",
                offset + 2,
                2,
                &[
                    low("MSI Enable", regs::MSI_ENABLE),
                    low("Multiple Message Capable", regs::MSI_MMC),
                    low("Multiple Message Enable", regs::MSI_MME),
                    low("64-bit Address Capable", regs::MSI_WIDE),
                    low("Per-Vector Masking Capable", regs::MSI_MASKABLE),
                ],
            ),
            MsiRegister::Address => {
                register("Message Address", offset, 4, &[field("", !regs::ADDRESS_LOW)])
            }
            MsiRegister::UpperAddress => whole("Message Upper Address", offset, 4),
            MsiRegister::Data => whole("Message Data", offset, 2),
            MsiRegister::Mask => whole("Mask Bits", offset, 4),
            MsiRegister::Pending => whole("Pending Bits", offset, 4),
        })
    };
    (0..).map_while(named).collect()
}

/// Of an MSI-X capability (7.7.2): offsets in the capability.
pub fn msix() -> Vec<Register> {
    vec![
        register(
            "Message Control",
            2,
            2,
            &[
                low("Table Size", regs::MSIX_SIZE),
                low("Function Mask", regs::MSIX_FUNCTION_MASK),
                low("MSI-X Enable", regs::MSIX_ENABLE),
            ],
        ),
        register(
            "Table Offset and BIR",
            4,
            4,
            &[field("Table BIR", regs::MSIX_BIR), field("Table Offset", !regs::MSIX_BIR)],
        ),
        register(
            "PBA Offset and BIR",
            8,
            4,
            &[field("PBA BIR", regs::MSIX_BIR), field("PBA Offset", !regs::MSIX_BIR)],
        ),
    ]
}

/// Of an entry of the MSI-X table (7.7.2): offsets in the entry, which has [`ENTRY_LEN`] bytes.
pub fn entry() -> Vec<Register> {
    vec![
        register("Message Address", 0, 4, &[field("", !regs::ADDRESS_LOW)]),
        whole("Message Upper Address", 4, 4),
        whole("Message Data", 8, 4),
        register("Vector Control", 12, 4, &[field("Mask", regs::ENTRY_MASK)]),
    ]
}

/// Of the pending bit array of MSI-X (7.7.2.9): its first dword, a bit a vector; the vectors from 32
/// on have theirs in the dwords behind it.
pub fn pending() -> Vec<Register> {
    vec![whole("Pending Bits", 0, 4)]
}

/// Bytes of a table entry.
pub const ENTRY_LEN: u16 = regs::ENTRY_LEN as u16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pci::{Function, FunctionSpec, MsiSpec};

    fn bits(register: &Register) -> u32 {
        register.fields.iter().fold(0, |bits, field| bits | field.mask)
    }

    fn read(function: &Function, offset: u16, width: u8) -> u32 {
        let mut bytes = [0; 4];
        function.config_read(offset, &mut bytes[..usize::from(width)]);
        u32::from_le_bytes(bytes)
    }

    /// Bits of a register that a write of ones or of zeros changes.
    fn changes(function: &Function, offset: u16, width: u8) -> u32 {
        let write = |byte: u8| {
            let mut function = function.clone();
            function.config_write(offset, &[byte; 4][..usize::from(width)], &mut Vec::new());
            read(&function, offset, width)
        };
        write(0xff) ^ write(0)
    }

    fn simple(msi: MsiSpec) -> Function {
        Function::new(&FunctionSpec { msi: Some(msi), ..FunctionSpec::simple() }).expect("builds")
    }

    #[test]
    fn fields_of_a_register_share_no_bit_and_lie_in_it() {
        let all = [header(), msi(false, false), msi(true, true), msix(), entry(), pending()];
        for register in all.iter().flatten() {
            let sum: u32 = register.fields.iter().map(|field| field.mask.count_ones()).sum();
            assert_eq!(sum, bits(register).count_ones(), "{}", register.name);
            assert_eq!(bits(register).checked_shr(8 * u32::from(register.width)).unwrap_or(0), 0);
            for Field { name, mask } in &register.fields {
                let run = mask >> mask.trailing_zeros();
                assert_eq!(run & run.wrapping_add(1), 0, "{name}: its bits are not neighbours");
            }
        }
    }

    /// What can be written has a name: a register or a bit that is added to the function and not
    /// here is found.
    #[test]
    fn bits_a_function_lets_change_are_named() {
        for (wide, maskable) in [(false, false), (false, true), (true, false), (true, true)] {
            let function = simple(MsiSpec { vectors: 32, wide, maskable });
            let msi_at = function.msi().expect("built with it").offset();
            let msix_at = function.msix().expect("built with it").offset();
            let parts = [
                (0, header(), vec![(regs::COMMAND, 4), (regs::INTERRUPT, 4)]),
                (msi_at, msi(wide, maskable), vec![(0, regs::msi_len(wide, maskable))]),
                (msix_at, msix(), vec![(0, regs::MSIX_LEN)]),
            ];
            for (at, registers, covered) in parts {
                for byte in covered.into_iter().flat_map(|(from, len)| from..from + len) {
                    let named = registers.iter().find(|register| {
                        (register.offset..register.offset + u16::from(register.width))
                            .contains(&byte)
                    });
                    let named = named.map_or(0, |register| {
                        bits(register) >> (8 * (byte - register.offset)) & 0xff
                    });
                    let changed = changes(&function, at + byte, 1);
                    assert_eq!(changed & !named, 0, "{wide} {maskable}: {at:#x} + {byte:#x}");
                }
            }
        }
    }

    /// Places by hand, from the figures of PCIe 7.7.1.
    #[test]
    fn msi_registers_lie_where_the_specification_has_them() {
        let places = |wide, maskable| {
            msi(wide, maskable).iter().map(|register| register.offset).collect::<Vec<_>>()
        };
        assert_eq!(places(false, false), [2, 4, 8]);
        assert_eq!(places(true, false), [2, 4, 8, 0x0c]);
        assert_eq!(places(false, true), [2, 4, 8, 0x0c, 0x10]);
        assert_eq!(places(true, true), [2, 4, 8, 0x0c, 0x10, 0x14]);
    }
}
