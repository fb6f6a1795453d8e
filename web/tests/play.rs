//! Time, the way of an interrupt, injection and the keyboard, in a real page.
//!
//! Run by `wasm-pack test --headless --chrome web`.
#![cfg(target_arch = "wasm32")]

mod door;

use gloo::timers::future::TimeoutFuture;
use gloo::utils::{body, document, window};
use vfio_irq_web::options::Options;
use vfio_irq_web::{Mounted, mount};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{
    Element, Event, EventInit, HtmlElement, HtmlInputElement, HtmlTextAreaElement, KeyboardEvent,
    KeyboardEventInit,
};

wasm_bindgen_test_configure!(run_in_browser);

const TEARDOWN: &str = "\
function e1000e
host     linux-6.1
set_irqs msix trigger eventfd 0 [a]     -> 0
fire 0                                  -> a=1
set_irqs msix trigger none 0+0          -> 0  { after \"clear MSI-X Enable\": fire 0 }
set_irqs msix trigger eventfd 0 [a, b]  -> 0
";

struct Block {
    place: Element,
    mounted: Option<Mounted>,
}

impl Block {
    async fn new(text: &str, options: Options) -> Self {
        let style = document().create_element("style").expect("a style");
        let (tokens, rules) =
            (include_str!("../style/tokens.css"), include_str!("../style/playground.css"));
        style.set_text_content(Some(&format!("{tokens}{rules}")));
        door::open();
        // The tools' place is a neighbour of the playground's.
        let place = document().create_element("div").expect("a div");
        let own = document().create_element("div").expect("a div");
        place.append_child(&own).expect("an element takes it");
        body().append_child(&style).expect("a body");
        body().append_child(&place).expect("a body");
        let mounted = Some(mount(own, text, options));
        let block = Self { place, mounted };
        tick().await;
        block
    }

    async fn full(text: &str) -> Self {
        Self::new(text, Options { full: true, ..Options::default() }).await
    }

    fn maybe(&self, selector: &str) -> Option<Element> {
        self.place.query_selector(selector).expect("the selector is right")
    }

    fn find(&self, selector: &str) -> Element {
        self.maybe(selector).unwrap_or_else(|| panic!("no {selector}"))
    }

    fn said(&self, selector: &str) -> String {
        self.find(selector).text_content().unwrap_or_default()
    }

    fn position(&self) -> usize {
        let count = self.said(".vfi-count");
        count.split('/').next().and_then(|at| at.parse().ok()).expect("the count is a number")
    }

    fn text(&self) -> String {
        self.find("textarea").unchecked_into::<HtmlTextAreaElement>().value()
    }

    async fn key(&self, list: &str, name: &str, shift: bool) {
        let init = KeyboardEventInit::new();
        init.set_key(name);
        init.set_shift_key(shift);
        init.set_bubbles(true);
        init.set_cancelable(true);
        let event = KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init)
            .expect("a key event");
        let _ = self.find(list).dispatch_event(&event);
        tick().await;
    }

    async fn click(&self, selector: &str) {
        self.find(selector).unchecked_into::<HtmlElement>().click();
        tick().await;
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        if let Some(mounted) = self.mounted.take() {
            mounted.destroy();
        }
        self.place.remove();
    }
}

async fn tick() {
    for _ in 0..2 {
        yew::scheduler::flush().await;
        TimeoutFuture::new(20).await;
    }
}

const EVENTS: &str = ".vfi-events";

#[wasm_bindgen_test]
async fn arrows_go_by_what_the_reader_chose() {
    let block = Block::full(TEARDOWN).await;
    block.key(EVENTS, "Home", false).await;
    block.key(EVENTS, "ArrowRight", true).await;
    let request = block.position();
    assert!(request > 2, "a request has several events: {request}");
    block.key(EVENTS, "Home", false).await;
    block.key(EVENTS, "m", false).await;
    block.key(EVENTS, "ArrowRight", false).await;
    assert_eq!(block.position(), request);
    block.key(EVENTS, "ArrowLeft", true).await;
    assert_eq!(block.position(), request - 1, "Shift is the other grain");
}

#[wasm_bindgen_test]
async fn followed_interrupt_has_a_band_through_all_rows_between() {
    let block = Block::full(TEARDOWN).await;
    assert!(block.said(".vfi-now").contains("LOST"));
    assert!(block.maybe(".vfi-way").is_none());
    block.key(EVENTS, "t", false).await;
    let row = |selector: &str| {
        let row = block.find(selector);
        row.query_selector(".vfi-way").expect("the selector is right").is_some()
    };
    assert!(row("[aria-selected=true]"), "in its own row");
    let rows = block.place.query_selector_all(".vfi-events > .vfi-row:not(.vfi-followed) .vfi-way");
    assert!(rows.expect("the selector is right").length() > 0, "in rows about something else");
    assert!(block.said(".vfi-causes [aria-selected=true]").contains("#2"), "and in the ledger");
}

#[wasm_bindgen_test]
async fn ledger_by_keyboard_leads_to_the_events_of_a_cause() {
    let block = Block::full(TEARDOWN).await;
    block.key(EVENTS, "i", false).await;
    let focused = document().active_element().expect("something has the focus");
    assert!(focused.class_list().contains("vfi-causes"));
    block.key(".vfi-causes", "ArrowDown", false).await;
    assert!(block.said(".vfi-causes [aria-selected=true]").contains("#1"));
    block.key(".vfi-causes", "Enter", false).await;
    assert!(block.said(".vfi-now").contains("rises"), "{}", block.said(".vfi-now"));
    block.key(".vfi-causes", "Enter", true).await;
    assert!(block.said(".vfi-row.vfi-now-row").contains("fire 0"));
}

#[wasm_bindgen_test]
async fn page_begins_at_its_top_with_the_focus_on_the_timeline() {
    window().scroll_to_with_x_and_y(0.0, 0.0);
    let above = document().create_element("div").expect("a div");
    above.set_attribute("style", "height: 3000px").expect("a style");
    body().prepend_with_node_1(&above).expect("a body");
    let block = Block::full(TEARDOWN).await;
    let focused = document().active_element().expect("something has the focus");
    let scrolled = window().scroll_y();
    above.remove();
    drop(block);
    assert!(focused.class_list().contains("vfi-events"));
    assert_eq!(scrolled, Ok(0.0));
}

/// Types into the field that has the focus, as a reader does.
fn type_in(said: &str) {
    let script = format!("document.execCommand('insertText', false, '{said}')");
    assert_eq!(js_sys::eval(&script), Ok(true.into()), "the browser types");
}

#[wasm_bindgen_test]
async fn key_of_a_field_lets_what_is_typed_replace_what_is_there() {
    let block = Block::full(TEARDOWN).await;
    for (key, field) in [("g", ".vfi-goto"), ("v", ".vfi-group-raise .vfi-vector")] {
        block.key(EVENTS, "End", false).await;
        block.key(EVENTS, key, false).await;
        type_in("3");
        let field: HtmlInputElement = block.find(field).unchecked_into();
        assert_eq!(field.value(), "3", "{key}");
    }
}

#[wasm_bindgen_test]
async fn enter_takes_the_number_and_goes_back_to_the_timeline() {
    let block = Block::full(TEARDOWN).await;
    for (key, field) in [("g", ".vfi-goto"), ("v", ".vfi-group-raise .vfi-vector")] {
        block.key(EVENTS, key, false).await;
        type_in("3");
        tick().await;
        block.key(field, "Enter", false).await;
        tick().await;
        let focused = document().active_element().expect("something has the focus");
        assert!(focused.class_list().contains("vfi-events"), "{key}");
    }
    assert!(block.said(".vfi-count").starts_with("3/"), "{}", block.said(".vfi-count"));
    assert_eq!(block.text(), TEARDOWN, "nothing was fired");
    block.key(EVENTS, "f", false).await;
    assert!(block.text().contains("fire 3"), "{}", block.text());
}

#[wasm_bindgen_test]
async fn field_without_a_vector_fires_nothing() {
    let block = Block::full(TEARDOWN).await;
    let field: HtmlInputElement = block.find(".vfi-group-raise .vfi-vector").unchecked_into();
    let write = async |value: &str| {
        field.set_value(value);
        let init = EventInit::new();
        init.set_bubbles(true);
        let event = Event::new_with_event_init_dict("input", &init).expect("an event");
        let _ = field.dispatch_event(&event);
        tick().await;
    };
    write("2").await;
    for wrong in ["", "2048", "70000", "-1"] {
        write(wrong).await;
        assert_eq!(field.get_attribute("aria-invalid").as_deref(), Some("true"), "{wrong}");
        assert!(block.find(".vfi-fire").has_attribute("disabled"), "{wrong}");
        // The field is left alone, whatever else is drawn.
        block.key(EVENTS, "m", false).await;
        assert_eq!(field.value(), wrong);
        block.key(EVENTS, "f", false).await;
        assert_eq!(block.text(), TEARDOWN, "{wrong}");
        assert_eq!(document().active_element().as_ref(), Some(field.as_ref()));
    }
    write("3").await;
    assert!(!field.has_attribute("aria-invalid"));
    block.click(".vfi-fire").await;
    assert!(block.text().contains("fire 3"), "{}", block.text());
}

#[wasm_bindgen_test]
async fn sheet_of_keys_is_a_dialog_that_gives_the_focus_back() {
    let block = Block::full(TEARDOWN).await;
    let events: HtmlElement = block.find(EVENTS).unchecked_into();
    events.focus().expect("it can have the focus");
    block.key(EVENTS, "?", true).await;
    assert!(block.find("dialog").has_attribute("open"));
    let focused = document().active_element().expect("something has the focus");
    assert!(focused.closest("dialog").ok().flatten().is_some(), "the focus is in it");
    block.key("dialog button", "ArrowLeft", false).await;
    let before = block.position();
    block.key("dialog button", "?", true).await;
    assert!(!block.find("dialog").has_attribute("open"));
    assert_eq!(block.position(), before, "keys in it do nothing behind it");
    let focused = document().active_element().expect("something has the focus");
    assert!(focused.class_list().contains("vfi-events"), "{}", focused.outer_html());
}

#[wasm_bindgen_test]
async fn last_step_keeps_the_focus_of_its_button() {
    let block = Block::full(TEARDOWN).await;
    block.key(EVENTS, "End", false).await;
    let step: HtmlElement = block.find("[aria-label='Step']").unchecked_into();
    assert_eq!(step.get_attribute("aria-disabled").as_deref(), Some("true"));
    step.focus().expect("it can have the focus");
    let focused = document().active_element().expect("something has the focus");
    assert_eq!(focused.get_attribute("aria-label").as_deref(), Some("Step"));
}

#[wasm_bindgen_test]
async fn injected_act_is_the_line_its_button_shows() {
    let block = Block::full(TEARDOWN).await;
    block.click(".vfi-tabs [data-tool=Inject]").await;
    let buttons = block.place.query_selector_all(".vfi-act button").expect("a selector");
    assert!(buttons.length() > 8, "{} acts", buttons.length());
    for at in 0..buttons.length() {
        let button: HtmlElement = buttons.item(at).expect("a button").unchecked_into();
        let code = button.query_selector("code").ok().flatten().expect("its line");
        let code = code.text_content().unwrap_or_default();
        button.click();
        tick().await;
        assert!(block.text().contains(&code), "{code} is not in\n{}", block.text());
        block.key(EVENTS, "u", false).await;
        block.key(EVENTS, "l", false).await;
        assert_eq!(block.text(), TEARDOWN);
    }
}

#[wasm_bindgen_test]
async fn refusal_links_to_its_clause() {
    let text = "function e1000e\nhost linux-6.1\nset_irqs msix trigger eventfd 0 [a]\n\
                set_irqs msix trigger eventfd 1 [b] -> EINVAL\n";
    let options = Options::parse("{\"playground\": \"../playground.html\"}");
    let block = Block::new(text, options).await;
    let href = block.find(".vfi-rule a").get_attribute("href");
    assert_eq!(href.as_deref(), Some("../clauses.html#MSG-NORESIZE"));
    assert!(block.said(".vfi-now").contains("✓ EINVAL"), "{}", block.said(".vfi-now"));
}

#[wasm_bindgen_test]
async fn hundred_thousand_events_are_a_few_rows_and_jumps_reach_them() {
    let block = Block::full("fire 0 x40000\nset_irqs msix trigger none 9+0 -> EINVAL\n").await;
    let end: usize = block.said(".vfi-count").split('/').next_back().unwrap().parse().unwrap();
    assert!(end > 100_000, "{end} events");
    block.key(EVENTS, "Home", false).await;
    block.key(EVENTS, "n", false).await;
    assert_eq!(block.position(), end);
    assert!(block.said(".vfi-now").contains("EINVAL"));
    let rows = block.place.query_selector_all(".vfi-row").expect("a selector").length();
    assert!(rows < 200, "{rows} rows in the page");
}

#[wasm_bindgen_test]
async fn play_stops_being_read_aloud_and_goes_on_by_itself() {
    let block = Block::full(TEARDOWN).await;
    block.key(EVENTS, "Home", false).await;
    for _ in 0..3 {
        block.key(EVENTS, ">", true).await;
    }
    block.key(EVENTS, "p", false).await;
    assert_eq!(block.find(".vfi-now").get_attribute("aria-live").as_deref(), Some("off"));
    TimeoutFuture::new(400).await;
    tick().await;
    assert!(block.position() > 1, "it plays");
    block.key(EVENTS, "p", false).await;
    let stopped = block.position();
    TimeoutFuture::new(200).await;
    assert_eq!(block.position(), stopped);
}

#[wasm_bindgen_test]
async fn front_block_loses_an_interrupt_at_one_press() {
    let options = Options { front: true, ..Options::default() };
    let block = Block::new(TEARDOWN, options).await;
    block.click(".vfi-front-strip button:last-child").await;
    for _ in 0..100 {
        if block.said(".vfi-front-strip p").contains("lost") {
            return;
        }
        TimeoutFuture::new(100).await;
    }
    panic!("it says: {}", block.said(".vfi-front-strip p"));
}
