//! Asking the third module, `web/worker`, which lives in a worker.
//!
//! The worker, its restart and the bound on what it is asked at a time are the loader's
//! (`book/assets/loader.js`): it knows the names of the files, and there it costs the module
//! nothing.

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    /// The loader's door. Throws where there is no loader, as in a test.
    #[wasm_bindgen(catch, js_name = vfioIrqAside)]
    fn request(op: &str, text: &str) -> Result<Promise, JsValue>;
}

/// Has the worker do an operation of its table on a text.
///
/// # Errors
/// For the reader: what is wrong with the text, or why there is no answer (the worker did not load,
/// died, or has too much to do). Asking again starts a new worker if the last one died.
pub async fn ask(op: &str, text: &str) -> Result<String, String> {
    let answer = match request(op, text) {
        Ok(promise) => JsFuture::from(promise).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(answer) => Ok(answer.as_string().unwrap_or_default()),
        Err(error) => {
            Err(error.as_string().unwrap_or_else(|| js_sys::Object::from(error).to_string().into()))
        }
    }
}
