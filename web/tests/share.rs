//! Links and the tool Share in a real page.
//!
//! Run by `wasm-pack test --headless --chrome web`.
#![cfg(target_arch = "wasm32")]

mod door;
mod full;

use full::Page;
use gloo::timers::future::TimeoutFuture;
use gloo::utils::{body, document};
use vfio_irq_core::link::{self, View};
use vfio_irq_web::options::Options;
use vfio_irq_web::{mount, url};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Element, HtmlElement};

wasm_bindgen_test_configure!(run_in_browser);

const TEXT: &str =
    "function simple\nset_irqs msix trigger eventfd 0 [a]  -> 0\nfire 0  -> a=1\nfire 0\n";

fn view() -> View {
    View {
        position: Some(2),
        tool: Some("share".into()),
        hosts: vec!["linux-6.1".into()],
        followed: Some(1),
        ..View::of_text(TEXT)
    }
}

fn place() -> Element {
    door::open();
    // The tools' place is a neighbour of the playground's.
    let around = document().create_element("div").expect("a document makes elements");
    let place = document().create_element("div").expect("a document makes elements");
    around.append_child(&place).expect("an element takes it");
    body().append_child(&around).expect("the body takes it");
    place
}

#[wasm_bindgen_test]
async fn link_by_the_browsers_compression_is_the_same_format() {
    let link = url::write(&view()).await.expect("it is short");

    assert_eq!(link::decode(&link), Ok(view()));
    assert_eq!(url::read(&link::encode(&view()).expect("short")).await, Ok(view()));
    assert_eq!(url::read(&link::encode_stored(&view()).expect("short")).await, Ok(view()));
    assert!(link.len() < link::encode_stored(&view()).expect("short").len(), "{link}");
}

#[wasm_bindgen_test]
async fn link_with_right_checksum_and_no_deflate_is_an_error() {
    let link = link::seal(&[0xff; 9]).expect("short");
    let error = url::read(&link).await.expect_err("it is no deflate");
    assert!(error.contains("can't be inflated"), "{error}");

    let error = url::read("#v1=AAAA").await.expect_err("it is cut");
    assert!(error.contains("cut on its way"), "{error}");
}

#[wasm_bindgen_test]
async fn page_with_a_view_shows_it() {
    let place = place();
    let view = view();
    let options = Options {
        full: true,
        position: view.position.map(|position| position as usize),
        view: Some(view),
        ..Options::default()
    };
    let mounted = mount(place.clone(), TEXT, options);
    let around = place.parent_element().expect("it is in the page");
    let find = |selector: &str| around.query_selector(selector).expect("a right selector");
    // The tool comes when its module has come.
    for _ in 0..100 {
        if find(".vfi-share").is_some() {
            break;
        }
        TimeoutFuture::new(20).await;
    }

    let text = |selector: &str| {
        let found = find(selector).and_then(|it| it.text_content());
        found.unwrap_or_else(|| panic!("no {selector}"))
    };
    assert!(text(".vfi-count").starts_with("2/"), "{}", text(".vfi-count"));
    assert!(text(".vfi-share").contains("Rust"), "{}", text(".vfi-share"));
    mounted.destroy();
    place.remove();
}

#[wasm_bindgen_test]
async fn link_made_in_share_has_the_tool_that_was_open_before_it() {
    let page = Page::new(TEXT, false).await;
    let patch = "Object.defineProperty(navigator, 'clipboard', { configurable: true, value: { \
                 writeText: (text) => { globalThis.copied = text; return Promise.resolve(); } } })";
    js_sys::eval(patch).expect("a clipboard");
    let copied = async || {
        page.find("[aria-label=\"Copy Link\"]").unchecked_into::<HtmlElement>().click();
        TimeoutFuture::new(200).await;
        let link = js_sys::eval("copied").expect("it is there").as_string().expect("a link");
        link::decode(&link).expect("it is one").tool
    };
    page.press("Share").await;
    assert_eq!(copied().await, None);
    page.press("Inject").await;
    page.press("Share").await;
    assert_eq!(copied().await.as_deref(), Some("inject"));
    // Closed, it is not what the link is about.
    page.press("Share").await;
    page.press("Share").await;
    assert_eq!(copied().await, None);
}

#[wasm_bindgen_test]
async fn what_is_wrong_with_a_link_stands_above_all() {
    let place = place();
    let notice = Some("this link was cut".into());
    let mounted = mount(place.clone(), TEXT, Options { full: true, notice, ..Options::default() });
    TimeoutFuture::new(50).await;

    let alert = place.query_selector("[role=alert]").expect("a right selector").expect("an alert");
    assert_eq!(alert.text_content().as_deref(), Some("this link was cut"));
    mounted.destroy();
    place.remove();
}
