//! The list of keys, and what the shapes mean.

use yew::prelude::*;

use super::lanes::sample;
use crate::keys;
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

/// The list.
pub fn help() -> Html {
    html! {
        <section class="vfi-help" aria-label="Keys and shapes">
            <dl>
                { for keys::LIST.iter().map(|(key, what)| html! { <>
                    <dt>{ for key.split(' ').map(|key| html! { <kbd>{ key }</kbd> }) }</dt><dd>{ *what }</dd>
                </> }) }
            </dl>
            <ul>
                { for SHAPES.iter().map(|(shape, what)| html! { <li>{ sample(*shape) }{ *what }</li> }) }
                <li>{ "INTx lane: left is low, right is high" }</li>
                <li>{ "▲ a bit was set or a value grew; ▼ cleared or fell; ◂ what it was" }</li>
            </ul>
        </section>
    }
}
