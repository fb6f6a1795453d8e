//// prepare
    fn prepare(&mut self) -> Result<(), i32> {
        Ok(())
    }

//// fire
    fn fire(&mut self, vector: u32) -> Result<(), i32> {
        if vector > 0 {
            return Err(EOPNOTSUPP);
        }
        self.stimulate(&[(RAISE, 1)])
    }

//// assert_intx
    fn assert_intx(&mut self) -> Result<(), i32> {
        if !self.by_pin() {
            return Err(EOPNOTSUPP);
        }
        self.stimulate(&[(RAISE, 2)])
    }

//// deassert_intx
    fn deassert_intx(&mut self) -> Result<(), i32> {
        self.stimulate(&[(ACKNOWLEDGE, u32::MAX)])
    }
//// registers
// QEMU's teaching device (edu): one register raises, another acknowledges.
/// Identification: can be read without effect.
const SETTLE: u64 = 0x00;
#[allow(dead_code, reason = "not every scenario raises")]
const RAISE: u32 = 0x60;
const ACKNOWLEDGE: u32 = 0x64;
const REST: [u64; 0] = [];
