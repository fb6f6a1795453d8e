#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vfio_irq_fuzz::checks::import(data));
