//! The loader's door to the tools, for tests: here both modules are one.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::Element;

/// Opens it.
pub(crate) fn open() {
    let door = Closure::<dyn Fn(Element, Function) -> Promise>::new(|place, ask| {
        Promise::resolve(&JsValue::from(vfio_irq_tools::mount_tools(place, ask)))
    });
    set(&door.into_js_value());
}

/// Closes it: the tools do not load.
#[allow(dead_code, reason = "not every test file has a test of it")]
pub(crate) fn close() {
    let door = Closure::<dyn Fn(Element, Function) -> Promise>::new(|_, _| {
        Promise::reject(&JsValue::from("for the test"))
    });
    set(&door.into_js_value());
}

fn set(door: &JsValue) {
    Reflect::set(&js_sys::global(), &"vfioIrqTools".into(), door).expect("a global object");
}
