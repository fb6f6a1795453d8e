//! `conform` against a second emulator: it agrees with itself, finds what a device lies about, and
//! does nothing it must not.

mod device;

use device::{Liar, Lie};
use vfio_irq::conform::{Avoid, Differs, Limits, Outcome, Setup, Tally, conform};
use vfio_irq_core::host::HostProfile;
use vfio_irq_core::machine::Machine;
use vfio_irq_core::pci::{Function, profiles};
use vfio_irq_core::scenario::{Overrides, Scenario, run, run_emulated};

const HOSTS: [&str; 3] = ["linux-6.1", "linux-6.12", "linux-7.3"];
const FUNCTIONS: [&str; 4] = ["simple", "e1000e", "xhci", "edu"];

fn machine(function: &str, host: &str) -> Machine {
    let spec = profiles::by_name(function).expect("built in");
    let host = HostProfile::by_name(host).expect("built in");
    Machine::new(Function::new(&spec).expect("builds"), host)
}

fn compare(machine: &Machine, device: &mut Liar, (seed, ops): (u64, u64), limits: Limits) -> Outcome {
    let setup = Setup {
        machine: machine.clone(),
        seed,
        ops,
        sequence: 0,
        limits,
        progress: &mut |_| {},
    };
    conform(setup, device)
}

fn agreed(outcome: Outcome) -> Tally {
    match outcome {
        Outcome::Agreed(tally) => tally,
        Outcome::Differs(differs) => panic!("{}", differs.scenario),
    }
}

fn differs(outcome: Outcome) -> Differs {
    match outcome {
        Outcome::Differs(differs) => *differs,
        Outcome::Agreed(tally) => panic!("agreed over {} ops", tally.ops),
    }
}

#[test]
fn emulator_and_itself_agree() {
    for function in FUNCTIONS {
        for host in HOSTS {
            for seed in 0..4 {
                let machine = machine(function, host);
                let mut device = Liar::new(machine.clone(), Lie::None);
                let outcome = compare(&machine, &mut device, (seed, 4000), Limits::default());
                assert!(agreed(outcome).ops >= 4000);
            }
        }
    }
}
