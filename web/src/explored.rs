//! What the worker says of an exploration (`web/worker/src/explore.rs`), read.

/// What it says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Said {
    /// It is not over.
    Going(Progress),
    /// It is.
    Over(Box<Answer>),
}

/// How far it is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    /// By which to go on.
    pub number: String,
    /// Something does not hold: the shortest run that shows it is looked for.
    pub found: bool,
    /// States seen.
    pub states: u32,
    /// Of them, not yet followed.
    pub open: u32,
    /// Bytes they take.
    pub memory: u32,
    /// Bytes they may take.
    pub bound: u32,
}

/// What came out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// What was asked holds in every run.
    Holds,
    /// Something does not.
    Fails,
    /// The memory was used up.
    Unknown,
}

/// The end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// What came out.
    pub kind: Kind,
    /// The same in a few words.
    pub words: String,
    /// Bytes it took.
    pub memory: u32,
    /// How much was seen, in words.
    pub seen: String,
    /// What was asked, a sentence each without its end.
    pub asked: Vec<String>,
    /// What was assumed, a sentence each.
    pub assumed: Vec<String>,
    /// What does not hold, one sentence without its end.
    pub what: String,
    /// Moves until then.
    pub moves: u32,
    /// States not followed any more.
    pub open: u32,
    /// The run that shows it, as a scenario.
    pub run: String,
    /// The text explored, if the one given left nothing open.
    pub loosened: String,
}

impl Said {
    /// What a text says; none if it can't be read.
    pub fn read(said: &str) -> Option<Self> {
        let mut parts = said.splitn(3, '\u{1e}');
        let head = parts.next()?;
        let run = parts.next().unwrap_or_default().to_owned();
        let loosened = parts.next().unwrap_or_default().to_owned();
        let (first, rest) = head.split_once('\n')?;
        let all = |word: &str| {
            let line = |line: &str| Some(line.strip_prefix(word)?.strip_prefix(' ')?.to_owned());
            rest.lines().filter_map(line).collect::<Vec<_>>()
        };
        let one = |word: &str| all(word).pop().unwrap_or_default();
        let number = |word: &str| one(word).parse().unwrap_or_default();
        let (word, words) = first.split_once(' ')?;
        let kind = match word {
            "holds" => Kind::Holds,
            "fails" => Kind::Fails,
            "unknown" => Kind::Unknown,
            "going" => {
                return Some(Self::Going(Progress {
                    number: words.to_owned(),
                    found: rest.lines().any(|line| line == "found"),
                    states: number("states"),
                    open: number("open"),
                    memory: number("memory"),
                    bound: number("bound"),
                }));
            }
            _ => return None,
        };
        Some(Self::Over(Box::new(Answer {
            kind,
            words: words.to_owned(),
            memory: number("memory"),
            seen: one("seen"),
            asked: all("asked"),
            assumed: all("assumed"),
            what: one("what"),
            moves: number("moves"),
            open: number("open"),
            run,
            loosened,
        })))
    }
}

// Natively only: the worker is no part of the page's own modules.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use vfio_irq_worker::perform;

    const LOOSE: &str = "set_irqs msix trigger eventfd 0 [a]\nfire 0\n\
        set_irqs msix trigger none 0+0\nset_irqs msix trigger eventfd 0 [a]\n";

    fn over(text: &str) -> Answer {
        match Said::read(&perform("explore", text).unwrap()) {
            Some(Said::Over(answer)) => *answer,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn loss_is_read_with_its_run_and_what_was_explored() {
        let answer = over(&format!("lost\n{LOOSE}"));
        assert_eq!(answer.kind, Kind::Fails);
        assert_eq!(answer.words, "an interrupt can be lost");
        assert!(answer.moves > 1 && answer.memory > 0 && !answer.what.is_empty(), "{answer:?}");
        assert!(answer.run.contains("fire 0"), "{}", answer.run);
        assert!(answer.loosened.contains("meanwhile fire 0"), "{}", answer.loosened);
    }

    #[test]
    fn what_holds_is_read_with_what_was_asked() {
        let text = "lost masked\nset_irqs msix trigger eventfd 0 [a]\nmeanwhile fire 0\n";
        let answer = over(text);
        assert_eq!((answer.kind, &*answer.run, &*answer.loosened), (Kind::Holds, "", ""));
        assert_eq!(answer.asked, ["no interrupt is lost", "none is delivered while masked"]);
        assert_eq!(answer.assumed.len(), 4);
        assert!(answer.seen.contains("of 256 MiB"), "{}", answer.seen);
    }

    #[test]
    fn progress_is_read_with_the_number_to_go_on_by() {
        let mut text = "lost\nset_irqs msix trigger eventfd 0 [a, b, c, d]\n".to_owned();
        for vector in 0..4 {
            text += &format!("meanwhile fire {vector} x20\n");
        }
        let Some(Said::Going(progress)) = Said::read(&perform("explore", &text).unwrap()) else {
            panic!("over at once")
        };
        assert!(progress.states >= 10_000 && progress.open > 0 && !progress.found);
        assert_eq!(progress.bound, 256 << 20);
        let said = perform("explore on", &progress.number).unwrap();
        let Some(Said::Going(later)) = Said::read(&said) else { panic!("{said}") };
        assert!(later.states > progress.states, "{later:?}");
        perform("explore no more", &progress.number).unwrap();
    }

    #[test]
    fn what_is_no_answer_is_none() {
        for said in ["", "going", "holds\n", "perhaps so\n"] {
            assert_eq!(Said::read(said), None, "{said:?}");
        }
    }
}
