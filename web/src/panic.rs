//! When we are wrong: a message with a report to copy and a button to begin again, never a dead
//! page.

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
    let shown = document.create_element("textarea")?;
    shown.set_attribute("readonly", "")?;
    shown.set_attribute("rows", "8")?;
    shown.set_attribute("aria-label", "Report")?;
    shown.set_text_content(Some(&report));
    let button = document.create_element("button")?;
    button.set_attribute("type", "button")?;
    button.set_text_content(Some("Begin again"));
    button.add_event_listener_with_callback(
        "click",
        Closure::once_into_js(begin_again).unchecked_ref(),
    )?;

    element.set_text_content(None);
    let place = document.create_element("div")?;
    place.set_class_name("vfi vfi-broken");
    place.set_attribute("role", "alert")?;
    for child in [said, shown, button] {
        place.append_child(&child)?;
    }
    element.append_child(&place)?;
    Ok(())
}

/// Loads the page again, without a text from the address that may have been the reason,
/// and without opening the draft, which may have been it, too: it is offered.
fn begin_again() {
    crate::storage::crashed();
    let location = gloo::utils::window().location();
    let _ = location.set_hash("");
    let _ = location.reload();
}
