//! The module's doors: mounting into the page. `web/page` exports them.

use gloo::events::EventListener;
use web_sys::Element;
use yew::AppHandle;

use crate::components::playground::{Playground, Props};
use crate::options::Options;
use crate::{panic, url};

/// Id of the element that becomes the full-screen playground.
pub const PLAYGROUND_ID: &str = "vfio-irq-playground";

/// A playground in the page; goes on living when dropped.
pub struct Mounted {
    app: AppHandle<Playground>,
    keys: EventListener,
}

impl Mounted {
    /// Takes the playground out of the page. The DOM is empty after the next tick.
    pub fn destroy(self) {
        drop(self.keys);
        self.app.destroy();
    }

    fn keep(self) {
        self.keys.forget();
        // An app lives as long as the page; dropping its handle only gives up the way to end it.
    }
}

/// Mounts a playground into an element, whose content it replaces.
pub fn mount(element: Element, text: &str, options: Options) -> Mounted {
    panic::install();
    panic::watch(&element, text);
    // mdBook turns pages by arrow keys and opens the search by letters, wherever the focus is.
    let keys = EventListener::new(&element, "keydown", |event| event.stop_propagation());
    let props = Props { text: text.into(), options };
    Mounted { app: yew::Renderer::<Playground>::with_root_and_props(element, props).render(), keys }
}

/// Mounts the compact form into an element of a chapter. `options`: see [`Options`].
pub fn mount_block(element: Element, scenario_text: &str, options_json: &str) {
    mount(element, scenario_text, Options::parse(options_json)).keep();
}

/// Fills `#vfio-irq-playground` with the full-screen form, if the page has this element: with what the address
/// holds, else with the element's text content as scenario.
pub fn start() {
    panic::install();
    let Some(element) = gloo::utils::document().get_element_by_id(PLAYGROUND_ID) else { return };
    url::watch();
    wasm_bindgen_futures::spawn_local(async move {
        let own = element.text_content().unwrap_or_default();
        let mut options = Options { full: true, keeps: true, ..Options::default() };
        // Beginning again must not lead to the same mistake.
        let hash = if panic::begins_again(&element) { None } else { url::hash() };
        let text = match hash {
            None => own,
            Some(hash) => match url::read(&hash).await {
                Ok(view) => {
                    let text = view.text.clone();
                    options.position = view.position.map(|position| position as usize);
                    options.view = Some(view);
                    text
                }
                Err(why) => {
                    options.notice = Some(why);
                    own
                }
            },
        };
        mount(element, &text, options).keep();
    });
}
