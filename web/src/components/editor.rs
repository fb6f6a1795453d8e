//! The scenario's text: lines numbered, the current one marked, errors at their place,
//! expectations ticked.

use std::fmt::Write as _;
use std::rc::Rc;

use vfio_irq_core::scenario::TextError;
use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use super::Shared;
use super::part::{Part, address};
use crate::run::Run;
use crate::state::{Action, State};
use crate::view::code::{Piece, pieces};

/// Above this many bytes the text is shown without colour: marks cost an element each.
const MAX_COLOURED: usize = 40_000;
/// Most errors listed.
const MAX_ERRORS: usize = 5;

/// The editor. `area` will be its text area, `id` begins its ids.
pub fn editor(state: &Shared, area: &NodeRef, id: &str) -> Html {
    let oninput = {
        let state = state.dispatcher();
        Callback::from(move |event: InputEvent| {
            let area = event.target().and_then(|it| it.dyn_into::<HtmlTextAreaElement>().ok());
            if let Some(area) = area {
                state.dispatch(Action::Edit(area.value()));
            }
        })
    };
    let messages = AttrValue::from(format!("{id}-messages"));
    let stale = state.stale();
    let sheet = Sheet::of(state);
    let field = {
        let (text, area, messages) = (state.text.clone(), area.clone(), messages.clone());
        // Drawn again only for another text: looking whether the browser has it copies all of it.
        let of = [address(&text), usize::from(stale), 0];
        let draw = Rc::new(move || {
            html! {
                <textarea ref={area.clone()} class="vfi-area" value={AttrValue::from(text.clone())}
                    oninput={oninput.clone()} spellcheck="false" autocapitalize="off" autocomplete="off"
                    wrap="off" rows="1" aria-label="Scenario text"
                    aria-invalid={stale.to_string()} aria-describedby={messages.clone()} />
            }
        }) as Rc<dyn Fn() -> Html>;
        html! { <Part {of} {draw} /> }
    };
    html! {
        <section class={classes!("vfi-text", stale.then_some("vfi-has-errors"))} aria-label="Scenario">
            <div class="vfi-edit">
                <div class="vfi-sheet">
                    <div class="vfi-gutter" aria-hidden="true">{ band(state) }{ sheet.clone().part(gutter) }</div>
                    <div class="vfi-code">{ sheet.clone().part(backdrop) }{ field }</div>
                </div>
            </div>
            <div class="vfi-messages" id={messages} role="status" aria-live="polite">
                { errors(state, area) }
                { sheet.part(unmet) }
            </div>
        </section>
    }
}

/// What stands behind and beside the text; stepping does not change it.
#[derive(Clone)]
struct Sheet {
    text: Rc<str>,
    errors: Rc<[TextError]>,
    /// The run of this very text.
    run: Option<Rc<Run>>,
}

impl Sheet {
    fn of(state: &State) -> Self {
        let run = state.run.clone().filter(|_| !state.stale() && state.settled());
        Self { text: state.text.clone(), errors: state.errors.clone(), run }
    }

    fn part(self, draw: fn(&Self) -> Html) -> Html {
        let run = self.run.as_ref().map_or(0, address);
        let of = [address(&self.text), address(&self.errors), run];
        html! { <Part {of} draw={Rc::new(move || draw(&self)) as Rc<dyn Fn() -> Html>} /> }
    }
}

/// The current line.
fn band(state: &State) -> Html {
    let run = state.run.as_deref().filter(|_| !state.stale() && state.settled());
    let Some(line) = run.and_then(|run| run.line(state.position)) else { return Html::default() };
    html! { <i class="vfi-band" style={format!("--line:{}", line.saturating_sub(1))} /> }
}

/// Line numbers, each with a sign: `!` error, `✗` expectation not met, `✓` met. Three columns of
/// one text each, however many lines there are.
fn gutter(sheet: &Sheet) -> Html {
    let Sheet { text, errors, run } = sheet;
    let mut entries = run.as_ref().map_or(&[][..], |run| &run.trace().entries).iter().peekable();
    let (mut numbers, mut good, mut bad) = (String::new(), String::new(), String::new());
    for line in (1..).take(text.split('\n').count()) {
        // Entries are in the order of their lines.
        while entries.next_if(|entry| entry.line < line).is_some() {}
        let checks = entries.peek().filter(|entry| entry.line == line).map(|entry| &entry.checks);
        let checks = checks.filter(|checks| !checks.is_empty());
        if errors.iter().any(|error| error.line == line) {
            bad.push('!');
        } else if let Some(checks) = checks {
            let met = checks.iter().all(|check| check.held);
            if met { &mut good } else { &mut bad }.push(if met { '✓' } else { '✗' });
        }
        good.push('\n');
        bad.push('\n');
        let _ = writeln!(numbers, "{line}");
    }
    html! { <>
        <pre class="vfi-good">{ good }</pre><pre class="vfi-bad">{ bad }</pre><pre>{ numbers }</pre>
    </> }
}

/// The text itself, behind a text area whose letters are transparent: comments and errors marked.
fn backdrop(sheet: &Sheet) -> Html {
    let Sheet { text, errors, .. } = sheet;
    let plainly = text.len() > MAX_COLOURED;
    let mut nodes: Vec<Html> = Vec::new();
    let mut plain = String::new();
    for (line, number) in text.split('\n').zip(1..) {
        let wrong = errors.iter().any(|error| error.line == number);
        if plainly && !wrong {
            plain.push_str(line);
            plain.push('\n');
            continue;
        }
        for (piece, text) in pieces(line, number, errors) {
            let class = match piece {
                Piece::Said => {
                    plain.push_str(text);
                    continue;
                }
                Piece::Comment => "vfi-comment",
                Piece::Wrong => "vfi-wrong",
            };
            nodes.push(Html::from(std::mem::take(&mut plain)));
            nodes.push(html! { <span {class}>{ text }</span> });
        }
        plain.push('\n');
    }
    nodes.push(Html::from(plain));
    html! { <pre class="vfi-back" aria-hidden="true">{ for nodes }</pre> }
}

/// The errors, each a button to its place.
fn errors(state: &State, area: &NodeRef) -> Html {
    if state.errors.is_empty() {
        return Html::default();
    }
    let rest = state.errors.len().saturating_sub(MAX_ERRORS);
    html! {
        <div class="vfi-errors">
            <ul>{ for state.errors.iter().take(MAX_ERRORS).map(|error| message(state, error, area)) }</ul>
            if rest > 0 { <p>{ format!("and {rest} more") }</p> }
        </div>
    }
}

fn message(state: &State, error: &TextError, area: &NodeRef) -> Html {
    let (area, text, place) = (area.clone(), state.text.clone(), error.clone());
    let onclick = Callback::from(move |_: MouseEvent| {
        if let Some(area) = area.cast::<HtmlTextAreaElement>() {
            let start = caret(&text, place.line, place.column);
            let end = caret(&text, place.line, place.column.saturating_add(place.length));
            let _ = area.focus();
            let _ = area.set_selection_range(start, end);
        }
    });
    html! {
        <li>
            <button type="button" class="vfi-place" {onclick}>
                { format!("line {}, column {}", error.line, error.column) }
            </button>
            { ": " }{ &error.message }
            if let Some(expected) = &error.expected { { format!("; expected {expected}") } }
        </li>
    }
}

/// The caret's offset, in UTF-16 units as the browser counts.
fn caret(text: &str, line: u32, column: u32) -> u32 {
    let units = |text: &str| text.chars().map(char::len_utf16).sum::<usize>();
    let mut offset = 0;
    for (at, number) in text.split('\n').zip(1..) {
        if number == line {
            let before = at.chars().take(column.saturating_sub(1) as usize);
            offset += before.map(char::len_utf16).sum::<usize>();
            break;
        }
        offset += units(at) + 1;
    }
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// Expectations that did not hold.
fn unmet(sheet: &Sheet) -> Html {
    let Some(run) = sheet.run.as_deref().filter(|run| !run.trace().held) else {
        return Html::default();
    };
    html! { <ul class="vfi-unmet-list">{ for failing(run).take(MAX_ERRORS).map(|line| html! { <li>{ line }</li> }) }</ul> }
}

fn failing(run: &Run) -> impl Iterator<Item = String> + '_ {
    run.trace().entries.iter().flat_map(|entry| {
        let failed = entry.checks.iter().filter(|check| !check.held);
        failed.map(|check| {
            format!("✗ line {}: expected {}, got {}", entry.line, check.expected, check.actual)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::caret;

    #[test]
    fn caret_counts_as_the_browser_does() {
        assert_eq!(caret("ab\n😀c", 2, 2), 5);
        assert_eq!(caret("ab\nc", 1, 99), 2);
        assert_eq!(caret("ab", 9, 1), 3);
    }
}
