//! What the page shows, in its address: `playground.html#v1=…` (see [`vfio_irq_core::link`]).
//!
//! The address follows what is done in the full page, a moment later and without a new entry in the
//! browser's history. Compression is the browser's: one of our own costs the module more than all of this.

use gloo::events::EventListener;
use gloo::timers::callback::Timeout;
use gloo::utils::window;
use js_sys::{Promise, Uint8Array};
use vfio_irq_core::link::{self, LinkError, Unsealed, View};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use yew::Callback;

/// How long after the last change the address follows, in milliseconds.
const FOLLOW: u32 = 600;

/// The full-screen page's URL with this; `None`: the text is too long for one. Not compressed: a block of a chapter
/// needs it at once.
pub fn with_view(page: &str, view: &View) -> Option<String> {
    Some(format!("{page}#{}", link::encode_stored(view).ok()?))
}

/// What this page's address holds; `None`: nothing that is meant to be a link.
pub fn hash() -> Option<String> {
    let hash = window().location().hash().ok()?;
    (!matches!(&*hash, "" | "#")).then_some(hash)
}

/// What a link holds; the error is for the reader.
pub async fn read(link: &str) -> Result<View, String> {
    let said = |error: LinkError| error.to_string();
    match link::unseal(link).map_err(said)? {
        Unsealed::View(view) => Ok(view),
        Unsealed::Deflated(bytes) => {
            let payload = DecompressionStream::new(FORMAT).map_err(|_| NO_STREAMS)?;
            let payload = through(&bytes, &payload).await;
            let payload = payload.map_err(|_| said(LinkError::Content("it can't be inflated")))?;
            View::from_payload(&payload).map_err(said)
        }
    }
}

/// The link to a view, from `v1=` on; the error is for the reader.
pub async fn write(view: &View) -> Result<String, String> {
    let deflated = match CompressionStream::new(FORMAT) {
        Ok(stream) => through(&view.to_payload(), &stream).await.ok(),
        Err(_) => None,
    };
    let link = match deflated {
        Some(bytes) => link::seal(&bytes),
        None => link::encode_stored(view),
    };
    link.map_err(|error| error.to_string())
}

/// This page's whole URL with a link in place of what is behind `#`.
pub fn here(link: &str) -> String {
    let href = window().location().href().unwrap_or_default();
    let page = href.split('#').next().unwrap_or_default();
    format!("{page}#{link}")
}

/// Lets a link put into the address of a page that is open be opened.
pub fn watch() {
    EventListener::new(&window(), "hashchange", |_| {
        let _ = window().location().reload();
    })
    .forget();
}

/// What keeps the address up to date.
#[derive(Default)]
pub struct Address {
    /// What was shown last.
    view: Option<View>,
    waiting: Option<Timeout>,
}

impl Address {
    /// Puts this into the address after a while; nothing, as long as it is what the page began with.
    /// Of what no link can hold the address holds nothing, not what was shown before: `without`
    /// hears why, and `None` when it is a link again.
    pub fn follow(&mut self, view: View, without: Callback<Option<String>>) {
        if self.view.as_ref() == Some(&view) {
            return;
        }
        let Some(_) = self.view.replace(view.clone()) else { return };
        self.waiting = Some(Timeout::new(FOLLOW, move || {
            spawn_local(async move {
                let link = write(&view).await;
                let url = here(link.as_deref().unwrap_or_default());
                if let Ok(history) = window().history() {
                    let url = url.trim_end_matches('#');
                    let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(url));
                }
                without.emit(link.err());
            });
        }));
    }
}

const FORMAT: &str = "deflate-raw";
const NO_STREAMS: &str =
    "this browser can't open compressed links: get a newer one, or `vfio-irq run` with the link";

// What web-sys has not, or has as something unstable.
#[wasm_bindgen]
extern "C" {
    type CompressionStream;
    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<CompressionStream, JsValue>;

    type DecompressionStream;
    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<DecompressionStream, JsValue>;

    type Stream;
    #[wasm_bindgen(method, catch, js_name = pipeThrough)]
    fn pipe_through(this: &Stream, through: &JsValue) -> Result<Stream, JsValue>;

    type Response;
    #[wasm_bindgen(constructor, catch)]
    fn new(body: &JsValue) -> Result<Response, JsValue>;
    #[wasm_bindgen(method, getter)]
    fn body(this: &Response) -> Stream;
    #[wasm_bindgen(method, catch, js_name = arrayBuffer)]
    fn array_buffer(this: &Response) -> Result<Promise, JsValue>;
}

/// Bytes, sent through a stream.
async fn through(bytes: &[u8], stream: &JsValue) -> Result<Vec<u8>, JsValue> {
    let whole = Response::new(&Uint8Array::from(bytes))?;
    let piped = whole.body().pipe_through(stream)?;
    let buffer = JsFuture::from(Response::new(&piped)?.array_buffer()?).await?;
    // What a link may inflate to is bounded by its own length (RFC 1951: a thousandfold), and is the
    // browser's to keep; of it, this module takes as much as shows that it is too much.
    Ok(Uint8Array::new(&buffer).subarray(0, link::MAX_PAYLOAD as u32 + 1).to_vec())
}
