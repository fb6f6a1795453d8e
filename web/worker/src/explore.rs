//! Every run a text allows, a piece at a time: [`Explorer`] for who must stay able to say how far
//! it is, and to be told to stop.
//!
//! The worker has one search at a time, and it goes on only when it is asked to: [`begin`], then
//! [`go_on`] with its number until there is an answer. Between two pieces the worker does what else
//! it is asked. Who asks no more has cancelled; [`end`] gives the memory back.
//!
//! An answer is lines of a word and what it says, then, behind a sign each, the run found and the
//! text explored if that is another. `web/src/explored.rs` reads it.

use std::cell::RefCell;
use std::fmt::Write;

use vfio_irq_core::explore::{Answer, Bounds, Explorer, Invariant, Verdict};
use vfio_irq_core::render;
use vfio_irq_core::scenario::{Overrides, Scenario, TextError};

/// States followed in one piece: some hundredths of a second.
const PIECE: u32 = 10_000;

/// Bytes for the states kept.
pub(crate) const MEMORY: usize = 256 << 20;

/// What stands between the parts of an answer.
const PART: char = '\u{1e}';

thread_local! {
    static SEARCH: RefCell<Option<Search>> = const { RefCell::new(None) };
    /// How many there were.
    static COUNT: RefCell<u32> = const { RefCell::new(0) };
}

/// A search under way.
struct Search {
    number: u32,
    explorer: Explorer,
    asked: Vec<Invariant>,
    memory: usize,
    function: String,
    host: String,
    /// The text explored, if the one given left nothing open.
    loosened: Option<String>,
    /// Something does not hold; the shortest run that shows it is looked for.
    found: bool,
}

impl Search {
    fn new(asked: &[Invariant], text: &str, memory: usize) -> Result<Self, String> {
        let scenario = Scenario::parse(text).map_err(|errors| super::listed(&errors))?;
        let loose = !scenario.is_open();
        let scenario = if loose { scenario.loosened() } else { scenario };
        // The lines of a text let loose are not those of the text.
        let wrong = |error: TextError| match loose {
            true => error.message,
            false => super::listed(&[error]),
        };
        let overrides = Overrides::default();
        let machine = scenario.machine(&overrides).map_err(wrong)?;
        let explorer = Explorer::new(&scenario, &overrides, asked, Bounds { memory });
        let number = COUNT.with_borrow_mut(|count| {
            *count += 1;
            *count
        });
        Ok(Self {
            number,
            explorer: explorer.map_err(wrong)?,
            asked: asked.to_vec(),
            memory,
            function: machine.function.name().to_owned(),
            host: machine.host.profile().name.to_string(),
            loosened: loose.then(|| render::fitted(&scenario)),
            found: false,
        })
    }

    /// The answer, or how far it is.
    fn piece(&mut self) -> (String, bool) {
        let before = self.explorer.reached().states;
        if let Some(verdict) = self.explorer.run(PIECE) {
            return (self.say(&verdict), true);
        }
        let reached = self.explorer.reached();
        self.found |= reached.states < before;
        let found = if self.found { "found\n" } else { "" };
        let (states, open, memory) = (reached.states, reached.open, reached.memory);
        let number = self.number;
        let said = format!(
            "going {number}\n{found}states {states}\nopen {open}\nmemory {memory}\nbound {}\n",
            self.memory
        );
        (said, false)
    }

    fn say(&self, verdict: &Verdict) -> String {
        let mut out = String::new();
        let mut say = |word: &str, what: &str| {
            // A String takes everything.
            let _ = writeln!(out, "{word} {what}");
        };
        let word = match &verdict.answer {
            Answer::Holds => "holds",
            Answer::Fails(_) => "fails",
            Answer::Unknown => "unknown",
        };
        say(word, render::answer(&verdict.answer));
        say("memory", &verdict.reached.memory.to_string());
        say("seen", &render::seen(&verdict.reached, self.memory));
        for one in &self.asked {
            say("asked", one.statement());
        }
        for one in render::assumed(&self.function, &self.host) {
            say("assumed", &one);
        }
        let mut run = String::new();
        match &verdict.answer {
            Answer::Fails(found) => {
                say("what", &found.what);
                say("moves", &found.length.to_string());
                run = render::fitted(&found.scenario);
            }
            Answer::Unknown => say("open", &verdict.reached.open.to_string()),
            Answer::Holds => {}
        }
        format!("{out}{PART}{run}{PART}{}", self.loosened.as_deref().unwrap_or_default())
    }
}

/// Begins a search, in place of the one there was. The first line names what is asked, by the words
/// of [`Invariant`], with spaces between; the rest is the text.
pub(crate) fn begin(said: &str) -> Result<String, String> {
    let (words, text) = said.split_once('\n').unwrap_or((said, ""));
    let asked: Vec<Invariant> = Invariant::ALL
        .into_iter()
        .filter(|one| words.split(' ').any(|word| word == one.word()))
        .collect();
    if asked.is_empty() {
        return Err("nothing was asked of it".into());
    }
    SEARCH.set(None);
    let search = Search::new(&asked, text, MEMORY)?;
    Ok(go(search))
}

/// Goes on with the search of this number.
pub(crate) fn go_on(number: &str) -> Result<String, String> {
    match SEARCH.take() {
        Some(search) if search.number.to_string() == number => Ok(go(search)),
        other => {
            SEARCH.set(other);
            Err("this search was ended for another".into())
        }
    }
}

/// Ends the search of this number, if there is one.
pub(crate) fn end(number: &str) -> Result<String, String> {
    let other = SEARCH.take().filter(|search| search.number.to_string() != number);
    SEARCH.set(other);
    Ok(String::new())
}

fn go(mut search: Search) -> String {
    let (said, over) = search.piece();
    if !over {
        SEARCH.set(Some(search));
    }
    said
}

#[cfg(test)]
mod tests;
