//! The whole playground: toolbar, text, timeline, ledger, registers, host.

use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};

use gloo::timers::callback::{Interval, Timeout};
use vfio_irq_core::device::Stimulus;
use vfio_irq_core::machine::Machine;
use vfio_irq_core::render;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use super::Shared;
use super::editor::editor;
use super::facts::facts;
use super::function::registers;
use super::help::help as help_list;
use super::ledger::ledger;
use super::now::now;
use super::part::{Part, address};
use super::timeline::timeline;
use super::toolbar::{Toolbar, toolbar};
use crate::clipboard;
use crate::keys::{Focus, Key, key};
use crate::options::Options;
use crate::run::Run;
use crate::state::{Action, Grain, State};
use crate::url;
use crate::view::host;

/// What a playground begins with.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The scenario's text.
    pub text: AttrValue,
    /// What the page says.
    pub options: Options,
}

/// How long after the last key the text runs, in milliseconds.
const SETTLE: u32 = 150;
/// Between two events of a play, in milliseconds.
const BEAT: u32 = 450;

impl Reducible for State {
    type Action = Action;

    fn reduce(self: Rc<Self>, action: Action) -> Rc<Self> {
        Rc::new(Self::reduce(&self, action))
    }
}

/// The playground.
#[component(Playground)]
pub fn playground(props: &Props) -> Html {
    let state = {
        let (text, position) = (props.text.clone(), props.options.position);
        use_reducer_eq(move || State::new(&text, position))
    };
    let id = use_memo((), |()| id());
    let place = use_node_ref();
    let area = use_node_ref();
    let vector = use_node_ref();
    let playing = use_state_eq(|| false);
    let help = use_state_eq(|| false);
    let copied = use_state_eq(|| AttrValue::from(""));
    use_settling(&state);
    use_playing(&state, &playing);

    let ask = {
        let (state, playing, help, copied) =
            (state.clone(), playing.clone(), help.clone(), copied.setter());
        let (place, area, vector) = (place.clone(), area.clone(), vector.clone());
        Callback::from(move |key: Key| match key {
            Key::Do(action) => state.dispatch(action),
            Key::Fire => state.dispatch(Action::Raise(Stimulus::Fire(state.vector))),
            Key::Play => {
                if !*playing && state.position == state.len() {
                    state.dispatch(Action::Begin);
                }
                playing.set(!*playing);
            }
            Key::Text => focus(&area),
            Key::Vector => focus(&vector),
            Key::Leave => leave(&place),
            Key::Follow => state.dispatch(follow_current(&state)),
            Key::Help => help.set(!*help),
            Key::Copy => {
                let Some(run) = &state.run else { return };
                let copied = copied.clone();
                let say = move |worked: bool| {
                    copied.set(if worked { "Copied" } else { "Could not copy" }.into());
                };
                clipboard::copy(render::text(run.trace()), Callback::from(say));
            }
        })
    };
    // What was said about copying is about the run it was said of.
    {
        let copied = copied.setter();
        let run = state.run.as_ref().map(Rc::as_ptr);
        use_effect_with((run, state.position), move |_| copied.set("".into()));
    }
    let onkeydown = {
        let ask = ask.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.ctrl_key() || event.alt_key() || event.meta_key() {
                return;
            }
            let focus = focus_of(event.target().and_then(|it| it.dyn_into().ok()));
            if let Some(key) = key(&event.key(), event.shift_key(), focus) {
                event.prevent_default();
                ask.emit(key);
            }
        })
    };
    let elsewhere = props.options.playground.as_deref().filter(|_| !props.options.full);
    let elsewhere = elsewhere.and_then(|page| url::with_text(page, &state.text));
    let bar = Toolbar {
        state: state.clone(),
        ask,
        playing: *playing,
        help: *help,
        copied: (*copied).clone(),
        vector,
        elsewhere: elsewhere.map(AttrValue::from),
    };
    let machines = use_memo((state.run.clone(), state.position), |_| machines(&state));
    let label = props.options.label.clone().unwrap_or_else(|| "Playground".into());
    html! {
        <section ref={place} {onkeydown} aria-label={label}
            class={classes!("vfi", props.options.full.then_some("vfi-full"))}>
            { toolbar(&bar) }
            if *help { { help_list() } }
            { now(&state) }
            if state.stale() && state.run.is_some() {
                <p class="vfi-stale-note">
                    <b class="vfi-badge">{ "STALE" }</b>
                    { " The text has an error; below is the last run that worked." }
                </p>
            }
            <div class="vfi-panels">
                <div class="vfi-left">
                    { editor(&state, &area, &format!("{id}-text")) }
                    { timeline(&state, &format!("{id}-event")) }
                </div>
                <div class="vfi-right">
                    if let Some((now, before)) = machines.as_ref() {
                        { ledger(&state, now, &format!("{id}-cause")) }
                        { panels(&state, now, before, props.options.full) }
                    }
                </div>
            </div>
        </section>
    }
}

/// Ids begin with something no other playground of the page has.
fn id() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("vfi-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Runs the text a moment after the last change to it.
#[hook]
fn use_settling(state: &Shared) {
    let dispatcher = state.dispatcher();
    let settled = state.settled();
    use_effect_with(state.text.clone(), move |_| {
        let wait =
            (!settled).then(|| Timeout::new(SETTLE, move || dispatcher.dispatch(Action::Settle)));
        move || drop(wait)
    });
}

/// Steps on by itself, to the end.
#[hook]
fn use_playing(state: &Shared, playing: &UseStateHandle<bool>) {
    let dispatcher = state.dispatcher();
    let on = **playing && state.position < state.len();
    if **playing && !on {
        playing.set(false);
    }
    use_effect_with(on, move |on| {
        let beat = on.then(|| {
            Interval::new(BEAT, move || dispatcher.dispatch(Action::Forward(Grain::Event)))
        });
        move || drop(beat)
    });
}

fn focus(place: &NodeRef) {
    if let Some(element) = place.cast::<HtmlElement>() {
        let _ = element.focus();
    }
}

/// The focus goes to the timeline, where every key has its meaning.
fn leave(place: &NodeRef) {
    let timeline = place
        .cast::<Element>()
        .and_then(|place| place.query_selector(".vfi-events").ok().flatten())
        .and_then(|it| it.dyn_into::<HtmlElement>().ok());
    if let Some(timeline) = timeline {
        let _ = timeline.focus();
    }
}

/// Follows the current event's cause; none if it has none or is followed already.
fn follow_current(state: &State) -> Action {
    let run = state.run.as_deref();
    let cause = run.and_then(|run| run.current(state.position)?.1.cause());
    Action::Follow(cause.filter(|cause| state.followed != Some(*cause)))
}

fn focus_of(target: Option<Element>) -> Focus {
    let Some(target) = target else { return Focus::Other };
    match target.tag_name().as_str() {
        "TEXTAREA" => Focus::Text,
        "SELECT" => Focus::Field,
        "INPUT" if target.get_attribute("type").as_deref() == Some("range") => Focus::Slider,
        "INPUT" => Focus::Vector,
        _ if target.class_list().contains("vfi-events") => Focus::Timeline,
        _ => Focus::Other,
    }
}

/// The machine at a position, and before the event that led there.
fn machines(state: &State) -> Option<(Rc<Machine>, Rc<Machine>)> {
    let (run, position) = (state.run.as_deref()?, state.position);
    let now = Rc::new(run.machine(position));
    let before = position.checked_sub(1).map(|before| Rc::new(run.machine(before)));
    let before = before.unwrap_or_else(|| now.clone());
    Some((now, before))
}

/// Function and host; in a chapter behind a summary, so that a block stays short.
fn panels(state: &State, now: &Rc<Machine>, before: &Rc<Machine>, full: bool) -> Html {
    let Some(run) = state.run.clone() else { return Html::default() };
    let stale = state.stale().then_some("vfi-stale");
    let of = [address(&run), address(now), address(before)];
    let draw = {
        let (now, before) = (now.clone(), before.clone());
        Rc::new(move || panel(&run, &now, &before)) as Rc<dyn Fn() -> Html>
    };
    let shown = html! { <Part {of} {draw} /> };
    if full {
        return html! { <div class={classes!("vfi-machine", stale)}>{ shown }</div> };
    }
    html! {
        <details class={classes!("vfi-machine", stale)}>
            <summary>{ "Registers and host" }</summary>
            { shown }
        </details>
    }
}

fn panel(run: &Run, now: &Rc<Machine>, before: &Rc<Machine>) -> Html {
    let trace = run.trace();
    let vectors = host::vectors(trace, &now.host, &before.host);
    let title = format!("Host: {}", now.host.profile().name);
    html! {
        <div class="vfi-machines">
            { registers(now, before) }
            { facts(&title, "state", "", host::rows(trace, &now.host, &before.host)) }
            { facts("Vectors", "vector", "none allocated", vectors) }
            { facts("Eventfds", "name", "none yet", host::eventfds(trace, now, before)) }
        </div>
    }
}
