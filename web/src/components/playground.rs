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
use super::help::help;
use super::ledger::ledger;
use super::now::now;
use super::part::{Part, address};
use super::timeline::timeline;
use super::toolbar::{Toolbar, show_choices, toolbar};
use crate::clipboard;
use crate::edit;
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

/// What happens to a playground.
pub enum Message {
    /// A key, or a button with the same meaning.
    Key(Key),
    /// The time to play on has come.
    Beat,
    /// Whether copying worked.
    Copied(bool),
}

/// The playground.
pub struct Playground {
    state: Rc<State>,
    /// The machine now, and before the current event; `None` while there is no run.
    machines: Option<(Rc<Machine>, Rc<Machine>)>,
    /// Begins the ids in this playground.
    id: String,
    place: NodeRef,
    area: NodeRef,
    vector: NodeRef,
    settling: Option<Timeout>,
    playing: Option<Interval>,
    help: bool,
    copied: &'static str,
}

impl Component for Playground {
    type Message = Message;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let Props { text, options } = ctx.props();
        let state = match options.hosts.first() {
            Some(host) => State::new(&edit::set_host(text, host), options.position),
            None => State::new(text, options.position),
        };
        Self {
            machines: machines(&state),
            state: Rc::new(state),
            id: id(),
            place: NodeRef::default(),
            area: NodeRef::default(),
            vector: NodeRef::default(),
            settling: None,
            playing: None,
            help: false,
            copied: "",
        }
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        match message {
            Message::Key(key) => self.key(ctx, key),
            Message::Beat => {
                self.act(ctx, Action::Forward(Grain::Event));
                true
            }
            Message::Copied(worked) => {
                self.copied = if worked { "Copied" } else { "Could not copy" };
                true
            }
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let (state, options) = (&*self.state, &ctx.props().options);
        let ask = ctx.link().callback(Message::Key);
        let shared = Shared { state: self.state.clone(), ask: ask.clone() };
        let elsewhere = options.playground.as_deref().filter(|_| !options.full);
        let bar = Toolbar {
            state: shared.clone(),
            playing: self.playing.is_some(),
            help: self.help,
            copied: self.copied,
            vector: self.vector.clone(),
            compare: options.hosts.iter().filter(|_| options.hosts.len() > 1).cloned().collect(),
            elsewhere: elsewhere.and_then(|page| url::with_text(page, &state.text)),
            ask: ask.clone(),
        };
        let id = &self.id;
        html! {
            <section ref={self.place.clone()} onkeydown={on_key(ask)}
                aria-label={options.label.clone().unwrap_or_else(|| "Playground".into())}
                class={classes!("vfi", options.full.then_some("vfi-full"))}>
                { toolbar(&bar) }
                if self.help { { help() } }
                { now(state) }
                if state.stale() && state.run.is_some() {
                    <p class="vfi-stale-note">
                        <b class="vfi-badge">{ "STALE" }</b>
                        { " The text has an error; below is the last run that worked." }
                    </p>
                }
                <div class="vfi-panels">
                    <div class="vfi-left">
                        { editor(&shared, &self.area, &format!("{id}-text")) }
                        { timeline(&shared, &format!("{id}-event")) }
                    </div>
                    <div class="vfi-right">
                        if let Some((now, before)) = &self.machines {
                            { ledger(&shared, &format!("{id}-cause")) }
                            { panels(state, now, before, options.full) }
                        }
                    </div>
                </div>
            </section>
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        // On a page of its own the keys work from the start.
        if first && ctx.props().options.full {
            leave(&self.place);
        }
        if let Some(place) = self.place.cast::<Element>() {
            let _ = show_choices(&place);
        }
    }
}

impl Playground {
    /// Does what a key asks for; whether there is something new to draw.
    fn key(&mut self, ctx: &Context<Self>, key: Key) -> bool {
        let state = self.state.clone();
        match key {
            Key::Do(action) => self.act(ctx, action),
            Key::Fire => self.act(ctx, Action::Raise(Stimulus::Fire(state.vector))),
            Key::Follow => self.act(ctx, follow_current(&state)),
            Key::Play => self.play(ctx),
            Key::Help => self.help = !self.help,
            Key::Text => focus(&self.area),
            Key::Vector => focus(&self.vector),
            Key::Leave => {
                self.help = false;
                leave(&self.place);
            }
            Key::Copy => {
                if let Some(run) = &state.run {
                    clipboard::copy(
                        render::text(run.trace()),
                        ctx.link().callback(Message::Copied),
                    );
                }
            }
        }
        true
    }

    fn act(&mut self, ctx: &Context<Self>, action: Action) {
        let next = self.state.reduce(action);
        if next == *self.state {
            return;
        }
        if next.run != self.state.run || next.position != self.state.position {
            self.machines = machines(&next);
            self.copied = "";
        }
        // The text runs a moment after the last change to it.
        if next.text != self.state.text || next.settled() {
            let link = ctx.link().clone();
            self.settling = (!next.settled()).then(|| {
                let settle = move || link.send_message(Message::Key(Key::Do(Action::Settle)));
                Timeout::new(SETTLE, settle)
            });
        }
        if next.position == next.len() {
            self.playing = None;
        }
        self.state = Rc::new(next);
    }

    /// Plays to the end, from the beginning if it is there; or pauses.
    fn play(&mut self, ctx: &Context<Self>) {
        if self.playing.take().is_some() || self.state.is_empty() {
            return;
        }
        if self.state.position == self.state.len() {
            self.act(ctx, Action::Begin);
        }
        let link = ctx.link().clone();
        self.playing = Some(Interval::new(BEAT, move || link.send_message(Message::Beat)));
    }
}

fn on_key(ask: Callback<Key>) -> Callback<KeyboardEvent> {
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
}

/// Ids begin with something no other playground of the page has.
fn id() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("vfi-{}", NEXT.fetch_add(1, Ordering::Relaxed))
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
