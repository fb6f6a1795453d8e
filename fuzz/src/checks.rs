//! What must hold of any input. One function a target, from bytes; a panic is a finding.

use vfio_irq_core::device::Device;
use vfio_irq_core::explore::{Answer, Bounds, Explorer, Invariant, Verdict};
use vfio_irq_core::export::kselftest::{Choice, Source, selftest};
use vfio_irq_core::export::{Known, Language, program};
use vfio_irq_core::host::HostProfile;
use vfio_irq_core::import::import as import_text;
use vfio_irq_core::link;
use vfio_irq_core::machine::{Emulator, Machine};
use vfio_irq_core::notes::{self, Known as Beside};
use vfio_irq_core::pci::import;
use vfio_irq_core::render;
use vfio_irq_core::scenario::ast::Statement;
use vfio_irq_core::scenario::{Overrides, Player, Scenario, run_emulated};
use vfio_irq_core::trace::Trace;
use vfio_irq_core::uapi::{CONFIG_REGION, IrqIndex, IrqSetFlags, IrqSetHeader, eventfd_data};

/// Most steps of a text that is run too: a fuzzer should see many texts, not long runs.
const MAX_STEPS: u32 = 300;

/// A scenario's text is refused at a place in it, or is one whose canonical text and JSON say the
/// same and whose run balances, can be shown in every form, and can be travelled.
pub fn scenario(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    let scenario = match Scenario::parse(text) {
        Ok(scenario) => scenario,
        Err(errors) => {
            assert!(!errors.is_empty(), "refused for nothing");
            let lines = text.split('\n').count().max(1) as u32;
            for error in errors {
                assert!((1..=lines).contains(&error.line), "line {} of {lines}", error.line);
                assert!(error.column >= 1, "{error:?}");
            }
            return;
        }
    };
    let canonical = scenario.to_string();
    let again = Scenario::parse(&canonical).expect("canonical text is understood");
    assert_eq!(again, scenario, "canonical text says something else");
    assert_eq!(again.to_string(), canonical, "canonical text is not its own");
    let json = scenario.to_json();
    assert_eq!(Scenario::from_json(&json).expect("our own JSON"), scenario);

    explored(&scenario);
    exported(&scenario, text);
    travelled(scenario);
}

/// What is found is a run that holds everywhere; what is kept stays within the bound.
fn explored(scenario: &Scenario) {
    if steps(scenario) > MAX_TESTED {
        return;
    }
    let overrides = Overrides::default();
    let bounds = Bounds { memory: 1 << 20 };
    for text in [scenario.clone(), scenario.loosened()] {
        for invariant in Invariant::ALL {
            let asked = [invariant];
            let Ok(mut explorer) = Explorer::new(&text, &overrides, &asked, bounds) else { break };
            let verdict = (0..4).find_map(|_| explorer.run(150));
            let reached = explorer.reached();
            assert!(reached.memory <= bounds.memory, "{reached:?}");
            if let Some(Verdict { answer: Answer::Fails(found), .. }) = verdict {
                let run = run_emulated(&found.scenario, &overrides).expect("it was explored");
                assert!(run.held, "a counterexample that does not hold:\n{}", found.scenario);
            }
        }
    }
}

/// Most steps of a text that is made a selftest: that runs it on many devices.
const MAX_TESTED: u32 = 40;

/// A scenario's programs have the user's text only where it is a comment or a string. The text is a name, too.
fn exported(scenario: &Scenario, text: &str) {
    if steps(scenario) > MAX_STEPS {
        return;
    }
    for known in [None, Some(Known::E1000e), Some(Known::Xhci), Some(Known::Edu)] {
        if let Ok(c) = program(scenario, Language::C, known) {
            is_c(&c);
        }
        if let Ok(rust) = program(scenario, Language::Rust, known) {
            assert!(!rust.contains(|c: char| c.is_control() && c != '\n'), "control characters");
        }
    }
    if steps(scenario) > MAX_TESTED {
        return;
    }
    let name: String = text.chars().take(60).collect();
    let Ok(made) = selftest(&[Source { name: &name, text }], Choice::All) else { return };
    assert_eq!(made.tests.len() + made.left_out.len(), 1, "neither a test nor left out");
    assert!(made.tests.iter().all(|test| !test.name.contains('#')), "a name with a directive");
    is_c(&made.program);
}

/// C's comments end where they should, strings in their line, and nothing is a trigraph.
fn is_c(text: &str) {
    assert!(!text.contains("??"), "a trigraph:\n{text}");
    let mut rest = text;
    let mut depth = 0i64;
    while let Some(c) = rest.chars().next() {
        if let Some(comment) = rest.strip_prefix("/*") {
            let (inside, behind) = comment.split_once("*/").expect("a comment ends");
            assert!(!inside.contains("/*"), "a comment in a comment: {inside}");
            rest = behind;
            continue;
        }
        if rest.starts_with("//") {
            rest = rest.split_once('\n').map_or("", |(_, behind)| behind);
            continue;
        }
        assert!(!rest.starts_with("*/"), "a comment ended early:\n{text}");
        assert!(c.is_ascii() && (!c.is_control() || matches!(c, '\n' | '\t')), "{c:?} in code");
        rest = match c {
            '"' | '\'' => behind_literal(&rest[1..], c),
            _ => &rest[c.len_utf8()..],
        };
        depth += i64::from(c == '{') - i64::from(c == '}');
        assert!(depth >= 0, "a brace too many");
    }
    assert_eq!(depth, 0, "a brace is open");
}

fn behind_literal(text: &str, quote: char) -> &str {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        assert!((' '..='~').contains(&c), "{c:?} in a literal");
        if c == quote && !escaped {
            return &text[at + 1..];
        }
        escaped = c == '\\' && !escaped;
    }
    panic!("a literal without an end");
}

/// How many steps it takes.
fn steps(scenario: &Scenario) -> u32 {
    let steps = scenario.lines().iter().filter_map(|line| match &line.statement {
        Some(Statement::Step(step)) => Some(step.times.saturating_mul(1 + inside(step))),
        _ => None,
    });
    steps.fold(0u32, u32::saturating_add)
}

/// A short scenario's run balances, can be shown in every form, and can be travelled.
fn travelled(scenario: Scenario) {
    if steps(&scenario) > MAX_STEPS {
        return;
    }
    let Ok(player) = Player::new(scenario, Overrides::default()) else { return };
    shown(player.trace());
    let len = player.len();
    for position in [0, len / 3, len / 2, len] {
        let _ = player.machine_at(position);
    }
}

fn inside(step: &vfio_irq_core::scenario::ast::StepLine) -> u32 {
    step.moments.iter().map(|moment| moment.what.times).fold(0, u32::saturating_add)
}

/// A trace can be shown in every form, and its books balance.
fn shown(trace: &Trace) {
    let sum = trace.ledger;
    assert_eq!(sum.causes, sum.signalled + sum.merged + sum.waiting + sum.lost, "{sum:?}");
    let text = render::text(trace);
    assert!(text.lines().all(|line| !line.chars().any(|c| c.is_control())), "control characters");
    let _ = render::svg(trace, &render::SvgOptions::default());
    for entry in &trace.entries {
        for event in &entry.events {
            let _ = (render::label(event, &trace.names), render::sentence(event, &trace.names));
        }
    }
    let said = notes::text(&notes::of(trace, Beside::nothing()));
    assert!(said.lines().all(|line| line.chars().count() <= 72), "{said}");
    let json = trace.to_json();
    assert_eq!(&Trace::from_json(&json).expect("our own JSON"), trace);
}

/// A config dump is refused at a place in it, or gives functions whose registers can be read and
/// written and whose vectors a host can enable, on every index, up to all of them.
pub fn config(data: &[u8]) {
    let Ok(imported) = import::from_any(data) else { return };
    assert!(!imported.is_empty(), "no function and no error");
    for imported in imported.iter().take(8) {
        let Ok(function) = imported.function() else { continue };
        let _ = function.describe();
        let host = HostProfile::by_name("linux-6.12").expect("built in");
        let mut device = Emulator::new(Machine::new(function, host));
        device.open().expect("a closed device opens");
        let fd = device.eventfd_create().expect("the first descriptor");
        for index in [IrqIndex::Intx, IrqIndex::Msi, IrqIndex::Msix] {
            let Ok(info) = device.irq_info(16, index.raw()) else { continue };
            for count in [1, info.count] {
                let data = eventfd_data(&vec![fd; count as usize]);
                let flags = IrqSetFlags::DATA_EVENTFD | IrqSetFlags::ACTION_TRIGGER;
                let header = IrqSetHeader {
                    argsz: IrqSetHeader::SIZE + data.len() as u32,
                    flags: flags.bits(),
                    index: index.raw(),
                    start: 0,
                    count,
                };
                let _ = device.set_irqs(header, &data);
            }
            let off = IrqSetFlags::DATA_NONE | IrqSetFlags::ACTION_TRIGGER;
            let header = IrqSetHeader {
                argsz: IrqSetHeader::SIZE,
                flags: off.bits(),
                index: index.raw(),
                start: 0,
                count: 0,
            };
            let _ = device.set_irqs(header, &[]);
        }
        let mut all = vec![0; 256];
        let _ = device.region_read(CONFIG_REGION, 0, &mut all);
        let _ = device.region_write(CONFIG_REGION, 0, &all.iter().map(|b| !b).collect::<Vec<_>>());
        let _ = device.reset();
        device.take_events();
    }
}

/// Whatever is pasted gives a scenario's text that is understood, perhaps an empty one, and says
/// what was left out at places in the text. (That each call of a followed descriptor is said,
/// commented or told, the importer asserts of itself.) What it makes runs, also within another text.
pub fn import(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    let import = import_text(text);
    let lines = text.split('\n').count().max(1) as u32;
    for problem in import.problems.iter().chain(&import.notes) {
        assert!((1..=lines).contains(&problem.line), "line {} of {lines}", problem.line);
        assert!(problem.column >= 1, "{problem:?}");
    }
    assert!(import.kind.is_some() || !import.problems.is_empty() || text.trim().is_empty());
    for made in [import.apart("eventfd a c e\n"), import.scenario] {
        match Scenario::parse(&made) {
            Ok(scenario) => travelled(scenario),
            Err(errors) => panic!("what import makes is no scenario: {errors:?}\n{made}"),
        }
    }
}

/// A link is refused in a sentence, or holds a view that every form of link brings back.
pub fn link(data: &[u8]) {
    if let Ok(view) = link::View::from_payload(data) {
        brought_back(&view);
    }
    // Without the checksum a fuzzer would never come behind it.
    if let Ok(link) = link::seal(data) {
        opened(&link);
    }
    if let Ok(text) = core::str::from_utf8(data) {
        opened(text);
    }
}

fn opened(said: &str) {
    match link::decode(said) {
        Ok(view) => brought_back(&view),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn brought_back(view: &link::View) {
    for link in [link::encode(view), link::encode_stored(view)].into_iter().flatten() {
        assert_eq!(link::decode(&link).as_ref(), Ok(view), "{link}");
    }
}
