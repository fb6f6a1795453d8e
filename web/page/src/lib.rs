//! The first module: the playground, without its tools. What the loader (`book/assets/loader.js`)
//! calls, and nothing else: whatever a module exports stays in it, so exports stand here and not in
//! the library that both modules are made of.

use wasm_bindgen::prelude::*;
use web_sys::Element;

/// Mounts the compact form into an element of a chapter. `options_json`: see
/// [`Options`](vfio_irq_web::options::Options).
#[wasm_bindgen]
pub fn mount_block(element: Element, scenario_text: &str, options_json: &str) {
    vfio_irq_web::mount_block(element, scenario_text, options_json);
}

/// Fills the playground's page, if this is it.
#[wasm_bindgen(start)]
pub fn start() {
    vfio_irq_web::start();
}
