//// stimulate
    // ---- Making the device interrupt ----

    fn bar0(&self, writes: &[(u32, u32)]) -> Result<(), i32> {
        writes.iter().try_for_each(|(offset, value)| {
            let region = vfio::PCI_BAR0_REGION_INDEX;
            self.write_region(region, u64::from(*offset), &value.to_le_bytes())
        })
    }

//// by_pin
    /// Whether an index is on: one that is off refuses a trigger of nothing.
    fn is_on(&self, index: u32) -> bool {
        let trigger = vfio::IrqSet {
            argsz: vfio::IRQ_SET_SIZE + 1,
            flags: vfio::IRQ_SET_DATA_BOOL | vfio::IRQ_SET_ACTION_TRIGGER,
            index,
            start: 0,
            count: 1,
        };
        self.vfio_set_irqs(&trigger, &[0]) == Ok(0)
    }

    /// Whether the function interrupts by its pin: neither MSI nor MSI-X is enabled. By its own
    /// registers, which sysfs shows to root; vfio-pci shows MSI's as it was written.
    fn by_pin(&self) -> bool {
        let mut config = [0; 256];
        let file = File::open(format!("/sys/bus/pci/devices/{}/config", self.address));
        if file.and_then(|file| file.read_exact_at(&mut config, 0)).is_err() {
            return !self.is_on(vfio::PCI_MSIX_IRQ_INDEX) && !self.is_on(vfio::PCI_MSI_IRQ_INDEX);
        }
        let mut at = usize::from(config[0x34] & 0xfc);
        // At most 48 capabilities fit: a list that loops ends too.
        for _ in 0..48 {
            match config[at] {
                _ if at < 0x40 => break,
                // MSI Enable.
                0x05 if config[at + 2] & 0x01 != 0 => return false,
                // MSI-X Enable.
                0x11 if config[at + 3] & 0x80 != 0 => return false,
                _ => at = usize::from(config[at + 1] & 0xfc),
            }
        }
        true
    }

//// stimulate
    fn stimulate(&mut self, writes: &[(u32, u32)]) -> Result<(), i32> {
        self.prepare()?;
        self.bar0(writes)?;
        // A read's completion can't overtake the message (PCIe 2.4.1): then it is at the host.
        self.read_region(vfio::PCI_BAR0_REGION_INDEX, SETTLE, &mut [0; 4])?;
        for microseconds in REST {
            nap(microseconds);
        }
        Ok(())
    }

