//! The full page with its tools, in a test, used as a reader uses it.
#![allow(dead_code, reason = "not every test file uses everything")]

use super::door;
use gloo::timers::future::TimeoutFuture;
use gloo::utils::{body, document, window};
use vfio_irq_web::options::Options;
use vfio_irq_web::{Mounted, mount};
use wasm_bindgen::JsCast;
use web_sys::{
    Element, Event, EventInit, HtmlElement, HtmlInputElement, HtmlSelectElement,
    HtmlTextAreaElement, InputEvent, KeyboardEvent, KeyboardEventInit,
};

/// One interrupt is enabled and fired.
pub(crate) const ENABLED: &str = "function e1000e\nhost     linux-6.1\nset_irqs msix trigger eventfd 0 [a]  -> 0\nfire 0                               -> a=1\n";

/// A mounted page.
pub(crate) struct Page {
    pub(crate) place: Element,
    mounted: Option<Mounted>,
}

impl Page {
    pub(crate) async fn new(text: &str, keeps: bool) -> Self {
        let options = Options { full: true, keeps, ..Options::default() };
        // Without the link that a page before left: with one, no draft is opened.
        let own = window().location().pathname().expect("an address");
        address(&own);
        Self::with(text, options).await
    }

    pub(crate) async fn with(text: &str, options: Options) -> Self {
        door::open();
        Self::behind_the_door(text, options).await
    }

    /// With the door as it is.
    pub(crate) async fn behind_the_door(text: &str, options: Options) -> Self {
        // The tools' place is a neighbour of the playground's.
        let place = document().create_element("div").expect("a div");
        let own = document().create_element("div").expect("a div");
        place.append_child(&own).expect("an element takes it");
        body().append_child(&place).expect("a body");
        let mounted = Some(mount(own, text, options));
        tick().await;
        Self { place, mounted }
    }

    pub(crate) fn find(&self, selector: &str) -> Element {
        let found = self.place.query_selector(selector).expect("the selector is right");
        found.unwrap_or_else(|| panic!("no {selector} in {}", self.said("")))
    }

    pub(crate) fn said(&self, selector: &str) -> String {
        match selector {
            "" => self.place.text_content(),
            selector => self.find(selector).text_content(),
        }
        .unwrap_or_default()
    }

    pub(crate) fn text(&self) -> String {
        self.find(".vfi-area").unchecked_into::<HtmlTextAreaElement>().value()
    }

    /// Clicks the button with this word.
    pub(crate) async fn press(&self, word: &str) {
        let all = self.place.query_selector_all("button").expect("the selector is right");
        let buttons =
            (0..all.length()).filter_map(|at| all.item(at)?.dyn_into::<HtmlElement>().ok());
        let button = buttons
            .into_iter()
            .find(|it| it.text_content().as_deref().map(str::trim) == Some(word));
        button.unwrap_or_else(|| panic!("no button {word} in {}", self.said(""))).click();
        tick().await;
    }

    pub(crate) async fn write(&self, field: &str, text: &str) {
        let field = self.find(field);
        match field.dyn_ref::<HtmlTextAreaElement>() {
            Some(area) => area.set_value(text),
            None => field.unchecked_ref::<HtmlInputElement>().set_value(text),
        }
        let init = web_sys::InputEventInit::new();
        init.set_bubbles(true);
        let event = InputEvent::new_with_event_init_dict("input", &init).expect("an event");
        let _ = field.dispatch_event(&event);
        // The text runs when the reader pauses.
        TimeoutFuture::new(400).await;
        tick().await;
    }

    pub(crate) async fn choose(&self, select: &str, value: &str) {
        let select: HtmlSelectElement = self.find(select).unchecked_into();
        select.set_value(value);
        let init = EventInit::new();
        init.set_bubbles(true);
        let _ = select
            .dispatch_event(&Event::new_with_event_init_dict("change", &init).expect("an event"));
        tick().await;
    }

    pub(crate) async fn key(&self, at: &Element, key: &str) {
        let init = KeyboardEventInit::new();
        init.set_key(key);
        init.set_bubbles(true);
        let event =
            KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init).expect("an event");
        let _ = at.dispatch_event(&event);
        tick().await;
    }

    pub(crate) async fn control(&self, key: &str, shift: bool) {
        let init = KeyboardEventInit::new();
        init.set_key(key);
        init.set_ctrl_key(true);
        init.set_shift_key(shift);
        init.set_bubbles(true);
        init.set_cancelable(true);
        let event =
            KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init).expect("an event");
        let _ = self.find(".vfi-area").dispatch_event(&event);
        tick().await;
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if let Some(mounted) = self.mounted.take() {
            mounted.destroy();
        }
        self.place.remove();
    }
}

/// Rendering is asynchronous, and what a tool asks goes through two schedulers, its own and the
/// playground's.
pub(crate) async fn tick() {
    for _ in 0..4 {
        yew::scheduler::flush().await;
        TimeoutFuture::new(20).await;
    }
}

/// Another address of this page.
pub(crate) fn address(url: &str) {
    let history = window().history().expect("a history");
    let null = wasm_bindgen::JsValue::NULL;
    history.replace_state_with_url(&null, "", Some(url)).expect("the same page");
}

pub(crate) fn forget_everything() {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.clear();
    }
}
