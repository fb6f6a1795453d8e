//! The current event in a sentence, and for a refusal the rule that says no. Read aloud as it
//! changes.

use vfio_irq_core::clause;
use vfio_irq_core::event::{Event, Outcome};
use vfio_irq_core::render;
use yew::prelude::*;

use crate::run::Run;
use crate::state::State;

/// The current event.
pub fn now(state: &State) -> Html {
    let Some(run) = state.run.as_deref() else { return Html::default() };
    let said = match run.current(state.position) {
        None => html! { <span class="vfi-sentence">{ beginning(run) }</span> },
        Some((entry, event)) => html! { <>
            <span class="vfi-where">{ format!("line {}", entry.line) }</span>
            <span class="vfi-sentence">{ render::sentence(event, &run.trace().names) }</span>
            { rule(event) }
        </> },
    };
    html! {
        <div class={classes!("vfi-now", state.stale().then_some("vfi-stale"))}
            role="status" aria-live="polite" aria-atomic="true">
            { said }
        </div>
    }
}

/// Before the first event: what there is.
fn beginning(run: &Run) -> String {
    let trace = run.trace();
    format!("Before the first event. {}; host {}.", trace.function, trace.host)
}

fn rule(event: &Event) -> Html {
    let Event::Return(Outcome::Refused { errno, clause }) = event else { return Html::default() };
    let Some(id) = clause else { return Html::default() };
    let text = clause::rule(id).map_or("", |rule| rule.text);
    html! {
        <span class="vfi-rule">
            <b class="vfi-badge">{ errno.to_string() }</b>{ " says " }<code>{ id.to_string() }</code>
            if !text.is_empty() { { ": " }{ text } }
        </span>
    }
}
