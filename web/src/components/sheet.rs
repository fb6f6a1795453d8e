//! The sheet of keys and shapes: a dialog over the page. The browser keeps the focus in it, closes
//! it at Escape, and puts the focus back where it was.

use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Element;
use yew::prelude::*;

use super::lanes::sample;
use crate::keys::{self, Key};
use crate::view::mark::{Lane, Shape};

const SHAPES: &[(Shape, &str)] = &[
    (Shape::Arrow(Lane::Host, Lane::Function), "call, register write, answer, message"),
    (Shape::Dot(Lane::Host), "a move inside one lane"),
    (Shape::Birth(Lane::Host), "an interrupt is born"),
    (Shape::Signal(Lane::Host, Lane::Function), "an eventfd rises"),
    (Shape::Wait(Lane::Host), "it waits (dashed line: something waits here)"),
    (Shape::Merge(Lane::Host), "it merges into one that waits"),
    (Shape::Lost(Lane::Host), "it is LOST: nothing will ever signal for it"),
];

/// The dialog; empty while it is closed.
pub fn sheet(open: bool, place: &NodeRef, id: &str, ask: &Callback<Key>) -> Html {
    let title = format!("{id}-sheet");
    html! {
        <dialog ref={place.clone()} class="vfi-keys" aria-labelledby={title.clone()}
            onclose={ask.reform(|_: Event| Key::HelpClosed)}>
            if open {
                <header>
                    <h4 id={title}>{ "Keys and shapes" }</h4>
                    <button type="button" onclick={ask.reform(|_: MouseEvent| Key::Help)}>{ "Close" }</button>
                </header>
                <div class="vfi-keys-groups">
                    { for keys::LIST.iter().map(|(title, keys)| group(title, keys)) }
                    <section>
                        <h5>{ "Shapes" }</h5>
                        <ul>
                            { for SHAPES.iter().map(|(shape, what)| html! { <li>{ sample(*shape) }{ *what }</li> }) }
                            <li>{ "INTx lane: left is low, right is high" }</li>
                            <li>{ "wide band: the way of the interrupt followed" }</li>
                            <li>{ "▲ a bit was set or a value grew; ▼ cleared or fell; ◂ what it was" }</li>
                        </ul>
                    </section>
                </div>
                <p>{ "Keys count while the focus is in the playground, and not in its fields." }</p>
            }
        </dialog>
    }
}

fn group(title: &'static str, keys: &[(&'static str, &'static str)]) -> Html {
    html! {
        <section>
            <h5>{ title }</h5>
            <dl>
                { for keys.iter().map(|(key, what)| html! { <>
                    <dt>{ for key.split(' ').map(|key| html! { <kbd>{ key }</kbd> }) }</dt><dd>{ *what }</dd>
                </> }) }
            </dl>
        </section>
    }
}

/// Opens or closes the dialog, if it is not as it should be.
pub fn show(place: &NodeRef, open: bool) {
    let Some(dialog) = place.cast::<Element>() else { return };
    if dialog.has_attribute("open") == open {
        return;
    }
    let name = JsValue::from_str(if open { "showModal" } else { "close" });
    if let Some(method) =
        Reflect::get(&dialog, &name).ok().and_then(|method| method.dyn_into::<Function>().ok())
    {
        let _ = method.call0(&dialog);
    }
}
