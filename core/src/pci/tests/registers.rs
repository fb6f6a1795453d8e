use super::*;

#[test]
fn bar_written_with_ones_reads_back_its_size() {
    let mut function = function("msix-2048");
    function.config_write(0x18, &[0xff; 4], &mut Vec::new());
    assert_eq!(config(&function, 0x18, 4), 0xffff_0000);
    function.config_write(0x14, &[0xff; 4], &mut Vec::new());
    assert_eq!(config(&function, 0x14, 4), 0, "BAR 1 is not there");
}

#[test]
fn config_access_across_the_end_reads_ones_beyond_it() {
    let mut function = function("intx-only");
    assert_eq!(function.config_len(), 256);
    assert_eq!(config(&function, 0xfe, 4), 0xffff_0000);
    assert_eq!(config(&function, 0xffff, 8), u64::MAX);
    let before = function.clone();
    function.config_write(0xfffe, &[0; 8], &mut Vec::new());
    assert_eq!(function, before);
}

#[test]
fn express_function_has_extended_config_space_without_a_list() {
    let function = function("simple");
    assert_eq!(function.config_len(), 4096);
    assert_eq!(config(&function, 0x100, 4), 0);
}

#[test]
fn command_of_vf_keeps_bus_master_only() {
    let mut function = function("vf");
    function.config_write(0x04, &[0xff; 2], &mut Vec::new());
    assert_eq!(function.command(), BUS_MASTER);
    assert_eq!(bar(&function, 3, 0x0c, 4), 1, "and its memory answers: entry 0, masked");
}

#[test]
fn interrupt_disable_and_status_of_broken_function_read_zero() {
    let mut function = function("broken-intx");
    function.assert_intx(cause(1), &mut Vec::new());
    function.set_command(MEMORY | INTERRUPT_DISABLE, &mut Vec::new());
    assert_eq!(function.command(), MEMORY);
    assert_eq!(config(&function, 0x06, 2) & 1 << 3, 0);
    assert!(function.intx_status() && function.intx_line());
}

#[test]
fn interrupt_status_reads_one_while_the_line_is_disabled() {
    let mut function = function("simple");
    function.set_command(INTERRUPT_DISABLE, &mut Vec::new());
    function.assert_intx(cause(1), &mut Vec::new());
    assert_eq!(config(&function, 0x06, 2) & 1 << 3, 1 << 3);
    assert!(!function.intx_line());
}

#[test]
fn status_without_capabilities_has_no_capability_list() {
    assert_eq!(config(&function("intx-only"), 0x06, 2), 0);
    assert_eq!(config(&function("intx-only"), 0x34, 1), 0);
    assert_eq!(config(&function("edu"), 0x06, 2), 1 << 4);
}

#[test]
fn msi_grant_above_what_it_can_use_grants_what_it_can_use() {
    let mut function = function("msi-plain");
    // Multiple Message Enable 5 asks for 32 of 8.
    function.set_msi_control(5 << 4, &mut Vec::new());
    let msi = function.msi().expect("has MSI");
    assert_eq!((msi.granted(), msi.control() >> 4 & 7), (8, 5));
}

#[test]
fn msi_registers_keep_only_the_bits_they_have() {
    let mut function = function("simple");
    let at = function.msi().expect("has MSI").offset();
    for dword in 0..6 {
        function.config_write(at + 4 * dword, &[0xff; 4], &mut Vec::new());
    }
    let id_and_next = config(&function, at, 2);
    assert_eq!(id_and_next & 0xff, 0x05);
    // 4 vectors (010b), 64-bit, maskable; Enable and Multiple Message Enable taken.
    assert_eq!(config(&function, at + 2, 2), 0x01f5);
    assert_eq!(config(&function, at + 4, 8), 0xffff_ffff_ffff_fffc);
    assert_eq!(config(&function, at + 12, 4), 0xffff);
    assert_eq!(config(&function, at + 16, 4), 0xf, "a mask bit for each of 4 vectors");
    assert_eq!(config(&function, at + 20, 4), 0, "pending bits are read-only");
}

#[test]
fn narrow_msi_has_data_where_wide_has_upper_address() {
    let mut function = function("msi-plain");
    let at = function.msi().expect("has MSI").offset();
    function.set_msi_address(0x1_fee0_0003, &mut Vec::new());
    function.set_msi_data(0x4021, &mut Vec::new());
    assert_eq!(config(&function, at + 4, 4), 0xfee0_0000);
    assert_eq!(config(&function, at + 8, 4), 0x4021);
}

#[test]
fn msix_control_keeps_its_size() {
    let mut function = function("simple");
    let at = function.msix().expect("has MSI-X").offset();
    function.config_write(at, &[0xff; 8], &mut Vec::new());
    assert_eq!(config(&function, at + 2, 2), 0xc007);
    assert_eq!(config(&function, at + 4, 8), 0x0000_3000_0000_2000, "places are read-only");
}

#[test]
fn entry_written_through_bar_keeps_only_the_bits_it_has() {
    let mut function = function("simple");
    function.bar_write(0, 0x2010, &[0xff; 8], &mut Vec::new());
    function.bar_write(0, 0x2018, &[0xfe; 8], &mut Vec::new());
    let entry = function.msix().expect("has MSI-X").entry(1);
    assert_eq!(entry, Entry { address: !3, data: 0xfefe_fefe, masked: false });
    assert_eq!(bar(&function, 0, 0x201c, 4), 0);
}

#[test]
fn table_with_memory_space_off_reads_ones_and_drops_writes() {
    let mut function = function("simple");
    function.set_command(BUS_MASTER, &mut Vec::new());
    function.bar_write(0, 0x2000, &[0x12; 8], &mut Vec::new());
    assert_eq!(bar(&function, 0, 0x2000, 8), u64::MAX);
    assert_eq!(function.msix().expect("has MSI-X").entry(0), Entry::RESET);
    function.set_entry_message(0, 0xfee0_0000, 7, &mut Vec::new());
    assert_eq!(function.msix().expect("has MSI-X").entry(0).data, 7, "the typed write acts");
}

#[test]
fn bar_beyond_its_end_reads_ones_and_device_registers_zero() {
    let function = function("simple");
    assert_eq!(bar(&function, 0, 0, 8), 0);
    assert_eq!(bar(&function, 0, 0x3ffe, 4), 0xffff_0000);
    assert_eq!(bar(&function, 0, u64::MAX, 8), u64::MAX);
    assert_eq!(bar(&function, 5, 0, 4), 0xffff_ffff);
}

#[test]
fn pending_bit_array_shows_the_last_of_2048_vectors() {
    let mut function = function("msix-2048");
    function.set_msix_control(MSIX_ENABLE, &mut Vec::new());
    function.fire(2047, cause(1), &mut Vec::new());
    function.fire(64, cause(2), &mut Vec::new());
    assert_eq!(bar(&function, 2, 0x80f8, 8), 1 << 63);
    assert_eq!(bar(&function, 2, 0x8008, 8), 1);
    function.bar_write(2, 0x8008, &[0; 8], &mut Vec::new());
    assert_eq!(bar(&function, 2, 0x8008, 1), 1, "read-only");
}

#[test]
fn odd_write_changes_only_the_bytes_it_names() {
    let mut function = function("simple");
    function.set_entry_message(0, 0x1122_3344_5566_7788, 0x99aa_bbcc, &mut Vec::new());
    // Bytes 7 to 9 of the entry: the address's last and the data's first two.
    function.bar_write(0, 0x2007, &[0x01, 0x02, 0x03], &mut Vec::new());
    let entry = function.msix().expect("has MSI-X").entry(0);
    assert_eq!((entry.address, entry.data), (0x0122_3344_5566_7788, 0x99aa_0302));
}

#[test]
fn typed_write_and_config_write_do_the_same() {
    let start = function("simple");
    let msi = start.msi().expect("has MSI").offset();
    let msix = start.msix().expect("has MSI-X").offset();
    type Typed = fn(&mut Function, u32, &mut Outputs);
    let pairs: [(u16, usize, Typed); 5] = [
        (0x04, 2, |function, value, out| function.set_command(value as u16, out)),
        (msi + 2, 2, |function, value, out| function.set_msi_control(value as u16, out)),
        (msi + 12, 2, |function, value, out| function.set_msi_data(value as u16, out)),
        (msi + 16, 4, |function, value, out| function.set_msi_mask(value, out)),
        (msix + 2, 2, |function, value, out| function.set_msix_control(value as u16, out)),
    ];
    for (offset, len, typed) in pairs {
        for value in [0u32, 0xffff_ffff, 0x5a5a_c0a5] {
            let (mut left, mut right) = (start.clone(), start.clone());
            typed(&mut left, value, &mut Vec::new());
            right.config_write(offset, &value.to_le_bytes()[..len], &mut Vec::new());
            assert_eq!(left, right, "{value:#x} at {offset:#x}");
        }
    }
}
