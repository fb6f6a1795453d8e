//! The tool "Import": what people paste, made a scenario.

use std::rc::Rc;

use vfio_irq_core::import::{Import, Kind, import, import_scenario};
use vfio_irq_core::scenario::TextError;
use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;
use yew::platform::spawn_local;
use yew::prelude::*;

use crate::edit;
use crate::keys::Key;
use crate::state::Action;
use crate::url;
use crate::view::code::{Piece, pieces};

/// Most problems shown.
const MAX_SHOWN: usize = 20;

/// What it needs of the page.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The scenario's text now.
    pub text: Rc<str>,
    /// Changes it.
    pub ask: Callback<Key>,
    /// The text has an error: no line can be put into it.
    pub stale: bool,
    /// Begins its ids.
    pub id: AttrValue,
}

/// The tool.
pub struct ImportTool {
    pasted: String,
    link: bool,
    import: Option<Import>,
    /// What is wrong with a link.
    cut: Option<String>,
    /// How often something was pasted: a link that is read late is not taken for what came after it.
    count: u32,
}

/// What happens to it.
pub enum Message {
    /// The text in its field is another.
    Pasted(String),
    /// What the link pasted at this count holds; the error is for the reader.
    Linked(u32, Result<String, String>),
}

impl Component for ImportTool {
    type Message = Message;
    type Properties = Props;

    fn create(_: &Context<Self>) -> Self {
        Self { pasted: String::new(), link: false, import: None, cut: None, count: 0 }
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        match message {
            Message::Pasted(pasted) => {
                self.count += 1;
                self.cut = None;
                if is_link(pasted.trim()) {
                    // Until it is read there is nothing to use.
                    self.take(String::new(), true);
                    let (back, count) = (ctx.link().clone(), self.count);
                    spawn_local(async move {
                        let read = url::read(pasted.trim()).await.map(|view| view.text);
                        back.send_message(Message::Linked(count, read));
                    });
                } else {
                    self.take(pasted, false);
                }
            }
            Message::Linked(count, _) if count != self.count => return false,
            Message::Linked(_, Ok(text)) => self.take(text, true),
            Message::Linked(_, Err(why)) => self.cut = Some(why),
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let Props { text, ask, stale, id } = ctx.props();
        let oninput = ctx.link().batch_callback(|event: InputEvent| {
            let area = event.target()?.dyn_into::<HtmlTextAreaElement>().ok()?;
            Some(Message::Pasted(area.value()))
        });
        let said = format!("{id}-said");
        let import = self.import.as_ref();
        let scenario = import.map_or("", |import| &import.scenario);
        // Of a trace that shows only addresses come comments alone.
        let says = scenario
            .lines()
            .any(|line| !matches!(line.trim_start().chars().next(), None | Some('#')));
        let config = import.and_then(|import| import.kind) == Some(Kind::Config);
        let replaced =
            if config { edit::set_function_lines(text, scenario) } else { scenario.to_owned() };
        // What it names is not what the text calls so.
        let steps = edit::steps(&import.map_or_else(String::new, |import| import.apart(text)));
        let act = |action: Action| {
            let ask = ask.clone();
            Callback::from(move |_: MouseEvent| ask.emit(Key::Do(action.clone())))
        };
        html! {
            <div class="vfi-import">
                <div class="vfi-form">
                    <label class="vfi-wide">
                        { "Paste strace lines, bytes of a request, lspci -xxx, a scenario or a link" }
                        <textarea rows="7" wrap="off" spellcheck="false" autocomplete="off" {oninput}
                            aria-describedby={said.clone()} />
                    </label>
                </div>
                <div id={said} role="status" aria-live="polite">
                    if let Some(why) = &self.cut {
                        <p class="vfi-failed">{ why }</p>
                    }
                    if let Some(import) = import {
                        <p>{ self.kind(import) }</p>
                        { self.problems(&import.notes) }
                        if config && !import.notes.is_empty() {
                            <p class="vfi-note">{ "The tool Function lets you choose another." }</p>
                        }
                        { self.problems(&import.problems) }
                    }
                </div>
                if !scenario.is_empty() {
                    <pre class="vfi-hex vfi-preview" tabindex="0" aria-label="The scenario it makes">{ scenario.to_owned() }</pre>
                }
                <div class="vfi-actions">
                    <button type="button" class="vfi-replace" disabled={!says}
                        onclick={act(Action::Replace(replaced))}>
                        { if config { "Use this function" } else { "Replace the text" } }
                    </button>
                    <button type="button" class="vfi-insert" disabled={steps.is_empty() || *stale}
                        onclick={act(Action::Insert(steps.clone()))}>{ "Insert here" }</button>
                    if *stale && !steps.is_empty() {
                        <span class="vfi-note">{ "The text has an error; nothing can be put into it." }</span>
                    }
                </div>
            </div>
        }
    }
}

/// A word by itself that says it is one.
fn is_link(pasted: &str) -> bool {
    let named = pasted.contains("v1=") || pasted.contains("#s=");
    named && !pasted.contains(char::is_whitespace)
}

impl ImportTool {
    fn take(&mut self, text: String, link: bool) {
        let read = if link { import_scenario } else { import };
        self.import = (!text.trim().is_empty()).then(|| read(&text));
        self.link = link;
        self.pasted = text;
    }

    fn kind(&self, import: &Import) -> Html {
        let kind = import.kind.map_or("nothing known here", Kind::words);
        html! { <>{ "Taken for " }<b>{ kind }</b>{ if self.link { ", from a link" } else { "" } }</> }
    }

    /// Each problem with its line, the place marked.
    fn problems(&self, all: &[TextError]) -> Html {
        let shown = all.iter().take(MAX_SHOWN).map(|problem| {
            let line = self.pasted.lines().nth(problem.line as usize - 1).unwrap_or("");
            let line: String = line.chars().take(200).collect();
            let marked = pieces(&line, problem.line, std::slice::from_ref(problem));
            let marked = marked.into_iter().map(|(piece, text)| match piece {
                Piece::Wrong => html! { <mark class="vfi-wrong">{ text.to_owned() }</mark> },
                _ => html! { text.to_owned() },
            });
            html! {
                <li>
                    <b>{ "line " }{ problem.line }{ ", column " }{ problem.column }</b>
                    { ": " }{ &problem.message }
                    if let Some(expected) = &problem.expected { { "; expected " }{ expected } }
                    <code>{ for marked }</code>
                </li>
            }
        });
        html! {
            if !all.is_empty() {
                <ul class="vfi-problems">{ for shown }</ul>
                if all.len() > MAX_SHOWN { <p>{ "and " }{ all.len() - MAX_SHOWN }{ " more" }</p> }
            }
        }
    }
}
