//! What holds after any sequence of calls, valid or not, with interrupts anywhere between their
//! micro-steps.

use proptest::prelude::*;
use vfio_irq_core::device::Stimulus;
use vfio_irq_core::event::{Call, Event, Loss, Outcome, Step};
use vfio_irq_core::guest::{GuestCall, Irqfd};
use vfio_irq_core::host::{IrqMode, PROFILES};
use vfio_irq_core::machine::Machine;
use vfio_irq_core::pci::{Function, profiles};
use vfio_irq_core::uapi::{CONFIG_REGION, IrqSetHeader};

/// Descriptors 3 to 8 exist (8 is no eventfd); the rest are negative, closed or absurd.
fn fd() -> impl Strategy<Value = i32> {
    prop_oneof![6 => 3..9_i32, 2 => Just(-1), 1 => Just(-2), 1 => Just(99), 1 => any::<i32>()]
}

fn header() -> impl Strategy<Value = (IrqSetHeader, Vec<u8>)> {
    let small = prop_oneof![8 => 0..6_u32, 1 => any::<u32>()];
    let flags = prop_oneof![
        5 => Just(0x24_u32), 3 => Just(0x21), 1 => Just(0x22), 1 => Just(0x9),
        1 => Just(0x11), 1 => Just(0x14), 1 => 0..64_u32, 1 => any::<u32>()
    ];
    let fds = proptest::collection::vec(fd(), 0..6);
    let argsz = prop_oneof![8 => Just(None), 1 => any::<u32>().prop_map(Some)];
    (flags, 0..6_u32, small.clone(), small, fds, argsz).prop_map(
        |(flags, index, start, count, fds, argsz)| {
            let data: Vec<u8> = fds.iter().flat_map(|fd| fd.to_le_bytes()).collect();
            let count = if flags == 0x24 && count < 6 { fds.len() as u32 } else { count };
            let argsz = argsz.unwrap_or(20 + data.len() as u32);
            (IrqSetHeader { argsz, flags, index, start, count }, data)
        },
    )
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        10 => header().prop_map(|(header, data)| Call::SetIrqs { header, data }),
        1 => Just(Call::Open),
        1 => Just(Call::Close),
        1 => Just(Call::Reset),
        1 => (0..40_u32, 0..7_u32).prop_map(|(argsz, index)| Call::IrqInfo { argsz, index }),
        2 => (0..10_u32, 0..300_u64, 0..9_u32)
            .prop_map(|(region, offset, len)| Call::RegionRead { region, offset, len }),
        3 => (0..260_u64, proptest::collection::vec(any::<u8>(), 0..9)).prop_map(
            |(offset, data)| Call::RegionWrite { region: CONFIG_REGION, offset, data }
        ),
        1 => (0..6_u32, any::<u64>(), proptest::collection::vec(any::<u8>(), 0..9))
            .prop_map(|(region, offset, data)| Call::RegionWrite { region, offset, data }),
    ]
}

fn stimulus() -> impl Strategy<Value = Stimulus> {
    prop_oneof![
        6 => (0..6_u16).prop_map(Stimulus::Fire),
        1 => any::<u16>().prop_map(Stimulus::Fire),
        1 => Just(Stimulus::AssertIntx),
        1 => Just(Stimulus::DeassertIntx),
        1 => Just(Stimulus::Error),
        1 => Just(Stimulus::Request),
    ]
}

#[derive(Clone, Debug)]
enum Act {
    Call(Call),
    /// A call with stimuli after its nth micro-steps.
    Interrupted(Call, Vec<(u8, Stimulus)>),
    Stimulus(Stimulus),
    Read(i32),
    Write(i32, u64),
    CloseFd(i32),
    NewFd,
    Guest(GuestCall),
}

fn guest() -> impl Strategy<Value = GuestCall> {
    let gsi = || 5..7_u32;
    let assign = (fd(), gsi(), prop_oneof![Just(None), fd().prop_map(Some)])
        .prop_map(|(eventfd, gsi, resample)| GuestCall::Assign(Irqfd { eventfd, gsi, resample }));
    prop_oneof![
        2 => assign,
        1 => (fd(), gsi()).prop_map(|(eventfd, gsi)| GuestCall::Deassign { eventfd, gsi }),
        2 => gsi().prop_map(GuestCall::Eoi),
        1 => gsi().prop_map(GuestCall::Look),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => call().prop_map(Act::Call),
        4 => (call(), proptest::collection::vec((0..40_u8, stimulus()), 1..4))
            .prop_map(|(call, stimuli)| Act::Interrupted(call, stimuli)),
        5 => stimulus().prop_map(Act::Stimulus),
        2 => fd().prop_map(Act::Read),
        1 => (fd(), any::<u64>()).prop_map(|(fd, value)| Act::Write(fd, value)),
        1 => fd().prop_map(Act::CloseFd),
        1 => Just(Act::NewFd),
        2 => guest().prop_map(Act::Guest),
    ]
}

fn machine(host: usize, function: usize, vectors: Option<u32>, remapping: bool) -> Machine {
    let all = profiles::all();
    let spec = profiles::by_name(all[function % all.len()].name).expect("listed");
    let mut profile = PROFILES[host % PROFILES.len()].clone();
    profile.vectors = vectors;
    profile.remapping = remapping;
    let mut machine = Machine::new(Function::new(&spec).expect("built in"), profile);
    machine.call(Call::Open, &mut ());
    let master = vec![0x06, 0x00];
    machine.call(Call::RegionWrite { region: CONFIG_REGION, offset: 4, data: master }, &mut ());
    for _ in 0..5 {
        machine.create_fd(true, &mut ()).expect("few");
    }
    machine.create_fd(false, &mut ()).expect("few");
    machine
}

fn check(machine: &Machine) -> Result<(), TestCaseError> {
    let summary = machine.ledger.summary();
    prop_assert!(summary.balances(), "{summary:?}");
    prop_assert_eq!(summary.waiting as usize, machine.ledger.waiting().count());
    let irqfds = machine.guest.irqfds();
    for (at, irqfd) in irqfds.iter().enumerate() {
        prop_assert!(machine.fds.lookup(irqfd.eventfd).is_ok(), "a closed one: {irqfd:?}");
        let twice = irqfds[..at].iter().any(|other| other.eventfd == irqfd.eventfd);
        prop_assert!(!twice, "in KVM's hands twice: {irqfd:?}");
    }
    if !machine.is_calling() {
        let vectors = machine.host.vectors().count();
        match machine.host.mode() {
            IrqMode::None | IrqMode::Intx(_) => prop_assert_eq!(vectors, 0),
            IrqMode::Msi | IrqMode::Msix => {}
        }
    }
    Ok(())
}

fn run_call(
    machine: &mut Machine,
    call: Call,
    stimuli: &[(u8, Stimulus)],
    events: &mut Vec<Event>,
) -> Result<Outcome, TestCaseError> {
    machine.begin(call, events);
    for step in 0..200_000_u32 {
        if let Some(outcome) = machine.advance(events) {
            return Ok(outcome);
        }
        check(machine)?;
        for (_, stimulus) in stimuli.iter().filter(|(at, _)| u32::from(*at) == step) {
            machine.stimulate(*stimulus, events);
        }
    }
    Err(TestCaseError::fail("a call does not end"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_run_keeps_the_books(
        (host, function) in (0..4_usize, 0..32_usize),
        vectors in prop_oneof![3 => Just(None), 1 => (0..6_u32).prop_map(Some)],
        remapping in any::<bool>(),
        acts in proptest::collection::vec(act(), 0..40),
    ) {
        let mut machine = machine(host, function, vectors, remapping);
        let start = machine.host.supply();
        let mut events = Vec::new();
        for act in acts {
            match act {
                Act::Call(call) => { run_call(&mut machine, call, &[], &mut events)?; }
                Act::Interrupted(call, stimuli) => {
                    run_call(&mut machine, call, &stimuli, &mut events)?;
                }
                Act::Stimulus(stimulus) => machine.stimulate(stimulus, &mut events),
                Act::Read(fd) => { let _ = machine.read_fd(fd, &mut events); }
                Act::Write(fd, value) => { let _ = machine.write_fd(fd, value, &mut events); }
                Act::CloseFd(fd) => { let _ = machine.close_fd(fd, &mut events); }
                Act::NewFd => { let _ = machine.create_fd(true, &mut events); }
                Act::Guest(call) => { let _ = machine.guest_call(call, &mut events); }
            }
            check(&machine)?;
        }
        // Causes as the events tell them agree with the ledger.
        let summary = machine.ledger.summary();
        let causes = events.iter().filter(|e| matches!(e, Event::Cause { .. })).count();
        let lost = events.iter().filter(|e| matches!(e, Event::Lost { .. })).count();
        let merged = events.iter().filter(|e| matches!(e, Event::Merged { .. })).count();
        let signals = events.iter().filter(|e| matches!(e, Event::Signalled { .. })).count();
        prop_assert_eq!(
            (causes, lost, merged, signals),
            (summary.causes as usize, summary.lost as usize, summary.merged as usize, summary.signals as usize)
        );
        // A closed device holds nothing of the host's.
        machine.call(Call::Close, &mut ());
        prop_assert_eq!(machine.host.supply(), start);
        prop_assert_eq!(machine.host.mode(), IrqMode::None);
        prop_assert_eq!((machine.host.err(), machine.host.req()), (None, None));
    }

    #[test]
    fn request_refused_without_a_step_leaves_everything_as_it_was(
        (host, function) in (0..4_usize, 0..32_usize),
        before in proptest::collection::vec(call(), 0..8),
        (header, data) in header(),
    ) {
        let mut machine = machine(host, function, None, true);
        for call in before {
            machine.call(call, &mut ());
        }
        let saved = machine.clone();
        let mut events = Vec::new();
        let outcome = machine.call(Call::SetIrqs { header, data }, &mut events);
        let steps = events.iter().filter(|event| matches!(event, Event::Step(_))).count();
        if matches!(outcome, Outcome::Refused { .. }) && steps == 0 {
            prop_assert_eq!(saved, machine);
        }
    }

    #[test]
    fn copy_taken_inside_a_call_runs_on_alike(
        (host, function) in (0..4_usize, 0..32_usize),
        before in proptest::collection::vec(call(), 0..6),
        call in call(),
        at in 0..30_u32,
    ) {
        let mut machine = machine(host, function, None, true);
        for call in before {
            machine.call(call, &mut ());
        }
        machine.begin(call, &mut ());
        for _ in 0..at {
            if machine.advance(&mut ()).is_some() {
                break;
            }
        }
        let mut copy = machine.clone();
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        while machine.is_calling() {
            machine.advance(&mut ours);
        }
        while copy.is_calling() {
            copy.advance(&mut theirs);
        }
        prop_assert_eq!(ours, theirs);
        prop_assert_eq!(machine, copy);
    }

    /// The rule of the flag's absence: adding a vector disturbs no other.
    #[test]
    fn growing_without_noresize_touches_no_live_vector(
        host in 1..4_usize,
        live in 1..4_usize,
        added in 4..8_u32,
        moments in proptest::collection::vec((0..30_u8, 0..4_u16), 0..6),
    ) {
        let mut machine = machine(host, 0, None, true);
        let fds: Vec<u8> = (3..3 + live as i32).flat_map(i32::to_le_bytes).collect();
        let header = IrqSetHeader {
            argsz: 20 + fds.len() as u32, flags: 0x24, index: 2, start: 0, count: live as u32,
        };
        machine.call(Call::SetIrqs { header, data: fds }, &mut ());
        let grow = IrqSetHeader { argsz: 24, flags: 0x24, index: 2, start: added, count: 1 };
        let call = Call::SetIrqs { header: grow, data: 7_i32.to_le_bytes().to_vec() };
        let stimuli: Vec<_> =
            moments.iter().map(|(at, v)| (*at, Stimulus::Fire(*v % live as u16))).collect();
        let mut events = Vec::new();
        let outcome = run_call(&mut machine, call, &stimuli, &mut events)?;
        prop_assert!(matches!(outcome, Outcome::Answer(_)), "{:?}", outcome);
        let lost = events.iter().find(|event| matches!(event, Event::Lost { .. }));
        prop_assert_eq!(lost, None);
        for event in &events {
            if let Event::Step(Step::EntryMask { vector, .. } | Step::EntryMessage { vector, .. }) = event {
                prop_assert_eq!(u32::from(*vector), added);
            }
        }
    }
}

/// The story of June 2021, on a host that sets NORESIZE: the driver tears down to grow.
#[test]
fn fire_in_the_teardown_window_is_lost_to_intx() {
    let mut machine = machine(0, 0, None, true);
    let set = |machine: &mut Machine, flags, count: u32, fds: &[i32], events: &mut Vec<Event>| {
        let data: Vec<u8> = fds.iter().flat_map(|fd| fd.to_le_bytes()).collect();
        let argsz = 20 + data.len() as u32;
        let header = IrqSetHeader { argsz, flags, index: 2, start: 0, count };
        machine.call(Call::SetIrqs { header, data }, events)
    };
    let mut events = Vec::new();
    set(&mut machine, 0x24, 1, &[3], &mut events);
    machine.stimulate(Stimulus::Fire(0), &mut events);
    set(&mut machine, 0x21, 0, &[], &mut events);
    machine.stimulate(Stimulus::Fire(0), &mut events);
    assert_eq!(machine.ledger.summary().waiting, 1, "the level is up, nobody handles it");
    set(&mut machine, 0x24, 2, &[3, 4], &mut events);
    let lost: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::Lost { cause, why } => Some((cause.0, *why)),
            _ => None,
        })
        .collect();
    assert_eq!(lost, [(2, Loss::DivertedUnhandled)]);
    assert_eq!(machine.fds.counter(3), Some(1));
    machine.stimulate(Stimulus::Fire(0), &mut events);
    assert_eq!(machine.fds.counter(3), Some(2), "the next one arrives");
}
