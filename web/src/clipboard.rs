//! Copying text.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlDocument, HtmlTextAreaElement};
use yew::Callback;

/// Copies, and says whether it worked.
pub(crate) fn copy(text: String, done: Callback<bool>) {
    let window = gloo::utils::window();
    // The clipboard is only there in a secure context: https, or this machine.
    if !window.is_secure_context() {
        done.emit(by_selection(&text).is_ok_and(|worked| worked));
        return;
    }
    let promise = window.navigator().clipboard().write_text(&text);
    yew::platform::spawn_local(async move {
        let worked = match JsFuture::from(promise).await {
            Ok(_) => true,
            Err(_) => by_selection(&text).is_ok_and(|worked| worked),
        };
        done.emit(worked);
    });
}

/// The old way, by a text area out of sight.
fn by_selection(text: &str) -> Result<bool, JsValue> {
    let document = gloo::utils::document();
    let area: HtmlTextAreaElement = document.create_element("textarea")?.unchecked_into();
    area.set_value(text);
    area.set_attribute("style", "position:fixed;opacity:0")?;
    gloo::utils::body().append_child(&area)?;
    let focused = document.active_element();
    area.select();
    let worked = document.unchecked_ref::<HtmlDocument>().exec_command("copy");
    area.remove();
    if let Some(focused) = focused {
        let _ = focused.unchecked_into::<web_sys::HtmlElement>().focus();
    }
    worked
}
