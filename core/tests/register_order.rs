//! The host's register writes against those recorded from running kernels.
//!
//! Expected lines: QEMU's `pci_cfg_write` and table-write trace events of vfio-pci in Linux
//! 6.1.192, 6.12.95 and 7.3.4, on QEMU 7.2's e1000e and nec-usb-xhci; unless a test names a
//! kernel, all three wrote the same. `C` is Command, `MSIX` and `MC` Message Control, `En` entry n.

use vfio_irq_core::device::Fd;
use vfio_irq_core::errno::Errno;
use vfio_irq_core::event::{Call, Event, Outcome};
use vfio_irq_core::host::HostProfile;
use vfio_irq_core::machine::Machine;
use vfio_irq_core::pci::{Function, FunctionSpec, profiles};
use vfio_irq_core::seen::register_words;
use vfio_irq_core::uapi::{CONFIG_REGION, IrqIndex, IrqSetHeader, eventfd_data};

const TRIGGER_EVENTFD: u32 = 0x24;
const TRIGGER_NONE: u32 = 0x21;

struct Lab {
    machine: Machine,
    fds: Vec<Fd>,
}

impl Lab {
    fn new(host: &str, spec: &FunctionSpec) -> Self {
        Self::on(HostProfile::by_name(host).expect("built in"), spec)
    }

    fn on(profile: HostProfile, spec: &FunctionSpec) -> Self {
        let function = Function::new(spec).expect("valid");
        let mut machine = Machine::new(function, profile);
        machine.call(Call::Open, &mut ());
        let command = vec![0x06, 0x01];
        machine
            .call(Call::RegionWrite { region: CONFIG_REGION, offset: 4, data: command }, &mut ());
        let fds = (0..8).map(|_| machine.create_fd(true, &mut ()).expect("few")).collect();
        Self { machine, fds }
    }

    fn set_irqs(
        &mut self,
        index: IrqIndex,
        flags: u32,
        (start, count): (u32, u32),
        fds: &[Fd],
    ) -> (Outcome, String) {
        let header = IrqSetHeader {
            argsz: 20 + 4 * fds.len() as u32,
            flags,
            index: index.raw(),
            start,
            count,
        };
        let mut events = Vec::new();
        let call = Call::SetIrqs { header, data: eventfd_data(fds) };
        let outcome = self.machine.call(call, &mut events);
        (outcome, writes(&events))
    }

    /// TRIGGER with eventfds; returns the register writes.
    fn arm(&mut self, index: IrqIndex, start: u32, fds: &[Fd]) -> String {
        self.set_irqs(index, TRIGGER_EVENTFD, (start, fds.len() as u32), fds).1
    }

    fn disable(&mut self, index: IrqIndex) -> String {
        self.set_irqs(index, TRIGGER_NONE, (0, 0), &[]).1
    }
}

/// Register writes of a run in the notation of the recordings.
fn writes(events: &[Event]) -> String {
    register_words(events).join(" ")
}

fn e1000e(host: &str) -> Lab {
    Lab::new(host, &profiles::by_name("e1000e").expect("built in"))
}

fn xhci(host: &str) -> Lab {
    Lab::new(host, &profiles::by_name("xhci").expect("built in"))
}

const KERNELS: [&str; 3] = ["linux-6.1", "linux-6.12", "linux-7.3"];
const ENABLE_3: &str = "MSIX=c004 E0=msg E1=msg E2=msg C|=400 E0..4.mask MSIX=8004 C&=~400";

fn arm(vector: u32) -> String {
    format!("E{vector}=msg E{vector}=msg E{vector}.unmask C")
}

fn rearm(vector: u32) -> String {
    format!("E{vector}.mask E{vector}=0 C E{vector}=0 E{vector}=msg E{vector}.unmask C")
}

#[test]
fn msix_life_writes_what_linux_writes() {
    for kernel in KERNELS {
        let mut lab = e1000e(kernel);
        let [a, b, c, d] = lab.fds[..4] else { unreachable!() };
        let first = format!("{ENABLE_3} {} {} {}", arm(0), arm(1), arm(2));
        assert_eq!(lab.arm(IrqIndex::Msix, 0, &[a, b, c]), first, "{kernel}: first enable");
        assert_eq!(lab.arm(IrqIndex::Msix, 1, &[d]), rearm(1), "{kernel}: replace");
        assert_eq!(lab.arm(IrqIndex::Msix, 1, &[-1]), "E1.mask E1=0 C", "{kernel}: release");
        assert_eq!(lab.arm(IrqIndex::Msix, 1, &[-2]), "", "{kernel}: release again");
        assert_eq!(
            lab.arm(IrqIndex::Msix, 1, &[b]),
            "E1=0 E1=msg E1.unmask C",
            "{kernel}: arm a released vector"
        );
        let release = "E0.mask E0=0 C E1.mask E1=0 C E2.mask E2=0 C";
        assert_eq!(
            lab.disable(IrqIndex::Msix),
            format!("{release} E0.mask E1.mask E2.mask MSIX=0004 C"),
            "{kernel}: disable"
        );
    }
}

#[test]
fn msix_enable_with_gap_allocates_from_zero() {
    for kernel in KERNELS {
        let mut lab = e1000e(kernel);
        let a = lab.fds[0];
        assert_eq!(lab.arm(IrqIndex::Msix, 2, &[a]), format!("{ENABLE_3} {}", arm(2)), "{kernel}");
        // A vector enabled without a descriptor is armed like a new one.
        assert_eq!(lab.arm(IrqIndex::Msix, 0, &[a]), arm(0), "{kernel}");
    }
}

#[test]
fn msix_vector_beyond_allocated_is_added_without_touching_others() {
    let mut lab = e1000e("linux-6.1");
    let [a, b] = lab.fds[..2] else { unreachable!() };
    lab.arm(IrqIndex::Msix, 0, &[a]);
    let (outcome, writes) = lab.set_irqs(IrqIndex::Msix, TRIGGER_EVENTFD, (3, 1), &[b]);
    assert!(matches!(outcome, Outcome::Refused { errno: Errno::EINVAL, .. }), "{outcome:?}");
    assert_eq!(writes, "");
    for kernel in &KERNELS[1..] {
        let mut lab = e1000e(kernel);
        lab.arm(IrqIndex::Msix, 0, &[a]);
        let added = format!("E3=msg C {}", arm(3));
        assert_eq!(lab.arm(IrqIndex::Msix, 3, &[b]), added, "{kernel}");
        let off = "E0.mask E0=0 C E3.mask E3=0 C E0.mask E3.mask MSIX=0004 C";
        assert_eq!(lab.disable(IrqIndex::Msix), off, "{kernel}: allocated entries only");
    }
}

#[test]
fn msix_bad_fd_on_new_vector_leaves_it_allocated() {
    for kernel in &KERNELS[1..] {
        let mut lab = e1000e(kernel);
        let [a, b] = lab.fds[..2] else { unreachable!() };
        lab.arm(IrqIndex::Msix, 0, &[a]);
        let (outcome, writes) = lab.set_irqs(IrqIndex::Msix, TRIGGER_EVENTFD, (3, 1), &[999]);
        assert!(matches!(outcome, Outcome::Refused { errno: Errno::EBADF, .. }), "{outcome:?}");
        assert_eq!(writes, "E3=msg C", "{kernel}");
        assert_eq!(lab.arm(IrqIndex::Msix, 3, &[b]), arm(3), "{kernel}: already allocated");
    }
}

#[test]
fn msix_bad_fd_in_block_unwinds_from_its_start() {
    for kernel in KERNELS {
        let mut lab = e1000e(kernel);
        let [a, b, c, d, e] = lab.fds[..5] else { unreachable!() };
        lab.arm(IrqIndex::Msix, 0, &[a, b, c]);
        let unwound = format!("{} E1.mask E1=0 C E0.mask E0=0 C", rearm(0));
        assert_eq!(lab.arm(IrqIndex::Msix, 0, &[d, 999, e]), unwound, "{kernel}");
        let live: Vec<_> =
            lab.machine.host.vectors().filter_map(|v| v.eventfd.map(|fd| (v.vector, fd))).collect();
        assert_eq!(live, [(2, c)], "{kernel}: only vector 2 lives");

        let mut lab = e1000e(kernel);
        let first = format!("{ENABLE_3} {} E0.mask E0=0 C", arm(0));
        assert_eq!(
            lab.arm(IrqIndex::Msix, 0, &[a, 999, c]),
            format!("{first} E0.mask E1.mask E2.mask MSIX=0004 C"),
            "{kernel}: first enable"
        );
        assert!(lab.machine.host.mode().index().is_none(), "{kernel}: the index is off");
    }
}

#[test]
fn first_enable_of_nothing_writes_command_back() {
    for kernel in KERNELS {
        let mut lab = e1000e(kernel);
        let (outcome, writes) = lab.set_irqs(IrqIndex::Msix, TRIGGER_EVENTFD, (0, 0), &[]);
        assert!(matches!(outcome, Outcome::Refused { errno: Errno::ERANGE, .. }), "{outcome:?}");
        assert_eq!(writes, "C", "{kernel}");
    }
}

const MSI_ENABLE_3: &str = "MC=88 MC=a8 lo hi data C|=400 MC=a9 C&=~400";

#[test]
fn msi_life_writes_what_linux_writes() {
    for kernel in KERNELS {
        let mut lab = xhci(kernel);
        let [a, b, c] = lab.fds[..3] else { unreachable!() };
        let first = format!("{MSI_ENABLE_3} C C C");
        // QEMU's capability has the 64-bit flag at 0x80 in the control register.
        assert_eq!(lab.arm(IrqIndex::Msi, 0, &[a, b, c]), first, "{kernel}: first enable");
        assert_eq!(lab.arm(IrqIndex::Msi, 1, &[-1]), "C", "{kernel}: release 1");
        assert_eq!(lab.arm(IrqIndex::Msi, 1, &[b]), "C", "{kernel}: arm 1");
        assert_eq!(
            lab.arm(IrqIndex::Msi, 0, &[-1]),
            "MC=a9 lo=0 hi data C",
            "{kernel}: release 0 zeroes the message"
        );
        assert_eq!(lab.arm(IrqIndex::Msi, 0, &[a]), "MC=a9 lo hi data C", "{kernel}: arm 0");
        assert_eq!(
            lab.disable(IrqIndex::Msi),
            "MC=a9 lo=0 hi data C C C MC=a8 C",
            "{kernel}: disable keeps Multiple Message Enable"
        );
    }
}

#[test]
fn msi_never_armed_is_zeroed_after_enable_falls() {
    for kernel in KERNELS {
        let mut lab = xhci(kernel);
        lab.arm(IrqIndex::Msi, 0, &[-1]);
        assert_eq!(lab.disable(IrqIndex::Msi), "MC=88 MC=88 lo=0 hi data C", "{kernel}");
    }
}

#[test]
fn msi_growth_is_refused_and_takes_live_vectors_down_since_6_12() {
    for (kernel, expected) in [
        ("linux-6.1", ""),
        ("linux-6.12", "MC=a9 lo=0 hi data C MC=a9 lo hi data C C C C C MC=a9 lo=0 hi data C C C"),
        ("linux-7.3", "MC=a9 lo=0 hi data C MC=a9 lo hi data C C C C C MC=a9 lo=0 hi data C C C"),
    ] {
        let mut lab = xhci(kernel);
        let fds = lab.fds.clone();
        lab.arm(IrqIndex::Msi, 0, &fds[..3]);
        let (outcome, writes) = lab.set_irqs(IrqIndex::Msi, TRIGGER_EVENTFD, (0, 5), &fds[..5]);
        assert!(matches!(outcome, Outcome::Refused { errno: Errno::EINVAL, .. }), "{outcome:?}");
        assert_eq!(writes, expected, "{kernel}");
        let live = lab.machine.host.vectors().filter(|v| v.eventfd.is_some()).count();
        assert_eq!(live, if kernel == "linux-6.1" { 3 } else { 0 }, "{kernel}");
    }
}

#[test]
fn multi_msi_without_remapping_answers_one_after_enabling_one() {
    let one = "MC=88 MC=88 lo hi data C|=400 MC=89 MC=88 C&=~400 MC=88 lo=0 hi data C";
    for (kernel, first) in [("linux-6.1", "MC=88 "), ("linux-6.12", ""), ("linux-7.3", "")] {
        let mut profile = HostProfile::by_name(kernel).expect("built in");
        profile.remapping = false;
        let mut lab = Lab::on(profile, &profiles::by_name("xhci").expect("built in"));
        let fds = lab.fds.clone();
        let (outcome, writes) = lab.set_irqs(IrqIndex::Msi, TRIGGER_EVENTFD, (0, 4), &fds[..4]);
        assert_eq!(outcome, Outcome::Answer(vfio_irq_core::device::Answer::Only(1)), "{kernel}");
        assert_eq!(writes, format!("{first}{one}"), "{kernel}");
        assert!(lab.machine.host.mode().index().is_none(), "{kernel}: stays off");
    }
}

#[test]
fn multi_msi_without_any_vector_is_tried_twice() {
    let trial = "MC=188 mask=ffff mask=0";
    for (kernel, remapping, first) in
        [("linux-6.1", false, true), ("linux-6.12", false, false), ("linux-6.12", true, true)]
    {
        let mut profile = HostProfile::by_name(kernel).expect("built in");
        (profile.remapping, profile.vectors) = (remapping, Some(0));
        let mut spec = profiles::by_name("xhci").expect("built in");
        spec.msi.as_mut().expect("xhci has MSI").maskable = true;
        let mut lab = Lab::on(profile, &spec);
        let fds = lab.fds.clone();
        let (outcome, writes) = lab.set_irqs(IrqIndex::Msi, TRIGGER_EVENTFD, (0, 4), &fds[..4]);
        assert!(matches!(outcome, Outcome::Refused { errno: Errno::ENOSPC, .. }), "{outcome:?}");
        let expected = if first { format!("{trial} {trial} C") } else { format!("{trial} C") };
        assert_eq!(writes, expected, "{kernel}");
    }
}

#[test]
fn msix_vector_that_cannot_be_had_writes_command_back() {
    for kernel in &KERNELS[1..] {
        let mut profile = HostProfile::by_name(kernel).expect("built in");
        profile.vectors = Some(1);
        let mut lab = Lab::on(profile, &profiles::by_name("e1000e").expect("built in"));
        let [a, b] = lab.fds[..2] else { unreachable!() };
        lab.arm(IrqIndex::Msix, 0, &[a]);
        let (outcome, writes) = lab.set_irqs(IrqIndex::Msix, TRIGGER_EVENTFD, (1, 1), &[b]);
        assert!(matches!(outcome, Outcome::Refused { errno: Errno::ENOSPC, .. }), "{outcome:?}");
        assert_eq!(writes, "C", "{kernel}");
    }
}

#[test]
fn maskable_msi_masks_all_it_could_have() {
    let mut spec = profiles::by_name("xhci").expect("built in");
    spec.msi.as_mut().expect("xhci has MSI").maskable = true;
    for kernel in KERNELS {
        let mut lab = Lab::new(kernel, &spec);
        let [a, b, c] = lab.fds[..3] else { unreachable!() };
        let enable = "MC=188 mask=ffff MC=1a8 lo hi data C|=400 MC=1a9 C&=~400";
        let arms = "MC=1a9 lo hi data mask=fffe C mask=fffc C mask=fff8 C";
        assert_eq!(lab.arm(IrqIndex::Msi, 0, &[a, b, c]), format!("{enable} {arms}"), "{kernel}");
        assert_eq!(lab.arm(IrqIndex::Msi, 1, &[-1]), "mask=fffa C", "{kernel}: release 1");
        assert_eq!(
            lab.arm(IrqIndex::Msi, 0, &[-1]),
            "mask=fffb MC=1a9 lo=0 hi data C",
            "{kernel}: release 0"
        );
        assert_eq!(
            lab.disable(IrqIndex::Msi),
            "mask=ffff C MC=1a8 mask=0 C",
            "{kernel}: disable leaves it unmasked"
        );
    }
}

#[test]
fn memory_space_is_set_for_the_bracket_only() {
    let mut lab = e1000e("linux-6.1");
    let a = lab.fds[0];
    lab.machine.call(
        Call::RegionWrite { region: CONFIG_REGION, offset: 4, data: vec![0x04, 0x01] },
        &mut (),
    );
    let writes = lab.arm(IrqIndex::Msix, 0, &[a]);
    assert_eq!(writes.split(' ').filter(|word| *word == "C|=2").count(), 2, "{writes}");
    assert_eq!(lab.machine.function.command() & 2, 0);
}

#[test]
fn reset_restores_msix_and_leaves_interrupt_disable_set() {
    for (kernel, before, after) in
        [("linux-6.1", "C ", " C"), ("linux-6.12", "", ""), ("linux-7.3", "C ", " C")]
    {
        let mut lab = e1000e(kernel);
        let a = lab.fds[0];
        lab.arm(IrqIndex::Msix, 0, &[a, -1]);
        let mut events = Vec::new();
        lab.machine.call(Call::Reset, &mut events);
        // Entry 1 has no handler: recorded is the live kind; this one is read in
        // pci_write_msg_msix and __pci_restore_msix_state.
        let entries = "E0.mask E0=msg E0.unmask E0.unmask E1=msg E1.mask";
        let restore = format!("C C C|=400 MSIX=c004 {before}{entries}{after} MSIX=8004");
        assert_eq!(writes(&events), restore, "{kernel}");
        assert_ne!(lab.machine.function.command() & 0x400, 0, "{kernel}");
    }
}

#[test]
fn intx_disable_writes_no_register() {
    for kernel in KERNELS {
        let mut lab = Lab::new(kernel, &profiles::by_name("edu").expect("built in"));
        let a = lab.fds[0];
        assert_eq!(lab.arm(IrqIndex::Intx, 0, &[a]), "", "{kernel}: Interrupt Disable is clear");
        assert_eq!(lab.disable(IrqIndex::Intx), "", "{kernel}");
    }
}
