//! Register writes in the words of the recordings.
//!
//! | word | register |
//! |---|---|
//! | `C`, `C\|=400`, `C&=~400`, `C\|=2` | Command, by what changed against its last value |
//! | `MSIX=c004` | Message Control of MSI-X |
//! | `MC=a9`, `lo`, `lo=0`, `hi`, `data`, `mask=fffe` | MSI: Message Control, message, mask bits |
//! | `E0=msg`, `E0=0` | address, upper address and data of entry 0, written in a row |
//! | `E0.mask`, `E0.unmask` | vector control of entry 0 |
//! | `E0..4.mask` | the whole table masked in a row, while Function Mask is set |
//! | `E0+2=21`, `cfg@3c` | a lone dword of an entry; any other config register |
//!
//! The emulator's events give the same words in `core`. Left out: reads, and values of messages,
//! which are the host's own.

use crate::trace::{Device, Place, RawWrite, Segment};

const COMMAND: u16 = 0x04;
const FUNCTION_MASK: u32 = 0x4000;

/// Says the writes of one function. Words depend on writes before (the last Command), so give it
/// all of a run, in order.
#[derive(Debug, Clone)]
pub struct Notation {
    device: Device,
    command: u16,
    function_mask: bool,
}

impl Notation {
    /// For a function fresh from reset.
    pub fn new(device: Device) -> Self {
        Self { device, command: 0, function_mask: false }
    }

    /// The words of the next writes; those of other functions are passed over.
    pub fn words(&mut self, writes: &[RawWrite]) -> Vec<String> {
        let places: Vec<Place> =
            writes.iter().filter(|one| one.device == self.device).map(|one| one.place).collect();
        let mut words = Vec::new();
        let mut rest = places.as_slice();
        while let Some(&first) = rest.first() {
            let taken = match first {
                Place::Config { offset, value } => {
                    words.push(self.config(offset, value));
                    1
                }
                Place::Table { .. } => self.table(rest, &mut words),
            };
            rest = &rest[taken..];
        }
        words
    }

    fn config(&mut self, offset: u16, value: u32) -> String {
        let layout = self.device.layout();
        let at = |capability: Option<u8>, register: u16| {
            capability.is_some_and(|start| u16::from(start) + register == offset)
        };
        if offset == COMMAND {
            return self.new_command(value as u16);
        }
        if offset == COMMAND + 1 {
            return self.new_command(self.command & 0xff | (value as u16) << 8);
        }
        if at(layout.msix, 2) {
            self.function_mask = value & FUNCTION_MASK != 0;
            return format!("MSIX={:04x}", value as u16);
        }
        match () {
            () if at(layout.msi, 2) => format!("MC={:02x}", value as u16),
            () if at(layout.msi, 4) && value == 0 => "lo=0".into(),
            () if at(layout.msi, 4) => "lo".into(),
            () if at(layout.msi, 8) => "hi".into(),
            () if at(layout.msi, 12) => "data".into(),
            () if at(layout.msi, 16) => format!("mask={value:x}"),
            () => format!("cfg@{offset:02x}"),
        }
    }

    fn new_command(&mut self, new: u16) -> String {
        let old = std::mem::replace(&mut self.command, new);
        match (new & !old, old & !new) {
            (0x400, 0) => "C|=400",
            (0, 0x400) => "C&=~400",
            (0x2, 0) => "C|=2",
            _ => "C",
        }
        .into()
    }

    /// Takes the table writes that make one word; gives how many they are.
    fn table(&self, writes: &[Place], words: &mut Vec<String>) -> usize {
        let Some(&Place::Table { entry, dword, value }) = writes.first() else { return 1 };
        let is = |at: usize, entry: u16, dword: u8| match writes.get(at) {
            Some(&Place::Table { entry: e, dword: d, value }) if (e, d) == (entry, dword) => {
                Some(value)
            }
            _ => None,
        };
        if dword == 0 && is(1, entry, 1).is_some() && is(2, entry, 2).is_some() {
            words.push(if value == 0 { format!("E{entry}=0") } else { format!("E{entry}=msg") });
            return 3;
        }
        if dword != 3 {
            words.push(format!("E{entry}+{dword}={value:x}"));
            return 1;
        }
        let size = self.device.layout().table.map_or(0, |table| table.entries);
        let whole = (0..size).all(|i| is(usize::from(i), i, 3).is_some_and(|value| value & 1 == 1));
        if self.function_mask && entry == 0 && whole {
            words.push(format!("E0..{}.mask", size - 1));
            return usize::from(size);
        }
        words.push(if value & 1 == 1 {
            format!("E{entry}.mask")
        } else {
            format!("E{entry}.unmask")
        });
        1
    }
}

/// The words of a function, segment by segment.
pub fn of_segments(device: Device, segments: &[Segment]) -> Vec<Vec<String>> {
    let mut notation = Notation::new(device);
    segments.iter().map(|segment| notation.words(&segment.writes)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(offset: u16, value: u32) -> RawWrite {
        RawWrite { device: Device::E1000e, place: Place::Config { offset, value } }
    }

    fn table(entry: u16, dword: u8, value: u32) -> RawWrite {
        RawWrite { device: Device::E1000e, place: Place::Table { entry, dword, value } }
    }

    fn message(entry: u16, address: u32, data: u32) -> [RawWrite; 3] {
        [table(entry, 0, address), table(entry, 1, 0), table(entry, 2, data)]
    }

    #[test]
    fn first_enable_of_msix_reads_as_recorded() {
        let mut notation = Notation::new(Device::E1000e);
        notation.words(&[config(4, 0x103)]);
        let mut writes = vec![config(0xa2, 0xc004)];
        writes.extend(message(0, 0xfee0_0218, 0));
        writes.push(config(4, 0x503));
        writes.extend((0..5).map(|entry| table(entry, 3, 1)));
        writes.extend([config(0xa2, 0x8004), config(4, 0x103)]);
        writes.extend(message(0, 0xfee0_0218, 0));
        writes.extend([table(0, 3, 0), config(4, 0x103)]);
        assert_eq!(
            notation.words(&writes).join(" "),
            "MSIX=c004 E0=msg C|=400 E0..4.mask MSIX=8004 C&=~400 E0=msg E0.unmask C"
        );
    }

    #[test]
    fn entries_masked_without_function_mask_are_said_one_by_one() {
        let mut notation = Notation::new(Device::E1000e);
        let mut writes = vec![config(0xa2, 0x8004)];
        writes.extend(message(1, 0, 0));
        writes.extend((0..5).map(|entry| table(entry, 3, 1)));
        assert_eq!(
            notation.words(&writes).join(" "),
            "MSIX=8004 E1=0 E0.mask E1.mask E2.mask E3.mask E4.mask"
        );
    }

    #[test]
    fn lone_dwords_and_other_registers_are_said_plainly() {
        let mut notation = Notation::new(Device::E1000e);
        let writes = [table(2, 0, 0xfee0_0000), table(2, 2, 0x21), config(0xcc, 3), config(5, 4)];
        assert_eq!(notation.words(&writes).join(" "), "E2+0=fee00000 E2+2=21 cfg@cc C|=400");
    }

    #[test]
    fn msi_reads_as_recorded() {
        let mut notation = Notation::new(Device::Xhci);
        let config = |offset, value| RawWrite {
            device: Device::Xhci,
            place: Place::Config { offset, value },
        };
        let writes = [
            config(0x72, 0x88),
            config(0x72, 0xa8),
            config(0x74, 0xfee0_0000),
            config(0x78, 0),
            config(0x7c, 0),
            config(0x72, 0xa9),
            config(0x74, 0),
            config(0x80, 0xfffe),
        ];
        let words = notation.words(&writes).join(" ");
        assert_eq!(words, "MC=88 MC=a8 lo hi data MC=a9 lo=0 mask=fffe");
    }

    #[test]
    fn writes_of_other_functions_do_not_part_a_word() {
        let other =
            RawWrite { device: Device::Edu, place: Place::Config { offset: 4, value: 0x403 } };
        let mut writes = message(0, 1, 1).to_vec();
        writes.insert(1, other);
        assert_eq!(Notation::new(Device::E1000e).words(&writes), ["E0=msg"]);
    }
}
