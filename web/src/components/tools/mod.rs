//! The tools of the full page: each opens in the drawer at the bottom, one at a time, and changes the
//! scenario's text or says something about its run. They are a module of their own (`web/tools`),
//! whose [`root`] follows what the playground shows.
//!
//! A tool keeps what it needs to itself. It reads the state and the machine at the position, and
//! changes the text by an [`Action`](crate::state::Action), so undo, drafts and links know nothing
//! of tools.

pub mod compare;
pub mod diff;
pub mod examples;
pub mod function;
pub mod import;
pub mod inject;
pub mod request;
pub mod root;
pub mod runs;
pub mod share;

use std::rc::Rc;

use vfio_irq_core::clause;
use vfio_irq_core::link::View;
use vfio_irq_core::machine::Machine;
use yew::prelude::*;

use super::tabs::Tool;
use super::{Shared, toolbar};
use crate::kept::Kept;

/// What a tool is shown with.
#[derive(Clone)]
pub struct Given {
    /// The state, and a way to change it.
    pub state: Shared,
    /// The machine at the position.
    pub machine: Option<Rc<Machine>>,
    /// What a link to this holds.
    pub view: Rc<View>,
    /// The last runs, newest first.
    pub runs: Rc<[Kept]>,
    /// Begins the tool's ids.
    pub id: String,
}

/// A tool is drawn again when the state or the machine is another.
impl PartialEq for Given {
    fn eq(&self, other: &Self) -> bool {
        let machine = |given: &Self| given.machine.as_ref().map(Rc::as_ptr);
        Rc::ptr_eq(&self.state.state, &other.state.state) && machine(self) == machine(other)
    }
}

/// A rule by its id, as a link into the book, with its text.
fn rule_link(id: &str) -> Html {
    let text = clause::rule(id).map_or("", |rule| rule.text);
    html! { <>
        <a href={["clauses.html#", id].concat()}><code>{ id.to_owned() }</code></a>
        if !text.is_empty() { { ": " }{ text } }
    </> }
}

/// Lets the choices of a tool show what they are, whatever a reader chose before.
fn show_choices(id: &str) {
    if let Some(place) = gloo::utils::document().get_element_by_id(id) {
        let _ = toolbar::show_choices(&place);
    }
}

/// The open tool.
pub fn panel(tool: Tool, given: &Given) -> Html {
    let (text, ask) = (given.state.text.clone(), given.state.ask.clone());
    let id = AttrValue::from(given.id.clone());
    let body = match tool {
        Tool::Request => html! { <request::Request given={given.clone()} /> },
        Tool::Compare => html! {
            <compare::Compare state={given.state.clone()} id={given.id.clone()} />
        },
        Tool::Examples => html! { <examples::Examples state={given.state.clone()} /> },
        Tool::Runs => html! {
            <runs::Runs state={given.state.clone()} runs={given.runs.clone()} id={given.id.clone()} />
        },
        Tool::Share => html! { <share::Share given={given.clone()} /> },
        Tool::Inject => html! { <inject::Inject given={given.clone()} /> },
        Tool::Import => html! { <import::ImportTool {text} {ask} {id} /> },
        Tool::Function => html! { <function::FunctionTool {text} {ask} {id} /> },
    };
    html! {
        <div class="vfi-open-tool" id={given.id.clone()} data-tool={tool.word()}>{ body }</div>
    }
}
