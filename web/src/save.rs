//! Files for the reader's downloads.

use js_sys::{Array, Function, Object, Promise, Reflect, encode_uri_component};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobPropertyBag, CanvasRenderingContext2d, HtmlAnchorElement, HtmlCanvasElement,
    HtmlImageElement, Url,
};

/// SVG's type.
pub(crate) const SVG: &str = "image/svg+xml";
/// Pixels for a unit of the diagram.
const SCALE: u32 = 2;
/// Most pixels in height: browsers make no canvas much higher.
const MAX_HEIGHT: u32 = 16_000;

/// Saves a text.
pub(crate) fn text(name: &str, kind: &str, text: &str) -> Result<(), JsValue> {
    let bag = BlobPropertyBag::new();
    bag.set_type(kind);
    let parts = Array::of1(&JsValue::from_str(text));
    let blob = Blob::new_with_str_sequence_and_options(&parts, &bag)?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let saved = follow(name, &url);
    // The browser has taken it up by then.
    gloo::timers::callback::Timeout::new(10_000, move || {
        let _ = Url::revoke_object_url(&url);
    })
    .forget();
    saved
}

/// Saves a diagram as pixels.
pub(crate) async fn png(name: &str, svg: &str) -> Result<(), JsValue> {
    follow(name, &drawn(svg).await?.to_data_url()?)
}

/// Copies a diagram as pixels. By name: web-sys has no `ClipboardItem` without a flag of the
/// compiler, and some browsers have none.
pub(crate) async fn copy_png(svg: &str) -> Result<(), JsValue> {
    let canvas = drawn(svg).await?;
    let blob = Promise::new(&mut |done, failed| {
        if let Err(error) = canvas.to_blob(&done) {
            let _ = failed.call1(&JsValue::UNDEFINED, &error);
        }
    });
    let blob = JsFuture::from(blob).await?;
    let parts = Object::new();
    Reflect::set(&parts, &"image/png".into(), &blob)?;
    let item = Reflect::get(&js_sys::global(), &"ClipboardItem".into())?;
    let item = Reflect::construct(&item.dyn_into::<Function>()?, &Array::of1(&parts))?;
    let clipboard = gloo::utils::window().navigator().clipboard();
    let write = Reflect::get(&clipboard, &"write".into())?.dyn_into::<Function>()?;
    let written = write.call1(&clipboard, &Array::of1(&item))?.dyn_into::<Promise>()?;
    JsFuture::from(written).await.map(drop)
}

/// A diagram as pixels on a light ground.
async fn drawn(svg: &str) -> Result<HtmlCanvasElement, JsValue> {
    // Light whatever the reader's scheme is.
    let svg = svg.replace("(prefers-color-scheme:dark)", "not all");
    let image = HtmlImageElement::new()?;
    image.set_src(&format!("data:{SVG},{}", String::from(encode_uri_component(&svg))));
    JsFuture::from(image.decode()).await?;
    let (width, height) = (image.natural_width(), image.natural_height());
    let scale = if height * SCALE > MAX_HEIGHT { 1 } else { SCALE };
    let canvas = gloo::utils::document().create_element("canvas")?;
    let canvas: HtmlCanvasElement = canvas.unchecked_into();
    canvas.set_width(width * scale);
    canvas.set_height(height.saturating_mul(scale).min(MAX_HEIGHT));
    let context = canvas.get_context("2d")?.ok_or(JsValue::NULL)?;
    let context: CanvasRenderingContext2d = context.unchecked_into();
    let (width, height) = (f64::from(width * scale), f64::from(height * scale));
    context.set_fill_style_str("#fff");
    context.fill_rect(0.0, 0.0, width, height);
    context.draw_image_with_html_image_element_and_dw_and_dh(&image, 0.0, 0.0, width, height)?;
    Ok(canvas)
}

/// Follows a link to a file that is to be saved.
fn follow(name: &str, url: &str) -> Result<(), JsValue> {
    let link = gloo::utils::document().create_element("a")?;
    let link: HtmlAnchorElement = link.unchecked_into();
    link.set_href(url);
    link.set_download(name);
    link.click();
    Ok(())
}
