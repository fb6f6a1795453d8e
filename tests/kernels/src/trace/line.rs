//! One line of QEMU's log.

use super::Device;

/// Bus, device and function number of a PCI function in segment 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bdf {
    /// 0 to 255.
    pub bus: u8,
    /// 0 to 31.
    pub device: u8,
    /// 0 to 7.
    pub function: u8,
}

impl std::fmt::Display for Bdf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02x}:{:02x}.{:x}", self.bus, self.device, self.function)
    }
}

/// What one line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A write to config space.
    Config {
        /// Whose; `None` for functions we do not know.
        device: Option<Device>,
        /// Its address, as the guest numbers buses at that moment.
        address: Bdf,
        /// Offset in bytes.
        offset: u16,
        /// What was written.
        value: u32,
    },
    /// A write to some function's MSI-X table.
    Table {
        /// Guest physical address.
        address: u64,
        /// What was written.
        value: u64,
        /// Width in bytes.
        size: u8,
    },
    /// A BAR was mapped.
    Bar {
        /// Whose; `None` for functions we do not know.
        device: Option<Device>,
        /// Its number, from 0.
        bar: u8,
        /// Guest physical address.
        address: u64,
    },
}

/// Reads a line. `None` is any other line: another event, another region, or QEMU's own words.
pub fn parse(line: &str) -> Option<Line> {
    // The event that comes by the hundred thousand is looked at first, and briefly.
    if let Some(rest) = line.strip_prefix("memory_region_ops_write ") {
        let rest = rest.strip_suffix(" name 'msix-table'")?;
        let mut words = rest.split(' ');
        let mut value = |name: &str| words.by_ref().find(|word| *word == name).map(|_| ());
        value("addr")?;
        let address = hex(words.next()?)?;
        (words.next()? == "value").then_some(())?;
        let value = hex(words.next()?)?;
        (words.next()? == "size").then_some(())?;
        let size = words.next()?.parse().ok().filter(|size| [1, 2, 4, 8].contains(size))?;
        address.checked_add(8)?;
        return Some(Line::Table { address, value, size });
    }
    let (event, rest) = line.split_once(' ')?;
    let mut words = rest.split(' ');
    match event {
        "pci_cfg_write" => {
            let device = device(words.next()?);
            let address = bdf(words.next()?)?;
            let offset = hex(words.next()?.strip_prefix('@')?)?.try_into().ok()?;
            (words.next()? == "<-").then_some(())?;
            let value = hex(words.next()?)?.try_into().ok()?;
            Some(Line::Config { device, address, offset, value })
        }
        "pci_update_mappings_add" => {
            let device = device(words.next()?);
            let _address = bdf(words.next()?)?;
            let (bar, place) = words.next()?.split_once(',')?;
            let address = hex(place.split_once('+')?.0)?;
            Some(Line::Bar { device, bar: bar.parse().ok()?, address })
        }
        _ => None,
    }
}

fn device(name: &str) -> Option<Device> {
    Device::ALL.into_iter().find(|device| device.name() == name)
}

fn hex(word: &str) -> Option<u64> {
    u64::from_str_radix(word.strip_prefix("0x")?, 16).ok()
}

/// `00:04.0`
fn bdf(word: &str) -> Option<Bdf> {
    let (bus, rest) = word.split_once(':')?;
    let (device, function) = rest.split_once('.')?;
    let number = |word| u8::from_str_radix(word, 16).ok();
    Some(Bdf { bus: number(bus)?, device: number(device)?, function: number(function)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const E1000E: Bdf = Bdf { bus: 0, device: 4, function: 0 };

    #[test]
    fn config_write_is_read() {
        let line = parse("pci_cfg_write e1000e 00:04.0 @0xa2 <- 0xc004");
        let expected = Line::Config {
            device: Some(Device::E1000e),
            address: E1000E,
            offset: 0xa2,
            value: 0xc004,
        };
        assert_eq!(line, Some(expected));
    }

    #[test]
    fn table_write_is_told_from_other_regions() {
        let line = "memory_region_ops_write cpu 0 mr 0x559a40ecded0 addr 0xfe644008 value 0x21 \
                    size 4 name 'msix-table'";
        let expected = Line::Table { address: 0xfe64_4008, value: 0x21, size: 4 };
        assert_eq!(parse(line), Some(expected));
        assert_eq!(parse(&line.replace("msix-table", "serial")), None);
    }

    #[test]
    fn mapped_bar_is_read() {
        let line = parse("pci_update_mappings_add nec-usb-xhci 00:05.0 0,0xfebb0000+0x4000");
        let expected = Line::Bar { device: Some(Device::Xhci), bar: 0, address: 0xfebb_0000 };
        assert_eq!(line, Some(expected));
    }

    #[test]
    fn unknown_function_is_no_device() {
        let line = parse("pci_cfg_write nvme 00:07.0 @0x4 <- 0x507");
        assert!(matches!(line, Some(Line::Config { device: None, value: 0x507, .. })), "{line:?}");
    }

    #[test]
    fn other_and_broken_lines_are_none() {
        for line in [
            "",
            "qemu-system-x86_64: terminating on signal 15",
            "e1000e_irq_msi_notify MSI notify 0x4",
            "pci_cfg_write e1000e 00:04.0 @0xa2 <-",
            "pci_cfg_write e1000e 0004.0 @0xa2 <- 0x1",
            "pci_cfg_write e1000e 00:04.0 @0xa2 <- 0x1ffffffff",
            "pci_cfg_write e1000e 00:04.0 a2 <- 0x1",
            "memory_region_ops_write cpu 0 mr 0x1 addr 0xfe value name 'msix-table'",
            "memory_region_ops_write name 'msix-table'",
            "pci_update_mappings_add e1000e 00:04.0 0 0xfebb0000",
        ] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
