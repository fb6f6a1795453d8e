//! Two hosts on one text: the text's own, and another.

use std::rc::Rc;

use vfio_irq_core::host::{HostProfile, PROFILES};
use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::diff::Diff;
use super::show_choices;
use crate::components::Shared;
use crate::run::Run;
use crate::state::Action;

/// What is compared.
#[derive(Clone, Properties)]
pub struct Props {
    /// The state.
    pub state: Shared,
    /// Begins its ids.
    pub id: AttrValue,
    /// The hosts compared: those of the chapter, or the ones chosen last.
    pub hosts: Vec<String>,
    /// It stands in a chapter: the hosts are the chapter's, and there is less room.
    #[prop_or_default]
    pub chapter: bool,
    /// Takes the hosts that are chosen.
    #[prop_or_default]
    pub choose: Callback<Vec<String>>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        self.state.run == other.state.run
            && self.state.stale() == other.state.stale()
            && self.hosts == other.hosts
    }
}

/// What can be asked for.
pub enum Message {
    /// This host on the other side.
    Other(String),
    /// Both hosts.
    Both(&'static str, &'static str),
}

/// Pairs worth looking at.
const PAIRS: [(&str, &str, &str); 3] = [
    ("6.1 and 6.12", "linux-6.1", "linux-6.12"),
    ("NORESIZE and none", "linux-6.1", "linux-7.3"),
    ("Linux and mediated", "linux-7.3", "mediated"),
];

/// The tool. Which hosts it compares the playground keeps: they are part of its address.
pub struct Compare {
    made: Option<(Rc<Run>, Rc<Run>)>,
}

impl Component for Compare {
    type Message = Message;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let mut new = Self { made: None };
        new.run(ctx.props());
        new
    }

    fn changed(&mut self, ctx: &Context<Self>, _: &Props) -> bool {
        self.run(ctx.props());
        true
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        let Props { state, choose, .. } = ctx.props();
        match message {
            Message::Other(host) => {
                let own = state.run.as_ref().map(|run| run.trace().host.clone());
                choose.emit(own.into_iter().chain([host]).collect());
            }
            Message::Both(own, other) => {
                choose.emit(vec![own.to_owned(), other.to_owned()]);
                state.dispatcher().dispatch(Action::Host(own.to_owned()));
            }
        }
        // What comes of it comes from the playground.
        false
    }

    fn rendered(&mut self, ctx: &Context<Self>, _: bool) {
        show_choices(&ctx.props().id);
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let Props { state, id, chapter, .. } = ctx.props();
        let seek = {
            let state = state.dispatcher();
            Callback::from(move |position| state.dispatch(Action::Seek(position)))
        };
        let shown = self.made.as_ref().map(|(a, b)| {
            let names = [a, b].map(|run| AttrValue::from(run.trace().host.clone()));
            html! { <Diff a={a.clone()} b={b.clone()} {names} hosts=true chapter={*chapter} {seek} id={id.clone()} /> }
        });
        html! { <>
            if !chapter { { self.choices(ctx) } }
            { shown.unwrap_or_else(|| html! { <p class="vfi-empty">{ "No run yet: the text has an error." }</p> }) }
        </> }
    }
}

impl Compare {
    /// Runs the text on the other host, too.
    fn run(&mut self, props: &Props) {
        let Some(own) = props.state.run.clone() else { return };
        let name = own.trace().host.clone();
        let mut others = props.hosts.iter().filter(|host| **host != name);
        // On the page the one chosen for the other side is the last.
        let chosen = if props.chapter { others.next() } else { others.next_back() };
        let other = chosen.cloned().or_else(|| {
            // What one asks first: would another kernel do it?
            let other = if name == "linux-6.12" { "linux-6.1" } else { "linux-6.12" };
            (!props.chapter).then(|| other.to_owned())
        });
        let kept = self
            .made
            .as_ref()
            .filter(|(run, beside)| *run == own && Some(&beside.trace().host) == other.as_ref());
        if kept.is_some() {
            return;
        }
        let beside = other.and_then(|host| own.on(HostProfile::by_name(&host)?));
        self.made = beside.map(|beside| (own, Rc::new(beside)));
    }

    fn choices(&self, ctx: &Context<Self>) -> Html {
        let own = ctx.props().state.run.as_ref().map(|run| run.trace().host.clone());
        let other = self.made.as_ref().map(|(_, beside)| beside.trace().host.clone());
        let onchange = ctx.link().batch_callback(|event: Event| {
            let select = event.target().and_then(|it| it.dyn_into::<HtmlSelectElement>().ok())?;
            Some(Message::Other(select.value()))
        });
        html! {
            <div class="vfi-actions">
                <span>{ own.clone() }{ " beside" }</span>
                <select {onchange} aria-label="The other host" data-shown={other.clone()}>
                    { for PROFILES.iter().map(|profile| html! {
                        <option selected={Some(&*profile.name) == other.as_deref()}
                            disabled={Some(&*profile.name) == own.as_deref()}>{ profile.name.to_string() }</option>
                    }) }
                </select>
                { for PAIRS.into_iter().map(|(words, own, other)| html! {
                    <button type="button" onclick={ctx.link().callback(move |_: MouseEvent| Message::Both(own, other))}>{ words }</button>
                }) }
            </div>
        }
    }
}
