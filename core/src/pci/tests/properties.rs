//! What holds whatever is written and raised.

use alloc::vec;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::ledger::Ledger;

/// Anything that can be done to a function.
#[derive(Clone, Debug)]
enum Op {
    Fire(u16),
    Assert,
    Deassert,
    Config(u16, Vec<u8>),
    Bar(u8, u64, Vec<u8>),
    Command(u16),
    MsiControl(u16),
    MsiMask(u32),
    MsixControl(u16),
    EntryMask(u16, bool),
    MaskEntries(u16, u16),
    Reset,
}

fn data() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(0), Just(0xff), Just(1), any::<u8>()];
    vec(byte, 1..=8)
}

/// Offsets near what built functions have there.
fn config_offset() -> impl Strategy<Value = u16> {
    prop_oneof![0x00..0x40u16, 0xa0..0xf0u16, any::<u16>()]
}

fn bar_offset() -> impl Strategy<Value = u64> {
    prop_oneof![0..0x100u64, 0x1ff8..0x2110u64, 0x2ff8..0x3010u64, any::<u64>()]
}

fn op() -> impl Strategy<Value = Op> {
    let vector = prop_oneof![0..10u16, any::<u16>()];
    let on = select(&[0u16, 1, 0x11, 0x21, 0x71][..]);
    let msix = select(&[0u16, 0x4000, 0x8000, 0xc000][..]);
    let command = select(&[0u16, 2, 4, 6, 0x402, 0x406][..]);
    prop_oneof![
        4 => vector.clone().prop_map(Op::Fire),
        1 => Just(Op::Assert),
        1 => Just(Op::Deassert),
        2 => (config_offset(), data()).prop_map(|(at, data)| Op::Config(at, data)),
        2 => (0..7u8, bar_offset(), data()).prop_map(|(bar, at, data)| Op::Bar(bar, at, data)),
        1 => command.prop_map(Op::Command),
        1 => on.prop_map(Op::MsiControl),
        1 => (0..16u32).prop_map(Op::MsiMask),
        2 => msix.prop_map(Op::MsixControl),
        2 => (0..10u16, any::<bool>()).prop_map(|(at, masked)| Op::EntryMask(at, masked)),
        1 => (any::<u16>(), any::<u16>()).prop_map(|(at, count)| Op::MaskEntries(at, count)),
        1 => Just(Op::Reset),
    ]
}

fn any_function() -> impl Strategy<Value = Function> {
    let name = select(profiles::all());
    let when_off = select(&[WhenOff::Divert, WhenOff::Drop, WhenOff::Hold][..]);
    (name, when_off, any::<bool>()).prop_map(|(profile, when_off, ready)| {
        let spec = FunctionSpec { when_off, ..profile.spec() };
        let mut function = build(&spec);
        if ready {
            function.set_command(MEMORY | BUS_MASTER, &mut Vec::new());
        }
        function
    })
}

fn apply(function: &mut Function, op: &Op, ledger: &mut Ledger, out: &mut Outputs) {
    match op {
        Op::Fire(vector) => function.fire(*vector, ledger.cause(), out),
        Op::Assert => function.assert_intx(ledger.cause(), out),
        Op::Deassert => function.deassert_intx(out),
        Op::Config(at, data) => function.config_write(*at, data, out),
        Op::Bar(bar, at, data) => function.bar_write(*bar, *at, data, out),
        Op::Command(value) => function.set_command(*value, out),
        Op::MsiControl(value) => function.set_msi_control(*value, out),
        Op::MsiMask(value) => function.set_msi_mask(*value, out),
        Op::MsixControl(value) => function.set_msix_control(*value, out),
        Op::EntryMask(vector, masked) => function.set_entry_mask(*vector, *masked, out),
        Op::MaskEntries(first, count) => function.mask_entries(*first, *count, out),
        Op::Reset => function.reset(out),
    }
}

/// Books the outputs as a host that handles every message and no level would.
fn book(ledger: &mut Ledger, out: &Outputs) {
    for output in out {
        match *output {
            Output::Sent { cause, .. } => ledger.signals(cause),
            Output::Waits { cause, place } => ledger.waits(cause, place),
            Output::Merged { cause, .. } => ledger.merges(cause),
            Output::Lost { cause, .. } => assert!(ledger.loses(cause), "{cause} was settled"),
            Output::Line { .. } | Output::Diverted { .. } => {}
        }
    }
}

/// Every cause the function keeps, with its place.
fn kept(function: &Function) -> Vec<(CauseId, Place)> {
    let level = function.intx_cause().map(|cause| (cause, Place::IntxLevel));
    let msi = function.msi().into_iter().flat_map(Msi::pending);
    let msix = function.msix().into_iter().flat_map(Msix::pending);
    let mut kept: Vec<_> = level
        .into_iter()
        .chain(msi.map(|(vector, cause)| (cause, Place::MsiPending(vector))))
        .chain(msix.map(|(vector, cause)| (cause, Place::Pba(vector))))
        .chain(function.held().map(|(vector, cause)| (cause, Place::Held(vector))))
        .collect();
    kept.sort_unstable();
    kept
}

/// Whether a vector's message could leave now.
fn unmasked(function: &Function, vector: u16) -> bool {
    match function.mode() {
        Some(IrqIndex::Msix) => function.msix().is_some_and(|msix| {
            vector < msix.vectors() && !msix.function_masked() && !msix.entry(vector).masked
        }),
        Some(_) => function.msi().is_some_and(|msi| !msi.masked(vector % msi.granted())),
        None => false,
    }
}

proptest! {
    #[test]
    fn causes_after_any_operations_are_each_in_one_place(
        mut function in any_function(),
        ops in vec(op(), 0..60),
    ) {
        let mut ledger = Ledger::default();
        let mut line = function.intx_line();
        for op in &ops {
            let mut out = Vec::new();
            apply(&mut function, op, &mut ledger, &mut out);
            book(&mut ledger, &out);
            prop_assert!(ledger.summary().balances(), "{op:?}: {out:?}");
            prop_assert_eq!(ledger.waiting().collect::<Vec<_>>(), kept(&function));
            for output in &out {
                if let Output::Line { up } = output {
                    prop_assert_ne!(*up, line, "{:?}: a change that is none", op);
                    line = *up;
                }
            }
            prop_assert_eq!(line, function.intx_line());
            // A wide raw write may send and then mask; all else sends by the masks it leaves.
            if !matches!(op, Op::Config(..) | Op::Bar(..)) {
                for output in &out {
                    if let Output::Sent { vector, .. } = output {
                        prop_assert!(unmasked(&function, *vector), "{op:?}: masked means silent");
                    }
                }
            }
        }
    }

    #[test]
    fn pending_vector_never_waits_unmasked(
        mut function in any_function(),
        ops in vec(op(), 0..60),
    ) {
        let mut ledger = Ledger::default();
        for op in &ops {
            apply(&mut function, op, &mut ledger, &mut Vec::new());
            let waiting = match function.mode() {
                Some(IrqIndex::Msix) => function.msix().map(|msix| msix.pending().collect()),
                Some(_) => function.msi().map(|msi| {
                    msi.pending().filter(|(vector, _)| *vector < msi.granted()).collect()
                }),
                None => None,
            };
            let waiting: Vec<(u16, CauseId)> = waiting.unwrap_or_default();
            prop_assert!(waiting.iter().all(|(vector, _)| !unmasked(&function, *vector)));
            prop_assert!(function.mode().is_none() || function.held().next().is_none());
        }
    }

    #[test]
    fn write_of_any_width_does_what_its_bytes_do(
        mut function in any_function(),
        ops in vec(op(), 0..20),
        config in (config_offset(), data()),
        bar in (0..7u8, bar_offset(), data()),
    ) {
        let mut ledger = Ledger::default();
        for op in &ops {
            apply(&mut function, op, &mut ledger, &mut Vec::new());
        }
        let (mut wide, mut narrow) = (function.clone(), function);
        let (mut wide_out, mut narrow_out) = (Vec::new(), Vec::new());
        wide.config_write(config.0, &config.1, &mut wide_out);
        wide.bar_write(bar.0, bar.1, &bar.2, &mut wide_out);
        for (at, byte) in (config.0..=u16::MAX).zip(&config.1) {
            narrow.config_write(at, &[*byte], &mut narrow_out);
        }
        for (at, byte) in (bar.1..=u64::MAX).zip(&bar.2) {
            narrow.bar_write(bar.0, at, &[*byte], &mut narrow_out);
        }
        prop_assert_eq!(wide, narrow);
        prop_assert_eq!(wide_out, narrow_out);
    }

    #[test]
    fn read_of_any_width_gives_what_its_bytes_give(
        mut function in any_function(),
        ops in vec(op(), 0..20),
        config_at in config_offset(),
        bar in (0..7u8, bar_offset()),
        len in 1..=8usize,
    ) {
        let mut ledger = Ledger::default();
        for op in &ops {
            apply(&mut function, op, &mut ledger, &mut Vec::new());
        }
        let mut wide = [0; 8];
        function.config_read(config_at, &mut wide[..len]);
        for (at, byte) in (config_at..=u16::MAX).zip(&wide[..len]) {
            prop_assert_eq!(config(&function, at, 1), u64::from(*byte));
        }
        let (number, bar_at) = bar;
        function.bar_read(number, bar_at, &mut wide[..len]);
        for (at, byte) in (bar_at..=u64::MAX).zip(&wide[..len]) {
            prop_assert_eq!(super::bar(&function, number, at, 1), u64::from(*byte));
        }
    }

    #[test]
    fn reset_after_any_operations_gives_the_function_as_built(
        profile in select(profiles::all()),
        ops in vec(op(), 0..40),
    ) {
        let built = build(&profile.spec());
        let (mut function, mut ledger) = (built.clone(), Ledger::default());
        for op in &ops {
            apply(&mut function, op, &mut ledger, &mut Vec::new());
        }
        function.reset(&mut Vec::new());
        prop_assert_eq!(function, built);
    }

    #[test]
    fn spec_of_any_numbers_builds_or_says_why(
        pin in any::<u8>(),
        vectors in any::<u16>(),
        msi in any::<u16>(),
        table in (any::<u8>(), any::<u32>()),
        pba in (0..6u8, prop_oneof![any::<u32>(), (0..1u32 << 28).prop_map(|at| at * 8)]),
    ) {
        let spec = FunctionSpec {
            pin,
            msi: Some(MsiSpec { vectors: msi, wide: true, maskable: true }),
            msix: Some(MsixSpec { vectors, table, pba }),
            ..FunctionSpec::simple()
        };
        if let Ok(mut function) = Function::new(&spec) {
            function.fire(0, cause(1), &mut Vec::new());
            prop_assert!(function.bar_size(table.0) >= u64::from(table.1));
        }
    }
}
