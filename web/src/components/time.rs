//! Moving through the run: steps, play, the slider; on the full page also how far a step goes, how
//! fast it plays, and where to jump.

use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::Shared;
use super::icon::{Icon, icon};
use super::toolbar::Toolbar;
use crate::keys::Key;
use crate::state::{Action, Grain, Landmark, Speed};

struct Button {
    icon: Icon,
    label: &'static str,
    keys: &'static str,
    off: bool,
    key: Key,
}

impl Button {
    fn draw(self, props: &Toolbar) -> Html {
        let title = format!("{} ({})", self.label, self.keys);
        let key = self.key;
        let onclick = props.ask.reform(move |_: MouseEvent| key.clone());
        html! {
            <button type="button" class="vfi-tool" {onclick} aria-disabled={self.off.to_string()}
                aria-label={self.label} {title}>{ icon(self.icon) }</button>
        }
    }
}

/// Steps, play and the slider. A button that leads nowhere is not disabled, which would take the
/// focus from it at the last step: it says so and does nothing.
pub fn steps(props: &Toolbar) -> Html {
    let state = &props.state;
    let (position, end) = (state.position, state.len());
    let (at_begin, at_end) = (position == 0, position == end);
    let button = |icon, label, keys, off, key| Button { icon, label, keys, off, key }.draw(props);
    let play = if props.playing { (Icon::Pause, "Pause") } else { (Icon::Play, "Play") };
    let step = |grain| Key::Do(Action::Forward(grain));
    let back = |grain| Key::Do(Action::Back(grain));
    html! {
        <div class="vfi-group-steps" role="group" aria-label="Steps">
            { button(Icon::First, "Request back", "Shift ←", at_begin, back(Grain::Request)) }
            { button(Icon::Back, "Step back", "←", at_begin, back(Grain::Event)) }
            { button(play.0, play.1, "p", end == 0, Key::Play) }
            { button(Icon::Forward, "Step", "→", at_end, step(Grain::Event)) }
            { button(Icon::Last, "Request on", "Shift →", at_end, step(Grain::Request)) }
            <input type="range" class="vfi-scrub" min="0" max={end.to_string()} step="1"
                value={position.to_string()} oninput={seek(state)} aria-label="Position in the run"
                aria-valuetext={format!("event {position} of {end}")} disabled={end == 0} />
            <output class="vfi-count">{ format!("{position}/{end}") }</output>
        </div>
    }
}

/// To the event whose number an input has.
fn seek<E: AsRef<web_sys::Event> + 'static>(state: &Shared) -> Callback<E> {
    let state = state.dispatcher();
    Callback::from(move |event: E| {
        let input = event.as_ref().target().and_then(|it| it.dyn_into::<HtmlInputElement>().ok());
        if let Some(at) = input.and_then(|input| input.value().parse().ok()) {
            state.dispatch(Action::Seek(at));
        }
    })
}

/// How far, how fast, and where to.
pub fn more(props: &Toolbar) -> Html {
    let state = &props.state;
    let grain = {
        let state = state.dispatcher();
        move |grain: Grain| {
            let state = state.clone();
            Callback::from(move |_: MouseEvent| state.dispatch(Action::Grain(grain)))
        }
    };
    let speed = {
        let state = state.dispatcher();
        Callback::from(move |event: Event| {
            let select = event.target().and_then(|it| it.dyn_into::<HtmlSelectElement>().ok());
            let at = select.and_then(|select| usize::try_from(select.selected_index()).ok());
            if let Some(speed) = at.and_then(|at| Speed::ALL.get(at)) {
                state.dispatch(Action::Speed(*speed));
            }
        })
    };
    html! {
        <div class="vfi-group-time">
            <span class="vfi-segments" role="group" aria-label="Arrows and play step by (m)">
                { for [Grain::Event, Grain::Request].into_iter().map(|one| html! {
                    <button type="button" onclick={grain(one)} aria-pressed={(state.grain == one).to_string()}
                        class={(state.grain == one).then_some("vfi-on")}>{ one.word() }</button>
                }) }
            </span>
            <label class="vfi-option"><span>{ "Speed" }</span>
                <select onchange={speed} title="How fast it plays (< >)" data-shown={state.speed.word()}>
                    { for Speed::ALL.into_iter().map(|one| html! {
                        <option selected={one == state.speed}>{ one.word() }</option>
                    }) }
                </select>
            </label>
            <label class="vfi-option"><span>{ "Event" }</span>
                <input ref={props.number.clone()} type="number" class="vfi-vector vfi-goto" min="0"
                    max={state.len().to_string()} value={state.position.to_string()}
                    onchange={seek(state)} title="To the event with this number (g)" />
            </label>
            <span class="vfi-jumps-to" role="group" aria-label="Jump">
                { for Landmark::ALL.into_iter().map(|landmark| jump(state, landmark)) }
            </span>
        </div>
    }
}

/// Before and after: to the events of a kind.
fn jump(state: &Shared, landmark: Landmark) -> Html {
    let there = |back| {
        let run = state.run.as_deref();
        run.and_then(|run| run.index.landmark(landmark, state.position, back))
    };
    let button = |back: bool| {
        let to = there(back);
        let state = state.dispatcher();
        let onclick = Callback::from(move |_: MouseEvent| {
            state.dispatch(Action::Jump(landmark, back));
        });
        let side = if back { "previous" } else { "next" };
        html! {
            <button type="button" {onclick} aria-disabled={to.is_none().to_string()} class="vfi-side"
                aria-label={format!("{side} {}", landmark.word())}
                title={format!("{side} {} ({}{})", landmark.word(), if back { "Shift " } else { "" }, letter(landmark))}>
                { if back { "‹" } else { "›" } }
            </button>
        }
    };
    html! {
        <span class="vfi-segments">{ button(true) }<span>{ landmark.word() }</span>{ button(false) }</span>
    }
}

fn letter(landmark: Landmark) -> &'static str {
    match landmark {
        Landmark::Loss => "l",
        Landmark::Signal => "s",
        Landmark::Refusal => "n",
        Landmark::Answer => "w",
    }
}
