//// stimulate
    // ---- Making the device interrupt ----

    fn bar0(&self, writes: &[(u32, u32)]) -> Result<(), i32> {
        writes.iter().try_for_each(|(offset, value)| {
            let region = vfio::PCI_BAR0_REGION_INDEX;
            self.write_region(region, u64::from(*offset), &value.to_le_bytes())
        })
    }

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

