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
}

impl Component for Root {
    type Message = ();
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let Props { shown, text, .. } = ctx.props();
        let state = shown.follow(&State::new(text, Some(shown.position)), text);
        Self { machine: machine(&state), state: Rc::new(state) }
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
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let Props { shown, text, runs, ask, id } = ctx.props();
        let does = ask.clone();
        let does = Callback::from(move |key| match key {
            Key::Do(action) => does.emit(Asked::Do(action)),
            Key::Tool(None) => does.emit(Asked::Close),
            _ => {}
        });
        let state = Shared { state: self.state.clone(), ask: does };
        if shown.chapter {
            let hosts = shown.hosts.clone();
            return html! { <Compare {state} id={format!("{id}-of")} {hosts} /> };
        }
        let Some(tool) = Tool::by_word(&shown.tool) else { return Html::default() };
        let view = View {
            text: text.to_string(),
            position: u32::try_from(self.state.position).ok(),
            tool: Some(tool.word().to_ascii_lowercase()),
            hosts: shown.hosts.clone(),
            followed: shown.followed,
        };
        let given = Given {
            state,
            machine: self.machine.clone(),
            view: Rc::new(view),
            runs: runs.clone(),
            id: format!("{id}-of"),
        };
        let close = ask.reform(|_: MouseEvent| Asked::Close);
        html! { <>
            <header class="vfi-drawer-head">
                <h2>{ tool.word() }</h2>
                <button type="button" onclick={close} aria-label="Close" title="Close (Esc)">{ "✕" }</button>
            </header>
            { panel(tool, &given) }
        </> }
    }
}

fn machine(state: &State) -> Option<Rc<Machine>> {
    state.run.as_ref().map(|run| Rc::new(run.machine(state.position)))
}

/// The tools in an element of the page.
pub struct Mounted {
    place: Element,
    app: Option<AppHandle<Root>>,
    text: Rc<str>,
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
        Self { place, app: None, text: "".into(), ask }
    }

    /// Shows what a line says, with another text or with the one from before.
    pub fn show(&mut self, line: &str, text: Option<String>) {
        let Some(shown) = Shown::read(line) else { return };
        if let Some(text) = text {
            self.text = text.into();
        }
        let props = Props {
            shown: Rc::new(shown),
            text: self.text.clone(),
            runs: storage::list(RUNS).into(),
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
