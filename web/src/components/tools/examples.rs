//! Stories to open, by topic. Their texts are a file of the site, fetched when the tool is first
//! opened.

use js_sys::{Array, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;
use yew::prelude::*;

use crate::PLAYGROUND_ID;
use crate::components::Shared;
use crate::state::Action;

/// What a tool is shown with.
#[derive(Clone, Properties)]
pub struct Props {
    /// The state.
    pub state: Shared,
}

/// What is shown does not depend on the state.
impl PartialEq for Props {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// A story.
#[derive(Clone)]
pub struct Example {
    topic: String,
    title: String,
    says: String,
    text: String,
}

/// The tool.
pub struct Examples {
    /// What came, or why nothing did.
    found: Option<Result<Vec<Example>, &'static str>>,
}

impl Component for Examples {
    type Message = Result<Vec<Example>, &'static str>;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        ctx.link().send_future(async {
            fetch().await.map_err(|_| "The examples did not load; the book has them all.")
        });
        Self { found: None }
    }

    fn update(&mut self, _: &Context<Self>, found: Self::Message) -> bool {
        self.found = Some(found);
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let examples = match &self.found {
            None => return html! { <p class="vfi-empty" role="status">{ "Loading…" }</p> },
            Some(Err(message)) => {
                return html! { <p class="vfi-empty" role="alert">{ *message }</p> };
            }
            Some(Ok(examples)) => examples,
        };
        let topics = examples.chunk_by(|one, next| one.topic == next.topic);
        html! {
            <div class="vfi-examples">
                { for topics.map(|stories| html! {
                    <section>
                        <h3 class="vfi-title">{ stories[0].topic.clone() }</h3>
                        <ul>{ for stories.iter().map(|story| item(story, &ctx.props().state)) }</ul>
                    </section>
                }) }
            </div>
        }
    }
}

fn item(story: &Example, state: &Shared) -> Html {
    let onclick = {
        let (state, text) = (state.dispatcher(), story.text.clone());
        Callback::from(move |_: MouseEvent| {
            state.dispatch(Action::Replace(text.clone()));
            state.dispatch(Action::End);
        })
    };
    html! {
        <li>
            <button type="button" {onclick}>{ &story.title }</button>
            <span>{ &story.says }</span>
        </li>
    }
}

/// Fetches the file the page names.
async fn fetch() -> Result<Vec<Example>, JsValue> {
    let window = gloo::utils::window();
    let place = gloo::utils::document().get_element_by_id(PLAYGROUND_ID);
    let name = place.and_then(|place| place.get_attribute("data-examples"));
    let name = name.ok_or(JsValue::NULL)?;
    let response: Response = JsFuture::from(window.fetch_with_str(&name)).await?.dyn_into()?;
    let list = JsFuture::from(response.json()?).await?;
    let said = |object: &JsValue, name: &str| {
        let value = Reflect::get(object, &JsValue::from_str(name)).ok();
        value.and_then(|value| value.as_string()).unwrap_or_default()
    };
    let list = Array::from(&list);
    let examples = list.iter().map(|object| Example {
        topic: said(&object, "topic"),
        title: said(&object, "title"),
        says: said(&object, "says"),
        text: said(&object, "text"),
    });
    Ok(examples.collect())
}
