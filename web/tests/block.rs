//! The playground mounted in a real page, used as a reader uses it.
//!
//! Run by `wasm-pack test --headless --chrome web`.
#![cfg(target_arch = "wasm32")]

mod door;

use gloo::timers::future::TimeoutFuture;
use gloo::utils::{body, document};
use vfio_irq_web::options::Options;
use vfio_irq_web::{Mounted, mount, mount_block};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{
    Element, Event, EventInit, HtmlElement, HtmlSelectElement, HtmlTextAreaElement, InputEvent,
    InputEventInit, KeyboardEvent, KeyboardEventInit,
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

/// A mounted playground, taken out of the page at the end of a test.
struct Block {
    place: Element,
    mounted: Option<Mounted>,
}

impl Block {
    async fn new(text: &str) -> Self {
        Self::with(text, Options { full: true, ..Options::default() }).await
    }

    async fn with(text: &str, options: Options) -> Self {
        let place = place();
        let mounted = Some(mount(place.clone(), text, options));
        tick().await;
        Self { place, mounted }
    }

    fn find(&self, selector: &str) -> Element {
        self.maybe(selector).unwrap_or_else(|| panic!("no {selector} in {}", self.text()))
    }

    /// The tools' place is a neighbour of the playground's.
    fn around(&self) -> Element {
        self.place.parent_element().expect("it is in the page")
    }

    fn maybe(&self, selector: &str) -> Option<Element> {
        self.around().query_selector(selector).expect("the selector is right")
    }

    fn count(&self, selector: &str) -> u32 {
        self.place.query_selector_all(selector).expect("the selector is right").length()
    }

    fn text(&self) -> String {
        self.place.text_content().unwrap_or_default()
    }

    fn area(&self) -> HtmlTextAreaElement {
        self.find("textarea").unchecked_into()
    }

    fn said(&self, selector: &str) -> String {
        self.find(selector).text_content().unwrap_or_default()
    }

    /// Events that happened, as the toolbar says.
    fn position(&self) -> usize {
        let count = self.said(".vfi-count");
        count.split('/').next().and_then(|at| at.parse().ok()).expect("the count is a number")
    }

    async fn key(&self, name: &str, shift: bool) {
        let init = KeyboardEventInit::new();
        init.set_key(name);
        init.set_shift_key(shift);
        init.set_bubbles(true);
        init.set_cancelable(true);
        let event = KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init)
            .expect("a key event");
        let _ = self.find(".vfi-events").dispatch_event(&event);
        tick().await;
    }

    async fn click(&self, selector: &str) {
        self.find(selector).unchecked_into::<HtmlElement>().click();
        tick().await;
    }

    async fn write(&self, text: &str) {
        self.area().set_value(text);
        let init = web_sys::InputEventInit::new();
        init.set_bubbles(true);
        let event = InputEvent::new_with_event_init_dict("input", &init).expect("an input event");
        let _ = self.area().dispatch_event(&event);
        // The text runs when the reader pauses.
        TimeoutFuture::new(400).await;
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

fn place() -> Element {
    if document().get_element_by_id("style").is_none() {
        let style = document().create_element("style").expect("a style");
        style.set_id("style");
        let (tokens, rules) =
            (include_str!("../style/tokens.css"), include_str!("../style/playground.css"));
        style.set_text_content(Some(&format!("{tokens}{rules}")));
        body().append_child(&style).expect("a body");
    }
    door::open();
    let around = document().create_element("div").expect("a div");
    let place = document().create_element("div").expect("a div");
    around.append_child(&place).expect("an element takes it");
    body().append_child(&around).expect("a body");
    place
}

/// Rendering is asynchronous, and pauses for the browser when it takes long: waits for the end of
/// it, and for what the browser does after (scroll events).
async fn tick() {
    // What a tool asks goes through two schedulers, its own and the playground's.
    for _ in 0..4 {
        yew::scheduler::flush().await;
        TimeoutFuture::new(20).await;
    }
}

#[wasm_bindgen_test]
async fn block_mounts_with_its_text() {
    let block = Block::new(TEARDOWN).await;
    assert_eq!(block.area().value(), TEARDOWN);
    assert!(block.count("[role=option]") > 10);
    assert!(block.text().contains("MSI-X Enable"));
}

#[wasm_bindgen_test]
async fn blocks_of_a_page_do_not_disturb_each_other() {
    let (one, two) = (place(), place());
    mount_block(one.clone(), "fire 0\n", "{\"label\": \"one\"}");
    mount_block(two.clone(), TEARDOWN, "no JSON at all");
    tick().await;
    let value = |place: &Element| {
        let area = place.query_selector("textarea").ok().flatten().expect("a text area");
        area.unchecked_into::<HtmlTextAreaElement>().value()
    };
    assert_eq!((value(&one), value(&two)), ("fire 0\n".into(), TEARDOWN.into()));
    assert!(one.query_selector("[aria-label=one]").ok().flatten().is_some());
    one.remove();
    two.remove();
}

#[wasm_bindgen_test]
async fn teardown_story_opens_where_it_says_lost() {
    let block = Block::new(TEARDOWN).await;
    let row = block.find(".vfi-row[aria-selected=true]");
    assert!(row.text_content().unwrap_or_default().contains("LOST"));
    assert!(row.query_selector(".vfi-cross").ok().flatten().is_some(), "a cross, not only colour");
    assert!(block.said(".vfi-ledger").contains("lost 1"));
    assert!(block.said(".vfi-now").contains("LOST"));
}

#[wasm_bindgen_test]
async fn keys_step_by_event_and_by_line() {
    let block = Block::new(TEARDOWN).await;
    block.key("Home", false).await;
    assert_eq!(block.position(), 0);
    block.key("ArrowRight", false).await;
    assert_eq!(block.position(), 1);
    block.key("ArrowRight", true).await;
    let line = block.position();
    assert!(line > 2, "a line has several events: {line}");
    block.key("ArrowLeft", false).await;
    assert_eq!(block.position(), line - 1);
    block.key("End", false).await;
    block.click("[aria-label='Step back']").await;
    let end: usize = block.said(".vfi-count").split('/').next_back().unwrap().parse().unwrap();
    assert_eq!(block.position(), end - 1);
}

#[wasm_bindgen_test]
async fn keys_do_not_reach_the_page() {
    let block = Block::new(TEARDOWN).await;
    let heard = std::rc::Rc::new(std::cell::Cell::new(false));
    let listener = {
        let heard = heard.clone();
        gloo::events::EventListener::new(&document(), "keydown", move |_| heard.set(true))
    };
    block.key("ArrowRight", false).await;
    drop(listener);
    assert!(!heard.get(), "mdBook would turn the page");
}

#[wasm_bindgen_test]
async fn error_is_marked_at_its_place_and_the_run_stays() {
    let block = Block::new(TEARDOWN).await;
    let rows = block.said(".vfi-count");
    block.write(&TEARDOWN.replace("fire 0  ", "fier 0  ")).await;
    assert_eq!(block.said(".vfi-wrong"), "fier");
    assert!(block.said(".vfi-place").contains("line 4, column 1"));
    assert!(block.said(".vfi-gutter").contains('!'));
    assert!(block.said(".vfi-stale-note").contains("STALE"));
    assert_eq!(block.said(".vfi-count"), rows, "the last good run is still there");
    block.write(TEARDOWN).await;
    assert!(block.maybe(".vfi-stale-note").is_none());
    assert!(block.maybe(".vfi-wrong").is_none());
}

#[wasm_bindgen_test]
async fn unmet_expectation_is_shown() {
    let block = Block::new(&TEARDOWN.replace("-> a=1", "-> a=7")).await;
    let said = block.said(".vfi-messages");
    assert!(said.contains("line 4") && said.contains("a=7"), "{said}");
}

#[wasm_bindgen_test]
async fn fire_inserts_a_line_here() {
    let block = Block::new(TEARDOWN).await;
    block.key("Home", false).await;
    block.key("ArrowRight", true).await;
    block.click(".vfi-fire").await;
    assert_eq!(block.area().value().lines().nth(3), Some("fire 0"));
    assert_eq!(block.said(".vfi-row[aria-selected=true] .vfi-said"), "a = 1");
    block.key("u", false).await;
    assert_eq!(block.area().value(), TEARDOWN);
}

#[wasm_bindgen_test]
async fn other_host_rewrites_the_text() {
    let block = Block::new(TEARDOWN).await;
    let select: HtmlSelectElement = block.find(".vfi-choice select").unchecked_into();
    select.set_value("mediated");
    let init = EventInit::new();
    init.set_bubbles(true);
    let event = Event::new_with_event_init_dict("change", &init).expect("an event");
    let _ = select.dispatch_event(&event);
    tick().await;
    assert!(block.area().value().contains("\nhost     mediated\n"));
    block.key("u", false).await;
    assert_eq!(select.value(), "linux-6.1");
}

#[wasm_bindgen_test]
async fn compared_hosts_are_a_click_apart() {
    let options = Options::parse("{\"compare\": [\"linux-6.1\", \"mediated\", 7]}");
    let block = Block::with(&TEARDOWN.replace("host     linux-6.1\n", ""), options).await;
    assert!(block.area().value().contains("\nhost     linux-6.1\n"));
    assert!(block.said(".vfi-ledger").contains("lost 1"));
    block.click(".vfi-group-setup button:nth-of-type(2)").await;
    assert!(block.area().value().contains("\nhost     mediated\n"));
}

#[wasm_bindgen_test]
fn wrong_options_are_defaults() {
    for json in ["", "null", "7", "[]", "\"x\"", "{\"label\": 1, \"compare\": {}}"] {
        assert_eq!(Options::parse(json), Options::default(), "{json}");
    }
    let script = "{\"playground\": \"javascript:alert(1)\"}";
    assert_eq!(Options::parse(script).playground, None);
}

#[wasm_bindgen_test]
async fn click_on_an_event_goes_there() {
    let block = Block::new(TEARDOWN).await;
    let before = block.position() - 1;
    block.click(&format!("[aria-posinset='{before}']")).await;
    assert_eq!(block.position(), before);
}

#[wasm_bindgen_test]
async fn refusal_names_the_clause() {
    let text = "function e1000e\nhost linux-6.1\nset_irqs msix trigger eventfd 0 [a]\n\
                set_irqs msix trigger eventfd 1 [b] -> EINVAL\n";
    let block = Block::new(text).await;
    let said = block.said(".vfi-now");
    assert!(said.contains("EINVAL") && said.contains("NORESIZE"), "{said}");
}

#[wasm_bindgen_test]
async fn changed_bits_carry_a_sign() {
    let block = Block::new(TEARDOWN).await;
    block.key("Home", false).await;
    for _ in 0..40 {
        block.key("ArrowRight", false).await;
        if block.said(".vfi-now").contains("sets MSI-X Enable") {
            let moved = block.said(".vfi-registers .vfi-moved");
            assert!(moved.contains('▲'), "{moved}");
            return;
        }
    }
    panic!("MSI-X Enable is never set");
}

#[wasm_bindgen_test]
async fn long_run_keeps_the_page_small() {
    let block = Block::new("fire 0 x5000\n").await;
    let drawn = block.count("[role=option]");
    let end: usize = block.said(".vfi-count").split('/').next_back().unwrap().parse().unwrap();
    assert!(end >= 10_000, "{end} events");
    assert!((10..150).contains(&drawn), "{drawn} rows in the page");
}

#[wasm_bindgen_test]
async fn any_text_is_survived() {
    let block = Block::new("").await;
    let long = "#".repeat(50_000);
    for text in ["\u{0}\u{1}", "<script>alert(1)</script>", "{{{", "\"", &long, "fire 0 x99999999"]
    {
        block.write(text).await;
        assert_eq!(block.area().value(), text);
        assert!(block.maybe(".vfi-broken").is_none());
    }
    block.write(TEARDOWN).await;
    assert!(block.maybe(".vfi-stale-note").is_none());
}

#[wasm_bindgen_test]
async fn destroyed_block_leaves_nothing() {
    let mut block = Block::new(TEARDOWN).await;
    block.mounted.take().expect("mounted").destroy();
    tick().await;
    assert_eq!(block.place.child_element_count(), 0);
}

#[wasm_bindgen_test]
async fn mistake_of_ours_shows_a_report_instead_of_a_dead_page() {
    let mut block = Block::new(TEARDOWN).await;
    block.write("fire 0 # the reader's own text\n").await;
    vfio_irq_web::panic::show("a mistake, for the test");
    let report: HtmlTextAreaElement = block.find(".vfi-broken textarea").unchecked_into();
    let report = report.value();
    assert!(report.contains("a mistake") && report.contains("the reader's own text"), "{report}");
    let said = block.said(".vfi-broken");
    assert!(said.contains("Copy the report") && said.contains("Begin again"), "{said}");
    // Its DOM is no longer the component's.
    std::mem::forget(block.mounted.take());
}

impl Block {
    /// Opens the tool with this word on its tab.
    async fn open_tool(&self, word: &str) {
        let tabs =
            self.place.query_selector_all(".vfi-tabs button").expect("the selector is right");
        let tabs = (0..tabs.length()).filter_map(|at| tabs.get(at));
        for tab in tabs.filter(|tab| tab.text_content().as_deref() == Some(word)) {
            tab.unchecked_into::<HtmlElement>().click();
        }
        tick().await;
    }

    /// Writes into the open tool's text area.
    async fn paste(&self, text: &str) {
        let area: HtmlTextAreaElement = self.find(".vfi-open-tool textarea").unchecked_into();
        area.set_value(text);
        let init = InputEventInit::new();
        init.set_bubbles(true);
        let event = InputEvent::new_with_event_init_dict("input", &init).expect("an input event");
        let _ = area.dispatch_event(&event);
        tick().await;
    }

    /// The scenario's text.
    fn scenario(&self) -> String {
        self.find(".vfi-area").unchecked_into::<HtmlTextAreaElement>().value()
    }
}

#[wasm_bindgen_test]
async fn pasted_trace_is_previewed_inserted_and_put_in_place() {
    let block = Block::new(TEARDOWN).await;
    block.open_tool("Import").await;
    block
        .paste("ioctl(3, VFIO_DEVICE_RESET) = 0\nioctl(3, VFIO_DEVICE_SET_IRQS, 0x10) = 0\n")
        .await;
    assert!(block.said(".vfi-preview").contains("reset"));
    assert!(block.said(".vfi-problems").contains("line 2, column 1"));
    block.click(".vfi-insert").await;
    assert!(block.scenario().contains("function e1000e") && block.scenario().contains("\nreset"));
    block.click(".vfi-replace").await;
    assert!(!block.scenario().contains("function e1000e"), "{}", block.scenario());
}

#[wasm_bindgen_test]
async fn function_of_rows_is_used_and_leaves_the_steps() {
    let block = Block::new(TEARDOWN).await;
    block.open_tool("Function").await;
    let rows: String = (0..4).map(|row| format!("{row}0:{}\n", " 00".repeat(16))).collect();
    block.paste(&rows).await;
    assert!(block.said(".vfi-line").starts_with("function config"), "{}", block.said(".vfi-line"));
    block.click(".vfi-use").await;
    assert!(block.scenario().starts_with("function config"), "{}", block.scenario());
    assert!(block.scenario().contains("fire 0"));
    assert!(block.count(".vfi-config u") == 0, "it has no capabilities");
}
