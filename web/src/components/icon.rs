//! Small drawings, in the colour of the text around them.

use yew::prelude::*;

/// Steps and tools, as paths in a square of 16.
#[expect(missing_docs, reason = "the name is the drawing")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Icon {
    First,
    Back,
    Play,
    Pause,
    Forward,
    Last,
}

/// Draws an icon; a screen reader reads the button's label instead.
pub fn icon(icon: Icon) -> Html {
    let path = match icon {
        Icon::First => "M3 3h2v10H3zM13 3v10L6 8z",
        Icon::Back => "M12 3v10L4 8z",
        Icon::Play => "M5 2v12l8-6z",
        Icon::Pause => "M4 3h3v10H4zM9 3h3v10H9z",
        Icon::Forward => "M4 3v10l8-5z",
        Icon::Last => "M3 3v10l7-5zM11 3h2v10h-2z",
    };
    html! {
        <svg class="vfi-icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d={path} fill="currentColor" />
        </svg>
    }
}
