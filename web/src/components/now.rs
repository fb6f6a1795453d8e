//! The current event in a sentence; for a refusal the rule that says no, at the end of a line
//! whether it came as expected. Read aloud as it changes, but not while a run plays, nor when the
//! focus is on the timeline, which reads its rows itself.

use vfio_irq_core::clause;
use vfio_irq_core::event::{Event, Outcome};
use vfio_irq_core::render;
use vfio_irq_core::trace::Check;
use yew::prelude::*;

use crate::options::Options;
use crate::run::Run;
use crate::state::State;

/// The current event.
pub fn now(state: &State, options: &Options, quiet: bool) -> Html {
    let Some(run) = state.run.as_deref() else { return Html::default() };
    let said = match run.current(state.position) {
        None => html! { <span class="vfi-sentence">{ beginning(run) }</span> },
        Some((entry, event)) => html! { <>
            <span class="vfi-where">{ format!("line {}", entry.line) }</span>
            <span class="vfi-sentence">{ render::sentence(event, &run.trace().names) }</span>
            if run.ends_a_line(state.position) { { for entry.checks.iter().take(4).map(check) } }
            { rule(event, options) }
        </> },
    };
    html! {
        <div class={classes!("vfi-now", state.stale().then_some("vfi-stale"))}
            role="status" aria-live={if quiet { "off" } else { "polite" }} aria-atomic="true">
            { said }
        </div>
    }
}

/// Before the first event: what there is.
fn beginning(run: &Run) -> String {
    let trace = run.trace();
    format!("Before the first event. {}; host {}.", trace.function, trace.host)
}

fn check(check: &Check) -> Html {
    if check.held {
        return html! { <span class="vfi-check vfi-good">{ "✓ " }{ &check.expected }</span> };
    }
    html! {
        <span class="vfi-check vfi-bad">{ "✗ expected " }{ &check.expected }{ ", got " }{ &check.actual }</span>
    }
}

fn rule(event: &Event, options: &Options) -> Html {
    let Event::Return(Outcome::Refused { errno, clause }) = event else { return Html::default() };
    let Some(id) = clause else { return Html::default() };
    let text = clause::rule(id).map_or("", |rule| rule.text);
    // The full page keeps what its reader has done.
    let target = options.full.then_some("_blank");
    html! {
        <span class="vfi-rule">
            <b class="vfi-badge">{ errno.to_string() }</b>{ " says " }
            <a href={options.clause(id)} {target}><code>{ id.to_string() }</code></a>
            if !text.is_empty() { { ": " }{ text } }
        </span>
    }
}
