//! Interrupts fired inside a SET_IRQS, against what running kernels did.
//!
//! Expected fates: Linux 6.1.192, 6.12.95 and 7.3.4 stopped by gdb at a kernel function while the
//! device's register was written through QEMU's qtest (e1000e for MSI-X, edu for MSI without
//! masks); all three gave the same. Each row names the micro-step that the stop came after.

use vfio_irq_core::device::{Device, Fd, Moment, Stimulate, Stimulus};
use vfio_irq_core::host::HostProfile;
use vfio_irq_core::machine::{Emulator, Machine};
use vfio_irq_core::pci::{Function, profiles};
use vfio_irq_core::uapi::{CONFIG_REGION, IrqIndex, IrqSetHeader, eventfd_data};

#[derive(Clone, Copy, PartialEq, Debug)]
enum During {
    FirstEnable,
    Release,
    Replace,
    Disable,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Fate {
    /// The eventfd of this request, or else of the next arm, rises.
    Delivered,
    Lost,
}
use During::{Disable, FirstEnable, Release, Replace};
use Fate::{Delivered, Lost};

const MSIX: &[(During, &str, Fate)] = &[
    (Release, "remove handler 0", Delivered),
    (Release, "mask entry 0", Delivered),
    (Release, "clear entry 0", Delivered),
    (Replace, "remove handler 0", Delivered),
    (Replace, "clear entry 0", Delivered),
    (Replace, "write entry 0", Delivered),
    (FirstEnable, "set MSI-X Enable and Function Mask", Delivered),
    (FirstEnable, "clear Function Mask", Delivered),
    (FirstEnable, "write entry 0", Delivered),
    (Disable, "remove handler 0", Lost),
    (Disable, "clear entry 0", Delivered),
    (Disable, "clear MSI-X Enable", Lost),
];

const MSI: &[(During, &str, Fate)] = &[
    (Release, "remove handler 0", Delivered),
    (Replace, "remove handler 0", Delivered),
    (Replace, "clear MSI address", Lost),
    (Replace, "write MSI address", Delivered),
    (FirstEnable, "write MSI data", Lost),
    (FirstEnable, "set MSI Enable", Delivered),
    (FirstEnable, "install handler 0", Delivered),
    (Disable, "remove handler 0", Lost),
    (Disable, "clear MSI address", Lost),
    (Disable, "clear MSI Enable", Lost),
];

fn set_irqs(device: &mut Emulator, index: IrqIndex, fds: &[Fd]) {
    let flags = if fds.is_empty() { 0x21 } else { 0x24 };
    let (argsz, count) = (20 + 4 * fds.len() as u32, fds.len() as u32);
    let header = IrqSetHeader { argsz, flags, index: index.raw(), start: 0, count };
    device.set_irqs(header, &eventfd_data(fds)).expect("well-formed");
}

fn fate(host: &str, function: &str, index: IrqIndex, during: During, step: &str) -> Fate {
    let spec = profiles::by_name(function).expect("built in");
    let profile = HostProfile::by_name(host).expect("built in");
    let machine = Machine::new(Function::new(&spec).expect("valid"), profile);
    let mut device = Emulator::new(machine);
    device.open().expect("opens");
    device.region_write(CONFIG_REGION, 4, &[0x06, 0x01]).expect("Bus Master on");
    let [old, new, later] = [(); 3].map(|()| device.eventfd_create().expect("few"));
    if during != FirstEnable {
        set_irqs(&mut device, index, &[old]);
    }
    let moment = Moment { step: step.into(), nth: 1 };
    device.stimulate_at(moment, Stimulus::Fire(0)).expect("the emulator can");
    match during {
        FirstEnable | Replace => set_irqs(&mut device, index, &[new]),
        Release => set_irqs(&mut device, index, &[-1]),
        Disable => set_irqs(&mut device, index, &[]),
    }
    assert!(device.take_missed().is_empty(), "{during:?} has no step {step:?}");
    assert!(device.eventfd_read(old).is_err(), "never the eventfd that is gone");
    if device.eventfd_read(new).is_ok() {
        return Delivered;
    }
    set_irqs(&mut device, index, &[later]);
    let summary = device.machine.ledger.summary();
    assert_eq!(summary.waiting, 0, "nothing can still come");
    match device.eventfd_read(later) {
        Ok(_) => Delivered,
        Err(_) => {
            assert_eq!(summary.lost, 1);
            Lost
        }
    }
}

#[test]
fn fates_are_those_seen_on_the_kernels() {
    for host in ["linux-6.1", "linux-6.12", "linux-7.3"] {
        for (function, index, rows) in
            [("e1000e", IrqIndex::Msix, MSIX), ("edu", IrqIndex::Msi, MSI)]
        {
            for &(during, step, expected) in rows {
                let actual = fate(host, function, index, during, step);
                assert_eq!(actual, expected, "{host} {index}: {during:?} after {step:?}");
            }
        }
    }
}
