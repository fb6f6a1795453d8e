//! The whole playground: toolbar, text, timeline, ledger, registers, host.

use yew::prelude::*;

use crate::options::Options;

/// What a playground begins with.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The scenario's text.
    pub text: AttrValue,
    /// What the page says.
    pub options: Options,
}

/// The playground.
#[component(Playground)]
pub fn playground(props: &Props) -> Html {
    html! { <section class="vfi"><pre>{ &props.text }</pre></section> }
}
