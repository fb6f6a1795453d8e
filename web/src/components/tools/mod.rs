//! The tools of the full page: each opens below the toolbar, one at a time, and changes the
//! scenario's text or says something about its run.
//!
//! A tool keeps what it needs to itself. It reads the state and the machine at the position, and
//! changes the text by an [`Action`](crate::state::Action), so undo, drafts and links know nothing
//! of tools.

pub mod inject;

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
    /// What can happen at the position.
    Inject,
}

impl Tool {
    /// All of them, in the order of their tabs.
    pub const ALL: [Self; 2] = [Self::Request, Self::Inject];

    /// Its tab's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Request => "Request",
            Self::Inject => "Inject",
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
    let body = match tool {
        Tool::Request => html! { <p class="vfi-empty">{ "Not there yet." }</p> },
        Tool::Inject => html! { <inject::Inject given={given.clone()} /> },
    };
    html! {
        <section class="vfi-open-tool" id={given.id.clone()} aria-label={tool.word()}>{ body }</section>
    }
}
