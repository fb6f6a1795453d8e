//! What the browser keeps for this page. It may keep nothing: then every list is empty, and putting
//! one there does nothing.

use js_sys::Date;
use wasm_bindgen::JsValue;
use web_sys::Storage;

use crate::kept::{self, Kept};

/// The drafts. The number is the format's.
pub const DRAFTS: &str = "vfio-irq.drafts.1";
/// The last runs.
pub const RUNS: &str = "vfio-irq.runs.1";
/// There is something under this name after a crash: the draft may be the reason.
const CRASHED: &str = "vfio-irq.crashed";

fn storage() -> Option<Storage> {
    gloo::utils::window().local_storage().ok().flatten()
}

/// The list under a name.
pub fn list(name: &str) -> Vec<Kept> {
    let said = storage().and_then(|storage| storage.get_item(name).ok().flatten());
    said.map_or_else(Vec::new, |said| kept::decode(&said))
}

/// Keeps a list, or as much of its beginning as there is room for ([`kept::put`]). Whether there was
/// room for something; of a browser that keeps nothing at all nobody expects any.
pub fn put(name: &str, list: &[Kept]) -> bool {
    let Some(storage) = storage() else { return true };
    kept::put(list, |said| storage.set_item(name, said).is_ok())
}

/// Remembers that the module stopped.
pub fn crashed() {
    if let Some(storage) = storage() {
        let _ = storage.set_item(CRASHED, "1");
    }
}

/// Whether it stopped the last time; asked once.
pub fn take_crashed() -> bool {
    let Some(storage) = storage() else { return false };
    let crashed = storage.get_item(CRASHED).ok().flatten().is_some();
    let _ = storage.remove_item(CRASHED);
    crashed
}

/// Milliseconds since 1970.
pub fn now() -> u64 {
    Date::now() as u64
}

/// A time as people here write it. Printing the number would cost the page 7 KB.
pub fn time_text(time: u64) -> String {
    let date = Date::new(&JsValue::from_f64(time as f64));
    String::from(date.to_locale_string("default", &JsValue::UNDEFINED))
}
