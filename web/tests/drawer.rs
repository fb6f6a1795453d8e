//! What happens to a tool in the drawer while something else happens: another tool is opened, the text
//! changes, the answer to an older question comes.
//!
//! Run by `wasm-pack test --headless --chrome web`.
#![cfg(target_arch = "wasm32")]

mod door;
mod full;

use full::{ENABLED, Page, forget_everything, tick};
use gloo::timers::future::TimeoutFuture;
use gloo::utils::document;
use vfio_irq_core::link::{self, View};
use vfio_irq_web::options::Options;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{HtmlElement, HtmlInputElement, HtmlTextAreaElement, InputEvent};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
async fn tool_put_away_keeps_what_was_written_into_it() {
    let page = Page::new(ENABLED, false).await;
    page.press("Request").await;
    page.write(".vfi-form [list]", "intx").await;
    page.press("Inject").await;
    assert!(page.find("[data-tool=Request].vfi-open-tool").has_attribute("hidden"));
    page.write("[aria-label=\"Table entry\"]", "3").await;
    page.press("Request").await;
    page.find("[aria-label=\"Request back\"]").unchecked_into::<HtmlElement>().click();
    tick().await;
    let said = page.said(".vfi-line-said");
    assert!(said.starts_with("set_irqs intx"), "{said}");
    page.press("Inject").await;
    let entry: HtmlInputElement = page.find("[aria-label=\"Table entry\"]").unchecked_into();
    assert_eq!(entry.value(), "3");
    assert!(!page.find("[data-tool=Inject].vfi-open-tool").has_attribute("hidden"));
    assert_eq!(page.said(".vfi-drawer-head h2"), "Inject");
}

#[wasm_bindgen_test]
async fn line_to_be_replaced_is_found_again_or_no_longer_offered() {
    let page = Page::new(ENABLED, false).await;
    page.press("Request").await;
    page.find("[aria-label=\"Request back\"]").unchecked_into::<HtmlElement>().click();
    tick().await;
    page.press("Edit line 3").await;
    page.write(".vfi-area", &format!("# above\n{ENABLED}")).await;
    page.find(".vfi-flags label:nth-of-type(6) input").unchecked_into::<HtmlElement>().click();
    tick().await;
    page.press("Replace line 4").await;
    let replaced = "set_irqs msix trigger eventfd 0 [a] flags=0x04  -> 0\nfire";
    assert!(page.text().contains(replaced), "{}", page.text());
    // Its answer is shown, not the end.
    let count = page.said(".vfi-count");
    assert!(count.split_once('/').is_some_and(|(at, all)| at != all), "{count}");
    // What it was replaced by is replaced again.
    page.find(".vfi-flags label:nth-of-type(6) input").unchecked_into::<HtmlElement>().click();
    tick().await;
    page.press("Replace line 4").await;
    assert!(page.text().contains("eventfd 0 [a]  "), "{}", page.text());
    // A line written by hand is not.
    page.write(".vfi-area", &page.text().replace("0 [a]", "0 [b]")).await;
    assert!(!page.said(".vfi-said-so").contains("Replace"), "{}", page.said(".vfi-said-so"));
}

#[wasm_bindgen_test]
async fn hosts_of_a_link_are_compared() {
    let hosts = vec!["linux-6.1".to_owned(), "mediated".to_owned()];
    let view =
        View { text: ENABLED.into(), tool: Some("compare".into()), hosts, ..View::default() };
    let options = Options { full: true, view: Some(view), ..Options::default() };
    let page = Page::with(ENABLED, options).await;
    let heads = page.said(".vfi-heads:has(.vfi-same)");
    assert!(heads.contains("linux-6.1") && heads.contains("mediated"), "{heads}");
}

#[wasm_bindgen_test]
async fn link_read_late_is_not_taken_for_what_was_pasted_after_it() {
    let page = Page::new(ENABLED, false).await;
    page.press("Import").await;
    let link = link::encode(&View::of_text("function edu\n")).expect("it is short");
    let paste = |text: &str| {
        let area: HtmlTextAreaElement = page.find(".vfi-import textarea").unchecked_into();
        area.set_value(text);
        let init = web_sys::InputEventInit::new();
        init.set_bubbles(true);
        let event = InputEvent::new_with_event_init_dict("input", &init).expect("an event");
        let _ = area.dispatch_event(&event);
    };
    paste("irq_info msix\n");
    tick().await;
    paste(&link);
    // Nothing of what was there before can be used while it is read.
    yew::scheduler::flush().await;
    let replace = page.find(".vfi-replace");
    assert!(replace.has_attribute("disabled") || page.said(".vfi-preview").contains("edu"));
    paste("irq_info msi\n");
    TimeoutFuture::new(300).await;
    tick().await;
    assert_eq!(page.said(".vfi-preview").trim(), "irq_info msi");
    paste(&link);
    TimeoutFuture::new(300).await;
    tick().await;
    assert_eq!(page.said(".vfi-preview").trim(), "function edu");
    // What a link holds is a scenario, also if it is a wrong one.
    paste(&link::encode(&View::of_text("hello\n")).expect("it is short"));
    TimeoutFuture::new(300).await;
    tick().await;
    assert!(page.said(".vfi-import").contains("a scenario, from a link"));
}

#[wasm_bindgen_test]
async fn nothing_is_inserted_into_a_text_with_an_error_and_it_says_so() {
    let page = Page::new(ENABLED, false).await;
    page.press("Import").await;
    page.write(".vfi-import textarea", "irq_info msix\n").await;
    assert!(!page.find(".vfi-insert").has_attribute("disabled"));
    page.write(".vfi-area", "fier 0\n").await;
    assert!(page.find(".vfi-insert").has_attribute("disabled"));
    assert!(page.said(".vfi-import").contains("has an error"), "{}", page.said(".vfi-import"));
}

#[wasm_bindgen_test]
async fn dump_of_two_functions_says_where_another_is_chosen() {
    let page = Page::new(ENABLED, false).await;
    page.press("Import").await;
    let zeros = "00 ".repeat(16);
    let rows: String = ["10", "20", "30"].map(|at| format!("{at}: {zeros}\n")).concat();
    let one = |address: &str| format!("{address} A: B\n00: 34 12 {}\n{rows}", "00 ".repeat(14));
    page.write(".vfi-import textarea", &(one("00:01.0") + &one("00:02.0"))).await;
    let said = page.said(".vfi-import");
    assert!(said.contains("2 functions; took 00:01.0"), "{said}");
    assert!(said.contains("The tool Function lets you choose"), "{said}");
}

#[wasm_bindgen_test]
async fn text_is_not_replaced_by_comments_alone() {
    let page = Page::new(ENABLED, false).await;
    page.press("Import").await;
    let shown = "ioctl(23, VFIO_DEVICE_SET_IRQS, 0x7ffc0010) = 0\n";
    page.write(".vfi-import textarea", shown).await;
    assert!(page.said(".vfi-preview").contains("only its address"));
    assert!(page.find(".vfi-replace").has_attribute("disabled"));
    page.write(".vfi-import textarea", "ioctl(23, VFIO_DEVICE_RESET) = 0\n").await;
    assert!(!page.find(".vfi-replace").has_attribute("disabled"));
}

#[wasm_bindgen_test]
async fn dropped_text_is_taken_for_a_dump() {
    let page = Page::new(ENABLED, false).await;
    page.press("Function").await;
    let drop = "const dropped = new DataTransfer(); dropped.setData('text/plain', '00: 86\\n'); \
                document.querySelector('.vfi-drop').dispatchEvent(new DragEvent('drop', \
                { dataTransfer: dropped, bubbles: true, cancelable: true }))";
    js_sys::eval(drop).expect("a drop");
    tick().await;
    let alert = page.said(".vfi-open-tool [role=alert]");
    assert!(alert.contains("line 1"), "{alert}");
}

#[wasm_bindgen_test]
async fn keys_work_from_the_drawers_buttons_and_not_from_its_fields() {
    let page = Page::new(ENABLED, false).await;
    let count = || page.said(".vfi-count");
    page.press("Request").await;
    let end = count();
    for field in [".vfi-form [list]", ".vfi-form select", ".vfi-bytes"] {
        page.key(&page.find(field), "ArrowLeft").await;
        assert_eq!(count(), end, "{field}");
    }
    let button = page.find(".vfi-request button");
    page.key(&button, "ArrowLeft").await;
    assert_ne!(count(), end);
    page.key(&button, "?").await;
    assert!(page.find("dialog").has_attribute("open"));
    page.key(&page.find("dialog"), "?").await;
    page.key(&button, "Escape").await;
    assert!(page.find(".vfi-drawer").has_attribute("hidden"));
}

#[wasm_bindgen_test]
async fn function_fits_a_telephone() {
    let page = Page::new(ENABLED, false).await;
    let style = document().create_element("style").expect("a style");
    style.set_text_content(Some(concat!(
        include_str!("../style/tokens.css"),
        include_str!("../style/playground.css"),
        include_str!("../style/tools.css"),
        ".vfi-drawer { width: 375px; }",
    )));
    page.place.append_child(&style).expect("an element takes it");
    page.press("Function").await;
    let drawer = page.find(".vfi-drawer");
    assert!(drawer.client_width() <= 375);
    assert_eq!(drawer.scroll_width(), drawer.client_width());
}

#[wasm_bindgen_test]
async fn steps_do_not_read_the_runs() {
    forget_everything();
    let page = Page::new(ENABLED, true).await;
    page.press("Runs").await;
    TimeoutFuture::new(1_100).await;
    tick().await;
    let count = "globalThis.readRuns = 0; const get = Storage.prototype.getItem; \
                 Storage.prototype.getItem = function (name) { \
                     if (name.includes('runs')) readRuns += 1; return get.call(this, name); }";
    js_sys::eval(count).expect("a storage");
    for _ in 0..3 {
        page.find("[aria-label=\"Step back\"]").unchecked_into::<HtmlElement>().click();
        tick().await;
    }
    assert_eq!(js_sys::eval("readRuns").expect("it is counted"), 0);
    page.write(".vfi-area", &format!("{ENABLED}fire 0\n")).await;
    TimeoutFuture::new(1_100).await;
    tick().await;
    assert_eq!(page.place.query_selector_all(".vfi-kept-runs li").expect("right").length(), 2);
    forget_everything();
}
