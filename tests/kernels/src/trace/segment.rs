//! A run's writes, parted by the marks the guest makes.

use super::line::{Line, parse};
use super::{Device, Place, RawWrite};
use std::collections::HashMap;

/// Offset of Interrupt Line: writable on the host bridge and used by nobody there.
const MARK_OFFSET: u16 = 0x3c;

/// A byte the guest wrote on the host bridge.
pub type Mark = u8;

/// The writes between two marks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Segment {
    /// The mark that began it; `None` before the first.
    pub mark: Option<Mark>,
    /// The writes, in order.
    pub writes: Vec<RawWrite>,
    /// Lines of further events, each with the number of writes before it.
    pub others: Vec<(usize, String)>,
}

/// A whole run. The first segment has no mark: firmware and kernel before the guest's program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// In order; never empty.
    pub segments: Vec<Segment>,
}

impl Default for Trace {
    fn default() -> Self {
        Self { segments: vec![Segment::default()] }
    }
}

/// Takes lines as they come and keeps what matters.
#[derive(Debug, Default)]
pub struct Recorder {
    trace: Trace,
    bars: HashMap<(Device, u8), u64>,
    others: Vec<String>,
}

impl Recorder {
    /// Keeps also lines of events whose name begins so.
    pub fn also(others: &[String]) -> Self {
        let others = others.iter().map(|one| one.trim_end_matches('*').to_owned()).collect();
        Self { others, ..Self::default() }
    }

    /// Takes a line; says whether it was an event, and not QEMU's own words.
    pub fn line(&mut self, line: &str) -> bool {
        match parse(line) {
            Some(Line::Bar { device: Some(device), bar, address }) => {
                self.bars.insert((device, bar), address);
            }
            Some(Line::Config {
                device: Some(Device::Bridge), offset: MARK_OFFSET, value, ..
            }) => {
                let mark = Some(value as Mark);
                self.trace.segments.push(Segment { mark, ..Segment::default() });
            }
            Some(Line::Config { device: Some(device), offset, value, .. }) => {
                self.write(RawWrite { device, place: Place::Config { offset, value } });
            }
            Some(Line::Table { address, value, size }) => {
                // A driver may write eight bytes at once: two dwords, the lower first.
                for part in 0..u64::from(size.div_ceil(4)) {
                    let value = (value >> (32 * part)) as u32;
                    if let Some(write) = self.table_write(address + 4 * part, value) {
                        self.write(write);
                    }
                }
            }
            Some(_) => {}
            None if self.others.iter().any(|name| line.starts_with(name)) => {
                let segment = self.segment();
                segment.others.push((segment.writes.len(), line.to_owned()));
            }
            None => {
                let name = line.split(' ').next().unwrap_or_default();
                return super::EVENTS.contains(&name);
            }
        }
        true
    }

    /// What was kept.
    pub fn finish(self) -> Trace {
        self.trace
    }

    fn table_write(&self, address: u64, value: u32) -> Option<RawWrite> {
        Device::ALL.into_iter().find_map(|device| {
            let table = device.layout().table?;
            let start = self.bars.get(&(device, table.bar))?.checked_add(table.offset)?;
            let at = address.checked_sub(start)?;
            let entry = u16::try_from(at / 16).ok().filter(|entry| *entry < table.entries)?;
            let place = Place::Table { entry, dword: (at % 16 / 4) as u8, value };
            Some(RawWrite { device, place })
        })
    }

    fn segment(&mut self) -> &mut Segment {
        self.trace.segments.last_mut().expect("a trace is never empty")
    }

    fn write(&mut self, write: RawWrite) {
        self.segment().writes.push(write);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(lines: &[&str]) -> Trace {
        let mut recorder = Recorder::also(&["e1000e_irq_*".into()]);
        for line in lines {
            assert!(recorder.line(line), "{line}");
        }
        recorder.finish()
    }

    const TABLE: &str = "pci_update_mappings_add e1000e 00:04.0 3,0xfebd0000+0x4000";

    #[test]
    fn marks_part_the_run() {
        let trace = record(&[
            "pci_cfg_write edu 00:06.0 @0x4 <- 0x3",
            "pci_cfg_write mch 00:00.0 @0x3c <- 0x1",
            "pci_cfg_write mch 00:00.0 @0x3c <- 0x2",
            "pci_cfg_write e1000e 00:04.0 @0x4 <- 0x507",
            "pci_cfg_write nvme 00:07.0 @0x4 <- 0x507",
        ]);
        let marks: Vec<_> = trace.segments.iter().map(|one| (one.mark, one.writes.len())).collect();
        assert_eq!(marks, [(None, 1), (Some(1), 0), (Some(2), 1)]);
    }

    #[test]
    fn table_write_belongs_to_the_function_whose_bar_it_is_in() {
        let trace = record(&[
            TABLE,
            "pci_update_mappings_add nec-usb-xhci 00:05.0 0,0xfebd4000+0x4000",
            "memory_region_ops_write cpu 0 mr 0x1 addr 0xfebd001c value 0x1 size 4 name \
             'msix-table'",
            "memory_region_ops_write cpu 0 mr 0x2 addr 0xfebd7008 value 0x21 size 4 name \
             'msix-table'",
            "memory_region_ops_write cpu 0 mr 0x3 addr 0xfebd0050 value 0x1 size 4 name \
             'msix-table'",
        ]);
        let table = |device, entry, dword, value| RawWrite {
            device,
            place: Place::Table { entry, dword, value },
        };
        let expected = [table(Device::E1000e, 1, 3, 1), table(Device::Xhci, 0, 2, 0x21)];
        assert_eq!(trace.segments[0].writes, expected);
    }

    #[test]
    fn write_of_eight_bytes_is_two_dwords() {
        let trace = record(&[
            TABLE,
            "memory_region_ops_write cpu 0 mr 0x1 addr 0xfebd0000 value 0x100000002 size 8 name \
             'msix-table'",
        ]);
        let places: Vec<_> = trace.segments[0].writes.iter().map(|write| write.place).collect();
        let table = |dword, value| Place::Table { entry: 0, dword, value };
        assert_eq!(places, [table(0, 2), table(1, 1)]);
    }

    #[test]
    fn further_events_keep_their_place() {
        let trace = record(&[
            "pci_cfg_write edu 00:06.0 @0x4 <- 0x3",
            "e1000e_irq_msi_notify MSI notify 0x4",
            "pci_cfg_write edu 00:06.0 @0x4 <- 0x3",
        ]);
        let others = &trace.segments[0].others;
        assert_eq!(others, &[(1, "e1000e_irq_msi_notify MSI notify 0x4".to_owned())]);
    }

    #[test]
    fn words_of_qemu_itself_are_no_event() {
        let mut recorder = Recorder::default();
        assert!(!recorder.line("qemu-system-x86_64: -device edu: no such bus"));
        assert!(recorder.line("memory_region_ops_write cpu 0 mr 0x1 addr 0x3f8 value 0x41 size 1"));
    }
}
