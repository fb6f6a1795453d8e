//! When we are wrong: a message with a report to copy and a button to begin again, never a dead
//! page.
//!
//! A mistake of the tools' module is told in its place, and the playground goes on:
//! [`outside`](crate::components::outside).
//!
//! Beginning again on the full page must not lead to the same mistake: the text that met it is not loaded again,
//! neither from the address nor from a draft ([`begins_again`]), but it is not lost either: it
//! stands, closed, below the playground.

use std::cell::{Cell, RefCell};
use std::sync::Once;

use gloo::events::EventListener;
use wasm_bindgen::prelude::*;
use web_sys::{Element, ErrorEvent, Event};

use crate::components::outside;
use crate::mount::PLAYGROUND_ID;

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
        EventListener::new(&window, "error", |event| match trap(event) {
            Some((Module::Page, message)) => show(&message),
            // Once: a module that is given up may trap again, by a timer of its own, when there is
            // another in its place.
            Some((Module::Tools, message)) => {
                static TRAPPED: Once = Once::new();
                TRAPPED.call_once(|| outside::stopped(&message));
            }
            None => {}
        })
        .forget();
    });
}

/// Which module an error is about.
enum Module {
    Page,
    Tools,
}

/// The message of an error event, if a WebAssembly module trapped. A stack too small is a
/// `RangeError` in Chromium and an `InternalError` in Firefox: then the module is in the error's own
/// stack. So is the name of the tools' module, if it was that one.
fn trap(event: &Event) -> Option<(Module, String)> {
    let error = event.dyn_ref::<ErrorEvent>()?.error().dyn_into::<js_sys::Error>().ok()?;
    let stack = js_sys::Reflect::get(&error, &"stack".into()).ok();
    let stack = stack.and_then(|stack| stack.as_string()).unwrap_or_default();
    let trapped = match &*String::from(error.name()) {
        "RuntimeError" => true,
        "RangeError" | "InternalError" => stack.contains(".wasm") || stack.contains("wasm://"),
        _ => false,
    };
    let module = if stack.contains("vfio-irq-tools") { Module::Tools } else { Module::Page };
    trapped.then(|| (module, String::from(error.to_string())))
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
    let text = element
        .query_selector("textarea")?
        .and_then(|area| area.dyn_into::<web_sys::HtmlTextAreaElement>().ok())
        .map_or_else(|| text.to_owned(), |area| area.value());
    if let Some(tools) = element.next_element_sibling().filter(|it| it.class_list().contains("vfi"))
    {
        tools.remove();
    }
    let said = "The playground met a mistake of its own and stopped. This report helps to mend it:";
    let place = report(element, said, message, &text)?;
    let full = element.id() == PLAYGROUND_ID;
    let again = Closure::once_into_js(move || begin_again(full.then_some(&*text)));
    let again = button("Begin again", again)?;
    place.append_child(&again)?;
    Ok(())
}

/// Shows a report as the only thing in an element; the place it stands in.
pub(crate) fn report(
    element: &Element,
    said: &str,
    message: &str,
    text: &str,
) -> Result<Element, JsValue> {
    let document = gloo::utils::document();
    let version = env!("CARGO_PKG_VERSION");
    let shown = reading("Report", &["vfio-irq ", version, "\n", message, "\n\n", text].concat())?;
    let copy = button("Copy the report", copying(shown.clone()))?;
    let words = document.create_element("p")?;
    words.set_text_content(Some(said));
    let place = document.create_element("div")?;
    place.set_class_name("vfi vfi-broken");
    for child in [words, shown, copy] {
        place.append_child(&child)?;
    }
    element.set_text_content(None);
    element.append_child(&place)?;
    place.set_attribute("role", "alert")?;
    Ok(place)
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

/// A button of no component.
pub(crate) fn button(label: &str, click: JsValue) -> Result<Element, JsValue> {
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

/// Where the text waits while the page loads again: a name for each page, as a tab may show several
/// versions of the site.
fn kept_name() -> String {
    let path = gloo::utils::window().location().pathname().unwrap_or_default();
    ["vfio-irq-stopped-at ", &path].concat()
}

/// Loads the page again. The full page without the text from the address, which may have been the
/// reason; a chapter as it is, whose address names a clause and whose texts are its own.
fn begin_again(text: Option<&str>) {
    let window = gloo::utils::window();
    let location = window.location();
    if let Some(text) = text {
        crate::storage::crashed();
        if let Ok(Some(storage)) = window.session_storage() {
            let _ = storage.set_item(&kept_name(), text);
        }
        let _ = location.set_hash("");
    }
    let _ = location.reload();
}

/// Whether this page was loaded because the last one met a mistake of its own: then neither the
/// address nor a draft is to be loaded. The text it stopped at is shown behind `element`, once.
pub fn begins_again(element: &Element) -> bool {
    let kept = || {
        let storage = gloo::utils::window().session_storage().ok()??;
        let name = kept_name();
        let text = storage.get_item(&name).ok()??;
        let _ = storage.remove_item(&name);
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
