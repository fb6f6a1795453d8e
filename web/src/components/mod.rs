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

use std::ops::Deref;
use std::rc::Rc;

use yew::Callback;

use crate::keys::Key;
use crate::state::{Action, State};

/// The state, and a way to change it.
#[derive(Clone)]
pub struct Shared {
    state: Rc<State>,
    ask: Callback<Key>,
}

impl Deref for Shared {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl Shared {
    /// What changes the state, given an action.
    pub fn dispatcher(&self) -> Dispatcher {
        Dispatcher(self.ask.clone())
    }
}

/// Changes the state.
#[derive(Clone)]
pub struct Dispatcher(Callback<Key>);

impl Dispatcher {
    /// Changes the state.
    pub fn dispatch(&self, action: Action) {
        self.0.emit(Key::Do(action));
    }
}
