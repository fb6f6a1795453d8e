//! The place of the tools: an element behind the playground's own, in which their module draws.
//!
//! Behind and not inside: two instances of yew, one in the other's elements, would take each
//! other's events for their own. On the full page the place is a drawer at the bottom of the
//! window, in a chapter a part of the block. The module is the loader's to load
//! (`book/assets/loader.js`).

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};

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
    /// The loader's door: loads the tools' module, a new one or the one it has, and lets it draw in
    /// an element. Throws where there is no loader, as in a test.
    #[wasm_bindgen(catch, js_name = vfioIrqTools)]
    fn load(place: &Element, ask: &Function, anew: bool) -> Result<Promise, JsValue>;

    /// The tools in an element; `web/tools` has the other side.
    pub type Tools;
    #[wasm_bindgen(method, catch)]
    fn show(this: &Tools, line: &str, text: Option<&str>) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn end(this: &Tools) -> Result<(), JsValue>;
}

/// What becomes of the tools' module.
pub enum Turn {
    /// It came.
    Came(Tools),
    /// It did not load.
    Failed,
    /// It stopped, for this reason.
    Stopped(String),
    /// It is to be loaded again.
    Again,
}

thread_local! {
    /// Who has a place for tools on this page: all share the module.
    static PLACES: RefCell<Vec<(u32, Callback<Turn>)>> = const { RefCell::new(Vec::new()) };
    /// The module that is there stopped: the next to load it needs another.
    static STOPPED: Cell<bool> = const { Cell::new(false) };
}

/// Tells every place that the module stopped.
pub fn stopped(why: &str) {
    STOPPED.set(true);
    let places = PLACES.with_borrow(Clone::clone);
    for (_, hears) in places {
        hears.emit(Turn::Stopped(why.to_owned()));
    }
}

/// The place.
pub struct Outside {
    place: HtmlElement,
    ask: Closure<dyn Fn(String)>,
    _keys: EventListener,
    hears: Callback<Turn>,
    number: u32,
    tools: Option<Tools>,
    waiting: bool,
    /// What it says of a module that did not load, or stopped, stands until somebody asks for something else.
    failed: bool,
    line: String,
    text: Option<Rc<str>>,
}

impl Outside {
    /// A place behind an element. `ask` takes what the tools ask, `hears` what becomes of them,
    /// `keys` the keys that are pressed here.
    pub fn new(
        own: &Element,
        id: &str,
        chapter: bool,
        ask: Callback<Asked>,
        hears: Callback<Turn>,
        keys: Callback<KeyboardEvent>,
    ) -> Option<Self> {
        let place = gloo::utils::document().create_element("section").ok()?;
        place.set_id(id);
        place.set_class_name(if chapter { "vfi vfi-beside" } else { "vfi vfi-drawer" });
        let _ = place.set_attribute("tabindex", "-1");
        own.after_with_node_1(&place).ok()?;
        // They are not mdBook's, and the playground does not hear them by itself.
        let options = EventListenerOptions::enable_prevent_default();
        let close = ask.clone();
        let listener = EventListener::new_with_options(&place, "keydown", options, move |event| {
            event.stop_propagation();
            let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
            let key = event.key();
            let at = event.target().and_then(|it| it.dyn_into::<Element>().ok());
            let scrolls = at.and_then(|it| it.get_attribute("tabindex")).as_deref() == Some("0");
            if !chapter && key == "Escape" {
                event.prevent_default();
                close.emit(Asked::Close);
            } else if !scrolls || key.len() == 1 {
                // What scrolls keeps arrows, Home and End.
                keys.emit(event.clone());
            }
        });
        let ask = move |said: String| match Asked::read(&said) {
            // At once: what their module's trap throws comes next, and knows less.
            Some(Asked::Stopped(why)) => stopped(&why),
            Some(asked) => ask.emit(asked),
            None => {}
        };
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        PLACES.with_borrow_mut(|places| places.push((number, hears.clone())));
        Some(Self {
            place: place.unchecked_into(),
            ask: Closure::new(ask),
            _keys: listener,
            hears,
            number,
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
        self.place.set_hidden(true);
    }

    /// Forgets that the module did not load, or stopped: the next to ask for it gets it loaded again.
    pub fn forgive(&mut self) {
        self.failed = false;
    }

    /// The focus goes here.
    pub fn focus(&self) {
        let _ = self.place.focus();
    }

    /// Takes notice of what became of the module.
    pub fn take(&mut self, turn: Turn) {
        match turn {
            Turn::Came(tools) => {
                self.waiting = false;
                self.tools = Some(tools);
                let _ = self.place.remove_attribute("data-state");
            }
            Turn::Failed => {
                self.waiting = false;
                self.failed = true;
                // After a new version was published the file that this page knows is gone.
                self.say("failed", "The tools did not load. Try again, or reload the page. ");
                self.offer();
            }
            Turn::Again => {
                self.forgive();
                self.focus();
            }
            // The whole place is another then: `abandon`, `report`.
            Turn::Stopped(_) => {}
        }
    }

    /// Whether the module draws here.
    pub fn is_drawn(&self) -> bool {
        self.tools.is_some()
    }

    /// Leaves a module that stopped as it is, and goes. Whether the focus was here.
    pub fn abandon(mut self) -> bool {
        // Not even freed, which would call it.
        std::mem::forget(self.tools.take());
        let focused = gloo::utils::document().active_element();
        self.place.contains(focused.as_deref())
    }

    /// Shows the report about a module that stopped.
    pub fn report(&mut self, why: &str, text: &str) {
        self.failed = true;
        let _ = self.place.set_attribute("data-state", "stopped");
        let said = "The tools met a mistake of their own and stopped; the playground goes on. \
                    This report helps to mend it:";
        let _ = panic::report(&self.place, said, why, text);
        self.offer();
    }

    /// A button to try again.
    fn offer(&self) {
        let hears = self.hears.clone();
        let again = Closure::once_into_js(move || hears.emit(Turn::Again));
        if let Ok(button) = panic::button("Try again", again) {
            let _ = self.place.append_child(&button);
        }
    }

    fn load(&mut self) {
        if std::mem::replace(&mut self.waiting, true) {
            return;
        }
        self.say("loading", "Loading…");
        let hears = self.hears.clone();
        let promise = load(&self.place, self.ask.as_ref().unchecked_ref(), STOPPED.replace(false));
        spawn_local(async move {
            let came = match promise {
                Ok(promise) => JsFuture::from(promise).await,
                Err(error) => Err(error),
            };
            hears.emit(match came {
                Ok(tools) => Turn::Came(tools.unchecked_into()),
                Err(_) => Turn::Failed,
            });
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
        PLACES.with_borrow_mut(|places| places.retain(|(number, _)| *number != self.number));
        if let Some(tools) = self.tools.take() {
            let _ = tools.end();
        }
        self.place.remove();
    }
}
