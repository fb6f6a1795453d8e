//! The ledger: every cause in exactly one place. Its list is one to choose from: who chooses a
//! cause follows it through the timeline.

use vfio_irq_core::trace::Trace;
use yew::prelude::*;

use super::Shared;
use super::rows::Rows;
use crate::index::Fate;
use crate::run::Run;
use crate::state::Action;
use crate::view::mark::fd_name;

/// The ledger. `id` begins the ids of the rows.
pub fn ledger(state: &Shared, id: &str) -> Html {
    let Some(run) = state.run.clone() else { return Html::default() };
    let summary = run.index.summary(state.position);
    let placed = summary.signalled + summary.merged + summary.waiting + summary.lost;
    let moving = summary.causes.saturating_sub(placed);
    let count = run.index.causes(state.position).len();
    let parts = [
        ("signalled", summary.signalled),
        ("merged", summary.merged),
        ("waiting", summary.waiting),
        ("lost", summary.lost),
    ];
    let chosen = state.followed.and_then(|cause| run.index.number(cause));
    let chosen = chosen.filter(|at| *at < count);
    let row = {
        let (state, id) = (state.clone(), id.to_owned());
        Callback::from(move |at: usize| cause_row(&state, &run, at, &id))
    };
    html! {
        <section class={classes!("vfi-ledger", state.stale().then_some("vfi-stale"))} aria-label="Ledger">
            <p class="vfi-balance">
                <span class="vfi-sum">{ "causes " }<b>{ summary.causes }</b></span>
                { for parts.into_iter().enumerate().map(|(at, (name, count))| html! { <>
                    <span class="vfi-sign">{ if at == 0 { " = " } else { " + " } }</span>
                    <span class={classes!("vfi-sum", format!("vfi-s-{name}"), (count > 0).then_some("vfi-some"))}>
                        { name }{ " " }<b>{ count }</b>
                    </span>
                </> }) }
                if moving > 0 {
                    <span class="vfi-sum">{ "+ on its way " }<b>{ moving }</b></span>
                }
                <span class="vfi-signals">{ format!("· signals {}", summary.signals) }</span>
            </p>
            if count > 0 {
                <Rows class="vfi-causes" {count} follow={chosen} {row} role="listbox"
                    label="Interrupts; choosing one follows it"
                    active={chosen.map(|at| AttrValue::from(format!("{id}-{at}")))} />
            }
        </section>
    }
}

fn cause_row(state: &Shared, run: &Run, at: usize, id: &str) -> Html {
    let trace = run.trace();
    let Some(story) = run.index.causes(state.position).get(at) else { return Html::default() };
    let (cause, fate) = (story.id, run.index.fate(trace, story, state.position));
    let on = state.followed == Some(cause);
    let born = story.rows[0];
    let last = story.rows[story.rows.partition_point(|row| *row < state.position) - 1];
    let onclick = {
        let state = state.dispatcher();
        Callback::from(move |_: MouseEvent| state.dispatch(Action::Follow((!on).then_some(cause))))
    };
    html! {
        <div key={at} id={format!("{id}-{at}")} role="option" data-row="1" {onclick}
            aria-selected={on.to_string()} aria-posinset={(at + 1).to_string()}
            aria-setsize={run.index.causes(state.position).len().to_string()}
            class={classes!("vfi-row", "vfi-cause", format!("vfi-t-{}", tone(fate)), on.then_some("vfi-followed"))}>
            <span class={classes!("vfi-chip", on.then_some("vfi-on"))}>{ cause.to_string() }</span>
            <span class="vfi-source">{ story.source.to_string() }</span>
            <span class="vfi-fate">
                if matches!(fate, Fate::Lost(_)) {
                    <b class="vfi-badge">{ "LOST" }</b>
                } else {
                    <b>{ fate.word() }</b>
                }
                <span class="vfi-said">{ more(trace, fate) }</span>
            </span>
            <span class="vfi-jumps">
                { jump(state, born, "born") }
                if last != born { { jump(state, last, "now here") } }
            </span>
        </div>
    }
}

/// To a cause's event, for the mouse; on the list Enter and Shift Enter do it.
fn jump(state: &Shared, row: usize, what: &str) -> Html {
    let state = state.dispatcher();
    let onclick = Callback::from(move |event: MouseEvent| {
        event.stop_propagation();
        state.dispatch(Action::Seek(row + 1));
    });
    html! { <span class="vfi-jump" {onclick} title={format!("{what}: to event {}", row + 1)}>{ row + 1 }</span> }
}

fn tone(fate: Fate) -> &'static str {
    match fate {
        Fate::Moving => "path",
        other => other.word(),
    }
}

/// Where, by which, or why.
pub fn more(trace: &Trace, fate: Fate) -> String {
    match fate {
        Fate::Moving => String::new(),
        Fate::Signalled { fd, times: 1 } => fd_name(trace, fd),
        Fate::Signalled { fd, times } => format!("{}, {times} times", fd_name(trace, fd)),
        Fate::Merged { into } => format!("into {into}"),
        Fate::Waiting(place) => place.to_string(),
        Fate::Lost(why) => why.to_string(),
    }
}
