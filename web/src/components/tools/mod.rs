//! The tools of the full page: each opens below the toolbar, one at a time, and changes the
//! scenario's text or says something about its run.
//!
//! A tool keeps what it needs to itself. It reads the state and the machine at the position, and
//! changes the text by an [`Action`](crate::state::Action), so undo, drafts and links know nothing
//! of tools.

pub mod function;
pub mod import;

use std::rc::Rc;

use vfio_irq_core::machine::Machine;
use yew::prelude::*;

use super::Shared;
use crate::keys::Key;

/// A tool.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tool {
    /// A SET_IRQS request, field by field.
    Request,
    /// What people paste, as a scenario.
    Import,
    /// Which function it is.
    Function,
}

impl Tool {
    /// All of them, in the order of their tabs.
    pub const ALL: [Self; 3] = [Self::Request, Self::Import, Self::Function];

    /// Its tab's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Request => "Request",
            Self::Import => "Import",
            Self::Function => "Function",
        }
    }
}

/// What a tool is shown with.
#[derive(Clone)]
pub struct Given {
    /// The state, and a way to change it.
    pub state: Shared,
    /// The machine at the position.
    pub machine: Option<Rc<Machine>>,
    /// Begins the tool's ids.
    pub id: String,
}

/// One button for each tool; the open one is pressed.
pub fn tabs(open: Option<Tool>, ask: &Callback<Key>) -> Html {
    let button = |tool: Tool| {
        let on = open == Some(tool);
        let onclick = ask.reform(move |_: MouseEvent| Key::Tool((!on).then_some(tool)));
        html! {
            <button type="button" {onclick} class={on.then_some("vfi-on")}
                aria-expanded={on.to_string()}>{ tool.word() }</button>
        }
    };
    html! {
        <div class="vfi-tabs" role="group" aria-label="Tools">{ for Tool::ALL.into_iter().map(button) }</div>
    }
}

/// The open tool.
pub fn panel(tool: Tool, given: &Given) -> Html {
    let (text, ask) = (given.state.text.clone(), given.state.ask.clone());
    let id = AttrValue::from(given.id.clone());
    let body = match tool {
        Tool::Import => html! { <import::ImportTool {text} {ask} {id} /> },
        Tool::Function => html! { <function::FunctionTool {text} {ask} {id} /> },
        Tool::Request => html! { <p class="vfi-empty">{ "Not there yet." }</p> },
    };
    html! {
        <section class="vfi-open-tool" id={given.id.clone()} aria-label={tool.word()}>{ body }</section>
    }
}
