//! Whether the reader asked the system for less motion.

use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// Whether nothing should move by itself.
pub(crate) fn is_reduced() -> bool {
    let window = gloo::utils::window();
    let ask = || {
        let method: Function = Reflect::get(&window, &"matchMedia".into())?.dyn_into()?;
        let answer = method.call1(&window, &"(prefers-reduced-motion: reduce)".into())?;
        Reflect::get(&answer, &"matches".into())
    };
    ask().is_ok_and(|answer: JsValue| answer.is_truthy())
}
