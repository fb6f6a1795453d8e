//! A panel of names and values, what just changed marked by a sign and the value it had.

use yew::prelude::*;

use super::limited::Limited;
use crate::view::host::Row;

/// Rows shown before a reader asks for more.
const FIRST: usize = 16;

/// The panel. `head` says what the left column is, `none` what to say without rows.
pub fn facts(title: &str, head: &'static str, none: &str, rows: Vec<Row>) -> Html {
    let total = rows.len();
    let table = Callback::from(move |shown: usize| {
        // What just changed shows even beyond the first rows.
        let shown = |(at, row): &(usize, &Row)| *at < shown || (row.was.is_some() && *at < 128);
        html! {
            <table class="vfi-facts">
                <thead class="vfi-hidden"><tr><th>{ head }</th><th>{ "value" }</th></tr></thead>
                <tbody>{ for rows.iter().enumerate().filter(shown).map(|(_, row)| fact(row)) }</tbody>
            </table>
        }
    });
    html! {
        <section class="vfi-panel" aria-label={title.to_owned()}>
            <p class="vfi-title">{ title }</p>
            if total == 0 {
                <p class="vfi-empty">{ none }</p>
            } else {
                <Limited {total} first={FIRST} draw={table} />
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
