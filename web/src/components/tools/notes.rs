//! What looks like misuse in the run, with its rule, by line.

use std::rc::Rc;

use vfio_irq_core::notes::{self, Known, Note};
use yew::prelude::*;

use crate::components::Shared;
use crate::run::Run;
use crate::state::Action;

/// What a tool is shown with.
#[derive(Clone, Properties)]
pub struct Props {
    /// The state.
    pub state: Shared,
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.state.state, &other.state.state)
    }
}

/// The tool.
pub struct Notes {
    /// The run they are of: they are made once for it, at whatever position it is.
    run: Option<Rc<Run>>,
    notes: Vec<Note>,
}

impl Notes {
    fn look(&mut self, run: Option<&Rc<Run>>) {
        let same = match (&self.run, run) {
            (Some(old), Some(new)) => Rc::ptr_eq(old, new),
            (old, new) => old.is_none() && new.is_none(),
        };
        if !same {
            self.run = run.cloned();
            let of = |run: &Rc<Run>| notes::of(run.trace(), Known::of(&run.machine(0)));
            self.notes = run.map(of).unwrap_or_default();
        }
    }
}

impl Component for Notes {
    type Message = ();
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let mut tool = Self { run: None, notes: Vec::new() };
        tool.look(ctx.props().state.run.as_ref());
        tool
    }

    fn changed(&mut self, ctx: &Context<Self>, _: &Props) -> bool {
        self.look(ctx.props().state.run.as_ref());
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let state = &ctx.props().state;
        if self.notes.is_empty() {
            return html! {
                <p class="vfi-empty">{ "Nothing in this run looks like a known mistake." }</p>
            };
        }
        let now = self.run.as_ref().and_then(|run| run.line(state.position));
        let row = |note: &Note| self.row(state, note, now);
        html! { <ul class="vfi-kept-runs vfi-notes">{ for self.notes.iter().map(row) }</ul> }
    }
}

impl Notes {
    /// A note: its lines, which can be gone to, its sentences and its rule.
    fn row(&self, state: &Shared, note: &Note, now: Option<u32>) -> Html {
        let lines = [note.line].into_iter().chain(note.also.iter().copied());
        let line = |line: u32| {
            let place = self.run.as_ref().and_then(|run| run.end_of_line(line));
            let state = state.dispatcher();
            let onclick = Callback::from(move |_: MouseEvent| {
                if let Some(place) = place {
                    state.dispatch(Action::Seek(place));
                }
            });
            let here = now == Some(line);
            html! {
                <button type="button" {onclick} class={here.then_some("vfi-on")}
                    aria-current={here.then_some("step")}>{ format!("line {line}") }</button>
            }
        };
        let id = note.clause.as_ref();
        html! {
            <li>
                { for lines.take(MOST_LINES).map(line) }
                if note.also.len() >= MOST_LINES {
                    { format!("and {} more", note.also.len() + 1 - MOST_LINES) }
                }
                <span>
                    { &note.text }{ " " }
                    <a href={["clauses.html#", id].concat()}><code>{ id.to_owned() }</code></a>
                </span>
            </li>
        }
    }
}

/// Most lines of a note that are shown: a long run says the same many times.
const MOST_LINES: usize = 8;
