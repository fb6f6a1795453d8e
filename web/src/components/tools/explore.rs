//! "Can this lose an interrupt?": every run the text allows, asked of the worker piece by piece.
//!
//! It asks as soon as it is opened, and anew when the text is another: what was asked before is
//! ended then. The run it finds is the exception: opening it leaves the answer where it is.

use std::rc::Rc;

use js_sys::Date;
use vfio_irq_core::event::Event;
use vfio_irq_core::render;
use yew::platform::spawn_local;
use yew::prelude::*;

use crate::aside;
use crate::components::Shared;
use crate::explored::{Answer, Kind, Progress, Said};
use crate::run::Run;
use crate::state::Action;

/// What the question asks, by the worker's words.
const LOSS: &str = "lost";
/// The loss of June 2021: MSI and MSI-X are off, and the function falls back to INTx.
const FALLBACK: &str = "fallback";
/// Everything that should hold.
const ALL: &str = "lost fallback eventfd masked pending undisturbed expected";

/// What can be asked, and what its button says.
const QUESTIONS: [(&str, &str); 3] = [
    (LOSS, "Ask about any loss"),
    (FALLBACK, "Ask about the fall-back to INTx"),
    (ALL, "Ask all that should hold"),
];

/// Bytes a search may have taken for the worker to stay: its memory never shrinks.
const KEPT: u32 = 64 << 20;

/// What it needs of the page.
#[derive(Clone, Properties)]
pub struct Props {
    /// The state.
    pub state: Shared,
    /// Begins its ids.
    pub id: AttrValue,
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        self.state.text == other.state.text
    }
}

/// What happens to it.
pub enum Message {
    /// This is asked.
    Ask(&'static str),
    /// It is to stop.
    Cancel,
    /// What the worker says to the search of this number.
    Said(u32, Result<String, String>),
    /// The run found is to be opened.
    Open,
    /// The text that was explored is to be opened.
    Use,
}

/// Where it is.
enum Stage {
    /// Under way.
    Going(Progress),
    /// Stopped by the reader.
    Cancelled,
    /// Over.
    Over(Box<Answer>),
    /// There is no answer, for this reason.
    Failed(String),
}

/// The tool.
pub struct Explore {
    /// Searches begun; what is said of an older one is not heard.
    count: u32,
    asked: &'static str,
    /// The text asked about.
    text: Rc<str>,
    /// A text of its own that it put on the page.
    own: Option<Rc<str>>,
    stage: Stage,
    /// When it was asked, and how many seconds it took.
    begun: f64,
    took: f64,
}

impl Component for Explore {
    type Message = Message;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let mut new = Self {
            count: 0,
            asked: LOSS,
            text: "".into(),
            own: None,
            stage: Stage::Cancelled,
            begun: 0.0,
            took: 0.0,
        };
        new.ask(ctx, LOSS);
        new
    }

    fn changed(&mut self, ctx: &Context<Self>, _: &Props) -> bool {
        let text = &ctx.props().state.text;
        if *text != self.text && self.own.as_ref() != Some(text) {
            self.stop();
            self.ask(ctx, self.asked);
        }
        true
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        match message {
            Message::Ask(asked) => {
                self.stop();
                self.ask(ctx, asked);
            }
            Message::Cancel => {
                self.stop();
                self.count += 1;
                self.stage = Stage::Cancelled;
            }
            Message::Said(count, _) if count != self.count => return false,
            Message::Said(_, Err(why)) => self.stage = Stage::Failed(why),
            Message::Said(_, Ok(said)) => match Said::read(&said) {
                Some(Said::Going(progress)) => {
                    self.send(ctx, "explore on", progress.number.clone());
                    self.stage = Stage::Going(progress);
                }
                Some(Said::Over(answer)) => {
                    self.took = (Date::now() - self.begun) / 1000.0;
                    give_back(answer.memory, String::new());
                    self.stage = Stage::Over(answer);
                }
                None => self.stage = Stage::Failed("its answer can't be read".into()),
            },
            Message::Open => {
                if let Stage::Over(answer) = &self.stage {
                    self.own = Some((&*answer.run).into());
                    open(&ctx.props().state, &answer.run);
                }
            }
            Message::Use => {
                if let Stage::Over(answer) = &self.stage {
                    self.own = Some((&*answer.loosened).into());
                    let state = ctx.props().state.dispatcher();
                    state.dispatch(Action::Replace(answer.loosened.clone()));
                }
            }
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let going = matches!(self.stage, Stage::Going(_));
        let asked = self.asked;
        let again = ctx.link().callback(move |_: MouseEvent| match going {
            true => Message::Cancel,
            false => Message::Ask(asked),
        });
        let others = QUESTIONS.into_iter().filter(|(words, _)| !going && *words != asked);
        html! {
            <div class="vfi-explore">
                <p role="status" aria-live="polite"><b>{ self.said() }</b></p>
                { self.rest(ctx) }
                <div class="vfi-actions">
                    <button type="button" class="vfi-again" onclick={again}>
                        { if going { "Cancel" } else { "Ask again" } }
                    </button>
                    // Apart: the button before them is to stay the same, for it has the focus.
                    <span class="vfi-actions">{ for others.map(|(words, says)| html! {
                        <button type="button" onclick={ctx.link().callback(move |_: MouseEvent| Message::Ask(words))}>{ says }</button>
                    }) }</span>
                </div>
            </div>
        }
    }

    fn destroy(&mut self, _: &Context<Self>) {
        self.stop();
    }
}

/// The memory of a search that is over. A worker that took much is ended: the next who asks starts
/// another.
fn give_back(memory: u32, number: String) {
    let op = if memory > KEPT { "end" } else { "explore no more" };
    spawn_local(async move {
        // Nobody waits for this answer.
        let _ = aside::ask(op, &number).await;
    });
}

/// Puts a run on the page, at its loss or its end, and follows the interrupt lost.
fn open(state: &Shared, text: &str) {
    let state = state.dispatcher();
    state.dispatch(Action::Replace(text.to_owned()));
    let Some(at) = Run::new(text).ok().and_then(|run| {
        let at = run.first_loss()?;
        let (_, event) = run.current(at)?;
        let cause = if let Event::Lost { cause, .. } = event { Some(*cause) } else { None };
        Some((at, cause))
    }) else {
        return state.dispatch(Action::End);
    };
    state.dispatch(Action::Follow(at.1));
    state.dispatch(Action::Seek(at.0));
}

impl Explore {
    fn ask(&mut self, ctx: &Context<Self>, asked: &'static str) {
        self.count += 1;
        self.asked = asked;
        self.own = None;
        self.text = ctx.props().state.text.clone();
        self.stage = Stage::Going(Progress::default());
        self.begun = Date::now();
        let said = format!("{asked}\n{}", self.text);
        self.send(ctx, "explore", said);
    }

    fn send(&self, ctx: &Context<Self>, op: &'static str, text: String) {
        let (link, count) = (ctx.link().clone(), self.count);
        spawn_local(async move {
            link.send_message(Message::Said(count, aside::ask(op, &text).await));
        });
    }

    /// Ends what is under way. It goes on only when it is asked to, so this gives back memory.
    fn stop(&self) {
        if let Stage::Going(progress) = &self.stage {
            give_back(progress.memory, progress.number.clone());
        }
    }

    /// The answer in one sentence; while it is under way a sentence that stays the same, for it is
    /// read out.
    fn said(&self) -> String {
        match &self.stage {
            Stage::Going(progress) if progress.found => {
                "Something can fail. Looking for the shortest run that shows it …".into()
            }
            Stage::Going(_) => "Looking at every run this text allows …".into(),
            Stage::Cancelled => "Cancelled: there is no answer.".into(),
            Stage::Failed(_) => "This text can't be asked about.".into(),
            Stage::Over(answer) => match (answer.kind, self.asked) {
                (Kind::Holds, LOSS) => "No: no interrupt is lost in any run.".into(),
                (Kind::Holds, FALLBACK) => "No: none is lost by falling back to INTx.".into(),
                (Kind::Holds, _) => "All that should hold does, in every run.".into(),
                (Kind::Unknown, _) => "Not known: the memory was used up.".into(),
                (Kind::Fails, ALL) => format!("No: {}.", answer.words),
                (Kind::Fails, _) => format!("Yes: {}.", answer.words),
            },
        }
    }

    fn rest(&self, ctx: &Context<Self>) -> Html {
        match &self.stage {
            Stage::Cancelled => Html::default(),
            Stage::Failed(why) => html! {
                <div class="vfi-failed">{ for why.lines().map(|line| html! { <p>{ line.to_owned() }</p> }) }</div>
            },
            Stage::Going(progress) => going(progress),
            Stage::Over(answer) => self.over(ctx, answer),
        }
    }

    fn over(&self, ctx: &Context<Self>, answer: &Answer) -> Html {
        let id = &ctx.props().id;
        let open = ctx.link().callback(|_: MouseEvent| Message::Open);
        let shown = self.own.as_deref() == Some(&*answer.run);
        html! { <>
            if answer.kind == Kind::Fails {
                <p>{ &answer.what }{ "." }</p>
                <p>{ moves(answer.moves) }{ " until then; no shorter run shows it." }</p>
                <div class="vfi-actions">
                    <button type="button" class="vfi-on" onclick={open}>{ "Open in the timeline" }</button>
                    if shown { <span role="status" class="vfi-note">{ "It is on the page; Undo brings your text back." }</span> }
                </div>
                <pre class="vfi-hex vfi-preview" tabindex="0" aria-label="The run that shows it">{ &answer.run }</pre>
            }
            if answer.kind == Kind::Unknown {
                <p>{ "What was seen holds; " }{ render::count(answer.open) }{ " states were not followed any more. \
                    The command has more memory: " }<code>{ "vfio-irq explore" }</code>{ "." }</p>
            }
            <p class="vfi-note">{ "Seen in " }{ seconds(self.took) }{ " s: " }{ &answer.seen }{ "." }</p>
            if !answer.loosened.is_empty() { { self.loosened(ctx, answer) } }
            <details>
                <summary id={format!("{id}-rests")}>{ "What was asked, and what was assumed" }</summary>
                <ul aria-labelledby={format!("{id}-rests")}>
                    { for answer.asked.iter().map(|one| html! { <li>{ "Asked: " }{ one }{ "." }</li> }) }
                    { for answer.assumed.iter().map(|one| html! { <li>{ one }</li> }) }
                </ul>
            </details>
        </> }
    }

    fn loosened(&self, ctx: &Context<Self>, answer: &Answer) -> Html {
        let onclick = ctx.link().callback(|_: MouseEvent| Message::Use);
        html! {
            <details>
                <summary>{ "The text says no " }<code>{ "meanwhile" }</code>{ ", so its interrupts were let loose" }</summary>
                <p>{ "Each of them may come at its place or anywhere below, inside a call too. \
                    Counters and the ledger are not looked at. This was explored, with the lines named above:" }</p>
                <pre class="vfi-hex vfi-preview" tabindex="0" aria-label="The text explored">{ &answer.loosened }</pre>
                <div class="vfi-actions"><button type="button" {onclick}>{ "Use this text" }</button></div>
            </details>
        }
    }
}

/// How far it is. No reader is told each number: only the sentence above is read out.
fn going(progress: &Progress) -> Html {
    let Progress { states, open, memory, bound, .. } = progress;
    let mib = |bytes: &u32| render::mib(*bytes as usize);
    html! { <>
        <progress max={bound.max(&1).to_string()} value={memory.to_string()} aria-label="Memory used" />
        <p class="vfi-note vfi-far">
            if *states == 0 { { "Starting" } } else {
                { render::count(*states) }{ " states seen, " }{ render::count(*open) }{ " of them open; " }
                { mib(memory) }{ " of " }{ mib(bound) }{ " MiB" }
            }
        </p>
    </> }
}

fn seconds(took: f64) -> String {
    if took < 0.1 { "less than 0.1".into() } else { format!("{took:.1}") }
}

fn moves(number: u32) -> String {
    if number == 1 { "1 move".into() } else { format!("{} moves", render::count(number)) }
}
