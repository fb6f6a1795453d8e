//// prepare
    fn map_ring(&mut self) -> Result<(), i32> {
        const SIZE: usize = 0x1_0000;
        if RING_MAPPED.swap(true, std::sync::atomic::Ordering::Relaxed) {
            return Ok(());
        }
        let memory = Box::leak(Box::new(Ring([0; SIZE / 4])));
        memory.0[0] = DMA + RING;
        // Entries.
        memory.0[2] = 16;
        let mut map = vfio::DmaMap {
            argsz: 32,
            flags: vfio::DMA_MAP_FLAG_READ | vfio::DMA_MAP_FLAG_WRITE,
            vaddr: ptr::from_mut(memory).addr() as u64,
            iova: u64::from(DMA),
            size: SIZE as u64,
        };
        ioctl(self.container.as_raw_fd(), vfio::IOMMU_MAP_DMA, &mut map).map(drop)
    }

    fn prepare(&mut self) -> Result<(), i32> {
        if self.prepared {
            return Ok(());
        }
        self.prepared = true;
        self.map_ring()?;
        self.bar0(&[(USBCMD, 1 << 2)])?;
        (0..VECTORS).try_for_each(|vector| {
            self.bar0(&[
                (iman(vector) + ERSTSZ, 1),
                (iman(vector) + ERSTBA, DMA),
                (iman(vector) + ERSTBA + 4, 0),
                (iman(vector), PENDING_AND_ENABLE),
            ])
        })
    }

//// fire
    fn fire(&mut self, vector: u32) -> Result<(), i32> {
        if vector >= VECTORS || vector > 0 && self.by_pin() {
            return Err(EOPNOTSUPP);
        }
        // The dequeue pointer, short of the enqueue pointer, with Event Handler Busy.
        self.stimulate(&[
            (iman(vector), PENDING_AND_ENABLE),
            (iman(vector) + ERDP + 4, 0),
            (iman(vector) + ERDP, (DMA + RING + 0x10) | 1 << 3),
        ])
    }

//// assert_intx
    fn assert_intx(&mut self) -> Result<(), i32> {
        if !self.by_pin() {
            return Err(EOPNOTSUPP);
        }
        self.fire(0)
    }

//// deassert_intx
    fn deassert_intx(&mut self) -> Result<(), i32> {
        self.stimulate(&[(iman(0), PENDING_AND_ENABLE)])
    }
//// registers
// NEC's USB 3.0 controller (xhci) as QEMU has it: an interrupter whose event ring looks unread
// interrupts again. Registers: xHCI 1.2, 4.17 and 5.5.2. Vector n is interrupter n; only the first
// drives the pin.
/// CAPLENGTH: can be read without effect.
const SETTLE: u64 = 0x00;
const USBCMD: u32 = 0x40;
const ERSTSZ: u32 = 0x08;
const ERSTBA: u32 = 0x10;
#[allow(dead_code, reason = "not every scenario fires")]
const ERDP: u32 = 0x18;
const PENDING_AND_ENABLE: u32 = 3;
const VECTORS: u32 = 16;
/// Where the device finds the segment table, and behind it the ring.
const DMA: u32 = 0x10_0000;
const RING: u32 = 0x1000;
const REST: [u64; 0] = [];

#[repr(align(4096))]
struct Ring([u32; 0x4000]);

static RING_MAPPED: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

fn iman(vector: u32) -> u32 {
    0x1020 + 0x20 * vector
}
