//! Steps, the slider, what the device can do here, and which host and function.

use vfio_irq_core::device::Stimulus;
use vfio_irq_core::host;
use vfio_irq_core::pci::profiles;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::Shared;
use super::icon::{Icon, icon};
use crate::keys::Key;
use crate::state::{Action, Grain};

/// What the toolbar shows.
pub struct Toolbar {
    /// The state.
    pub state: Shared,
    /// What a button asks for that is no change of state.
    pub ask: Callback<Key>,
    /// Whether it plays.
    pub playing: bool,
    /// Whether the list of keys is open.
    pub help: bool,
    /// What was said last about copying.
    pub copied: &'static str,
    /// The field of the vector, for who wants to put the focus there.
    pub vector: NodeRef,
    /// Hosts the page compares.
    pub compare: Vec<String>,
    /// URL of the full-screen page with this text, if this is not it.
    pub elsewhere: Option<String>,
}

/// The toolbar.
pub fn toolbar(props: &Toolbar) -> Html {
    html! {
        <div class="vfi-bar">
            { steps(props) }
            { raise(props) }
            { setup(props) }
            { tools(props) }
        </div>
    }
}

fn act(state: &Shared, action: Action) -> Callback<MouseEvent> {
    let state = state.dispatcher();
    Callback::from(move |_| state.dispatch(action.clone()))
}

fn ask(props: &Toolbar, key: Key) -> Callback<MouseEvent> {
    props.ask.reform(move |_| key.clone())
}

struct Button {
    icon: Icon,
    label: &'static str,
    keys: &'static str,
    off: bool,
}

impl Button {
    fn draw(self, onclick: Callback<MouseEvent>) -> Html {
        let title = format!("{} ({})", self.label, self.keys);
        html! {
            <button type="button" class="vfi-tool" {onclick} disabled={self.off}
                aria-label={self.label} {title}>{ icon(self.icon) }</button>
        }
    }
}

fn steps(props: &Toolbar) -> Html {
    let state = &props.state;
    let (position, end) = (state.position, state.len());
    let (at_begin, at_end) = (position == 0, position == end);
    let button = |icon, label, keys, off| Button { icon, label, keys, off };
    let seek = {
        let state = state.dispatcher();
        Callback::from(move |event: InputEvent| {
            let input = event.target().and_then(|it| it.dyn_into::<HtmlInputElement>().ok());
            if let Some(at) = input.and_then(|input| input.value().parse().ok()) {
                state.dispatch(Action::Seek(at));
            }
        })
    };
    let play = if props.playing { (Icon::Pause, "Pause") } else { (Icon::Play, "Play") };
    html! {
        <div class="vfi-group-steps" role="group" aria-label="Steps">
            { button(Icon::First, "Line back", "Shift ←", at_begin).draw(act(state, Action::Back(Grain::Line))) }
            { button(Icon::Back, "Step back", "←", at_begin).draw(act(state, Action::Back(Grain::Event))) }
            { button(Icon::Forward, "Step", "→", at_end).draw(act(state, Action::Forward(Grain::Event))) }
            { button(Icon::Last, "Line on", "Shift →", at_end).draw(act(state, Action::Forward(Grain::Line))) }
            { button(play.0, play.1, "p", end == 0).draw(ask(props, Key::Play)) }
            <input type="range" class="vfi-scrub" min="0" max={end.to_string()} step="1"
                value={position.to_string()} oninput={seek} aria-label="Position in the run"
                aria-valuetext={format!("event {position} of {end}")} disabled={end == 0} />
            <output class="vfi-count">{ format!("{position}/{end}") }</output>
        </div>
    }
}

fn raise(props: &Toolbar) -> Html {
    let state = &props.state;
    let off = state.stale() || state.run.is_none();
    let choose = {
        let state = state.dispatcher();
        Callback::from(move |event: InputEvent| {
            let input = event.target().and_then(|it| it.dyn_into::<HtmlInputElement>().ok());
            if let Some(vector) = input.and_then(|input| input.value().parse().ok()) {
                state.dispatch(Action::Vector(vector));
            }
        })
    };
    html! {
        <div class="vfi-group-raise" role="group" aria-label="What the function does here">
            <button type="button" class="vfi-fire" onclick={ask(props, Key::Fire)} disabled={off}
                title="Let the function raise this vector at this point (f)">{ "Fire" }</button>
            <input ref={props.vector.clone()} type="number" class="vfi-vector" min="0" max="2047"
                value={state.vector.to_string()} oninput={choose} aria-label="Vector to fire (v)" />
            <button type="button" onclick={act(state, Action::Raise(Stimulus::AssertIntx))} disabled={off}
                title="Raise the function's INTx level at this point (a)">{ "Assert INTx" }</button>
            <button type="button" onclick={act(state, Action::Raise(Stimulus::DeassertIntx))} disabled={off}
                title="Let it fall (d)">{ "Deassert" }</button>
        </div>
    }
}

fn setup(props: &Toolbar) -> Html {
    let state = &props.state;
    let hosts: Vec<&str> = host::PROFILES.iter().map(|profile| &*profile.name).collect();
    let functions: Vec<&str> = profiles::all().iter().map(|profile| profile.name).collect();
    html! {
        <div class="vfi-group-setup" role="group" aria-label="Host and function">
            { compared(state, &props.compare) }
            { choice(state, "host", "Host", &hosts, Action::Host) }
            { choice(state, "function", "Function", &functions, Action::Function) }
        </div>
    }
}

/// A choice that rewrites a line of the text.
fn choice(
    state: &Shared,
    line: &str,
    label: &'static str,
    options: &[&str],
    action: fn(String) -> Action,
) -> Html {
    let said = crate::edit::profile_word(&state.text, line).unwrap_or("");
    let known = options.contains(&said);
    let other = if said.is_empty() { DEFAULT } else { AS_WRITTEN };
    let onchange = {
        let state = state.dispatcher();
        Callback::from(move |event: Event| {
            let select = event.target().and_then(|it| it.dyn_into::<HtmlSelectElement>().ok());
            let name = select.map(|select| select.value());
            if let Some(name) = name.filter(|name| ![DEFAULT, AS_WRITTEN].contains(&&**name)) {
                state.dispatch(action(name));
            }
        })
    };
    // `selected` counts until a reader chooses; after that `show_choices` does.
    let shown = if known { said } else { other }.to_owned();
    html! {
        <label class="vfi-choice">
            <span>{ label }</span>
            <select {onchange} data-shown={shown} aria-label={label}>
                if !known { <option selected=true>{ other }</option> }
                { for options.iter().map(|name| html! {
                    <option selected={*name == said}>{ *name }</option>
                }) }
            </select>
        </label>
    }
}

/// Lets each choice in an element show what the text says.
pub fn show_choices(place: &Element) -> Result<(), JsValue> {
    let choices = place.query_selector_all("select[data-shown]")?;
    for choice in (0..choices.length()).filter_map(|at| choices.item(at)) {
        let choice: HtmlSelectElement = choice.unchecked_into();
        if let Some(shown) = choice.get_attribute("data-shown") {
            choice.set_value(&shown);
        }
    }
    Ok(())
}

/// What a choice shows for a line that is not there, or that names no profile.
const DEFAULT: &str = "default";
const AS_WRITTEN: &str = "as written";

/// One button for each host the page compares.
fn compared(state: &Shared, hosts: &[String]) -> Html {
    let said = crate::edit::profile_word(&state.text, "host");
    let button = |host: &String| {
        let on = said == Some(host);
        let onclick = act(state, Action::Host(host.clone()));
        html! {
            <button type="button" {onclick} class={on.then_some("vfi-on")}
                aria-pressed={on.to_string()} title="Run it on this host">{ host }</button>
        }
    };
    html! { { for hosts.iter().map(button) } }
}

fn tools(props: &Toolbar) -> Html {
    let state = &props.state;
    html! {
        <div class="vfi-group-tools">
            <button type="button" onclick={act(state, Action::Undo)} disabled={!state.can_undo()}
                title="Take back the last change of the text (u)">{ "Undo" }</button>
            if state.can_redo() {
                <button type="button" onclick={act(state, Action::Redo)} title="Do it again (r)">{ "Redo" }</button>
            }
            if state.changed() {
                <button type="button" onclick={act(state, Action::Reset)}
                    title="Back to the text this page came with">{ "Reset" }</button>
            }
            <button type="button" onclick={ask(props, Key::Copy)} disabled={state.run.is_none()}
                title="Copy the trace as plain text, 72 columns wide (c)">{ "Copy trace" }</button>
            <span class="vfi-copied" role="status">{ props.copied }</span>
            if let Some(url) = &props.elsewhere {
                <a class="vfi-elsewhere" href={url.clone()}>{ "Full screen" }</a>
            }
            <button type="button" onclick={ask(props, Key::Help)} aria-expanded={props.help.to_string()}
                aria-label="Keys and shapes" title="Keys and shapes (?)">{ "?" }</button>
        </div>
    }
}
