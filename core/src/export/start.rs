//// *
    // ---- Before the first step ----

    fn on_and_off(&mut self, index: u32, most: u32) {
        let info = self.vfio_irq_info(vfio::IRQ_INFO_SIZE, index).unwrap_or_default();
        let count = info.count.min(most);
        if count == 0 {
            return;
        }
        let fd = self.new_eventfd();
        let on = vfio::IrqSet {
            argsz: vfio::IRQ_SET_SIZE + 4 * count,
            flags: vfio::IRQ_SET_DATA_EVENTFD | vfio::IRQ_SET_ACTION_TRIGGER,
            index,
            start: 0,
            count,
        };
        let off = vfio::IrqSet {
            argsz: vfio::IRQ_SET_SIZE,
            flags: vfio::IRQ_SET_DATA_NONE | vfio::IRQ_SET_ACTION_TRIGGER,
            index,
            start: 0,
            count: 0,
        };
        let all = fd.to_ne_bytes().repeat(count as usize);
        if self.vfio_set_irqs(&on, &all) == Ok(0) {
            let _ = self.vfio_set_irqs(&off, &[]);
        }
        // SAFETY: ours, just made.
        unsafe { libc::close(fd) };
    }

    /// Takes away what a function keeps over a close: pending bits, its INTx level, the number of
    /// MSI vectors (one stays).
    fn start_clean(&mut self) {
        if let Err(errno) = self.open_device() {
            die(format!("can't open {}: {}", self.address, text_of(errno)));
        }
        let _ = self.write_region(vfio::PCI_CONFIG_REGION_INDEX, 4, &[0x06, 0x00]);
        let _ = self.deassert_intx();
        self.on_and_off(vfio::PCI_MSIX_IRQ_INDEX, u32::MAX);
        self.on_and_off(vfio::PCI_MSI_IRQ_INDEX, 1);
        let _ = self.deassert_intx();
        let _ = self.close_device();
    }
}

//// nap
fn nap(microseconds: u64) {
    std::thread::sleep(std::time::Duration::from_micros(microseconds));
}

//// fds
/// Descriptors as the data of a request.
fn fds(fds: &[i32]) -> Vec<u8> {
    fds.iter().flat_map(|fd| fd.to_ne_bytes()).collect()
}
