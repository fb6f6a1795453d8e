//! Time, what the device can do here, and which host and function.

use std::rc::Rc;

use vfio_irq_core::device::Stimulus;
use vfio_irq_core::host;
use vfio_irq_core::pci::profiles;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::Shared;
use super::part::{Part, address};
use super::tabs::QUESTION;
use super::time;
use crate::keys::Key;
use crate::state::Action;

/// What the toolbar shows.
pub struct Toolbar {
    /// The state.
    pub state: Shared,
    /// What a button asks for that is no change of state.
    pub ask: Callback<Key>,
    /// Whether it plays.
    pub playing: bool,
    /// Whether this is the full page.
    pub full: bool,
    /// What was said last about copying.
    pub copied: &'static str,
    /// The field of the vector, for who wants to put the focus there.
    pub vector: NodeRef,
    /// What stands in that field, if it is no vector.
    pub no_vector: Option<String>,
    /// Takes what is written there.
    pub write: Callback<String>,
    /// The field of an event's number, likewise.
    pub number: NodeRef,
    /// Hosts the page compares.
    pub compare: Vec<String>,
    /// URL of the full-screen page with this text, if this is not it.
    pub elsewhere: Option<String>,
    /// The same, asking whether the text can lose an interrupt.
    pub question: Option<String>,
}

/// The toolbar.
pub fn toolbar(props: &Toolbar) -> Html {
    html! {
        <div class="vfi-bar">
            { time::steps(props) }
            if props.full { { time::more(props) } }
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

fn raise(props: &Toolbar) -> Html {
    let state = &props.state;
    let off = state.stale() || state.run.is_none();
    let write = props.write.clone();
    let choose = Callback::from(move |event: InputEvent| {
        if let Some(input) = event.target().and_then(|it| it.dyn_into::<HtmlInputElement>().ok()) {
            write.emit(input.value());
        }
    });
    let wrong = props.no_vector.as_ref();
    let value = wrong.cloned().unwrap_or_else(|| state.vector.to_string());
    html! {
        <div class="vfi-group-raise" role="group" aria-label="What the function does here">
            <button type="button" class="vfi-fire" onclick={ask(props, Key::Fire)} disabled={off || wrong.is_some()}
                title="Let the function raise this vector at this point (f)">{ "Fire" }</button>
            <input ref={props.vector.clone()} type="number" class="vfi-vector" min="0" max="2047"
                {value} oninput={choose} aria-invalid={wrong.map(|_| "true")} aria-label="Vector to fire (v)" />
            <button type="button" onclick={act(state, Action::Raise(Stimulus::AssertIntx))} disabled={off}
                title="Raise the function's INTx level at this point (a)">{ "INTx ▲" }<span class="vfi-hidden">{ " assert" }</span></button>
            <button type="button" onclick={act(state, Action::Raise(Stimulus::DeassertIntx))} disabled={off}
                title="Let it fall (d)">{ "INTx ▼" }<span class="vfi-hidden">{ " deassert" }</span></button>
        </div>
    }
}

/// Drawn again only when the text is another: the lists of profiles are long.
fn setup(props: &Toolbar) -> Html {
    let (state, compare) = (props.state.clone(), props.compare.clone());
    let of = [address(&state.text), 0, 0];
    let draw = Rc::new(move || {
        let hosts: Vec<&str> = host::PROFILES.iter().map(|profile| &*profile.name).collect();
        let functions: Vec<&str> = profiles::all().iter().map(|profile| profile.name).collect();
        html! { <>
            { compared(&state, &compare) }
            { choice(&state, "host", "Host", &hosts, Action::Host) }
            { choice(&state, "function", "Function", &functions, Action::Function) }
        </> }
    }) as Rc<dyn Fn() -> Html>;
    html! {
        <div class="vfi-group-setup" role="group" aria-label="Host and function"><Part {of} {draw} /></div>
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
            if let Some(url) = &props.question {
                <a class="vfi-elsewhere" href={url.clone()}>{ QUESTION }</a>
            }
            <button type="button" onclick={ask(props, Key::Help)} aria-haspopup="dialog"
                aria-label="Keys and shapes" title="Keys and shapes (?)">{ "?" }</button>
        </div>
    }
}
