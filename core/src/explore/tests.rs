//! Questions with known answers.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{Answer, Bounds, Counterexample, Explorer, Invariant, Verdict, tally};
use crate::scenario::{Overrides, Scenario, run_emulated};

const HOSTS: [&str; 4] = ["linux-6.1", "linux-6.12", "linux-7.3", "mediated"];

fn scenario(text: &str) -> Scenario {
    match Scenario::parse(text) {
        Ok(scenario) => scenario,
        Err(errors) => panic!("{text}\n{errors:?}"),
    }
}

fn explorer(text: &str, asked: &[Invariant]) -> Explorer {
    Explorer::new(&scenario(text), &Overrides::default(), asked, Bounds::default()).unwrap()
}

/// The verdict; a counterexample replays, and the reduced search says the same as the full one.
fn ask(text: &str, asked: &[Invariant]) -> Verdict {
    let verdict = explorer(text, asked).finish();
    let full = explorer(text, asked).in_full().finish();
    assert_eq!(verdict.answer, full.answer, "{text}");
    assert!(verdict.reached.states <= full.reached.states, "{text}");
    if let Answer::Fails(found) = &verdict.answer {
        let trace = run_emulated(&found.scenario, &Overrides::default()).unwrap();
        assert!(trace.held, "{text}\n---\n{}\n{:#?}", found.scenario, trace.entries);
    }
    verdict
}

fn fails(text: &str, asked: &[Invariant]) -> Counterexample {
    match ask(text, asked).answer {
        Answer::Fails(found) => *found,
        other => panic!("{text}\n{other:?}"),
    }
}

fn holds(text: &str, asked: &[Invariant]) {
    let verdict = ask(text, asked);
    assert_eq!(verdict.answer, Answer::Holds, "{text}");
    assert_eq!(verdict.reached.open, 0);
}

/// Growing by teardown.
fn grown(function: &str, host: &str, index: &str, vector: u32) -> String {
    format!(
        "function {function}
host {host}
set_irqs {index} trigger eventfd 0 [a, b] -> 0
meanwhile fire {vector}
set_irqs {index} trigger none 0+0 -> 0
set_irqs {index} trigger eventfd 0 [a, b, c] -> 0
"
    )
}

#[test]
fn growing_by_teardown_can_lose_an_interrupt_on_every_vector() {
    for host in HOSTS {
        for (function, index) in [("simple", "msi"), ("simple", "msix"), ("vf", "msix")] {
            for vector in [0, 1] {
                let found = fails(&grown(function, host, index, vector), &[Invariant::Lost]);
                assert_eq!(found.invariant, Invariant::Lost);
                assert!(found.what.starts_with(&format!("`fire {vector}` (line 4) is lost")));
                let text = found.scenario.to_string();
                assert!(text.contains("lost=1"), "{text}");
            }
        }
    }
}

#[test]
fn the_counterexample_is_the_shortest() {
    let text = grown("simple", "linux-6.1", "msix", 0);
    let shown = [Invariant::Lost, Invariant::Fallback].map(|asked| {
        let found = fails(&text, &[asked]);
        format!("{} moves\n{}", found.length, found.scenario)
    });
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn a_function_that_holds_loses_nothing_for_want_of_a_capability() {
    // But the host can: an interrupt that comes after its handler went.
    let text = grown("vf-hold", "linux-6.12", "msix", 1);
    holds(&text, &[Invariant::Fallback]);
    let found = fails(&text, &[Invariant::Lost]);
    assert_eq!(found.what, "`fire 1` (line 4) is lost: the irq descriptor was freed");
}

#[test]
fn without_noresize_adding_disturbs_no_other() {
    for host in ["linux-6.12", "linux-7.3", "mediated"] {
        let text = format!(
            "host {host}
set_irqs msix trigger eventfd 0 [a, b] -> 0
meanwhile fire 0 x2
meanwhile fire 1
set_irqs msix trigger eventfd 2 [c] -> 0
set_irqs msix trigger eventfd 2 [-1] -> 0
set_irqs msix trigger eventfd 2 [d] -> 0
"
        );
        holds(&text, &Invariant::ALL);
    }
}

#[test]
fn a_vector_taken_away_alone_and_given_back_loses_nothing() {
    let text = "host linux-6.12
set_irqs msix trigger eventfd 0 [a, b] -> 0
meanwhile fire 1
set_irqs msix trigger eventfd 1 [-1] -> 0
set_irqs msix trigger eventfd 1 [b] -> 0
";
    holds(text, &Invariant::ALL);
    // Nobody has it in the end: it waits in the descriptor, and a disable throws it away.
    let text = text.replace("1 [b]", "0 [a]") + "set_irqs msix trigger none 0+0\n";
    let found = fails(&text, &[Invariant::Lost]);
    assert_eq!(found.what, "`fire 1` (line 3) is lost: the irq descriptor was freed");
}

#[test]
fn what_the_text_expects_is_asked_in_every_run() {
    let text = "set_irqs msix trigger eventfd 0 [a] -> 0
meanwhile fire 0
irq_info msix
read a -> 1
";
    let found = fails(text, &[Invariant::Expected]);
    assert_eq!(found.what, "line 4 expects 1, and it is EAGAIN");
    let text = "set_irqs msix trigger eventfd 0 [a] -> 0
meanwhile fire 0
ledger -> lost=0 causes=0
";
    let found = fails(text, &[Invariant::Expected]);
    assert_eq!(found.what, "line 3 expects causes=0, and it is causes=1");
    holds(&text.replace(" causes=0", ""), &[Invariant::Expected]);
}

#[test]
fn a_second_thread_waits_for_the_call() {
    // Between the two calls of the first thread, and only there, the second finds the index off.
    let text = "host linux-6.1
set_irqs msix trigger eventfd 0 [a] -> 0
meanwhile set_irqs msix trigger bool 0 [1] -> 0
set_irqs msix trigger none 0+0 -> 0
set_irqs msix trigger eventfd 0 [a] -> 0
";
    let found = fails(text, &[Invariant::Expected]);
    assert_eq!(found.what, "line 3 expects 0, and it is EINVAL");
    let lines: Vec<String> = found.scenario.to_string().lines().map(ToString::to_string).collect();
    assert!(lines.iter().all(|line| !line.contains("meanwhile") && !line.contains('{')));
}

#[test]
fn an_eventfd_of_another_vector_is_found() {
    // Nobody ties vector 1; MSI grants one message, so it goes out as vector 0's.
    let text = "host linux-6.12
set_irqs msi trigger eventfd 0 [a] -> 0
meanwhile fire 1
";
    holds(text, &[Invariant::Eventfd]);
    let text = "host linux-6.12
set_irqs intx trigger eventfd 0 [a] -> 0
meanwhile assert intx
set_irqs intx trigger none 0+0 -> 0
";
    holds(text, &Invariant::ALL);
}

#[test]
fn memory_is_bounded_and_said() {
    let text = "set_irqs msix trigger eventfd 0 [a, b, c, d] -> 0
meanwhile fire 0 x20
meanwhile fire 1 x20
meanwhile fire 2 x20
meanwhile fire 3 x20
ledger -> lost=0
";
    let bounds = Bounds { memory: 1 << 20 };
    let overrides = Overrides::default();
    let explorer = Explorer::new(&scenario(text), &overrides, &Invariant::ALL, bounds).unwrap();
    let verdict = explorer.finish();
    assert_eq!(verdict.answer, Answer::Unknown);
    assert!(verdict.reached.memory <= bounds.memory, "{:?}", verdict.reached);
    assert!(verdict.reached.memory > bounds.memory / 4, "{:?}", verdict.reached);
    assert!(verdict.reached.states > 1000 && verdict.reached.open > 0);
    assert_eq!(tally(&scenario(text), &overrides, bounds).unwrap(), None);
}

#[test]
fn it_can_be_run_in_pieces() {
    let text = grown("simple", "linux-6.12", "msix", 1).replace("fire 1", "fire 1 x3");
    let whole = explorer(&text, &[Invariant::Expected]).finish();
    let mut pieces = explorer(&text, &[Invariant::Expected]);
    let mut times = 0;
    let verdict = loop {
        times += 1;
        if let Some(verdict) = pieces.run(7) {
            break verdict;
        }
        assert_eq!(pieces.reached().states, pieces.reached().states);
    };
    assert_eq!(verdict, whole);
    assert!(times > 10);
}

#[test]
fn runs_are_counted() {
    // One interrupt, three steps of the first thread that are no call: four places.
    let text = "meanwhile fire 0
guest 1
guest 2
guest 3
";
    let found = tally(&scenario(text), &Overrides::default(), Bounds::default()).unwrap().unwrap();
    assert_eq!((found.runs, found.losing, found.worst), (4, 0, 0));
    // Two of the same are two: 5 choose 2 places, neither known from the other.
    let two = text.replace("fire 0", "fire 0 x2");
    let found = tally(&scenario(&two), &Overrides::default(), Bounds::default()).unwrap().unwrap();
    assert_eq!(found.runs, 10);
    let text = grown("vf", "linux-6.1", "msix", 0);
    let found = tally(&scenario(&text), &Overrides::default(), Bounds::default()).unwrap().unwrap();
    assert!(0 < found.losing && found.losing < found.runs);
    assert_eq!(found.worst, 1);
    let example = found.example.unwrap();
    assert!(run_emulated(&example, &Overrides::default()).unwrap().held, "{example}");
}

#[test]
fn a_text_of_one_run_is_let_loose() {
    let text = "host linux-6.1
set_irqs msix trigger eventfd 0 [a] -> 0
fire 0 -> a=1
set_irqs msix trigger none 0+0 -> 0 { after \"clear MSI-X Enable\": fire 0 }
read a -> EAGAIN
ledger -> lost=0
";
    let loose = scenario(text).loosened();
    insta::assert_snapshot!(loose);
    assert_eq!(loose.loosened(), loose);
    assert!(Scenario::parse(&loose.to_string()).unwrap() == loose);
}

#[test]
fn what_cannot_be_explored_says_where() {
    let wrong = |text: &str| {
        let error = Explorer::new(
            &scenario(text),
            &Overrides::default(),
            &Invariant::ALL,
            Bounds::default(),
        );
        error.unwrap_err().to_string()
    };
    let inside = "meanwhile fire 0\nreset { after \"x\": fire 0 }";
    let all = [
        wrong(inside),
        wrong("meanwhile fire 0 x256"),
        wrong("meanwhile fire 0 -> a=1\n".replace(" -> a=1", " x300").as_str()),
        wrong(&"meanwhile fire 0\n".repeat(17)),
        wrong("irq_info msi x20000"),
        wrong("host nowhere\nmeanwhile fire 0"),
    ];
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn a_counterexample_makes_the_descriptors_it_names() {
    let text = "plainfd p
set_irqs err trigger eventfd 0 [a] -> 0
set_irqs err trigger eventfd 0 [p] -> EINVAL
set_irqs err trigger none 0+1 -> 0
read a -> 2
";
    fails(text, &[Invariant::Expected]);
}

#[test]
fn which_of_several_alike_waits_is_not_told_apart() {
    let text = grown("simple", "linux-6.1", "msix", 0).replace("fire 0", "fire 0 x6");
    let few = explorer(&text, &[Invariant::Eventfd]).finish();
    let all = explorer(&text, &[Invariant::Eventfd]).in_full().finish();
    assert_eq!((&few.answer, &all.answer), (&Answer::Holds, &Answer::Holds));
    assert!(5 * few.reached.states < 4 * all.reached.states, "{few:?} {all:?}");
}

#[test]
fn an_interrupt_that_waits_is_not_taken_for_one_that_is_tried() {
    let text = "host linux-6.12
set_irqs msix trigger eventfd 5 [a] -> 0
meanwhile fire 0 x2
set_irqs msix trigger eventfd 1 [b] -> 0
read a
set_irqs msix trigger eventfd 2 [c] -> 0
";
    ask(text, &[Invariant::Undisturbed]);
}
