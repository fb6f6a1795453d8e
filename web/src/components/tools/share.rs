//! The tool "Share": what is shown, as link, text, picture or program; copied or saved.
//!
//! Link, trace and scenario are made here; what is larger to make, the worker makes from the text. A
//! copy that takes a while may be refused by a browser that wants it at once: then it says so, and
//! saving works.

use yew::platform::spawn_local;
use yew::prelude::*;

use super::Given;
use crate::{aside, clipboard, save, url};

/// A form to share in.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Form {
    word: &'static str,
    about: &'static str,
    /// What the worker is asked for; empty: made here.
    op: &'static str,
    /// Of a saved file.
    name: &'static str,
    kind: &'static str,
}

const FORMS: [Form; 8] = [
    Form { word: "Link", about: "text, position and what is open", op: "", name: "", kind: "" },
    Form {
        word: "Trace",
        about: "plain text, 72 columns, for a mail",
        op: "text",
        name: "trace.txt",
        kind: TEXT,
    },
    Form {
        word: "Scenario",
        about: "the text in its canonical form",
        op: "scenario",
        name: "story.scenario",
        kind: TEXT,
    },
    Form {
        word: "JSON",
        about: "the trace with every event",
        op: "json",
        name: "trace.json",
        kind: "application/json",
    },
    Form {
        word: "SVG",
        about: "the sequence diagram",
        op: "svg",
        name: "trace.svg",
        kind: save::SVG,
    },
    Form {
        word: "PNG",
        about: "the same as pixels, light",
        op: "svg",
        name: "trace.png",
        kind: "image/png",
    },
    Form {
        word: "C",
        about: "a program for a real device",
        op: "c",
        name: "scenario.c",
        kind: TEXT,
    },
    Form {
        word: "Rust",
        about: "a program for a real device",
        op: "rust",
        name: "scenario.rs",
        kind: TEXT,
    },
];
const TEXT: &str = "text/plain";

/// What the tool is shown with.
#[derive(Clone, Properties)]
pub struct Props {
    /// State and view.
    pub given: Given,
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        *self.given.state == *other.given.state && self.given.view == other.given.view
    }
}

/// What happens to the tool.
pub enum Message {
    /// A form is wanted, copied or saved.
    Want(usize, bool),
    /// It is done, or why not.
    Done(usize, Result<&'static str, String>),
}

/// The tool.
pub struct Share {
    /// What came of each form, last.
    said: [Option<Result<&'static str, String>>; FORMS.len()],
}

impl Component for Share {
    type Message = Message;
    type Properties = Props;

    fn create(_: &Context<Self>) -> Self {
        Self { said: Default::default() }
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &Props) -> bool {
        // What was copied is no longer what is shown.
        if ctx.props().given.view != old.given.view {
            self.said = Default::default();
        }
        true
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        match message {
            Message::Done(at, said) => self.said[at] = Some(said),
            Message::Want(at, copied) => {
                self.said[at] = Some(Ok("…"));
                let given = ctx.props().given.clone();
                let done = ctx.link().callback(move |said| Message::Done(at, said));
                spawn_local(async move {
                    match made(FORMS[at], &given).await {
                        Ok(text) => hand_over(FORMS[at], text, copied, done).await,
                        Err(why) => done.emit(Err(why)),
                    }
                });
            }
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        html! {
            <table class="vfi-share">
                <tbody>{ for FORMS.iter().zip(0..).map(|(form, at)| self.row(ctx, form, at)) }</tbody>
            </table>
        }
    }
}

impl Share {
    fn row(&self, ctx: &Context<Self>, form: &Form, at: usize) -> Html {
        let runs = ctx.props().given.state.run.is_some() && !ctx.props().given.state.stale();
        let off = !runs && at > 0;
        let button = |word: &'static str, copied| {
            let onclick = ctx.link().callback(move |_: MouseEvent| Message::Want(at, copied));
            let label = format!("{word} {}", form.word);
            html! { <button type="button" {onclick} disabled={off} aria-label={label}>{ word }</button> }
        };
        let (class, said) = match &self.said[at] {
            Some(Err(why)) => ("vfi-failed", why.as_str()),
            Some(Ok(said)) => ("", *said),
            None => ("", ""),
        };
        html! {
            <tr>
                <th scope="row">{ form.word }</th>
                <td>
                    { button("Copy", true) }
                    if !form.name.is_empty() { { button("Save", false) } }
                </td>
                <td>{ form.about }<span role="status" {class}>{ said }</span></td>
            </tr>
        }
    }
}

/// What a form holds, as text; the error is for the reader.
async fn made(form: Form, given: &Given) -> Result<String, String> {
    match form.word {
        "Link" => url::write(&given.view).await.map(|link| url::here(&link)),
        _ => aside::ask(form.op, &given.state.text).await,
    }
}

async fn hand_over(
    form: Form,
    text: String,
    copied: bool,
    done: Callback<Result<&'static str, String>>,
) {
    if copied {
        let said = |worked| match worked {
            true => Ok("Copied"),
            false => Err("the browser refused to copy: save it".into()),
        };
        return match form.word {
            "PNG" => done.emit(said(save::copy_png(&text).await.is_ok())),
            _ => clipboard::copy(text, done.reform(said)),
        };
    }
    let saved = match form.word {
        "PNG" => save::png(form.name, &text).await,
        _ => save::text(form.name, form.kind, &text),
    };
    done.emit(saved.map(|()| "Saved").map_err(|_| "the browser refused to save: copy it".into()));
}
