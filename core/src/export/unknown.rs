//// fire
    /// Fill in: what makes your device raise this vector.
    fn fire(&mut self, _vector: u32) -> Result<(), i32> {
        Err(EOPNOTSUPP)
    }

//// assert_intx
    /// Fill in: what makes your device raise its INTx status.
    fn assert_intx(&mut self) -> Result<(), i32> {
        Err(EOPNOTSUPP)
    }

//// deassert_intx
    /// Fill in: what makes it fall.
    fn deassert_intx(&mut self) -> Result<(), i32> {
        Err(EOPNOTSUPP)
    }

