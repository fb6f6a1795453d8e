//! The tools of the full page: each opens in the drawer at the bottom, one at a time, and changes the
//! scenario's text or says something about its run. One that is put away for another keeps what was
//! written into it. They are a module of their own (`web/tools`),
//! whose [`root`] follows what the playground shows.
//!
//! A tool keeps what it needs to itself. It reads the state and the machine at the position, and
//! changes the text by an [`Action`](crate::state::Action), so undo, drafts and links know nothing
//! of tools.

pub mod compare;
pub mod diff;
pub mod examples;
pub mod explore;
pub mod function;
pub mod import;
pub mod inject;
pub mod notes;
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
use crate::shown::Asked;

/// What a tool is shown with.
#[derive(Clone)]
pub struct Given {
    /// The state, and a way to change it.
    pub state: Shared,
    /// The machine at the position.
    pub machine: Option<Rc<Machine>>,
    /// What a link to this holds.
    pub view: Rc<View>,
    /// Takes what is no change of state.
    pub ask: Callback<Asked>,
    /// The last runs, newest first.
    pub runs: Rc<[Kept]>,
    /// Begins the tool's ids.
    pub id: String,
}

/// A tool is drawn again when the state or the machine is another. *Share*, *Compare* and *Runs* look
/// at the rest themselves.
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

/// A tool that was opened: the one that is shown, or one put away.
pub fn panel(tool: Tool, given: &Given, hidden: bool) -> Html {
    let (text, ask) = (given.state.text.clone(), given.state.ask.clone());
    let id = AttrValue::from(given.id.clone());
    let body = match tool {
        Tool::Request => html! { <request::Request given={given.clone()} /> },
        Tool::Compare => html! {
            <compare::Compare state={given.state.clone()} id={given.id.clone()} hosts={given.view.hosts.clone()}
                choose={given.ask.reform(Asked::Hosts)} />
        },
        Tool::Examples => html! { <examples::Examples state={given.state.clone()} /> },
        Tool::Runs => html! {
            <runs::Runs state={given.state.clone()} runs={given.runs.clone()} id={given.id.clone()} />
        },
        Tool::Share => html! { <share::Share given={given.clone()} /> },
        Tool::Notes => html! { <notes::Notes state={given.state.clone()} /> },
        Tool::Inject => html! { <inject::Inject given={given.clone()} /> },
        Tool::Import => {
            let stale = given.state.run.is_none() || given.state.stale();
            html! { <import::ImportTool {text} {ask} {stale} {id} /> }
        }
        Tool::Explore => html! { <explore::Explore state={given.state.clone()} {id} /> },
        Tool::Function => html! { <function::FunctionTool {text} {ask} {id} /> },
    };
    html! {
        <div key={tool.word()} class="vfi-open-tool" id={given.id.clone()} data-tool={tool.word()} {hidden}>{ body }</div>
    }
}
