//! The tools of the full page, used as a reader uses them.
//!
//! Run by `wasm-pack test --headless --chrome web`. Left out: examples, which the site's builder
//! writes, and drafts across visits; both are tested in the built site.
#![cfg(target_arch = "wasm32")]

mod door;
mod full;

use full::{ENABLED, Page, forget_everything, tick};
use gloo::timers::future::TimeoutFuture;
use gloo::utils::{document, window};
use vfio_irq_web::options::Options;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{HtmlElement, HtmlSelectElement};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
async fn request_of_the_form_is_answered_and_inserted() {
    let page = Page::new(ENABLED, false).await;
    page.press("Request").await;
    page.press("Add one").await;
    assert_eq!(page.said(".vfi-line-said"), "set_irqs msix trigger eventfd 1 [v1]");
    let answer = page.said(".vfi-answer");
    assert!(answer.contains("EINVAL") && answer.contains("MSG-NORESIZE"), "{answer}");
    let link = page.find(".vfi-answer a").get_attribute("href");
    assert_eq!(link.as_deref(), Some("clauses.html#MSG-NORESIZE"));
    assert!(page.said(".vfi-bytes").contains("18 00 00 00"), "{}", page.said(".vfi-bytes"));
    page.press("Insert here").await;
    assert!(page.text().ends_with("set_irqs msix trigger eventfd 1 [v1]\n"), "{}", page.text());
}

#[wasm_bindgen_test]
async fn form_keeps_its_values_while_stepping_and_answers_anew() {
    let page = Page::new(ENABLED, false).await;
    page.press("Request").await;
    page.press("Loopback trigger").await;
    assert!(page.said(".vfi-answer").starts_with('0'), "{}", page.said(".vfi-answer"));
    for _ in 0..20 {
        page.find("[aria-label=\"Request back\"]").unchecked_into::<HtmlElement>().click();
        tick().await;
    }
    assert_eq!(page.said(".vfi-line-said"), "set_irqs msix trigger none 0+1");
    assert!(page.said(".vfi-answer").contains("EINVAL"), "{}", page.said(".vfi-answer"));
}

#[wasm_bindgen_test]
async fn field_that_cannot_be_read_says_what_it_takes() {
    let page = Page::new(ENABLED, false).await;
    page.press("Request").await;
    page.write(".vfi-form [list]", "mxis").await;
    assert!(
        page.said(".vfi-said-so").contains("index takes intx, msi"),
        "{}",
        page.said(".vfi-said-so")
    );
    let invalid = page.find(".vfi-form [list]").get_attribute("aria-invalid");
    assert_eq!(invalid.as_deref(), Some("true"));
}

#[wasm_bindgen_test]
async fn preset_shows_in_every_field_whatever_was_chosen_before() {
    let page = Page::new(ENABLED, false).await;
    page.press("Request").await;
    page.choose(".vfi-form label:nth-last-child(2) select", "3").await;
    page.press("Disable").await;
    let kind: HtmlSelectElement = page.find(".vfi-form label:last-child select").unchecked_into();
    assert_eq!(kind.value(), "0");
    assert_eq!(page.said(".vfi-line-said"), "set_irqs msix trigger none 0+0");
}

#[wasm_bindgen_test]
async fn request_at_the_position_is_edited_in_place() {
    let page = Page::new(ENABLED, false).await;
    page.press("Request").await;
    page.find("[aria-label=\"Request back\"]").unchecked_into::<HtmlElement>().click();
    tick().await;
    page.press("Edit line 3").await;
    page.find(".vfi-flags label:nth-of-type(6) input").unchecked_into::<HtmlElement>().click();
    tick().await;
    page.press("Replace line 3").await;
    assert!(
        page.text().contains("set_irqs msix trigger eventfd 0 [a] flags=0x04  -> 0\nfire"),
        "{}",
        page.text()
    );
    page.press("Undo").await;
    assert_eq!(page.text(), ENABLED);
}

#[wasm_bindgen_test]
async fn two_hosts_stand_side_by_side_with_the_reason() {
    let text = format!("{ENABLED}set_irqs msix trigger eventfd 1 [b]\n");
    let page = Page::new(&text, false).await;
    page.press("Compare").await;
    let why = page.said(".vfi-why");
    assert!(why.contains("line 5") && why.contains("dynamic-msix"), "{why}");
    page.press("First difference").await;
    let row = page.said(".vfi-compared .vfi-now-row");
    assert!(row.contains("EINVAL"), "{row}");
    assert!(page.said(".vfi-now").contains("line 5"), "{}", page.said(".vfi-now"));
    page.choose("[aria-label=\"The other host\"]", "mediated").await;
    assert!(page.said(".vfi-heads:has(.vfi-same)").contains("mediated"));
    page.press("Linux and mediated").await;
    assert!(page.said(".vfi-why").contains("emulated"), "{}", page.said(".vfi-why"));
}

#[wasm_bindgen_test]
async fn chapter_that_compares_shows_both_sides() {
    let hosts = vec!["linux-6.1".to_owned(), "linux-6.12".to_owned()];
    let text = format!("{ENABLED}set_irqs msix trigger eventfd 1 [b]\n");
    let page = Page::with(&text, Options { hosts, ..Options::default() }).await;
    assert!(page.said(".vfi-beside .vfi-why").contains("dynamic-msix"), "{}", page.said(""));
}

#[wasm_bindgen_test]
async fn opened_tool_has_the_focus_and_escape_gives_it_back() {
    let page = Page::new(ENABLED, false).await;
    page.press("Share").await;
    let drawer = page.find(".vfi-drawer");
    assert_eq!(document().active_element().as_ref(), Some(&drawer));
    assert_eq!(drawer.get_attribute("aria-label").as_deref(), Some("Share"));
    let tab = page.find("[data-tool=Share][aria-expanded=true]");
    assert_eq!(tab.get_attribute("aria-controls"), Some(drawer.id()));
    let position = page.said(".vfi-count");
    page.key(&drawer, "ArrowLeft").await;
    assert_eq!(page.said(".vfi-count"), position, "a key in the drawer stepped");
    page.key(&drawer, "Escape").await;
    assert!(drawer.has_attribute("hidden"));
    assert_eq!(document().active_element().as_ref(), Some(&tab));
    assert_eq!(tab.get_attribute("aria-expanded").as_deref(), Some("false"));
    page.press("Share").await;
    page.find(".vfi-drawer-head button").unchecked_into::<HtmlElement>().click();
    tick().await;
    assert!(drawer.has_attribute("hidden"));
}

#[wasm_bindgen_test]
async fn tools_that_do_not_load_say_so_and_are_loaded_again() {
    let page = Page::new(ENABLED, false).await;
    door::close();
    page.press("Share").await;
    assert!(page.said(".vfi-drawer").contains("did not load"), "{}", page.said(".vfi-drawer"));
    assert!(!page.find(".vfi-drawer").has_attribute("hidden"));
    page.find("[data-tool=Share][aria-expanded=false]");
    door::open();
    page.press("Share").await;
    assert!(page.said(".vfi-share").contains("Rust"), "{}", page.said(".vfi-drawer"));
}

#[wasm_bindgen_test]
async fn damaged_storage_is_no_harm() {
    forget_everything();
    let storage = window().local_storage().expect("a browser").expect("a storage");
    storage.set_item("vfio-irq.drafts.1", "9 9999999999 9 \nx").expect("room");
    storage.set_item("vfio-irq.runs.1", "{\"a\": 1}").expect("room");
    let page = Page::new(ENABLED, true).await;
    assert_eq!(page.text(), ENABLED);
    page.press("Runs").await;
    forget_everything();
}

#[wasm_bindgen_test]
async fn last_runs_are_listed_once_and_compared() {
    forget_everything();
    let page = Page::new(ENABLED, true).await;
    page.write(".vfi-area", &format!("{ENABLED}fire 0\n")).await;
    TimeoutFuture::new(1_100).await;
    page.press("Undo").await;
    TimeoutFuture::new(1_100).await;
    page.press("Runs").await;
    assert_eq!(page.place.query_selector_all(".vfi-kept-runs li").expect("right").length(), 2);
    for at in [1, 2] {
        page.find(&format!(".vfi-kept-runs li:nth-child({at}) input"))
            .unchecked_into::<HtmlElement>()
            .click();
        tick().await;
    }
    assert!(page.said(".vfi-why").contains("line 5"), "{}", page.said(".vfi-why"));
    forget_everything();
}

#[wasm_bindgen_test]
async fn control_z_takes_back_what_a_tool_put_in() {
    let page = Page::new(ENABLED, false).await;
    page.write(".vfi-area", &format!("{ENABLED}fire 0\n")).await;
    page.press("Request").await;
    page.press("Disable").await;
    page.press("Insert here").await;
    assert!(page.text().ends_with("set_irqs msix trigger none 0+0\n"), "{}", page.text());
    page.control("z", false).await;
    assert_eq!(page.text(), format!("{ENABLED}fire 0\n"));
    page.control("z", false).await;
    assert_eq!(page.text(), ENABLED);
    page.control("Z", true).await;
    assert_eq!(page.text(), format!("{ENABLED}fire 0\n"));
}
