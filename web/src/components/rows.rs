//! A list that may have tens of thousands of rows: only those in sight are in the page.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{HtmlElement, ResizeObserver};
use yew::prelude::*;
use yew::virtual_dom::{Key, VNode};

/// Rows drawn above and below those in sight, so that scrolling shows no gap.
const MARGIN: usize = 8;

/// Before anything could be measured, and where nothing can (tests without a stylesheet).
const ROW_HEIGHT: f64 = 24.0;
const VIEW_HEIGHT: f64 = 480.0;

/// What the list shows.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// Number of rows.
    pub count: usize,
    /// The row to keep in sight.
    #[prop_or_default]
    pub follow: Option<usize>,
    /// Draws a row.
    pub row: Callback<usize, Html>,
    /// What a screen reader calls the list.
    pub label: AttrValue,
    /// `listbox` for rows to choose from, `list` for rows to read.
    #[prop_or("listbox".into())]
    pub role: AttrValue,
    /// Id of the active row, if one is.
    #[prop_or_default]
    pub active: Option<AttrValue>,
    /// More classes.
    pub class: &'static str,
}

/// What is in sight, in pixels.
#[derive(Clone, Copy, PartialEq, Debug)]
struct View {
    top: f64,
    height: f64,
    row: f64,
}

impl View {
    /// The rows to draw.
    fn window(self, count: usize) -> (usize, usize) {
        let first = (self.top / self.row) as usize;
        let seen = (self.height / self.row).ceil() as usize + 1;
        let first = first.min(count.saturating_sub(seen));
        (first.saturating_sub(MARGIN), (first + seen + MARGIN).min(count))
    }

    /// Where to scroll so that a row is in sight; `None` if it is. A row far away comes to the
    /// middle, with what was before and after it.
    fn to_show(self, row: usize) -> Option<f64> {
        let top = row as f64 * self.row;
        if (top - self.top - self.height / 2.0).abs() > self.height {
            return Some((top - (self.height - self.row) / 2.0).max(0.0));
        }
        // A row of context on either side, where there is room.
        let margin = self.row.min((self.height - self.row).max(0.0) / 2.0);
        if top - margin < self.top {
            Some((top - margin).max(0.0))
        } else if top + self.row + margin > self.top + self.height {
            Some(top + self.row + margin - self.height)
        } else {
            None
        }
    }
}

/// The list.
pub struct Rows {
    view: View,
    place: NodeRef,
    /// What was followed last: a reader may scroll away until that changes.
    followed: Option<(Option<usize>, usize)>,
    /// Tells that the list got another height: a window, or an opened tool.
    sized: Option<(ResizeObserver, Closure<dyn Fn()>)>,
}

impl Component for Rows {
    /// Look what is in sight; draw even if it is what it was.
    type Message = bool;
    type Properties = Props;

    fn create(_: &Context<Self>) -> Self {
        let view = View { top: 0.0, height: VIEW_HEIGHT, row: ROW_HEIGHT };
        Self { view, place: NodeRef::default(), followed: None, sized: None }
    }

    fn update(&mut self, ctx: &Context<Self>, draw: bool) -> bool {
        let before = self.view;
        let changed = self.measure();
        // What was in sight stays so when the list gets lower.
        if self.view.height < before.height
            && let Some(row) = ctx.props().follow
            && before.to_show(row).is_none()
            && let Some(top) = self.view.to_show(row)
            && let Some(element) = self.place.cast::<HtmlElement>()
        {
            element.set_scroll_top(top as i32);
            self.measure();
        }
        changed || draw
    }

    /// Where the list is going to be scrolled to is known before it is drawn: what comes into sight
    /// is drawn once, not what was in sight and then that.
    fn changed(&mut self, ctx: &Context<Self>, _: &Props) -> bool {
        let Props { follow, count, .. } = *ctx.props();
        if self.followed.is_some_and(|followed| followed != (follow, count)) {
            let top = follow.and_then(|row| self.view.to_show(row));
            let most = (count as f64 * self.view.row - self.view.height).max(0.0);
            if let Some(top) = top {
                self.view.top = top.min(most).floor();
            }
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let props = ctx.props();
        let (first, end) = self.view.window(props.count);
        // Whole numbers only: printing a float would cost the page 7 KB.
        let space = |rows: usize| format!("--rows:{rows}");
        html! {
            <div ref={self.place.clone()} class={classes!("vfi-rows", props.class)}
                onscroll={ctx.link().callback(|_: Event| false)}
                role={props.role.clone()} tabindex="0" aria-label={props.label.clone()}
                aria-activedescendant={props.active.clone()}>
                <div class="vfi-space" style={space(first)} role="presentation" />
                { for (first..end).map(|row| slotted(props.row.emit(row), row, end - first)) }
                <div class="vfi-space" style={space(props.count - end)} role="presentation" />
            </div>
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        if first && let Some(element) = self.place.cast::<HtmlElement>() {
            let told = ctx.link().callback(|()| false);
            let told = Closure::<dyn Fn()>::new(move || told.emit(()));
            if let Ok(sizes) = ResizeObserver::new(told.as_ref().unchecked_ref()) {
                sizes.observe(&element);
                self.sized = Some((sizes, told));
            }
        }
        let Props { follow, count, .. } = *ctx.props();
        let now = Some((follow, count));
        if self.followed == now {
            return;
        }
        let first = self.followed.is_none();
        self.followed = now;
        let element = self.place.cast::<HtmlElement>();
        if let Some(element) = element.as_ref().filter(|_| !first) {
            element.set_scroll_top(self.view.top as i32);
        }
        let mut changed = self.measure();
        if let Some((element, row)) = element.zip(follow)
            && let Some(top) = self.view.to_show(row)
        {
            element.set_scroll_top(top as i32);
            // The scroll event comes late; what came into sight is drawn at once.
            changed |= self.measure();
        }
        if changed {
            ctx.link().send_message(true);
        }
    }

    fn destroy(&mut self, _: &Context<Self>) {
        if let Some((sizes, _)) = &self.sized {
            sizes.disconnect();
        }
    }
}

impl Rows {
    /// Looks what is in sight; whether that is something new.
    fn measure(&mut self) -> bool {
        let Some(element) = self.place.cast::<HtmlElement>() else { return false };
        let row = element.query_selector("[data-row]").ok().flatten();
        let row = row.map_or(0.0, |row| row.get_bounding_client_rect().height());
        // Without a stylesheet the list is as high as its rows: the window bounds it.
        let window = gloo::utils::window().inner_height().ok().and_then(|it| it.as_f64());
        let height = f64::from(element.client_height()).min(window.unwrap_or(VIEW_HEIGHT));
        let view = View {
            top: f64::from(element.scroll_top()),
            height: if height > 0.0 { height } else { VIEW_HEIGHT },
            row: if row >= 8.0 { row } else { ROW_HEIGHT },
        };
        std::mem::replace(&mut self.view, view) != view
    }
}

/// Gives a row the place in the page of one that went out of sight: changing some words in what is
/// there costs a third of making it anew. Rows less than `window` apart have places of their own.
fn slotted(row: Html, number: usize, window: usize) -> Html {
    match row {
        VNode::VTag(mut tag) => {
            let slot = number % window.next_power_of_two();
            std::rc::Rc::make_mut(&mut tag).key = Some(Key::from(slot));
            VNode::VTag(tag)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIEW: View = View { top: 0.0, height: 240.0, row: 24.0 };

    #[test]
    fn window_holds_what_is_in_sight() {
        assert_eq!(VIEW.window(5), (0, 5));
        assert_eq!(VIEW.window(0), (0, 0));
        assert_eq!(VIEW.window(10_000), (0, 19));
        assert_eq!(View { top: 2400.0, ..VIEW }.window(10_000), (92, 119));
        // The list got shorter than where it was scrolled to.
        assert_eq!(View { top: 2400.0, ..VIEW }.window(20), (1, 20));
    }

    #[test]
    fn row_out_of_sight_is_scrolled_to() {
        assert_eq!(VIEW.to_show(3), None);
        assert_eq!(VIEW.to_show(10), Some(48.0));
        assert_eq!(View { top: 120.0, ..VIEW }.to_show(2), Some(24.0));
        assert_eq!(VIEW.to_show(100), Some(2292.0));
    }
}
