//! The second module: the playground's tools, loaded when one is first opened. What the loader and
//! the playground (`web/src/components/outside.rs`) call, and nothing else.

use js_sys::Function;
use vfio_irq_web::components::tools::root::Mounted;
use wasm_bindgen::prelude::*;
use web_sys::Element;

/// The tools in an element.
#[wasm_bindgen]
pub struct Tools(Mounted);

/// Draws in an element, as soon as there is something to show. `ask` takes what the tools ask: see
/// [`Asked`](vfio_irq_web::shown::Asked).
#[wasm_bindgen]
pub fn mount_tools(element: Element, ask: Function) -> Tools {
    Tools(Mounted::new(element, ask))
}

#[wasm_bindgen]
impl Tools {
    /// Shows what a line says ([`Shown`](vfio_irq_web::shown::Shown)), with a text if it is another.
    pub fn show(&mut self, line: &str, text: Option<String>) {
        self.0.show(line, text);
    }

    /// Takes the tools out of the page.
    pub fn end(self) {
        self.0.end();
    }
}
