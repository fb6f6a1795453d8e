//! The last texts that ran: open one, or put two side by side.

use std::rc::Rc;

use yew::prelude::*;

use super::diff::Diff;
use crate::components::Shared;
use crate::kept::Kept;
use crate::run::Run;
use crate::state::Action;
use crate::storage;

/// What a tool is shown with.
#[derive(Clone, Properties)]
pub struct Props {
    /// The state.
    pub state: Shared,
    /// The runs, newest first.
    pub runs: Rc<[Kept]>,
    /// Begins its ids.
    pub id: AttrValue,
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.runs, &other.runs) && self.state.text == other.state.text
    }
}

/// A run was chosen to compare, or no longer.
pub struct Chosen(usize);

/// The tool.
pub struct Runs {
    /// What is compared; at most two.
    chosen: Vec<Rc<Run>>,
}

impl Component for Runs {
    type Message = Chosen;
    type Properties = Props;

    fn create(_: &Context<Self>) -> Self {
        Self { chosen: Vec::new() }
    }

    fn update(&mut self, ctx: &Context<Self>, Chosen(at): Chosen) -> bool {
        let Some(kept) = ctx.props().runs.get(at) else { return false };
        let before = self.chosen.len();
        self.chosen.retain(|run| *run.text != *kept.text);
        if self.chosen.len() == before
            && let Ok(run) = Run::new(&kept.text)
        {
            if before == 2 {
                self.chosen.remove(0);
            }
            self.chosen.push(Rc::new(run));
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let Props { state, runs, id } = ctx.props();
        if runs.is_empty() {
            return html! { <p class="vfi-empty">{ "No run is kept yet: the browser keeps nothing here, or nothing ran." }</p> };
        }
        html! { <>
            <ol class="vfi-kept-runs">
                { for runs.iter().enumerate().map(|(at, kept)| self.row(ctx, at, kept)) }
            </ol>
            { match &self.chosen[..] {
                [a, b] => {
                    // The text on the page goes first: its timeline follows.
                    let own = |run: &Rc<Run>| *run.text == *state.text;
                    let (a, b) = if own(b) { (b, a) } else { (a, b) };
                    let seek = match own(a) {
                        true => {
                            let state = state.dispatcher();
                            Callback::from(move |position| state.dispatch(Action::Seek(position)))
                        }
                        false => Callback::noop(),
                    };
                    let names = [a, b].map(|run| AttrValue::from(name(run, runs)));
                    html! { <Diff a={a.clone()} b={b.clone()} {names} {seek} id={id.clone()} /> }
                }
                _ => html! { <p class="vfi-note">{ "Choose two to compare them." }</p> },
            } }
        </> }
    }
}

/// `run 3`: by its place in the list.
fn name(run: &Run, runs: &[Kept]) -> String {
    match runs.iter().position(|kept| *kept.text == *run.text) {
        Some(at) => format!("run {}", at + 1),
        None => "an older run".to_owned(),
    }
}

impl Runs {
    fn row(&self, ctx: &Context<Self>, at: usize, kept: &Kept) -> Html {
        let state = &ctx.props().state;
        let on = self.chosen.iter().any(|run| *run.text == *kept.text);
        let here = *kept.text == *state.text;
        let onchange = ctx.link().callback(move |_: Event| Chosen(at));
        let open = {
            let (state, text) = (state.dispatcher(), kept.text.clone());
            Callback::from(move |_: MouseEvent| {
                state.dispatch(Action::Replace(text.clone()));
                state.dispatch(Action::End);
            })
        };
        let time = storage::time_text(kept.time);
        html! {
            <li>
                <label><input type="checkbox" checked={on} {onchange} />{ format!("run {}", at + 1) }</label>
                <button type="button" onclick={open} disabled={here}>{ if here { "on the page" } else { "Open" } }</button>
                <span class="vfi-note">{ time }</span>
                <span>{ &kept.note }</span>
            </li>
        }
    }
}
