//! A register as its fields, with what changed since the event before.
//!
//! Fields and names: PCI Local Bus 3.0 and PCI Express Base. Left out: bits without a bearing on
//! interrupts; the hexadecimal value shows them.

/// How the value of a field reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reading {
    /// One bit.
    Flag,
    /// 2 to the value.
    PowerOfTwo,
    /// Value plus one.
    PlusOne,
}

/// A field of a register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Field {
    /// The specification's name.
    pub name: &'static str,
    /// Lowest bit.
    pub low: u8,
    /// Width in bits.
    pub width: u8,
    /// How its value reads.
    pub reading: Reading,
}

const fn flag(name: &'static str, low: u8) -> Field {
    Field { name, low, width: 1, reading: Reading::Flag }
}

/// Command, offset 0x04.
pub const COMMAND: &[Field] = &[
    flag("I/O Space", 0),
    flag("Memory Space", 1),
    flag("Bus Master", 2),
    flag("SERR", 8),
    flag("Interrupt Disable", 10),
];

/// Status, offset 0x06.
pub const STATUS: &[Field] = &[flag("Interrupt Status", 3), flag("Capabilities List", 4)];

/// MSI Message Control, capability + 2.
pub const MSI_CONTROL: &[Field] = &[
    flag("MSI Enable", 0),
    Field { name: "Capable", low: 1, width: 3, reading: Reading::PowerOfTwo },
    Field { name: "Enabled", low: 4, width: 3, reading: Reading::PowerOfTwo },
    flag("64-bit", 7),
    flag("Maskable", 8),
];

/// MSI-X Message Control, capability + 2.
pub const MSIX_CONTROL: &[Field] = &[
    Field { name: "Table Size", low: 0, width: 11, reading: Reading::PlusOne },
    flag("Function Mask", 14),
    flag("MSI-X Enable", 15),
];

impl Field {
    /// Its bits of a register's value.
    pub fn of(self, register: u64) -> u64 {
        (register >> self.low) & ((1 << self.width) - 1)
    }

    /// Its value in words.
    pub fn read(self, register: u64) -> String {
        let value = self.of(register);
        match self.reading {
            Reading::Flag => value.to_string(),
            Reading::PowerOfTwo => (1u64 << value).to_string(),
            Reading::PlusOne => (value + 1).to_string(),
        }
    }
}

/// How a value moved, as a sign in front of it: shape, not colour, carries the change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// As before.
    Same,
    /// A bit was set, a value grew.
    Up,
    /// A bit was cleared, a value fell.
    Down,
}

impl Change {
    /// From the value before to the value now.
    pub fn between<T: PartialOrd>(before: &T, now: &T) -> Self {
        if before < now {
            Self::Up
        } else if before > now {
            Self::Down
        } else {
            Self::Same
        }
    }

    /// The sign.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Same => "",
            Self::Up => "▲",
            Self::Down => "▼",
        }
    }
}

/// A register now and before the current event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Register {
    /// The specification's name.
    pub name: &'static str,
    /// Where it is in config space, for those who look there.
    pub offset: u16,
    /// Hexadecimal digits.
    pub digits: usize,
    /// Value before the current event.
    pub before: u64,
    /// Value now.
    pub now: u64,
    /// Its fields; empty for plain values.
    pub fields: &'static [Field],
}

impl Register {
    /// `0x0103`.
    pub fn hex(&self, value: u64) -> String {
        format!("{value:#0width$x}", width = self.digits + 2)
    }

    /// Whether the current event changed it.
    pub fn changed(&self) -> bool {
        self.before != self.now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_msix_control_read_as_the_specification_counts() {
        let [size, mask, enable] = MSIX_CONTROL else { panic!("three fields") };
        assert_eq!(size.read(0xc004), "5");
        assert_eq!((mask.of(0xc004), enable.of(0xc004), enable.of(0x4004)), (1, 1, 0));
    }

    #[test]
    fn multiple_message_fields_read_as_counts() {
        assert_eq!(MSI_CONTROL[1].read(0x00a4), "4");
        assert_eq!(MSI_CONTROL[2].read(0x00a4), "4");
    }

    #[test]
    fn cleared_bit_reads_down() {
        assert_eq!(Change::between(&1u64, &0), Change::Down);
    }
}
