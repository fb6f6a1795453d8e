//! The timeline: every event a row, in the lanes of user, host, function and INTx line.

use vfio_irq_core::event::CauseId;
use vfio_irq_core::render;
use yew::prelude::*;

use super::Shared;
use super::lanes::{WIDTH, lanes, x};
use super::rows::Rows;
use crate::run::Run;
use crate::state::Action;
use crate::view::mark::{Lane, mark};

/// The timeline. `id` begins the ids of its rows: several timelines can be on a page.
pub fn timeline(state: &Shared, id: &str) -> Html {
    let Some(run) = state.run.clone() else {
        return html! { <p class="vfi-empty">{ "No run yet: the text has an error." }</p> };
    };
    if run.is_empty() {
        return html! { <p class="vfi-empty">{ "Nothing happens yet. Write a line." }</p> };
    }
    let follow = Some(state.position.saturating_sub(1));
    let current = state.position.checked_sub(1);
    let count = run.len();
    let row = {
        let (state, id) = (state.clone(), id.to_owned());
        Callback::from(move |row: usize| event_row(&state, &run, row, &id))
    };
    let stale = state.stale().then_some("vfi-stale");
    html! {
        <div class={classes!("vfi-timeline", stale)}>
            { heading() }
            <Rows class="vfi-events" {count} {follow} {row} label="Timeline"
                active={current.map(|row| AttrValue::from(format!("{id}-{row}")))} />
        </div>
    }
}

fn heading() -> Html {
    let names = [
        (Lane::User, "user"),
        (Lane::Host, "host"),
        (Lane::Function, "function"),
        (Lane::Intx, "INTx"),
    ];
    html! {
        <div class="vfi-row vfi-heads" aria-hidden="true">
            <span class="vfi-number" />
            <svg class="vfi-lanes" viewBox={format!("0 0 {WIDTH} 24")}>
                { for names.into_iter().map(|(lane, name)| html! {
                    <text x={x(lane).to_string()} y="16" text-anchor="middle">{ name }</text>
                }) }
            </svg>
            <span class="vfi-words">{ "event" }</span>
        </div>
    }
}

fn event_row(state: &Shared, run: &Run, row: usize, id: &str) -> Html {
    let trace = run.trace();
    let (Some(place), Some((entry, event))) = (run.index.row(row), run.index.event(trace, row))
    else {
        return Html::default();
    };
    let mark = mark(trace, entry, event);
    let now = row + 1 == state.position;
    let followed = state.followed.is_some() && mark.cause == state.followed;
    let way = state.way.as_deref().map(|way| way.at(row)).unwrap_or_default();
    let class = classes!(
        "vfi-row",
        format!("vfi-t-{}", mark.tone.class()),
        now.then_some("vfi-now-row"),
        (row >= state.position).then_some("vfi-future"),
        followed.then_some("vfi-followed"),
        (place.event == 0).then_some("vfi-first"),
    );
    let last = row + 1 == run.index.span(place.entry as usize).end;
    let failed = entry.checks.iter().find(|check| !check.held).filter(|_| last);
    let onclick = {
        let state = state.dispatcher();
        Callback::from(move |_: MouseEvent| state.dispatch(Action::Seek(row + 1)))
    };
    html! {
        <div key={row} {class} {onclick} id={format!("{id}-{row}")} role="option" data-row="1"
            aria-selected={now.to_string()} aria-setsize={run.len().to_string()}
            aria-posinset={(row + 1).to_string()}
            aria-description={render::sentence(event, &trace.names)}>
            <span class="vfi-number">{ row + 1 }</span>
            { lanes(place, mark.shape, way) }
            <span class="vfi-words">
                if let Some(cause) = mark.cause { { chip(state, cause) } }
                if let Some(badge) = &mark.badge { <b class="vfi-badge">{ badge }</b> }
                <span class="vfi-said" title={mark.words.clone()}>{ &mark.words }</span>
                if !mark.detail.is_empty() {
                    <span class="vfi-detail" title={mark.detail.clone()}>{ &mark.detail }</span>
                }
                if let Some(check) = failed {
                    <b class="vfi-badge vfi-unmet">{ format!("✗ expected {}", check.expected) }</b>
                }
            </span>
        </div>
    }
}

/// The number of a cause; a click follows it.
pub fn chip(state: &Shared, cause: CauseId) -> Html {
    let on = state.followed == Some(cause);
    let onclick = {
        let state = state.dispatcher();
        Callback::from(move |event: MouseEvent| {
            event.stop_propagation();
            state.dispatch(Action::Follow((!on).then_some(cause)));
        })
    };
    html! {
        <span class={classes!("vfi-chip", on.then_some("vfi-on"))} {onclick}
            title="follow this interrupt">{ cause.to_string() }</span>
    }
}
