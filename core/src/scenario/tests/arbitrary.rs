//! Any scenario the language can say.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use proptest::collection::vec as vec_of;
use proptest::option;
use proptest::prelude::*;

use crate::device::{Moment, Stimulus};
use crate::errno::Errno;
use crate::guest::{GuestCall, Irqfd};
use crate::pci::{MsiSpec, WhenOff};
use crate::scenario::Scenario;
use crate::scenario::ast::*;

fn any_name() -> impl Strategy<Value = String> {
    "[a-d][a-zA-Z0-9_-]{0,3}".prop_map(|name| format!("n{name}"))
}

fn any_names() -> impl Strategy<Value = Names> {
    prop_oneof![
        any_name().prop_map(Names::One),
        ("[p-r]{1,3}", 0u32..20, 0u32..9)
            .prop_map(|(stem, first, more)| { Names::Range { stem, first, last: first + more } }),
    ]
}

fn any_text() -> impl Strategy<Value = String> {
    r#"[ -~äß→"\\]{0,12}"#
}

fn any_times() -> impl Strategy<Value = u32> {
    prop_oneof![4 => Just(1), 1 => 2u32..50]
}

fn any_option() -> impl Strategy<Value = FunctionOption> {
    let place = || option::of((any::<u8>(), any::<u32>()));
    prop_oneof![
        (0u8..=4).prop_map(FunctionOption::Intx),
        option::of((any::<u16>(), any::<bool>(), any::<bool>())).prop_map(|msi| {
            FunctionOption::Msi(msi.map(|(vectors, wide, maskable)| MsiSpec {
                vectors,
                wide,
                maskable,
            }))
        }),
        option::of((any::<u16>(), place(), place())).prop_map(|msix| {
            FunctionOption::Msix(msix.map(|(vectors, table, pba)| MsixOption {
                vectors,
                table,
                pba,
            }))
        }),
        any::<bool>().prop_map(FunctionOption::Vf),
        any::<bool>().prop_map(FunctionOption::Express),
        any::<bool>().prop_map(FunctionOption::IntxStatus),
        any::<bool>().prop_map(FunctionOption::Reset),
        prop_oneof![Just(WhenOff::Divert), Just(WhenOff::Drop), Just(WhenOff::Hold)]
            .prop_map(FunctionOption::WhenOff),
        any::<u16>().prop_map(FunctionOption::MsiAt),
        any::<u16>().prop_map(FunctionOption::MsixAt),
        any::<u16>().prop_map(FunctionOption::ExpressAt),
        any::<(u16, u16)>().prop_map(|(vendor, device)| FunctionOption::Id(vendor, device)),
        (0u32..1 << 24).prop_map(FunctionOption::Class),
        any_text().prop_map(FunctionOption::Name),
    ]
}

fn any_profile() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[g-k][a-z0-9-]{1,6}", 1 => Just("config".into())]
}

fn any_function() -> impl Strategy<Value = FunctionLine> {
    let options = vec_of(any_option(), 0..6);
    (option::of(any_profile()), options).prop_map(|(profile, options)| {
        let mut line = FunctionLine { profile: profile.map(At::from), options: Vec::new() };
        for option in options {
            if line.is_config() && !option.beside_config() {
                continue;
            }
            let kind = core::mem::discriminant(&option);
            if line.options.iter().all(|other| core::mem::discriminant(&other.what) != kind) {
                line.options.push(At::from(option));
            }
        }
        if line.profile.is_none() && line.options.is_empty() {
            line.options.push(At::from(FunctionOption::Intx(1)));
        }
        line
    })
}

/// Rows of config space in rising order, with lines between them that say nothing.
fn any_rows() -> impl Strategy<Value = Vec<Line>> {
    let row = (0u16..0x300, vec_of(any::<u8>(), 1..=16), any_comment(), any::<bool>());
    vec_of(row, 0..6).prop_map(|rows| {
        let mut lines = Vec::new();
        let mut least = 0;
        for (gap, bytes, comment, apart) in rows {
            let offset = least + gap;
            if usize::from(offset) + bytes.len() > 0x1000 {
                break;
            }
            least = offset + bytes.len() as u16;
            let bytes = bytes.into_iter().map(At::from).collect();
            let row = ConfigRow { offset: At::from(offset), bytes };
            lines.push(Line { statement: Some(Statement::ConfigRow(row)), comment });
            lines.extend(apart.then(Line::default));
        }
        lines
    })
}

fn items<T: core::fmt::Debug>(
    what: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Option<Vec<Item<T>>>> {
    option::of(vec_of((what, any_times()).prop_map(|(what, times)| Item { what, times }), 0..5))
}

fn any_set_irqs() -> impl Strategy<Value = SetIrqs> {
    let fds = prop_oneof![
        any_names().prop_map(FdRefs::Names),
        any::<i32>().prop_map(FdRefs::Number),
        Just(FdRefs::Closed)
    ];
    let data = prop_oneof![
        Just(Data::None),
        items(any::<u8>()).prop_map(Data::Bool),
        items(fds).prop_map(Data::Eventfd)
    ];
    let action =
        prop_oneof![Just(SetAction::Mask), Just(SetAction::Unmask), Just(SetAction::Trigger)];
    let index = prop_oneof![0u32..8, any::<u32>()];
    let raw = option::of(any::<u32>());
    let bytes = option::of(vec_of(any::<u8>(), 0..9));
    let count = option::of(any::<u32>());
    (index, action, data, any::<u32>(), count, raw, option::of(any::<u32>()), bytes).prop_map(
        |(index, action, data, start, count, argsz, flags, bytes)| {
            let listless = matches!(data, Data::None | Data::Bool(None) | Data::Eventfd(None));
            let count = if listless { count.or(Some(1)) } else { count };
            SetIrqs { index, action, data, start, count, argsz, flags, bytes }
        },
    )
}

fn any_stimulus() -> impl Strategy<Value = Stimulus> {
    prop_oneof![
        any::<u16>().prop_map(Stimulus::Fire),
        Just(Stimulus::AssertIntx),
        Just(Stimulus::DeassertIntx),
        Just(Stimulus::Error),
        Just(Stimulus::Request),
        option::of(any::<u32>()).prop_map(Stimulus::Supply),
    ]
}

fn any_write() -> impl Strategy<Value = WriteData> {
    prop_oneof![
        (0u32..=8, any::<u64>()).prop_map(|(width, value)| {
            let value = if width == 0 { 0 } else { value >> (64 - 8 * width) };
            WriteData::Value { width, value }
        }),
        vec_of(any::<u8>(), 0..12).prop_map(WriteData::Bytes),
    ]
}

fn any_action() -> impl Strategy<Value = Action> {
    let fd = || {
        prop_oneof![
            any_name().prop_map(FdRef::Name),
            any::<i32>().prop_map(FdRef::Number),
            Just(FdRef::Closed)
        ]
    };
    let region = || prop_oneof![0u32..12, any::<u32>()];
    prop_oneof![
        Just(Action::Open),
        Just(Action::Close),
        Just(Action::Reset),
        Just(Action::Ledger),
        any_set_irqs().prop_map(Action::SetIrqs),
        (0u32..9, option::of(any::<u32>()))
            .prop_map(|(index, argsz)| Action::IrqInfo { index, argsz }),
        (region(), any::<u64>(), 0u32..20).prop_map(|(region, offset, width)| Action::RegionRead {
            region,
            offset,
            width
        }),
        (region(), any::<u64>(), any_write())
            .prop_map(|(region, offset, data)| Action::RegionWrite { region, offset, data }),
        any_stimulus().prop_map(Action::Stimulate),
        fd().prop_map(Action::ReadFd),
        (fd(), any::<u64>()).prop_map(|(fd, value)| Action::WriteFd(fd, value)),
        fd().prop_map(Action::CloseFd),
        (fd(), any::<u32>(), option::of(fd())).prop_map(|(eventfd, gsi, resample)| {
            Action::Guest(GuestCall::Assign(Irqfd { eventfd, gsi, resample }))
        }),
        (fd(), any::<u32>())
            .prop_map(|(eventfd, gsi)| Action::Guest(GuestCall::Deassign { eventfd, gsi })),
        any::<u32>().prop_map(|gsi| Action::Guest(GuestCall::Eoi(gsi))),
        any::<u32>().prop_map(|gsi| Action::Guest(GuestCall::Look(gsi))),
    ]
}

/// Answers that fit the action.
fn any_answer(action: &Action) -> BoxedStrategy<Vec<Expect>> {
    let zero = Expect::Value { value: 0, care: u64::MAX };
    let errno = (1i32..4096).prop_map(|number| Expect::Errno(Errno(number)));
    let one = match action {
        Action::Ledger => {
            return vec_of(any::<u32>(), 0..=6)
                .prop_map(|values| {
                    let pairs = Tally::ALL.into_iter().zip(values);
                    pairs.map(|(tally, value)| Expect::Tally(tally, value)).collect()
                })
                .boxed();
        }
        Action::Stimulate(_) | Action::Guest(GuestCall::Eoi(_)) => {
            return Just(Vec::new()).boxed();
        }
        Action::Guest(GuestCall::Look(_)) => {
            (0u64..2).prop_map(|value| Expect::Value { value, care: u64::MAX }).boxed()
        }
        Action::SetIrqs(_) => {
            prop_oneof![Just(zero), errno, (1u32..).prop_map(Expect::Only)].boxed()
        }
        Action::IrqInfo { .. } => {
            let both = (any::<u32>(), prop_oneof![0u32..16, any::<u32>()]);
            return prop_oneof![
                errno.prop_map(|errno| vec![errno]),
                both.prop_map(|(count, flags)| vec![Expect::Count(count), Expect::Flags(flags)])
            ]
            .boxed();
        }
        Action::RegionRead { width, .. } => {
            let width = *width;
            let data = vec_of(any::<u8>(), 0..9).prop_map(Expect::Data);
            let value = (any::<u64>(), any::<u16>()).prop_map(move |(value, dont)| {
                let mut care = u64::MAX;
                for digit in (0..2 * width).filter(|digit| *digit < 16 && dont >> digit & 1 != 0) {
                    care &= !(0xf << (4 * digit));
                }
                let value = if width == 0 { 0 } else { value >> (64 - 8 * width) };
                Expect::Value { value: value & care, care }
            });
            if width <= 8 {
                prop_oneof![errno, data, value].boxed()
            } else {
                prop_oneof![errno, data].boxed()
            }
        }
        Action::ReadFd(_) => {
            let counter = (1u64..).prop_map(|value| Expect::Value { value, care: u64::MAX });
            prop_oneof![errno, counter].boxed()
        }
        _ => prop_oneof![Just(zero), errno].boxed(),
    };
    one.prop_map(|one| vec![one]).boxed()
}

fn any_injection() -> impl Strategy<Value = Injection> {
    (any_text(), 1u32..5, any_stimulus(), any_times()).prop_map(|(step, nth, stimulus, times)| {
        Injection { moment: Moment { step, nth }, stimulus, times }
    })
}

fn any_step() -> impl Strategy<Value = StepLine> {
    let step = any_action().prop_flat_map(|action| {
        let answer = option::of(any_answer(&action));
        let counters = vec_of((any_names(), any::<u64>()), 0..3);
        let moments = vec_of(any_injection(), 0..3);
        (any::<bool>(), Just(Box::new(action)), any_times(), answer, counters, moments)
    });
    step.prop_map(|(later, action, times, answer, counters, moments)| {
        let mut expect: Vec<At<Expect>> =
            answer.unwrap_or_default().into_iter().map(At::from).collect();
        let counters = counters.into_iter().map(|(names, value)| Expect::Counter(names, value));
        expect.extend(counters.map(At::from));
        let meanwhile = later && action.can_wait();
        let moments = if action.is_call() && !meanwhile { moments } else { Vec::new() };
        let moments = moments.into_iter().map(At::from).collect();
        StepLine { meanwhile, action: At::from(*action), times, expect, moments }
    })
}

fn any_comment() -> impl Strategy<Value = Option<String>> {
    option::of(r#"[ -~äß→"\\]{0,12}"#.prop_map(|text: String| text.trim_end().to_string()))
}

/// A scenario whose names all exist: a line at the top makes those that no list does.
pub(super) fn any_scenario() -> impl Strategy<Value = Scenario> {
    let steps = vec_of((option::weighted(0.8, any_step()), any_comment()), 0..8);
    let host = ("[a-z][a-z0-9.-]{0,8}", option::of(any::<u32>()), option::of(any::<bool>()));
    let host = option::of(host.prop_map(|(profile, vectors, remapping)| HostLine {
        profile: At::from(profile),
        vectors,
        remapping,
    }));
    let function = (option::of(any_function()), any_rows());
    (function, host, steps).prop_map(|((function, rows), host, steps)| {
        let mut lines: Vec<Line> = Vec::new();
        let said = |statement| Line { statement: Some(statement), comment: None };
        let dumped = function.as_ref().is_some_and(FunctionLine::is_config);
        lines.extend(function.map(Statement::Function).map(said));
        lines.extend(rows.into_iter().filter(|_| dumped));
        lines.extend(host.map(Statement::Host).map(said));
        let names = made_before(steps.iter().filter_map(|(step, _)| step.as_ref()));
        if !names.is_empty() {
            let action = At::from(Action::Eventfd(names));
            let step = StepLine { action, ..StepLine::of(Action::Ledger) };
            lines.push(Line { statement: Some(Statement::Step(step)), comment: None });
        }
        lines.extend(
            steps
                .into_iter()
                .map(|(step, comment)| Line { statement: step.map(Statement::Step), comment }),
        );
        Scenario { lines }
    })
}

/// Every name these steps need.
fn made_before<'a>(steps: impl Iterator<Item = &'a StepLine>) -> Vec<Names> {
    let mut all: Vec<String> = Vec::new();
    for step in steps {
        if let Action::ReadFd(FdRef::Name(name))
        | Action::WriteFd(FdRef::Name(name), _)
        | Action::CloseFd(FdRef::Name(name)) = &step.action.what
        {
            all.push(name.clone());
        }
        if let Action::Guest(call) = &mut step.action.what.clone() {
            all.extend(call.fds_mut().filter_map(|fd| match fd {
                FdRef::Name(name) => Some(name.clone()),
                FdRef::Number(_) | FdRef::Closed => None,
            }));
        }
        for expect in &step.expect {
            if let Expect::Counter(names, _) = &expect.what {
                all.extend(names.each());
            }
        }
    }
    all.sort();
    all.dedup();
    all.into_iter().map(Names::One).collect()
}

proptest! {
    #[test]
    fn scenario_printed_and_parsed_is_the_same(scenario in any_scenario()) {
        let text = scenario.to_string();
        let parsed = Scenario::parse(&text).map_err(|errors| {
            TestCaseError::fail(format!("{errors:?}\n{text}"))
        })?;
        prop_assert_eq!(&parsed, &scenario, "{}", text);
        prop_assert_eq!(parsed.to_string(), text);
    }

    #[test]
    fn text_of_any_characters_parses_or_errs_inside_it(text in any_bad_text()) {
        match Scenario::parse(&text) {
            Ok(scenario) => {
                let printed = scenario.to_string();
                prop_assert_eq!(Scenario::parse(&printed), Ok(scenario), "{}", printed);
            }
            Err(errors) => {
                let lines: Vec<&str> = text.lines().collect();
                for error in errors {
                    let line = lines.get(error.line as usize - 1).copied().unwrap_or_default();
                    let width = line.chars().count() as u32;
                    prop_assert!(error.column >= 1 && error.length >= 1, "{:?}", error);
                    prop_assert!(error.column <= width + 1, "{:?} in {:?}", error, line);
                    prop_assert!(error.column + error.length <= width + 2, "{:?} in {:?}", error, line);
                }
            }
        }
    }
}

/// Text that is nearly right, and text that is not.
fn any_bad_text() -> impl Strategy<Value = String> {
    let near = vec_of(proptest::sample::select(WORDS), 0..14).prop_map(|words| words.join(" "));
    let glued = vec_of(proptest::sample::select(WORDS), 0..14).prop_map(|words| words.concat());
    let wild = any::<String>();
    vec_of(prop_oneof![4 => near, 1 => glued, 1 => wild], 0..5).prop_map(|lines| lines.join("\n"))
}

const WORDS: &[&str] = &[
    "function",
    "config",
    "00:",
    "10:",
    "ff0:",
    "86",
    "id=8086",
    "class=020000",
    "msi-at=0x50",
    "host",
    "simple",
    "intx",
    "msi=4",
    ",",
    "wide",
    "msix=8,",
    "table=0+0x10",
    "vf",
    "name=",
    "\"x y\"",
    "\"",
    "linux-6.1",
    "vectors=2",
    "set_irqs",
    "msix",
    "trigger",
    "mask",
    "none",
    "bool",
    "eventfd",
    "0",
    "0+2",
    "1",
    "[",
    "]",
    "[a]",
    "a",
    "b",
    "-1",
    "closed",
    "x3",
    "x0",
    "v0..v3",
    "v3..v0",
    "v0..v4294967295",
    "argsz=24",
    "flags=0x21",
    "data=00",
    "data=0",
    "count=3",
    "->",
    "0",
    "EINVAL",
    "EINVALID",
    "only",
    "3",
    "errno",
    "a=1",
    "v0..v3=0",
    "{",
    "}",
    "after",
    "\"set MSI-X Enable\"",
    "#2",
    ":",
    ";",
    "fire",
    "assert",
    "deassert",
    "error",
    "request",
    "vectors",
    "any",
    "irq_info",
    "config",
    "bar0",
    "bar9",
    "region",
    "read",
    "write",
    "0x04",
    "2",
    "0x01x3",
    "0xffffffffffffffffff",
    "99999999999999999999",
    "plainfd",
    "close",
    "open",
    "reset",
    "ledger",
    "meanwhile",
    "causes=1",
    "lost=",
    "flags=eventfd|noresize",
    "\t",
    "é",
    "\u{feff}",
    "\r",
    "\\",
    "\n",
    "# comment",
    "#",
    "\u{0}",
];
