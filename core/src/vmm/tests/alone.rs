//! What no workload does: a VMM's answer to single actions.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{WITH, WITHOUT, host, strategy};
use crate::machine::Emulator;
use crate::pci::{Function, FunctionSpec};
use crate::vmm::{Action, Reply, Vmm};

/// A VMM and its device, for what no workload does.
struct Bench {
    vmm: Vmm,
    emulator: Emulator,
}

impl Bench {
    fn new(who: &str, on: &str) -> Self {
        let function = Function::new(&FunctionSpec::simple()).expect("builds");
        let mut machine = crate::machine::Machine::new(function, host(on));
        machine.call(crate::event::Call::Open, &mut ());
        let mut emulator = Emulator::new(machine);
        let mut vmm = Vmm::new(strategy(who));
        assert_eq!(vmm.begin(&mut emulator), Reply::Fine);
        Self { vmm, emulator }
    }

    fn act(&mut self, action: Action) -> Reply {
        self.vmm.act(&action, &mut self.emulator)
    }

    /// Vectors with a handler, and the name of its eventfd.
    fn armed(&self) -> Vec<String> {
        let vectors = self.emulator.machine.host.vectors();
        let armed = vectors.filter_map(|one| {
            let name = self.vmm.name(one.eventfd?).unwrap_or("?");
            Some(format!("{}={name}", one.vector))
        });
        armed.collect()
    }

    fn allocated(&self) -> usize {
        self.emulator.machine.host.vectors().count()
    }
}

fn enable(unmasked: &[u16]) -> Action {
    Action::Enable { vectors: 4, unmasked: unmasked.to_vec() }
}

#[test]
fn entries_unmasked_before_msix_is_enabled_are_armed_with_it() {
    for (who, on, allocated) in
        [("qemu", WITH, 3), ("qemu", WITHOUT, 2), ("crosvm", WITH, 8), ("rebuild", WITH, 3)]
    {
        let mut bench = Bench::new(who, on);
        bench.act(enable(&[0, 2]));
        assert_eq!(bench.armed(), ["0=v0", "2=v2"], "{who} on {on}");
        assert_eq!(bench.allocated(), allocated, "{who} on {on}");
    }
}

#[test]
fn entry_unmasked_while_msix_is_off_requests_nothing() {
    let mut bench = Bench::new("qemu", WITH);
    bench.act(Action::Unmask(1));
    assert_eq!(bench.armed(), Vec::<String>::new());
    assert!(bench.vmm.view().intx, "INTx is on until MSI-X is");
}

#[test]
fn disabling_msix_brings_intx_back_where_there_is_a_guest() {
    for (who, intx) in
        [("qemu", true), ("crosvm", true), ("cloud-hypervisor", true), ("dpdk", false)]
    {
        let mut bench = Bench::new(who, WITH);
        bench.act(enable(&[0]));
        assert!(!bench.vmm.view().intx, "{who}");
        bench.act(Action::Disable);
        assert_eq!(bench.allocated(), 0, "{who}");
        assert_eq!(bench.vmm.view().intx, intx, "{who}");
    }
}

#[test]
fn intx_handled_by_the_guest_is_unmasked() {
    let mut bench = Bench::new("qemu", WITH);
    let masked = |bench: &Bench| match bench.emulator.machine.host.mode() {
        crate::host::IrqMode::Intx(intx) => intx.masked,
        _ => panic!("INTx is on"),
    };
    bench.emulator.machine.stimulate(crate::device::Stimulus::AssertIntx, &mut ());
    assert!(masked(&bench));
    bench.emulator.machine.stimulate(crate::device::Stimulus::DeassertIntx, &mut ());
    bench.act(Action::HandleIntx);
    assert!(!masked(&bench));
}

#[test]
fn entry_beyond_the_table_is_refused() {
    let mut bench = Bench::new("qemu", WITHOUT);
    bench.act(enable(&[]));
    assert_eq!(bench.act(Action::Unmask(8)), Reply::Refused);
    assert_eq!(bench.act(enable(&[8])), Reply::Refused);
}
