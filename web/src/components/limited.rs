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
pub struct Limited {
    shown: usize,
}

impl Component for Limited {
    /// Show more.
    type Message = ();
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        Self { shown: ctx.props().first }
    }

    fn update(&mut self, _: &Context<Self>, (): ()) -> bool {
        self.shown = self.shown.saturating_add(MORE);
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let Props { total, draw, .. } = ctx.props();
        let shown = self.shown;
        let more = ctx.link().callback(|_: MouseEvent| ());
        html! {
            <>
                { draw.emit(shown) }
                if shown < *total {
                    <button type="button" class="vfi-more" onclick={more}>
                        { format!("{shown} of {total}; more") }
                    </button>
                }
            </>
        }
    }
}
