//! Two runs side by side, from difference to difference. Only the rows in sight are in the page.

use std::rc::Rc;

use vfio_irq_core::host::Difference;
use vfio_irq_core::trace::Trace;
use yew::prelude::*;

use super::rule_link;
use crate::compare::{Comparison, Row, Shown, responsible};
use crate::components::rows::Rows;
use crate::run::Run;
use crate::view::mark::mark;

/// Two runs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The first: the page's own, or an older one.
    pub a: Rc<Run>,
    /// The other.
    pub b: Rc<Run>,
    /// What they are called.
    pub names: [AttrValue; 2],
    /// They are two hosts on one text: say which rule makes them differ.
    #[prop_or_default]
    pub hosts: bool,
    /// It stands in a chapter, where there is less room.
    #[prop_or_default]
    pub chapter: bool,
    /// Takes the position in the first run that a chosen row shows.
    pub seek: Callback<usize>,
    /// Begins the ids in it.
    pub id: AttrValue,
}

/// What can be asked for.
pub enum Message {
    /// To the first difference, or the next one.
    Jump,
    /// To a row.
    Choose(usize),
    /// Every event, or only lines that differ.
    All,
}

/// The comparison, shown.
pub struct Diff {
    made: Rc<Comparison>,
    why: Option<&'static Difference>,
    chosen: Option<usize>,
    all: bool,
    narrow: bool,
}

/// Narrower than this, in CSS pixels, two columns have no room.
const NARROW: f64 = 640.0;
/// In a chapter the book's side bar takes its part of the window.
const NARROW_CHAPTER: f64 = 1000.0;

impl Component for Diff {
    type Message = Message;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let mut new =
            Self { made: Rc::default(), why: None, chosen: None, all: false, narrow: false };
        new.compare(ctx.props());
        new
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &Props) -> bool {
        let now = ctx.props();
        if now.a != old.a || now.b != old.b {
            self.compare(now);
        }
        true
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        match message {
            Message::Jump => {
                let from = self.chosen.map_or(0, |row| row + 1);
                let hunks = &self.made.hunks;
                let next = hunks.iter().find(|row| **row >= from).or(hunks.first());
                self.choose(ctx.props(), next.copied());
            }
            Message::Choose(row) => self.choose(ctx.props(), Some(row)),
            Message::All => {
                self.all = !self.all;
                self.compare(ctx.props());
            }
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let Props { a, b, names, id, .. } = ctx.props();
        let count = self.made.rows.len();
        let (made, chosen) = (self.made.clone(), self.chosen);
        let row = {
            let (a, b, id, names) = (a.clone(), b.clone(), id.clone(), names.clone());
            let choose = ctx.link().callback(Message::Choose);
            let made = made.clone();
            Callback::from(move |at: usize| {
                let now = chosen == Some(at);
                let onclick = choose.reform(move |_: MouseEvent| at);
                let Some(row) = made.rows.get(at) else { return Html::default() };
                html! {
                    <div key={at} class={classes!("vfi-row", "vfi-pair", class(row), now.then_some("vfi-now-row"))}
                        id={format!("{id}-{at}")} role="option" data-row="1" aria-selected={now.to_string()}
                        aria-setsize={count.to_string()} aria-posinset={(at + 1).to_string()} {onclick}>
                        { cells([&a, &b], row, &names) }
                    </div>
                }
            })
        };
        let jump = ctx.link().callback(|_: MouseEvent| Message::Jump);
        let all = ctx.link().callback(|_: MouseEvent| Message::All);
        html! {
            <div class={classes!("vfi-diff", self.narrow.then_some("vfi-narrow"))}>
                { self.first(ctx.props()) }
                <div class="vfi-actions">
                    <button type="button" onclick={jump} disabled={made.hunks.is_empty()}>
                        { if chosen.is_none() { "First difference" } else { "Next difference" } }
                    </button>
                    <button type="button" onclick={all} aria-pressed={self.all.to_string()}
                        class={self.all.then_some("vfi-on")}>{ "Every event" }</button>
                    <span class="vfi-note">{ match made.hunks.len() {
                        0 => "no difference".to_owned(),
                        1 => "1 place differs".to_owned(),
                        many => format!("{many} places differ"),
                    } }</span>
                </div>
                <div class="vfi-row vfi-pair vfi-heads" aria-hidden="true">
                    <span class="vfi-same" />
                    <span class="vfi-side">{ "◂ " }{ &names[0] }</span>
                    <span class="vfi-side">{ &names[1] }{ " ▸" }</span>
                </div>
                <Rows class="vfi-compared" {count} follow={chosen} {row}
                    label={format!("{} beside {}", names[0], names[1])}
                    active={chosen.map(|row| AttrValue::from(format!("{id}-{row}")))} />
            </div>
        }
    }
}

impl Diff {
    fn compare(&mut self, props: &Props) {
        let width = gloo::utils::window().inner_width().ok().and_then(|width| width.as_f64());
        let least = if props.chapter { NARROW_CHAPTER } else { NARROW };
        self.narrow = width.is_some_and(|width| width < least);
        let shown = Shown { all: self.all, narrow: self.narrow };
        let made = Comparison::new(&props.a, &props.b, shown);
        let line = made.first().and_then(|row| row.lines[0]).filter(|_| props.hosts);
        self.why = line
            .and_then(|line| responsible(&props.a.text, &props.a.host(), &props.b.host(), line));
        self.made = Rc::new(made);
        self.chosen = None;
    }

    fn choose(&mut self, props: &Props, row: Option<usize>) {
        self.chosen = row;
        if let Some(row) = row.and_then(|row| self.made.rows.get(row)) {
            props.seek.emit(row.seek);
        }
    }

    /// Where they differ first, and why.
    fn first(&self, props: &Props) -> Html {
        let Some(row) = self.made.first() else {
            return html! { <p>{ "Both say the same, event by event." }</p> };
        };
        let side = if row.entries[0].is_some() { 0 } else { 1 };
        let runs = [&props.a, &props.b];
        let entry = row.entries[side].and_then(|at| runs[side].trace().entries.get(at));
        let line = row.lines[side].map_or_else(String::new, |line| line.to_string());
        html! {
            <div class="vfi-why" role="status">
                <p>
                    <b>{ "First difference: line " }{ line }</b>{ ", " }
                    <code>{ entry.map(|entry| entry.text.clone()) }</code>
                </p>
                { self.why.map(|why| explained(why, runs, &props.names)) }
                if self.why.is_none() && props.hosts {
                    <p>{ "No single difference between these hosts explains it alone." }</p>
                }
            </div>
        }
    }
}

/// The difference responsible: its question, both answers, where it changed, its rule.
fn explained(why: &'static Difference, runs: [&Rc<Run>; 2], names: &[AttrValue; 2]) -> Html {
    let answer = |side: usize| {
        let (on, off) = why.answers;
        if (why.of)(&runs[side].host().rules) { on } else { off }
    };
    html! {
        <dl>
            <dt>{ "because" }</dt>
            <dd>{ why.question }{ " " }<code>{ why.id }</code></dd>
            { for (0..2).map(|side| html! { <>
                <dt>{ &names[side] }</dt>
                <dd>{ answer(side) }{ "; lost in all: " }{ runs[side].trace().ledger.lost }</dd>
            </> }) }
            <dt>{ "changed" }</dt>
            <dd>{ why.since }{ " · " }{ rule_link(why.clause) }</dd>
        </dl>
    }
}

fn class(row: &Row) -> &'static str {
    match (row.events, row.same) {
        (None, true) => "vfi-line-row",
        (None, false) if row.lines[0].is_none() => "vfi-line-row vfi-differs vfi-only-b",
        (None, false) => "vfi-line-row vfi-differs",
        (Some(_), true) => "",
        (Some([Some(_), None]), _) => "vfi-differs vfi-only-a",
        (Some([None, Some(_)]), _) => "vfi-differs vfi-only-b",
        (Some(_), false) => "vfi-differs",
    }
}

fn cells(runs: [&Rc<Run>; 2], row: &Row, names: &[AttrValue; 2]) -> Html {
    let sign = match (row.same, row.events) {
        (true, _) => "=",
        (false, Some([Some(_), None])) => "◂",
        (false, Some([None, Some(_)])) => "▸",
        (false, _) => "≠",
    };
    let said = if row.same { "same" } else { "differs" };
    html! { <>
        <span class="vfi-same"><span aria-hidden="true">{ sign }</span><span class="vfi-hidden">{ said }</span></span>
        { for (0..2).map(|side| match row.events {
            None => line(runs[side].trace(), row, side),
            Some(events) => event(runs[side].trace(), row.entries[side], events[side], &names[side]),
        }) }
    </> }
}

/// A side of a line's row. A line that is the same is said once.
fn line(trace: &Trace, row: &Row, side: usize) -> Html {
    let entry = row.entries[side].and_then(|at| trace.entries.get(at));
    let (Some(number), false) = (row.lines[side], side == 1 && row.same) else {
        return html! { <span class={classes!("vfi-side", (!row.same).then_some("vfi-none"))} /> };
    };
    let said = entry.map_or("(the text)", |entry| &*entry.text);
    html! {
        <span class="vfi-side"><span class="vfi-number">{ number }</span>
            <code class="vfi-said">{ said }</code></span>
    }
}

fn event(trace: &Trace, entry: Option<usize>, event: Option<usize>, name: &AttrValue) -> Html {
    let entry = entry.and_then(|at| trace.entries.get(at));
    let Some((entry, event)) = entry.and_then(|entry| Some((entry, entry.events.get(event?)?)))
    else {
        return html! { <span class="vfi-side vfi-none" /> };
    };
    let mark = mark(trace, entry, event);
    html! {
        <span class={format!("vfi-side vfi-t-{}", mark.tone.class())}>
            <span class="vfi-hidden">{ name }{ ": " }</span>
            if let Some(badge) = mark.badge { <b class="vfi-badge">{ badge }</b> }
            <span class="vfi-said">{ mark.words }</span>
            <span class="vfi-detail">{ mark.detail }</span>
        </span>
    }
}
