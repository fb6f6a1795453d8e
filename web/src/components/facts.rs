//! A panel of names and values, what just changed marked by a sign and the value it had.

use yew::prelude::*;

use crate::view::host::Row;

/// What the panel shows.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// Heading.
    pub title: AttrValue,
    /// What the left column is.
    pub head: AttrValue,
    /// What the right column is.
    pub value: AttrValue,
    /// Names and values.
    pub rows: Vec<Row>,
    /// Said when there are none.
    #[prop_or_default]
    pub none: AttrValue,
}

/// Rows shown before a reader asks for all.
const FIRST: usize = 16;

/// The panel.
#[component(Facts)]
pub fn facts(props: &Props) -> Html {
    let all = use_state(|| false);
    let shown = if *all { props.rows.len() } else { FIRST };
    let toggle = {
        let all = all.clone();
        Callback::from(move |_: MouseEvent| all.set(!*all))
    };
    html! {
        <section class="vfi-panel" aria-label={props.title.clone()}>
            <h4>{ &props.title }</h4>
            if props.rows.is_empty() {
                <p class="vfi-empty">{ &props.none }</p>
            } else {
                <table class="vfi-facts">
                    <thead class="vfi-hidden"><tr><th>{ &props.head }</th><th>{ &props.value }</th></tr></thead>
                    <tbody>
                        // Changed rows show even beyond the first ones.
                        { for props.rows.iter().enumerate()
                            .filter(|(at, row)| *at < shown || (row.was.is_some() && *at < 8 * FIRST))
                            .map(|(_, row)| fact(row)) }
                    </tbody>
                </table>
            }
            if props.rows.len() > FIRST {
                <button type="button" class="vfi-more" onclick={toggle} aria-expanded={all.to_string()}>
                    { if *all { "fewer".to_owned() } else { format!("all {}", props.rows.len()) } }
                </button>
            }
        </section>
    }
}

fn fact(row: &Row) -> Html {
    html! {
        <tr class={classes!(row.was.is_some().then_some("vfi-changed"))}>
            <th scope="row">{ &row.name }</th>
            <td>
                { &row.now }
                if let Some(was) = &row.was {
                    <span class="vfi-was">{ " ◂ " }<s>{ was }</s></span>
                }
            </td>
        </tr>
    }
}
