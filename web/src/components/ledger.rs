//! The ledger: every cause in exactly one place.

use vfio_irq_core::event::CauseId;
use vfio_irq_core::trace::Trace;
use yew::prelude::*;

use super::Shared;
use super::rows::Rows;
use crate::index::{Fate, Story};
use crate::run::Run;
use crate::state::Action;
use crate::view::mark::fd_name;

/// The ledger. `id` begins the ids of the rows.
pub fn ledger(state: &Shared, id: &str) -> Html {
    let Some(run) = state.run.clone() else { return Html::default() };
    let summary = run.index.summary(run.trace(), state.position);
    let placed = summary.signalled + summary.merged + summary.waiting + summary.lost;
    let moving = summary.causes.saturating_sub(placed);
    let count = run.index.causes(state.position).len();
    let parts = [
        ("signalled", summary.signalled),
        ("merged", summary.merged),
        ("waiting", summary.waiting),
        ("lost", summary.lost),
    ];
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
                <Rows class="vfi-causes" {count} follow={None::<usize>} {row} label="Causes" role="list" />
            }
        </section>
    }
}

fn cause_row(state: &Shared, run: &Run, at: usize, id: &str) -> Html {
    let trace = run.trace();
    let Some(story) = run.index.causes(state.position).get(at) else { return Html::default() };
    let fate = run.index.fate(trace, story, state.position);
    let on = state.followed == Some(story.id);
    let last = story.rows.iter().copied().take_while(|row| *row < state.position).last();
    html! {
        <div key={at} id={format!("{id}-{at}")} role="listitem" data-row="1" title={path(trace, run, story)}
            class={classes!("vfi-row", "vfi-cause", format!("vfi-t-{}", tone(fate)), on.then_some("vfi-followed"))}>
            { follow(state, story.id) }
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
                { jump(state, story.rows.first().copied(), "born") }
                { jump(state, last.filter(|last| *last != story.rows[0]), "last") }
            </span>
        </div>
    }
}

/// A button that follows a cause through the timeline.
fn follow(state: &Shared, cause: CauseId) -> Html {
    let on = state.followed == Some(cause);
    let state = state.dispatcher();
    let onclick = Callback::from(move |_: MouseEvent| {
        state.dispatch(Action::Follow((!on).then_some(cause)));
    });
    html! {
        <button type="button" class={classes!("vfi-chip", on.then_some("vfi-on"))} {onclick}
            aria-pressed={on.to_string()} aria-label={format!("follow interrupt {cause}")}>
            { cause.to_string() }
        </button>
    }
}

/// A button to a cause's event.
fn jump(state: &Shared, row: Option<usize>, what: &str) -> Html {
    let Some(row) = row else { return Html::default() };
    let state = state.dispatcher();
    let onclick = Callback::from(move |event: MouseEvent| {
        event.stop_propagation();
        state.dispatch(Action::Seek(row + 1));
    });
    html! {
        <button type="button" class="vfi-jump" {onclick}
            aria-label={format!("{what}: to event {}", row + 1)}>{ row + 1 }</button>
    }
}

fn tone(fate: Fate) -> &'static str {
    match fate {
        Fate::Moving => "path",
        other => other.word(),
    }
}

/// Where, by which, or why.
fn more(trace: &Trace, fate: Fate) -> String {
    match fate {
        Fate::Moving => String::new(),
        Fate::Signalled { fd, times: 1 } => fd_name(trace, fd),
        Fate::Signalled { fd, times } => format!("{}, {times} times", fd_name(trace, fd)),
        Fate::Merged { into } => format!("into {into}"),
        Fate::Waiting(place) => place.to_string(),
        Fate::Lost(why) => why.to_string(),
    }
}

/// The story of a cause in words, for its title.
pub fn path(trace: &Trace, run: &Run, story: &Story) -> String {
    let words = story.rows.iter().filter_map(|row| run.index.event(trace, *row));
    let words: Vec<String> =
        words.map(|(entry, event)| crate::view::mark::mark(trace, entry, event).words).collect();
    words.join(" › ")
}
