//! What the full page keeps between visits: the text being edited, and the last texts that ran.
//!
//! A draft is never written over by another visit: a link, or a chapter's "Full screen", begins a
//! draft of its own, and the one from before is offered.

use std::rc::Rc;

use gloo::timers::callback::Timeout;
use yew::prelude::*;

use crate::kept::{self, Kept};
use crate::run::Run;
use crate::state::{Action, State};
use crate::storage::{self, DRAFTS, RUNS};

/// A text counts as a run when it has stood this long, in milliseconds: what one types on the way
/// to a line is none.
const STANDS: u32 = 1_000;

/// What is kept.
pub struct Keeping {
    /// Names the drafts of this visit.
    visit: String,
    /// The text as it was kept last.
    saved: Rc<str>,
    /// A draft from before: open already, or to be had.
    draft: Option<(Kept, bool)>,
    /// The last runs, newest first.
    pub runs: Rc<[Kept]>,
    waiting: Option<Timeout>,
}

/// What a reader says about the draft.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Say {
    /// Open it.
    Open,
    /// No more of it.
    Close,
}

impl Keeping {
    /// What was kept, and the state to begin with: where the address says nothing else, the draft.
    pub fn new(state: State) -> (Self, State) {
        let hash = gloo::utils::window().location().hash().unwrap_or_default();
        let drafts = storage::list(DRAFTS);
        let draft = drafts.into_iter().next().filter(|draft| *draft.text != *state.text);
        let open = hash.len() < 2 && !storage::take_crashed();
        let mut new = Self {
            visit: storage::now().to_string(),
            saved: state.text.clone(),
            draft: None,
            runs: storage::list(RUNS).into(),
            waiting: None,
        };
        let mut state = state;
        if let Some(draft) = draft {
            if open {
                state = state.reduce(Action::Replace(draft.text.clone())).reduce(Action::End);
                new.visit.clone_from(&draft.note);
                new.saved = state.text.clone();
            }
            new.draft = Some((draft, open));
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
        let visit = self.visit.clone();
        let mine = |draft: &Kept| draft.note == visit;
        if state.changed() {
            let draft =
                Kept { time: storage::now(), note: visit.clone(), text: state.text.to_string() };
            kept::add(&mut drafts, draft, mine);
        } else {
            drafts.retain(|draft| !mine(draft));
        }
        storage::put(DRAFTS, &drafts);
    }

    /// Keeps the run.
    pub fn ran(&mut self, state: &State) {
        self.waiting = None;
        let Some(run) = state.run.as_deref().filter(|_| !state.stale()) else { return };
        let mut runs = storage::list(RUNS);
        let note = summary(run);
        kept::add(
            &mut runs,
            Kept { time: storage::now(), note, text: run.text.to_string() },
            |_| false,
        );
        storage::put(RUNS, &runs);
        self.runs = runs.into();
    }

    /// Does what is said about the draft; the text to open, if any.
    pub fn say(&mut self, say: Say) -> Option<String> {
        let (draft, _) = self.draft.take()?;
        (say == Say::Open).then_some(draft.text)
    }

    /// The line about the draft.
    pub fn view(&self, say: &Callback<Say>) -> Html {
        let Some((draft, open)) = &self.draft else { return Html::default() };
        let button = |what: Say, word: &'static str| {
            let onclick = say.reform(move |_: MouseEvent| what);
            html! { <button type="button" {onclick}>{ word }</button> }
        };
        let time = storage::time_text(draft.time);
        html! {
            <p class="vfi-draft" role="status">
                { "Your draft of " }{ time }
                if *open {
                    { " is open; Reset brings back the page's own text. " }
                    { button(Say::Close, "Good") }
                } else {
                    { " is kept. " }
                    { button(Say::Open, "Open it") }{ " " }{ button(Say::Close, "Not now") }
                }
            </p>
        }
    }
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
