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
        Icon::First => "M8 3L3 8l5 5M13 3L8 8l5 5",
        Icon::Back => "M10 3L5 8l5 5",
        Icon::Play => "M5 3v10l8-5z",
        Icon::Pause => "M5 3v10M11 3v10",
        Icon::Forward => "M6 3l5 5l-5 5",
        Icon::Last => "M3 3l5 5l-5 5M8 3l5 5l-5 5",
    };
    html! {
        <svg class="vfi-icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d={path} />
        </svg>
    }
}
