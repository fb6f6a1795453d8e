//! The whole playground: toolbar, text, timeline, ledger, registers, host.

use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};

use gloo::timers::callback::{Interval, Timeout};
use vfio_irq_core::device::Stimulus;
use vfio_irq_core::event::CauseId;
use vfio_irq_core::link::View;
use vfio_irq_core::machine::Machine;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement, HtmlInputElement, HtmlTextAreaElement};
use yew::prelude::*;

use super::Shared;
use super::editor::editor;
use super::facts::facts;
use super::front::strip;
use super::function::registers;
use super::keeping::{Keeping, Say};
use super::ledger::ledger;
use super::now::now;
use super::outside::{Outside, Turn};
use super::part::{Part, address};
use super::sheet::{self, sheet};
use super::tabs::{Tool, tabs};
use super::timeline::timeline;
use super::toolbar::{Toolbar, show_choices, toolbar};
use crate::aside;
use crate::clipboard;
use crate::edit;
use crate::front;
use crate::keys::{Focus, Key, key, with_control};
use crate::motion;
use crate::options::Options;
use crate::run::Run;
use crate::shown::{Asked, Shown};
use crate::state::{Action, Speed, State};
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

/// The last vector that a function can have.
const MAX_VECTOR: u16 = 2_047;

/// How long after the last key the text runs, in milliseconds.
const SETTLE: u32 = 150;

/// What happens to a playground.
pub enum Message {
    /// A key, or a button with the same meaning.
    Key(Key),
    /// The time to play on has come.
    Beat,
    /// Whether copying worked.
    Copied(bool),
    /// The text has stood for a while: it counts as a run.
    Stood,
    /// What is said about the draft.
    Draft(Say),
    /// What a tool asks.
    Asked(Asked),
    /// Something became of the tools' module.
    Tools(Turn),
    /// Why the address holds no link; `None`: it does.
    Unlinked(Option<String>),
    /// What stands in the field of the vector.
    Vector(String),
}

/// The machine at a position.
#[derive(Clone)]
struct Moment {
    now: Rc<Machine>,
    /// Before the current event.
    before: Rc<Machine>,
    /// The position `now` is really of: the end of the micro-step.
    whole: usize,
}

/// The playground.
pub struct Playground {
    state: Rc<State>,
    /// The machine at the position; `None` while there is no run.
    moment: Option<Moment>,
    /// Begins the ids in this playground.
    id: String,
    place: NodeRef,
    area: NodeRef,
    vector: NodeRef,
    number: NodeRef,
    dialog: NodeRef,
    settling: Option<Timeout>,
    playing: Option<Interval>,
    /// Where playing stops before the end.
    until: Option<usize>,
    help: bool,
    tool: Option<Tool>,
    /// The one that was open when this was opened.
    before: Option<Tool>,
    /// The hosts compared, if they were chosen.
    hosts: Vec<String>,
    /// Where the tools are shown, once there was one.
    outside: Option<Outside>,
    /// A tool was opened or closed: the focus follows when it is drawn. Holds the one before.
    turned: Option<Option<Tool>>,
    copied: &'static str,
    address: url::Address,
    /// Why the address holds no link.
    unlinked: Option<String>,
    /// What stands in the field of the vector, if that is none.
    no_vector: Option<String>,
    keeping: Option<Keeping>,
    /// Where the caret goes when the text is drawn: behind what an undo changed.
    caret: Option<u32>,
}

impl Component for Playground {
    type Message = Message;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let Props { text, options } = ctx.props();
        let plays = options.front && !motion::is_reduced();
        let position = if plays { Some(0) } else { options.position };
        let mut state = match options.hosts.first() {
            Some(host) => State::new(&edit::set_host(text, host), position),
            None => State::new(text, position),
        };
        let view = options.view.as_ref();
        if let (Some(cause), Some(run)) = (view.and_then(|view| view.followed), &state.run)
            && run.index.story(CauseId(cause)).is_some()
        {
            state.followed = Some(CauseId(cause));
        }
        let (keeping, mut state) = match options.keeps {
            true => {
                let (keeping, state) = Keeping::new(state);
                (Some(keeping), state)
            }
            false => (None, state),
        };
        if keeping.is_some() {
            // What the page begins with is a run like any other.
            ctx.link().send_message(Message::Stood);
        }
        if options.front {
            state = state.reduce(Action::Speed(Speed::Fast));
        }
        if plays {
            ctx.link().send_message(Message::Key(Key::Play));
        }
        Self {
            moment: moment(&state, None),
            state: Rc::new(state),
            id: id(),
            place: NodeRef::default(),
            area: NodeRef::default(),
            vector: NodeRef::default(),
            number: NodeRef::default(),
            dialog: NodeRef::default(),
            settling: None,
            playing: None,
            until: None,
            help: false,
            tool: view.and_then(|view| Tool::by_word(view.tool.as_deref()?)),
            before: None,
            hosts: view.map(|view| view.hosts.clone()).unwrap_or_default(),
            outside: None,
            turned: None,
            copied: "",
            address: url::Address::default(),
            unlinked: None,
            no_vector: None,
            keeping,
            caret: None,
        }
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        match message {
            Message::Key(key) => self.key(ctx, key),
            Message::Beat => {
                self.act(ctx, Action::Beat);
                if self.until.is_some_and(|until| self.state.position >= until) {
                    self.stop();
                }
                true
            }
            Message::Copied(worked) => {
                self.copied = if worked { "Copied" } else { "Could not copy" };
                true
            }
            Message::Stood => {
                let state = self.state.clone();
                if let Some(outside) = &mut self.outside {
                    outside.again();
                }
                self.keeping.as_mut().map(|keeping| keeping.ran(&state)).is_some()
            }
            Message::Draft(say) => {
                if let Some(text) = self.keeping.as_mut().and_then(|keeping| keeping.say(say)) {
                    self.act(ctx, Action::Replace(text));
                    self.act(ctx, Action::End);
                }
                true
            }
            Message::Asked(Asked::Do(action)) => self.key(ctx, Key::Do(action)),
            Message::Asked(Asked::Hosts(hosts)) => {
                self.hosts = hosts;
                true
            }
            Message::Asked(Asked::Close) => self.key(ctx, Key::Tool(None)),
            // Heard already (`Outside`).
            Message::Asked(Asked::Stopped(_)) => false,
            Message::Tools(Turn::Stopped(why)) => self.tools_stopped(ctx, &why),
            Message::Tools(turn) => {
                if let Some(outside) = &mut self.outside {
                    outside.take(turn);
                }
                true
            }
            Message::Unlinked(why) => std::mem::replace(&mut self.unlinked, why.clone()) != why,
            Message::Vector(said) => {
                match said.parse().ok().filter(|vector| *vector <= MAX_VECTOR) {
                    Some(vector) => {
                        self.no_vector = None;
                        self.act(ctx, Action::Vector(vector));
                    }
                    None => self.no_vector = Some(said),
                }
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
            full: options.full,
            copied: self.copied,
            vector: self.vector.clone(),
            number: self.number.clone(),
            no_vector: self.no_vector.clone(),
            write: ctx.link().callback(Message::Vector),
            compare: options.hosts.iter().filter(|_| options.hosts.len() > 1).cloned().collect(),
            elsewhere: elsewhere.and_then(|page| url::with_view(page, &self.shown())),
            question: elsewhere.filter(|_| !options.front).and_then(|page| {
                let tool = Some(Tool::Explore.word().to_owned());
                url::with_view(page, &View { tool, ..self.shown() })
            }),
            ask: ask.clone(),
        };
        let id = &self.id;
        html! {
            <section ref={self.place.clone()} onkeydown={on_key(ask.clone())}
                aria-label={options.label.clone().unwrap_or_else(|| "Playground".into())}
                class={classes!("vfi", options.full.then_some("vfi-full"), options.front.then_some("vfi-front"))}>
                if let Some(why) = &options.notice {
                    <p class="vfi-notice" role="alert">{ why }</p>
                }
                if let Some(why) = &self.unlinked {
                    <p class="vfi-notice" role="status">{ "The address holds no link: " }{ why }</p>
                }
                if options.front { { strip(state, &ask) } }
                { toolbar(&bar) }
                { sheet(self.help, &self.dialog, id, &ask) }
                if let Some(keeping) = &self.keeping {
                    { keeping.view(&ctx.link().callback(Message::Draft)) }
                }
                if options.full { { tabs(self.tool, &self.outside_id(), &ask) } }
                { now(state, options, self.playing.is_some() || on_timeline()) }
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
                        if let Some(moment) = &self.moment {
                            { ledger(&shared, &format!("{id}-cause")) }
                            { panels(state, moment, options.full) }
                        }
                    </div>
                </div>
            </section>
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        // On a page of its own the keys work from the start. Its controls stay in sight.
        if first && ctx.props().options.full {
            let options = js_sys::JSON::parse("{\"preventScroll\":true}");
            if let (Some(events), Ok(options)) = (self.list(".vfi-events"), options) {
                events.unchecked_ref::<Quiet>().focus(&options);
            }
        }
        sheet::show(&self.dialog, self.help);
        if let Some(place) = self.place.cast::<Element>() {
            let _ = show_choices(&place);
        }
        self.show_outside(ctx);
        if ctx.props().options.full {
            let shown = self.shown();
            self.address.follow(shown, ctx.link().callback(Message::Unlinked));
        }
        if let (Some(caret), Some(area)) =
            (self.caret.take(), self.area.cast::<HtmlTextAreaElement>())
        {
            let _ = area.set_selection_range(caret, caret);
        }
    }
}

impl Playground {
    /// What a link to this holds.
    fn shown(&self) -> View {
        View {
            text: self.state.text.to_string(),
            position: u32::try_from(self.state.position).ok(),
            tool: self.tool.map(|tool| tool.word().to_ascii_lowercase()),
            hosts: self.hosts.clone(),
            followed: self.state.followed.map(|CauseId(cause)| cause),
        }
    }

    fn outside_id(&self) -> String {
        [&self.id, "-tools"].concat()
    }

    /// Shows the open tool, or what a chapter compares.
    fn show_outside(&mut self, ctx: &Context<Self>) {
        let options = &ctx.props().options;
        let chapter = !options.full && options.hosts.len() > 1;
        let (word, label) = match self.tool {
            Some(tool) => (tool.word(), tool.word()),
            None if chapter => (Tool::Compare.word(), "Both hosts side by side"),
            None => ("", ""),
        };
        if self.outside.is_none() && !word.is_empty() {
            self.outside = self.new_outside(ctx, chapter);
        }
        let turned = self.turned.take();
        let Some(outside) = &mut self.outside else { return };
        if word.is_empty() {
            outside.hide();
        } else if self.state.settled() {
            let shown = Shown {
                tool: word.to_owned(),
                before: self.before.map_or("", Tool::word).to_owned(),
                chapter,
                position: self.state.position,
                followed: self.state.followed.map(|CauseId(cause)| cause),
                vector: self.state.vector,
                hosts: if chapter { &options.hosts } else { &self.hosts }.clone(),
            };
            outside.show(label, &shown, &self.state.text);
        }
        match (turned, self.tool) {
            (Some(_), Some(_)) => outside.focus(),
            (Some(Some(closed)), None) => {
                self.go_to(&["[data-tool=", closed.word(), "]"].concat());
            }
            _ => {}
        }
    }

    /// A place for the tools behind the element this playground is in.
    fn new_outside(&self, ctx: &Context<Self>, chapter: bool) -> Option<Outside> {
        let own = self.place.cast::<Element>()?.parent_element()?;
        let link = ctx.link();
        let (ask, hears) = (link.callback(Message::Asked), link.callback(Message::Tools));
        let keys = on_key(link.callback(Message::Key));
        Outside::new(&own, &self.outside_id(), chapter, ask, hears, keys)
    }

    /// The tools stopped, by a mistake of their own: what their module drew in goes with it, for its
    /// listeners are there, and a new place shows the report. The playground goes on. Whether there
    /// is something new to draw.
    fn tools_stopped(&mut self, ctx: &Context<Self>, why: &str) -> bool {
        let Some(old) = self.outside.take_if(|outside| outside.is_drawn()) else { return false };
        let focused = old.abandon();
        let chapter = !ctx.props().options.full;
        self.outside = self.new_outside(ctx, chapter);
        if let Some(outside) = &mut self.outside {
            outside.report(why, &self.state.text);
            if focused {
                outside.focus();
            }
        }
        true
    }

    /// Does what a key asks for; whether there is something new to draw.
    fn key(&mut self, ctx: &Context<Self>, key: Key) -> bool {
        let state = self.state.clone();
        match key {
            Key::Do(action) => {
                // Who goes somewhere has seen enough of the play.
                if matches!(action, Action::Seek(_) | Action::Back(_) | Action::Jump(..)) {
                    self.stop();
                }
                self.act(ctx, action);
            }
            Key::Step { back, other } => {
                let grain = if other { state.grain.other() } else { state.grain };
                let step = if back { Action::Back(grain) } else { Action::Forward(grain) };
                self.act(ctx, step);
            }
            Key::Fire if self.no_vector.is_some() => focus(&self.vector),
            Key::Fire if ctx.props().options.front => self.fire(ctx, &state),
            Key::Fire => self.act(ctx, Action::Raise(Stimulus::Fire(state.vector))),
            Key::Lose => {
                if let Some(window) = front::window(&state) {
                    self.fire(ctx, &window);
                }
            }
            Key::Follow => self.act(ctx, follow_current(&state)),
            Key::Cause { back } => self.act(ctx, follow_next(&state, back)),
            Key::CauseEvent { birth } => {
                if let Some(at) = end_of_followed(&state, birth) {
                    self.act(ctx, Action::Seek(at));
                }
            }
            Key::Play => self.play(ctx),
            Key::Faster(faster) => self.act(ctx, Action::Speed(state.speed.next(faster))),
            Key::Grain => self.act(ctx, Action::Grain(state.grain.other())),
            Key::Help => self.help = !self.help,
            Key::HelpClosed => self.help = false,
            // A block has no drawer.
            Key::Tool(_) if !ctx.props().options.full => return false,
            Key::Tool(tool) => {
                self.before = std::mem::replace(&mut self.tool, tool);
                self.turned = Some(self.before);
                if let Some(outside) = &mut self.outside {
                    outside.forgive();
                }
            }
            Key::Text => focus(&self.area),
            Key::Vector => focus(&self.vector),
            Key::Number => focus(&self.number),
            Key::Ledger => self.go_to(".vfi-causes"),
            Key::Leave => self.go_to(".vfi-events"),
            Key::Copy => {
                if let Some(run) = &state.run {
                    let (text, done) = (run.text.clone(), ctx.link().callback(Message::Copied));
                    yew::platform::spawn_local(async move {
                        match aside::ask("text", &text).await {
                            Ok(shown) => clipboard::copy(shown, done),
                            Err(_) => done.emit(false),
                        }
                    });
                }
            }
        }
        true
    }

    fn act(&mut self, ctx: &Context<Self>, action: Action) {
        let back = matches!(action, Action::Undo | Action::Redo);
        let next = self.state.reduce(action);
        if back {
            self.caret = Some(edit::changed_end(&self.state.text, &next.text));
        }
        self.show(ctx, next);
    }

    fn show(&mut self, ctx: &Context<Self>, next: State) {
        if next == *self.state {
            return;
        }
        if let Some(keeping) = &mut self.keeping {
            let later = ctx.link().callback(|()| Message::Stood);
            keeping.notice(&self.state, &next, later);
        }
        if next.run != self.state.run || next.position != self.state.position {
            let old = self.moment.take().filter(|_| next.run == self.state.run);
            self.moment = moment(&next, old.map(|moment| (self.state.position, moment)));
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
        let faster = next.speed != self.state.speed && self.playing.is_some();
        self.state = Rc::new(next);
        if self.state.position == self.state.len() {
            self.stop();
        } else if faster {
            self.start(ctx);
        }
    }

    /// Plays to the end, from the beginning if it is there; or pauses. On the front page, to where
    /// the story's interrupt is lost, and from there to the end.
    fn play(&mut self, ctx: &Context<Self>) {
        if self.playing.is_some() {
            self.stop();
            return;
        }
        if self.state.is_empty() {
            return;
        }
        if self.state.position == self.state.len() {
            self.act(ctx, Action::Begin);
        }
        let loss = self.state.run.as_ref().and_then(|run| run.first_loss());
        let front = ctx.props().options.front;
        self.until = loss.filter(|loss| front && self.state.position < *loss);
        self.start(ctx);
    }

    fn start(&mut self, ctx: &Context<Self>) {
        let link = ctx.link().clone();
        let beat = self.state.speed.beat();
        self.playing = Some(Interval::new(beat, move || link.send_message(Message::Beat)));
    }

    fn stop(&mut self) {
        self.playing = None;
        self.until = None;
    }

    /// Fires, and shows what becomes of it.
    fn fire(&mut self, ctx: &Context<Self>, at: &State) {
        self.stop();
        self.show(ctx, front::fire(at));
        let end = front::end(&self.state).filter(|end| *end > self.state.position);
        match end {
            Some(end) if motion::is_reduced() => self.act(ctx, Action::Seek(end)),
            Some(_) => {
                self.until = end;
                self.start(ctx);
            }
            None => {}
        }
    }

    /// The focus goes to a list of this playground: on the timeline every key has its meaning.
    fn go_to(&self, list: &str) {
        if let Some(list) = self.list(list) {
            let _ = list.focus();
        }
    }

    fn list(&self, selector: &str) -> Option<HtmlElement> {
        let found = self.place.cast::<Element>()?.query_selector(selector).ok()??;
        found.dyn_into().ok()
    }
}

// Not web-sys's: its options are a type of their own for one word.
#[wasm_bindgen]
extern "C" {
    /// What takes the focus without coming into sight.
    type Quiet;
    #[wasm_bindgen(method)]
    fn focus(this: &Quiet, options: &JsValue);
}

fn on_key(ask: Callback<Key>) -> Callback<KeyboardEvent> {
    Callback::from(move |event: KeyboardEvent| {
        let target: Option<Element> = event.target().and_then(|it| it.dyn_into().ok());
        if event.alt_key() {
            return;
        }
        if event.ctrl_key() || event.meta_key() {
            // The browser's own undo knows nothing of lines a tool put in: there is one undo, this.
            // Other fields have the browser's.
            let area = target.is_some_and(|it| it.class_list().contains("vfi-area"));
            if let Some(key) = with_control(&event.key(), event.shift_key()).filter(|_| area) {
                event.prevent_default();
                ask.emit(key);
            }
            return;
        }
        let focus = focus_of(target);
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
    // What is typed next takes the place of the number that is there.
    if let Some(field) = place.cast::<HtmlInputElement>() {
        field.select();
    }
}

/// Follows the current event's cause; none if it has none or is followed already.
fn follow_current(state: &State) -> Action {
    let run = state.run.as_deref();
    let cause = run.and_then(|run| run.current(state.position)?.1.cause());
    Action::Follow(cause.filter(|cause| state.followed != Some(*cause)))
}

/// Follows the next cause born so far, or the one before; the last or the first if none is
/// followed.
fn follow_next(state: &State, back: bool) -> Action {
    let Some(run) = state.run.as_deref() else { return Action::Follow(None) };
    let born = run.index.causes(state.position);
    let at = state.followed.and_then(|cause| run.index.number(cause));
    let at = match at {
        Some(at) if back => at.saturating_sub(1),
        Some(at) => at + 1,
        None if back => born.len().saturating_sub(1),
        None => 0,
    };
    Action::Follow(born.get(at).or(born.last()).map(|story| story.id))
}

/// The position right after the birth of the cause followed, or after the last that is told of it.
fn end_of_followed(state: &State, birth: bool) -> Option<usize> {
    let story = state.run.as_deref()?.index.story(state.followed?)?;
    if birth { Some(story.rows.first()? + 1) } else { front::end(state) }
}

fn focus_of(target: Option<Element>) -> Focus {
    let Some(target) = target else { return Focus::Other };
    let is = |class| target.class_list().contains(class);
    match target.tag_name().as_str() {
        "TEXTAREA" => Focus::Text,
        "SELECT" => Focus::Field,
        "INPUT" if target.get_attribute("type").as_deref() == Some("range") => Focus::Slider,
        "INPUT" if is("vfi-vector") => Focus::Number,
        "INPUT" => Focus::Field,
        _ if is("vfi-events") => Focus::Timeline,
        _ if is("vfi-causes") => Focus::Ledger,
        _ if target.closest("dialog").ok().flatten().is_some() => Focus::Sheet,
        _ => Focus::Other,
    }
}

/// Whether the focus is on a timeline, whose rows a screen reader reads by itself.
fn on_timeline() -> bool {
    let focused = gloo::utils::document().active_element();
    focus_of(focused) == Focus::Timeline
}

/// The machine at a position, and before the event that led there. `old`: another position of the
/// same run, with its machine.
fn moment(state: &State, old: Option<(usize, Moment)>) -> Option<Moment> {
    let (run, position) = (state.run.as_deref()?, state.position);
    let (now, whole) = run.moment(position);
    let now = Rc::new(now);
    let before = match (position.checked_sub(1), old) {
        (Some(before), Some((at, old))) if at == before => old.now,
        (Some(before), _) => Rc::new(run.machine(before)),
        (None, _) => now.clone(),
    };
    Some(Moment { now, before, whole })
}

/// Function and host; in a chapter behind a summary, so that a block stays short.
fn panels(state: &State, moment: &Moment, full: bool) -> Html {
    let Some(run) = state.run.clone() else { return Html::default() };
    let stale = state.stale().then_some("vfi-stale");
    let of = [address(&run), address(&moment.now), address(&moment.before)];
    let ahead = (moment.whole > state.position).then_some(moment.whole);
    let draw = {
        let moment = moment.clone();
        Rc::new(move || panel(&run, &moment, ahead)) as Rc<dyn Fn() -> Html>
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

fn panel(run: &Run, moment: &Moment, ahead: Option<usize>) -> Html {
    let trace = run.trace();
    let Moment { now, before, .. } = moment;
    let vectors = host::vectors(trace, &now.host, &before.host);
    let title = format!("Host: {}", now.host.profile().name);
    html! {
        <>
        if let Some(whole) = ahead {
            <p class="vfi-note vfi-ahead">
                { format!("One move brings the events up to {whole}: registers and host are shown as after it.") }
            </p>
        }
        <div class="vfi-machines">
            { registers(now, before) }
            { facts(&title, "state", "", host::rows(trace, &now.host, &before.host)) }
            { facts("Vectors", "vector", "none allocated", vectors) }
            { facts("Eventfds", "name", "none yet", host::eventfds(trace, now, before)) }
        </div>
        </>
    }
}
