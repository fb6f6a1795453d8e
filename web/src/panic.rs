//! When we are wrong: a message with a report to copy and a button to begin again, never a dead
//! page.
//!
//! Beginning again must not lead to the same mistake: the text that met it is not loaded again,
//! neither from the address nor from a draft ([`begins_again`]), but it is not lost either: it
//! stands, closed, below the playground.

use std::cell::{Cell, RefCell};
use std::fmt::Write as _;
use std::sync::Once;

use gloo::events::EventListener;
use wasm_bindgen::prelude::*;
use web_sys::{Element, ErrorEvent, Event};

thread_local! {
    /// Every playground of this page, with the text it was mounted with.
    static MOUNTED: RefCell<Vec<(Element, String)>> = const { RefCell::new(Vec::new()) };
    static SHOWN: Cell<bool> = const { Cell::new(false) };
}

/// Remembers an element, so that a panic can show itself there.
pub(crate) fn watch(element: &Element, text: &str) {
    MOUNTED.with_borrow_mut(|mounted| {
        mounted.retain(|(known, _)| known.is_connected() && known != element);
        mounted.push((element.clone(), text.to_owned()));
    });
}

/// The hook of the other module: it tells the playground, which shows the report.
pub(crate) fn install_beside(ask: js_sys::Function) {
    thread_local! { static ASK: std::cell::RefCell<Option<js_sys::Function>> = const { RefCell::new(None) }; }
    if ASK.replace(Some(ask)).is_some() {
        return;
    }
    yew::set_custom_panic_hook(Box::new(|info| {
        let message = info.to_string();
        web_sys::console::error_1(&JsValue::from_str(&message));
        let said = crate::shown::Asked::Stopped(message).text().map(JsValue::from);
        if let (Some(said), Some(ask)) = (said, ASK.take()) {
            let _ = ask.call1(&JsValue::UNDEFINED, &said);
        }
    }));
}

/// Installs the hook, once.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        yew::set_custom_panic_hook(Box::new(|info| {
            let message = info.to_string();
            web_sys::console::error_1(&JsValue::from_str(&message));
            show(&message);
        }));
        // What ends the module without a panic: a stack or a memory too small.
        let window = gloo::utils::window();
        EventListener::new(&window, "error", |event| {
            if let Some(message) = trap(event) {
                show(&message);
            }
        })
        .forget();
    });
}

/// The message of an error event, if a WebAssembly module trapped.
fn trap(event: &Event) -> Option<String> {
    let error = event.dyn_ref::<ErrorEvent>()?.error().dyn_into::<js_sys::Error>().ok()?;
    (error.name() == "RuntimeError").then(|| String::from(error.to_string()))
}

/// Shows a report in place of every playground: they share the module, so none of them goes on.
/// Only the first: what comes after a panic follows from it.
pub fn show(message: &str) {
    if SHOWN.replace(true) {
        return;
    }
    MOUNTED.with(|mounted| {
        let Ok(mounted) = mounted.try_borrow() else { return };
        for (element, text) in mounted.iter().filter(|(element, _)| element.is_connected()) {
            let _ = replace(element, message, text);
        }
    });
}

fn replace(element: &Element, message: &str, text: &str) -> Result<(), JsValue> {
    let document = gloo::utils::document();
    let text = element
        .query_selector("textarea")?
        .and_then(|area| area.dyn_into::<web_sys::HtmlTextAreaElement>().ok())
        .map_or_else(|| text.to_owned(), |area| area.value());
    let mut report = String::new();
    let _ = write!(report, "vfio-irq {}\n{message}\n\n{text}", env!("CARGO_PKG_VERSION"));

    let said = document.create_element("p")?;
    said.set_text_content(Some(
        "The playground met a mistake of its own and stopped. This report helps to mend it:",
    ));
    let shown = reading("Report", &report)?;
    let copy = button("Copy the report", copying(shown.clone()))?;
    let again = button("Begin again", Closure::once_into_js(move || begin_again(&text)))?;

    if let Some(tools) = element.next_element_sibling().filter(|it| it.class_list().contains("vfi"))
    {
        tools.remove();
    }
    element.set_text_content(None);
    let place = document.create_element("div")?;
    place.set_class_name("vfi vfi-broken");
    place.set_attribute("role", "alert")?;
    for child in [said, shown, copy, again] {
        place.append_child(&child)?;
    }
    element.append_child(&place)?;
    Ok(())
}

/// A text area to read and copy from.
fn reading(label: &str, text: &str) -> Result<Element, JsValue> {
    let area = gloo::utils::document().create_element("textarea")?;
    area.set_attribute("readonly", "")?;
    area.set_attribute("rows", "8")?;
    area.set_attribute("aria-label", label)?;
    area.set_text_content(Some(text));
    Ok(area)
}

fn button(label: &str, click: JsValue) -> Result<Element, JsValue> {
    let button = gloo::utils::document().create_element("button")?;
    button.set_attribute("type", "button")?;
    button.set_text_content(Some(label));
    button.add_event_listener_with_callback("click", click.unchecked_ref())?;
    Ok(button)
}

/// Copies what an area shows. By selecting it: that needs nothing of the page but the browser, and
/// where it fails the text is selected, ready to be copied by hand.
fn copying(area: Element) -> JsValue {
    Closure::<dyn FnMut()>::new(move || {
        area.unchecked_ref::<web_sys::HtmlTextAreaElement>().select();
        let document = gloo::utils::document();
        let _ = document.unchecked_ref::<web_sys::HtmlDocument>().exec_command("copy");
    })
    .into_js_value()
}

/// Where the text waits while the page loads again.
const KEPT: &str = "vfio-irq-stopped-at";

/// Loads the page again, without a text from the address that may have been the reason.
fn begin_again(text: &str) {
    crate::storage::crashed();
    let window = gloo::utils::window();
    if let Ok(Some(storage)) = window.session_storage() {
        let _ = storage.set_item(KEPT, text);
    }
    let location = window.location();
    let _ = location.set_hash("");
    let _ = location.reload();
}

/// Whether this page was loaded because the last one met a mistake of its own: then neither the
/// address nor a draft is to be loaded. The text it stopped at is shown behind `element`, once.
pub fn begins_again(element: &Element) -> bool {
    let kept = || {
        let storage = gloo::utils::window().session_storage().ok()??;
        let text = storage.get_item(KEPT).ok()??;
        let _ = storage.remove_item(KEPT);
        Some(text)
    };
    let Some(text) = kept() else { return false };
    let _ = show_kept(element, &text);
    true
}

fn show_kept(element: &Element, text: &str) -> Result<(), JsValue> {
    let document = gloo::utils::document();
    let details = document.create_element("details")?;
    details.set_class_name("vfi vfi-broken");
    let summary = document.create_element("summary")?;
    summary.set_text_content(Some("The text at which the playground stopped"));
    details.append_child(&summary)?;
    let area = reading("The text at which the playground stopped", text)?;
    details.append_child(&area)?;
    element.after_with_node_1(&details)
}
