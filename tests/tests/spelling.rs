//! The book's spelling. Without hunspell it is skipped, by name.

use std::collections::BTreeSet;

use libtest_mimic::{Arguments, Failed, Trial};
use vfio_irq_tests::prose::{self, WORDS};

fn main() {
    let trials = vec![
        Trial::test("book/words.txt is in order and each word is needed", list),
        Trial::test("words of the book are spelt right", spelling)
            .with_ignored_flag(!prose::can_be_spelt()),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn list() -> Result<(), Failed> {
    let (list, used) = (prose::own_words()?, prose::words());
    let used: BTreeSet<String> = used.keys().map(|word| word.to_lowercase()).collect();
    for pair in list.windows(2) {
        if pair[0] >= pair[1] {
            return Err(format!("{WORDS}: {:?} stands before {:?}", pair[0], pair[1]).into());
        }
    }
    let needless: Vec<&String> = list.iter().filter(|word| !used.contains(*word)).collect();
    match needless.is_empty() {
        true => Ok(()),
        false => Err(format!("{WORDS} has words that no page has: {needless:?}").into()),
    }
}

fn spelling() -> Result<(), Failed> {
    let (list, used) = (prose::own_words()?, prose::words());
    let own: BTreeSet<&str> = list.iter().map(String::as_str).collect();
    let words: BTreeSet<&str> = used.keys().map(String::as_str).collect();
    let mut known = own.clone();
    let mut wrong = Vec::new();
    for word in prose::unknown(&words)? {
        let small = word.to_lowercase();
        known.remove(small.as_str());
        if !own.contains(small.as_str()) {
            let places = &used[&word];
            wrong.push(format!("{small}  # {}", places[..places.len().min(3)].join(", ")));
        }
    }
    wrong.extend(known.iter().map(|word| format!("{word}  # known without {WORDS}")));
    match wrong.is_empty() {
        true => Ok(()),
        false => {
            let text = wrong.join("\n");
            Err(format!("misspelt, or right and to be put into {WORDS}:\n{text}").into())
        }
    }
}
