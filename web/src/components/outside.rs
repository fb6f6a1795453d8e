//! The place of the tools: an element behind the playground's own, in which their module draws.
//!
//! Behind and not inside: two instances of yew, one in the other's elements, would take each
//! other's events for their own. On the full page the place is a drawer at the bottom of the
//! window, in a chapter a part of the block. The module is the loader's to load
//! (`book/assets/loader.js`).

use std::rc::Rc;

use gloo::events::{EventListener, EventListenerOptions};
use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Element, HtmlElement, KeyboardEvent};
use yew::Callback;

use crate::panic;
use crate::shown::{Asked, Shown};

#[wasm_bindgen]
extern "C" {
    /// The loader's door: loads the tools' module and has it draw in an element. Throws where there
    /// is no loader, as in a test.
    #[wasm_bindgen(catch, js_name = vfioIrqTools)]
    fn load(place: &Element, ask: &Function) -> Result<Promise, JsValue>;

    /// The tools in an element; `web/tools` has the other side.
    pub type Tools;
    #[wasm_bindgen(method, catch)]
    fn show(this: &Tools, line: &str, text: Option<&str>) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn end(this: &Tools) -> Result<(), JsValue>;
}

/// The place.
pub struct Outside {
    place: HtmlElement,
    ask: Closure<dyn Fn(String)>,
    _keys: EventListener,
    loaded: Callback<Option<Tools>>,
    tools: Option<Tools>,
    waiting: bool,
    /// What it said when the module did not load stands until somebody asks for something else.
    failed: bool,
    line: String,
    text: Option<Rc<str>>,
}

impl Outside {
    /// A place behind an element. `ask` takes what the tools ask, `loaded` the tools.
    pub fn new(
        own: &Element,
        id: &str,
        chapter: bool,
        ask: Callback<Asked>,
        loaded: Callback<Option<Tools>>,
    ) -> Option<Self> {
        let place = gloo::utils::document().create_element("section").ok()?;
        place.set_id(id);
        place.set_class_name(if chapter { "vfi vfi-beside" } else { "vfi vfi-drawer" });
        let _ = place.set_attribute("tabindex", "-1");
        own.after_with_node_1(&place).ok()?;
        // Its keys are its own: neither the playground's nor mdBook's.
        let options = EventListenerOptions::enable_prevent_default();
        let close = ask.clone();
        let keys = EventListener::new_with_options(&place, "keydown", options, move |event| {
            event.stop_propagation();
            let key = event.dyn_ref::<KeyboardEvent>().map(KeyboardEvent::key);
            if !chapter && key.as_deref() == Some("Escape") {
                event.prevent_default();
                close.emit(Asked::Close);
            }
        });
        let ask = move |said: String| match Asked::read(&said) {
            // At once: what their module's trap throws comes next, and knows less.
            Some(Asked::Stopped(why)) => panic::show(&why),
            Some(asked) => ask.emit(asked),
            None => {}
        };
        Some(Self {
            place: place.unchecked_into(),
            ask: Closure::new(ask),
            _keys: keys,
            loaded,
            tools: None,
            waiting: false,
            failed: false,
            line: String::new(),
            text: None,
        })
    }

    /// Shows, under this name; loads the module first, if it is not there.
    pub fn show(&mut self, label: &str, shown: &Shown, text: &Rc<str>) {
        if self.failed {
            return;
        }
        let _ = self.place.set_attribute("aria-label", label);
        self.place.set_hidden(false);
        let Some(tools) = &self.tools else { return self.load() };
        let line = shown.line();
        let other = self.text.as_ref() != Some(text);
        if other || line != self.line {
            let _ = tools.show(&line, other.then_some(&**text));
            (self.line, self.text) = (line, Some(text.clone()));
        }
    }

    /// Says everything once more the next time: what the browser keeps is another.
    pub fn again(&mut self) {
        self.line.clear();
    }

    /// Out of sight; the module stays.
    pub fn hide(&mut self) {
        self.place.set_hidden(!self.failed);
    }

    /// Forgets that the module did not load: the next to ask for it gets it loaded again.
    pub fn forgive(&mut self) {
        self.failed = false;
    }

    /// The focus goes here.
    pub fn focus(&self) {
        let _ = self.place.focus();
    }

    /// The module came, or it did not.
    pub fn take(&mut self, tools: Option<Tools>) {
        self.waiting = false;
        self.failed = tools.is_none();
        self.tools = tools;
        if self.failed {
            let said = "The tools did not load. They are loaded again when one is opened.";
            self.say("failed", said);
        } else {
            let _ = self.place.remove_attribute("data-state");
        }
    }

    fn load(&mut self) {
        if std::mem::replace(&mut self.waiting, true) {
            return;
        }
        self.say("loading", "Loading…");
        let (promise, loaded) =
            (load(&self.place, self.ask.as_ref().unchecked_ref()), self.loaded.clone());
        spawn_local(async move {
            let came = match promise {
                Ok(promise) => JsFuture::from(promise).await,
                Err(error) => Err(error),
            };
            loaded.emit(came.ok().map(JsCast::unchecked_into));
        });
    }

    fn say(&self, state: &str, words: &str) {
        let _ = self.place.set_attribute("data-state", state);
        self.place.set_text_content(None);
        if let Ok(said) = gloo::utils::document().create_element("p") {
            let _ = said.set_attribute("role", "status");
            let _ = self.place.append_child(&said);
            said.set_text_content(Some(words));
        }
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        if let Some(tools) = self.tools.take() {
            let _ = tools.end();
        }
        self.place.remove();
    }
}
