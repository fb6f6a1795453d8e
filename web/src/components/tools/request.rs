//! `struct vfio_irq_set`, field by field: beside the form the scenario line it is, its bytes, and
//! what the machine at the position answers.

use vfio_irq_core::event::Outcome;
use vfio_irq_core::scenario::ast::{Action as Step, Statement};
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::{Given, rule_link, show_choices};
use crate::clipboard;
use crate::edit;
use crate::request::{self, Asked, FLAGS, Field, Form, Kind, PRESETS, Problem};
use crate::state::Action;
use crate::view::mark::outcome_words;

/// What a tool is shown with.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// State, machine, ids.
    pub given: Given,
}

/// What can be asked for.
pub enum Message {
    /// A field holds another text.
    Said(Field, String),
    /// A flag in or out.
    Flag(u32),
    /// The data means something else.
    Kind(Kind),
    /// SET_IRQS, or GET_IRQ_INFO.
    Info(bool),
    /// One of the presets.
    Preset(usize),
    /// The form from the line at the position.
    Take,
    /// The form into the text, as a line of its own.
    Insert,
    /// The form in place of the line it was taken from.
    Put,
    /// To the clipboard: the bytes, or as C.
    Copy(bool),
    /// Whether copying worked.
    Copied(bool),
}

/// The tool.
pub struct Request {
    form: Form,
    /// The line the form was taken from, wherever it has gone since.
    line: Option<u32>,
    /// What the line became when the form was put in its place.
    put: Option<String>,
    copied: &'static str,
}

impl Component for Request {
    type Message = Message;
    type Properties = Props;

    fn create(_: &Context<Self>) -> Self {
        Self { form: Form::default(), line: None, put: None, copied: "" }
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &Props) -> bool {
        let (old, new) = (&old.given.state.text, &ctx.props().given.state.text);
        if let (Some(line), true) = (self.line, old != new) {
            let put = self.put.take();
            // A line written by hand since is another: nobody asked for it to be replaced.
            let there = || put.is_some_and(|put| new.lines().nth(line as usize - 1) == Some(&put));
            self.line = edit::line_in(old, new, line).or_else(|| there().then_some(line));
        }
        true
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        let given = &ctx.props().given;
        let dispatcher = given.state.dispatcher();
        self.copied = "";
        match message {
            Message::Said(field, said) => self.form.said[field as usize] = said,
            Message::Flag(flag) => self.form.toggle(flag),
            Message::Kind(kind) => self.form.kind = kind,
            Message::Info(info) => {
                self.form.info = info;
                self.form.said[Field::Argsz as usize].clear();
            }
            Message::Preset(which) => {
                if let Some(machine) = &given.machine {
                    self.form = self.form.preset(which, machine);
                }
            }
            Message::Take => {
                if let Some((line, form)) = at_position(given) {
                    (self.line, self.put, self.form) = (Some(line), None, form);
                }
            }
            Message::Insert => {
                if let Ok(step) = self.form.action() {
                    dispatcher.dispatch(Action::Insert(step.to_string()));
                }
            }
            Message::Put => {
                if let (Ok(step), Some(line)) = (self.form.action(), self.line) {
                    let text = edit::set_call(&given.state.text, line, &step.to_string());
                    self.put = text.lines().nth(line as usize - 1).map(str::to_owned);
                    let replaced = given.state.reduce(Action::Replace(text.clone()));
                    dispatcher.dispatch(Action::Replace(text));
                    // To its answer, as with a line put in.
                    let run = replaced.run.filter(|_| replaced.errors.is_empty());
                    if let Some(end) = run.and_then(|run| run.end_of_line(line)) {
                        dispatcher.dispatch(Action::Seek(end));
                    }
                }
            }
            Message::Copy(c) => {
                if let Some(asked) = self.asked(given) {
                    let text = match c {
                        true => request::c_text(&asked.parts, &asked.bytes),
                        false => request::bytes_text(&asked.bytes),
                    };
                    clipboard::copy(text, ctx.link().callback(Message::Copied));
                }
                return false;
            }
            Message::Copied(worked) => {
                self.copied = if worked { "Copied" } else { "Could not copy" };
            }
        }
        true
    }

    fn rendered(&mut self, ctx: &Context<Self>, _: bool) {
        show_choices(&ctx.props().given.id);
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let given = &ctx.props().given;
        let step = self.form.action();
        let preset = |(which, word): (usize, &&'static str)| {
            let onclick = ctx.link().callback(move |_: MouseEvent| Message::Preset(which));
            html! { <button type="button" {onclick}>{ *word }</button> }
        };
        let here = at_position(given).filter(|_| !given.state.stale());
        html! {
            <div class="vfi-request">
                <div>
                    <div class="vfi-actions" role="group" aria-label="Begin with">
                        { for PRESETS.iter().enumerate().map(preset) }
                        <button type="button" disabled={here.is_none()} onclick={click(ctx, || Message::Take)}
                            title="Fills the form from the request at the position">
                            { match &here {
                                Some((line, _)) => format!("Edit line {line}"),
                                None => "Edit this line".to_owned(),
                            } }
                        </button>
                    </div>
                    { self.fields(ctx, step.as_ref().err()) }
                </div>
                <div class="vfi-said-so">
                    { match &step {
                        Ok(step) => self.result(ctx, step),
                        Err(problem) => html! {
                            <p class="vfi-empty">{ problem.field.word() }{ " takes " }{ &problem.message }</p>
                        },
                    } }
                </div>
            </div>
        }
    }
}

fn click(ctx: &Context<Request>, message: fn() -> Message) -> Callback<MouseEvent> {
    ctx.link().callback(move |_: MouseEvent| message())
}

/// The line that goes on at the position, if it is one of the two calls.
fn at_position(given: &Given) -> Option<(u32, Form)> {
    let run = given.state.run.as_ref()?;
    let line = run.line(given.state.position)?;
    let said = run.scenario().lines().get(line.checked_sub(1)? as usize)?;
    match said.statement.as_ref()? {
        Statement::Step(step) => Some((line, Form::of(&step.action.what)?)),
        _ => None,
    }
}

impl Request {
    fn asked(&self, given: &Given) -> Option<Asked> {
        let (run, machine) = (given.state.run.as_ref()?, given.machine.as_ref()?);
        request::ask(machine, &run.trace().names, &self.form.action().ok()?)
    }

    fn fields(&self, ctx: &Context<Self>, problem: Option<&Problem>) -> Html {
        let form = &self.form;
        let size = match form.action() {
            Ok(Step::SetIrqs(request)) => {
                let mut request = request;
                request.argsz = None;
                request.raw(&|names| vec![0; names.len() as usize]).0.argsz.to_string()
            }
            _ => "16".to_owned(),
        };
        let field = |field: Field, hint: &str| {
            let wrong = problem.is_some_and(|problem| problem.field == field);
            let oninput = ctx.link().batch_callback(move |event: InputEvent| {
                let input = event.target().and_then(|it| it.dyn_into::<HtmlInputElement>().ok())?;
                Some(Message::Said(field, input.value()))
            });
            html! {
                <label>
                    <code>{ field.word() }</code>
                    <input type="text" data-field={field.word()} value={form.get(field).to_owned()} {oninput} placeholder={hint.to_owned()}
                        aria-invalid={wrong.to_string()} spellcheck="false" autocapitalize="off" autocomplete="off"
                        list={(field == Field::Index).then_some("vfi-indexes")} />
                </label>
            }
        };
        let call = ctx.link().callback(|event: Event| Message::Info(chosen(&event) == "1"));
        html! {
            <div class="vfi-form">
                <label>
                    <span>{ "ioctl" }</span>
                    <select onchange={call} data-shown={if form.info { "1" } else { "0" }}>
                        <option value="0" selected={!form.info}>{ "VFIO_DEVICE_SET_IRQS" }</option>
                        <option value="1" selected={form.info}>{ "VFIO_DEVICE_GET_IRQ_INFO" }</option>
                    </select>
                </label>
                { field(Field::Argsz, &size) }
                if !form.info {
                    { field(Field::Flags, "") }
                    { self.flags(ctx) }
                }
                { field(Field::Index, "") }
                <datalist id="vfi-indexes">
                    { for ["intx", "msi", "msix", "err", "req"].map(|word| html! { <option value={word} /> }) }
                </datalist>
                if !form.info {
                    { field(Field::Start, "") }
                    { field(Field::Count, if matches!(form.kind, Kind::Eventfds | Kind::Bools) { "as many as listed" } else { "" }) }
                    { self.kinds(ctx) }
                    if form.kind != Kind::None {
                        { field(Field::Data, match form.kind {
                            Kind::Eventfds => "a, b, -1 x3, v0..v7, closed, 17",
                            Kind::Bools => "1, 0, 255",
                            _ => "03 00 00 00",
                        }) }
                    }
                }
            </div>
        }
    }

    fn flags(&self, ctx: &Context<Self>) -> Html {
        let flags = self.form.number(Field::Flags).unwrap_or(0);
        let flag = |(bit, word): (u32, &'static str)| {
            let onchange = ctx.link().callback(move |_: Event| Message::Flag(bit));
            html! {
                <label><input type="checkbox" checked={flags & bit != 0} {onchange} /><code>{ word }</code></label>
            }
        };
        html! {
            <fieldset class="vfi-flags vfi-wide">
                <legend>{ "VFIO_IRQ_SET_…" }</legend>
                { for FLAGS.into_iter().map(flag) }
                if flags & !0x3f != 0 { <span class="vfi-note">{ "and bits without a name" }</span> }
            </fieldset>
        }
    }

    fn kinds(&self, ctx: &Context<Self>) -> Html {
        const KINDS: [(Kind, &str); 4] = [
            (Kind::None, "nothing"),
            (Kind::Eventfds, "descriptors"),
            (Kind::Bools, "bytes, one a vector"),
            (Kind::Hex, "any bytes, in hex"),
        ];
        let onchange = ctx.link().batch_callback(|event: Event| {
            let at: usize = chosen(&event).parse().ok()?;
            Some(Message::Kind(KINDS.get(at)?.0))
        });
        html! {
            <label>
                <span>{ "behind the header" }</span>
                <select {onchange} data-shown={(self.form.kind as usize).to_string()}>
                    { for KINDS.iter().enumerate().map(|(at, (kind, word))| html! {
                        <option value={at.to_string()} selected={self.form.kind == *kind}>{ *word }</option>
                    }) }
                </select>
            </label>
        }
    }

    fn result(&self, ctx: &Context<Self>, step: &Step) -> Html {
        let given = &ctx.props().given;
        let ready = given.state.run.is_some() && !given.state.stale();
        let calling = given.machine.as_ref().is_some_and(|machine| machine.is_calling());
        html! { <>
            <pre class="vfi-hex vfi-line-said">{ step.to_string() }</pre>
            if let Some(asked) = self.asked(given) {
                { answer(&asked, calling) }
                { bytes(&asked) }
            }
            <div class="vfi-actions">
                <button type="button" disabled={!ready} onclick={click(ctx, || Message::Insert)}
                    title="A line of its own, at the position">{ "Insert here" }</button>
                if let Some(line) = self.line {
                    <button type="button" disabled={!ready} onclick={click(ctx, || Message::Put)}
                        title="In place of the line the form was filled from">{ format!("Replace line {line}") }</button>
                }
                <button type="button" onclick={click(ctx, || Message::Copy(false))}>{ "Copy bytes" }</button>
                <button type="button" onclick={click(ctx, || Message::Copy(true))}>{ "Copy as C" }</button>
                <span class="vfi-copied" role="status">{ self.copied }</span>
            </div>
        </> }
    }
}

fn chosen(event: &Event) -> String {
    let select = event.target().and_then(|it| it.dyn_into::<HtmlSelectElement>().ok());
    select.map(|select| select.value()).unwrap_or_default()
}

/// What the machine says.
fn answer(asked: &Asked, calling: bool) -> Html {
    let more = |count: u32, one: &str, many: &str| match count {
        0 => String::new(),
        1 => format!(", 1 {one}"),
        count => format!(", {count} {many}"),
    };
    html! {
        <div class="vfi-answer" role="status">
            { match &asked.outcome {
                Outcome::Refused { errno, clause } => html! { <>
                    <b class="vfi-badge">{ errno.to_string() }</b>{ " " }
                    { clause.as_deref().map(rule_link) }
                </> },
                outcome => html! { <><b class="vfi-granted">{ outcome_words(outcome) }</b></> },
            } }
            <span class="vfi-note">
                { if calling { " once the call under way has ended" } else { " here" } }
                { more(asked.steps, "micro-step", "micro-steps") }
                { more(asked.signals, "eventfd rises", "eventfds rise") }
                { more(asked.lost, "interrupt lost", "interrupts lost") }
            </span>
        </div>
    }
}

/// The bytes, a row a field.
fn bytes(asked: &Asked) -> Html {
    html! {
        <div class="vfi-bytes" tabindex="0" role="region" aria-label="The bytes of the request">
        <table>
            <thead><tr><th scope="col">{ "offset" }</th><th scope="col">{ "field" }</th>
                <th scope="col">{ "bytes" }</th><th scope="col">{ "says" }</th></tr></thead>
            <tbody>{ for asked.parts.iter().map(|part| html! {
                <tr class={part.beyond.then_some("vfi-beyond")}>
                    <td>{ part.at }</td><th scope="row">{ part.name }</th>
                    <td>{ request::bytes_text(&part.bytes) }</td>
                    <td>{ &part.says }if part.beyond { { " (beyond argsz)" } }</td>
                </tr>
            }) }</tbody>
        </table>
        </div>
    }
}
