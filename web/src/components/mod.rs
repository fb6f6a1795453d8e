//! What is shown, one component a file.

pub mod editor;
pub mod facts;
pub mod function;
pub mod help;
pub mod icon;
pub mod lanes;
pub mod ledger;
pub mod limited;
pub mod now;
pub mod part;
pub mod playground;
pub mod rows;
pub mod timeline;
pub mod toolbar;

use yew::UseReducerHandle;

use crate::state::State;

/// The state, shared between components.
pub type Shared = UseReducerHandle<State>;
