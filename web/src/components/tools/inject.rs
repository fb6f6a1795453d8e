//! The tool "Inject": what can happen at the position, each with the line it will write.

use std::rc::Rc;

use vfio_irq_core::device::Stimulus;
use vfio_irq_core::machine::Machine;
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::Given;
use crate::edit::Spot;
use crate::inject::{self, Act};

/// What the tool is shown with.
#[derive(Clone, Properties)]
pub struct Props {
    /// State, machine, ids.
    pub given: Given,
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        let machine = |props: &Self| props.given.machine.as_ref().map(Rc::as_ptr);
        Rc::ptr_eq(&self.given.state.state, &other.given.state.state)
            && machine(self) == machine(other)
    }
}

/// The fields, as written.
#[derive(Default)]
pub struct Inject {
    vector: String,
    entry: String,
    /// Which register by name; past the last: by offset.
    register: usize,
    offset: String,
    value: String,
    /// Which descriptor.
    name: String,
    supply: String,
}

/// A field got another value.
pub type Message = (Field, String);

/// The fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "a field is what its name says")]
pub enum Field {
    Vector,
    Entry,
    Register,
    Offset,
    Value,
    Name,
    Supply,
}

impl Component for Inject {
    type Message = Message;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let vector = ctx.props().given.state.vector.to_string();
        Self { vector, entry: "0".into(), supply: "0".into(), ..Self::default() }
    }

    fn update(&mut self, _: &Context<Self>, (field, value): Message) -> bool {
        match field {
            Field::Vector => self.vector = value,
            Field::Entry => self.entry = value,
            Field::Register => {
                self.register = value.parse().unwrap_or(usize::MAX);
                self.value.clear();
            }
            Field::Offset => self.offset = value,
            Field::Value => self.value = value,
            Field::Name => self.name = value,
            Field::Supply => self.supply = value,
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let Given { state, machine, .. } = &ctx.props().given;
        let place = inject::place(state).filter(|_| !state.stale());
        let Some(((spot, place), machine)) = place.zip(machine.as_ref()) else {
            return html! { <p class="vfi-empty">{ "The text has an error; nothing can be put into it." }</p> };
        };
        let inside = matches!(spot, Spot::Inside(..));
        let raise = |stimulus| Some(Act::Raise(stimulus));
        let line = |words: &str| Some(Act::Line(words.to_owned()));
        let row = |label: Html, act| row(ctx, label, act);
        let plain = |words: &'static str, act| row(html! { words }, act);
        let vector = inject::number(&self.vector).and_then(|it| u16::try_from(it).ok());
        let supply = inject::number(&self.supply).and_then(|it| u32::try_from(it).ok());
        html! { <>
            <p class="vfi-place-now">{ place }</p>
            <div class="vfi-acts">
                <section>
                    <h3>{ "The device, right here" }</h3>
                    { row(html! { <>{ "fire vector " }{ self.input(ctx, Field::Vector, "Vector to fire", &self.vector) }</> },
                        vector.map(|vector| Act::Raise(Stimulus::Fire(vector)))) }
                    { plain("assert INTx", raise(Stimulus::AssertIntx)) }
                    { plain("deassert INTx", raise(Stimulus::DeassertIntx)) }
                    { plain("error (index err)", raise(Stimulus::Error)) }
                    { plain("request (index req)", raise(Stimulus::Request)) }
                </section>
                <section>
                    <h3>{ if inside { "The user, after this line" } else { "The user" } }</h3>
                    { self.masks(ctx, machine) }
                    { self.register(ctx, machine) }
                    { self.close(ctx, machine) }
                    { plain("reset the function", line("reset")) }
                    { if machine.host.is_open() {
                        plain("close the device", line("close"))
                    } else {
                        plain("open the device", line("open"))
                    } }
                    <h3>{ "The host" }</h3>
                    { row(html! { <>{ "vectors left " }{ self.input(ctx, Field::Supply, "Vectors the host has left", &self.supply) }</> },
                        supply.map(|left| Act::Raise(Stimulus::Supply(Some(left))))) }
                </section>
            </div>
        </> }
    }
}

impl Inject {
    fn masks(&self, ctx: &Context<Self>, machine: &Machine) -> Html {
        if machine.function.msix().is_none() {
            return Html::default();
        }
        let entry = inject::number(&self.entry).and_then(|it| u16::try_from(it).ok());
        let entry = entry.and_then(|entry| inject::entry_mask(machine, entry));
        let function = inject::function_mask(machine);
        let turn = |now: &Option<(bool, String)>| match now {
            Some((true, _)) => " Mask bit 1 → 0",
            Some((false, _)) => " Mask bit 0 → 1",
            None => " is not in the table",
        };
        let words = html! { <>
            { "entry " }{ self.input(ctx, Field::Entry, "Table entry", &self.entry) }{ turn(&entry) }
        </> };
        let masked = function.as_ref().is_some_and(|(masked, _)| *masked);
        let all = if masked { "Function Mask 1 → 0" } else { "Function Mask 0 → 1" };
        html! { <>
            { row(ctx, words, entry.map(|(_, line)| Act::Line(line))) }
            { row(ctx, html! { all }, function.map(|(_, line)| Act::Line(line))) }
            <p class="vfi-note">
                { "vfio-pci keeps both to itself: a user's write is dropped and answered as if done (" }
                <a href="clauses.html#MSIX-TABLE-WRITE" target="_blank">{ "MSIX-TABLE-WRITE" }</a>{ ")." }
            </p>
        </> }
    }

    fn register(&self, ctx: &Context<Self>, machine: &Machine) -> Html {
        let registers = inject::registers(machine);
        let named = registers.get(self.register);
        let value = inject::number(&self.value);
        let act = match named {
            // Before anything is written: what is there.
            Some(one) => value
                .or(self.value.is_empty().then_some(one.now))
                .map(|value| inject::config_write(one.offset, one.width, value)),
            None => value.and_then(|value| {
                let offset = inject::number(&self.offset).and_then(|it| u16::try_from(it).ok())?;
                let width = if value > 0xffff { 4 } else { 2 };
                Some(inject::config_write(offset, width, value))
            }),
        };
        let onchange = ctx.link().callback(|event: Event| {
            let select = event.target().and_then(|it| it.dyn_into::<HtmlSelectElement>().ok());
            (Field::Register, select.map(|select| select.value()).unwrap_or_default())
        });
        let shown = if self.value.is_empty() {
            named.map(|one| format!("{:#x}", one.now)).unwrap_or_default()
        } else {
            self.value.clone()
        };
        let words = html! { <>
            <select {onchange} aria-label="Register">
                { for registers.iter().enumerate().map(|(at, one)| html! {
                    <option value={at.to_string()} selected={at == self.register}>{ &one.name }</option>
                }) }
                <option value="raw" selected={named.is_none()}>{ "any offset" }</option>
            </select>
            if named.is_none() { { self.input(ctx, Field::Offset, "Offset", &self.offset) } }
            { " ← " }
            { self.input(ctx, Field::Value, "Value", &shown) }
        </> };
        row(ctx, words, act.map(Act::Line))
    }

    fn close(&self, ctx: &Context<Self>, machine: &Machine) -> Html {
        let names = inject::open_names(&ctx.props().given.state, machine);
        let Some(name) = names.iter().find(|name| **name == self.name).or(names.first()) else {
            return Html::default();
        };
        let onchange = ctx.link().callback(|event: Event| {
            let select = event.target().and_then(|it| it.dyn_into::<HtmlSelectElement>().ok());
            (Field::Name, select.map(|select| select.value()).unwrap_or_default())
        });
        // A list of thousands is no help: the first suffice to choose from.
        let words = html! { <>
            { "close " }
            <select {onchange} aria-label="Eventfd to close">
                { for names.iter().take(256).map(|one| html! {
                    <option selected={one == name}>{ one }</option>
                }) }
            </select>
        </> };
        row(ctx, words, Some(Act::Line(format!("close {name}"))))
    }

    fn input(&self, ctx: &Context<Self>, field: Field, label: &'static str, value: &str) -> Html {
        let oninput = ctx.link().callback(move |event: InputEvent| {
            let input = event.target().and_then(|it| it.dyn_into::<HtmlInputElement>().ok());
            (field, input.map(|input| input.value()).unwrap_or_default())
        });
        html! {
            <input type="text" class="vfi-short" size="6" {oninput} value={value.to_owned()}
                aria-label={label} autocomplete="off" />
        }
    }
}

/// An act: what it is, the line it will write, and the button that writes it.
fn row(ctx: &Context<Inject>, label: Html, act: Option<Act>) -> Html {
    let state = &ctx.props().given.state;
    let preview = act.as_ref().and_then(|act| act.preview(state));
    let onclick = {
        let (shared, act) = (state.clone(), act);
        Callback::from(move |_: MouseEvent| {
            if let Some(act) = &act {
                shared.dispatcher().dispatch(act.action());
            }
        })
    };
    html! {
        <div class="vfi-act">
            <span>{ label }</span>
            if let Some(preview) = preview {
                <button type="button" {onclick} title="Write it">
                    <span class="vfi-where">{ preview.place }</span>{ " " }<code>{ preview.text }</code>
                </button>
            } else {
                <span class="vfi-empty">{ "needs a number" }</span>
            }
        </div>
    }
}
