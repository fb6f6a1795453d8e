use super::*;

/// The first block of the teardown chapter.
const TEARDOWN: &str = include_str!("../../../../tests/scenarios/teardown/msix_loses.scenario");

/// Sixteen interrupts of four vectors: some ten thousand states, and no loss.
const MANY: &str = "host linux-7.3\nset_irqs msix trigger eventfd 0 [a, b, c, d]\n\
                    meanwhile fire 0 x4\nmeanwhile fire 1 x4\nmeanwhile fire 2 x4\n\
                    meanwhile fire 3 x4\nread a\nread b\nread c\nread d\n";

/// To the end, and how many pieces it took.
fn all(first: Result<String, String>) -> (String, u32) {
    let mut said = first.unwrap();
    let mut pieces = 1;
    while let Some(number) = said.strip_prefix("going ") {
        said = go_on(number.lines().next().unwrap()).unwrap();
        pieces += 1;
    }
    (said, pieces)
}

#[test]
fn loss_of_june_2021_is_found_in_the_chapters_own_text() {
    let (said, _) = all(begin(&format!("lost\n{TEARDOWN}")));
    assert!(said.starts_with("fails an interrupt can be lost\n"), "{said}");
    let parts: Vec<&str> = said.split(PART).collect();
    let [head, run, loosened] = parts[..] else { panic!("{said}") };
    for line in ["\nasked no interrupt is lost\n", "\nwhat ", "\nmoves ", "\nassumed "] {
        assert!(head.contains(line), "{line:?} is not in {head}");
    }
    assert!(loosened.contains("meanwhile fire 0"), "{loosened}");
    // It is a text that runs, and it shows the loss.
    let trace = super::super::ran(run).unwrap();
    assert!(trace.held && trace.ledger.lost == 1, "{run}");
}

#[test]
fn what_holds_says_what_was_asked_and_seen() {
    let text = "lost eventfd\nset_irqs msix trigger eventfd 0 [a]\nmeanwhile fire 0\n";
    let (said, pieces) = all(begin(text));
    assert!(said.starts_with("holds holds in every run\n"), "{said}");
    assert_eq!(pieces, 1);
    assert!(said.contains("\nasked none signals another's eventfd\n"), "{said}");
    assert!(said.contains("seen ") && said.contains("of 256 MiB"), "{said}");
    // The text leaves something open: it was explored as it is.
    assert!(said.ends_with(&format!("{PART}{PART}")), "{said}");
}

#[test]
fn long_search_comes_in_pieces_and_says_how_far_it_is() {
    let first = begin(&format!("lost\n{MANY}")).unwrap();
    let lines: Vec<&str> = first.lines().collect();
    let words: Vec<&str> = lines.iter().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(words, ["going", "states", "open", "memory", "bound"], "{first}");
    let (said, pieces) = all(Ok(first));
    assert!(said.starts_with("holds "), "{said}");
    assert!(pieces > 2, "{pieces}");
}

#[test]
fn ended_search_goes_on_no_more_and_another_takes_its_place() {
    let number = |said: &str| said.lines().next().unwrap().replace("going ", "");
    let one = number(&begin(&format!("lost\n{MANY}")).unwrap());
    let two = number(&begin(&format!("lost\n{MANY}")).unwrap());
    assert!(go_on(&one).unwrap_err().contains("ended"));
    end(&one).unwrap();
    assert!(go_on(&two).unwrap().starts_with("going "));
    end(&two).unwrap();
    assert!(go_on(&two).is_err());
}

#[test]
fn memory_used_up_says_what_was_left() {
    let mut search = Search::new(&[Invariant::Lost], MANY, 1 << 20).unwrap();
    let said = loop {
        let (said, over) = search.piece();
        if over {
            break said;
        }
    };
    assert!(said.starts_with("unknown not known: the memory was used up\n"), "{said}");
    assert!(said.contains("\nopen "), "{said}");
}

#[test]
fn wrong_texts_and_questions_say_so() {
    let error = begin("lost\nfire\n").unwrap_err();
    assert!(error.starts_with("line 1, column"), "{error}");
    // Of a text let loose the lines are others: none is named.
    let many = "fire 0\n".repeat(17);
    let error = begin(&format!("lost\n{many}")).unwrap_err();
    assert!(!error.starts_with("line") && !error.is_empty(), "{error}");
    assert!(begin("lsot\nfire 0\n").is_err());
    assert!(go_on("").is_err() && go_on("x").is_err());
}
