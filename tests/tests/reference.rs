//! The reference tables against what is known from elsewhere: facts about Linux written by hand,
//! and the answers the scenarios reach.

use std::collections::BTreeSet;
use std::fs;
use vfio_irq_book::reference::ask::Said;
use vfio_irq_book::reference::errno::{self, Asked};
use vfio_irq_book::reference::registers::{Fate, Place, fate, writable};
use vfio_irq_book::reference::{Links, flags, put};
use vfio_irq_book::{clauses, marks};
use vfio_irq_core::clause::RULES;
use vfio_irq_core::errno::Errno;
use vfio_irq_core::event::{Event, Outcome};
use vfio_irq_core::host::{HostProfile, PROFILES};
use vfio_irq_core::pci::{Function, FunctionSpec, profiles};
use vfio_irq_core::scenario::{Overrides, Scenario, run_emulated};
use vfio_irq_core::uapi::{CONFIG_REGION, IrqIndex};
use vfio_irq_tests::{root, scenarios};

/// What was said of a request: `EINVAL RULE`, `0` or a number; and what it did.
fn told(asked: &Asked, host: usize) -> (String, String) {
    let reply = &asked.replies[host];
    let said = match &reply.said {
        Said::Done => "0".to_owned(),
        Said::Only(count) => count.to_string(),
        Said::Errno(errno) => format!("{errno} {}", reply.clause.as_deref().unwrap_or("-")),
    };
    (said, reply.did.clone())
}

/// Facts about Linux, from reading its sources and from running 6.1, 6.12 and 7.3, not from this
/// emulator: request, note, state, and the answers of 6.1, 6.12 and 7.3 (one for all three).
#[rustfmt::skip]
const FACTS: &[(&str, &str, &str, &[&str])] = &[
    // A mask eventfd: ENOTTY while INTx is on with 0+1, else EINVAL.
    ("intx mask eventfd 0 [a]", "", "on", &["ENOTTY INTX-MASK-EVENTFD"]),
    ("intx mask eventfd 0 [a]", "", "off", &["EINVAL INTX-INACTIVE"]),
    ("intx mask eventfd 0+0", "", "on", &["EINVAL INTX-SHAPE"]),
    // One unmask eventfd at a time; a negative one takes it away.
    ("intx unmask eventfd 0 [a]", "when there is one", "on", &["EBUSY INTX-UNMASK-BUSY"]),
    ("intx unmask eventfd 0 [-1]", "when there is one", "on", &["0"]),
    // Descriptors.
    ("intx trigger eventfd 0 [plain]", "", "off", &["EINVAL FD-NOT-EVENTFD"]),
    ("intx trigger eventfd 0 [closed]", "", "off", &["EBADF FD-NOT-OPEN"]),
    ("intx trigger eventfd 0 [-1]", "", "off", &["0"]),
    // One of the three at a time.
    ("intx trigger eventfd 0 [a]", "", "MSI-X on", &["EINVAL IRQ-EXCLUSIVE"]),
    ("msi trigger none 0+0", "", "MSI-X on", &["EINVAL IRQ-EXCLUSIVE"]),
    ("msix trigger none 0+0", "", "off", &["EINVAL MSG-INACTIVE"]),
    // EVENTFD with count 0 on an index that is off.
    ("msix trigger eventfd 0+0", "", "off", &["ERANGE MSG-EMPTY"]),
    ("msi trigger eventfd 0+0", "", "off", &["ERANGE MSG-EMPTY"]),
    ("msix trigger eventfd 1+0", "", "off", &["EINVAL SET-EMPTY-BLOCK", "0", "0"]),
    // MASK and UNMASK exist for INTx only.
    ("msix mask none 0+1", "", "on: 0 and 1", &["ENOTTY SET-ACTION"]),
    ("req unmask eventfd 0 [a]", "", "no trigger", &["ENOTTY SET-ACTION"]),
    // Growing.
    ("msix trigger eventfd 2 [c]", "", "on: 0 and 1", &["EINVAL MSG-NORESIZE", "0", "0"]),
    ("msi trigger eventfd 2 [c]", "", "on: 0 and 1", &["EINVAL MSG-NORESIZE"]),
    // A de-assign above the allocated vectors, and a loopback there.
    ("msix trigger eventfd 2 [-1]", "", "on: 0 and 1", &["EINVAL MSG-NORESIZE", "0", "0"]),
    ("msix trigger none 0+3", "", "on: 0 and 1", &["EINVAL MSG-LOOPBACK-RANGE", "0", "0"]),
    // Too few host vectors: a positive number.
    ("msix trigger eventfd 0 [a, b, c]", "the host has 1 vector left", "off", &["1"]),
    // ERR and REQ.
    ("err trigger none 0+1", "", "no trigger", &["EINVAL ERR-REQ-NO-TRIGGER"]),
    ("req trigger none 0+0", "", "no trigger", &["EINVAL ERR-REQ-NO-TRIGGER"]),
    ("err trigger bool 0+0", "", "a trigger", &["EINVAL ERR-REQ-COUNT"]),
    ("err trigger eventfd 0 [-2]", "", "a trigger",
        &["0", "EINVAL ERR-REQ-NEGATIVE-FD", "EINVAL ERR-REQ-NEGATIVE-FD"]),
];

fn find<'a>(all: &'a [Asked], request: &str, note: &str, state: &str) -> &'a Asked {
    let request = format!("set_irqs {request}");
    all.iter()
        .find(|asked| asked.request == request && asked.note == note && asked.state == state)
        .unwrap_or_else(|| panic!("{request} ({note}) in state {state} is not asked"))
}

#[test]
fn answers_of_the_tables_are_what_linux_was_seen_to_answer() {
    let all = errno::all().expect("requests are scenarios");
    for (request, note, state, answers) in FACTS {
        let asked = find(&all, request, note, state);
        for (host, name) in ["linux-6.1", "linux-6.12", "linux-7.3"].into_iter().enumerate() {
            assert_eq!(PROFILES[host].name, name);
            let expected = if let [one] = answers { one } else { &answers[host] };
            assert_eq!(told(asked, host).0, *expected, "{request}, {state}, on {name}");
        }
    }
}

/// The two that surprise: a refused growth of MSI takes live vectors along where the range is not
/// checked first, and so does a bad descriptor everywhere.
#[test]
fn refused_requests_that_release_vectors_say_so() {
    let all = errno::all().expect("requests are scenarios");
    let did = |request: &str, host| {
        let asked = find(&all, request, "", "on: 0 and 1");
        told(asked, host).1
    };
    let growth = "msi trigger eventfd 0 [a, b, c]";
    assert_eq!([0, 1, 2].map(|host| did(growth, host)), ["", "releases 0, 1", "releases 0, 1"]);
    let bad = "msix trigger eventfd 0 [a, closed]";
    assert!([0, 1, 2].iter().all(|host| did(bad, *host) == "releases 0, 1"));
}

/// From the header file and from running the three kernels.
#[test]
fn flags_of_the_tables_are_what_linux_was_seen_to_answer() {
    let e1000e = profiles::all().iter().find(|profile| profile.name == "e1000e").expect("built in");
    let seen = |host: &str, index| {
        let host = HostProfile::by_name(host).expect("built in");
        let info = flags::info(e1000e, &host, index).expect("opens").expect("has it");
        (info.count, info.flags)
    };
    for host in ["linux-6.1", "linux-6.12", "linux-7.3"] {
        assert_eq!(seen(host, IrqIndex::Intx), (1, 0x7));
        assert_eq!(seen(host, IrqIndex::Msi), (1, 0x9));
        assert_eq!(seen(host, IrqIndex::Err), (1, 0x9));
        assert_eq!(seen(host, IrqIndex::Req), (1, 0x9));
    }
    assert_eq!(seen("linux-6.1", IrqIndex::Msix), (5, 0x9));
    assert_eq!(seen("linux-6.12", IrqIndex::Msix), (5, 0x1));
    assert_eq!(seen("linux-7.3", IrqIndex::Msix), (5, 0x1));
    assert_eq!(flags::words(0x9), "0x9 EVENTFD NORESIZE");
}

/// From vfio-pci's permission tables, as the chapters tell them.
#[test]
fn writes_of_a_user_reach_what_vfio_lets_them_reach() {
    let spec = FunctionSpec::simple();
    let host = HostProfile::by_name("linux-6.12").expect("built in");
    let config = |offset: u64| Place { region: CONFIG_REGION, offset };
    let fate = |on, place, width, mask| {
        fate((&spec, &host, on), place, width, mask).expect("the device answers")
    };
    let (msi, msix) = (Some(IrqIndex::Msi), Some(IrqIndex::Msix));
    let function = Function::new(&spec).expect("builds");
    let msi_at = u64::from(function.msi().expect("has it").offset());
    let msix_at = u64::from(function.msix().expect("has it").offset());
    assert_eq!(fate(None, config(4), 2, 1 << 2), Fate::Reaches, "Bus Master");
    assert_eq!(fate(None, config(0x3c), 1, 0xff), Fate::Virtual, "Interrupt Line");
    assert_eq!(fate(None, config(msi_at + 2), 2, 1), Fate::Dropped, "MSI Enable, off");
    assert_eq!(fate(msi, config(msi_at + 2), 2, 1), Fate::Reaches, "MSI Enable, on");
    assert_eq!(fate(msi, config(msi_at + 2), 2, 0x70), Fate::Bounded, "granted 2 of 4");
    assert_eq!(fate(msi, config(msi_at + 4), 4, 0xffff_fffc), Fate::Virtual, "Message Address");
    assert_eq!(fate(msi, config(msi_at + 0x10), 4, 0xf), Fate::Reaches, "Mask Bits");
    assert_eq!(fate(msix, config(msix_at + 2), 2, 1 << 15), Fate::Dropped, "MSI-X Enable");
    let table = Place { region: 0, offset: 0x2000 };
    assert_eq!(fate(msix, table, 4, 0xffff_fffc), Fate::Dropped, "the table");
    let writable = |at, width| writable(&function, config(at), width);
    assert_eq!(writable(msi_at + 2, 2), 0x0071, "Enable and Multiple Message Enable");
    assert_eq!(writable(msix_at + 2, 2), 0xc000, "MSI-X Enable and Function Mask");
    assert_eq!(writable(6, 2), 0, "Status");
}

/// Every clause of the book with its page.
fn book() -> marks::Clauses {
    let mut all = marks::Clauses::new();
    for path in scenarios::files(&root().join("book/src"), "md") {
        let text = fs::read_to_string(&path).expect("listed");
        let page = path.file_name().expect("a file").to_string_lossy().into_owned();
        let found = clauses::find(&text).expect("no mark by hand");
        all.extend(found.into_iter().map(|one| (one.id.clone(), (page.clone(), one))));
    }
    all
}

#[test]
fn reference_pages_have_every_table_and_link_clauses_there_are() {
    let clauses = book();
    let mut tables = 0;
    for page in ["errno.md", "hosts.md", "registers.md", "race.md"] {
        let text = fs::read_to_string(root().join("book/src").join(page)).expect("a page");
        let made = put(&text, Links { clauses: &clauses, root: "" });
        let made = made.unwrap_or_else(|error| panic!("{page}: {error:#}"));
        tables += made.matches("\n|---|").count() + made.matches("| --- |").count();
        assert!(!made.contains("<!-- reference"), "{page}");
    }
    assert!(tables > 15, "{tables} tables");
}

#[test]
fn scenario_of_the_page_about_strategies_is_what_is_played() {
    use vfio_irq_core::vmm::{Setup, Strategy, Workload, play};
    let text = fs::read_to_string(root().join("book/src/race.md")).expect("a page");
    let (_, block) = text.split_once("```scenario\n").expect("there is one");
    let (block, _) = block.split_once("```").expect("it ends");
    let strategy = Strategy::by_name("qemu").expect("there is one");
    let workload = Workload::by_name("on-demand").expect("there is one");
    let setup = Setup { queues: 2, table: 2, ..Setup::default() };
    let played = play(strategy, workload, &PROFILES[0], setup).expect("plays");
    assert_eq!(block, played.scenario().to_string());
}

/// On a telephone the columns are rows, and the style sheet of the page names them.
#[test]
fn hosts_named_by_the_style_sheet_are_those_of_the_columns() {
    let text = fs::read_to_string(root().join("book/src/hosts.md")).expect("a page");
    let named = |column: usize| {
        let rule = format!("td:nth-child({column})::before {{ content: \"");
        let (_, rest) = text.split_once(&rule).unwrap_or_else(|| panic!("no name of {column}"));
        rest.split_once(": \"").expect("a name ends so").0.to_owned()
    };
    let hosts = PROFILES.iter().map(|host| marks::short(&host.name));
    for (column, host) in (2..).zip(hosts) {
        assert_eq!(named(column), host);
    }
}

/// Pairs of errno and rule that scenarios reach.
fn reached() -> BTreeSet<(Errno, String)> {
    let mut reached = BTreeSet::new();
    for path in scenarios::files(&root().join("tests/scenarios"), "scenario") {
        let text = fs::read_to_string(&path).expect("listed");
        let scenario = Scenario::parse(&text).expect("scenarios have a test of their own");
        for host in PROFILES {
            let overrides = Overrides { host: Some(host.clone()), ..Overrides::default() };
            let Ok(trace) = run_emulated(&scenario, &overrides) else { continue };
            for event in trace.entries.iter().flat_map(|entry| &entry.events) {
                if let Event::Return(Outcome::Refused { errno, clause: Some(clause) }) = event {
                    reached.insert((*errno, clause.to_string()));
                }
            }
        }
    }
    reached
}

/// What the tables have.
fn shown() -> BTreeSet<(Errno, String)> {
    let all = errno::all().expect("requests are scenarios");
    let replies = all.iter().flat_map(|asked| &asked.replies);
    let refusals = replies.filter_map(|reply| match (&reply.said, &reply.clause) {
        (Said::Errno(errno), Some(clause)) => Some((*errno, clause.clone())),
        _ => None,
    });
    refusals.collect()
}

#[test]
fn errno_a_scenario_reaches_stands_in_the_tables() {
    let (reached, shown) = (reached(), shown());
    assert!(reached.len() > 20, "scenarios reach {}", reached.len());
    let missing: Vec<_> = reached.difference(&shown).collect();
    assert!(
        missing.is_empty(),
        "{missing:?}: put a request that gets it into book/preprocessor/src/reference/requests.rs"
    );
}

/// Rules of core that no request gets, with the reason.
const NEVER: &[(&str, &str)] = &[
    ("ERR-REQ-SHAPE", "ERR and REQ have one vector: the range is refused before"),
    ("RESET-RESTORE", "says what a reset does, and refuses nothing"),
];

#[test]
fn rule_core_refuses_by_stands_in_the_tables() {
    let shown: BTreeSet<String> = shown().into_iter().map(|(_, clause)| clause).collect();
    for rule in RULES {
        let never = NEVER.iter().any(|(id, _)| *id == rule.id);
        assert!(
            shown.contains(rule.id) != never,
            "{}: put a request that gets it into book/preprocessor/src/reference/requests.rs, or a \
             reason why none does into NEVER",
            rule.id
        );
    }
}
