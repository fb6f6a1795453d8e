//! What the playground says to its tools, and what they ask of it.
//!
//! The tools are a module of their own (`web/tools`), with a memory of its own: between the two
//! stand texts. The playground says a line, and the scenario's text when it is another; a tool
//! asks by a line, with more behind it where it puts in text. Neither trusts the other: what can't
//! be read is nothing.
//!
//! Each side runs the text by itself. The same text gives the same run, so a position means the
//! same to both.

use vfio_irq_core::device::Stimulus;
use vfio_irq_core::event::CauseId;

use crate::state::{Action, State};

/// What the tools are shown, but for the text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Shown {
    /// The word of the open tool.
    pub tool: String,
    /// The word of the tool that was open when this one was opened; empty: none.
    pub before: String,
    /// It stands in a chapter, for the hosts that the chapter compares.
    pub chapter: bool,
    /// How many events have happened.
    pub position: usize,
    /// The cause followed.
    pub followed: Option<u32>,
    /// The vector that `fire` fires.
    pub vector: u16,
    /// The hosts compared; those of a link on the full page.
    pub hosts: Vec<String>,
}

impl Shown {
    /// The line. A word with white space in it is left out.
    pub fn line(&self) -> String {
        let followed = self.followed.map_or_else(|| NONE.to_owned(), |cause| cause.to_string());
        let place = if self.chapter { CHAPTER } else { PAGE };
        let (position, vector) = (self.position.to_string(), self.vector.to_string());
        let before = if self.before.is_empty() { NONE } else { &self.before };
        let mut line = String::new();
        let words = [&*self.tool, place, &position, &followed, &vector, before];
        for word in words.into_iter().chain(self.hosts.iter().map(|host| &**host)) {
            if !word.is_empty() && !word.contains(char::is_whitespace) {
                line.push_str(word);
                line.push(' ');
            }
        }
        line
    }

    /// What a line says.
    pub fn read(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let tool = words.next()?.to_owned();
        let chapter = match words.next()? {
            CHAPTER => true,
            PAGE => false,
            _ => return None,
        };
        Some(Self {
            tool,
            chapter,
            position: words.next()?.parse().ok()?,
            followed: optional(words.next()?)?,
            vector: words.next()?.parse().ok()?,
            before: words.next().filter(|word| *word != NONE).unwrap_or_default().to_owned(),
            hosts: words.map(str::to_owned).collect(),
        })
    }

    /// A tools' own state, brought to what is shown. It runs again only for another text.
    pub fn follow(&self, state: &State, text: &str) -> State {
        let mut next = match *state.text == *text {
            true => state.clone(),
            false => state.with_text(text),
        };
        next = next.reduce(Action::Vector(self.vector)).reduce(Action::Seek(self.position));
        let followed = self.followed.map(CauseId);
        if next.followed != followed { next.reduce(Action::Follow(followed)) } else { next }
    }
}

const CHAPTER: &str = "chapter";
const PAGE: &str = "page";
const NONE: &str = "-";

/// A number, or the sign for none.
fn optional(word: &str) -> Option<Option<u32>> {
    if word == NONE { Some(None) } else { word.parse().ok().map(Some) }
}

/// What a tool asks of the playground.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Asked {
    /// A change of state.
    Do(Action),
    /// To have these hosts in the link: they are compared.
    Hosts(Vec<String>),
    /// To be closed.
    Close,
    /// Nothing any more: its module stopped, for this reason.
    Stopped(String),
}

impl Asked {
    /// The text; none for what no tool asks.
    pub fn text(&self) -> Option<String> {
        let number = |word: &str, number: u32| [word, " ", &number.to_string()].concat();
        let or_none = |word: &str, value: Option<u32>| match value {
            Some(value) => number(word, value),
            None => [word, " ", NONE].concat(),
        };
        let action = match self {
            Self::Do(action) => action,
            Self::Hosts(hosts) => return Some(["hosts ", &hosts.join(" ")].concat()),
            Self::Close => return Some("close".into()),
            Self::Stopped(why) => return Some(["stopped\n", why].concat()),
        };
        Some(match action {
            Action::Insert(lines) => ["insert\n", lines].concat(),
            Action::Replace(text) => ["replace\n", text].concat(),
            Action::Seek(position) => number("seek", u32::try_from(*position).ok()?),
            Action::End => "end".into(),
            Action::Host(name) => ["host\n", name].concat(),
            Action::Function(name) => ["function\n", name].concat(),
            Action::Follow(cause) => or_none("follow", cause.map(|CauseId(cause)| cause)),
            Action::Raise(stimulus) => match stimulus {
                Stimulus::Fire(vector) => number("fire", u32::from(*vector)),
                Stimulus::AssertIntx => "assert".into(),
                Stimulus::DeassertIntx => "deassert".into(),
                Stimulus::Error => "error".into(),
                Stimulus::Request => "request".into(),
                Stimulus::Supply(left) => or_none("supply", *left),
            },
            _ => return None,
        })
    }

    /// What a text asks.
    pub fn read(said: &str) -> Option<Self> {
        let (line, text) = said.split_once('\n').unwrap_or((said, ""));
        let (word, value) = line.split_once(' ').unwrap_or((line, ""));
        let raise = |stimulus| Some(Action::Raise(stimulus));
        let action = match word {
            "hosts" => {
                let hosts = value.split_whitespace().map(str::to_owned);
                return Some(Self::Hosts(hosts.collect()));
            }
            "close" => return Some(Self::Close),
            "stopped" => return Some(Self::Stopped(text.to_owned())),
            "insert" => Some(Action::Insert(text.to_owned())),
            "replace" => Some(Action::Replace(text.to_owned())),
            "seek" => value.parse().ok().map(Action::Seek),
            "end" => Some(Action::End),
            "host" => Some(Action::Host(text.to_owned())),
            "function" => Some(Action::Function(text.to_owned())),
            "follow" => optional(value).map(|cause| Action::Follow(cause.map(CauseId))),
            "fire" => value.parse().ok().map(|vector| Action::Raise(Stimulus::Fire(vector))),
            "assert" => raise(Stimulus::AssertIntx),
            "deassert" => raise(Stimulus::DeassertIntx),
            "error" => raise(Stimulus::Error),
            "request" => raise(Stimulus::Request),
            "supply" => optional(value).map(|left| Action::Raise(Stimulus::Supply(left))),
            _ => None,
        };
        action.map(Self::Do)
    }
}

// Natively only: proptest is not built for wasm32.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::rc::Rc;

    const TEXT: &str = "set_irqs msix trigger eventfd 0 [a]\nfire 0\nfire 0\n";

    fn shown() -> Shown {
        Shown {
            tool: "Compare".into(),
            before: "Inject".into(),
            chapter: true,
            position: 7,
            followed: Some(2),
            vector: 3,
            hosts: vec!["linux-6.1".into(), "mediated".into()],
        }
    }

    #[test]
    fn line_says_what_is_shown() {
        let none = Shown { tool: "Share".into(), ..Shown::default() };
        for shown in [shown(), none] {
            assert_eq!(Shown::read(&shown.line()), Some(shown));
        }
        assert_eq!(shown().line(), "Compare chapter 7 2 3 Inject linux-6.1 mediated ");
    }

    #[test]
    fn host_that_is_no_word_is_left_out() {
        let hosts = vec!["a b".into(), String::new(), "c".into()];
        let read = Shown::read(&Shown { hosts, ..shown() }.line()).unwrap();
        assert_eq!(read.hosts, ["c"]);
    }

    #[test]
    fn everything_a_tool_asks_arrives() {
        let raise = Action::Raise;
        let actions = [
            Action::Insert("fire 0\nfire 1".into()),
            Action::Replace(TEXT.into()),
            Action::Replace(String::new()),
            Action::Seek(4),
            Action::End,
            Action::Host("linux-6.1".into()),
            Action::Function("edu".into()),
            Action::Follow(None),
            Action::Follow(Some(CauseId(3))),
            raise(Stimulus::Fire(2047)),
            raise(Stimulus::AssertIntx),
            raise(Stimulus::DeassertIntx),
            raise(Stimulus::Error),
            raise(Stimulus::Request),
            raise(Stimulus::Supply(None)),
            raise(Stimulus::Supply(Some(0))),
        ];
        let all = actions.map(Asked::Do);
        let hosts = Asked::Hosts(vec!["linux-6.1".into(), "mediated".into()]);
        for asked in all.into_iter().chain([hosts, Asked::Close, Asked::Stopped("why\nso".into())])
        {
            assert_eq!(asked.text().and_then(|text| Asked::read(&text)), Some(asked));
        }
        assert_eq!(Asked::Do(Action::Undo).text(), None);
    }

    #[test]
    fn what_cannot_be_read_asks_nothing() {
        for said in ["", "undo", "seek", "seek -1", "fire 65536", "supply x", " end"] {
            assert_eq!(Asked::read(said), None, "{said}");
        }
    }

    #[test]
    fn text_runs_again_only_when_it_is_another() {
        let state = State::new(TEXT, None);
        let shown = Shown { position: 2, followed: Some(1), vector: 5, ..Shown::default() };
        let there = shown.follow(&state, TEXT);
        assert_eq!((there.position, there.vector), (2, 5));
        assert_eq!(there.followed, Some(CauseId(1)));
        let same = |a: &State, b: &State| {
            Rc::ptr_eq(a.run.as_ref().expect("it ran"), b.run.as_ref().expect("it ran"))
        };
        assert!(same(&state, &there));
        let other = shown.follow(&there, "fire 0\n");
        assert!(!same(&there, &other) && &*other.text == "fire 0\n");
        let wrong = shown.follow(&other, "fier");
        assert!(wrong.stale() && same(&other, &wrong));
        assert_eq!(Shown::default().follow(&there, TEXT).followed, None);
        assert!(!other.can_undo(), "nobody can take anything back here");
    }

    proptest! {
        #[test]
        fn any_line_is_survived(line in "(?s).{0,60}", state in ".{0,20}") {
            let _ = Asked::read(&line);
            if let Some(shown) = Shown::read(&line) {
                let state = shown.follow(&State::new(TEXT, None), &state);
                prop_assert!(state.position <= state.len());
            }
        }

        #[test]
        fn any_number_is_survived(position in any::<usize>(), followed in any::<Option<u32>>()) {
            let shown = Shown { position, followed, ..shown() };
            prop_assert_eq!(Shown::read(&shown.line()), Some(shown.clone()));
            let state = shown.follow(&State::new(TEXT, None), TEXT);
            prop_assert!(state.position <= state.len());
        }
    }
}
