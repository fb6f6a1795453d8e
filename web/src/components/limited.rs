//! Something long, of which a reader sees the first part and can ask for more.

use yew::prelude::*;

/// What is long.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// How much there is.
    pub total: usize,
    /// How much is shown at first.
    pub first: usize,
    /// Draws so much of it.
    pub draw: Callback<usize, Html>,
}

/// How much more is shown at each asking.
const MORE: usize = 64;

/// The first part, and a button for more.
#[component(Limited)]
pub fn limited(props: &Props) -> Html {
    let shown = use_state_eq(|| props.first);
    let more = {
        let shown = shown.clone();
        Callback::from(move |_: MouseEvent| shown.set(shown.saturating_add(MORE)))
    };
    let part = (*shown).min(props.total);
    html! {
        <>
            { props.draw.emit(*shown) }
            if part < props.total {
                <button type="button" class="vfi-more" onclick={more}>
                    { format!("{part} of {}; more", props.total) }
                </button>
            }
        </>
    }
}
