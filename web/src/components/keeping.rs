//! What the full page keeps between visits: the text being edited, and the last texts that ran.
//!
//! A draft is never written over by another visit: a visit replaces the draft it goes on from only
//! while that stands as it was, and a link, or a chapter's "Full screen", begins a draft of its own.
//! Those from before are offered.

use std::rc::Rc;

use gloo::timers::callback::Timeout;
use yew::prelude::*;

use crate::kept::{self, Draft, Kept};
use crate::run::Run;
use crate::state::{Action, State};
use crate::storage::{self, DRAFTS, RUNS};

/// A text counts as a run when it has stood this long, in milliseconds: what one types on the way
/// to a line is none.
const STANDS: u32 = 1_000;

/// What is kept.
pub struct Keeping {
    /// The draft this visit goes on from.
    from: Option<Draft>,
    /// The text as it was kept last.
    saved: Rc<str>,
    /// When the draft was kept that is open from the beginning, as long as it is spoken of.
    open: Option<u64>,
    /// Other drafts from before, newest first.
    offered: Vec<Kept>,
    /// The text can't be kept.
    unkept: bool,
    /// The last runs, newest first.
    pub runs: Rc<[Kept]>,
    waiting: Option<Timeout>,
}

/// What a reader says about the drafts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Say {
    /// Open this one of those offered.
    Open(usize),
    /// No more of it.
    Close,
}

impl Keeping {
    /// What was kept, and the state to begin with: where the address says nothing else, the newest draft.
    pub fn new(state: State) -> (Self, State) {
        let hash = gloo::utils::window().location().hash().unwrap_or_default();
        let mut offered = storage::list(DRAFTS);
        offered.retain(|draft| *draft.text != *state.text);
        // Asked whatever the address says: the next visit did not crash.
        let crashed = storage::take_crashed();
        let mut new = Self {
            from: None,
            saved: state.text.clone(),
            open: None,
            offered,
            unkept: false,
            runs: storage::list(RUNS).into(),
            waiting: None,
        };
        let mut state = state;
        if hash.len() < 2 && !crashed && !new.offered.is_empty() {
            let draft = new.offered.remove(0);
            state = state.reduce(Action::Replace(draft.text.clone())).reduce(Action::End);
            new.saved = state.text.clone();
            new.open = Some(draft.time);
            new.from = Some(Draft { kept: draft, own: true });
        }
        (new, state)
    }

    /// Takes notice of a change; `later` when a run has stood long enough.
    pub fn notice(&mut self, before: &State, after: &State, later: Callback<()>) {
        let kept_as_is = after.text == self.saved || !after.settled();
        if !kept_as_is {
            self.save(after);
        }
        if after.run == before.run || after.stale() {
            return;
        }
        // Something else took the text's place at once, not by typing: it had stood.
        if self.waiting.take().is_some() && !typed(before, after) {
            self.ran(before);
        }
        self.waiting = Some(Timeout::new(STANDS, move || later.emit(())));
    }

    /// Keeps the text as this visit's draft; none if it is the page's own.
    fn save(&mut self, state: &State) {
        self.saved = state.text.clone();
        let mut drafts = storage::list(DRAFTS);
        let new = state.changed().then(|| Kept {
            time: storage::now(),
            note: String::new(),
            text: state.text.to_string(),
        });
        let before = self.from.clone();
        let kept = Draft::keep(&mut self.from, &mut drafts, new);
        self.unkept = !kept || !storage::put(DRAFTS, &drafts);
        if self.unkept {
            self.from = before;
        }
    }

    /// Keeps the run.
    pub fn ran(&mut self, state: &State) {
        self.waiting = None;
        let Some(run) = state.run.as_deref().filter(|_| !state.stale()) else { return };
        let mut runs = storage::list(RUNS);
        let note = summary(run);
        let new = Kept { time: storage::now(), note, text: run.text.to_string() };
        kept::add(&mut runs, new, |one| *one.text == *run.text);
        storage::put(RUNS, &runs);
        self.runs = runs.into();
    }

    /// Does what is said about the drafts; the text to open, if any.
    pub fn say(&mut self, say: Say) -> Option<String> {
        self.open = None;
        match say {
            Say::Open(at) if at < self.offered.len() => Some(self.offered.remove(at).text),
            Say::Open(_) => None,
            Say::Close => {
                self.offered.clear();
                None
            }
        }
    }

    /// The lines about the drafts.
    pub fn view(&self, say: &Callback<Say>) -> Html {
        let button = |what: Say, word: &'static str| {
            let onclick = say.reform(move |_: MouseEvent| what);
            html! { <button type="button" {onclick}>{ word }</button> }
        };
        let mut offered = self.offered.iter().enumerate();
        let newest = match self.open {
            Some(time) => html! { <>
                { "Your draft of " }{ storage::time_text(time) }
                { " is open; Reset brings back the page's own text. " }
                { button(Say::Close, "Good") }
            </> },
            None => match offered.next() {
                Some((at, draft)) => html! { <>
                    { "Your draft of " }{ storage::time_text(draft.time) }{ " is kept. " }
                    { button(Say::Open(at), "Open it") }{ " " }{ button(Say::Close, "Not now") }
                </> },
                None => Html::default(),
            },
        };
        let older = offered.len();
        html! { <>
            if self.unkept {
                <p class="vfi-notice" role="status">
                    { "This text is not kept as a draft: there is no room for it in the browser's storage." }
                </p>
            }
            if self.open.is_some() || !self.offered.is_empty() {
                <div class="vfi-draft" role="status">
                    { newest }
                    if older > 0 {
                        <details>
                            <summary>{ "and " }{ older.to_string() }{ " older" }</summary>
                            <ul>
                                { for offered.map(|(at, draft)| html! {
                                    <li>
                                        { button(Say::Open(at), "Open") }{ " " }{ storage::time_text(draft.time) }{ " " }
                                        <code>{ last_line(&draft.text) }</code>
                                    </li>
                                }) }
                            </ul>
                        </details>
                    }
                </div>
            }
        </> }
    }
}

/// The last line with something in it: what a reader writes is at the end more often than not, and
/// drafts begin alike.
fn last_line(text: &str) -> String {
    let line = text.lines().rev().find(|line| !line.trim().is_empty());
    line.unwrap_or_default().trim().chars().take(60).collect()
}

/// Whether the later text can have come of typing: one line differs.
fn typed(before: &State, after: &State) -> bool {
    crate::edit::changed_line(&before.text, &after.text).is_some()
}

/// Host, function, ledger.
fn summary(run: &Run) -> String {
    let trace = run.trace();
    let sum = &trace.ledger;
    let held = if trace.held { "" } else { "; not as expected" };
    format!(
        "{}; {}; causes {} = signalled {} + merged {} + waiting {} + lost {}{held}",
        trace.host, trace.function, sum.causes, sum.signalled, sum.merged, sum.waiting, sum.lost,
    )
}
