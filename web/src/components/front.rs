//! The front page's strip: one button that works at any moment, and one sentence of what one sees.

use yew::prelude::*;

use crate::front;
use crate::keys::Key;
use crate::state::State;

/// The strip.
pub fn strip(state: &State, ask: &Callback<Key>) -> Html {
    let button = |class: &'static str, key: Key, words: &'static str| {
        let onclick = ask.reform(move |_: MouseEvent| key.clone());
        html! { <button type="button" {class} {onclick} disabled={state.stale()}>{ words }</button> }
    };
    html! {
        <div class="vfi-front-strip">
            <p aria-live="polite">{ front::sentence(state) }</p>
            { button("vfi-call", Key::Fire, "Fire an interrupt now") }
            { button("", Key::Lose, "Lose one") }
        </div>
    }
}
