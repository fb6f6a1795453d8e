//! The tools of the full page, used as a reader uses them.
//!
//! Run by `wasm-pack test --headless --chrome web`. Left out: examples, which the site's builder
//! writes, and drafts over a reload; both are tested in the built site.
#![cfg(target_arch = "wasm32")]

mod door;
mod full;

use full::{ENABLED, Page, address, forget_everything, tick};
use gloo::timers::future::TimeoutFuture;
use gloo::utils::{document, window};
use vfio_irq_web::options::Options;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{HtmlElement, HtmlSelectElement, HtmlTextAreaElement};

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
    assert_ne!(page.said(".vfi-count"), position, "the playground's keys work here too");
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
    // It is closed like any other tool, and the focus goes back to its tab.
    let drawer = page.find(".vfi-drawer");
    let tab = page.find("[data-tool=Share][aria-expanded=true]");
    page.key(&drawer, "Escape").await;
    assert!(drawer.has_attribute("hidden"));
    assert_eq!(document().active_element().as_ref(), Some(&tab));
    page.press("Share").await;
    assert!(page.said(".vfi-drawer").contains("did not load"), "{}", page.said(".vfi-drawer"));
    door::open();
    page.press("Try again").await;
    assert_eq!(document().active_element().as_ref(), Some(&drawer));
    assert!(page.said(".vfi-share").contains("Rust"), "{}", page.said(".vfi-drawer"));
}

#[wasm_bindgen_test]
async fn chapter_whose_tools_did_not_load_tries_again() {
    let hosts = vec!["linux-6.1".to_owned(), "linux-6.12".to_owned()];
    let text = format!("{ENABLED}set_irqs msix trigger eventfd 1 [b]\n");
    door::close();
    let page = Page::behind_the_door(&text, Options { hosts, ..Options::default() }).await;
    assert!(page.said(".vfi-beside").contains("did not load"), "{}", page.said(".vfi-beside"));
    door::open();
    page.press("Try again").await;
    assert!(page.said(".vfi-beside .vfi-why").contains("dynamic-msix"), "{}", page.said(""));
}

#[wasm_bindgen_test]
async fn tools_that_stop_give_a_report_and_come_again() {
    let page = Page::new(ENABLED, false).await;
    page.press("Share").await;
    let drawer = page.find(".vfi-drawer");
    vfio_irq_web::components::outside::stopped("panicked, for the test");
    tick().await;
    assert!(!drawer.is_connected(), "what the module drew in is still there");
    let report: HtmlTextAreaElement = page.find(".vfi-drawer textarea").unchecked_into();
    assert!(report.value().contains("panicked, for the test"), "{}", report.value());
    assert!(report.value().ends_with(ENABLED), "{}", report.value());
    assert_eq!(document().active_element().as_ref(), Some(&page.find(".vfi-drawer")));
    page.press("Fire").await;
    assert!(page.text().ends_with("fire 0\n"), "{}", page.text());
    page.press("Runs").await;
    assert!(page.said(".vfi-drawer h2").contains("Runs"), "{}", page.said(".vfi-drawer"));
    page.press("Undo").await;
    assert_eq!(page.text(), ENABLED);
}

#[wasm_bindgen_test]
async fn draft_open_in_two_tabs_keeps_what_both_write() {
    forget_everything();
    let first = Page::new(ENABLED, true).await;
    first.write(".vfi-area", &format!("{ENABLED}fire 1\n")).await;
    drop(first);
    let (a, b) = (Page::new(ENABLED, true).await, Page::new(ENABLED, true).await);
    assert!(a.text().ends_with("fire 1\n") && b.text().ends_with("fire 1\n"), "the draft is open");
    b.write(".vfi-area", &format!("{ENABLED}fire 2\n")).await;
    a.write(".vfi-area", &format!("{ENABLED}fire 3\n")).await;
    drop((a, b));
    let page = Page::new(ENABLED, true).await;
    assert!(page.text().ends_with("fire 3\n"), "{}", page.text());
    assert!(page.said(".vfi-draft summary").contains("and 1 older"), "{}", page.said(".vfi-draft"));
    assert!(page.said(".vfi-draft li").contains("fire 2"), "{}", page.said(".vfi-draft"));
    page.press("Open").await;
    assert!(page.text().ends_with("fire 2\n"), "{}", page.text());
    // Having looked takes nothing away.
    page.press("Undo").await;
    page.press("Undo").await;
    drop(page);
    let page = Page::new("function intx\n", true).await;
    assert!(page.said(".vfi-draft").contains("is open"), "{}", page.said(".vfi-draft"));
    forget_everything();
}

#[wasm_bindgen_test]
async fn text_that_does_not_fit_into_the_storage_is_said_and_takes_nothing_away() {
    forget_everything();
    let storage = window().local_storage().expect("a browser").expect("a storage");
    let page = Page::new(ENABLED, true).await;
    let small = format!("{ENABLED}fire 1\n");
    page.write(".vfi-area", &small).await;
    // Everything but a little is taken.
    let mut size = 4 << 20;
    let mut filling = String::new();
    while size > 16 {
        let more = [&*filling, &"x".repeat(size)].concat();
        match storage.set_item("filling", &more) {
            Ok(()) => filling = more,
            Err(_) => size /= 2,
        }
    }
    page.write(".vfi-area", &format!("{small}#{}\n", "x".repeat(1_000))).await;
    assert!(page.said(".vfi-notice").contains("not kept"), "{}", page.said(".vfi-notice"));
    let kept = storage.get_item("vfio-irq.drafts.1").expect("a storage").unwrap_or_default();
    assert!(kept.ends_with(&small), "{kept}");
    forget_everything();
    page.write(".vfi-area", &format!("{small}# more\n")).await;
    assert!(page.place.query_selector(".vfi-notice").expect("right").is_none());
    forget_everything();
}

#[wasm_bindgen_test]
async fn text_of_any_length_that_runs_is_kept() {
    forget_everything();
    let long = format!("{ENABLED}#{}\n", "x".repeat(900 << 10));
    let page = Page::new(ENABLED, true).await;
    page.write(".vfi-area", &long).await;
    drop(page);
    let page = Page::new(ENABLED, true).await;
    assert_eq!(page.text().len(), long.len());
    forget_everything();
}

#[wasm_bindgen_test]
async fn text_too_long_for_a_link_leaves_none_in_the_address_and_says_so() {
    let hash = || window().location().hash().expect("an address");
    let page = Page::new(ENABLED, false).await;
    page.write(".vfi-area", &format!("{ENABLED}fire 1\n")).await;
    TimeoutFuture::new(700).await;
    assert!(hash().starts_with("#v1="), "{}", hash());
    let mut seed = 1_u32;
    let noise: String = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'0' + (seed >> 24) as u8 % 64)
    })
    .take(90 << 10)
    .collect();
    page.write(".vfi-area", &format!("{ENABLED}# {noise}\n")).await;
    TimeoutFuture::new(700).await;
    assert_eq!(hash(), "");
    assert!(page.said(".vfi-notice").contains("holds no link"), "{}", page.said(".vfi-notice"));
    page.press("Undo").await;
    TimeoutFuture::new(700).await;
    assert!(hash().starts_with("#v1="), "{}", hash());
    assert!(page.place.query_selector(".vfi-notice").expect("right").is_none());
}

#[wasm_bindgen_test]
async fn mark_of_a_crash_counts_for_one_visit_whatever_its_address() {
    forget_everything();
    let storage = window().local_storage().expect("a browser").expect("a storage");
    let page = Page::new(ENABLED, true).await;
    page.write(".vfi-area", &format!("{ENABLED}fire 1\n")).await;
    drop(page);
    storage.set_item("vfio-irq.crashed", "1").expect("room");
    address("#v1=anything");
    drop(Page::with(ENABLED, Options { full: true, keeps: true, ..Options::default() }).await);
    let page = Page::new(ENABLED, true).await;
    assert!(page.text().ends_with("fire 1\n"), "the draft is not open: {}", page.text());
    forget_everything();
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
async fn notes_say_what_looks_like_misuse_and_lead_to_its_line() {
    let page = Page::new(&format!("{ENABLED}set_irqs msix mask none 0+1\nfire 0\n"), true).await;
    page.press("Notes").await;
    let tool = "[data-tool=Notes].vfi-open-tool";
    let line = page.find(&format!("{tool} li button"));
    assert!(page.said(tool).contains("MSIX-MASK-BY-RELEASE"), "{}", page.said(tool));
    assert!(!line.has_attribute("aria-current"), "the run is at its end");
    line.unchecked_into::<HtmlElement>().click();
    tick().await;
    assert!(page.find(&format!("{tool} li button")).has_attribute("aria-current"));

    page.write(".vfi-area", ENABLED).await;
    assert!(page.said(tool).contains("Nothing in this run"), "{}", page.said(tool));
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
