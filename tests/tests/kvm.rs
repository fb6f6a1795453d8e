//! What the kernels' KVM answered of eventfds in its hands, held against the emulator.

use vfio_irq_tests::corpus::HOSTS;
use vfio_irq_tests::kvm::{self, Heard};

#[test]
fn conversation_with_kvm_goes_the_same_with_the_emulator() {
    let kept = kvm::kept();
    assert_eq!(kept.len(), HOSTS.len(), "a kernel's answers are missing");
    for heard in kept {
        assert_eq!(heard.problems(), Vec::<String>::new(), "{}", heard.host);
        assert!(heard.confirmed().len() >= 8, "{}: {:?}", heard.host, heard.confirmed());
    }
}

#[test]
fn answer_that_is_another_is_told_and_confirms_nothing() {
    let good = Heard::read("linux-6.1").expect("kept");
    let with = |from: &str, to: &str| {
        let lines: Vec<String> = good.lines.iter().map(|line| line.replace(from, to)).collect();
        assert_ne!(lines, good.lines, "{from}");
        Heard { lines, ..good.clone() }
    };
    for (from, to) in [
        ("guest: has ended it", "guest: idle"),
        ("assign a again: EBUSY", "assign a again: 0"),
        // What is left out must differ.
        ("a in another VM: 0", "a in another VM: EBUSY"),
    ] {
        let bad = with(from, to);
        assert!(!bad.problems().is_empty(), "{from}");
        assert!(bad.confirmed().is_empty(), "{from}");
    }
    let mut short = good.clone();
    short.lines.pop();
    assert_eq!(short.problems().len(), 1);
}
