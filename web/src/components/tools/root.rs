//! The tools' own root: what the playground says becomes a state, and what a tool does becomes a
//! question to the playground.

use std::rc::Rc;

use js_sys::Function;
use vfio_irq_core::link::View;
use vfio_irq_core::machine::Machine;
use wasm_bindgen::JsValue;
use web_sys::Element;
use yew::prelude::*;

use super::compare::Compare;
use super::{Given, panel};
use crate::components::Shared;
use crate::components::tabs::Tool;
use crate::kept::Kept;
use crate::keys::Key;
use crate::panic;
use crate::shown::{Asked, Shown};
use crate::state::State;
use crate::storage::{self, RUNS};

/// What is shown.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// All but the text.
    pub shown: Rc<Shown>,
    /// The scenario's text.
    pub text: Rc<str>,
    /// The last runs, newest first.
    pub runs: Rc<[Kept]>,
    /// Takes what the tools ask.
    pub ask: Callback<Asked>,
    /// Begins its ids.
    pub id: AttrValue,
}

/// The root.
pub struct Root {
    state: Rc<State>,
    /// The machine at the position.
    machine: Option<Rc<Machine>>,
    /// The tools that were opened, each as it was shown last: one that is put away is not drawn
    /// again, and not thrown away either, with what was written into it.
    opened: Vec<(Tool, Given)>,
}

impl Component for Root {
    type Message = ();
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let Props { shown, text, .. } = ctx.props();
        let state = shown.follow(&State::new(text, Some(shown.position)), text);
        let mut new = Self { machine: machine(&state), state: Rc::new(state), opened: Vec::new() };
        new.open(ctx.props());
        new
    }

    fn changed(&mut self, ctx: &Context<Self>, _: &Props) -> bool {
        let Props { shown, text, .. } = ctx.props();
        let next = shown.follow(&self.state, text);
        if next != *self.state {
            let moved = next.run != self.state.run || next.position != self.state.position;
            if moved {
                self.machine = machine(&next);
            }
            self.state = Rc::new(next);
        }
        self.open(ctx.props());
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let Props { shown, ask, id, .. } = ctx.props();
        if shown.chapter {
            let hosts = shown.hosts.clone();
            let state = self.shared(ask);
            return html! { <Compare {state} id={format!("{id}-of")} {hosts} chapter=true /> };
        }
        let Some(tool) = Tool::by_word(&shown.tool) else { return Html::default() };
        let close = ask.reform(|_: MouseEvent| Asked::Close);
        // All have keys, the head too: else a tool opened later takes the place of the one before.
        html! { <>
            <header key="head" class="vfi-drawer-head">
                <h2>{ tool.label() }</h2>
                <button type="button" onclick={close} aria-label="Close" title="Close (Esc)">{ "✕" }</button>
            </header>
            { for self.opened.iter().map(|(one, given)| panel(*one, given, *one != tool)) }
        </> }
    }
}

impl Root {
    /// The state, and a way to change it.
    fn shared(&self, ask: &Callback<Asked>) -> Shared {
        let does = ask.clone();
        let does = Callback::from(move |key| match key {
            Key::Do(action) => does.emit(Asked::Do(action)),
            Key::Tool(None) => does.emit(Asked::Close),
            _ => {}
        });
        Shared { state: self.state.clone(), ask: does }
    }

    /// Gives the open tool what it is to show now.
    fn open(&mut self, props: &Props) {
        let Props { shown, text, runs, ask, id } = props;
        let tool = Tool::by_word(&shown.tool).filter(|_| !shown.chapter);
        let Some(tool) = tool else { return };
        // Who gets a link from Share is to see what was shown before it covered that.
        let linked = if tool == Tool::Share { Tool::by_word(&shown.before) } else { Some(tool) };
        let view = View {
            text: text.to_string(),
            position: u32::try_from(self.state.position).ok(),
            tool: linked.map(|tool| tool.word().to_ascii_lowercase()),
            hosts: shown.hosts.clone(),
            followed: shown.followed,
        };
        let given = Given {
            state: self.shared(ask),
            machine: self.machine.clone(),
            view: Rc::new(view),
            ask: ask.clone(),
            runs: runs.clone(),
            id: format!("{id}-{}", tool.word()),
        };
        match self.opened.iter_mut().find(|(one, _)| *one == tool) {
            Some((_, old)) => *old = given,
            None => self.opened.push((tool, given)),
        }
    }
}

fn machine(state: &State) -> Option<Rc<Machine>> {
    state.run.as_ref().map(|run| Rc::new(run.machine(state.position)))
}

/// The tools in an element of the page.
pub struct Mounted {
    place: Element,
    app: Option<AppHandle<Root>>,
    line: String,
    text: Rc<str>,
    runs: Rc<[Kept]>,
    ask: Callback<Asked>,
}

impl Mounted {
    /// Draws in an element, once there is something to show. `ask` takes what is asked, as text.
    pub fn new(place: Element, ask: Function) -> Self {
        panic::install_beside(ask.clone());
        let ask = Callback::from(move |asked: Asked| {
            if let Some(text) = asked.text() {
                let _ = ask.call1(&JsValue::UNDEFINED, &JsValue::from(text));
            }
        });
        Self { place, app: None, line: String::new(), text: "".into(), runs: Rc::new([]), ask }
    }

    /// Shows what a line says, with another text or with the one from before.
    pub fn show(&mut self, line: &str, text: Option<String>) {
        let Some(shown) = Shown::read(line) else { return };
        // Reading them takes a while, and a step is no new run. What is said once more has a reason.
        let other = text.is_some() || self.line == line || !self.line.starts_with(&*shown.tool);
        if other && Tool::by_word(&shown.tool) == Some(Tool::Runs) {
            self.runs = storage::list(RUNS).into();
        }
        self.line = line.to_owned();
        if let Some(text) = text {
            self.text = text.into();
        }
        let props = Props {
            shown: Rc::new(shown),
            text: self.text.clone(),
            runs: self.runs.clone(),
            ask: self.ask.clone(),
            id: self.place.id().into(),
        };
        match &mut self.app {
            Some(app) => app.update(props),
            None => {
                let root = self.place.clone();
                self.app = Some(yew::Renderer::<Root>::with_root_and_props(root, props).render());
            }
        }
    }

    /// Out of the page.
    pub fn end(self) {
        if let Some(app) = self.app {
            app.destroy();
        }
    }
}
