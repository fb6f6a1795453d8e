//! The tool "Function": built-in functions, a designer, and real ones by their config space.

use std::rc::Rc;

use js_sys::Uint8Array;
use vfio_irq_core::pci::import::{Imported, from_any};
use vfio_irq_core::pci::{Function, profiles};
use vfio_irq_core::scenario::{Overrides, Scenario, TextError, function_text};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{DragEvent, File, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

use crate::design::{Design, FIELDS, Kind, Written, capabilities, option_at};
use crate::edit;
use crate::keys::Key;
use crate::state::Action;

/// Largest file read: that of a big machine's `lspci -xxxx`.
const MAX_FILE: f64 = 16_000_000.0;

/// What it needs of the page.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The scenario's text now.
    pub text: Rc<str>,
    /// Changes it.
    pub ask: Callback<Key>,
    /// Begins its ids.
    pub id: AttrValue,
}

/// What happens to it.
pub enum Message {
    /// A built-in function, by its place in the list.
    Profile(usize),
    /// A field says something else.
    Field(usize, String),
    /// A dump, as pasted or dropped.
    Dump(Vec<u8>),
    /// A file to read.
    File(File),
    /// What is in the file that was asked for at this count; none: it can't be read.
    Read(u32, Option<Vec<u8>>),
    /// Which function of a dump.
    Choose(usize),
}

/// The tool.
pub struct FunctionTool {
    profile: Option<usize>,
    design: Design,
    /// The function's lines as the scenario has them, until another is chosen.
    written: Option<String>,
    found: Vec<Imported>,
    chosen: usize,
    /// What is shown is the dump's.
    dumped: bool,
    error: Option<String>,
    /// How often something else was asked for: a file that is read late is not shown in place of
    /// what came after it.
    count: u32,
}

impl Component for FunctionTool {
    type Message = Message;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let written = Written::of(&ctx.props().text).or_else(|| Written::of(""));
        let Written { design, profile, lines, dumped } = written.expect("no text has no error");
        Self {
            profile,
            design,
            written: lines,
            found: Vec::new(),
            chosen: 0,
            dumped,
            error: None,
            count: 0,
        }
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &Props) -> bool {
        // As long as nothing was done here, it shows the scenario's function.
        if self.count == 0 && ctx.props().text != old.text {
            *self = Component::create(ctx);
        }
        true
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        if !matches!(message, Message::Read(..)) {
            self.count += 1;
        }
        if !matches!(message, Message::Read(..) | Message::File(_)) {
            self.written = None;
        }
        match message {
            Message::Profile(at) => {
                self.dumped = false;
                self.profile = profiles::all().get(at).map(|_| at);
                let spec = profiles::all().get(at).map(profiles::FunctionProfile::spec);
                if let Some(function) = spec.and_then(|spec| Function::new(&spec).ok()) {
                    self.design = Design::of(&function);
                }
            }
            Message::Field(at, value) => {
                (self.profile, self.dumped) = (None, false);
                if let Some(field) = self.design.0.get_mut(at) {
                    *field = value;
                }
            }
            Message::Dump(bytes) => self.take(&bytes),
            Message::File(file) => {
                read(file, self.count, ctx.link().clone());
                return false;
            }
            Message::Read(count, _) if count != self.count => return false,
            Message::Read(_, Some(bytes)) => self.take(&bytes),
            Message::Read(_, None) => self.error = Some("this file can't be read here".into()),
            Message::Choose(at) => (self.chosen, self.dumped) = (at, true),
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let lines = self.lines();
        let made = made(&lines);
        let error = made.as_ref().err();
        let first = lines.lines().next().unwrap_or_default();
        let wrong = error.map_or("", |error| option_at(first, error.column));
        let Props { text, ask, .. } = ctx.props();
        let replaced = edit::set_function_lines(text, &lines);
        let ask = ask.clone();
        let use_it = Callback::from(move |_: MouseEvent| {
            ask.emit(Key::Do(Action::Replace(replaced.clone())))
        });
        html! {
            <div class="vfi-design">
                <div class="vfi-form">
                    { self.profiles(ctx) }
                    { self.dump(ctx) }
                </div>
                <div class="vfi-form">{ for (0..FIELDS.len()).map(|at| self.field(ctx, at, wrong, error)) }</div>
                <pre class="vfi-hex vfi-line" tabindex="0" aria-label="What the scenario says">{ lines.clone() }</pre>
                <div role="status" aria-live="polite">
                    if let Some(error) = error { <p class="vfi-refusal"><b>{ "✗ " }</b>{ error.message.clone() }</p> }
                </div>
                if let Ok(function) = &made { { hex(function) } }
                <div class="vfi-actions">
                    <button type="button" class="vfi-use" disabled={error.is_some()} onclick={use_it}>{ "Use it" }</button>
                </div>
            </div>
        }
    }
}

/// The function of these lines.
fn made(lines: &str) -> Result<Function, TextError> {
    let scenario = Scenario::parse(lines).map_err(|mut errors| errors.swap_remove(0))?;
    scenario.machine(&Overrides::default()).map(|machine| machine.function)
}

/// Reads a file, and tells.
fn read(file: File, count: u32, link: html::Scope<FunctionTool>) {
    if file.size() > MAX_FILE {
        return link.send_message(Message::Read(count, None));
    }
    yew::platform::spawn_local(async move {
        let buffer = JsFuture::from(file.array_buffer()).await.ok();
        let bytes = buffer.map(|buffer| Uint8Array::new(&buffer).to_vec());
        link.send_message(Message::Read(count, bytes));
    });
}

fn value_of(event: &Event) -> Option<String> {
    let target = event.target()?;
    match target.dyn_into::<HtmlSelectElement>() {
        Ok(select) => Some(select.value()),
        Err(target) => target.dyn_into::<HtmlInputElement>().ok().map(|input| input.value()),
    }
}

impl FunctionTool {
    /// Takes a dump.
    fn take(&mut self, bytes: &[u8]) {
        self.written = None;
        match from_any(bytes) {
            Ok(found) => {
                (self.found, self.chosen, self.dumped, self.error) = (found, 0, true, None);
            }
            Err(error) => {
                (self.found, self.dumped) = (Vec::new(), false);
                self.error = (!bytes.is_empty()).then(|| error.to_string());
            }
        }
    }

    /// The lines that say the function shown.
    fn lines(&self) -> String {
        if let Some(written) = &self.written {
            return written.clone();
        }
        match (self.found.get(self.chosen).filter(|_| self.dumped), self.profile) {
            (Some(found), _) => function_text(found),
            (None, Some(at)) => format!("function {}\n", profiles::all()[at].name),
            (None, None) => self.design.line() + "\n",
        }
    }

    fn profiles(&self, ctx: &Context<Self>) -> Html {
        let onchange = ctx
            .link()
            .batch_callback(|event: Event| Some(Message::Profile(value_of(&event)?.parse().ok()?)));
        let option = |(at, profile): (usize, &profiles::FunctionProfile)| {
            let selected = self.profile == Some(at) && !self.dumped;
            html! { <option value={at.to_string()} {selected}>{ profile.name }{ " – " }{ profile.summary }</option> }
        };
        html! {
            <label class="vfi-wide">
                { "Built in" }
                <select class="vfi-profiles" {onchange}>
                    if self.profile.is_none() || self.dumped {
                        <option value="" selected=true>{ if self.dumped { "from config space" } else { "designed below" } }</option>
                    }
                    { for profiles::all().iter().enumerate().map(option) }
                </select>
            </label>
        }
    }

    /// The drop zone: a file, or text.
    fn dump(&self, ctx: &Context<Self>) -> Html {
        let link = ctx.link();
        let onchange = link.batch_callback(|event: Event| {
            let input = event.target()?.dyn_into::<HtmlInputElement>().ok()?;
            Some(Message::File(input.files()?.get(0)?))
        });
        let oninput = link.batch_callback(|event: InputEvent| {
            let area = event.target()?.dyn_into::<HtmlTextAreaElement>().ok()?;
            Some(Message::Dump(area.value().into_bytes()))
        });
        let ondragover = Callback::from(|event: DragEvent| event.prevent_default());
        let ondrop = link.batch_callback(|event: DragEvent| {
            event.prevent_default();
            let dropped = event.data_transfer()?;
            match dropped.files().and_then(|files| files.get(0)) {
                Some(file) => Some(Message::File(file)),
                None => {
                    let text = dropped.get_data("text/plain").ok().filter(|it| !it.is_empty());
                    text.map(|text| Message::Dump(text.into_bytes()))
                }
            }
        });
        let choose = link
            .batch_callback(|event: Event| Some(Message::Choose(value_of(&event)?.parse().ok()?)));
        html! {
            <>
                <div class="vfi-wide vfi-drop" {ondragover} {ondrop}>
                    { "Or a real one: drop a sysfs config file or lspci -xxx text here, paste it, or " }
                    <input type="file" {onchange} aria-label="Config file" />
                    <textarea rows="3" wrap="off" spellcheck="false" {oninput} aria-label="lspci -xxx text" />
                </div>
                if let Some(error) = &self.error { <p class="vfi-wide vfi-refusal" role="alert"><b>{ "✗ " }</b>{ error.clone() }</p> }
                if self.found.len() > 1 {
                    <label class="vfi-wide">
                        { "Function of the dump" }
                        <select class="vfi-found" onchange={choose}>{ for self.found.iter().enumerate().map(|(at, found)| html! {
                            <option value={at.to_string()} selected={at == self.chosen}>{ found.address.clone() }{ " " }{ &found.description }</option>
                        }) }</select>
                    </label>
                }
            </>
        }
    }

    fn field(
        &self,
        ctx: &Context<Self>,
        at: usize,
        wrong: &str,
        error: Option<&TextError>,
    ) -> Html {
        let (field, value) = (FIELDS[at], &self.design.0[at]);
        let refused =
            !wrong.is_empty() && field.option == wrong && self.profile.is_none() && !self.dumped;
        let invalid = refused.to_string();
        let onchange = ctx.link().batch_callback(move |event: Event| {
            let checked = event.target()?.dyn_into::<HtmlInputElement>().ok();
            let value = match checked.filter(|_| field.kind == Kind::Check) {
                Some(input) => {
                    if input.checked() {
                        "yes".into()
                    } else {
                        String::new()
                    }
                }
                None => value_of(&event)?,
            };
            Some(Message::Field(at, value))
        });
        let oninput = ctx
            .link()
            .batch_callback(move |event: InputEvent| Some(Message::Field(at, value_of(&event)?)));
        let input = match field.kind {
            Kind::Text => {
                html! { <input type="text" name={field.label} value={value.clone()} {oninput} aria-invalid={invalid} /> }
            }
            Kind::Check => {
                html! { <input type="checkbox" name={field.label} checked={!value.is_empty()} {onchange} aria-invalid={invalid} /> }
            }
            Kind::Choice(all) => html! {
                <select name={field.label} {onchange} aria-invalid={invalid}>
                    { for all.iter().map(|word| html! { <option value={*word} selected={word == value}>{ *word }</option> }) }
                </select>
            },
        };
        html! {
            <label>
                { field.label }{ input }
                if let Some(error) = error.filter(|_| refused) { <span class="vfi-refusal">{ "✗ " }{ error.message.clone() }</span> }
            </label>
        }
    }
}

/// The first 256 bytes of config space, 16 a line; bytes of capabilities underlined, and named
/// behind their line.
fn hex(function: &Function) -> Html {
    let mut config = [0; 256];
    function.config_read(0, &mut config);
    let all = capabilities(&config);
    let of = |at: usize| all.iter().find(|(_, from, len)| (*from..from + len).contains(&at));
    let mut nodes: Vec<Html> = Vec::new();
    for row in 0..16 {
        let mut line = format!("{:02x}:", row * 16);
        for (at, byte) in config.iter().enumerate().skip(row * 16).take(16) {
            let byte = format!("{byte:02x}");
            line.push(' ');
            match of(at) {
                None => line.push_str(&byte),
                Some((name, ..)) => {
                    nodes.push(Html::from(std::mem::take(&mut line)));
                    nodes.push(html! { <u title={*name}>{ byte }</u> });
                }
            }
        }
        for (name, from, _) in all.iter().filter(|(_, from, _)| from / 16 == row) {
            line.push_str(&format!("  {name} {from:#04x}"));
        }
        line.push('\n');
        nodes.push(Html::from(line));
    }
    html! { <pre class="vfi-hex vfi-config" tabindex="0" aria-label="Config space as after reset, capabilities underlined">{ for nodes }</pre> }
}
