//// prepare
    fn prepare(&mut self) -> Result<(), i32> {
        if self.prepared {
            return Ok(());
        }
        self.prepared = true;
        self.bar0(&[
            (IVAR, 0x8000_0000 | 8 | 9 << 4 | 10 << 8 | 11 << 12 | 12 << 16),
            (EIAC, 0),
            (ITR, 0),
            (EITR, 0),
            (EITR + 4, 0),
            (EITR + 8, 0),
            (EITR + 12, 0),
            (EITR + 16, 0),
            // What came up before nobody asked for.
            (ICR, u32::MAX),
            (IMS, 0x1f << QUEUE0 | LINK),
        ])
    }

//// fire
    fn fire(&mut self, vector: u32) -> Result<(), i32> {
        if vector >= 5 {
            return Err(EOPNOTSUPP);
        }
        // A cause that is set already is not told again: clear it first.
        self.stimulate(&[(ICR, u32::MAX), (ICS, 1 << (QUEUE0 + vector))])
    }

//// assert_intx
    fn assert_intx(&mut self) -> Result<(), i32> {
        if !self.by_pin() {
            return Err(EOPNOTSUPP);
        }
        self.stimulate(&[(ICS, LINK)])
    }

//// deassert_intx
    fn deassert_intx(&mut self) -> Result<(), i32> {
        self.stimulate(&[(ICR, u32::MAX)])
    }
//// registers
// Intel 82574L (e1000e): Interrupt Cause Set raises any cause. Registers: its datasheet, 10.2.4.
/// Device Status: can be read without effect.
const SETTLE: u64 = 0x08;
const ICR: u32 = 0xc0;
const ITR: u32 = 0xc4;
#[allow(dead_code, reason = "not every scenario fires")]
const ICS: u32 = 0xc8;
const IMS: u32 = 0xd0;
const EIAC: u32 = 0xdc;
const IVAR: u32 = 0xe4;
const EITR: u32 = 0xe8;
const LINK: u32 = 1 << 2;
/// Bit of the first queue's cause; five causes have a vector each.
const QUEUE0: u32 = 20;
/// QEMU's keeps 128 µs between two interrupts of a vector, whatever ITR and EITR say.
const REST: [u64; 3] = [192, 64, 64];
