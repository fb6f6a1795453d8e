//! The drawing of one timeline row: four lanes and a mark.

use yew::prelude::*;

use crate::index::Row;
use crate::view::mark::{Lane, Shape};
use crate::view::way::Stretch;

/// Width of the drawing; its height is 24.
pub const WIDTH: u32 = 156;

const LOW: i32 = 128;
const HIGH: i32 = 144;
const MIDDLE: i32 = 12;

/// Where a lane stands.
pub fn x(lane: Lane) -> i32 {
    match lane {
        Lane::User => 14,
        Lane::Host => 52,
        Lane::Function => 94,
        Lane::Intx => 136,
    }
}

fn level(up: bool) -> i32 {
    if up { HIGH } else { LOW }
}

/// Draws a row, with the way of the cause followed behind it. The INTx lane is a wave: left low,
/// right high.
pub fn lanes(row: Row, shape: Shape, way: Stretch) -> Html {
    let wave = if row.line_before == row.line_after {
        format!("M{0} 0V24", level(row.line_after))
    } else {
        format!("M{} 0V{MIDDLE}H{}V24", level(row.line_before), level(row.line_after))
    };
    let waits = [
        (row.waiting.host, x(Lane::Host) + 5),
        (row.waiting.function, x(Lane::Function) + 5),
        (row.waiting.intx, x(Lane::Intx)),
    ];
    let line = |at: i32| format!("M{at} 0V24");
    let rails = [Lane::User, Lane::Host, Lane::Function].map(|lane| line(x(lane))).concat();
    let waiting: String = waits.iter().filter(|(on, _)| *on).map(|(_, at)| line(*at)).collect();
    let high = row.line_before || row.line_after;
    let way = stretch(way);
    html! {
        <svg class="vfi-lanes" viewBox={format!("0 0 {WIDTH} 24")} aria-hidden="true" focusable="false">
            if !way.is_empty() { <path class="vfi-way" d={way} /> }
            <path class="vfi-rail" d={rails} />
            <path class={classes!("vfi-wave", high.then_some("vfi-high"))} d={wave} />
            if !waiting.is_empty() { <path class="vfi-thread" d={waiting} /> }
            { drawn(shape) }
        </svg>
    }
}

/// A part of a way, as a path.
fn stretch(way: Stretch) -> String {
    let mut path = String::new();
    if let Some(lane) = way.above {
        path.push_str(&format!("M{} 0V12", x(lane)));
    }
    for (from, to) in [way.across, way.along].into_iter().flatten() {
        path.push_str(&format!("M{} 12H{}", x(from), x(to)));
    }
    if let Some(lane) = way.below {
        path.push_str(&format!("M{} 12V24", x(lane)));
    }
    path
}

fn drawn(shape: Shape) -> Html {
    let stroke = |d: String| html! { <path class="vfi-ink" d={d} /> };
    let fill = |d: String| html! { <path class="vfi-ink vfi-solid" d={d} /> };
    match shape {
        Shape::Arrow(from, to) => {
            let (from, to) = (x(from), x(to));
            let side = if to > from { -1 } else { 1 };
            let back = to + 6 * side;
            stroke(format!("M{from} 12H{to}M{back} 8L{to} 12L{back} 16"))
        }
        Shape::Signal(from, to) => {
            let (from, to) = (x(from), x(to));
            html! { <>
                { stroke(format!("M{from} 12H{to}")) }
                { fill(format!("M{} 12a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z", to - 5)) }
            </> }
        }
        Shape::Dot(lane) => fill(format!("M{} 12a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z", x(lane) - 3)),
        Shape::Birth(lane) => stroke(format!("M{0} 6l6 6l-6 6l-6 -6z", x(lane))),
        Shape::Wait(lane) => stroke(format!("M{} 6h10l-10 12h10z", x(lane) - 5)),
        Shape::Merge(lane) => {
            stroke(format!("M{} 5L{} 12L{} 5M{1} 12V20", x(lane) - 6, x(lane), x(lane) + 6))
        }
        Shape::Lost(lane) => {
            html! { <path class="vfi-ink vfi-cross" d={format!("M{0} 6l12 12m0 -12l-12 12", x(lane) - 6)} /> }
        }
        Shape::Level | Shape::Blank => Html::default(),
    }
}

/// A lone shape, for the legend.
pub fn sample(shape: Shape) -> Html {
    html! {
        <svg class="vfi-sample" viewBox="38 0 66 24" aria-hidden="true" focusable="false">
            { drawn(shape) }
        </svg>
    }
}
